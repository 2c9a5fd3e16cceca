"""Consent withdrawn while many watch and much waits: nothing is pushed or delivered after it, and nobody comes back."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import socketio
from sqlalchemy import func, select, update

from connectors.protocol import Handover, Payload
from hub.live import NAMESPACE
from hub.models import Case, OutboxRecord
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import consents, sending
from hub.wiring import Hub
from schemas.consent import NewConsent
from schemas.vocabulary import ConsentKind, Delivery, LifeDomain, MessageKind
from tests.builders import client, ground, new_referral
from tests.integration.callers import GGZ, Site
from tests.integration.conftest import open_test_hub
from tests.personas import MARLOES
from workers import connector, embedded, inbox, relay
from workers.serve import threaded_server

WATCHERS, MESSAGES = 80, 200
PATIENCE = 180.0  # seconds: generous, since reaching it means failure and not slowness


class SlowPartner:
    """A partner's server that takes its time over each message, and notes when each came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, float]] = []

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        time.sleep(0.02)
        self.came.append((message_id, time.monotonic()))
        return Handover(line="within this process")


class Seat:
    """A browser's place: it notes in which order entries came and when it was closed."""

    def __init__(self, url: str, token: str, case_id: str, after: int | None = None) -> None:
        self.entries: list[float] = []
        self.closed: list[tuple[float, str]] = []
        self.client = socketio.Client(reconnection=False)
        self.client.on("entry", lambda _body: self.entries.append(time.monotonic()), namespace=NAMESPACE)
        self.client.on("closed", self._close, namespace=NAMESPACE)
        self.client.connect(
            url, auth={"token": token}, namespaces=[NAMESPACE], transports=["websocket"], wait_timeout=60
        )
        self.answer: dict[str, Any] = self.watch(case_id, after)

    def watch(self, case_id: str, after: int | None = None) -> dict[str, Any]:
        asked = {"case": case_id, "after": after}
        answer: dict[str, Any] = self.client.call("watch", asked, namespace=NAMESPACE, timeout=60)
        return answer

    def _close(self, body: dict[str, Any]) -> None:
        self.closed.append((time.monotonic(), body["reason"]))


def until(reached: Callable[[], bool], what: str) -> None:
    """Wait for something; minutes without it are a fault."""
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, f"it did not come: {what}"
        time.sleep(0.02)


def leave(seats: list[Seat]) -> None:
    """Close all places at once: each waits for its own farewell."""
    with ThreadPoolExecutor(max_workers=len(seats)) as pool:
        list(pool.map(lambda seat: seat.client.disconnect(), seats))


@contextmanager
def running(hub: Hub, partner: SlowPartner) -> Iterator[tuple[str, str, threading.Event]]:
    """Run web, relay, inbox and one connector; give the address, a token, and what lets messages go."""
    site, stop, go = Site(hub), threading.Event(), threading.Event()
    server = threaded_server(hub, site.web)
    worker = embedded.worker_of(hub, hub.config.organisations[GGZ], partner)

    def carry() -> None:
        go.wait()
        relay.run(hub.store, hub.broker, stop)

    works: list[Callable[[], None]] = [
        server.serve_forever,
        carry,
        lambda: inbox.run(inbox.InboxWorker(hub.store, hub.config, hub.broker), stop),
        lambda: connector.run(worker, stop),
    ]
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    site.web.live.start()
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", site.token(GGZ), go
    finally:
        go.set()
        stop.set()
        site.web.live.stop()
        server.shutdown()
        for thread in threads:
            thread.join(timeout=20)
        hub.close()


def prepare(hub: Hub, messages: int) -> str:
    """Give a case with so many messages to one partner on consent, and one on another ground."""
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    wanted = {"case_id": case.id, "to": GGZ, "life_domains": (LifeDomain.MENTAL_HEALTH,)}
    for _ in range(10):
        with hub.store.writing() as work:
            for _ in range(messages // 10):
                sending.send_referral(work, hub.config, MARLOES, new_referral(**wanted))
    task = {"to": "mw-de-kade", "ground": ground(basis="public_task", law="wmo_2015")}
    with hub.store.writing() as work:
        sending.send_referral(work, hub.config, MARLOES, new_referral(case_id=case.id, **task))
    return case.id


@pytest.mark.parametrize(
    ("watchers", "messages", "urls"),
    [
        pytest.param(12, 40, "embedded", id="embedded"),
        pytest.param(WATCHERS, MESSAGES, "real", id="real", marks=[pytest.mark.postgresql, pytest.mark.rabbitmq]),
    ],
)
def test_after_a_withdrawal_nothing_is_pushed_or_delivered_and_nobody_comes_back(
    request: pytest.FixtureRequest, tmp_path: Path, watchers: int, messages: int, urls: str
) -> None:
    if urls == "real":
        places = (request.getfixturevalue("database_url"), request.getfixturevalue("broker_url"))
    else:
        places = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    hub = open_test_hub(*places)
    case_id = prepare(hub, messages)
    partner = SlowPartner()
    with running(hub, partner) as (url, token, go):
        first = Seat(url, token, case_id)
        # The others come back from where the page stands: drawing so large a page for each is not what is tried here.
        here = first.answer["position"]
        seats = [first, *(Seat(url, token, case_id, here) for _ in range(watchers - 1))]
        assert not any("error" in seat.answer for seat in seats)
        go.set()
        until(lambda: len(partner.came) >= messages // 20, "the partner got the first messages")
        with hub.store.writing() as work:
            gone = NewConsent(to=GGZ, kind=ConsentKind.WITHDRAWN)
            assert consents.register(work, hub.config, MARLOES, case_id, gone) == messages
        ended = time.monotonic()
        until(lambda: all(seat.closed for seat in seats), "every place was closed")
        while True:  # until what was told of the last handed over is applied, and nothing moves
            before = len(partner.came)
            time.sleep(2.0)
            if len(partner.came) == before:
                break
        again = [seat.watch(case_id, seat.answer["position"]) for seat in seats]
        fresh = Seat(url, token, case_id)
        leave([fresh, *seats])
        with hub.store.reading() as session:
            rows = session.execute(
                select(OutboxRecord.kind, OutboxRecord.state, OutboxRecord.error, func.count())
                .where(OutboxRecord.receiver == GGZ)
                .group_by(OutboxRecord.kind, OutboxRecord.state, OutboxRecord.error)
            ).all()
            sent = set(session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.kind == MessageKind.SENT)))
    late = [at - ended for message_id, at in partner.came if at > ended and message_id in sent]
    pushes = [at - ended for seat in seats for at in seat.entries if at > ended]
    closings = [at - ended for seat in seats for at, _reason in seat.closed]
    print(
        f"\n{watchers} watchers, {messages} messages: {len(partner.came)} handed over in all,"
        f" {len(late)} referrals after the commit (last {max(late, default=0):.3f} s); {len(pushes)} entries after it"
        f" (last {max(pushes, default=0):.3f} s); all closed after {max(closings):.3f} s; rows {rows}"
    )
    assert [seat.closed[0][1] for seat in seats] == ["consent_withdrawn"] * watchers
    assert all(at <= seat.closed[0][0] for seat in seats for at in seat.entries)
    assert all(answer == {"error": "not_found"} for answer in again)
    assert fresh.answer == {"error": "not_found"}
    assert len(late) <= 20, "no more than the batch that had passed the gate"
    held = sum(count for kind, state, error, count in rows if error == "consent_withdrawn")
    assert held > 0
    assert held == sum(count for kind, state, _error, count in rows if state == Delivery.QUARANTINED)
    assert not [row for row in rows if row[0] == MessageKind.SENT and row[1] in (Delivery.WAITING, Delivery.UNDER_WAY)]
