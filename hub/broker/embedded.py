"""The embedded broker: durable queues in one SQLite file, for one computer and without a server.

Threads of one process are woken at once; other processes on the same file see a message at their next look, at most
``LOOK_SECONDS`` later. Keep one ``EmbeddedBroker`` per process: the fanout ``LIVE`` lives in its memory.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from hub.broker.ledger import Ledger, Mark
from hub.broker.protocol import LIVE, BrokerUnavailable, Delivery, Fate, Parcel, QueueHealth

LOOK_SECONDS = 0.25
DEAD_OWNERS_SECONDS = 2.0
LISTENER_LIMIT = 10_000


class EmbeddedBroker:
    """Durable queues in one file. ``path`` is made where it does not exist."""

    def __init__(self, path: Path | str) -> None:
        # One lock for everything: SQLite has one writer at a time, and its own way of waiting sleeps far too long.
        self._changed = threading.Condition(threading.Lock())
        self._ledger = Ledger(Path(path))
        self._listeners: list[EmbeddedListener] = []
        self._dead_owners_at = time.monotonic() + DEAD_OWNERS_SECONDS
        self._closed = False

    def declare(self, queues: Sequence[str]) -> None:
        """Make the queues that do not exist."""
        with self._changed:
            self._opened().declare(queues)

    def publisher(self) -> "EmbeddedPublisher":
        """Give a publisher."""
        return EmbeddedPublisher(self)

    def consumer(self, queue: str, *, prefetch: int = 100) -> "EmbeddedConsumer | EmbeddedListener":
        """Give a consumer that holds at most ``prefetch`` messages, or a listener of ``LIVE``."""
        with self._changed:
            ledger = self._opened()
            if queue != LIVE:
                return EmbeddedConsumer(self, queue, ledger.subscribe(queue), prefetch)
            listener = EmbeddedListener(self)
            self._listeners.append(listener)
            return listener

    def health(self, queue: str) -> QueueHealth:
        """Look at a queue; ``LIVE`` is always there."""
        with self._changed:
            ledger = self._opened()
            if queue == LIVE:
                return QueueHealth(usable=True, consumers=len(self._listeners))
            return ledger.health(queue)

    def heal(self, queue: str) -> None:
        """Empty a queue and declare it."""
        with self._changed:
            ledger = self._opened()
            ledger.empty(queue)
            ledger.declare([queue])

    def close(self) -> None:
        """Give back what consumers hold and close the file."""
        with self._changed:
            if not self._closed:
                self._closed = True
                self._ledger.close()
            self._changed.notify_all()

    def _opened(self) -> Ledger:
        if self._closed:
            raise BrokerUnavailable("the embedded broker is closed")
        return self._ledger

    def _publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        durable = [parcel for parcel in parcels if parcel.queue != LIVE]
        with self._changed:
            ledger = self._opened()
            fates = iter(ledger.publish(durable) if durable else [])
            for parcel in parcels:
                if parcel.queue == LIVE:
                    for listener in self._listeners:
                        listener._hear(parcel)
            self._changed.notify_all()
        return [Fate.CONFIRMED if parcel.queue == LIVE else next(fates) for parcel in parcels]

    def _void_dead_owners(self, ledger: Ledger) -> None:
        if time.monotonic() >= self._dead_owners_at:
            self._dead_owners_at = time.monotonic() + DEAD_OWNERS_SECONDS
            if ledger.void_dead_owners():
                self._changed.notify_all()


class EmbeddedPublisher:
    """Publishes to the file; each batch is one transaction."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        """Store the parcels; ``BrokerUnavailable`` where the file can't be written."""
        return self._broker._publish(parcels) if parcels else []

    def idle(self) -> None:
        """Do nothing: there is no connection to serve."""

    def close(self) -> None:
        """Do nothing: the file belongs to the broker."""


class EmbeddedConsumer:
    """Takes from one queue under a lease of its own."""

    subscriptions = 1

    def __init__(self, broker: EmbeddedBroker, queue: str, lease: int, prefetch: int) -> None:
        self._broker = broker
        self._queue = queue
        self._lease = lease
        self._prefetch = prefetch
        self._held: set[object] = set()
        self._closed = False

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """Give up to ``limit`` messages; ``BrokerUnavailable`` when closed."""
        deadline = time.monotonic() + timeout
        with self._broker._changed:
            while True:
                ledger = self._ledger()
                self._broker._void_dead_owners(ledger)
                room = min(limit, self._prefetch - len(self._held))
                deliveries = ledger.take(self._queue, self._lease, room) if room > 0 else []
                self._held.update(delivery.tag for delivery in deliveries)
                left = deadline - time.monotonic()
                if deliveries or left <= 0:
                    return deliveries
                self._broker._changed.wait(min(left, LOOK_SECONDS))

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Delete these from the queue."""
        with self._broker._changed:
            self._ledger().ack(self._lease, self._release(deliveries))

    def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        """Give these back in their old place, or to the dead letters."""
        with self._broker._changed:
            self._ledger().reject(self._lease, self._release(deliveries), requeue=requeue)
            self._broker._changed.notify_all()

    def close(self) -> None:
        """Stop taking; what is held waits again for others."""
        with self._broker._changed:
            if not self._closed and not self._broker._closed:
                self._broker._ledger.unsubscribe(self._lease)
            self._closed = True
            self._broker._changed.notify_all()

    def _ledger(self) -> Ledger:
        if self._closed:
            raise BrokerUnavailable("the consumer is closed")
        return self._broker._opened()

    def _release(self, deliveries: Sequence[Delivery]) -> list[int]:
        # A mark that is not held is of another consumer, or was used before: it is void.
        tags = [delivery.tag for delivery in deliveries if delivery.tag in self._held]
        self._held.difference_update(tags)
        return [tag.place for tag in tags if isinstance(tag, Mark)]


class EmbeddedListener:
    """Hears ``LIVE``: a copy of each message while it is open, in memory."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker
        self._waiting: deque[Delivery] = deque()
        self._subscriptions = 1
        self._closed = False

    @property
    def subscriptions(self) -> int:
        """Grows where the listener was so slow that messages were dropped."""
        return self._subscriptions

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """Give up to ``limit`` copies; ``BrokerUnavailable`` when closed."""
        with self._broker._changed:
            self._broker._changed.wait_for(
                lambda: bool(self._waiting) or self._closed or self._broker._closed, max(timeout, 0)
            )
            if self._closed:
                raise BrokerUnavailable("the listener is closed")
            self._broker._opened()
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Do nothing: a copy is gone once taken."""

    def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        """Put copies back in front where ``requeue``; else they are dropped."""
        if requeue:
            with self._broker._changed:
                self._waiting.extendleft(reversed(deliveries))

    def close(self) -> None:
        """Stop hearing."""
        with self._broker._changed:
            self._closed = True
            if self in self._broker._listeners:
                self._broker._listeners.remove(self)
            self._broker._changed.notify_all()

    def _hear(self, parcel: Parcel) -> None:
        if len(self._waiting) >= LISTENER_LIMIT:
            self._waiting.clear()
            self._subscriptions += 1
        self._waiting.append(
            Delivery(
                tag=object(), queue=LIVE, message_id=parcel.message_id, body=parcel.body, headers=dict(parcel.headers)
            )
        )
