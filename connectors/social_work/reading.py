"""From a partner's message to canonical messages: who, when, and one canonical message for each that it tells."""

from connectors.protocol import AddressBook, Loss, Reading
from connectors.social_work.envelope import Incoming, midnight, party
from connectors.social_work.inward import READERS, Content, Draft
from connectors.social_work.retour import receipt
from connectors.social_work.shapes import Shape
from connectors.social_work.trees import Reader, broken
from schemas.identifiers import derived_id
from schemas.message import UNKNOWN_OIN, Message, source_of


def read(incoming: Incoming, book: AddressBook) -> Reading:
    """Translate a message whose envelope is checked; one bad class refuses it whole (iWmo 3.2, retour rules)."""
    losses: list[Loss] = []
    drafts = [_receipt(incoming, losses)] if incoming.form.is_retour else _drafts(incoming, losses)
    return Reading(
        identification=":".join((incoming.sender, incoming.form.name, incoming.identification)),
        messages=tuple(_message(incoming, draft, book) for draft in drafts),
        losses=tuple(dict.fromkeys(losses)),
    )


def _drafts(incoming: Incoming, losses: list[Loss]) -> list[Draft]:
    form, element, part = incoming.form, incoming.content(), incoming.form.content
    if element is None or not isinstance(part.holds, Shape):
        raise broken(part.name, "A required element is missing.")
    reader = Reader(family=form.family, number=form.number, losses=losses)
    node = reader.read(element, part.holds, part.name)
    drafts = list(READERS[form.number](Content(family=form.family, node=node, losses=losses)))
    if not drafts:
        raise broken(part.name, "The message asks for nothing.")
    return drafts


def _message(incoming: Incoming, draft: Draft, book: AddressBook) -> Message:
    family, number = incoming.form.family.name, incoming.form.number
    sender, known = party(book, incoming.sender_system, incoming.sender)
    receiver, _ = party(book, incoming.receiver_system, incoming.receiver)
    return Message(
        id=derived_id(family, incoming.sender, number, incoming.identification, draft.key, draft.kind),
        kind=draft.kind,
        source=source_of(known.oin if known else UNKNOWN_OIN, family),
        time=midnight(incoming.dated),
        sender=sender,
        receiver=receiver,
        data=draft.data,
    )


def _receipt(incoming: Incoming, losses: list[Loss]) -> Draft:
    kind, data = receipt(incoming, losses)
    return Draft(key="0", kind=kind, data=data)
