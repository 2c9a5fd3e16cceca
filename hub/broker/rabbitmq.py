"""RabbitMQ: quorum queues, confirmed publishing, consumers that come back. The only place that knows pika."""

import copy
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pika
import pika.exceptions
from pika.adapters.select_connection import IOLoop
from pika.spec import Basic

from hub.broker import rabbitmq_topology as topology
from hub.broker.amqp import INTERNAL_ERROR, LIVE_EXCHANGE, NOT_FOUND, Channel, Closed, Link, LinkEvents
from hub.broker.protocol import LIVE, BrokerError, BrokerUnavailable, Parcel, QueueHealth
from hub.broker.rabbitmq_consumer import RabbitConsumer
from hub.broker.rabbitmq_publisher import RabbitPublisher

CONNECT_SECONDS = 10.0
CONFIRM_SECONDS = 30.0
CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 15
# A queue declared less than two seconds before RabbitMQ 3.10 is killed loses all it confirmed.
SETTLE_SECONDS = 3.0
# Declared at once after its deletion, a queue keeps the old consumers by name and gives them nothing, for good. In a
# pause the broker tells them that their queue is gone, and they subscribe to the new one.
FAREWELL_SECONDS = 2.0


class RabbitBroker:
    """RabbitMQ behind ``url`` (amqp or amqps, with the virtual host as path; ``heartbeat`` may be in the query)."""

    def __init__(self, url: str, *, confirm_seconds: float = CONFIRM_SECONDS) -> None:
        try:
            self._parameters = pika.URLParameters(url)
        except (ValueError, TypeError, LookupError):
            # Without the cause: its text may quote the URL, and with it the password.
            raise BrokerError("the URL of RabbitMQ can't be understood") from None
        self._parameters.connection_attempts = 1
        self._parameters.socket_timeout = self._parameters.stack_timeout = CONNECT_SECONDS
        if self._parameters.heartbeat is None:
            self._parameters.heartbeat = HEARTBEAT_SECONDS
        self._confirm_seconds = confirm_seconds
        self._lock = threading.Lock()
        self._given: list[RabbitPublisher | RabbitConsumer] = []
        self._closed = False

    def declare(self, queues: Sequence[str]) -> None:
        """Make the exchange of ``LIVE``, and the queues with their dead letter queues.

        ``BrokerUnavailable``; ``BrokerError`` where one exists with other settings.
        """
        with topology.Talk(self._connect) as talk:
            try:
                topology.declare(talk, queues)
            except topology.TalkEnded as ended:
                raise BrokerError(f"RabbitMQ refuses a declaration: {ended.closed}") from ended

    def publisher(self) -> RabbitPublisher:
        """Give a publisher with a connection of its own."""
        wait = CONNECT_SECONDS + 1
        publisher = RabbitPublisher(self._connect, connect_seconds=wait, confirm_seconds=self._confirm_seconds)
        self._keep(publisher)
        return publisher

    def consumer(self, queue: str, *, prefetch: int = 100) -> RabbitConsumer:
        """Give a consumer with a connection of its own."""
        consumer = RabbitConsumer(self._connect, queue, prefetch=prefetch)
        self._keep(consumer)
        return consumer

    def health(self, queue: str) -> QueueHealth:
        """Look at a queue. Just after a restart of RabbitMQ a good one may seem unusable: look again before healing."""
        with topology.Talk(self._connect) as talk:
            try:
                return topology.look(talk, queue)
            except topology.TalkEnded as ended:
                if ended.closed.code in (NOT_FOUND, INTERNAL_ERROR):
                    return QueueHealth(usable=False)
                raise BrokerUnavailable(f"RabbitMQ ended the connection: {ended.closed}") from ended

    def heal(self, queue: str) -> None:
        """Delete a queue and declare it; takes some seconds, until the broker will not forget it when killed."""
        with topology.Talk(self._connect) as talk:
            try:
                if queue != LIVE:
                    topology.delete(talk, queue)
                    time.sleep(FAREWELL_SECONDS)
                topology.declare(talk, [queue])
            except topology.TalkEnded as ended:
                raise BrokerUnavailable(f"RabbitMQ could not make the queue anew: {ended.closed}") from ended
        time.sleep(SETTLE_SECONDS)

    def close(self) -> None:
        """Close every publisher and consumer it gave."""
        with self._lock:
            self._closed = True
            given, self._given = self._given, []
        # All at once: where the broker hangs each waits some seconds for its goodbye.
        closing = [threading.Thread(target=one.close) for one in given]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    def _keep(self, given: RabbitPublisher | RabbitConsumer) -> None:
        with self._lock:
            self._given = [*(earlier for earlier in self._given if not earlier.closed), given]

    def _connect(self, name: str, events: LinkEvents) -> Link:
        if self._closed:
            raise BrokerUnavailable("this broker is closed")
        return _PikaLink(self._parameters, name, events)


class _PikaLink:
    """A pika connection in a thread of its own."""

    def __init__(self, parameters: pika.connection.Parameters, name: str, events: LinkEvents) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._ended = False
        self._unwanted = False
        self._reason = Closed(code=None, text="the connection's thread ended")
        self._loop = IOLoop()
        mine = copy.copy(parameters)
        mine.client_properties = {"connection_name": f"schakel {name}"}
        self._connection = pika.SelectConnection(
            mine,
            on_open_callback=self._opened,
            on_open_error_callback=self._over,
            on_close_callback=self._over,
            custom_ioloop=self._loop,
        )
        self._thread = threading.Thread(target=self._run, name=f"rabbitmq {name}", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], None]) -> bool:
        # Under the lock: a loop that is already closed must not be woken, its file descriptor may be another's by now.
        with self._lock:
            if not self._ended:
                self._loop.add_callback_threadsafe(work)
            return not self._ended

    def open_channel(self, on_open: Callable[[Channel], None], on_close: Callable[[Closed], None]) -> None:
        if self._connection.is_open:
            channel = self._connection.channel(on_open_callback=on_open)
            channel.add_on_close_callback(lambda _channel, reason: on_close(_closed(reason)))

    def publish(self, channel: Channel, parcel: Parcel) -> None:
        live = parcel.queue == LIVE
        mode = pika.DeliveryMode.Transient if live else pika.DeliveryMode.Persistent
        properties = pika.BasicProperties(
            message_id=parcel.message_id, headers=dict(parcel.headers), delivery_mode=mode.value
        )
        exchange, key = (LIVE_EXCHANGE, "") if live else ("", parcel.queue)
        # A fanout without listeners returns every message as unroutable, which is no fault there.
        channel.basic_publish(exchange, key, parcel.body, properties, mandatory=not live)

    def try_to_take(self, channel: Channel, queue: str, answer: Callable[[Any], None]) -> None:
        def came(opened: Any, method: Any, _properties: Any, _body: bytes) -> None:
            opened.basic_nack(method.delivery_tag, requeue=True)
            answer(method)

        # The protocol of this folder leaves these two out, since pika has no callback for "empty" in the call itself.
        mine: Any = channel
        mine.add_callback(answer, [Basic.GetEmpty])
        mine.basic_get(queue, came)

    def close(self, *, wait: bool) -> None:
        self.call(self._close)
        if wait and threading.current_thread() is not self._thread:
            # Where the broker hangs the heartbeat ends the connection later, in its own thread.
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.start()
        finally:
            with self._lock:
                self._ended = True
            self._loop.close()
            self._events.on_end(self._reason)

    def _close(self) -> None:
        # Not while it opens: pika fails an assertion of its own there. The time-out of opening bounds the wait.
        self._unwanted = True
        if self._connection.is_open:
            self._connection.close()

    def _opened(self, connection: Any) -> None:
        if self._unwanted:
            connection.close()
            return
        connection.add_on_connection_blocked_callback(lambda *_: self._events.on_blocked(blocked=True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._events.on_blocked(blocked=False))
        self._events.on_open(self)

    def _over(self, _connection: Any, reason: BaseException) -> None:
        self._reason = _closed(reason)
        self._loop.stop()


def _closed(reason: BaseException) -> Closed:
    if isinstance(reason, pika.exceptions.ConnectionClosed | pika.exceptions.ChannelClosed):
        return Closed(code=reason.reply_code, text=reason.reply_text)
    # pika nests the reason of a failed attempt: the whole attempt, then the last address tried.
    while reason.args and isinstance(reason.args[-1], BaseException):
        reason = reason.args[-1]
    inner = (getattr(reason, "exceptions", None) or [getattr(reason, "exception", None)])[-1]
    return _closed(inner) if inner else Closed(code=None, text=f"{type(reason).__name__}: {reason}")
