"""Return messages: reading the partner's, and answering a message with our own.

A return message is the header of the message it answers, unchanged (``Afzender`` and ``Ontvanger`` too), with an own
identification put to it, and the same content with return codes per class (iJw 3.2, JW302.xsd and its likes).
"""

import datetime as dt

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss, Payload, Verdict
from connectors.social_work.codes import (
    ACCEPTED,
    HEADER_CODES,
    NOT_JUDGED,
    REFUSED,
    RETURN_CODES,
    XSD_VERSION,
)
from connectors.social_work.envelope import Incoming, local_day, opened
from connectors.social_work.forms import Form
from connectors.social_work.shapes import Shape
from connectors.social_work.trees import RETURN_CODE, Node, Reader, broken, judge, judged_paths, node, to_xml
from schemas.identifiers import derived_id, short_reference
from schemas.message import Coded, MessageData, Receipt
from schemas.vocabulary import MessageKind

RETURN_LIST = "WJ001"
CONTENT_TYPE = "application/xml"


def receipt(incoming: Incoming, losses: list[Loss]) -> tuple[MessageKind, MessageData]:
    """Read what their system did with one of our messages: processed when every class is without remark (0200)."""
    namespace = incoming.form.family.namespace(incoming.form.number)
    found = [(element.text or "").strip() for element in incoming.root.iter(f"{{{namespace}}}{RETURN_CODE}")]
    if not found or any(code not in RETURN_CODES for code in found):
        raise broken("Header/RetourCodes", "The return codes are missing, or not of the list.")
    if incoming.content() is not None:
        losses.append(Loss(field=incoming.form.content.name, why="the echo of our own message"))
    codes = tuple(Coded(code=code, system=RETURN_LIST) for code in dict.fromkeys(found))
    kind = MessageKind.PROCESSED if set(found) == {ACCEPTED} else MessageKind.REFUSED
    reference = incoming.header.inner("BerichtIdentificatie").texts["Identificatie"]
    return kind, MessageData(receipt=Receipt(reference=reference, codes=codes))


def answer(payload: Payload, verdict: Verdict, refusal: Refusal | None, now: dt.datetime) -> Payload | None:
    """Give the return message; nothing where the message can't be read so far, is of another version, or is one itself.

    By the standard a message that fails its XSD version never reaches the receiver and gets no return message.
    """
    try:
        incoming = opened(payload.body)
    except Refusal:
        return None
    if incoming.form.is_retour or (refusal and refusal.code is RefusalCode.UNSUPPORTED_VERSION):
        return None
    content, codes = _judged(incoming, verdict, refusal)
    form = incoming.form.retour
    own = short_reference(derived_id(form.family.name, "retour", incoming.sender, form.number, incoming.identification))
    header = retour_header(incoming.header, form, own, codes, now)
    return Payload(body=to_xml(form, header, content), content_type=CONTENT_TYPE, name=f"{form.name}_{own}.xml")


def retour_header(heen: Node, form: Form, own: str, codes: tuple[str, ...], now: dt.datetime) -> Node:
    """Give the header of a return message from the one it answers."""
    texts = {
        **heen.texts,
        "BerichtCode": form.family.codes[form.number],
        "IdentificatieRetour": own,
        "DagtekeningRetour": local_day(now),
    }
    versions = node(BasisschemaXsdVersie=XSD_VERSION, BerichtXsdVersie=XSD_VERSION)
    return Node(texts=texts, nodes={**heen.nodes, "XsdVersieRetour": (versions,)}, codes=codes)


def _judged(incoming: Incoming, verdict: Verdict, refusal: Refusal | None) -> tuple[Node | None, tuple[str, ...]]:
    """Give the content with its codes, and the codes of the header. A fault of the header is answered by it alone."""
    content, shape = _copy(incoming), incoming.form.content.holds
    code, place = _fault(refusal) if verdict is Verdict.REFUSED else (ACCEPTED, "")
    if content is None or not isinstance(shape, Shape):
        return None, (code,)
    if verdict is not Verdict.REFUSED:
        return judge(content, shape, {}, ACCEPTED), (ACCEPTED,)
    classes = [path for path in judged_paths(content, shape) if f"{place}/".startswith(f"{path}/")]
    if code in HEADER_CODES or not classes:
        return None, (code,)
    return judge(content, shape, {max(classes, key=len): code}, NOT_JUDGED), (REFUSED,)


def _fault(refusal: Refusal | None) -> tuple[str, str]:
    if refusal is None:
        return REFUSED, ""
    code = refusal.dialect_code or REFUSED
    return (code if code in RETURN_CODES else REFUSED), refusal.field or ""


def _copy(incoming: Incoming) -> Node | None:
    """Read the content strictly, for the answer repeats it; nothing where it would make the answer invalid."""
    part = incoming.form.content
    reader = Reader(family=incoming.form.family, number=incoming.form.number, strict=True)
    try:
        element = incoming.content()
        if element is None or not isinstance(part.holds, Shape):
            return None
        return reader.read(element, part.holds, part.name)
    except Refusal:
        return None
