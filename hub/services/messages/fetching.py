"""What was fetched at a partner comes in as a payload of that partner, once."""

import base64

from connectors.protocol import FETCHED_BY, Payload
from connectors.registry import connector
from hub.broker.protocol import PARTNER
from hub.rules.audit import Deed
from hub.services.access.actors import SYSTEM
from hub.services.messages import fetch_orders
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.messages.intake import take_in
from hub.services.record import audit
from hub.settings import Configuration
from hub.store import outbox
from hub.store.database import UnitOfWork


def take_fetched(work: UnitOfWork, config: Configuration, receipt: DeliveryReceipt) -> bool:
    """Take in what a connector fetched by an order of ours; false where that order was carried out before.

    ``ValueError`` where it names no organisation with a connector, or its body is not what a connector writes.
    """
    organisation = config.organisation(receipt.queue.removeprefix(PARTNER))
    if organisation is None or organisation.connector is None or receipt.fetched is None:
        raise ValueError("what was fetched belongs to no organisation with a connector")
    body = base64.b64decode(receipt.fetched["body"], validate=True)
    payload = Payload(body=body, content_type=receipt.fetched["content_type"], headers={FETCHED_BY: receipt.message_id})
    if not outbox.close(work.session, receipt.queue, receipt.message_id, work.now):
        return False
    work.wake_relay()  # the next order of this lane may go
    taken = take_in(work, config, organisation, connector(organisation.connector), payload)
    fetch_orders.carried_out(work, receipt.message_id)
    entry = audit.Entry(
        viewer=SYSTEM, deed=Deed.INTAKE_TAKE, objects=(taken.intake_id,), detail=f"fetched:{taken.state}"
    )
    audit.write(work, audit.occasion(config, "inbox"), [entry])
    return True
