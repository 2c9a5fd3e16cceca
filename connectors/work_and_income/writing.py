"""From a canonical message to StUF-ZKN: which form says it is a table."""

from lxml import etree

from connectors.protocol import AddressBook, Payload, Writing
from connectors.work_and_income.dialect import ENDING, Address, Dialect
from connectors.work_and_income.envelope import hub_address
from connectors.work_and_income.format import ACTIONS, CONTENT_TYPE, KEY, REFERENCE
from connectors.work_and_income.losses import not_carried
from connectors.work_and_income.moments import digits_of
from connectors.work_and_income.new_cases import known_case, new_case
from connectors.work_and_income.outward import Outgoing, removal, status_set, suspension
from connectors.work_and_income.receipts import write_receipt
from connectors.work_and_income.soap import enveloped, systems
from connectors.work_and_income.tree import part
from schemas.identifiers import derived_id
from schemas.message import Message
from schemas.vocabulary import EVENT_OF_KIND, MessageKind

SUITE = "GWS4all"
_REMOVING = frozenset({MessageKind.WITHDRAWN, MessageKind.CONSENT_WITHDRAWN, MessageKind.MARKED_IN_ERROR})
UNSAID = {
    MessageKind.REOPENED: "a case that ended is opened by naming its end, and the message does not hold that",
    MessageKind.CHANGE_REQUESTED: "a change of a case is made, not asked for",
    MessageKind.STEP_RETRACTED: "a case gets a new status; that an earlier one was a mistake it can't say",
    MessageKind.CORRECTED: "a correction shows what was beside what is, and what was is not kept",
    MessageKind.ERASED: "a case that is removed is no more; that what was known of it must go, it can't say",
}


def write(message: Message, dialect: Dialect, book: AddressBook) -> Writing:
    """Translate a canonical message. The same message gives the same bytes: it may be sent again."""
    sides = _sides(message, dialect, book)
    form = _form(message, book)
    losses = not_carried(message, form)
    if form == "receipt":
        return write_receipt(message, sides, losses)
    out = Outgoing(message=message, dialect=dialect, book=book, losses=losses)
    objects, action = _objects(out, form), _ACTIONS.get(form, "updateZaak_Lk01")
    reference = message.id if len(message.id) <= REFERENCE and message.id.isprintable() else derived_id(message.id)
    lead = systems("Lk01", sides, reference, digits_of(message.time), namespace="ZKN", entity="ZAK")
    sort = objects[0].get(_SORT) or "W"
    document = enveloped(part("ZKN:zakLk01", lead, _parameters(sort), *objects))
    return Writing(
        payload=Payload(
            body=document,
            content_type=CONTENT_TYPE,
            name=f"zakLk01_{reference}.xml",
            headers={"SOAPAction": f'"{ACTIONS}{action}"'},
        ),
        reference=reference,
        losses=tuple(dict.fromkeys(losses)),
    )


_SORT = "{http://www.egem.nl/StUF/StUF0301}verwerkingssoort"
_ACTIONS = {"new": "creeerZaak_Lk01", "status": "actualiseerZaakstatus_Lk01", "end": "actualiseerZaakstatus_Lk01"}


def _form(message: Message, book: AddressBook) -> str:
    if message.kind.is_receipt:
        return "receipt"
    if message.kind is MessageKind.SENT:
        theirs = KEY in message.data.correlation and message.sender != book.partner.code
        return "known" if theirs else "new"
    if message.kind in _REMOVING:
        return "removal"
    if message.kind in (MessageKind.PAUSED, MessageKind.RESUMED):
        return "pause" if message.kind is MessageKind.PAUSED else "resume"
    return "end" if EVENT_OF_KIND[message.kind] in ENDING else "status"


def _objects(out: Outgoing, form: str) -> list[etree._Element]:
    if form in ("pause", "resume"):
        return suspension(out, going_on=form == "resume")
    return {"new": new_case, "known": known_case, "removal": removal}.get(form, status_set)(out)


def _parameters(sort: str) -> etree._Element:
    return part("ZKN:parameters", part("StUF:mutatiesoort", sort), part("StUF:indicatorOvername", "V"))


def _sides(message: Message, dialect: Dialect, book: AddressBook) -> tuple[Address, Address]:
    """Give (from, to): the suite and the hub, by who speaks."""
    municipality = book.municipality.identifier("gemeentecode")
    hub = hub_address(dialect, municipality)
    suite = dialect.suite[0] if dialect.suite else Address(applicatie=SUITE, organisatie=municipality)
    return (suite, hub) if message.sender == book.partner.code else (hub, suite)
