"""The inbox worker: receipts of connectors and messages of partners, each applied once, in batches."""

import json
import threading
from collections.abc import Sequence

import structlog
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub import telemetry
from hub.broker.protocol import INBOX, Broker, BrokerUnavailable, Consumer, Delivery
from hub.services.delivery import DeliveryReceipt, apply_receipt
from hub.services.inbox import receive_all
from hub.settings import Configuration
from hub.store import outbox
from hub.store.database import Store, UnitOfWork
from schemas.message import Message

log = structlog.get_logger()

BATCH = 50


class InboxWorker:
    """Takes from the inbox queue. What it did is committed before it says so: a crash between the two means again."""

    def __init__(self, store: Store, config: Configuration, broker: Broker) -> None:
        self._store = store
        self._config = config
        self._consumer: Consumer = broker.consumer(INBOX, prefetch=2 * BATCH)

    def step(self, wait: float = 1.0) -> int:
        """Apply what stands in the queue; give how many."""
        deliveries = self._consumer.take(BATCH, wait)
        if not deliveries:
            return 0
        done = self._apply(deliveries)
        if done is None:  # one of them is at fault: find out which, and let it hold up no other
            done = []
            for delivery in deliveries:
                alone = self._apply([delivery])
                if alone is None:
                    self._consumer.reject([delivery], requeue=False)
                    log.error("a message was put aside: it can't be applied", message=delivery.message_id)
                else:
                    done += alone
        self._consumer.ack(done)
        return len(deliveries)

    def _apply(self, deliveries: Sequence[Delivery]) -> list[Delivery] | None:
        """Apply in one unit of work; nothing where one of them breaks it."""
        try:
            with self._store.writing() as work:
                for delivery in deliveries:
                    self._apply_one(work, delivery)
        except (ValueError, KeyError, TypeError, ValidationError, LookupError) as error:
            log.error("a message breaks the inbox", fault=type(error).__name__)
            return None
        except DBAPIError as error:
            if error.connection_invalidated or len(deliveries) == 1:
                raise
            return None  # a deadlock or a race between two batches: one by one they pass
        return list(deliveries)

    def _apply_one(self, work: UnitOfWork, delivery: Delivery) -> None:
        document = json.loads(delivery.body)
        if "messages" not in document:
            changed = apply_receipt(work, DeliveryReceipt.from_bytes(delivery.body))
            telemetry.RECEIVED.labels("receipt" if changed else "receipt again").inc()
            return
        messages = [Message.from_json(message) for message in document["messages"]]
        closed = outbox.close(work.session, INBOX, delivery.message_id, work.now)
        work.wake_relay()  # the next of this lane may go
        if not closed:
            telemetry.RECEIVED.labels("again").inc()
            return
        receive_all(work, self._config, document["organisation"], messages, document["intake_id"])

    def close(self) -> None:
        """Stop taking."""
        self._consumer.close()


def run(worker: InboxWorker, stop: threading.Event) -> None:
    """Work until told to stop."""
    try:
        while not stop.is_set():
            try:
                worker.step()
            except (SQLAlchemyError, BrokerUnavailable) as error:
                log.warning("the inbox waits", fault=type(error).__name__)
                stop.wait(1.0)
    finally:
        worker.close()
