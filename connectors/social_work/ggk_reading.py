"""Reading of an envelope of the chain and of the chain's own notes, and the answer to each."""

import datetime as dt

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Payload, Reading, Verdict
from connectors.social_work import retour
from connectors.social_work.codes import FAMILIES
from connectors.social_work.envelope import LOCAL, Incoming, opened
from connectors.social_work.ggk import (
    BAD_PAIR,
    FAULT_LIST,
    FAULTS,
    NAMES,
    NO_SUCH_FUNCTION,
    NOT_BY_XSD,
    STUF,
    UNKNOWN_RECEIVER,
    Envelope,
    reference_of,
    wrong,
)
from connectors.social_work.ggk_writing import confirmed, fault, returned
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Coded, Message, MessageData, Receipt, source_of
from schemas.vocabulary import MessageKind

_FUNCTIONS = frozenset(f"{family.prefix.upper()}{number}" for family in FAMILIES.values() for number in family.codes)


def opened_in(envelope: Envelope) -> Incoming:
    """Open the message inside; ``Refusal`` where envelope and message tell different things."""
    if envelope.function not in _FUNCTIONS:
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "This function is not one of this hub.",
            field="stuurgegevens/functie",
            dialect_code=NO_SUCH_FUNCTION,
        )
    incoming = opened(envelope.inside())
    if envelope.function != incoming.form.name:
        raise wrong("stuurgegevens/functie", "The function is not that of the message inside.", NOT_BY_XSD)
    if (envelope.code == "Du01") != incoming.form.is_retour:
        raise wrong("stuurgegevens/berichtcode", "A return message goes as Du01, any other as Di01.", NOT_BY_XSD)
    if envelope.sender.organisation != incoming.sender:
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "The envelope and the message inside name different senders.",
            field="stuurgegevens/zender/organisatie",
            dialect_code=BAD_PAIR,
        )
    if envelope.receiver.organisation != incoming.receiver:
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "The envelope and the message inside name different receivers.",
            field="stuurgegevens/ontvanger/organisatie",
            dialect_code=UNKNOWN_RECEIVER,
        )
    return incoming


def note(envelope: Envelope, book: AddressBook, now: dt.datetime) -> Reading:
    """Read what the chain itself says: a fault is a receipt, refused; a confirmation tells nothing of the content."""
    identification = f"{envelope.sender.organisation}:{envelope.code}:{envelope.number}"
    if envelope.code not in FAULTS:
        return Reading(identification=identification, messages=())
    code, losses = _fault_of(envelope)
    cross = envelope.cross or ""
    # the chain speaks for whom we sent it to: who is addressed is who is told
    to_provider = book.partner.code if envelope.receiver.organisation in _agb(book) else None
    receiver = to_provider or book.municipality.code
    sender = book.municipality.code if to_provider else book.partner.code
    message = Message(
        id=derived_id("ggk", envelope.sender.organisation, envelope.code, envelope.number),
        kind=MessageKind.REFUSED,
        source=source_of(UNKNOWN_OIN, "ggk"),
        time=_moment(envelope, now),
        sender=sender,
        receiver=receiver,
        data=MessageData(receipt=Receipt(reference=reference_of(cross) or cross, codes=(code,))),
    )
    return Reading(identification=identification, messages=(message,), losses=losses)


def _agb(book: AddressBook) -> frozenset[str]:
    return frozenset(book.partner.identifiers.get("agb", ()))


def _fault_of(envelope: Envelope) -> tuple[Coded, tuple[Loss, ...]]:
    """Give the code; the words of a fault may quote a message, so they are left with the payload."""
    body = envelope.element.find(f"{{{STUF}}}body")
    code = (body.findtext(f"{{{STUF}}}code") or "").strip() if body is not None else ""
    if body is None or not code.isalnum() or not code.isascii() or len(code) > 7:
        raise wrong("body/code", "A fault names its code.", NOT_BY_XSD)
    told = [
        Loss(field=f"body/{name}", why="the words of a fault may quote what was sent")
        for name in ("omschrijving", "details", "detailsXML")
        if body.find(f"{{{STUF}}}{name}") is not None
    ]
    return Coded(code=code, system=FAULT_LIST), tuple(told)


def _moment(envelope: Envelope, now: dt.datetime) -> dt.datetime:
    """Give when it was said (``JJJJMMDDuumm...``, Dutch time); now where that can't be read."""
    text = envelope.element.findtext(f"{{{STUF}}}stuurgegevens/{{{STUF}}}tijdstipBericht") or ""
    try:
        found = dt.datetime.strptime(text.strip()[:14].ljust(14, "0"), "%Y%m%d%H%M%S")
    except ValueError:
        return now
    return found.replace(tzinfo=LOCAL).astimezone(dt.UTC) if found.year > 1900 else now


def answer(envelope: Envelope, verdict: Verdict, refusal: Refusal | None, now: dt.datetime) -> Payload | None:
    """Answer an envelope: a return message in an envelope of its own where there is one, else the chain's own note.

    A fault is never answered by a fault: two systems would go on for ever.
    """
    if envelope.code not in NAMES:
        return confirmed(envelope, now) if verdict is not Verdict.REFUSED else None
    if verdict is Verdict.REFUSED and (refusal is None or (refusal.dialect_code or "").startswith("IB")):
        return fault(envelope, refusal, now)
    try:
        inside = opened_in(envelope)
    except Refusal as found:
        return fault(envelope, refusal or found, now)
    if inside.form.is_retour:
        return fault(envelope, refusal, now) if verdict is Verdict.REFUSED else confirmed(envelope, now)
    plain = Payload(body=envelope.inside(), content_type=retour.CONTENT_TYPE)
    back = retour.answer(plain, verdict, refusal, now)
    return returned(back, envelope, now) if back is not None else fault(envelope, refusal, now)
