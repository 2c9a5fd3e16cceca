"""The inbox worker: receipts of connectors and messages of partners, each applied once, in batches."""

import json
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from hub import telemetry
from hub.broker.protocol import INBOX, Broker, BrokerUnavailable, Consumer, Delivery, partner_queue
from hub.broker.sealed import HUB, SEALED_BY
from hub.services.messages.delivery import DeliveryReceipt, apply_receipts
from hub.services.messages.fetching import take_fetched
from hub.services.record.audit import occasion
from hub.services.referrals.inbox import receive_all
from hub.services.referrals.withdrawal import arrived_after_all
from hub.settings import Configuration
from hub.store import outbox
from hub.store.database import Store, StoreUnavailable, UnitOfWork
from schemas.message import Message

log = structlog.get_logger()

BATCH = 50


class InboxWorker:
    """Takes from the inbox queue. What it did is committed before it says so: a crash between the two means again."""

    def __init__(self, store: Store, config: Configuration, broker: Broker) -> None:
        self._store = store
        self._config = config
        self._consumer: Consumer = broker.consumer(INBOX, prefetch=2 * BATCH)
        self._held: list[Delivery] = []

    def step(self, wait: float = 1.0) -> int:
        """Apply what stands in the queue; give how many.

        What the database does not take now is held and goes first at the next step: given back to the broker, it
        would count as a fruitless delivery each time; forgotten, it would stay unacknowledged for good.
        """
        if not self._held:
            self._held = self._consumer.take(BATCH, wait)
        deliveries = self._held
        if deliveries and not self._settle(deliveries):
            for delivery in deliveries:  # one of them is at fault: find out which, and let it hold up no other
                if not self._settle([delivery]):
                    self._put_aside(delivery)
        return len(deliveries)

    def _settle(self, deliveries: Sequence[Delivery]) -> bool:
        if not self._apply(deliveries):
            return False
        self._held = [held for held in self._held if held not in deliveries]
        self._consumer.ack(deliveries)
        return True

    def _put_aside(self, delivery: Delivery) -> None:
        """Set apart what can't be applied; where it came from a partner's payload its row tells a person so."""
        log.error("a message was put aside: it can't be applied", message=delivery.message_id)
        with self._store.writing() as work:
            outbox.put_aside(work.session, delivery.queue, delivery.message_id)
        self._held = [held for held in self._held if held is not delivery]
        self._consumer.reject([delivery], requeue=False)

    def _apply(self, deliveries: Sequence[Delivery]) -> bool:
        """Apply in one unit of work; false where one of them breaks it, an error where the database does."""
        try:
            with self._store.writing() as work:
                self._apply_all(work, deliveries)
        except (ValueError, KeyError, TypeError, ValidationError, LookupError) as error:
            log.warning("a message breaks the inbox", fault=type(error).__name__)  # no traceback: it may quote content
            return False
        except DBAPIError as error:
            # Alone, only what waiting can't mend is the message's own fault (a text that a column refuses).
            if error.connection_invalidated or (len(deliveries) == 1 and isinstance(error, OperationalError)):
                raise
            return False  # a deadlock or a race between two batches: one by one they pass
        return True

    def _apply_all(self, work: UnitOfWork, deliveries: Sequence[Delivery]) -> None:
        """Apply in order, receipts that stand side by side together: they take as few statements as one."""
        receipts: list[DeliveryReceipt] = []
        for delivery in deliveries:
            document = json.loads(delivery.body)
            _check_seal(delivery, document)
            if document.get("fetched") is not None:
                self._apply_receipts(work, receipts)
                receipts = []
                self._apply_fetched(work, DeliveryReceipt(**document))
                continue
            if "messages" not in document:
                receipts.append(DeliveryReceipt(**document))
                continue
            self._apply_receipts(work, receipts)
            receipts = []
            self._apply_messages(work, delivery, document)
        self._apply_receipts(work, receipts)

    def _apply_receipts(self, work: UnitOfWork, receipts: Sequence[DeliveryReceipt]) -> None:
        if receipts:
            changed = apply_receipts(work, receipts, occasion(self._config, "connector"))
            if changed < len(receipts):  # some row was closed before: perhaps held back a moment too late
                changed += arrived_after_all(work, self._config, receipts)
            telemetry.RECEIVED.labels("receipt").inc(changed)
            telemetry.RECEIVED.labels("receipt again").inc(len(receipts) - changed)

    def _apply_fetched(self, work: UnitOfWork, receipt: DeliveryReceipt) -> None:
        first = take_fetched(work, self._config, receipt)
        telemetry.RECEIVED.labels("fetched" if first else "again").inc()

    def _apply_messages(self, work: UnitOfWork, delivery: Delivery, document: dict[str, Any]) -> None:
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


def _check_seal(delivery: Delivery, document: dict[str, Any]) -> None:
    """Refuse what an organisation's key sealed and is not a receipt of its own queue: ``ValueError``."""
    sealed_by = delivery.headers.get(SEALED_BY, HUB)
    if sealed_by != HUB and document.get("queue") != partner_queue(sealed_by):
        raise ValueError("a message is not of the organisation that sealed it")


def run(worker: InboxWorker, stop: threading.Event) -> None:
    """Work until told to stop."""
    try:
        while not stop.is_set():
            try:
                worker.step()
            except (SQLAlchemyError, StoreUnavailable, BrokerUnavailable) as error:
                log.warning("the inbox waits", fault=type(error).__name__)
                stop.wait(1.0)
    finally:
        worker.close()
