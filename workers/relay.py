"""The relay: what the outbox says must leave goes to the broker, confirmed; what got no receipt goes again."""

import datetime as dt
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub import telemetry
from hub.broker.protocol import INBOX, LIVE, Broker, BrokerUnavailable, Fate, Parcel, Publisher
from hub.store import outbox
from hub.store.database import Store, StoreUnavailable
from hub.store.outbox import Departure

log = structlog.get_logger()

BATCH = 500
RECEIPT_WAIT = dt.timedelta(seconds=60)
POLL = 1.0
LINGER = 0.005
TIDY = 0.1
LOOKS = (0.0, 0.5, 1.0)


class Relay:
    """One relay; a second one beside it is safe, and needless."""

    def __init__(self, store: Store, broker: Broker, *, receipt_wait: dt.timedelta = RECEIPT_WAIT) -> None:
        self._store = store
        self._broker = broker
        self._publisher: Publisher = broker.publisher()
        self._receipt_wait = receipt_wait
        self._pause_until = 0.0
        self._gone: list[int] = []  # nudges that went: forgotten with the next claim, at no commit of their own
        self._resumed = False

    def step(self, *, woken: bool = True) -> int:
        """Let everything that may go now go; give how many went.

        While the broker is down or blocked nothing is claimed: rows wait as they are and no attempt is counted. Where
        nobody woke us we look first, and most often that is all.
        """
        if time.monotonic() < self._pause_until:
            return 0
        if self._resumed and not woken and not self._gone and not self._any_due():
            self._publisher.idle()
            return 0
        with self._store.writing() as work:
            if not self._resumed:  # a relay before us may have claimed rows and never published them
                outbox.resume(work.session, work.now)
            if self._gone:
                outbox.forget(work.session, self._gone)
            departures = outbox.claim(work.session, work.now, self._receipt_wait, BATCH)
        self._gone = []
        self._resumed = True
        if not departures:
            self._publisher.idle()
            return 0
        going = self._still_missing(departures)
        try:
            fates = self._publisher.publish([_parcel(departure) for departure in going])
        except BrokerUnavailable:
            self._pause(going)
            return 0
        self._book(going, fates)
        return len(departures)

    def _any_due(self) -> bool:
        with self._store.reading() as session:
            return outbox.any_due(session, dt.datetime.now(dt.UTC))

    def _pause(self, departures: list[Departure]) -> None:
        log.warning("the broker takes nothing now; what must leave waits", rows=len(departures))
        self._pause_until = time.monotonic() + 1.0
        with self._store.writing() as work:
            outbox.give_back(work.session, [departure.id for departure in departures], work.now)

    def _still_missing(self, departures: list[Departure]) -> list[Departure]:
        """Leave out what was published before and still stands in its queue; heal queues that can't be used.

        A row without a receipt is published again only where its queue is empty, gone or dead, and no receipt waits
        in our inbox: a long queue is no reason to make it longer. A dead inbox is a reason, too, why none came.
        """
        again = {departure.queue for departure in departures if departure.again and departure.queue != LIVE}
        standing: dict[str, bool] = {}
        for queue in sorted(again | {INBOX}) if again else ():
            try:
                if self._is_dead(queue):
                    self._heal(queue)
                standing[queue] = self._broker.health(queue).messages > 0
            except BrokerUnavailable:
                standing[queue] = True
        busy = standing.get(INBOX, False)
        return [row for row in departures if not (row.again and (busy or standing.get(row.queue, False)))]

    def _is_dead(self, queue: str) -> bool:
        """Whether a queue can't be used whenever one looks: just after a restart a good one may seem so."""
        for pause in LOOKS:
            time.sleep(pause)
            if self._broker.health(queue).usable:
                return False
        return True

    def _heal(self, queue: str) -> None:
        log.error("a queue can't be used; it is made anew and what it held goes again", queue=queue)
        self._broker.heal(queue)
        with self._store.writing() as work:
            outbox.republish(work.session, queue, work.now)

    def _book(self, going: list[Departure], fates: list[Fate]) -> None:
        """Forget the nudges that went; let what was not confirmed go again; heal queues that swallow."""
        confirmed = [row for row, fate in zip(going, fates, strict=True) if fate is Fate.CONFIRMED]
        self._gone = [row.id for row in confirmed if row.kind == outbox.NUDGE]
        failed = [row for row, fate in zip(going, fates, strict=True) if fate is not Fate.CONFIRMED]
        for queue in {row.queue for row in confirmed}:
            telemetry.PUBLISHED.labels(queue).inc(sum(1 for row in confirmed if row.queue == queue))
        if failed:
            with self._store.writing() as work:
                outbox.give_back(work.session, [row.id for row in failed], work.now + dt.timedelta(seconds=1))
        for queue in {row.queue for row in failed if row.queue != LIVE}:
            self._check(queue)

    def _check(self, queue: str) -> None:
        try:
            if self._is_dead(queue):
                self._heal(queue)
        except BrokerUnavailable:
            log.warning("the broker can't be asked about a queue", queue=queue)

    def patience(self) -> float:
        """Give the seconds to wait for a signal at most: less where nudges that went are still to be forgotten."""
        return TIDY if self._gone else POLL

    def close(self) -> None:
        """Let go of the connection to the broker."""
        self._publisher.close()


def _parcel(departure: Departure) -> Parcel:
    return Parcel(queue=departure.queue, message_id=departure.message_id, body=departure.body)


def run(store: Store, broker: Broker, stop: threading.Event, *, receipt_wait: dt.timedelta = RECEIPT_WAIT) -> None:
    """Relay until told to stop: woken by each commit, by a slow poll at the latest."""
    relay = Relay(store, broker, receipt_wait=receipt_wait)
    wakeup, woken = store.wakeup(), True
    try:
        while not stop.is_set():
            try:
                went = relay.step(woken=woken)
                if went >= BATCH:
                    continue
                if went:
                    stop.wait(LINGER)  # under load a moment's patience makes larger batches; a signal is kept
            except (SQLAlchemyError, StoreUnavailable, BrokerUnavailable) as error:
                log.warning("the relay waits", fault=type(error).__name__)
                stop.wait(1.0)
            woken = wakeup.wait(relay.patience())
    finally:
        wakeup.close()
        relay.close()
