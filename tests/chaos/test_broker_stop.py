"""RabbitMQ is stopped for a while: sending goes on, rows wait, and afterwards everything arrives once and in order."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import func, select

from hub.models import OutboxRecord
from hub.services.referrals.sending import send_referral
from hub.store.outbox import NUDGE
from hub.wiring import Hub
from schemas.vocabulary import LifeDomain
from tests.builders import client, new_referral
from tests.integration.conftest import Ring, open_test_hub
from tests.personas import MARLOES
from workers import connector, inbox, relay
from workers.drill.rabbit import Rabbit

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.rabbitmq]
# How long it is away; an acceptance run sets a minute.
AWAY_SECONDS = float(os.environ.get("SCHAKEL_TEST_BROKER_AWAY", "4"))
PATIENCE = 120.0  # seconds: generous, since reaching it means failure and not slowness
PEOPLE = ("999990019", "999990020", "999990032")


@contextmanager
def working(hub: Hub, ring: Ring) -> Iterator[None]:
    """Let all workers of a ring work, each in a thread of its own."""
    stop = threading.Event()
    works: list[Callable[[], None]] = [
        lambda: relay.run(hub.store, hub.broker, stop),
        lambda: inbox.run(ring.inbox, stop),
        *(lambda worker=worker: connector.run(worker, stop) for worker in ring.workers.values()),  # type: ignore[misc]
    ]
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def send_some(hub: Hub, count: int) -> None:
    for number in range(count):
        person = client(bsn=PEOPLE[number % len(PEOPLE)])
        to, domain = ("mw-de-kade", LifeDomain.FINANCES) if number % 2 else ("ggz-de-leij", LifeDomain.MENTAL_HEALTH)
        with hub.store.writing() as work:
            send_referral(work, hub.config, MARLOES, new_referral(client=person, to=to, life_domains=(domain,)))


def rows_of(hub: Hub) -> list[OutboxRecord]:
    with hub.store.reading() as session:
        return list(
            session.scalars(
                select(OutboxRecord)
                .where(OutboxRecord.kind != NUDGE, OutboxRecord.receiver.in_(("mw-de-kade", "ggz-de-leij")))
                .order_by(OutboxRecord.id)
            )
        )


def open_rows(hub: Hub) -> int:
    with hub.store.reading() as session:
        return session.execute(select(func.count()).where(OutboxRecord.open)).scalar_one()


def until_nothing_is_open(hub: Hub) -> None:
    """Wait until all that left has arrived; minutes without it are a fault, told with what is still open."""
    deadline = time.monotonic() + PATIENCE
    while open_rows(hub):
        if time.monotonic() > deadline:
            with hub.store.reading() as session:
                left = session.scalars(select(OutboxRecord).where(OutboxRecord.open)).all()
            raise AssertionError([(row.receiver, row.kind, row.state, row.attempts, row.error) for row in left])
        time.sleep(0.05)


def test_while_rabbitmq_is_stopped_sending_goes_on_and_afterwards_all_arrives_once_and_in_order(
    database_url: str, broker_url: str, rabbit: Rabbit
) -> None:
    with closing(open_test_hub(database_url, broker_url)) as hub, closing(Ring(hub)) as ring, working(hub, ring):
        send_some(hub, 6)
        until_nothing_is_open(hub)
        # A queue declared a moment before may not survive; these are as old as in real life.
        time.sleep(3)
        rabbit.shut_down()
        try:
            send_some(hub, 12)
            time.sleep(AWAY_SECONDS)
            waiting = [row for row in rows_of(hub) if row.open]
        finally:
            rabbit.start_again()
        assert len(waiting) == 12
        assert [row.attempts for row in waiting] == [0] * 12, "no try is counted while there is no broker"
        until_nothing_is_open(hub)
        rows = rows_of(hub)
        assert [row.attempts for row in rows] == [1] * 18
        # Twice on the wire is no fault: the broker comes back queue by queue. In the books each stands once.
        places = {
            identification.rpartition(":")[2]: place
            for partner in ring.partners.values()
            for place, identification, _kind, _wire in partner.ledger.rows()
        }
        lanes: dict[str | None, list[int]] = defaultdict(list)
        for row in rows:
            lanes[row.lane].append(places[str(row.reference)])
        assert len(places) == 18
        assert all(lane == sorted(lane) for lane in lanes.values())
