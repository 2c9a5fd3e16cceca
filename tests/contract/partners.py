"""Whose samples they are, and the messages that a connector is tried with: all drawn from its own folder."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.protocol import AddressBook, Connector, Payload
from connectors.registry import connector, samples_folder
from hub.services.messages.address_book import address_book
from hub.settings import DEMO_CONFIG, Configuration, load_configuration
from schemas.message import Client, Coded, Ground, Message, MessageData, Receipt, source_of
from schemas.vocabulary import (
    EVENT_OF_KIND,
    Basis,
    Event,
    Gender,
    LifeDomain,
    MessageKind,
    Outcome,
    Purpose,
    Urgency,
)

FOLDERS = Path(__file__).parents[2] / "connectors"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
CANONICAL = ".canonical.json"


@cache
def configuration_of(name: str) -> Configuration:
    """Give the demo's configuration, with the partner of the samples where the demo has none with this connector."""
    own = samples_folder(name) / "partner.toml"
    return load_configuration(DEMO_CONFIG, *([own] if own.exists() else []))


@cache
def book_of(name: str) -> AddressBook:
    """Give the address book that ``schakel translate`` uses too: of the first organisation with this connector."""
    config = configuration_of(name)
    found = [one for one in config.organisations.values() if one.connector == name]
    assert found, f"no organisation of the demo has the connector {name}: put one in samples/partner.toml"
    return address_book(config, found[0])


def book_for(name: str, sample: Path) -> AddressBook:
    """Give the address book of a partner that takes the format of a sample, where the dialect has several."""
    book, form = book_of(name), sample.suffix.removeprefix(".")
    known = not connector(name).check({**book.dialect, "format": form})
    return replace(book, dialect={**book.dialect, "format": form}) if known else book


def others_code(book: AddressBook) -> str:
    """Give the organisation at the other side: Work & Income, or social work where that is the partner itself."""
    return "wi-tilburg" if book.partner.code != "wi-tilburg" else "mw-de-kade"


def pairs(name: str, way: str) -> list[tuple[Path, Path]]:
    """Give each sample of this way (``in``, ``out``): the partner's file and the canonical one; none that is alone."""
    folder = samples_folder(name)
    stems: dict[str, list[Path]] = {}
    for path in sorted(folder.glob(f"{way}-*")):
        canonical = path.name.endswith(CANONICAL)
        stem = path.name.removesuffix(CANONICAL) if canonical else path.name.partition(".")[0]
        stems.setdefault(stem, []).append(path)
    found = []
    for files in stems.values():
        theirs = [path for path in files if not path.name.endswith(CANONICAL)]
        ours = [path for path in files if path.name.endswith(CANONICAL)]
        if len(theirs) == len(ours) == 1:
            found.append((theirs[0], ours[0]))
    return found


def payload_of(path: Path) -> Payload:
    """Give a sample as it comes from nowhere in particular: its bytes and the name of its file."""
    return Payload(body=path.read_bytes(), content_type="application/octet-stream", name=path.name)


def canonical(path: Path) -> list[Message]:
    """Give the messages of a canonical file: an array, or one alone."""
    document = json.loads(path.read_bytes())
    return [Message.from_json(one) for one in (document if isinstance(document, list) else [document])]


def same_document(one: bytes, other: bytes, suffix: str) -> bool:
    """Whether two files are one document: how XML and JSON are indented says nothing, all else counts to the octet."""
    if suffix == ".json":
        return bool(json.loads(one) == json.loads(other))
    if suffix == ".xml":
        parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
        return etree.tostring(etree.fromstring(one, parser), method="c14n") == etree.tostring(
            etree.fromstring(other, parser), method="c14n"
        )
    return one.removesuffix(b"\n") == other.removesuffix(b"\n")


CLIENT = Client(
    bsn="999990019",
    family_name="Smulders",
    prefix="van der",
    initials="K.M.",
    given_name="Karin",
    birth_date="1974-03-08",
    gender=Gender.FEMALE,
)


def message(book: AddressBook, kind: MessageKind, *, by_partner: bool, **changes: Any) -> Message:
    """Give a message that says all that can be said, between the partner and another organisation."""
    sender, receiver = others_code(book), book.partner.code
    if by_partner:
        sender, receiver = receiver, sender
    data: dict[str, Any] = {"receipt": Receipt(reference="B20260000814")}
    if not kind.is_receipt:
        data = {
            "referral_id": "3f0c9d1e-0000-4000-8000-00000000a001",
            "referral_number": 202601170,
            "event": EVENT_OF_KIND.get(kind),
            "occurred_at": dt.datetime(2026, 11, 24, 8, 30, tzinfo=dt.UTC),
            "status_reason": Coded(code="1", text="Volgens plan"),
            "note": "Bellen kan na 14 uur.",
            "client": CLIENT,
            "life_domains": (LifeDomain.FINANCES, LifeDomain.HOUSING),
            "reason": "De post blijft liggen sinds de scheiding.",
            "client_words": "Ik wil niet meer schrikken van de post.",
            "strengths": ("Komt afspraken na", "Vraagt op tijd om hulp"),
            "urgency": Urgency.URGENT,
            "outcome": Outcome.PARTLY if kind is MessageKind.COMPLETED else None,
            "ground": Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="Gesprek 20 november"),
            "starts_on": "2026-11-16",
            "ends_on": "2026-11-23",
        }
    return Message(
        id=f"0b6a2a52-0000-4000-8000-0000{list(MessageKind).index(kind):04d}b00{int(by_partner)}",
        kind=kind,
        source=source_of(book.municipality.oin),
        time=NOW - dt.timedelta(minutes=30),
        sender=sender,
        receiver=receiver,
        data=MessageData(**{**data, **changes}),
    )


def _known_as(name: str) -> list[dict[str, Any]]:
    """Give how the samples' referrals are known at the partner: one for each set of keys, with what they are about."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for way in ("in", "out"):
        for _theirs, ours in pairs(name, way):
            for one in canonical(ours):
                keys, data = tuple(sorted(one.data.correlation)), one.data
                if keys and not one.kind.is_receipt:
                    ids = {"referral_id": data.referral_id, "referral_number": data.referral_number}
                    known = {name: value for name, value in ids.items() if value}
                    found.setdefault(keys, {"correlation": data.correlation, "service": data.service, **known})
    return list(found.values())


def seeds(name: str) -> Iterator[Message]:
    """Give every message to try to write: the samples', what reading gives, and each kind by both sides."""
    for way in ("out", "in"):
        for _theirs, ours in pairs(name, way):
            yield from canonical(ours)
    book, known_as = book_of(name), _known_as(name)
    for kind in MessageKind:
        for by_partner in (False, True):
            one = message(book, kind, by_partner=by_partner)
            yield one
            if kind.is_receipt:
                yield one.with_data(event=Event.SEND)
            else:
                yield one.with_data(client=Client(bsn=CLIENT.bsn), status_reason=None)
                yield from (one.with_data(**known) for known in known_as)


def translator(name: str) -> Connector:
    """Give a new connector of this name."""
    return connector(name)
