"""Figures: of one's own organisation's work, or the whole for who may; small groups are not told, care only counted."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub.app import create_web
from hub.models import AuditRecord, Case
from hub.rules.reporting import Stand, months_between
from hub.services.access.objections import register_objection
from hub.services.errors import NotFound
from hub.services.overview.report_view import Report, Together
from hub.services.overview.reporting import asked_by, report
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event, LifeDomain, Outcome, Purpose
from tests.builders import client, ground, new_referral
from tests.integration.callers import looking_at, new_bsn, sign_in_as
from tests.integration.conftest import add_viewer
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM, person

HANNA = person("hanna", "Hanna Vermeulen", "wi-tilburg", "Werk & Inkomen Tilburg", "policy_adviser", Purpose.STATISTICS)
SENT = dt.datetime(2026, 9, 7, 9, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
DONE = ((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.START, 7), (Event.COMPLETE, 35))
RUNS = ((Event.RECEIVE, 1), (Event.ACCEPT, 3), (Event.START, 7))
DECLINED = ((Event.RECEIVE, 1), (Event.DECLINE, 4))
Course = tuple[tuple[Event, int], ...]


class World:
    """Referrals sent on one Monday; what is done to them is done day by day."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.days: dict[int, list[tuple[str, Viewer, NewEvent]]] = {}

    def send(self, many: int, to: Viewer, course: Course, sender: Viewer = MARLOES, **changes: object) -> list[str]:
        """Send some referrals, each about someone new; give their cases."""
        domain = LifeDomain.MENTAL_HEALTH if to is ILSE else LifeDomain.SOCIAL_NETWORK
        cases = []
        with self.hub.store.writing(now=SENT) as work:
            for _one in range(many):
                new = new_referral(
                    to=to.organisation, client=client(bsn=new_bsn()), life_domains=(domain,), ground=ground()
                )
                sent = sending.send_referral(work, self.hub.config, sender, new)
                cases.append(sent.case_id)
                for event, day in course:
                    self.days.setdefault(day, []).append((sent.id, to, NewEvent(event=event, **_said(event, changes))))
        return cases

    def live(self) -> None:
        """Let all of it happen."""
        for day, told in sorted(self.days.items()):
            with self.hub.store.writing(now=SENT + dt.timedelta(days=day)) as work:
                for referral_id, actor, new in told:
                    locked = referrals.load_for_change(work, referral_id)
                    referrals.record_event(work, self.hub.config, actor, locked, new)


def _said(event: Event, changes: dict[str, object]) -> dict[str, object]:
    reason = changes.get("reason", "no_capacity") if event is Event.DECLINE else None
    outcome = changes.get("outcome", Outcome.REACHED) if event is Event.COMPLETE else None
    return {"reason": reason, "outcome": outcome}


@pytest.fixture
def world(database_hub: Hub) -> World:
    with database_hub.store.writing() as work:
        add_viewer(work, HANNA)
    return World(database_hub)


def figures(hub: Hub, viewer: Viewer, known_on: dt.date | None = None, now: dt.datetime = NOW) -> Report:
    period = months_between(dt.date(2026, 7, 1), dt.date(2026, 11, 1))
    with looking_at(hub) as session:
        return report(session, hub.config, viewer, asked_by(viewer, period, known_on, now, export=False))


def counts(parts: tuple[Together, ...]) -> dict[tuple[str, ...], int | None]:
    return {part.codes: part.figure.count for part in parts if part.figure.count != 0}


def test_a_regisseur_gets_the_course_of_what_was_sent_and_care_as_a_number_alone(world: World) -> None:
    world.send(6, TOM, DONE)
    world.send(5, TOM, RUNS)
    world.send(7, NAIMA, DECLINED)
    world.send(6, ILSE, DONE)
    world.live()
    found = figures(world.hub, MARLOES)
    assert counts(found.stands.parts) == {(Stand.STARTED,): 5, (Stand.FINISHED,): 6, (Stand.DECLINED,): 7}
    assert dict(found.stands.reached)[Stand.ACCEPTED].count == 11
    assert found.care is not None
    assert found.care.count == 6
    assert counts(found.outcomes.parts) == {(Outcome.REACHED,): 6}, "of care not even the outcome counts"
    assert {row.codes: (row.middle, row.count.count) for row in found.answers} == {
        ("de-spoel",): (2, 11),
        ("mw-de-kade",): (4, 7),
    }
    assert [(row.months[0].month, row.came.count, row.left.count) for row in found.months if row.came.count] == [
        (9, 18, 7)
    ]
    assert {row.codes: row.total.count for row in found.organisations.rows} == {("de-spoel",): 11, ("mw-de-kade",): 7}


def test_who_received_counts_what_he_received_and_ggz_its_own_care(world: World) -> None:
    world.send(5, TOM, RUNS)
    world.send(6, ILSE, DONE, outcome=Outcome.PARTLY)
    world.live()
    assert figures(world.hub, TOM).stands.total.count == 5
    care = figures(world.hub, ILSE)
    assert care.care is None
    assert counts(care.outcomes.parts) == {(Outcome.PARTLY,): 6}
    assert care.caseload is None
    assert figures(world.hub, NAIMA).stands.total.count == 0, "of others' work nothing counts"


def test_a_group_of_four_is_told_together_with_the_one_beside_it_and_too_few_not_at_all(world: World) -> None:
    world.send(8, TOM, DONE)
    world.send(4, TOM, DONE, outcome=Outcome.PARTLY)
    world.send(3, NAIMA, DECLINED)
    world.live()
    found = figures(world.hub, MARLOES)
    assert counts(found.outcomes.parts) == {(Outcome.REACHED, Outcome.PARTLY): 12}
    assert found.reasons.total.small
    assert found.reasons.parts == found.domains.parts == found.areas.parts == ()
    assert counts(found.stands.parts) == {(Stand.FINISHED, Stand.DECLINED): 15}
    assert [row.total.count for row in found.organisations.rows] == [15], "the three would be what is left of the total"


def test_a_reason_is_told_from_the_closed_list_whatever_a_partner_says(world: World) -> None:
    world.send(6, TOM, DECLINED, reason="mevrouw Jansen was boos")
    world.live()
    assert counts(figures(world.hub, MARLOES).reasons.parts) == {("other",): 6}


def test_figures_of_a_day_stay_what_they_were(world: World) -> None:
    world.send(6, TOM, DONE)
    world.live()
    day = (SENT + dt.timedelta(days=10)).date()
    before = figures(world.hub, MARLOES, known_on=day, now=SENT + dt.timedelta(days=11))
    after = figures(world.hub, MARLOES, known_on=day)
    assert counts(after.stands.parts) == {(Stand.STARTED,): 6}
    assert replace(before, period=after.period) == after
    assert counts(figures(world.hub, MARLOES).stands.parts) == {(Stand.FINISHED,): 6}


def test_while_a_client_objects_nothing_of_it_counts(world: World) -> None:
    cases = world.send(6, TOM, RUNS)
    world.live()
    assert figures(world.hub, MARLOES).stands.total.count == 6
    with world.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == cases[0]).values(regisseur_id=MARLOES.id))
        register_objection(work, MARLOES, cases[0])
    assert figures(world.hub, MARLOES).stands.total.count == 5


def test_a_policy_adviser_gets_the_whole_in_groups_of_ten_of_whole_half_years_as_a_month_began(world: World) -> None:
    world.send(12, TOM, DONE)
    world.send(11, ILSE, DONE, outcome=Outcome.PARTLY)
    world.send(9, NAIMA, DECLINED)
    world.live()
    found = figures(world.hub, HANNA)
    assert found.whole
    assert found.known_at == dt.datetime(2026, 10, 31, 23, 0, tzinfo=dt.UTC)
    assert found.period.first == dt.date(2026, 7, 1)
    assert found.stands.total.count == 32
    assert counts(found.outcomes.parts) == {(Outcome.REACHED,): 12, (Outcome.PARTLY,): 11}
    assert found.reasons.total.count is None, "nine were declined"
    assert [row.total.count for row in found.organisations.rows] == [12, 20], "De Kade's nine go with another"
    assert found.caseload is None
    assert found.care is None


def test_who_takes_no_part_in_help_has_no_figures_and_that_is_written_down(world: World) -> None:
    for who in (PETER, BAS, replace(HANNA, purpose=Purpose.INCOME)):
        with pytest.raises(NotFound):
            figures(world.hub, who)
        assert _told(world.hub)[-1] == (who.id, "report.view", "denied")


def test_a_team_of_five_sees_how_many_clients_each_has_and_a_smaller_one_does_not(world: World) -> None:
    cases = world.send(7, TOM, RUNS)
    with world.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id.in_(cases)).values(regisseur_id=MARLOES.id))
    alone = figures(world.hub, MARLOES)
    assert (alone.caseload, alone.team) == ((), 1)
    with world.hub.store.writing() as work:
        for number in range(4):
            add_viewer(work, replace(MARLOES, id=f"regisseur-{number}", name=f"Collega {number}"))
    rows = figures(world.hub, MARLOES).caseload
    assert rows is not None
    assert [(row.clients.count, row.own) for row in rows] == [(0, False)] * 4 + [(7, True)]


def _told(hub: Hub) -> list[tuple[str, str, str]]:
    with hub.store.reading() as session:
        rows = session.execute(
            select(AuditRecord.actor, AuditRecord.deed, AuditRecord.outcome).order_by(AuditRecord.at)
        ).all()
    return [(row.actor, row.deed, row.outcome) for row in rows]


@pytest.fixture
def marloes(world: World) -> Iterator[FlaskClient]:
    world.send(6, TOM, DECLINED)
    world.live()
    with world.hub.store.writing() as work:
        work.session.execute(update(Case).values(area="=HYPERLINK(1)"))
    http = create_web(world.hub).app.test_client()
    sign_in_as(world.hub, http, MARLOES.id)
    yield http


def test_the_page_and_its_file_hold_the_same_numbers_and_no_formula(world: World, marloes: FlaskClient) -> None:
    asked = "van=2026-09&tot=2026-09"
    page = marloes.get(f"/rapportage?{asked}").text
    assert "1 september 2026 tot en met 30 september 2026" in page
    assert "=HYPERLINK(1)" in page
    answer = marloes.get(f"/rapportage/cijfers.csv?{asked}")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    assert ["Welke hulp er niet kwam", "Geen plek", "Afgewezen", "6"] in rows
    assert ["Welke hulp er niet kwam", "'=HYPERLINK(1)", "Afgewezen", "6"] in rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert [one[1:] for one in _told(world.hub)[-2:]] == [("report.view", "ok"), ("report.export", "ok")]


def test_a_period_that_is_none_is_not_there(marloes: FlaskClient) -> None:
    for asked in ("van=2026-13", "tot=gisteren", "bekend=2026-02-30", "van=999990019", "van=2026-9"):
        assert marloes.get(f"/rapportage?{asked}").status_code == 404, asked
