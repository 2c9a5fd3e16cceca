"""The timers worker: clocks that ran out, messages that waited for a click, queues that nobody takes from."""

import datetime as dt
import threading
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub import telemetry
from hub.broker.protocol import Broker, BrokerUnavailable
from hub.services.access import emergencies
from hub.services.messages import digest_book
from hub.services.overview import personal_notices
from hub.services.people import sessions, systems, throttling
from hub.services.record import deadlines, retention
from hub.services.record.audit_seal import seal_all
from hub.services.record.reviews import late_reviews, pick_looks
from hub.services.referrals import inbox, withdrawal
from hub.settings import Configuration
from hub.store.database import Store, StoreUnavailable

log = structlog.get_logger()

TICK = 1.0
_QUEUES_EVERY = 60
_REVIEW_EVERY = 900
_RETENTION_EVERY = 600
_FORGET_EVERY = 600


class Timers:
    """Everything that happens because time passes. Two of them beside each other fire each clock once."""

    def __init__(
        self,
        store: Store,
        config: Configuration,
        broker: Broker,
        queues: list[str],
        *,
        checkpoints: Path | None = None,
    ) -> None:
        self._store = store
        self._config = config
        self._broker = broker
        self._queues = queues
        self._checkpoints = checkpoints
        self._ticks = 0
        self._unattended: set[str] = set()

    def step(self) -> int:
        """Do what is due; give how much was done. In most seconds nothing is: then nothing is opened to write."""
        with self._store.reading() as session:
            now = dt.datetime.now(dt.UTC)
            clocks, grounds = deadlines.any_due(session, now), withdrawal.any_due(session, now)
        fired = 0
        if clocks:
            with self._store.writing() as work:
                fired += deadlines.fire_due(work)
        if grounds:
            with self._store.writing() as work:
                fired += withdrawal.lapse_due(work, self._config)
        healed = self._heal()
        seal_all(self._store, self._checkpoints)
        if self._ticks % _QUEUES_EVERY == 0:
            self._watch_queues()
            self._watch_emergencies()
            self._make_digests()
            self._tell_people()
        if self._ticks % _RETENTION_EVERY == 0:
            self._preview_retention()
        if self._ticks % _REVIEW_EVERY == 0:
            self._pick_looks()
        if self._ticks % _FORGET_EVERY == 0:
            self._forget()
        self._ticks += 1
        return fired + healed

    def _heal(self) -> int:
        with self._store.reading() as session:
            waiting, unknown = inbox.waiting_referrals(session), inbox.waiting_unknown(session)
        for referral_id in waiting:
            with self._store.writing() as work:
                inbox.heal(work, self._config, referral_id)
        for organisation in unknown:
            with self._store.writing() as work:
                inbox.heal_unknown(work, self._config, organisation)
        return 0

    def _tell_people(self) -> None:
        """Have those told by mail who want that, and for whom something waits."""
        with self._store.writing() as work:
            personal_notices.put_due(work, self._config)

    def _pick_looks(self) -> None:
        """Put on the reviewers' list what must be judged; say so where it waits too long."""
        with self._store.writing() as work:
            pick_looks(work, work.now)
            late = late_reviews(work.session, work.now)
        telemetry.REVIEWS_LATE.set(late)
        if late:
            log.error("looks wait too long for a verdict", count=late)

    def _watch_emergencies(self) -> None:
        """Say so where an emergency waits too long for its verdict, or its client to hear of it."""
        with self._store.reading() as session:
            late = emergencies.late(session, dt.datetime.now(dt.UTC))
        telemetry.VERDICTS_LATE.set(late.verdicts)
        telemetry.CLIENTS_UNTOLD.set(late.untold)
        if late.verdicts or late.untold:
            log.error("emergencies wait too long", verdicts=late.verdicts, untold=late.untold)

    def _make_digests(self) -> None:
        """Count once a night what runs with each organisation, and say where it says something else."""
        with self._store.writing() as work:
            digest_book.make_nightly(work, self._config)
        with self._store.reading() as session:
            counts = digest_book.count_differences(session, self._config)
        for organisation, count in counts.items():
            telemetry.DIFFERENCES.labels(organisation).set(count)

    def _forget(self) -> None:
        """Throw away what only served to know who signs in: old sessions, tries, and marks of assertions."""
        with self._store.writing() as work:
            throttling.forget_old(work)
            sessions.forget_old(work)
            systems.forget_spent(work)

    def _preview_retention(self) -> None:
        """Prepare once a day what is kept too long. Removing it is a person's."""
        with self._store.writing() as work:
            retention.prepare_daily(work, "timers")

    def _watch_queues(self) -> None:
        """Say so where a queue holds messages and nobody takes them: queues may outlive their consumers.

        Only at the second look: at the start of everything the consumers may still be on their way.
        """
        before, self._unattended = self._unattended, set()
        for queue in self._queues:
            try:
                health = self._broker.health(queue)
            except BrokerUnavailable:
                return
            if health.usable and (health.consumers or not health.messages):
                continue
            self._unattended.add(queue)
            if queue in before:
                log.error(
                    "a queue has messages but no consumer, or can't be used", queue=queue, messages=health.messages
                )


def run(timers: Timers, stop: threading.Event) -> None:
    """Tick until told to stop."""
    while not stop.is_set():
        try:
            timers.step()
        except OSError as error:
            log.error("checkpoints can't be kept outside the database", fault=type(error).__name__)  # noqa: TRY400
        except (SQLAlchemyError, StoreUnavailable) as error:
            log.warning("the timers wait", fault=type(error).__name__)
        stop.wait(TICK)
