"""What a broker does for us. It carries; the database knows what must still be carried.

Delivery is at least once, in the order of publishing per queue as long as one consumer takes. Headers and names hold
ids only, never a name, a BSN or a word of content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

INBOX = "inbox"
LIVE = "live"
NOTICES = "notices"
"""The queue of what is told by mail."""
DELIVERY_LIMIT = 50
"""After so many fruitless deliveries the broker itself sets a message apart. Only a second net: rows count attempts."""


PARTNER = "partner."


def partner_queue(organisation: str) -> str:
    """Give the name of the queue from which an organisation's connector takes."""
    return f"{PARTNER}{organisation}"


def dead_queue(queue: str) -> str:
    """Give the name of the queue that keeps what was rejected from ``queue``."""
    return f"dead.{queue}"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message to carry. The queue ``LIVE`` is a fanout: every listener gets a copy, and none is no fault."""

    queue: str
    message_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Fate(Enum):
    """What became of a published parcel."""

    CONFIRMED = auto()
    UNROUTABLE = auto()
    REFUSED = auto()
    UNCONFIRMED = auto()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message taken from a queue. ``tag`` is the consumer's own mark for acknowledging it."""

    tag: object
    queue: str
    message_id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    redelivered: bool = False


@dataclass(frozen=True, kw_only=True)
class QueueHealth:
    """How a queue is. ``usable`` is false where it is missing or the broker can't serve it."""

    usable: bool
    messages: int = 0
    consumers: int = 0


class BrokerError(Exception):
    """The root of this folder's errors."""

    permanent = False


class BrokerUnavailable(BrokerError):
    """The broker can't be reached, or takes nothing now (blocked). Waiting helps; the message is not at fault."""


class Publisher(Protocol):
    """Publishes in batches, each parcel confirmed. Belongs to one thread."""

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        """Publish and wait for the confirms; give each parcel's fate in order. ``BrokerUnavailable`` where it can't."""
        ...

    def idle(self) -> None:
        """Serve the connection (heartbeats) while there is nothing to publish; call it every few seconds."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Consumer(Protocol):
    """Takes from one queue. It reconnects and subscribes again by itself; belongs to one thread."""

    @property
    def subscriptions(self) -> int:
        """How often this consumer was subscribed. Where it grew, a listener of ``LIVE`` may have missed messages."""
        ...

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """Give up to ``limit`` messages, waiting at most ``timeout`` seconds for the first; empty when none came."""
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Say that these are done. After a reconnect old marks are void: the broker delivers again."""
        ...

    def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        """Give these back to the queue, or (``requeue`` false) to the dead letters."""
        ...

    def close(self) -> None:
        """Stop taking."""
        ...


class Broker(Protocol):
    """A broker: RabbitMQ, or the embedded one."""

    def declare(self, queues: Sequence[str]) -> None:
        """Make the queues that do not exist, each with its ``dead_queue``. For deployment; never just before use."""
        ...

    def publisher(self) -> Publisher:
        """Give a publisher for this thread."""
        ...

    def consumer(self, queue: str, *, prefetch: int = 100) -> Consumer:
        """Give a consumer of a queue; of ``LIVE``, a listener with a temporary queue of its own."""
        ...

    def health(self, queue: str) -> QueueHealth:
        """Look at a queue without changing it; ``BrokerUnavailable`` where the broker itself can't be reached."""
        ...

    def heal(self, queue: str) -> None:
        """Delete a queue that can't be used and declare it again. What it held the caller must publish again."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
