"""Reading of an ``aanmelding`` and of what follows on it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Party, Reading
from connectors.social_work.aanmelding_form import FORM, VERSION
from connectors.social_work.aanmelding_words import (
    BERICHTEN,
    DOELEN,
    GESLACHTEN,
    GRONDSLAGEN,
    LEEFGEBIEDEN,
    RESULTATEN,
    STAPPEN,
    STATUSSEN,
    URGENTIES,
    meant_by,
)
from schemas import strict_json
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Client, Coded, Ground, Message, MessageData, Receipt, source_of
from schemas.vocabulary import EVENT_OF_KIND, Event, MessageKind

PREFIX = "aanmelding:"
OWN_KEY = "kenmerk"
# What only the receiver says.
_PROVES_RECEIPT = frozenset(
    {
        MessageKind.ASKED,
        MessageKind.WAITLISTED,
        MessageKind.REDIRECT_PROPOSED,
        MessageKind.ACCEPTED,
        MessageKind.DECLINED,
        MessageKind.PLANNED,
        MessageKind.STARTED,
    }
)


def is_json(body: bytes) -> bool:
    """Whether a payload is JSON: nothing else that is spoken here begins with a brace or a bracket."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def loaded(body: bytes) -> dict[str, Any]:
    """Give the message by its form; ``Refusal`` names the first field that is wrong, never a value."""
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJson as error:
        code = RefusalCode.TOO_LARGE if error.too_large else RefusalCode.MALFORMED
        raise Refusal(code, error.message, field=error.field) from error
    version = document.get("versie") if isinstance(document, dict) else None
    if isinstance(version, str) and version != VERSION and version[:1].isdigit():
        raise Refusal(RefusalCode.UNSUPPORTED_VERSION, f"Only version {VERSION} is spoken here.", field="versie")
    try:
        return dict(FORM.load(document))
    except ValidationError as error:
        path, why = _first(error.messages)
        raise Refusal(RefusalCode.MALFORMED, why, field=path or None) from error


def _first(messages: Any) -> tuple[str, str]:
    """Give the place of the first fault, and what is wrong there."""
    path: list[str] = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        path.append(str(name))
    if path and path[0] == "_schema":
        path = []
    # a key of the partner's may be anything: only names of the form are repeated
    known = [name if name.isidentifier() and name.isascii() and len(name) < 30 else "*" for name in path]
    known = [name if name != "*" or not place.isdigit() else place for name, place in zip(known, path, strict=True)]
    text = messages[0] if isinstance(messages, list) and messages else "This is not an aanmelding."
    return ".".join(known), text if isinstance(text, str) else "This is not an aanmelding."


def read(body: bytes, book: AddressBook, now: dt.datetime) -> Reading:
    """Translate a message; a confirmation comes out as a receipt."""
    told = loaded(body)
    kind = meant_by(BERICHTEN, told["bericht"])
    assert kind is not None  # the form takes these words only
    if told["verzonden"] > now + dt.timedelta(days=1):
        raise Refusal(RefusalCode.MALFORMED, "The message is dated in the future.", field="verzonden")
    sender, known = _party(book, told["afzender"])
    receiver, _ = _party(book, told["ontvanger"])
    message = Message(
        id=derived_id("aanmelding", sender, told["berichtId"]),
        kind=kind,
        source=source_of(known.oin if known else UNKNOWN_OIN, "aanmelding"),
        time=told["verzonden"],
        sender=sender,
        receiver=receiver,
        data=_receipt(told) if kind.is_receipt else _data(kind, told),
    )
    return Reading(identification=f"{sender}:aanmelding:{told['berichtId']}", messages=(message,))


def _party(book: AddressBook, told: dict[str, str]) -> tuple[str, Party | None]:
    """Give the organisation: by the code that both sides know, else by its number."""
    found = book.party(told["organisatie"])
    if found is None and "oin" in told and told["oin"] != UNKNOWN_OIN:
        everyone = (book.partner, book.municipality, *book.parties)
        found = next((party for party in everyone if party.oin == told["oin"]), None)
    return (found.code, found) if found else (told["organisatie"], None)


def _receipt(told: dict[str, Any]) -> MessageData:
    about = told.get("bevestiging")
    if about is None:
        raise Refusal(RefusalCode.MALFORMED, "A confirmation names its message.", field="bevestiging")
    codes = tuple(_reason(fault) for fault in about.get("fouten", ()))
    keys = {f"{PREFIX}{OWN_KEY}": about["betreft"]}
    return MessageData(correlation=keys, receipt=Receipt(reference=about["betreft"], codes=codes))


def _reason(told: dict[str, str]) -> Coded:
    return Coded(code=told["code"], system=told.get("lijst"), text=told.get("omschrijving"))


def _data(kind: MessageKind, told: dict[str, Any]) -> MessageData:
    case, event = told.get("caseaanmelding", {}), told.get("gebeurtenis", {})
    dossier, ground = told.get("sociaalTeamDossier", {}), case.get("grondslag")
    step = meant_by(STAPPEN, event.get("stap"))
    if kind is MessageKind.SENT and not told.get("client"):
        raise Refusal(RefusalCode.MALFORMED, "An aanmelding names the client.", field="client")
    return MessageData(
        referral_id=case.get("aanmeldingId"),
        referral_number=case.get("aanmeldingNummer"),
        correlation=_keys(kind, told),
        event=EVENT_OF_KIND.get(kind, step),
        status=meant_by(STATUSSEN, dossier.get("status")),
        outcome=meant_by(RESULTATEN, told.get("uitstroom", {}).get("resultaat")),
        implies=_proved(kind, event.get("bewezenStappen", ())),
        occurred_at=event.get("tijdstip"),
        status_reason=_reason(event["reden"]) if "reden" in event else None,
        note=event.get("toelichting"),
        client=_client(told["client"]) if told.get("client") else None,
        service=_service(case.get("voorziening")),
        life_domains=tuple(found for word in case.get("leefgebieden", ()) if (found := meant_by(LEEFGEBIEDEN, word))),
        reason=case.get("aanleiding"),
        client_words=case.get("eigenWoorden"),
        strengths=tuple(case.get("krachten", ())),
        urgency=meant_by(URGENTIES, case.get("urgentie")),
        ground=_ground(ground) if ground else None,
        starts_on=dossier.get("datumStart"),
        ends_on=dossier.get("datumEinde"),
    )


def _proved(kind: MessageKind, words: Iterable[str]) -> tuple[Event, ...]:
    """Give the steps that this proves: those it names, and that whoever says something about it has received it."""
    named = [found for word in words if (found := meant_by(STAPPEN, word))]
    return tuple(dict.fromkeys((*([Event.RECEIVE] if kind in _PROVES_RECEIPT else []), *named)))


def _keys(kind: MessageKind, told: dict[str, Any]) -> dict[str, str]:
    """Give the partner's own keys. A new one always has one, so that what follows on it goes as JSON too."""
    case = told.get("caseaanmelding", {})
    found = {f"{PREFIX}{name}": value for name, value in case.get("kenmerken", {}).items()}
    if kind is MessageKind.SENT:
        found.setdefault(f"{PREFIX}{OWN_KEY}", told["berichtId"])
    return found


def _client(told: dict[str, str]) -> Client:
    return Client(
        bsn=told.get("burgerservicenummer"),
        family_name=told.get("geslachtsnaam"),
        prefix=told.get("voorvoegsel"),
        initials=told.get("voorletters"),
        given_name=told.get("voornamen"),
        birth_date=told.get("geboortedatum"),
        gender=meant_by(GESLACHTEN, told.get("geslacht")),
        reference=told.get("clientnummer"),
    )


def _service(told: dict[str, str] | None) -> Coded | None:
    return Coded(code=told["code"], system="schakel", text=told.get("naam")) if told else None


def _ground(told: dict[str, str]) -> Ground:
    basis, purpose = meant_by(GRONDSLAGEN, told["soort"]), meant_by(DOELEN, told["doel"])
    assert basis is not None and purpose is not None  # the form takes these words only
    return Ground(basis=basis, purpose=purpose, law=told.get("wet"), evidence=told.get("bewijs"))
