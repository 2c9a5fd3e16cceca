"""Publishing to RabbitMQ in batches: many messages under way at once, each confirmed, returned or refused."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hub.broker.amqp import NOT_FOUND, SHORTEST_WAIT, Backoff, Channel, Closed, Connect, Link
from hub.broker.protocol import LIVE, BrokerUnavailable, Fate, Parcel

WINDOW = 1000
LONGEST_WAIT = 2.0
log = structlog.get_logger()


class _Flight:
    """The part of a batch that travels over one channel. Changed only in the connection's thread."""

    def __init__(self, numbered: Sequence[tuple[int, Parcel]], fates: list[Fate | None]) -> None:
        self.unsent = deque(numbered)
        self.left = len(numbered)
        self.abandoned = False
        self._fates = fates

    def settle(self, number: int, fate: Fate) -> None:
        self._fates[number] = fate
        self.left -= 1


class _Lane:
    """A channel with confirms. Used only in the connection's thread.

    The fanout has a lane of its own: publishing to an exchange that is gone closes the channel, and that must not take
    the confirms of referrals with it.
    """

    def __init__(self, link: Link, landed: Callable[[], None], fate_when_missing: Fate | None) -> None:
        self._link = link
        self._landed = landed
        self._fate_when_missing = fate_when_missing
        self._channel: Channel | None = None
        self._flight: _Flight | None = None
        self._tag = 0
        self._unconfirmed: dict[int, tuple[_Flight, int, Parcel]] = {}
        # A message comes back before its confirm does. Counted and not merely noted: the same one may travel twice.
        self._returned: Counter[tuple[str, str]] = Counter()
        self.closed: Closed | None = None

    def fly(self, flight: _Flight) -> None:
        self._flight = flight
        if self._channel is None:
            self._link.open_channel(self._opened, self._ended)
        elif self._channel.is_open:
            self._pump()

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._came_back)
        channel.confirm_delivery(self._confirmed, lambda _frame: self._pump())

    def _pump(self) -> None:
        flight, channel = self._flight, self._channel
        if flight is None or channel is None:
            return
        while flight.unsent and not flight.abandoned and channel.is_open and len(self._unconfirmed) < WINDOW:
            number, parcel = flight.unsent.popleft()
            self._tag += 1
            self._unconfirmed[self._tag] = (flight, number, parcel)
            self._link.publish(channel, parcel)

    def _came_back(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        self._returned[(method.routing_key, properties.message_id)] += 1

    def _confirmed(self, frame: Any) -> None:
        good = frame.method.NAME == "Basic.Ack"
        tag: int = frame.method.delivery_tag
        if not frame.method.multiple:
            tags = [tag] if tag in self._unconfirmed else []
        else:
            tags = []
            # In the order of publishing, so the first one beyond the mark ends it.
            for earlier in self._unconfirmed:
                if earlier > tag:
                    break
                tags.append(earlier)
        for done in tags:
            flight, number, parcel = self._unconfirmed.pop(done)
            flight.settle(number, self._fate(parcel, good=good))
        self._pump()
        if self._flight is not None and self._flight.left == 0:
            self._landed()

    def _fate(self, parcel: Parcel, *, good: bool) -> Fate:
        key = (parcel.queue, parcel.message_id)
        if self._returned[key] > 1:
            self._returned[key] -= 1
        elif self._returned.pop(key, 0) == 0:
            return Fate.CONFIRMED if good else Fate.REFUSED
        return Fate.UNROUTABLE

    def _ended(self, closed: Closed) -> None:
        fate = self._fate_when_missing if closed.code == NOT_FOUND else None
        for flight, number, _parcel in self._unconfirmed.values():
            flight.settle(number, fate or Fate.UNCONFIRMED)
        if self._flight is not None:
            for number, _parcel in self._flight.unsent:
                self._flight.settle(number, fate or Fate.UNCONFIRMED)
            self._flight.unsent.clear()
        self._unconfirmed.clear()
        self._returned.clear()
        self._channel, self._tag, self.closed = None, 0, closed
        self._landed()


class _Session:
    """One connection of a publisher and what is known of it."""

    def __init__(self, connect: Connect, changed: threading.Condition) -> None:
        self._changed = changed
        self.is_open = False
        self.blocked = False
        self.closed: Closed | None = None
        self.lanes: dict[bool, _Lane] = {}
        self.link = connect("publisher", self)

    def on_open(self, link: Link) -> None:
        # The fanout's exchange being away means what a missing queue means: it must be declared.
        self.lanes = {False: _Lane(link, self._tell, None), True: _Lane(link, self._tell, Fate.UNROUTABLE)}
        with self._changed:
            self.is_open = True
            self._changed.notify_all()

    def on_blocked(self, *, blocked: bool) -> None:
        with self._changed:
            self.blocked = blocked
            self._changed.notify_all()

    def on_end(self, closed: Closed) -> None:
        with self._changed:
            self.is_open = False
            self.closed = closed
            self._changed.notify_all()

    def trouble(self) -> str | None:
        """Say in words why nothing can be published now."""
        if self.closed is not None:
            return f"no connection with RabbitMQ: {self.closed}"
        return "RabbitMQ takes nothing now: its memory or disk is full" if self.blocked else None

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


class RabbitPublisher:
    """Publishes over one connection of its own; after a loss it connects anew at the next call.

    ``connect_seconds`` bounds the wait for a connection, ``confirm_seconds`` a wait without a single confirm.
    """

    def __init__(self, connect: Connect, *, connect_seconds: float, confirm_seconds: float) -> None:
        self._connect = connect
        self._connect_seconds = connect_seconds
        self._confirm_seconds = confirm_seconds
        self._changed = threading.Condition()
        self._backoff = Backoff(LONGEST_WAIT)
        self._session: _Session | None = None
        self._closed = False

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        """Publish and wait; ``BrokerUnavailable`` only where nothing at all is known of any parcel."""
        if not parcels:
            return []
        session = self._connected()
        fates: list[Fate | None] = [None] * len(parcels)
        flights = self._send(session, parcels, fates)
        trouble = self._wait(session, flights)
        for flight in flights:
            flight.abandoned = True
        if trouble is not None and all(fate in (None, Fate.UNCONFIRMED) for fate in fates):
            raise BrokerUnavailable(trouble)
        return [fate or Fate.UNCONFIRMED for fate in fates]

    def idle(self) -> None:
        """Begin a new connection where the last one was lost; the heartbeats are served by its own thread."""
        with self._changed:
            if not self._closed:
                self._begin()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    def close(self) -> None:
        """Let go of the connection."""
        with self._changed:
            self._closed = True
            session, self._session = self._session, None
        if session is not None:
            session.link.close(wait=True)

    def _connected(self) -> _Session:
        with self._changed:
            if self._closed:
                raise BrokerUnavailable("the publisher is closed")
            # A caller that tries again without a pause of its own must not make a hot loop of it.
            self._changed.wait_for(self._begin, SHORTEST_WAIT)
            session = self._session
            if session is None:
                raise BrokerUnavailable(f"no connection with RabbitMQ; next attempt in {self._backoff.left():.1f} s")
            self._changed.wait_for(lambda: session.is_open or session.closed is not None, self._connect_seconds)
            trouble = session.trouble()
            if trouble is None and not session.is_open:
                trouble = "no connection with RabbitMQ yet"
            if trouble is not None:
                raise BrokerUnavailable(trouble)
            self._backoff.success()
            return session

    def _begin(self) -> bool:
        if self._session is not None and self._session.closed is not None:
            log.info("The connection of a publisher ended", reason=str(self._session.closed))
            self._session = None
        if self._session is None and self._backoff.left() == 0:
            self._backoff.attempt()
            self._session = _Session(self._connect, self._changed)
        return self._session is not None

    def _send(self, session: _Session, parcels: Sequence[Parcel], fates: list[Fate | None]) -> list[_Flight]:
        flights = []
        for live, lane in session.lanes.items():
            numbered = [(number, parcel) for number, parcel in enumerate(parcels) if (parcel.queue == LIVE) is live]
            if numbered:
                flight = _Flight(numbered, fates)
                flights.append(flight)
                lane.closed = None
                session.link.call(lambda lane=lane, flight=flight: lane.fly(flight))  # type: ignore[misc]
        return flights

    def _wait(self, session: _Session, flights: Sequence[_Flight]) -> str | None:
        """Wait until all has landed; the answer is what stands in the way, or None."""
        before = -1
        with self._changed:
            while (left := sum(flight.left for flight in flights)) > 0:
                if left == before:
                    log.warning("RabbitMQ did not confirm in time", unconfirmed=left)
                    return None
                before = left
                self._changed.wait_for(
                    lambda: session.trouble() is not None or not any(flight.left for flight in flights),
                    self._confirm_seconds,
                )
                if (trouble := session.trouble()) is not None:
                    return trouble
            ended = next((lane.closed for lane in session.lanes.values() if lane.closed is not None), None)
        return None if ended is None else f"RabbitMQ closed the channel: {ended}"
