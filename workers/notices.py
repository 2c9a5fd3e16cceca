"""The worker of notices: tells organisations and people by mail that something waits, and tells us how that went."""

import json
import threading

import structlog

from connectors.errors import TransportError
from connectors.transports.mail import Mailer
from hub.broker.protocol import INBOX, NOTICES, Broker, BrokerUnavailable, Consumer, Delivery, Fate, Parcel, Publisher
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.overview.personal_notices import Recipients
from hub.store.database import StoreUnavailable
from schemas.identifiers import derived_id

log = structlog.get_logger()

BATCH = 10


class NoticeWorker:
    """Takes notices from their queue. One is done only when its receipt is confirmed; a mail may so come twice."""

    def __init__(self, recipients: Recipients, broker: Broker, mailer: Mailer) -> None:
        self._recipients, self._mailer = recipients, mailer
        self._consumer: Consumer = broker.consumer(NOTICES, prefetch=BATCH)
        self._publisher: Publisher = broker.publisher()
        self._untold: list[tuple[Delivery, DeliveryReceipt]] = []

    def step(self, wait: float = 1.0) -> int:
        """Send what stands in the queue; give how many.

        ``BrokerUnavailable`` where a receipt was not confirmed; it is kept and goes first at the next step.
        """
        if not self._untold:
            deliveries = self._consumer.take(BATCH, wait)
            if not deliveries:
                self._publisher.idle()
                return 0
            self._untold = [(delivery, self._told(delivery)) for delivery in deliveries]
        fates = self._publisher.publish([_parcel(receipt) for _delivery, receipt in self._untold])
        done = [pair for pair, fate in zip(self._untold, fates, strict=True) if fate is Fate.CONFIRMED]
        self._untold = [pair for pair in self._untold if pair not in done]
        self._consumer.ack([delivery for delivery, _receipt in done])
        if self._untold:
            raise BrokerUnavailable(f"{len(self._untold)} receipts were not confirmed")
        return len(done)

    def _told(self, delivery: Delivery) -> DeliveryReceipt:
        try:
            address = self._recipients.address_of(json.loads(delivery.body))
        except (ValueError, LookupError, TypeError):
            return _receipt(delivery, "malformed: the notice can't be read", permanent=True)
        except StoreUnavailable:
            return _receipt(delivery, "unreachable: whether anything waits is not known")
        if address is None:  # taken out of the configuration meanwhile, or nothing waits any more: nobody to tell
            return _receipt(delivery, None)
        try:
            self._mailer.tell(address, notice_id=delivery.message_id)
        except TransportError as error:
            log.warning("a notice was not sent", message=delivery.message_id, permanent=error.permanent)
            word = "refused" if error.permanent else "unreachable"
            return _receipt(delivery, f"{word}: {error.message}", permanent=error.permanent, unknown=error.unknown)
        return _receipt(delivery, None)

    def close(self) -> None:
        """Stop taking."""
        self._consumer.close()
        self._publisher.close()


def _receipt(
    delivery: Delivery, error: str | None, *, permanent: bool = False, unknown: bool = False
) -> DeliveryReceipt:
    return DeliveryReceipt(
        message_id=delivery.message_id,
        queue=NOTICES,
        delivered=error is None,
        permanent=permanent,
        unknown=unknown,
        error=error,
    )


def _parcel(receipt: DeliveryReceipt) -> Parcel:
    return Parcel(
        queue=INBOX,
        message_id=derived_id("receipt", NOTICES, receipt.message_id),
        body=receipt.to_bytes(),
        headers={"type": "receipt"},
    )


def run(worker: NoticeWorker, stop: threading.Event) -> None:
    """Work until told to stop."""
    try:
        while not stop.is_set():
            try:
                worker.step()
            except BrokerUnavailable:
                stop.wait(1.0)
    finally:
        worker.close()
