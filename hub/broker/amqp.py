"""What the RabbitMQ adapter needs of an AMQP library, in its own words; only ``rabbitmq.py`` knows the library.

Every callback runs in the connection's own thread, which also serves the heartbeats: callbacks must never wait.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hub.broker.protocol import Parcel

LIVE_EXCHANGE = "schakel.live"
LISTENER_LIMIT = 10_000
NOT_FOUND = 404
INTERNAL_ERROR = 541
SHORTEST_WAIT = 0.5


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Why a channel or connection ended. ``code`` is AMQP's where the broker gave one."""

    code: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.text} ({self.code})" if self.code else self.text


class Channel(Protocol):
    """The part of a channel that is used. Each call returns at once; answers come to ``callback``."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        ...

    def confirm_delivery(self, ack_nack_callback: Callable[[Any], None], callback: Callable[[Any], None]) -> None:
        """Have the broker confirm what is published."""
        ...

    def add_on_return_callback(self, callback: Callable[[Any, Any, Any, bytes], None]) -> None:
        """Hear of unroutable messages."""
        ...

    def add_on_cancel_callback(self, callback: Callable[[Any], None]) -> None:
        """Hear that the broker ended a consumer."""
        ...

    def basic_publish(self, exchange: str, routing_key: str, body: bytes, properties: Any, *, mandatory: bool) -> None:
        """Publish a message."""
        ...

    def basic_qos(self, *, prefetch_count: int) -> None:
        """Limit what may be delivered unacknowledged."""
        ...

    def basic_consume(
        self,
        queue: str,
        on_message_callback: Callable[[Any, Any, Any, bytes], None],
        *,
        callback: Callable[[Any], None],
    ) -> str:
        """Have messages delivered."""
        ...

    def basic_ack(self, delivery_tag: int, *, multiple: bool) -> None:
        """Say that a message, or all up to it, are done."""
        ...

    def basic_nack(self, delivery_tag: int, *, requeue: bool) -> None:
        """Give a message back, or to the dead letters."""
        ...

    def queue_declare(
        self,
        queue: str,
        *,
        passive: bool = ...,
        durable: bool = ...,
        exclusive: bool = ...,
        auto_delete: bool = ...,
        arguments: Mapping[str, object] | None = ...,
        callback: Callable[[Any], None],
    ) -> None:
        """Make or look at a queue."""
        ...

    def queue_bind(self, queue: str, exchange: str, *, callback: Callable[[Any], None]) -> None:
        """Bind a queue to an exchange."""
        ...

    def queue_delete(self, queue: str, *, callback: Callable[[Any], None]) -> None:
        """Delete a queue."""
        ...

    def exchange_declare(
        self,
        exchange: str,
        *,
        exchange_type: str,
        passive: bool = ...,
        durable: bool = ...,
        callback: Callable[[Any], None],
    ) -> None:
        """Make or look at an exchange."""
        ...


class Link(Protocol):
    """One connection with a thread of its own, from its beginning to its end; never opened twice."""

    def call(self, work: Callable[[], None]) -> bool:
        """Have the connection's thread do this soon; false where the connection has ended."""
        ...

    def open_channel(self, on_open: Callable[[Channel], None], on_close: Callable[[Closed], None]) -> None:
        """Open a channel. Only from the connection's thread."""
        ...

    def publish(self, channel: Channel, parcel: Parcel) -> None:
        """Publish on a channel. Only from the connection's thread."""
        ...

    def try_to_take(self, channel: Channel, queue: str, answer: Callable[[Any], None]) -> None:
        """Ask for one message and give it back at once. Only from the connection's thread."""
        ...

    def close(self, *, wait: bool) -> None:
        """End the connection after what was asked by ``call`` is done; wait a while for it where ``wait``."""
        ...


class LinkEvents(Protocol):
    """Who is told, in the connection's thread, what becomes of it."""

    def on_open(self, link: Link) -> None:
        """It can be used."""
        ...

    def on_blocked(self, *, blocked: bool) -> None:
        """The broker takes nothing for now (memory or disk alarm), or does again."""
        ...

    def on_end(self, closed: Closed) -> None:
        """It has ended, or never came about. The last event, and always given."""
        ...


Connect = Callable[[str, LinkEvents], Link]
"""Begins a connection under a name that the broker's operators see."""


class Backoff:
    """When the next attempt may be made: never within half a second of the last, later after each failure."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._failures = 0
        self._due = 0.0

    def left(self) -> float:
        """Give the seconds to wait, 0 when an attempt may be made now."""
        return max(0.0, self._due - time.monotonic())

    def attempt(self) -> None:
        """Note that an attempt begins."""
        wait = min(self._longest, SHORTEST_WAIT * 2.0 ** min(self._failures, 16))
        # Spread, so that not every process comes back at the same moment after the broker was away.
        self._due = time.monotonic() + wait * random.uniform(1.0, 1.5)  # noqa: S311
        self._failures += 1

    def success(self) -> None:
        """Note that the attempt was good."""
        self._failures = 0
