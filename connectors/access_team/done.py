"""What the transport answers after a plan: the register took it, and under which address."""

import datetime as dt

from connectors.access_team.format import K
from connectors.access_team.nodes import Node
from connectors.protocol import AddressBook, Reading
from schemas.identifiers import derived_id
from schemas.message import Message, MessageData, Receipt, source_of


def read_done(document: Node, book: AddressBook) -> Reading:
    """Read it as a receipt: a register that answers 201 has understood what it was given."""
    reference, zaak = document.needed("done"), document.needed("zaak")
    message = Message(
        id=derived_id("zgw", "done", reference),
        kind=K.PROCESSED,
        source=source_of(book.partner.oin, "zaken"),
        time=dt.datetime.fromtimestamp(0, dt.UTC),
        sender=book.partner.code,
        receiver=book.municipality.code,
        data=MessageData(receipt=Receipt(reference=reference), correlation={"zgw:zaak": zaak}),
    )
    return Reading(identification=f"done:{reference}", messages=(message,))
