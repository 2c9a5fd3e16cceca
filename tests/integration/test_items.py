"""What people write down in a case: who sees it, who may change it, and what happens to two at once."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, update

from hub.live.room import still_fits
from hub.models import Attendance, Case, CaseItem, Meeting, TimelineEntry
from hub.rules import searching
from hub.services.cases import agreements, items, meeting_views, meetings
from hub.services.cases.case_growth import Growth, growths
from hub.services.cases.case_view import case_view
from hub.services.errors import Forbidden, Invalid, NotFound, Outdated
from hub.services.overview.alert_views import waiting
from hub.services.overview.list_watch import mark_of_list
from hub.services.overview.search import search
from hub.services.overview.table_watch import mark_of_tables
from hub.services.overview.worklist import worklist
from hub.services.record.clients import find_or_open_case
from hub.services.referrals import referrals, sending
from hub.services.views.case import CaseView
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.identifiers import new_id
from schemas.items import ItemChange, NewItem
from schemas.referral import NewEvent
from schemas.vocabulary import Event, ItemKind, ItemState, LifeDomain, Purpose
from tests.builders import client, ground, new_referral
from tests.integration.callers import looking_at
from tests.integration.conftest import add_viewer
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM, WI_SYSTEM, person

ELS = person("els", "Els van Loon", "toegang-broekhoven", "Toegangsteam Broekhoven", "team_coordinator", Purpose.TRIAGE)
FINANCES, MENTAL = LifeDomain.FINANCES, LifeDomain.MENTAL_HEALTH
Write = Callable[..., CaseItem]


@pytest.fixture
def hub(database_hub: Hub) -> Hub:
    with database_hub.store.writing() as work:
        add_viewer(work, ELS)
    return database_hub


@pytest.fixture
def case_id(hub: Hub) -> str:
    """Give Karin's case: De Kade helps with her post, GGZ De Leij with her sleep, De Spoel with work."""
    with hub.store.writing() as work:
        case = find_or_open_case(work, hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    for who, to, domain, purpose in (
        (NAIMA, "mw-de-kade", FINANCES, Purpose.GUIDANCE),
        (ILSE, "ggz-de-leij", MENTAL, Purpose.TREATMENT),
        (TOM, "de-spoel", LifeDomain.WORK_EDUCATION, Purpose.PLACEMENT),
    ):
        with hub.store.writing() as work:
            new = new_referral(case_id=case.id, to=to, life_domains=(domain,), ground=ground(purpose=purpose))
            sent = sending.send_referral(work, hub.config, MARLOES, new)
            for event in (Event.RECEIVE, Event.ACCEPT):
                locked = referrals.load_for_change(work, sent.id)
                referrals.record_event(work, hub.config, who, locked, NewEvent(event=event))
    return case.id


@pytest.fixture
def write(hub: Hub, case_id: str) -> Write:
    def add(who: Viewer, kind: ItemKind, domain: LifeDomain | None = None, **given: object) -> CaseItem:
        words = {ItemKind.GOAL: "title", ItemKind.SCORE: "score"}.get(kind, "text")
        content = given.pop("content", None) or {words: 3 if words == "score" else "Samen de post openen."}
        domains = (domain,) if domain else ()
        with hub.store.writing() as work:
            new = NewItem(kind=kind, content=content, life_domains=domains, **given)  # type: ignore[arg-type]
            way = items.write_down if kind is ItemKind.AGENDA_ITEM else items.add
            return way(work, hub.config, who, case_id, new)

    return add


def view(hub: Hub, who: Viewer, case_id: str) -> CaseView:
    with looking_at(hub) as session:
        return case_view(session, hub.config, who, case_id, dt.datetime.now(dt.UTC))


def seen_by(hub: Hub, case_id: str, item: CaseItem) -> set[str]:
    """Give who of all sees an item, in the case and in its timeline alike."""
    found = set()
    for who in (MARLOES, NAIMA, ILSE, TOM, PETER, ELS, WI_SYSTEM):
        try:
            there = view(hub, who, case_id)
        except NotFound:
            continue
        in_case = item.id in {one.id for one in there.items}
        assert in_case == any(entry.item is not None and entry.item.id == item.id for entry in there.entries)
        assert [entry.position for entry in there.entries] == list(range(1, len(there.entries) + 1))
        if in_case:
            found.add(who.id)
    return found


def test_a_goal_is_seen_by_who_helps_with_its_life_domain_and_never_by_income(
    hub: Hub, case_id: str, write: Write
) -> None:
    goal = write(MARLOES, ItemKind.GOAL, FINANCES)
    assert seen_by(hub, case_id, goal) == {"marloes", "naima"}


def test_what_mental_health_care_writes_stays_with_it(hub: Hub, case_id: str, write: Write) -> None:
    assert seen_by(hub, case_id, write(ILSE, ItemKind.REMARK, MENTAL)) == {"ilse"}
    assert seen_by(hub, case_id, write(ILSE, ItemKind.GOAL)) == {"ilse"}


def test_a_remark_about_the_case_reaches_all_who_help_but_care_is_heard_by_care_alone(
    hub: Hub, case_id: str, write: Write
) -> None:
    remark = write(MARLOES, ItemKind.REMARK, about="case")
    assert seen_by(hub, case_id, remark) == {"marloes", "naima", "ilse", "tom"}
    narrow = write(MARLOES, ItemKind.REMARK, about="case", audience=("mw-de-kade",))
    assert seen_by(hub, case_id, narrow) == {"marloes", "naima"}


def test_a_goal_about_health_never_reaches_the_work_side(hub: Hub, case_id: str, write: Write) -> None:
    goal = write(MARLOES, ItemKind.GOAL, MENTAL)
    assert seen_by(hub, case_id, goal) == {"marloes", "ilse"}


def test_a_working_note_is_for_whoever_wrote_it_and_no_timeline_tells_of_it(
    hub: Hub, case_id: str, write: Write
) -> None:
    note = write(MARLOES, ItemKind.NOTE)
    assert note.id in {one.id for one in view(hub, MARLOES, case_id).items}
    assert all(note.id not in {one.id for one in view(hub, who, case_id).items} for who in (NAIMA, TOM, ILSE))
    with hub.store.reading() as session:
        assert session.scalars(select(TimelineEntry).where(TimelineEntry.item_id == note.id)).first() is None


def test_who_has_no_part_and_income_write_nothing(hub: Hub, case_id: str, write: Write) -> None:
    for who in (PETER, ELS, WI_SYSTEM):
        with pytest.raises((NotFound, Forbidden)):
            write(who, ItemKind.REMARK, about="case")


def test_the_second_of_two_who_change_one_step_is_told_and_overwrites_nothing(
    hub: Hub, case_id: str, write: Write
) -> None:
    goal = write(MARLOES, ItemKind.GOAL, FINANCES)
    step = write(MARLOES, ItemKind.STEP, FINANCES, parent_id=goal.id)
    with hub.store.writing() as work:
        first = ItemChange(version=1, changes={"content": {"text": "Eerst bellen."}})
        items.change(work, hub.config, MARLOES, step.id, first)
    with pytest.raises(Outdated) as caught, hub.store.writing() as work:
        late = ItemChange(version=1, changes={"content": {"text": "Eerst mailen."}})
        items.change(work, hub.config, MARLOES, step.id, late)
    assert caught.value.version == 2
    now = next(one for one in view(hub, MARLOES, case_id).items if one.id == step.id)
    assert now.content["text"] == "Eerst bellen."


def test_another_organisation_rewrites_nothing_but_says_how_far_its_own_step_is(
    hub: Hub, case_id: str, write: Write
) -> None:
    goal = write(MARLOES, ItemKind.GOAL, FINANCES)
    step = write(
        MARLOES, ItemKind.STEP, FINANCES, parent_id=goal.id, holder="mw-de-kade", holder_id=NAIMA.id,
        due_on=dt.date(2026, 12, 4),
    )  # fmt: skip
    with pytest.raises(Forbidden), hub.store.writing() as work:
        items.change(work, hub.config, NAIMA, step.id, ItemChange(version=1, changes={"content": {"text": "Anders."}}))
    with hub.store.writing() as work:
        items.settle(work, hub.config, NAIMA, step.id, ItemState.DONE, 1)
    now = next(one for one in view(hub, MARLOES, case_id).items if one.id == step.id)
    assert (now.state, now.holder_name, now.changed_by) == (ItemState.DONE, NAIMA.name, NAIMA.name)
    with pytest.raises(Forbidden), hub.store.writing() as work:
        items.settle(work, hub.config, NAIMA, step.id, ItemState.REMOVED, 2)


def test_a_step_belongs_to_a_goal_of_the_same_case_that_its_writer_sees(hub: Hub, case_id: str, write: Write) -> None:
    hidden = write(ILSE, ItemKind.GOAL)
    for parent in (None, new_id(), hidden.id):
        with pytest.raises(Invalid) as caught:
            write(MARLOES, ItemKind.STEP, FINANCES, parent_id=parent)
        assert caught.value.field == "parent_id"


def test_a_push_brings_the_case_anew_where_something_was_written_and_only_to_who_sees_it(
    hub: Hub, case_id: str, write: Write
) -> None:
    at = {who.id: view(hub, who, case_id).position for who in (NAIMA, TOM)}
    write(MARLOES, ItemKind.GOAL, FINANCES)
    now = dt.datetime.now(dt.UTC)
    with looking_at(hub) as session:
        told = growths(session, hub.config, [(NAIMA, at["naima"])], case_id, now)[0]
        silent = growths(session, hub.config, [(TOM, at["tom"])], case_id, now)[0]
    assert isinstance(told, Growth) and isinstance(silent, Growth)
    assert [entry.kind for entry in told.entries] == ["goal_added"]
    assert told.view is not None and [one.kind for one in told.view.items] == [ItemKind.GOAL]
    assert not silent.entries and silent.view is None


def test_who_sits_at_the_table_sees_what_is_on_it_until_two_weeks_later(hub: Hub, case_id: str, write: Write) -> None:
    goal = write(MARLOES, ItemKind.GOAL, FINANCES)
    other = write(MARLOES, ItemKind.GOAL, LifeDomain.HOUSING)
    topic = write(MARLOES, ItemKind.AGENDA_ITEM, FINANCES, content={"question": "Wie helpt met de post?"})
    now = dt.datetime.now(dt.UTC)
    with hub.store.writing() as work:
        meeting = new_id()
        at = {"starts_at": now, "ends_at": now, "created_at": now}
        work.session.execute(insert(Meeting).values(id=meeting, team=ELS.organisation, state="planned", **at))
        seat = {"item_id": topic.id, "person_id": ELS.id, "case_id": case_id, "meeting_id": meeting}
        until = now + dt.timedelta(days=14)
        work.session.execute(
            insert(Attendance).values(
                **seat, organisation=ELS.organisation, state="invited", until=until, changed_at=now
            )
        )
    there = view(hub, ELS, case_id)
    assert there.client_name == "Karin Smulders" and there.bsn_tail is None and there.referrals == ()
    assert goal.id in {one.id for one in there.items} and other.id not in {one.id for one in there.items}
    with hub.store.writing() as work:
        work.session.execute(update(Attendance).values(until=now - dt.timedelta(seconds=1)))
    with pytest.raises(NotFound):
        view(hub, ELS, case_id)


def test_what_is_shown_to_more_people_later_takes_no_number_that_a_watcher_has(
    hub: Hub, case_id: str, write: Write
) -> None:
    narrow = write(MARLOES, ItemKind.REMARK, about="case", audience=("de-spoel",))
    early = view(hub, NAIMA, case_id)
    write(MARLOES, ItemKind.REMARK, about="case")
    late = view(hub, NAIMA, case_id)
    with hub.store.writing() as work:
        items.change(work, hub.config, MARLOES, narrow.id, ItemChange(version=1, changes={"audience": None}))
    assert _fits_after(hub, case_id, early), "the remark comes after all that this watcher has"
    assert not _fits_after(hub, case_id, late), "the remark would take the number of what this watcher has"


def _fits_after(hub: Hub, case_id: str, seen: CaseView) -> bool:
    with looking_at(hub) as session:
        grown = growths(session, hub.config, [(NAIMA, seen.position)], case_id, dt.datetime.now(dt.UTC))[0]
    assert isinstance(grown, Growth)
    had = {(one.id, False) for one in seen.items} | {(line.id, line.number == "") for line in seen.referrals}
    return still_fits(frozenset(had), grown)


def plan_meeting(hub: Hub) -> str:
    with hub.store.writing() as work:
        return meetings.plan(work, hub.config, ELS, work.now + dt.timedelta(days=2), 60, None).id


def bring_in(hub: Hub, case_id: str, meeting: str, who: Viewer, *domains: LifeDomain, agreed: bool = True) -> CaseItem:
    with hub.store.writing() as work:
        return meetings.bring_in(
            work, hub.config, who, case_id, meeting, question="Wie helpt?", why="Zij vraagt erom.", domains=domains,
            agreed=agreed,
        )  # fmt: skip


def test_a_table_opens_no_more_than_who_brings_the_client_in_sees(hub: Hub, case_id: str, write: Write) -> None:
    housing, meeting = write(MARLOES, ItemKind.GOAL, LifeDomain.HOUSING), plan_meeting(hub)
    for wider in ((FINANCES, LifeDomain.HOUSING), tuple(LifeDomain)):
        with pytest.raises(Invalid) as caught:
            bring_in(hub, case_id, meeting, NAIMA, *wider)
        assert caught.value.field == "life_domains"
    topic = bring_in(hub, case_id, meeting, NAIMA, FINANCES)
    with pytest.raises(Invalid), hub.store.writing() as work:
        items.change(work, hub.config, NAIMA, topic.id, ItemChange(version=1, changes={"life_domains": ()}))
    with pytest.raises(Invalid), hub.store.writing() as work:
        loose = NewItem(kind=ItemKind.AGENDA_ITEM, content={"question": "Wie?"}, meeting_id=meeting)
        items.add(work, hub.config, NAIMA, case_id, loose)
    assert housing.id not in {one.id for one in view(hub, NAIMA, case_id).items}


def test_a_seat_at_which_the_client_has_no_name_opens_nothing_beside_the_name(
    hub: Hub, case_id: str, write: Write
) -> None:
    topic = bring_in(hub, case_id, plan_meeting(hub), MARLOES, LifeDomain.HOUSING, agreed=False)
    with hub.store.writing() as work:
        meetings.invite(work, hub.config, ELS, topic.id, NAIMA.id)
    with looking_at(hub) as session:
        there = meeting_views.table(session, hub.config, NAIMA, topic.id, dt.datetime.now(dt.UTC))
    assert there.topic.client_name == "" and there.view is None
    assert seen_by(hub, case_id, topic) == {"marloes"}, "Naima knows this client by name, and not that it is this one"
    for parent in (topic.id, new_id()):
        with pytest.raises(Invalid) as caught:
            write(NAIMA, ItemKind.AGREEMENT, FINANCES, parent_id=parent)
        assert caught.value.field == "parent_id"


def test_of_whom_something_was_meant_for_one_reads_only_whom_one_knows(hub: Hub, case_id: str, write: Write) -> None:
    first = write(MARLOES, ItemKind.REMARK, about="case", audience=("de-spoel", "ggz-de-leij"))
    told = {who.id: {one.id: one for one in view(hub, who, case_id).items}[first.id] for who in (MARLOES, TOM)}
    assert told["tom"].audience == ("de-spoel",) and told["tom"].audience_names == ("Leerwerkbedrijf De Spoel",)
    assert told["marloes"].audience == ("de-spoel", "ggz-de-leij")
    answer = write(TOM, ItemKind.REMARK, parent_id=first.id, like_parent=True)
    assert seen_by(hub, case_id, answer) == {"marloes", "ilse", "tom"}


def found_by(hub: Hub, who: Viewer, case_id: str, at: dt.datetime) -> tuple[object, ...]:
    """Give all that somebody finds of a client, and of what waits, at one moment."""
    known = (hub.config, who)
    with looking_at(hub) as session:
        return (
            case_view(session, *known, case_id, at),
            worklist(session, *known, at),
            waiting(session, *known, at),
            meeting_views.meetings(session, *known, at),
            agreements.open_agreements(session, *known, at),
            mark_of_list(session, *known, at),
            mark_of_tables(session, *known, at),
            search(session, *known, searching.read("wulp"), at),
        )


def test_what_care_writes_and_whom_it_names_changes_nothing_for_who_may_not_know(
    hub: Hub, case_id: str, write: Write
) -> None:
    at, meeting = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1), plan_meeting(hub)
    people = (MARLOES, PETER, TOM, NAIMA)
    before = [found_by(hub, who, case_id, at) for who in people]
    said = {"content": {"text": f"Wulp: {' '.join(f'@{who.name}' for who in people)}"}, "about": "case"}
    todo = {"content": {"text": "Wulp."}, "holder": "wi-tilburg", "holder_id": MARLOES.id, "due_on": at.date()}
    for domain in (MENTAL, None):
        goal = write(ILSE, ItemKind.GOAL, domain, content={"title": "Wulp."})
        write(ILSE, ItemKind.STEP, domain, parent_id=goal.id, **todo)
        write(ILSE, ItemKind.AGREEMENT, domain, **todo)
        first = write(ILSE, ItemKind.REMARK, domain, **said)
        write(ILSE, ItemKind.REMARK, domain, parent_id=first.id, **said)
        write(ILSE, ItemKind.CONTACT, domain, content={"how": "phone", "text": "Wulp."})
        write(ILSE, ItemKind.APPOINTMENT, domain, content={"what": "Wulp."}, at=at)
        write(ILSE, ItemKind.NOTE, domain, content={"text": "Wulp."})
    for agreed in (True, False):
        topic = bring_in(hub, case_id, meeting, ILSE, MENTAL, agreed=agreed)
        with hub.store.writing() as work:
            meetings.invite(work, hub.config, ELS, topic.id, TOM.id)
    for who, then in zip(people, before, strict=True):
        assert found_by(hub, who, case_id, at) == then, who.name
