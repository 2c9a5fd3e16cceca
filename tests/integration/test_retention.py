"""Nothing goes too early, nothing stays too long, and nothing goes that did not stand in a preview."""

import datetime as dt
import json
from contextlib import closing

import pytest
from sqlalchemy import func, select, update

from connectors.protocol import Payload
from connectors.registry import connector
from hub.models import (
    Case,
    CaseKey,
    Client,
    DestroyedKey,
    Idempotency,
    InboxRecord,
    Intake,
    OutboxRecord,
    Referral,
    RetentionPreview,
    TimelineEntry,
    Tombstone,
)
from hub.models.record import Record
from hub.rules.retention import TERMS, Kind
from hub.services.errors import Invalid, NotNow
from hub.services.messages.intake import take_in
from hub.services.record import retention
from hub.services.record.case_keys import intake_owner
from hub.services.record.idempotency import Kept, remember
from hub.services.record.retention_due import due
from hub.services.referrals import sending
from hub.services.referrals.referrals import load_for_change, record_event
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event
from tests.builders import client, new_referral
from tests.integration.callers import Site, new_bsn, partner_says
from tests.integration.conftest import Ring, open_test_hub
from tests.personas import MARLOES
from workers.timers import Timers

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


def send(hub: Hub, at: dt.datetime = START, **changes: object) -> Referral:
    person = client(bsn=new_bsn(), family_name="Termijnman")
    with hub.store.writing(at) as work:
        return sending.send_referral(
            work, hub.config, MARLOES, new_referral(to="toegang-centrum", **{"client": person, **changes})
        )


def end(hub: Hub, referral_id: str, at: dt.datetime) -> None:
    with hub.store.writing(at) as work:
        locked = load_for_change(work, referral_id)
        record_event(work, hub.config, MARLOES, locked, NewEvent(event=Event.WITHDRAW, note="niet meer nodig"))
        work.execute(update(OutboxRecord.__table__).values(open=False))


def kinds_due(hub: Hub, at: dt.datetime) -> dict[str, int]:
    with hub.store.reading() as session:
        found = [one.kind for one in due(session, at)]
    return {kind: found.count(kind) for kind in set(found)}


def count(hub: Hub, record: type[Record]) -> int:
    with hub.store.reading() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def run_at(hub: Hub, at: dt.datetime) -> dict[str, int]:
    with hub.store.writing(at) as work:
        made = retention.prepare(work, "test")
    with hub.store.writing(at) as work:
        return retention.run(work, made.id, made.hash, "test")


def test_what_a_referral_told_goes_42_days_after_its_end_and_not_a_minute_before(database_hub: Hub) -> None:
    hub = database_hub
    referral = send(hub)
    with hub.store.writing() as work:
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
    ended = START + 30 * DAY
    assert kinds_due(hub, START + 2000 * DAY).get(Kind.CONTENT) is None, "it runs: nothing goes"
    end(hub, referral.id, ended)
    term = TERMS[Kind.CONTENT].keep
    assert Kind.CONTENT not in kinds_due(hub, ended + term - dt.timedelta(minutes=1))
    assert run_at(hub, ended + term) == {Kind.CONTENT: 1}
    with hub.store.reading() as session:
        assert session.scalars(select(Referral.content)).one() == {}
        assert set(session.scalars(select(TimelineEntry.data))) == {None}
        assert set(session.scalars(select(OutboxRecord.body).where(OutboxRecord.referral_id == referral.id))) == {b""}
        assert session.scalars(select(Client.person)).one()["family_name"] == "Termijnman"
    assert kinds_due(hub, ended + term + DAY) == {}, "what went is not due again"


def test_a_case_without_case_director_goes_whole_and_one_with_stays(database_hub: Hub) -> None:
    hub = database_hub
    kept, gone = send(hub), send(hub)
    with hub.store.writing() as work:
        work.execute(update(Case.__table__).where(Case.id == kept.case_id).values(regisseur_id=MARLOES.id))
    for one in (kept, gone):
        end(hub, one.id, START + DAY)
    assert run_at(hub, START + 44 * DAY) == {Kind.CONTENT: 2, Kind.CASE: 1}
    with hub.store.reading() as session:
        assert list(session.scalars(select(Case.id))) == [kept.case_id]
        stones = session.execute(select(Tombstone.reference, Tombstone.kind, Tombstone.number)).all()
    assert {(row.kind, row.number) for row in stones if row.reference in (gone.id, gone.case_id)} == {
        ("case", None),
        ("referral", gone.number),
    }


def test_a_hold_keeps_a_case_until_it_is_lifted(database_hub: Hub) -> None:
    hub = database_hub
    referral = send(hub)
    end(hub, referral.id, START)
    with hub.store.writing(START) as work:
        hold = retention.place_hold(work, referral.case_id, "complaint", "fatima")
    assert kinds_due(hub, START + 1000 * DAY) == {}
    with hub.store.writing(START + 500 * DAY) as work:
        retention.lift_hold(work, hold, "fatima")
    assert set(kinds_due(hub, START + 1000 * DAY)) == {Kind.CONTENT, Kind.CASE}


def test_nothing_is_removed_that_was_not_previewed(database_hub: Hub) -> None:
    hub = database_hub
    first, second = send(hub), send(hub)
    end(hub, first.id, START)
    later = START + 50 * DAY
    with hub.store.writing(later) as work:
        made = retention.prepare(work, "test")
        ahead = retention.prepare(work, "test", at=later + DAY)
    before = {record: count(hub, record) for record in (Case, Referral, TimelineEntry, OutboxRecord)}
    end(hub, second.id, START)
    for preview_id, given, refused in (
        (made.id, made.hash, NotNow),
        (made.id, "0" * 64, Invalid),
        (ahead.id, ahead.hash, NotNow),
    ):
        with pytest.raises(refused), hub.store.writing(later) as work:
            retention.run(work, preview_id, given, "test")
    after = {record: count(hub, record) for record in (Case, Referral)}
    assert after == {record: before[record] for record in after}
    with hub.store.writing(later) as work:
        fresh = retention.prepare(work, "test")
        assert retention.run(work, fresh.id, fresh.hash, "test") == {Kind.CONTENT: 2, Kind.CASE: 2}
    with pytest.raises(NotNow, match="before"), hub.store.writing(later) as work:
        retention.run(work, fresh.id, fresh.hash, "test")


def test_a_message_that_still_has_to_leave_keeps_its_referral(database_hub: Hub) -> None:
    hub = database_hub
    referral = send(hub)
    end(hub, referral.id, START)
    with hub.store.writing() as work:
        row = select(OutboxRecord.id).where(OutboxRecord.referral_id == referral.id).limit(1).scalar_subquery()
        work.execute(update(OutboxRecord.__table__).where(OutboxRecord.id == row).values(open=True))
    assert kinds_due(hub, START + 100 * DAY) == {}


def test_the_memory_of_ids_outlives_every_repeat_without_a_body(hub: Hub, ring: Ring) -> None:
    site = Site(hub)
    sent = site.send(to="ggz-de-leij", life_domains=["mental_health"]).json
    ring.until_still()
    payload = partner_says(hub, sent["id"], Event.ACCEPT)
    assert site.bring("ggz-de-leij", payload.body, payload.content_type, Accept="application/json").status_code == 202
    ring.until_still()
    now = dt.datetime.now(dt.UTC)
    with hub.store.writing(now) as work:
        locked = load_for_change(work, sent["id"])
        record_event(work, hub.config, MARLOES, locked, NewEvent(event=Event.CLIENT_STOPS, note="stopt"))
    ring.until_still()
    assert run_at(hub, now + 43 * DAY) == {Kind.CONTENT: 1, Kind.PAYLOAD: 1, Kind.CASE: 1}
    with hub.store.reading() as session:
        assert set(session.scalars(select(InboxRecord.body))) == {None}
        assert session.scalars(select(Intake.payload)).one() == b""
        assert session.scalars(select(Idempotency.answer)).one() == {}
    again = site.bring("ggz-de-leij", payload.body, payload.content_type, Accept="application/json")
    ring.until_still()
    state = site.get(again.headers["Location"].removeprefix("/api/v1"), by="ggz-de-leij").json
    assert state["state"] == "duplicate"
    assert count(hub, Referral) == 0
    memory = Kind.MEMORY
    assert memory not in kinds_due(hub, now + 399 * DAY)
    assert kinds_due(hub, now + 401 * DAY)[memory] >= 3


def test_of_a_payload_that_goes_by_its_term_older_copies_do_not_open_either(hub: Hub, ring: Ring) -> None:
    site = Site(hub)
    sent = site.send(to="ggz-de-leij", life_domains=["mental_health"]).json
    ring.until_still()
    payload = partner_says(hub, sent["id"], Event.ACCEPT)
    site.bring("ggz-de-leij", payload.body, payload.content_type, Accept="application/json")
    ring.until_still()
    now = dt.datetime.now(dt.UTC)
    with hub.store.writing(now) as work:
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
        locked = load_for_change(work, sent["id"])
        record_event(work, hub.config, MARLOES, locked, NewEvent(event=Event.CLIENT_STOPS, note="stopt"))
    ring.until_still()
    with hub.store.reading() as session:
        owner = intake_owner(session.scalars(select(Intake.id)).one())
    assert run_at(hub, now + 43 * DAY) == {Kind.CONTENT: 1, Kind.PAYLOAD: 1}
    with hub.store.reading() as session:
        assert session.scalars(select(CaseKey.key_id).where(CaseKey.owner == owner)).all() == []
        assert session.scalars(select(DestroyedKey.owner)).all() == [owner], "the case itself stays, and its key"
        assert session.scalars(select(Intake.payload)).one() == b""


def test_over_twenty_years_nothing_goes_too_early_and_nothing_a_day_too_late(tmp_path: object) -> None:
    """One referral a quarter is sent and ends. When a term is over, and a minute before that, all is right."""
    with closing(open_test_hub(f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")) as hub:
        terms = (TERMS[Kind.CONTENT].keep, TERMS[Kind.MESSAGES].keep, TERMS[Kind.EVIDENCE].keep)
        plans = [(START + 91 * number * DAY, START + (91 * number + 13 * number % 80) * DAY) for number in range(76)]
        checks = {ended + term - early for _at, ended in plans for term in terms for early in (dt.timedelta(0), MINUTE)}
        ends: dict[str, dt.datetime] = {}
        for moment in sorted({*checks, *(at for at, _ended in plans)}):
            for at, ended in plans:
                if at == moment:
                    referral = send(hub, at)
                    end(hub, referral.id, ended)
                    ends[referral.id] = ended
            run_at(hub, moment)
            assert_right_at(hub, ends, moment)
        assert len(ends) == 76
        assert max(checks) > START + 20 * 365 * DAY


def assert_right_at(hub: Hub, ends: dict[str, dt.datetime], moment: dt.datetime) -> None:
    """Compare what is there with what the table says should be there."""
    message, stone = OutboxRecord.created_at, Tombstone.at
    with hub.store.reading() as session:
        here = set(session.scalars(select(Referral.id)))
        oldest = session.scalar(select(func.min(message)).where(OutboxRecord.kind != "nudge"))
        gone = session.scalar(select(func.min(stone)).where(Tombstone.kind == "referral"))
        previewed = session.scalar(select(func.min(RetentionPreview.made_at)))
    assert here == {one for one, ended in ends.items() if ended + TERMS[Kind.CONTENT].keep > moment}, moment
    for since, kind in ((oldest, Kind.MESSAGES), (gone, Kind.EVIDENCE), (previewed, Kind.EVIDENCE)):
        assert since is None or since + TERMS[kind].keep > moment, (kind, moment)


def test_the_timers_only_prepare_and_do_so_once_a_day(database_hub: Hub) -> None:
    hub = database_hub
    referral = send(hub, START - 100 * DAY)
    end(hub, referral.id, START - 90 * DAY)
    timers = Timers(hub.store, hub.config, hub.broker, [])
    timers.step()
    with hub.store.writing() as work:
        assert retention.prepare_daily(work, "timers") is None
    assert count(hub, RetentionPreview) == 1
    assert count(hub, Referral) == 1
    with hub.store.reading() as session:
        found = retention.previews(session)[0]
    assert (found.counts, found.state) == ({Kind.CONTENT: 1, Kind.CASE: 1}, "prepared")


def test_a_preview_holds_references_and_no_word(database_hub: Hub) -> None:
    hub = database_hub
    referral = send(hub, reason="GEHEIMWOORD")
    end(hub, referral.id, START)
    with hub.store.writing(START + 60 * DAY) as work:
        call = Kept(status=201, location=None, answer={})
        remember(work, "wi-tilburg", "sleutel-van-Jansen", "0" * 64, call, case_id=referral.case_id)
    with hub.store.writing(START + 600 * DAY) as work:
        made = retention.prepare(work, "test")
    written = json.dumps(made.items)
    assert referral.case_id in written
    assert not [word for word in ("GEHEIMWOORD", "Termijnman", "Jansen") if word in written]


def test_a_payload_that_nobody_handled_is_never_due(database_hub: Hub) -> None:
    hub = database_hub
    organisation = hub.config.organisations["ggz-de-leij"]
    with hub.store.writing(START) as work:
        payload = Payload(body=b"{nonsense", content_type="application/fhir+json")
        take_in(work, hub.config, organisation, connector("mental_health"), payload)
    assert kinds_due(hub, START + 5000 * DAY) == {}
    with hub.store.writing(START + 10 * DAY) as work:
        work.execute(update(Intake.__table__).values(handled_at=work.now, handled_by="bas"))
    assert kinds_due(hub, START + 51 * DAY) == {}
    assert kinds_due(hub, START + 52 * DAY) == {Kind.PAYLOAD: 1}
