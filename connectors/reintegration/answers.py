"""Answers: an ``ontvangstbevestiging`` where a message was taken, problem+json (RFC 9457) where it was refused."""

import datetime as dt
import hashlib
import re
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Reading, Verdict
from connectors.reintegration.jsonform import document_of, payload_of
from connectors.reintegration.shapes import UUID, VERSION
from connectors.reintegration.words import Result, Sort
from schemas.fields import moment_text
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, Receipt, source_of
from schemas.vocabulary import MessageKind

Json = dict[str, Any]
PROBLEM = "application/problem+json"
UNNAMED = "unnamed"
CODES = "reintegration:code"
_STATUS = {RefusalCode.TOO_LARGE: 413}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}", re.ASCII)
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]/-]{1,78}", re.ASCII)
MOST_ERRORS = 100


def is_problem(document: Any) -> bool:
    """Whether this is a problem (RFC 9457): it has a status and no ``soort``."""
    return isinstance(document, dict) and "soort" not in document and {"status", "title"} <= set(document)


def read_problem(document: Json, body: bytes, book: AddressBook, now: dt.datetime) -> Reading:
    """Read a partner's problem as a refusal of one of our messages, with its ``code`` and the fields of ``errors``.

    Title, detail and messages are left out: they may quote what we sent. Which message it answers is known to who sent
    it; some say it in ``betreftBericht``.
    """
    about = document.get("betreftBericht")
    reference = about if isinstance(about, str) and re.fullmatch(UUID, about) else UNNAMED
    identification = f"problem:{hashlib.sha256(body).hexdigest()}"
    message = Message(
        id=derived_id("reintegration", identification),
        kind=MessageKind.REFUSED,
        source=source_of(book.partner.oin, "reintegratie"),
        time=now,
        sender=book.partner.code,
        receiver=book.municipality.code,
        data=MessageData(receipt=Receipt(reference=reference, codes=_codes(document))),
    )
    return Reading(identification=identification, messages=(message,))


def _codes(document: Json) -> tuple[Coded, ...]:
    code = document.get("code")
    own = [Coded(code=code, system=CODES)] if isinstance(code, str) and _CODE.fullmatch(code) else []
    errors = document.get("errors")
    for error in errors[:MOST_ERRORS] if isinstance(errors, list) else ():
        field = error.get("field") if isinstance(error, dict) else None
        if isinstance(field, str) and _FIELD.fullmatch(field):
            own.append(Coded(code=field, system="reintegration:field"))
    return tuple(own)


def answer(body: bytes, verdict: Verdict, refusal: Refusal | None, now: dt.datetime) -> Payload:
    """Give the answer to a payload; it quotes the ``berichtId`` where one can be read."""
    about = _identifier(body)
    if verdict is Verdict.REFUSED:
        return payload_of(_problem(refusal, about), PROBLEM)
    document = {
        "berichtId": derived_id("ontvangstbevestiging", about or hashlib.sha256(body).hexdigest()),
        "soort": Sort.RECEIPT,
        "versie": VERSION,
        "verzondenOp": moment_text(now),
        "betreftBericht": about or UNNAMED,
        "uitkomst": Result.PROCESSED,
    }
    return payload_of(document)


def _identifier(body: bytes) -> str | None:
    try:
        document = document_of(body)
    except Refusal:
        return None  # what can't be read can't be quoted
    found = document.get("berichtId") if isinstance(document, dict) else None
    return found if isinstance(found, str) and re.fullmatch(UUID, found) else None


def _problem(refusal: Refusal | None, about: str | None) -> Json:
    code = refusal.code if refusal else RefusalCode.MALFORMED
    status = _STATUS.get(code, 422)
    document: Json = {
        "status": status,
        "title": _TITLES[status],
        "detail": "The message was refused and kept; a person is told.",
        "code": (refusal and refusal.dialect_code) or code.value,
    }
    if refusal is not None:
        document["errors"] = [{"field": refusal.field or "/", "message": refusal.message}]
    return {**document, **({"betreftBericht": about} if about else {})}
