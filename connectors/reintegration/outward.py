"""From a canonical message to a document of this dialect, with what it has no place for."""

import re
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss
from connectors.reintegration import srg
from connectors.reintegration.inward import KEY, SUWI_TYPE
from connectors.reintegration.shapes import DESCRIPTION, NOTE, STRENGTHS, UUID, VERSION
from connectors.reintegration.words import STATE_OF_KIND, Precision, Result, Sort, State, theirs
from schemas.fields import moment_text
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Client, Coded, Ground, Message
from schemas.vocabulary import Event, MessageKind, Status

Json = dict[str, Any]
_PRECISION = {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}
_DAY = 10
_REFERRAL = State(word=None, kind=MessageKind.SENT, status=Status.SENT)  # type: ignore[arg-type]  # a message of its own


UNSAID = {MessageKind.STEP_RETRACTED: "a form or a line tells a state, not that an earlier one was a mistake"}


def write_document(message: Message, book: AddressBook) -> tuple[Json, tuple[Loss, ...]]:
    """Write one message as a document, and tell what is lost."""
    if message.kind in UNSAID:
        raise Refusal(RefusalCode.CANNOT_EXPRESS, "This format can't take a step back.", field="type")
    if message.kind.is_receipt:
        return _receipt(message, book)
    data = message.data
    losses: list[Loss] = []
    document = {
        **_envelope(message, book, Sort.REFERRAL if message.kind is MessageKind.SENT else Sort.PROGRESS),
        **_identity(message),
        "tijdstip": moment_text(data.occurred_at) if data.occurred_at else None,
        **_state(message, losses),
        "client": _client(data.client) if data.client else None,
        **_help(message, losses),
        "leefgebieden": [theirs(domain) for domain in data.life_domains],
        "aanleiding": data.reason,
        "woordenClient": data.client_words,
        "sterkePunten": list(data.strengths[:STRENGTHS]),
        "urgentie": theirs(data.urgency) if data.urgency else None,
        "grondslag": _ground(data.ground) if data.ground else None,
        "resultaat": theirs(data.outcome) if data.outcome else None,
    }
    losses += _no_place(message)
    return _filled(document), tuple(losses)


def reference_of(message: Message) -> str:
    """Give the ``berichtId`` of a message: its own id, which is a UUID."""
    return message.id if re.fullmatch(UUID, message.id) else derived_id("berichtId", message.id)


def _filled(document: Json) -> Json:
    return {name: value for name, value in document.items() if value not in (None, [], {})}


def _envelope(message: Message, book: AddressBook, sort: Sort) -> Json:
    return {
        "berichtId": reference_of(message),
        "soort": sort,
        "versie": VERSION,
        "verzondenOp": moment_text(message.time),
        "afzender": _party(message.sender, book),
        "ontvanger": _party(message.receiver, book),
    }


def _party(code: str, book: AddressBook) -> Json:
    known = book.party(code)
    if known is None:
        return {"organisatie": code}
    oin = None if known.oin == UNKNOWN_OIN else known.oin
    kvk = known.identifier("kvk")
    return _filled({"organisatie": code, "oin": oin, "kvk": kvk, "naam": known.name})


def _identity(message: Message) -> Json:
    """Name the referral; ``cannot_express`` where a status does not say of which one."""
    data = message.data
    number = str(data.referral_number) if data.referral_number is not None else None
    named = {"verwijzingId": data.referral_id, "registratienummerRv": number, "kenmerk": data.correlation.get(KEY)}
    known = any(named.values()) or (data.client is not None and data.client.bsn is not None)
    if not known and message.kind is not MessageKind.SENT:
        text = (
            "A voortgang needs the referral it is about: referral_id, referral_number, a key of the partner or a BSN."
        )
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="verwijzingId", dialect_code="verplicht")
    return named


def _state(message: Message, losses: list[Loss]) -> Json:
    data = message.data
    state = STATE_OF_KIND.get(message.kind, _REFERRAL)
    event = Event.SEND if state is _REFERRAL else state.event
    if data.event not in (None, event):
        losses.append(Loss(field="event", why="the kind of the message says what happened"))
    if data.status not in (None, state.status):
        losses.append(Loss(field="status", why="the kind of the message sets it"))
    if data.implies and data.implies != state.implies:
        losses.append(Loss(field="implies", why="a reader of this dialect infers this itself"))
    reason = _coded(data.status_reason) if data.status_reason else None
    if state is _REFERRAL:
        return {"reden": reason}
    return {"status": state.word, "redenEinde" if state.ends else "reden": reason}


def _help(message: Message, losses: list[Loss]) -> Json:
    """The voorziening in SuwiML's names; a service of another list beside it; and the note without its SRG line."""
    data = message.data
    note, provision = srg.taken_apart(data.note)
    if note is not None and len(note) > NOTE:
        losses.append(Loss(field="note", why=f"cut at {NOTE} characters"))
        note = note[:NOTE].rstrip()
    said: Json = {**provision, **_days(message, losses)}
    if said.get("DatERv", "9") < said.get("DatBRv", "0"):
        losses.append(Loss(field="ends_on", why="lies before the begin"))
        del said["DatERv"]
    if data.service is None or not _is_type(data.service):
        other = _coded(data.service) if data.service else None
        return {"voorziening": said, "dienst": other, "toelichting": note}
    said["CdTypeRvGsd"] = data.service.code
    if data.service.text is not None and len(data.service.text) > DESCRIPTION:
        losses.append(Loss(field="service.text", why=f"OmsRv holds {DESCRIPTION} characters"))
    elif data.service.text is not None:
        said["OmsRv"] = data.service.text
    return {"voorziening": said, "toelichting": note}


def _days(message: Message, losses: list[Loss]) -> Json:
    said = {}
    data = message.data
    for name, field, day in (("DatBRv", "starts_on", data.starts_on), ("DatERv", "ends_on", data.ends_on)):
        if day is not None and len(day) == _DAY:
            said[name] = day
        elif day is not None:
            losses.append(Loss(field=field, why="a voorziening begins and ends on a day"))
    return said


def _is_type(service: Coded) -> bool:
    """Whether this is a type of voorziening as SuwiML knows it: a code of two characters."""
    return service.system == SUWI_TYPE and re.fullmatch("[A-Za-z0-9]{2}", service.code) is not None


def _client(client: Client) -> Json | None:
    born = client.birth_date
    precision = _PRECISION[len(born)] if born else Precision.DAY
    return (
        _filled(
            {
                "bsn": client.bsn,
                "clientnummer": client.reference,
                "achternaam": client.family_name,
                "voorvoegsel": client.prefix,
                "voorletters": client.initials,
                "voornamen": client.given_name,
                "geboortedatum": (born + "-01-01")[:_DAY] if born else None,
                "geboortedatumPrecisie": precision if precision is not Precision.DAY else None,
                "geslacht": theirs(client.gender) if client.gender else None,
            }
        )
        or None
    )


def _ground(ground: Ground) -> Json:
    return _filled(
        {"grond": theirs(ground.basis), "doel": theirs(ground.purpose), "wet": ground.law, "bewijs": ground.evidence}
    )


def _coded(coded: Coded) -> Json:
    return _filled({"code": coded.code, "codestelsel": coded.system, "omschrijving": coded.text})


def _no_place(message: Message) -> list[Loss]:
    data = message.data
    checks = (
        (bool(set(data.correlation) - {KEY}), "correlation", "keys of other formats"),
        (data.receipt is not None, "receipt", "a receipt travels as a message of its own"),
        (bool(data.dropped_fields), "dropped_fields", "about another format"),
        (len(data.strengths) > STRENGTHS, "strengths", f"no more than {STRENGTHS}"),
    )
    return [Loss(field=name, why=why) for lost, name, why in checks if lost]


def _receipt(message: Message, book: AddressBook) -> tuple[Json, tuple[Loss, ...]]:
    receipt = message.data.receipt
    if receipt is None:
        text = "A receipt needs the message it answers."
        raise Refusal(RefusalCode.CANNOT_EXPRESS, text, field="betreftBericht", dialect_code="verplicht")
    processed = message.kind is MessageKind.PROCESSED
    document = {
        **_envelope(message, book, Sort.RECEIPT),
        "betreftBericht": receipt.reference,
        "uitkomst": Result.PROCESSED if processed else Result.REFUSED,
        "codes": [_coded(code) for code in receipt.codes[:100]],
    }
    names = [name for name in message.to_json()["data"] if name != "receipt"]
    return _filled(document), tuple(Loss(field=name, why="a receipt tells what a system did") for name in names)
