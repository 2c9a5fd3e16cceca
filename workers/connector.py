"""The connector worker of one organisation: takes its messages, translates, hands over, and tells how it went."""

import base64
import datetime as dt
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from marshmallow import ValidationError

from connectors.errors import Refusal, TransportError
from connectors.protocol import AddressBook, Connector, Handover, Payload, Transport, Writing
from hub import telemetry
from hub.broker.protocol import (
    INBOX,
    Broker,
    BrokerUnavailable,
    Consumer,
    Delivery,
    Fate,
    Parcel,
    Publisher,
    partner_queue,
)
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.messages.fetch_orders import FETCH
from hub.services.messages.signatures import digest_of
from hub.services.record.wire import Form, Wire
from schemas.identifiers import derived_id
from schemas.message import Message
from workers.gate import Gate, GateUnavailable

log = structlog.get_logger()

RECEIPT = "receipt"
BATCH = 20
GATE_HOLDS = 1.0
"""Seconds for which an answer of the gate is relied on: with these a message leaves at most so long after a no."""
GATE_AGAIN = 5.0
# What a fault in a translator raises. It must stop its own message only: the process would else end at it, begin again
# and end again, and with it everything else for this partner.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, ValidationError)


class ConnectorWorker:
    """Holds no database session: it may run at the partner's site, tied to the hub by the broker and the gate."""

    def __init__(
        self,
        organisation: str,
        connector: Connector,
        transport: Transport,
        book: AddressBook,
        broker: Broker,
        gate: Gate,
    ) -> None:
        self._organisation = organisation
        self._queue = partner_queue(organisation)
        self._connector = connector
        self._transport = transport
        self._book = book
        self._gate = gate
        self._consumer: Consumer = broker.consumer(self._queue, prefetch=BATCH)
        self._publisher: Publisher = broker.publisher()
        self._untold: list[tuple[Delivery, DeliveryReceipt]] = []

    def step(self, wait: float = 1.0) -> int:
        """Handle what stands in the queue; give how many. A message is done only when its receipt is confirmed.

        ``BrokerUnavailable`` where a receipt was not; it is kept and goes first at the next step.
        """
        if not self._untold:
            deliveries = self._consumer.take(BATCH, wait)
            if not deliveries:
                self._publisher.idle()
                return 0
            self._untold = self._through_the_gate(deliveries)
        return self._tell()

    def _through_the_gate(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, DeliveryReceipt]]:
        """Hand over what still may go. A slow partner takes long over a batch, so the gate is asked again meanwhile."""
        done: list[tuple[Delivery, DeliveryReceipt]] = []
        asked_at, withheld = -GATE_HOLDS, frozenset[str]()
        for place, delivery in enumerate(deliveries):
            if time.monotonic() - asked_at >= GATE_HOLDS:
                try:
                    withheld = self._gate.withheld(self._queue, [one.message_id for one in deliveries[place:]])
                except GateUnavailable:
                    text = "unreachable: whether this may still go is not known"
                    done.append((delivery, self._failed(delivery, text, permanent=False, retry_after=GATE_AGAIN)))
                    continue
                asked_at = time.monotonic()
            if delivery.message_id in withheld:
                done.append((delivery, self._held(delivery)))
            else:
                done.append((delivery, self._handle(delivery)))
        return done

    def _held(self, delivery: Delivery) -> DeliveryReceipt:
        """Tell that it was not handed over: after an objection it comes again, after a withdrawal never."""
        telemetry.DELIVERIES.labels(self._organisation, "held").inc()
        log.warning("a message was held back", queue=self._queue, message=delivery.message_id)
        error = "held: held back before it was handed over"
        return DeliveryReceipt(
            message_id=delivery.message_id, queue=self._queue, delivered=False, held=True, error=error
        )

    def _tell(self) -> int:
        # What can't be told now is neither forgotten nor given back: given back, the partner would get it again and
        # again while our broker is in trouble; forgotten, it would stay unacknowledged on a connection that lives on.
        parcels = [_parcel(receipt, self._organisation) for _delivery, receipt in self._untold]
        told = [fate is Fate.CONFIRMED for fate in self._publisher.publish(parcels)]
        done = [delivery for (delivery, _receipt), ok in zip(self._untold, told, strict=True) if ok]
        self._untold = [pair for pair, ok in zip(self._untold, told, strict=True) if not ok]
        self._consumer.ack(done)
        if self._untold:
            raise BrokerUnavailable(f"{len(self._untold)} receipts were not confirmed")
        return len(done)

    def _handle(self, delivery: Delivery) -> DeliveryReceipt:
        """Try it; the receipt tells what went over the line too, however it went."""
        tried = _Tried(at=dt.datetime.now(dt.UTC))
        receipt = self._try(delivery, tried)
        return replace(receipt, wire=tried.wire().told())

    def _try(self, delivery: Delivery, tried: "_Tried") -> DeliveryReceipt:
        try:
            document = json.loads(delivery.body)
            if isinstance(document, dict) and FETCH in document:
                return self._fetched(delivery, document[FETCH], tried)
            message = Message.from_json(document)
            tried.writing = writing = self._connector.write(message, self._book, tried.at)
            tried.handover = handover = self._transport.deliver(writing.payload, message_id=message.id)
        except Refusal as refusal:
            return self._failed(delivery, f"{refusal.code}: {refusal.message}", permanent=True)
        except TransportError as error:
            tried.fault = error
            refused = self._refused_in_words(delivery, writing, error)
            return refused or self._failed(
                delivery,
                f"{_word_for(error)}: {error.message}",
                permanent=error.permanent,
                unknown=error.unknown,
                retry_after=error.retry_after,
            )
        except _BROKEN as error:
            text = f"malformed: the message can't be translated ({type(error).__name__})"
            return self._failed(delivery, text, permanent=True)
        telemetry.DELIVERIES.labels(self._organisation, "delivered").inc()
        return self._delivered(delivery, writing, handover.answer)

    def _fetched(self, delivery: Delivery, address: str, tried: "_Tried") -> DeliveryReceipt:
        """Get what the partner announced, and give it to the hub's own inbox, sealed as a receipt is."""
        fetch = getattr(self._transport, "fetch", None)
        try:
            if fetch is None:
                raise TransportError("The way to this partner can't be asked.", permanent=True)
            got: Payload = fetch(address)
        except TransportError as error:
            tried.fault = error
            text, patience = f"{_word_for(error)}: {error.message}", error.retry_after
            return self._failed(delivery, text, permanent=error.permanent, retry_after=patience)
        telemetry.DELIVERIES.labels(self._organisation, "fetched").inc()
        fetched = {"content_type": got.content_type, "body": base64.b64encode(got.body).decode()}
        return DeliveryReceipt(message_id=delivery.message_id, queue=self._queue, delivered=True, fetched=fetched)

    def _failed(
        self,
        delivery: Delivery,
        error: str,
        *,
        permanent: bool,
        unknown: bool = False,
        retry_after: float | None = None,
    ) -> DeliveryReceipt:
        telemetry.DELIVERIES.labels(self._organisation, "refused" if permanent else "failed").inc()
        log.warning("a message was not delivered", queue=self._queue, message=delivery.message_id, permanent=permanent)
        return DeliveryReceipt(
            message_id=delivery.message_id,
            queue=self._queue,
            delivered=False,
            permanent=permanent,
            unknown=unknown,
            retry_after=retry_after,
            error=error[:300],
        )

    def _refused_in_words(self, delivery: Delivery, writing: Writing, error: TransportError) -> DeliveryReceipt | None:
        """Give the receipt of a message that the partner's system took, read and refused; nothing where it did not."""
        answer = error.answer
        if answer is None or not (error.permanent or (error.unknown and _is_soap(answer[1]))):
            return None
        payload = Payload(body=answer[0], content_type=answer[1])
        receipt = self._delivered(delivery, writing, payload)
        if not receipt.refused:
            return None
        telemetry.DELIVERIES.labels(self._organisation, "delivered").inc()
        return receipt

    def _delivered(self, delivery: Delivery, writing: Writing, answer: Payload | None) -> DeliveryReceipt:
        """Tell that it was taken and, where the partner's answer says so at once, whether its system understood it."""
        processed, refused, codes = False, False, list[dict[str, str]]()
        if answer is not None and answer.body:
            try:
                reading = self._connector.read(answer, self._book, dt.datetime.now(dt.UTC))
            except (Refusal, *_BROKEN):
                log.warning("a partner's answer is not understood", queue=self._queue, message=delivery.message_id)
            else:
                for message in reading.messages:
                    if message.kind.is_receipt and message.data.receipt is not None:
                        refused = refused or message.kind.value.endswith("refused")
                        processed = not refused
                        codes += [
                            {"code": code.code, "system": code.system or ""} for code in message.data.receipt.codes
                        ]
        return DeliveryReceipt(
            message_id=delivery.message_id,
            queue=self._queue,
            delivered=True,
            processed=processed,
            refused=refused,
            reference=writing.reference,
            codes=codes,
            answer_digest=digest_of(answer.body) if answer is not None and answer.body else None,
            dropped=[loss.field for loss in writing.losses],
        )

    def close(self) -> None:
        """Stop taking."""
        self._consumer.close()
        self._publisher.close()


def _is_soap(content_type: str) -> bool:
    """Whether a server error may be a verdict: SOAP sends its faults with 500 (SOAP 1.1, 6.2; SOAP 1.2 part 2, 7.5.2).

    In other dialects 5xx says that the partner's system was not itself; the same message may do well later.
    """
    return content_type.partition(";")[0].strip().lower() in ("text/xml", "application/soap+xml")


@dataclass(kw_only=True)
class _Tried:
    """How far a try came."""

    at: dt.datetime
    writing: Writing | None = None
    handover: Handover | None = None
    fault: TransportError | None = None

    def wire(self) -> Wire:
        """Give what went over the line and came back; of a try that failed, how it failed in place of its line."""
        went, words = self.handover, self.fault.answer if self.fault else None
        answer = Payload(body=words[0], content_type=words[1]) if words else None
        forms = {
            "mapped": self.writing and self.writing.payload,
            "sent": went and went.sent,
            "answer": went.answer if went else answer,
        }
        return Wire(
            at=self.at,
            line=went.line if went else self.fault.message if self.fault else None,
            losses=[{"field": one.field, "why": one.why} for one in self.writing.losses] if self.writing else (),
            forms={name: Form.of(payload) for name, payload in forms.items() if payload},
        )


def _word_for(error: TransportError) -> str:
    if error.permanent:
        return "refused"
    return "timeout" if error.unknown else "unreachable"


def _parcel(receipt: DeliveryReceipt, organisation: str) -> Parcel:
    return Parcel(
        queue=INBOX,
        message_id=derived_id(RECEIPT, organisation, receipt.message_id),
        body=receipt.to_bytes(),
        headers={"type": RECEIPT},
    )


def run(worker: ConnectorWorker, stop: threading.Event) -> None:
    """Work until told to stop."""
    try:
        while not stop.is_set():
            try:
                worker.step()
            except BrokerUnavailable:
                stop.wait(1.0)
    finally:
        worker.close()
