"""Many callers at once: each effect once, positions without a gap, and no fault of ours in any answer."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from connectors.registry import connector
from hub.models import Case, Client, Referral, TimelineEntry
from hub.services.messages.address_book import address_book
from hub.services.referrals.inbox import receive
from hub.wiring import Hub
from schemas.vocabulary import Event
from tests.builders import referral_body
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Hands, Site, partner_says, someone
from tests.integration.conftest import open_test_hub

SENDERS = (WI, GGZ, SPOEL, TEAM)


@pytest.fixture
def site(database_hub: Hub) -> Site:
    made = Site(database_hub)
    for code in database_hub.config.organisations:
        made.token(code)
    return made


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make all calls, each in a thread of its own, from one starting shot."""
    shot = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        shot.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(run, call) for call in calls]]


def positions(site: Site, case_id: str) -> list[int]:
    with site.hub.store.reading() as session:
        query = select(TimelineEntry.position).where(TimelineEntry.case_id == case_id)
        return list(session.scalars(query.order_by(TimelineEntry.position)))


def test_eight_writers_on_one_case_leave_no_gap_and_lose_no_change(site: Site) -> None:
    person = someone()
    case_id = site.send(TEAM, client=person).json["case_id"]
    stop = threading.Event()
    gaps: list[list[int]] = []

    def look() -> None:
        while not stop.is_set():
            seen = positions(site, case_id)
            if seen != list(range(1, len(seen) + 1)):
                gaps.append(seen)

    def write(sender: str) -> list[int]:
        answers = []
        for _ in range(3):
            made = site.send(sender, client=person, to=KADE)
            answers.append(made.status_code)
            answers.append(site.event(made.json["id"], "receive", KADE).status_code)
            answers.append(site.event(made.json["id"], "accept", KADE).status_code)
        return answers

    reader = threading.Thread(target=look)
    reader.start()
    try:
        answers = at_once([lambda sender=SENDERS[number % 4]: write(sender) for number in range(8)])
    finally:
        stop.set()
        reader.join()
    assert gaps == []
    assert all(status in ((201, 200, 200) * 3) for one in answers for status in one)
    with site.hub.store.reading() as session:
        last = session.scalars(select(Case.position).where(Case.id == case_id)).one()
        states = session.execute(select(Referral.status, Referral.version)).all()
    assert positions(site, case_id) == list(range(1, last + 1))
    assert sorted(set(states)) == [("accepted", 3), ("sent", 1)]


def test_of_sixteen_that_change_one_referral_one_wins_and_the_others_are_told(site: Site) -> None:
    made = site.send().json["id"]
    etag = site.get(f"/referrals/{made}", KADE).headers["ETag"]
    answers = at_once(
        [lambda: site.event(made, "receive", KADE, headers={"If-Match": etag}).status_code for _ in range(16)]
    )
    assert sorted(answers) == [200] + [412] * 15
    without = at_once([lambda: site.event(made, "accept", KADE).status_code for _ in range(16)])
    assert sorted(without) == [200] + [409] * 15
    assert site.get(f"/referrals/{made}", KADE).json["version"] == 3


def test_sixteen_calls_with_one_key_make_one_referral_and_get_one_answer(site: Site) -> None:
    body = referral_body(client=someone())
    answers = at_once([lambda: site.post(body, key="one") for _ in range(16)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.data, answer.headers["Location"], answer.headers["ETag"]) for answer in answers}) == 1
    counts = site.counts()
    assert (counts["referrals"], counts["idempotency"], counts["cases"], counts["clients"]) == (1, 1, 1, 1)
    assert positions(site, answers[0].json["case_id"]) == list(range(1, counts["timeline"] + 1))


def test_one_key_for_sixteen_bodies_at_once_makes_one_referral(site: Site) -> None:
    bodies = [referral_body(client=someone()) for _ in range(16)]
    answers = at_once([lambda body=body: site.post(body, key="one").status_code for body in bodies])
    assert sorted(answers) == [201] + [409] * 15
    assert site.counts()["referrals"] == site.counts()["clients"] == 1


def test_first_referrals_for_one_new_client_at_once_end_in_one_case(site: Site) -> None:
    person = someone()
    answers = at_once([lambda by=by: site.send(by, client=person, to=KADE) for by in SENDERS * 2])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["case_id"] for answer in answers}) == 1
    with site.hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Client)) == 1
        assert session.scalar(select(func.count()).select_from(Referral)) == 8


def test_one_payload_brought_eight_times_at_once_has_one_effect(site: Site, hands: Hands) -> None:
    made = site.send(service="wmo-begeleiding").json
    payload = partner_says(site.hub, made["id"], Event.START)
    answers = at_once([lambda: site.bring(KADE, payload.body, payload.content_type) for _ in range(8)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1, "a duplicate gets the same receipt"
    hands.until_still()
    kinds = [entry["kind"] for entry in site.get(f"/cases/{made['case_id']}", KADE).json["timeline"]]
    assert kinds.count("start") == 1
    states = [site.get(f"/intake/{answer.headers['Intake-Id']}", KADE).json["status"] for answer in answers]
    assert sorted(states) == ["applied"] + ["duplicate"] * 7


def test_messages_of_two_payloads_for_one_id_at_once_have_one_effect(site: Site, hands: Hands) -> None:
    made = site.send(service="wmo-begeleiding").json
    payload = partner_says(site.hub, made["id"], Event.START)
    organisation = site.hub.config.organisations[KADE]

    reading = connector("social_work").read(
        payload, address_book(site.hub.config, organisation), dt.datetime.now(dt.UTC)
    )

    def take() -> str:
        with site.hub.store.writing() as work:
            return str(receive(work, site.hub.config, KADE, reading.messages[0]).result)

    assert sorted(at_once([take] * 8)) == ["applied"] + ["duplicate"] * 7


@pytest.mark.parametrize(
    "fault",
    [OperationalError("SELECT 1", {"bsn": "999990019"}, Exception("deadlock detected")), NoConnectionFree("pool")],
    ids=["deadlock", "no connection free"],
)
def test_what_waiting_mends_is_503_with_a_moment_to_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise fault

    monkeypatch.setattr("hub.services.record.timeline.write_entries", broken)
    monkeypatch.setattr("hub.services.referrals.sending.write_entries", broken)
    answer = site.send()
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert site.counts()["referrals"] == site.counts()["clients"] == 0
    assert "999990019" not in caplog.text + answer.get_data(as_text=True)


@pytest.mark.postgresql
def test_a_real_deadlock_is_no_fault_and_the_next_try_succeeds(database_url: str, tmp_path: Path) -> None:
    """The API takes referral and then case; a batch of the inbox may hold the case and want the referral."""
    with closing(open_test_hub(database_url, f"embedded:///{tmp_path}/broker.db")) as hub:
        site = Site(hub)
        made = site.send().json
        held = threading.Event()

        def cross() -> str:
            try:
                with hub.store.writing() as work:
                    work.session.execute(update(Case).where(Case.id == made["case_id"]).values(area="x"))
                    held.set()
                    time.sleep(0.4)  # the event below has the referral by now, and waits for the case
                    work.session.execute(update(Referral).where(Referral.id == made["id"]).values(law="x"))
            except OperationalError as error:
                return type(error.orig).__name__
            return "done"

        def act() -> int:
            held.wait()
            return site.event(made["id"], "receive", KADE).status_code

        assert at_once([cross, act]) in (["done", 503], ["DeadlockDetected", 200])
        again = site.event(made["id"], "receive", KADE).status_code
        assert again in (200, 409)
        assert site.get(f"/referrals/{made['id']}", KADE).json["status"] == "received"
