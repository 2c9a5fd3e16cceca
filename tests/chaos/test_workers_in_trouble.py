"""What the workers do while the broker or the database fails them, step by step."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from hub.broker.protocol import INBOX, Broker, BrokerUnavailable, Fate, Parcel, QueueHealth, dead_queue
from hub.models import OutboxRecord, Referral
from hub.services.messages.delivery import DeliveryReceipt, apply_receipt
from hub.services.record.case_keys import in_case, intake_owner
from hub.services.referrals.sending import send_referral
from hub.store import outbox
from hub.store.database import Store, StoreUnavailable, UnitOfWork
from hub.wiring import Hub
from schemas.vocabulary import Delivery
from tests.builders import new_referral
from tests.integration.conftest import Ring, open_test_hub
from tests.personas import MARLOES
from workers.relay import Relay
from workers.timers import Timers

AT_ONCE = dt.timedelta(0)
LONG = dt.timedelta(hours=1)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with closing(open_test_hub(f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")) as made:
        yield made


@pytest.fixture
def ring(hub: Hub) -> Iterator[Ring]:
    with closing(Ring(hub)) as made:
        yield made


class Moody:
    """A publisher that says no a few times, in one way or the other, and then works."""

    def __init__(self, real: Any, *moods: Fate | None) -> None:
        self._real = real
        self._moods = list(moods)

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        if parcels and self._moods:
            mood = self._moods.pop(0)
            if mood is None:
                raise BrokerUnavailable("not now")
            return [mood] * len(parcels)
        return list(self._real.publish(parcels))

    def idle(self) -> None:
        self._real.idle()

    def close(self) -> None:
        self._real.close()


class AwayStore:
    """A database that is away for a few units of work."""

    def __init__(self, real: Store, times: int) -> None:
        self._real = real
        self._times = times

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        if self._times:
            self._times -= 1
            raise StoreUnavailable("away")
        with self._real.writing() as work:
            yield work


class DeadQueue:
    """A broker of which one queue can't be used until it is healed."""

    def __init__(self, real: Broker, queue: str) -> None:
        self._real = real
        self._queue = queue
        self.healed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def health(self, queue: str) -> QueueHealth:
        return QueueHealth(usable=False) if queue == self._queue and not self.healed else self._real.health(queue)

    def heal(self, queue: str) -> None:
        self.healed += 1
        self._real.heal(queue)


def send(hub: Hub) -> Referral:
    with hub.store.writing() as work:
        return send_referral(work, hub.config, MARLOES, new_referral())


def row_of(hub: Hub, referral: Referral) -> OutboxRecord:
    with hub.store.reading() as session:
        return session.scalars(select(OutboxRecord).where(OutboxRecord.referral_id == referral.id)).one()


@pytest.mark.parametrize("mood", [None, Fate.UNROUTABLE, Fate.UNCONFIRMED])
def test_a_receipt_that_can_not_be_told_now_is_told_later_and_the_partner_gets_nothing_twice(
    hub: Hub, ring: Ring, mood: Fate | None
) -> None:
    referral = send(hub)
    worker = ring.workers["mw-de-kade"]
    worker._publisher = Moody(worker._publisher, mood, mood)
    ring.relay.step()
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            worker.step(0)
    ring.until(lambda: not row_of(hub, referral).open)
    assert [wire for *_others, wire in ring.partners["mw-de-kade"].ledger.rows()] == [1]


def test_what_the_database_does_not_take_now_is_applied_later_without_another_delivery(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    ring.relay.step()
    ring.workers["mw-de-kade"].step(0)
    ring.inbox._store = AwayStore(hub.store, 2)  # type: ignore[assignment]
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            ring.inbox.step(0)
    ring.inbox.step(0)
    assert not row_of(hub, referral).open
    ring.inbox.close()
    assert hub.broker.health(INBOX).messages == 0, "acknowledged, so nothing comes back to the queue"


def test_a_message_that_breaks_the_inbox_is_put_before_a_person_and_holds_up_no_other(hub: Hub, ring: Ring) -> None:
    with hub.store.writing() as work:
        work.session.execute(
            insert(OutboxRecord).values(
                message_id="broken",
                queue=INBOX,
                lane="in|broken",
                kind="intake",
                body=in_case(work, intake_owner("broken"), b'{"messages": 3}'),
                state=Delivery.WAITING,
                open=True,
                due_at=work.now,
                created_at=work.now,
            )
        )
    referral = send(hub)
    ring.until_still()
    assert not row_of(hub, referral).open
    with hub.store.reading() as session:
        broken = session.scalars(select(OutboxRecord).where(OutboxRecord.message_id == "broken")).one()
    assert (broken.open, broken.state) == (True, Delivery.QUARANTINED)
    assert broken.error
    assert hub.broker.health(dead_queue(INBOX)).messages == 1


def test_what_a_dead_relay_claimed_and_never_published_goes_when_the_next_one_begins(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    with hub.store.writing() as work:
        outbox.claim(work.session, work.now, LONG, 100)
    ring.until(lambda: not row_of(hub, referral).open)
    assert [wire for *_others, wire in ring.partners["mw-de-kade"].ledger.rows()] == [1]


def test_while_the_broker_takes_nothing_no_try_is_counted_and_nothing_counts_as_published(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    ring.relay._publisher = Moody(ring.relay._publisher, None)
    assert ring.relay.step() == 0
    row = row_of(hub, referral)
    assert (row.open, row.state, row.attempts, row.published) == (True, Delivery.WAITING, 0, 0)


def test_a_dead_inbox_is_made_anew_although_nothing_of_ours_waits_for_it(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    broker = DeadQueue(hub.broker, INBOX)
    relay = Relay(hub.store, broker, receipt_wait=AT_ONCE)  # type: ignore[arg-type]
    relay.step()
    ring.workers["mw-de-kade"].step(0)  # its receipt stands in the inbox, and is lost with it
    relay.step()
    assert broker.healed == 1
    ring.until(lambda: not row_of(hub, referral).open)
    assert [wire for *_others, wire in ring.partners["mw-de-kade"].ledger.rows()] == [2], "once more, to be told again"


def test_a_queue_that_seems_dead_for_a_moment_is_left_alone(hub: Hub, ring: Ring) -> None:
    send(hub)
    broker = DeadQueue(hub.broker, "partner.mw-de-kade")
    looks = iter([False, True])
    real = broker.health

    def health(queue: str) -> QueueHealth:
        if queue == "partner.mw-de-kade" and next(looks, True):
            broker._queue = ""
        return real(queue)

    broker.health = health  # type: ignore[method-assign]
    relay = Relay(hub.store, broker, receipt_wait=AT_ONCE)  # type: ignore[arg-type]
    relay.step()
    relay.step()
    assert broker.healed == 0
    assert hub.broker.health("partner.mw-de-kade").messages == 1


def test_nothing_goes_again_while_its_receipt_may_stand_in_our_inbox(hub: Hub, ring: Ring) -> None:
    send(hub)
    relay = Relay(hub.store, hub.broker, receipt_wait=AT_ONCE)
    relay.step()
    ring.workers["mw-de-kade"].step(0)
    relay.step()
    assert hub.broker.health("partner.mw-de-kade").messages == 0
    assert hub.broker.health(INBOX).messages == 1


class Faulty:
    """A connector with a fault in its translator."""

    name = "faulty"

    def write(self, *_args: Any) -> Any:
        raise AttributeError("'NoneType' object has no attribute 'code'")


def test_a_fault_in_a_translator_puts_its_message_before_a_person_and_ends_nothing(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    ring.workers["mw-de-kade"]._connector = Faulty()  # type: ignore[assignment]
    ring.until(lambda: row_of(hub, referral).state == Delivery.QUARANTINED)
    assert row_of(hub, referral).open


def test_a_second_copys_failure_does_not_take_a_message_out_of_a_persons_hands(hub: Hub, ring: Ring) -> None:
    referral = send(hub)
    row = row_of(hub, referral)
    told = DeliveryReceipt(message_id=row.message_id, queue=row.queue, delivered=False, permanent=True, error="refused")
    for receipt in (told, replace(told, permanent=False, error="timeout")):
        with hub.store.writing() as work:
            apply_receipt(work, receipt)
    assert (row_of(hub, referral).state, row_of(hub, referral).attempts) == (Delivery.QUARANTINED, 1)


def test_a_queue_that_nobody_takes_from_is_told_at_the_second_look(hub: Hub) -> None:
    hub.broker.publisher().publish([Parcel(queue=INBOX, message_id="one", body=b"{}")])
    watch = Timers(hub.store, hub.config, hub.broker, [INBOX])
    with capture_logs() as first:
        watch._watch_queues()
    with capture_logs() as second:
        watch._watch_queues()
    assert (first, [line["queue"] for line in second]) == ([], [INBOX])
