"""Digests of both sides: what differs is named by its kind, told to nobody whom it does not concern, and repaired."""

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from hub import telemetry
from hub.models import Difference, Digest, OutboxRecord, Referral, TimelineEntry
from hub.rules.differences import Kind
from hub.services.errors import Invalid, NotFound, NotNow
from hub.services.messages import digest_book, digests
from hub.services.record import retention
from hub.services.referrals import differences
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from schemas.vocabulary import Delivery, Status
from tests.integration.callers import GGZ, KADE, WI, Site
from tests.integration.conftest import KEY, Ring
from tests.personas import BAS, MARLOES
from workers.command import main
from workers.timers import Timers

HEALTH = {"life_domains": ["mental_health"]}


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def send(site: Site, to: str = KADE, **changes: Any) -> dict[str, Any]:
    answer = site.send(to=to, **changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def an_hour_ago(hub: Hub) -> None:
    """Let everything have happened before: what is just under way is no difference yet."""
    with hub.store.writing() as work:
        moment = work.now - dt.timedelta(hours=1)
        work.session.execute(update(Referral).values(changed_at=moment, created_at=moment))


def told(site: Site, by: str, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    answer = site.call("PUT", "/digest", by, body=list(lines))
    assert answer.status_code == 200, answer.text
    assert answer.json["taken"] == len(lines)
    return list(answer.json["differences"])


def of(referral: dict[str, Any], status: str = "sent", **more: Any) -> dict[str, Any]:
    return {"referral_id": referral["id"], "number": referral["number"], "status": status, **more}


def open_ones(hub: Hub) -> list[Difference]:
    with hub.store.reading() as session:
        return digest_book.open_differences(session)


def repair(hub: Hub, how: str, reason: str = "", viewer: Any = BAS) -> None:
    (one,) = open_ones(hub)
    with hub.store.writing() as work:
        differences.repair(work, hub.config, viewer, one.id, how, reason)


def status_of(hub: Hub, referral: dict[str, Any]) -> str:
    with hub.store.reading() as session:
        return session.scalars(select(Referral.status).where(Referral.id == referral["id"])).one()


def test_two_equal_sides_do_not_differ(site: Site) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    assert told(site, KADE, of(referral)) == []
    assert told(site, WI, of(referral)) == []


def test_each_kind_of_difference_is_named_with_what_both_say(site: Site) -> None:
    missing, further, misnamed = send(site), send(site), send(site)
    an_hour_ago(site.hub)
    wrong = {**of(misnamed), "number": 123_456_789}
    unknown = {"reference": "KADE-77", "status": "started"}
    found = told(site, KADE, of(further, "started"), wrong, unknown)
    assert sorted(found, key=lambda one: one["kind"]) == [
        {"kind": Kind.NUMBER, "referral_id": misnamed["id"], "number": 123_456_789, "ours": "sent", "theirs": "sent"},
        {
            "kind": Kind.STATE,
            "referral_id": further["id"],
            "number": further["number"],
            "ours": "sent",
            "theirs": "started",
        },
        {"kind": Kind.UNKNOWN_HERE, "reference": "KADE-77", "theirs": "started"},
        {"kind": Kind.UNKNOWN_THERE, "referral_id": missing["id"], "number": missing["number"], "ours": "sent"},
    ]


def test_what_is_just_under_way_is_no_difference(site: Site) -> None:
    send(site)
    assert told(site, KADE) == []


def test_a_referral_that_ended_here_and_runs_there_differs_in_state(site: Site) -> None:
    referral = send(site)
    site.event(referral["id"], "withdraw", WI)
    an_hour_ago(site.hub)
    (found,) = told(site, KADE, of(referral, "started"))
    assert (found["kind"], found["ours"], found["theirs"]) == (Kind.STATE, "withdrawn", "started")


def test_nobody_learns_of_a_referral_that_is_not_its_own_whatever_it_names(site: Site) -> None:
    of_others = send(site, GGZ, **HEALTH)
    an_hour_ago(site.hub)
    by_name = told(site, KADE, of(of_others))
    by_nothing = told(site, KADE, {"referral_id": str("0" * 36), "number": 999_999_998, "status": "sent"})
    assert [one.keys() for one in by_name] == [one.keys() for one in by_nothing]
    assert {one["kind"] for one in by_name + by_nothing} == {Kind.UNKNOWN_HERE}
    with site.hub.store.reading() as session:
        assert digest_book.said_elsewhere(session, site.hub.config, of_others["id"]) == ()
    assert site.get("/digest", KADE).json["items"] == []


def test_ours_can_be_read_and_compared_and_holds_no_person(site: Site) -> None:
    referral = send(site)
    answer = site.get("/digest", KADE)
    (line,) = answer.json["items"]
    assert line.keys() == {"referral_id", "number", "status", "changed_at"}
    assert (line["referral_id"], line["number"], line["status"]) == (referral["id"], referral["number"], "sent")
    assert "Zomerplaag" not in answer.text


def test_work_and_income_reads_of_care_what_its_own_list_of_referrals_tells_and_no_more(site: Site) -> None:
    referral = send(site, GGZ, **HEALTH)
    site.event(referral["id"], "receive", GGZ)
    site.event(referral["id"], "accept", GGZ)
    listed = {one["id"]: one["status"] for one in site.get("/referrals", WI).json["items"]}
    digest = {one["referral_id"]: one["status"] for one in site.get("/digest", WI).json["items"]}
    assert digest == listed
    assert set(digest) == {referral["id"]}


def test_who_lost_the_ground_is_told_nothing_of_that_referral(site: Site) -> None:
    referral = send(site, GGZ, **HEALTH)
    body = {"to": GGZ, "kind": "withdrawn", "purpose": "guidance", "evidence": "per telefoon"}
    answer = site.call("POST", f"/cases/{referral['case_id']}/consents", WI, body=body)
    assert answer.status_code == 201, answer.text
    an_hour_ago(site.hub)
    assert site.get("/digest", GGZ).json["items"] == []
    (found,) = told(site, GGZ, of(referral))
    assert found["kind"] == Kind.UNKNOWN_HERE
    assert "ours" not in found


def test_a_difference_that_was_found_before_the_ground_ended_is_told_no_more(site: Site) -> None:
    referral, other = send(site, GGZ, **HEALTH), send(site, GGZ, **HEALTH)
    an_hour_ago(site.hub)
    assert len(told(site, GGZ, of(referral, "started"), of(other, "started"))) == 2
    body = {"to": GGZ, "kind": "withdrawn", "purpose": "guidance", "evidence": "per telefoon"}
    assert site.call("POST", f"/cases/{referral['case_id']}/consents", WI, body=body).status_code == 201
    (left,) = site.get("/digest", GGZ).json["differences"]
    assert left["referral_id"] == other["id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "sent"}, 422),
        ([{"status": "sent"}], 422),
        ([{"number": "1", "status": "sent"}], 422),
        ([{"number": 1, "status": "gone"}], 422),
        ([{"number": 1, "status": "sent", "name": "Zomerplaag"}], 422),
        ([{"reference": "Karin Smulders", "status": "sent"}], 422),
        ([{"reference": "999990019", "status": "sent"}], 422),
        ([{"number": 1, "status": "sent"}] * 5001, 422),
    ],
)
def test_a_digest_that_can_not_be_used_is_refused_and_repeats_no_value(site: Site, body: Any, status: int) -> None:
    answer = site.call("PUT", "/digest", KADE, body=body)
    assert answer.status_code == status
    assert "Zomerplaag" not in answer.text
    assert "Smulders" not in answer.text
    assert "999990019" not in answer.text
    with site.hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Digest)) == 0


def test_the_same_difference_is_one_row_and_goes_when_it_is_gone(site: Site) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    assert len(told(site, KADE, of(referral, "started"))) == 1
    first = open_ones(site.hub)[0].id
    assert len(told(site, KADE, of(referral, "started"))) == 1
    assert [one.id for one in open_ones(site.hub)] == [first]
    assert told(site, KADE, of(referral)) == []
    assert open_ones(site.hub) == []


# The repairs -------------------------------------------------------------------------------------------------------


def test_sending_again_brings_the_same_messages_and_a_partner_that_had_them_sees_duplicates(
    hub: Hub, ring: Ring
) -> None:
    site = Site(hub)
    referral = send(site)
    ring.until_still()
    an_hour_ago(hub)
    assert [one["kind"] for one in told(site, KADE)] == [Kind.UNKNOWN_THERE]
    with hub.store.reading() as session:
        before = session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.receiver == KADE)).all()
    repair(hub, "send_again")
    repair(hub, "send_again")  # while it waits: nothing more
    ring.until_still()
    rows = ring.partners[KADE].ledger.rows()
    assert [(row[2], row[3]) for row in rows] == [("SENT", 2)], "one effect, brought twice"
    with hub.store.reading() as session:
        found = session.execute(
            select(OutboxRecord.message_id, OutboxRecord.state).where(OutboxRecord.receiver == KADE)
        ).all()
        entries = session.scalars(
            select(TimelineEntry.kind).where(
                TimelineEntry.referral_id == referral["id"], TimelineEntry.kind == "sent_again"
            )
        ).all()
    assert [row.message_id for row in found] == list(before)
    assert {row.state for row in found} == {Delivery.PROCESSED}
    assert list(entries) == ["sent_again"]
    assert status_of(hub, referral) == Status.SENT
    assert told(site, KADE, of(referral)) == []


def test_taking_over_records_the_partners_own_statement_as_the_lifecycle_allows(site: Site) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    told(site, KADE, of(referral, "started"))
    repair(site.hub, "take_over")
    assert status_of(site.hub, referral) == Status.STARTED
    assert open_ones(site.hub) == []
    trail = site.get(f"/referrals/{referral['id']}/trail").json["items"]
    started = [step for step in trail if step["kind"] == "start"]
    assert [step["organisation"] for step in started] == [KADE]


@pytest.mark.parametrize("theirs", ["question", "redirect_proposed", "entered_in_error", "withdrawn", "expired"])
def test_what_the_partner_may_not_say_or_says_only_in_words_is_not_taken_over(site: Site, theirs: str) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    told(site, KADE, of(referral, theirs))
    with pytest.raises(NotNow):
        repair(site.hub, "take_over")
    assert status_of(site.hub, referral) == Status.SENT


def test_asking_is_noted_and_the_difference_stays(site: Site) -> None:
    send(site)
    an_hour_ago(site.hub)
    told(site, KADE)
    repair(site.hub, "ask")
    (one,) = open_ones(site.hub)
    assert one.asked_by == BAS.name


def test_closing_needs_a_reason_and_does_not_come_back_until_something_changes(site: Site) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    told(site, KADE)
    with pytest.raises(Invalid):
        repair(site.hub, "close")
    repair(site.hub, "close", "Zij werken nog op papier.")
    assert told(site, KADE) == []
    assert len(told(site, KADE, of(referral, "started"))) == 1


def test_only_who_runs_the_traffic_repairs(site: Site) -> None:
    send(site)
    an_hour_ago(site.hub)
    told(site, KADE)
    with pytest.raises(NotFound):
        repair(site.hub, "close", "Zomaar.", viewer=MARLOES)
    with site.hub.store.reading() as session, pytest.raises(NotFound):
        differences.differences_view(session, site.hub.config, MARLOES)


# The night ---------------------------------------------------------------------------------------------------------


def at_night(work: UnitOfWork, hub: Hub, moment: dt.datetime) -> int:
    work.now = moment
    return digest_book.make_nightly(work, hub.config)


def test_our_digests_are_made_once_a_night_after_the_hour_and_caught_up_after_an_outage(site: Site) -> None:
    hub, referral = site.hub, send(site)
    ahead = dt.datetime(2026, 11, 24, 1, 59, tzinfo=dt.UTC)  # 02:59 in Amsterdam
    every = len(digests.partners(hub.config))
    made = []
    for minutes in (0, 1, 2, 60 * 24 * 3):
        with hub.store.writing() as work:
            made.append(at_night(work, hub, ahead + dt.timedelta(minutes=minutes)))
    assert made == [0, every, 0, 0], "three days later it is 02:59 again"
    with hub.store.writing() as work:
        assert at_night(work, hub, ahead + dt.timedelta(days=3, hours=10)) == every
    with hub.store.reading() as session:
        lines = session.scalars(select(Digest.lines).where(Digest.organisation == KADE)).all()
    assert [[line["referral_id"] for line in one] for one in lines] == [[referral["id"]]] * 2


def test_several_timers_make_each_digest_once(site: Site) -> None:
    hub = site.hub
    send(site)
    made: list[int] = []

    def one() -> None:
        with hub.store.writing() as work:
            made.append(at_night(work, hub, dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC)))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = len(digests.partners(hub.config))
    assert sum(made) == every
    with hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Digest)) == every


def test_the_timers_count_what_differs_without_an_id(site: Site) -> None:
    send(site)
    an_hour_ago(site.hub)
    told(site, KADE)
    Timers(site.hub.store, site.hub.config, site.hub.broker, []).step()
    assert telemetry.DIFFERENCES.labels(KADE)._value.get() == 1
    assert telemetry.DIFFERENCES.labels(GGZ)._value.get() == 0


def test_digests_go_when_their_term_is_over(site: Site) -> None:
    hub = site.hub
    send(site)
    an_hour_ago(hub)
    told(site, KADE)
    with hub.store.writing() as work:
        later = work.now + dt.timedelta(days=43)
        assert retention.prepare(work, "test", at=later).counts["digests"] == 2
        long_ago = work.now - dt.timedelta(days=43)
        work.session.execute(update(Digest).values(at=long_ago))
        work.session.execute(update(Difference).values(seen_at=long_ago))
        preview = retention.prepare(work, "test")
        retention.run(work, preview.id, preview.hash, "test")
    with hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Digest)) == 0
        assert session.scalar(select(func.count()).select_from(Difference)) == 0


# By hand, and on screen --------------------------------------------------------------------------------------------


def command(hub: Hub, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setenv("SCHAKEL_DATABASE_URL", hub.settings.database_url)
    monkeypatch.setenv("SCHAKEL_BROKER_URL", hub.settings.broker_url)
    monkeypatch.setenv("SCHAKEL_SECRET_KEY", hub.settings.secret_key)
    monkeypatch.setenv("SCHAKEL_DATA_KEYS", KEY)
    return CliRunner().invoke(main, ["messages", "digest", *words])


def test_a_file_is_compared_by_hand(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = send(site)
    an_hour_ago(site.hub)
    file = tmp_path / "digest.csv"
    file.write_text(f"schakel-digest;1\nnumber;status\n{referral['number']};started\n", encoding="utf-8")
    result = command(site.hub, monkeypatch, KADE, str(file))
    assert result.exit_code == 1
    assert result.stdout == f"state  {referral['number']}  ours sent  theirs started\n1 told, 1 differ.\n"
    file.write_text(f"schakel-digest;1\nstatus;number\nsent;{referral['number']}\n", encoding="utf-8")
    result = command(site.hub, monkeypatch, KADE, str(file))
    assert (result.exit_code, result.stdout) == (0, "1 told, 0 differ.\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "number;status\n1;sent\n",
        "schakel-digest;1\n",
        "schakel-digest;1\nnumber;name;status\n1;Zomerplaag;sent\n",
        "schakel-digest;1\nnumber;status\n1\n",
        "schakel-digest;1\nnumber;status\nZomerplaag;sent\n",
        "schakel-digest;1\nnumber;status\n123456789;Zomerplaag\n",
    ],
)
def test_a_file_that_is_no_digest_is_refused_in_plain_words(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "digest.csv"
    file.write_text(text, encoding="utf-8")
    result = command(site.hub, monkeypatch, KADE, str(file))
    assert result.exit_code == 2
    assert "FILE can't be used." in result.stderr
    assert "Zomerplaag" not in result.stderr


def test_a_simulated_partner_tells_what_it_holds() -> None:
    from schemas.message import Message, MessageData
    from schemas.vocabulary import MessageKind
    from workers.partners.holdings import Holdings

    def message(kind: MessageKind, number: int, status: Status | None = None) -> Message:
        data = MessageData(referral_id=f"r-{number}", referral_number=number, status=status)
        now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
        return Message(id="m", kind=kind, source="s", time=now, sender="a", receiver="b", data=data)

    holdings = Holdings()
    for number in (1, 2, 3):
        holdings.take(message(MessageKind.SENT, number))
    holdings.say(message(MessageKind.ACCEPTED, 1, Status.ACCEPTED))
    holdings.say(message(MessageKind.COMPLETED, 2, Status.COMPLETED))
    holdings.take(message(MessageKind.WITHDRAWN, 3))
    assert [(line["number"], line["status"]) for line in holdings.lines()] == [(1, "accepted")]
    assert json.dumps(holdings.lines())
