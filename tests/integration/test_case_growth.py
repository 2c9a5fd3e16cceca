"""What is pushed to many at once is what each would be shown alone, whoever looks, and each is told of by name."""

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from hub.app import create_web
from hub.models import Attendance, ClosedFile, Meeting, Post
from hub.rules.audit import Deed, Outcome
from hub.services.access import emergencies
from hub.services.access.circumstances import circumstances, circumstances_of_all
from hub.services.access.gaze import gaze_at
from hub.services.cases.case_entries import found_in
from hub.services.cases.case_growth import Growth, Lost, growths
from hub.services.cases.case_view import case_view, entries_after
from hub.services.errors import NotFound
from hub.services.record.audit import Entry
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.web.fragments import render_entry
from hub.wiring import Hub
from schemas.message import Ground
from schemas.vocabulary import Basis, Event, ItemKind, Purpose
from tests.builders import new_referral
from tests.integration.callers import looking_at
from tests.integration.conftest import add_viewer
from tests.integration.test_items import ELS, FINANCES, MENTAL, Write, case_id, hub, write
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM

__all__ = ["case_id", "hub", "write"]

PLACES = [
    *(
        (one.organisation, one.organisation_name, one.role, one.purpose)
        for one in (MARLOES, PETER, NAIMA, ILSE, TOM, ELS)
    ),
    ("wi-tilburg", "Werk & Inkomen Tilburg", "case_director", Purpose.TRIAGE),
    ("wi-tilburg", "Werk & Inkomen Tilburg", "job_matcher", Purpose.PLACEMENT),
    ("wi-tilburg", "Werk & Inkomen Tilburg", "machine", Purpose.GUIDANCE),
    ("mw-de-kade", "Maatschappelijk werk De Kade", "debt_counsellor", Purpose.DEBT_HELP),
    ("ggz-de-leij", "GGZ De Leij", "intake_worker", Purpose.TREATMENT),
    ("ggz-de-leij", "GGZ De Leij", "machine", Purpose.TREATMENT),
    ("toegang-noord", "Toegangsteam Noord", "team_member", Purpose.TRIAGE),
    ("gemeente-tilburg", "Gemeente Tilburg", "functional_admin", Purpose.OPERATIONS),
    ("gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", Purpose.ACCOUNTABILITY),
]
HELPER = replace(NAIMA, id="helper", name="Hanneke Smit")
NURSE = replace(ELS, id="nurse", name="Sanne Bos", organisation="toegang-noord", organisation_name="Toegangsteam Noord")
PEOPLE = [MARLOES, PETER, NAIMA, ILSE, TOM, ELS, HELPER, NURSE]


@pytest.fixture
def full_case(hub: Hub, case_id: str, write: Write) -> str:
    """Give a case that some see in part; it is closed to one, opened to one, and one has another hat."""
    with hub.store.writing() as work:
        for one in (HELPER, NURSE):
            add_viewer(work, one)
        ground = Ground(basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE)
        new = new_referral(case_id=case_id, to="ggz-de-leij", life_domains=(MENTAL,), ground=ground)
        hidden = sending.send_referral(work, hub.config, MARLOES, new).id
    for event in (Event.RECEIVE, Event.ACCEPT):
        with hub.store.writing() as work:
            locked = referrals.load_for_change(work, hidden)
            referrals.record_event(work, hub.config, ILSE, locked, referrals.NewEvent(event=event, note="F33"))
    write(MARLOES, ItemKind.GOAL, FINANCES)
    write(NAIMA, ItemKind.REMARK, about="case")
    write(MARLOES, ItemKind.REMARK, about="case", audience=("mw-de-kade",))
    write(ILSE, ItemKind.REMARK, MENTAL)
    write(NAIMA, ItemKind.NOTE)
    seat(hub, case_id, write(MARLOES, ItemKind.AGENDA_ITEM, FINANCES, content={"question": "Wie helpt?"}).id)
    now = dt.datetime.now(dt.UTC)
    with hub.store.writing() as work:
        closed = {"case_id": case_id, "person_id": HELPER.id, "registered_at": now, "registered_by": "marloes"}
        work.session.execute(insert(ClosedFile).values(**closed))
        hat = {"organisation": "wi-tilburg", "role": "enforcer", "purpose": Purpose.ENFORCEMENT, "title": "x"}
        work.session.execute(insert(Post).values(id="hat", person_id=TOM.id, starts_on=now.date(), **hat))
        emergencies.open_emergency(
            work, hub.config, NURSE, whom=case_id, danger="life", reason="Zij neemt al twee dagen niet op."
        )
    return case_id


def seat(hub: Hub, case_id: str, topic: str) -> None:
    """Give Els a seat at the table of a meeting about this."""
    now, meeting = dt.datetime.now(dt.UTC), "meeting"
    with hub.store.writing() as work:
        at = {"starts_at": now, "ends_at": now, "created_at": now}
        work.session.execute(insert(Meeting).values(id=meeting, team=ELS.organisation, state="planned", **at))
        hers = {"item_id": topic, "person_id": ELS.id, "case_id": case_id, "meeting_id": meeting}
        until = {"until": now + dt.timedelta(days=14), "changed_at": now}
        work.session.execute(insert(Attendance).values(**hers, **until, organisation=ELS.organisation, state="invited"))


def anyone(chance: random.Random) -> Viewer:
    """Give a person of the case, or nobody that it knows, in a place that may not be the person's own."""
    who = chance.choice([*PEOPLE, *PEOPLE, replace(NAIMA, id=f"stranger-{chance.randrange(3)}", name="Bo Stranger")])
    if chance.random() < 0.5:
        return who
    organisation, name, role, purpose = chance.choice(PLACES)
    return replace(who, organisation=organisation, organisation_name=name, role=role, purpose=purpose)


def alone(session: Session, hub: Hub, viewer: Viewer, case_id: str, after: int, now: dt.datetime) -> Any:
    """Give what one viewer is shown by the way of the page, or nothing."""
    try:
        entries = entries_after(session, hub.config, viewer, case_id, after, now)
        view = case_view(session, hub.config, viewer, case_id, now)
    except NotFound:
        return None
    found = found_in(session, gaze_at(session, hub.config, viewer, case_id, MARLOES.id, now), case_id)
    return entries, replace(view, entries=(), position=0), found.shape


@pytest.mark.parametrize("seed", range(3))
def test_many_at_once_get_what_each_gets_alone(hub: Hub, full_case: str, seed: int) -> None:
    chance, now = random.Random(seed), dt.datetime.now(dt.UTC)
    watchers = [(anyone(chance), chance.randrange(12)) for _ in range(60)]
    app = create_web(hub).app
    with looking_at(hub) as session, app.app_context():
        together = growths(session, hub.config, watchers, full_case, now)
        for (viewer, after), grown in zip(watchers, together, strict=True):
            expected = alone(session, hub, viewer, full_case, after, now)
            if expected is None:
                assert isinstance(grown, Lost), viewer
                continue
            assert isinstance(grown, Growth), viewer
            assert list(grown.entries) == expected[0], viewer
            assert grown.shape == expected[2], viewer
            assert grown.view is None or grown.view == expected[1], viewer
            if grown.view is None:
                drawn = [[render_entry(entry, who) for entry in expected[0]] for who in (viewer, grown.seen_by)]
                assert drawn[0] == drawn[1], viewer
    assert len({type(one) for one in together}) == 2, "some see it, and some do not"


def test_each_is_told_to_the_audit_log_by_name_and_who_is_refused_too(hub: Hub, full_case: str) -> None:
    others = [replace(NAIMA, id=f"colleague-{number}", session_id=f"s{number}") for number in range(3)]
    stranger = replace(ELS, id="stranger", organisation="toegang-noord")
    now = dt.datetime.now(dt.UTC)
    with looking_at(hub) as session:
        told: list[Entry] = session.info["schakel audit"]
        found = growths(session, hub.config, [(one, 0) for one in (*others, stranger)], full_case, now)
        grouped = list(told)
        told.clear()
        entries_after(session, hub.config, others[0], full_case, 0, now)
        by_one = told[0]
        told.clear()
    assert len({id(one) for one in found[:3]}) == 1, "decided once"
    assert [entry.viewer for entry in grouped] == [*others, stranger]
    assert [entry.outcome for entry in grouped] == [Outcome.OK] * 3 + [Outcome.DENIED]
    assert {entry.deed for entry in grouped} == {Deed.CASE_PUSH}
    for entry in grouped[:3]:
        assert entry.objects == by_one.objects
        assert set(by_one.sights) <= set(entry.sights)


def test_who_wrote_something_is_never_decided_for_as_a_colleague(hub: Hub, full_case: str) -> None:
    colleague = replace(NAIMA, id="colleague")
    with looking_at(hub) as session:
        mine, theirs = growths(session, hub.config, [(NAIMA, 0), (colleague, 0)], full_case, dt.datetime.now(dt.UTC))
    assert isinstance(mine, Growth) and isinstance(theirs, Growth)
    assert mine.view is not None and theirs.view is not None
    notes = [
        [one.id for one in grown.view.items if one.kind is ItemKind.NOTE] for grown in (mine, theirs) if grown.view
    ]
    assert [len(one) for one in notes] == [1, 0]
    assert any(one.mine for one in mine.view.items) and not any(one.mine for one in theirs.view.items)


def test_the_circumstances_of_many_are_those_of_each(hub: Hub, full_case: str) -> None:
    chance, now = random.Random(7), dt.datetime.now(dt.UTC)
    viewers = list(dict.fromkeys(anyone(chance) for _ in range(60)))
    with hub.store.reading() as session:
        together = circumstances_of_all(session, hub.config, viewers, [full_case], now)
        for viewer in viewers:
            assert (
                together[viewer, full_case] == circumstances(session, hub.config, viewer, [full_case], now)[full_case]
            ), viewer
    assert len({one.flags for one in together.values()}) > 1
