"""Writing of a receipt that comes as a canonical message: a return message of its header alone.

The usual way is ``acknowledge``, which has the message it answers at hand; here that is known by its number only.
"""

import datetime as dt
import re
from collections.abc import Mapping

from connectors.protocol import Loss, Payload, Writing
from connectors.social_work.codes import ACCEPTED, REFUSED, RETURN_CODES, SUBVERSION, VERSION, XSD_VERSION, Family
from connectors.social_work.envelope import local_day
from connectors.social_work.format import DAY
from connectors.social_work.forms import Form
from connectors.social_work.losses import not_carried
from connectors.social_work.parts import fitted, impossible
from connectors.social_work.retour import CONTENT_TYPE, RETURN_LIST, retour_header
from connectors.social_work.trees import node, to_xml
from schemas.identifiers import short_reference
from schemas.message import Message, Receipt
from schemas.vocabulary import Event, MessageKind

# Which message the receipt is for, by the step that message told; by whom the receipt is given.
_BY_PROVIDER = {Event.SEND: "301", Event.WITHDRAW: "301", Event.DECLINE: "319", Event.RECEIVE: "319"}
_BY_MUNICIPALITY = {
    Event.SEND: "315",
    Event.START: "305",
    Event.RESUME: "305",
    Event.COMPLETE: "307",
    Event.PAUSE: "307",
    Event.CLIENT_STOPS: "307",
    Event.END: "307",
}


def write_receipt(
    message: Message, family: Family, address: Mapping[str, str], now: dt.datetime, *, provider: bool
) -> Writing:
    """Write the return message for a receipt."""
    receipt = message.data.receipt
    if receipt is None:
        raise impossible("data.receipt", "A receipt names the message it is for.")
    form = _form(message, family, provider=provider)
    losses = not_carried(message, form.number, family.name)
    identification = fitted(receipt.reference, 12, "data.receipt.reference", losses)
    if identification is None or any(loss.field == "data.receipt.reference" for loss in losses):
        raise impossible("data.receipt.reference", "An identification has twelve characters at most.")
    if any(code.system != RETURN_LIST or code.code not in RETURN_CODES or code.text for code in receipt.codes):
        losses.append(Loss(field="data.receipt.codes", why=f"only the codes of list {RETURN_LIST} go back"))
    there, back = ("gemeentecode", "agb") if form.from_municipality else ("agb", "gemeentecode")
    heen = node(
        BerichtVersie=VERSION,
        BerichtSubversie=SUBVERSION,
        Afzender=address[there],
        Ontvanger=address[back],
        BerichtIdentificatie=node(Identificatie=identification, Dagtekening=_dated(message, family)),
        XsdVersie=node(BasisschemaXsdVersie=XSD_VERSION, BerichtXsdVersie=XSD_VERSION),
    )
    own = short_reference(message.id)
    body = to_xml(form, retour_header(heen, form, own, _codes(message.kind, receipt), now), None)
    payload = Payload(body=body, content_type=CONTENT_TYPE, name=f"{form.name}_{own}.xml")
    return Writing(payload=payload, reference=own, losses=tuple(losses))


def _form(message: Message, family: Family, *, provider: bool) -> Form:
    """Tell which message was received: by name in the correlation, or by the step that it told."""
    data, table = message.data, _BY_PROVIDER if provider else _BY_MUNICIPALITY
    named = re.fullmatch(rf"{family.prefix.upper()}(3[012][0-9])", data.correlation.get(family.key("Bericht"), ""))
    heen = named[1] if named else table.get(data.event) if data.event else None
    if heen is None or heen not in {*table.values(), *(() if provider else ("317",))}:
        raise impossible("data.event", "A receipt says which message it is for: by event, or by name.")
    return Form(family=family, number=heen).retour


def _dated(message: Message, family: Family) -> str:
    day = message.data.correlation.get(family.key("Dagtekening"), "")
    return day if DAY.fits(day, family.name, strict=True) else local_day(message.data.occurred_at or message.time)


def _codes(kind: MessageKind, receipt: Receipt) -> tuple[str, ...]:
    known = tuple(code.code for code in receipt.codes if code.system == RETURN_LIST and code.code in RETURN_CODES)
    if kind is MessageKind.PROCESSED:
        return (ACCEPTED,)
    return tuple(code for code in known if code != ACCEPTED) or (REFUSED,)
