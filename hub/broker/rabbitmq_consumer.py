"""Consuming from RabbitMQ: a buffer filled by the connection's thread, emptied and acknowledged by the worker's."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from hub.broker.amqp import LISTENER_LIMIT, LIVE_EXCHANGE, Backoff, Channel, Closed, Connect, Link
from hub.broker.protocol import LIVE, BrokerUnavailable, Delivery

LONGEST_WAIT = 4.0
log = structlog.get_logger()


@dataclass(frozen=True)
class _Tag:
    session: "_Session"
    number: int


class _Session:
    """One subscription over one connection. Whatever goes wrong with it ends the connection; the next one is new."""

    def __init__(self, consumer: "RabbitConsumer", connect: Connect) -> None:
        self._consumer = consumer
        self._channel: Channel | None = None
        self.ended = False
        # Delivered and not yet acknowledged, in the order of delivery.
        self.open: dict[int, None] = {}
        self.link = connect(f"consumer of {consumer.queue}", self)

    def on_open(self, link: Link) -> None:
        link.open_channel(self._subscribe, self._channel_closed)

    def on_blocked(self, *, blocked: bool) -> None:
        """Matters only for publishing."""

    def on_end(self, closed: Closed) -> None:
        self._consumer._ended(self, closed)

    def _channel_closed(self, closed: Closed) -> None:
        # A queue that is missing, or that the broker can't serve (both are seen after a restart of the broker).
        self._consumer._failed(self, closed)
        self.link.close(wait=False)

    def _cancelled(self, _frame: Any) -> None:
        self._channel_closed(Closed(code=None, text="RabbitMQ ended the consumer"))

    def _subscribe(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_cancel_callback(self._cancelled)
        channel.basic_qos(prefetch_count=self._consumer.prefetch)
        if self._consumer.queue != LIVE:
            self._consume(self._consumer.queue)
            return
        limit = {"x-queue-type": "classic", "x-max-length": LISTENER_LIMIT}
        channel.queue_declare("", exclusive=True, auto_delete=True, arguments=limit, callback=self._bind)

    def _bind(self, frame: Any) -> None:
        queue: str = frame.method.queue
        if self._channel is not None:
            self._channel.queue_bind(queue, LIVE_EXCHANGE, callback=lambda _frame: self._consume(queue))

    def _consume(self, queue: str) -> None:
        if self._channel is not None:
            self._channel.basic_consume(queue, self._deliver, callback=lambda _frame: self._consumer._subscribed(self))

    def _deliver(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = {key: str(value) for key, value in (properties.headers or {}).items() if isinstance(value, str | int)}
        delivery = Delivery(
            tag=_Tag(self, method.delivery_tag),
            queue=self._consumer.queue,
            message_id=properties.message_id or "",
            body=body,
            headers=headers,
            redelivered=method.redelivered,
        )
        self._consumer._arrived(self, delivery)

    def ack(self, numbers: Sequence[int]) -> None:
        """Acknowledge in as few steps as is correct. Under the consumer's lock."""
        done = {number for number in numbers if number in self.open}
        first = 0
        # One acknowledgement may cover all up to it only as far as nothing before it is still being worked on.
        for number in self.open:
            if number not in done:
                break
            first = number
        rest = sorted(number for number in done if number > first)
        for number in done:
            del self.open[number]
        self.link.call(lambda: self._send_acks(first, rest))

    def reject(self, numbers: Sequence[int], *, requeue: bool) -> None:
        """Give back one by one, so that the order is kept. Under the consumer's lock."""
        given = sorted(number for number in numbers if number in self.open)
        for number in given:
            del self.open[number]
        self.link.call(lambda: self._send_rejects(given, requeue=requeue))

    def _send_acks(self, first: int, rest: Sequence[int]) -> None:
        if self._channel is not None and self._channel.is_open:
            if first:
                self._channel.basic_ack(first, multiple=True)
            for number in rest:
                self._channel.basic_ack(number, multiple=False)

    def _send_rejects(self, numbers: Sequence[int], *, requeue: bool) -> None:
        if self._channel is not None and self._channel.is_open:
            for number in numbers:
                self._channel.basic_nack(number, requeue=requeue)


class RabbitConsumer:
    """Takes from one queue for ever: it connects and subscribes anew, at most twice a second, whatever happens."""

    def __init__(self, connect: Connect, queue: str, *, prefetch: int) -> None:
        self.queue = queue
        self.prefetch = prefetch
        self._connect = connect
        self._changed = threading.Condition()
        self._backoff = Backoff(LONGEST_WAIT)
        self._buffer: deque[Delivery] = deque()
        self._subscriptions = 0
        self._closed = False
        self._session: _Session | None = None
        with self._changed:
            self._keep_subscribed()

    @property
    def subscriptions(self) -> int:
        """How often the broker accepted this consumer."""
        return self._subscriptions

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """Give up to ``limit`` messages; ``BrokerUnavailable`` only when closed, as it goes on trying by itself."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._closed:
                    raise BrokerUnavailable("the consumer is closed")
                self._keep_subscribed()
                left = deadline - time.monotonic()
                if self._buffer or left <= 0:
                    return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
                self._changed.wait(left if self._session is not None else min(left, self._backoff.left() + 0.01))

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Say that these are done; those of an earlier connection are passed over."""
        with self._changed:
            if self._session is not None:
                self._session.ack(self._current(deliveries))

    def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        """Give these back; those of an earlier connection are passed over."""
        with self._changed:
            if self._session is not None:
                self._session.reject(self._current(deliveries), requeue=requeue)

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    def close(self) -> None:
        """Stop taking; what is not acknowledged goes back to the queue."""
        with self._changed:
            self._closed = True
            session, self._session = self._session, None
            self._buffer.clear()
            self._changed.notify_all()
        if session is not None:
            session.link.close(wait=True)

    def _current(self, deliveries: Sequence[Delivery]) -> list[int]:
        tags = [delivery.tag for delivery in deliveries]
        return [tag.number for tag in tags if isinstance(tag, _Tag) and tag.session is self._session]

    def _keep_subscribed(self) -> None:
        if self._session is None and self._backoff.left() == 0:
            self._backoff.attempt()
            self._session = _Session(self, self._connect)

    def _subscribed(self, session: _Session) -> None:
        with self._changed:
            if session is self._session:
                self._backoff.success()
                self._subscriptions += 1
        log.info("Consumer subscribed", queue=self.queue, times=self._subscriptions)

    def _arrived(self, session: _Session, delivery: Delivery) -> None:
        with self._changed:
            if session is self._session and isinstance(delivery.tag, _Tag):
                session.open[delivery.tag.number] = None
                self._buffer.append(delivery)
                self._changed.notify()

    def _failed(self, session: _Session, closed: Closed) -> None:
        with self._changed:
            current = session is self._session and not session.ended
            session.ended = True
        if current:
            log.warning("Consumer lost its queue", queue=self.queue, reason=str(closed))

    def _ended(self, session: _Session, closed: Closed) -> None:
        self._failed(session, closed)
        with self._changed:
            if session is self._session:
                # What waits here was not acknowledged, so the broker delivers it again.
                self._session = None
                self._buffer.clear()
            self._changed.notify_all()
