"""Receipts of StUF: what the partner's system says of a message of ours, and what ours says of one of its.

Bv03 says that a message was taken and kept, no more: that is what delivery says already. That it was understood is
said by Bv01; that it was not by Fo03 at once, or by Fo01 later (StUF 03.01, berichtcodes).
"""

import datetime as dt

from lxml import etree

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Loss, Payload, Reading, Verdict, Writing
from connectors.work_and_income.dialect import Address, Dialect
from connectors.work_and_income.envelope import Lead, hub_address, incoming, lead_of, message_of
from connectors.work_and_income.format import (
    BROKEN,
    CONTENT_TYPE,
    ERROR_DETAILS,
    ERROR_SYSTEM,
    ERRORS,
    NOT_SET,
    REFERENCE,
    STUF,
    SYNCHRONOUS,
    SYSTEM,
)
from connectors.work_and_income.moments import digits_of
from connectors.work_and_income.soap import enveloped, fault, systems
from connectors.work_and_income.texts import fitted, impossible
from connectors.work_and_income.tree import Node, broken, maybe, part
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, Receipt, source_of
from schemas.vocabulary import MessageKind

FORMS = frozenset({"Bv01Bericht", "Bv03Bericht", "Fo01Bericht", "Fo02Bericht", "Fo03Bericht"})


def read_receipt(message: Node, dialect: Dialect, book: AddressBook) -> Reading:
    """Read a confirmation or an error message; a Bv03 is read and tells nothing new."""
    form = message.name.removesuffix("Bericht")
    if form == "Fo02":
        raise broken("Fo02Bericht", "Nothing is asked here that waits for its answer, so this can't be one.")
    lead = incoming(message, dialect).lead
    if lead.code != form:
        raise broken(message.at("stuurgegevens/berichtcode"), "The berichtcode is not that of this message.")
    if not lead.answers:
        raise broken(message.at("stuurgegevens/crossRefnummer"), "A required element is missing.")
    if form == "Bv03":
        why = "the message was taken, not yet understood: delivery says that already"
        return Reading(identification=lead.identification, messages=(), losses=(Loss(field="Bv03Bericht", why=why),))
    kind = MessageKind.PROCESSED if form == "Bv01" else MessageKind.REFUSED
    by_hub = incoming(message, dialect).by_hub
    parties = (book.municipality, book.partner) if by_hub else (book.partner, book.municipality)
    told = Message(
        id=derived_id(SYSTEM, lead.identification, "0", kind),
        kind=kind,
        source=source_of(parties[0].oin, SYSTEM),
        time=lead.sent_at,
        sender=parties[0].code,
        receiver=parties[1].code,
        data=MessageData(receipt=Receipt(reference=lead.answers, codes=_codes(message))),
    )
    return Reading(identification=lead.identification, messages=(told,))


def _codes(message: Node) -> tuple[Coded, ...]:
    body = message.one("body", STUF)
    code = body.key("code", REFERENCE, STUF) if body is not None else None
    if not code:
        return ()
    if code in ERRORS:
        return (Coded(code=code, system=ERROR_SYSTEM),)
    words = body.words("omschrijving", [], STUF) if body is not None else None
    return (Coded(code=code, system=ERROR_SYSTEM, text=words[:200] if words else None),)


def write_receipt(message: Message, sides: tuple[Address, Address], losses: list[Loss]) -> Writing:
    """Write a functional receipt: Bv01, or Fo01 with the first code that is one of StUF."""
    receipt = message.data.receipt
    if receipt is None:
        raise impossible("data.receipt", "A receipt names the message it is for.")
    if len(receipt.reference) > REFERENCE or not receipt.reference.isprintable():
        raise impossible("data.receipt.reference", f"A reference has {REFERENCE} characters at most.")
    form = "Bv01" if message.kind is MessageKind.PROCESSED else "Fo01"
    reference = derived_id(form, message.id)
    code = next((one.code for one in receipt.codes if one.system == ERROR_SYSTEM and one.code in ERRORS), NOT_SET)
    if len(receipt.codes) > (form == "Fo01"):
        losses.append(Loss(field="data.receipt.codes", why="an error message has one code of StUF, a receipt none"))
    body = _error(code, None) if form == "Fo01" else None
    lead = systems(form, sides, reference, digits_of(message.time), answers=receipt.reference)
    document = enveloped(part(f"StUF:{form}Bericht", lead, body))
    payload = Payload(body=document, content_type=CONTENT_TYPE, headers={"SOAPAction": f'"{STUF}/{form}"'})
    return Writing(payload=payload, reference=reference, losses=tuple(dict.fromkeys(losses)))


def answer(
    payload: Payload, verdict: Verdict, refusal: Refusal | None, dialect: Dialect, book: AddressBook, now: dt.datetime
) -> Payload | None:
    """Give what is said back at once: Bv03, or a fault with Fo03; a bare fault where the message can't be named."""
    try:
        message = message_of(payload.body)
        if message.name in FORMS:
            return None  # a receipt is not receipted
        lead = lead_of(message)
    except Refusal as unread:
        return None if verdict is not Verdict.REFUSED else _answer(fault(*_fault_of(refusal or unread), None))
    if verdict is Verdict.REFUSED or SYNCHRONOUS.fullmatch(lead.code):
        return _refused(lead, refusal, dialect, book, now)
    head = systems("Bv03", _back(lead, dialect, book), _answer_id("Bv03", lead), digits_of(now), answers=lead.reference)
    return _answer(enveloped(part("StUF:Bv03Bericht", head)))


def _refused(lead: Lead, refusal: Refusal | None, dialect: Dialect, book: AddressBook, now: dt.datetime) -> Payload:
    code, where, text = _fault_of(refusal)
    details = (
        f"{refusal.field}: {refusal.message}" if refusal and refusal.field else refusal.message if refusal else None
    )
    form = "Fo02" if SYNCHRONOUS.fullmatch(lead.code) else "Fo03"
    head = part("StUF:stuurgegevens", part("StUF:berichtcode", form))
    if form == "Fo03":
        head = systems(form, _back(lead, dialect, book), _answer_id(form, lead), digits_of(now), answers=lead.reference)
    return _answer(fault(code, where, text, part(f"StUF:{form}Bericht", head, _error(code, details))))


def _fault_of(refusal: Refusal | None) -> tuple[str, str, str]:
    told = (refusal.dialect_code if refusal is not None else None) or ""
    code = told if told in ERRORS else BROKEN if refusal is None or refusal.code == "malformed" else NOT_SET
    return (code, *ERRORS[code])


def _error(code: str, details: str | None) -> etree._Element:
    where, text = ERRORS[code]
    return part(
        "StUF:body",
        part("StUF:code", code),
        part("StUF:plek", where),
        part("StUF:omschrijving", text),
        maybe("StUF:details", fitted(details, ERROR_DETAILS, "", [])),
    )


def _back(lead: Lead, dialect: Dialect, book: AddressBook) -> tuple[Address, Address]:
    """Give (from, to) of an answer: as whom we were addressed, unless that is somebody else."""
    ours = (*dialect.hub, *dialect.suite)
    known = not ours or any(address.fits(lead.receiver) for address in ours)
    us = lead.receiver if known else hub_address(dialect, book.municipality.identifier("gemeentecode"))
    return us, lead.sender


def _answer_id(form: str, lead: Lead) -> str:
    return derived_id(form, lead.identification)


def _answer(document: bytes) -> Payload:
    return Payload(body=document, content_type=CONTENT_TYPE)
