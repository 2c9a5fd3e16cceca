"""The case discussion of a team: who sits at the table sees what was brought in, and nothing more, and not for ever."""

import dataclasses
import datetime as dt

import pytest
from sqlalchemy import select, update

from hub.app import create_web
from hub.live import NAMESPACE
from hub.live.tables import Tables
from hub.models import Attendance, Case, CaseItem, Post
from hub.services.cases import agreements, items, meeting_views, meetings
from hub.services.cases.case_view import case_view
from hub.services.errors import Forbidden, Invalid, NotFound
from hub.services.overview.table_watch import mark_of_tables
from hub.services.people import sessions
from hub.services.record.clients import find_or_open_case
from hub.services.views.meeting import Table
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain, Purpose
from tests.builders import client
from tests.integration.callers import looking_at
from tests.integration.conftest import add_viewer
from tests.integration.test_live_side import Watcher
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM, person

ELS = person("els", "Els van Loon", "toegang-broekhoven", "Toegangsteam Broekhoven", "team_coordinator", Purpose.TRIAGE)
FINANCES = LifeDomain.FINANCES


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def hub(database_hub: Hub) -> Hub:
    with database_hub.store.writing() as work:
        add_viewer(work, ELS)
    return database_hub


@pytest.fixture
def case_id(hub: Hub) -> str:
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    return case.id


@pytest.fixture
def meeting(hub: Hub) -> str:
    with hub.store.writing() as work:
        return meetings.plan(work, hub.config, ELS, now() + dt.timedelta(days=2), 90, "Buurthuis").id


def bring_in(
    hub: Hub,
    case_id: str,
    meeting: str,
    *,
    agreed: bool = True,
    who: Viewer = MARLOES,
    domains: tuple[LifeDomain, ...] = (FINANCES,),
) -> CaseItem:
    with hub.store.writing() as work:
        return meetings.bring_in(
            work, hub.config, who, case_id, meeting, question="Wie helpt met de post?", why="Zij vraagt erom.",
            domains=domains, agreed=agreed,
        )  # fmt: skip


def table(hub: Hub, who: Viewer, item: CaseItem) -> Table:
    with looking_at(hub) as session:
        return meeting_views.table(session, hub.config, who, item.id, now())


def test_only_a_coordinator_plans_and_only_for_days_to_come(hub: Hub) -> None:
    with pytest.raises(Forbidden), hub.store.writing() as work:
        meetings.plan(work, hub.config, MARLOES, now() + dt.timedelta(days=1), 60, None)
    for days, minutes, field in ((-1, 60, "at_day"), (1, 5, "minutes")):
        with pytest.raises(Invalid) as caught, hub.store.writing() as work:
            meetings.plan(work, hub.config, ELS, now() + dt.timedelta(days=days), minutes, None)
        assert caught.value.field == field


def test_the_team_the_regisseur_and_who_is_invited_sit_at_the_table_and_nobody_else(
    hub: Hub, case_id: str, meeting: str
) -> None:
    item = bring_in(hub, case_id, meeting)
    for who in (ELS, MARLOES):
        there = table(hub, who, item)
        assert there.topic.client_name == "Karin Smulders"
        assert {seat.person_id for seat in there.seats} == {"els", "marloes"}
    for stranger in (NAIMA, ILSE, TOM, PETER):
        with pytest.raises(NotFound):
            table(hub, stranger, item)
    with pytest.raises(NotFound), hub.store.writing() as work:
        meetings.invite(work, hub.config, NAIMA, item.id, NAIMA.id)
    with hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, item.id, NAIMA.id)
    assert table(hub, NAIMA, item).topic.client_name == "Karin Smulders"
    elsewhere = dataclasses.replace(NAIMA, organisation=ELS.organisation, role=ELS.role, purpose=ELS.purpose)
    with pytest.raises(NotFound):
        table(hub, elsewhere, item)
    with hub.store.writing() as work:
        meetings.leave(work, hub.config, ELS, item.id, NAIMA.id)
    with pytest.raises(NotFound):
        table(hub, NAIMA, item)


def test_who_worked_in_the_team_once_and_whose_seat_opens_nothing_are_not_at_the_table(
    hub: Hub, case_id: str, meeting: str
) -> None:
    yesterday = now().date() - dt.timedelta(days=1)
    with hub.store.writing() as work:
        add_viewer(work, dataclasses.replace(ELS, id="oud", name="Oud Lid"))
        work.session.execute(update(Post).where(Post.person_id == "oud").values(ends_on=yesterday))
    item = bring_in(hub, case_id, meeting, domains=(LifeDomain.MENTAL_HEALTH,))
    assert {seat.person_id for seat in table(hub, MARLOES, item).seats} == {"els", "marloes"}
    with pytest.raises(Invalid), hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, item.id, "oud")
    with hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, item.id, TOM.id)
    with looking_at(hub) as session:
        lines = meeting_views.meetings(session, hub.config, TOM, now())
    assert lines == [], "a meeting about what he may not know of is not there for him"
    with pytest.raises(NotFound), looking_at(hub) as session:
        case_view(session, hub.config, TOM, case_id, now())
    tables = Tables(hub, lambda _sid, _news: None)
    assert [tables.sit("x", who, item.id) for who in (TOM, ELS)] == [{"error": "not_found"}, {"watching": True}]


def test_a_seat_shows_no_more_than_the_domains_that_were_brought_in_and_ends_by_itself(
    hub: Hub, case_id: str, meeting: str
) -> None:
    written = {}
    for domain in (FINANCES, LifeDomain.HOUSING, LifeDomain.MENTAL_HEALTH):
        with hub.store.writing() as work:
            goal = NewItem(kind=ItemKind.GOAL, content={"title": "Rust."}, life_domains=(domain,))
            written[domain] = items.add(work, hub.config, MARLOES, case_id, goal).id
    with hub.store.writing() as work:
        said = NewItem(kind=ItemKind.REMARK, content={"text": "Voor wie helpt."}, about="case")
        items.add(work, hub.config, MARLOES, case_id, said)
    item = bring_in(hub, case_id, meeting)
    with looking_at(hub) as session:
        seen = {one.id for one in case_view(session, hub.config, ELS, case_id, now()).items}
    assert seen == {item.id, written[FINANCES]}
    with hub.store.writing() as work:
        work.session.execute(update(Attendance).values(until=now()))
    with pytest.raises(NotFound):
        table(hub, ELS, item)


def test_a_client_who_was_not_asked_has_no_name_at_the_table_and_no_page(hub: Hub, case_id: str, meeting: str) -> None:
    item = bring_in(hub, case_id, meeting, agreed=False)
    there = table(hub, ELS, item)
    assert (there.topic.client_name, there.view, there.topic.nameless) == ("", None, True)
    assert there.topic.item.content["question"] == "Wie helpt met de post?"
    with pytest.raises(NotFound), looking_at(hub) as session:
        case_view(session, hub.config, ELS, case_id, now())
    assert table(hub, MARLOES, item).topic.client_name == "Karin Smulders"


def test_the_name_is_told_once_the_client_is_fine_with_it_and_only_who_spoke_with_the_client_says_so(
    hub: Hub, case_id: str, meeting: str
) -> None:
    item = bring_in(hub, case_id, meeting, agreed=False)
    with pytest.raises(Forbidden), hub.store.writing() as work:
        items.name_client(work, hub.config, ELS, item.id, 1, named=True)
    assert table(hub, ELS, item).topic.case_id is None
    with hub.store.writing() as work:
        items.name_client(work, hub.config, MARLOES, item.id, 1, named=True)
    assert table(hub, ELS, item).topic.client_name == "Karin Smulders"


def test_who_is_signed_out_leaves_the_table_at_once(hub: Hub, case_id: str, meeting: str) -> None:
    item, web = bring_in(hub, case_id, meeting), create_web(hub)
    els, marloes = Watcher(web, ELS), Watcher(web, MARLOES)
    for one in (els, marloes):
        one.socket.emit("sit", {"item": item.id}, namespace=NAMESPACE, callback=True)
    assert marloes.got("table")[-1]["here"] == ["els", "marloes"]
    with hub.store.writing() as work:
        sessions.end_all(work, ELS.id, "signed_out")
    web.live.sweep()
    assert marloes.got("table")[-1]["here"] == ["marloes"]
    for one in (els, marloes):
        one.socket.disconnect(NAMESPACE)


def test_each_seat_says_what_it_opens_and_nothing_of_other_ties(hub: Hub, case_id: str, meeting: str) -> None:
    domains = (FINANCES, LifeDomain.MENTAL_HEALTH)
    item = bring_in(hub, case_id, meeting, domains=domains)
    for guest in (ILSE, TOM):
        with hub.store.writing() as work:
            meetings.invite(work, hub.config, ELS, item.id, guest.id)
    opens = {seat.person_id: (seat.there, seat.domains) for seat in table(hub, MARLOES, item).seats}
    assert opens["ilse"] == (True, ("finances", "mental_health"))
    assert opens["tom"] == (False, ("finances",)), "health never reaches the work side, also at a table"
    with pytest.raises(NotFound):
        table(hub, TOM, item)
    with pytest.raises(Invalid), hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, item.id, PETER.id)


def agreed_of(hub: Hub, who: Viewer) -> list[tuple[str, str, bool, bool]]:
    """Give what somebody finds among what was agreed: the words, of whom, whether it is for him, and too late."""
    with looking_at(hub) as session:
        lines = agreements.open_agreements(session, hub.config, who, now())
    return [(one.item.content["text"], one.client_name, one.mine, one.late) for one in lines]


def agree(hub: Hub, case_id: str, text: str, holder: Viewer, days: int, topic: CaseItem | None = None) -> CaseItem:
    due = now().date() + dt.timedelta(days=days)
    new = NewItem(
        kind=ItemKind.AGREEMENT, content={"text": text}, holder=holder.organisation, holder_id=holder.id, due_on=due,
        life_domains=(FINANCES,),
    )  # fmt: skip
    if topic is not None:
        new = meetings.at_this_table(new, table(hub, ELS, topic).topic.item)
    with hub.store.writing() as work:
        return items.add(work, hub.config, ELS if topic is not None else MARLOES, case_id, new)


def test_what_els_agrees_is_a_task_of_who_does_it_and_of_nobody_outside_the_table(
    hub: Hub, case_id: str, meeting: str
) -> None:
    item = bring_in(hub, case_id, meeting)
    with hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, item.id, NAIMA.id)
    agree(hub, case_id, "Bank bellen.", ELS, 3, item)
    agree(hub, case_id, "Post openen.", NAIMA, 2, item)
    late = agree(hub, case_id, "Brief zoeken.", NAIMA, -2, item)
    karin = "Karin Smulders"
    mine, theirs = ("Bank bellen.", karin, True, False), ("Bank bellen.", karin, False, False)
    assert agreed_of(hub, ELS) == [
        mine, ("Brief zoeken.", karin, False, True), ("Post openen.", karin, False, False)
    ]  # fmt: skip
    assert agreed_of(hub, NAIMA) == [
        ("Brief zoeken.", karin, True, True), ("Post openen.", karin, True, False), theirs
    ]  # fmt: skip
    for stranger in (ILSE, TOM, PETER):
        assert agreed_of(hub, stranger) == []
    with hub.store.writing() as work:
        items.settle(work, hub.config, NAIMA, late.id, ItemState.DONE, 1)
    assert [line[0] for line in agreed_of(hub, ELS)] == ["Bank bellen.", "Post openen.", "Brief zoeken."]
    with looking_at(hub) as session:
        view = case_view(session, hub.config, MARLOES, case_id, now())
    assert {one.holder_name for one in view.items if one.kind is ItemKind.AGREEMENT} == {ELS.name, NAIMA.name}


def test_what_is_agreed_without_a_name_has_none_on_anybodys_list(hub: Hub, case_id: str, meeting: str) -> None:
    item = bring_in(hub, case_id, meeting, agreed=False)
    agree(hub, case_id, "Bank bellen.", ELS, 3, item)
    assert agreed_of(hub, ELS) == [("Bank bellen.", "", True, False)]
    assert agreed_of(hub, MARLOES) == [("Bank bellen.", "Karin Smulders", False, False)]


def test_a_mark_changes_for_who_sits_there_and_for_nobody_else(hub: Hub, case_id: str, meeting: str) -> None:
    def marks() -> dict[str, str]:
        with hub.store.reading() as session:
            people = (ELS, MARLOES, NAIMA, ILSE)
            return {who.id: mark_of_tables(session, hub.config, who, now()) for who in people}

    before = marks()
    item = bring_in(hub, case_id, meeting, agreed=False)
    brought_in = marks()
    agree(hub, case_id, "Bank bellen.", ELS, 3, item)
    agreed = marks()
    for name in ("els", "marloes"):
        assert len({before[name], brought_in[name], agreed[name]}) == 3
    assert before["naima"] == agreed["naima"] and before["ilse"] == agreed["ilse"]


def test_what_is_agreed_at_the_table_stands_in_the_case_and_notes_stay_at_the_table(
    hub: Hub, case_id: str, meeting: str
) -> None:
    item = bring_in(hub, case_id, meeting)
    topic = table(hub, ELS, item).topic.item
    due = dt.date(2026, 12, 4)
    for kind, more in (
        (ItemKind.MINUTE, {}),
        (ItemKind.DECISION, {}),
        (ItemKind.AGREEMENT, {"holder": "wi-tilburg", "holder_id": MARLOES.id, "due_on": due}),
    ):
        new = meetings.at_this_table(NewItem(kind=kind, content={"text": "Samen bellen."}, **more), topic)
        with hub.store.writing() as work:
            items.add(work, hub.config, ELS, case_id, new)
    there = table(hub, MARLOES, item)
    assert [one.kind for one in there.minutes] == [ItemKind.MINUTE]
    assert {one.kind for one in there.outcomes} == {ItemKind.DECISION, ItemKind.AGREEMENT}
    with looking_at(hub) as session:
        view = case_view(session, hub.config, MARLOES, case_id, now())
    agreed = next(one for one in view.items if one.kind is ItemKind.AGREEMENT)
    assert (agreed.holder_name, agreed.due_on, agreed.may_settle) == (MARLOES.name, due, True)
    with pytest.raises(Invalid):
        meetings.at_this_table(NewItem(kind=ItemKind.NOTE, content={"text": "x"}), topic)


def test_bringing_in_asks_a_meeting_to_come_a_reason_and_life_domains(hub: Hub, case_id: str, meeting: str) -> None:
    given = {"question": "Wie helpt?", "why": "Vraagt erom.", "domains": (FINANCES,), "agreed": True}
    for lacking, field in (({"domains": ()}, "life_domains"), ({"why": " "}, "why"), ({"question": ""}, "question")):
        with pytest.raises(Invalid) as caught, hub.store.writing() as work:
            meetings.bring_in(work, hub.config, MARLOES, case_id, meeting, **{**given, **lacking})  # type: ignore[arg-type]
        assert caught.value.field == field
    with pytest.raises(Invalid), hub.store.writing() as work:
        meetings.bring_in(work, hub.config, MARLOES, case_id, "not-there", **given)  # type: ignore[arg-type]
    for stranger in (PETER, TOM, ELS):
        with pytest.raises((NotFound, Forbidden)):
            bring_in(hub, case_id, meeting, who=stranger)
    with hub.store.reading() as session:
        assert session.scalars(select(CaseItem)).all() == []
