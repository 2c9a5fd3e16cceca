"""From a canonical message to the partner's: which message says it is a table, by who speaks."""

import datetime as dt
from collections.abc import Mapping

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Payload, Writing
from connectors.social_work.codes import FAMILIES, IWMO, SUBVERSION, VERSION, XSD_VERSION, Family
from connectors.social_work.envelope import PREFIXES, local_day
from connectors.social_work.format import AGB, MUNICIPALITY
from connectors.social_work.forms import Form
from connectors.social_work.losses import not_carried
from connectors.social_work.outward import WRITERS, Outgoing
from connectors.social_work.parts import impossible
from connectors.social_work.receipts import write_receipt
from connectors.social_work.retour import CONTENT_TYPE
from connectors.social_work.trees import Node, node, to_xml
from schemas.identifiers import short_reference
from schemas.message import Message
from schemas.vocabulary import Event, MessageKind

_BY_PROVIDER = {
    MessageKind.SENT: "315",
    MessageKind.STARTED: "305",
    MessageKind.RESUMED: "305",  # a restart is a start again (process Start en stop melden)
    MessageKind.COMPLETED: "307",
    MessageKind.PAUSED: "307",
    MessageKind.STOPPED_BY_CLIENT: "307",
    MessageKind.ENDED: "307",
    MessageKind.CHANGE_REQUESTED: "317",
}
# Taken back by the message that told it, with StatusAanlevering 3; by the step.
_TAKEN_BACK = {
    Event.START: "305",
    Event.RESUME: "305",
    Event.COMPLETE: "307",
    Event.PAUSE: "307",
    Event.CLIENT_STOPS: "307",
    Event.END: "307",
}
_BY_MUNICIPALITY = {
    MessageKind.SENT: "301",
    MessageKind.WITHDRAWN: "301",
    MessageKind.CONSENT_WITHDRAWN: "301",
    MessageKind.CORRECTED: "301",
}
# Answers to a 315: refused or under examination is a 319, granted is a 301 that quotes the request.
_ANSWERS = {MessageKind.DECLINED: "319", MessageKind.RECEIVED: "319", MessageKind.ACCEPTED: "301"}
# What is told by a message that says something else too: whoever reads it can't tell the two apart.
_OTHER_WORDS = {
    MessageKind.CONSENT_WITHDRAWN: "iWmo tells of no consent; sent as a withdrawn assignment",
    MessageKind.CORRECTED: "iWmo tells of no correction; sent as the assignment as it is now",
    MessageKind.ACCEPTED: "a request is granted by its assignment; the request is quoted",
    MessageKind.RESUMED: "a restart is a start again",
}


def write(message: Message, book: AddressBook, now: dt.datetime) -> Writing:
    """Translate a canonical message; ``Refusal`` names what iWmo has no word for."""
    family, provider = _family(message), _by_provider(message, book)
    if message.kind.is_receipt:
        return write_receipt(message, family, _address(message, book), now, provider=provider)
    form = Form(family=family, number=_number(message, family, provider=provider))
    losses = not_carried(message, form.number, family.name)
    if why := _OTHER_WORDS.get(message.kind):
        losses.append(Loss(field="type", why=why))
    content = WRITERS[form.number](Outgoing(message=message, form=form, losses=losses))
    reference = short_reference(message.id)
    header = _header(form, reference, _address(message, book), now)
    body = to_xml(form, header, content)
    return Writing(
        payload=Payload(body=body, content_type=CONTENT_TYPE, name=f"{form.name}_{reference}.xml"),
        reference=reference,
        losses=tuple(dict.fromkeys(losses)),
    )


def _family(message: Message) -> Family:
    """Tell the family by the keys the partner knows the referral by, then by the product; all else is iWmo."""
    service = message.data.service
    keys = (key.split(":")[0] for key in message.data.correlation)
    named = next((name for name in (*keys, service.system if service else None) if name in FAMILIES), None)
    return FAMILIES[named or IWMO.name]


def _by_provider(message: Message, book: AddressBook) -> bool:
    return message.sender == book.partner.code or message.sender.startswith(PREFIXES["agb"])


def _number(message: Message, family: Family, *, provider: bool) -> str:
    keys = message.data.correlation
    asked = family.key("ReferentieAanbieder") in keys and family.key("ToewijzingNummer") not in keys
    table = _BY_PROVIDER if provider else {**_BY_MUNICIPALITY, **(_ANSWERS if asked else {})}
    number = table.get(message.kind)
    if provider and message.kind is MessageKind.STEP_RETRACTED and message.data.event is not None:
        number = _TAKEN_BACK.get(message.data.event)
    if number is None:
        word = message.kind.value.rsplit(".", 1)[-1]
        speaker = "a provider" if provider else "the municipality"
        raise impossible("type", f"{family.title} has no message by which {speaker} says '{word}'.")
    return number


def _address(message: Message, book: AddressBook) -> Mapping[str, str]:
    """Give the AGB code and the municipality code of the two that this message goes between."""
    values = {"agb": AGB, "gemeentecode": MUNICIPALITY}
    found: dict[str, str] = {}
    for system, value in values.items():
        default = book.partner if system == "agb" else book.municipality
        sides = [message.sender, message.receiver]
        literal = [side.removeprefix(PREFIXES[system]) for side in sides if side.startswith(PREFIXES[system])]
        listed = [known.identifier(system) for side in sides if (known := book.party(side))]
        code = next((code for code in (*literal, *listed, default.identifier(system)) if code), "")
        if not value.fits(code, "", strict=True):
            raise Refusal(
                RefusalCode.CANNOT_EXPRESS, f"There is no {value.what} to address this message with.", field="receiver"
            )
        found[system] = code
    return found


def _header(form: Form, reference: str, address: Mapping[str, str], now: dt.datetime) -> Node:
    there, back = ("gemeentecode", "agb") if form.from_municipality else ("agb", "gemeentecode")
    return node(
        BerichtCode=form.family.codes[form.number],
        BerichtVersie=VERSION,
        BerichtSubversie=SUBVERSION,
        Afzender=address[there],
        Ontvanger=address[back],
        BerichtIdentificatie=node(Identificatie=reference, Dagtekening=local_day(now)),
        XsdVersie=node(BasisschemaXsdVersie=XSD_VERSION, BerichtXsdVersie=XSD_VERSION),
    )
