"""The case discussion of a Toegangsteam: plan a meeting, bring a client in, say who sits at the table for which client.

Who may be there is said for each client, and ends by itself two weeks after the meeting. A seat opens no more than the
policy gives by it (rule A06): what the meeting was asked about, within the life domains that were brought in.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, insert, or_, select, update

from hub.models import Attendance, Case, CaseItem, Meeting, Person, Post
from hub.services.access.actors import NO_PART
from hub.services.access.item_access import open_domains
from hub.services.access.ties import NAMELESS, ends_at
from hub.services.cases import items
from hub.services.errors import Forbidden, Invalid, NotFound
from hub.services.record.timeline import look_again
from hub.services.views.case import ItemView
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain

PLANNED = "planned"
INVITED, LEFT = "invited", "left"
COORDINATOR = "team_coordinator"
OF_TEAMS = ("team_coordinator", "team_member")
NEVER_AT_TABLE = NO_PART | {"privacy_officer", "machine", "planner"}
"""Roles to which a seat at a table opens nothing."""
USUAL_MINUTES = 15
_SEATS = table_of(Attendance)


def held(day: dt.date) -> ColumnElement[bool]:
    """Give the condition that a post is held on a day: who worked in the team once, has no seat by that."""
    return (Post.starts_on <= day) & or_(Post.ends_on.is_(None), Post.ends_on >= day)


def plan(
    work: UnitOfWork, config: Configuration, actor: Viewer, starts_at: dt.datetime, minutes: int, place: str | None
) -> Meeting:
    """Plan a meeting of the actor's own team; ``Forbidden`` for who coordinates none, ``Invalid`` with the field."""
    if actor.role != COORDINATOR or config.organisation(actor.organisation) is None:
        raise Forbidden("Only the coordinator of a team plans its meetings.")
    if starts_at <= work.now:
        raise Invalid("This moment has passed already.", field="at_day")
    if not 15 <= minutes <= 480:
        raise Invalid("A meeting takes a quarter of an hour to eight hours.", field="minutes")
    made = Meeting(
        id=new_id(),
        team=actor.organisation,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=minutes),
        place=place,
        state=PLANNED,
        chair_id=actor.id,
        created_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    return made


def bring_in(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    case_id: str,
    meeting_id: str,
    *,
    question: str,
    why: str,
    domains: Sequence[LifeDomain],
    agreed: bool,
    minutes: int = USUAL_MINUTES,
) -> CaseItem:
    """Put a client on the agenda of a meeting; ``agreed`` says that the client is fine with it: else without a name.

    The team, whoever brings the client in and the regisseur get a seat. ``Invalid`` with the field that lacks.
    """
    meeting = work.session.get(Meeting, meeting_id)
    if meeting is None or meeting.ends_at <= work.now:
        raise Invalid("There is no such meeting to come.", field="meeting_id")
    regisseur = work.session.execute(select(Case.regisseur_id).where(Case.id == case_id)).scalar_one_or_none()
    if not domains or not set(domains) <= set(_seen_by(work, config, actor, case_id, regisseur)):
        raise Invalid("Say which life domains the meeting may know of.", field="life_domains")
    if not why.strip():
        raise Invalid("Say why the meeting must know this.", field="why")
    new = NewItem(
        kind=ItemKind.AGENDA_ITEM,
        content={"question": question, "why": why, "minutes": minutes},
        life_domains=tuple(domains),
        about=None if agreed else NAMELESS,
        holder=meeting.team,  # the team says when it was discussed
        at=_next_free(work, meeting),
        meeting_id=meeting.id,
    )
    item = items.write_down(work, config, actor, case_id, new)
    for person_id, organisation in sorted(_first_seats(work, actor, meeting, regisseur)):
        _seat(work, meeting, item, person_id, organisation)
    look_again(work, case_id)
    return item


def _seen_by(
    work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, regisseur: str | None
) -> tuple[LifeDomain, ...]:
    """Give the life domains of the plan that someone sees: a seat may open no more than who gives it knows."""
    who = items.involved_in(work, config, actor, case_id)
    director = work.session.get(Person, regisseur) if regisseur is not None else None
    return open_domains(who, director.organisation if director is not None else config.desk)


def _next_free(work: UnitOfWork, meeting: Meeting) -> dt.datetime:
    """Give when the next client can be discussed: after all who are on the agenda."""
    query = select(CaseItem).where(CaseItem.meeting_id == meeting.id, CaseItem.kind == ItemKind.AGENDA_ITEM)
    there = work.session.scalars(query.where(CaseItem.state != ItemState.REMOVED))
    taken = sum(int(item.content.get("minutes", USUAL_MINUTES)) for item in there)
    return meeting.starts_at + dt.timedelta(minutes=taken)


def _first_seats(work: UnitOfWork, actor: Viewer, meeting: Meeting, regisseur: str | None) -> set[tuple[str, str]]:
    """Give who sits there from the start: the people of the team, whoever brings the client in, the regisseur."""
    team = (
        select(Person.id, Person.organisation)
        .join(Post, Post.person_id == Person.id)
        .where(Person.active.is_(True), held(work.now.date()))
        .where(Person.organisation == meeting.team, Post.organisation == meeting.team, Post.role.in_(OF_TEAMS))
    )
    found = {(str(one.id), str(one.organisation)) for one in work.session.execute(team)}
    found.add((actor.id, actor.organisation))
    if regisseur is not None:
        director = work.session.get_one(Person, regisseur)
        found.add((director.id, director.organisation))
    return found


def _seat(work: UnitOfWork, meeting: Meeting, item: CaseItem, person_id: str, organisation: str) -> None:
    given = {"state": INVITED, "until": ends_at(meeting.ends_at), "changed_at": work.now}
    place = (_SEATS.c.item_id == item.id) & (_SEATS.c.person_id == person_id)
    if work.execute(update(_SEATS).where(place).values(**given)).rowcount:
        return
    who = {"item_id": item.id, "person_id": person_id, "case_id": item.case_id, "meeting_id": meeting.id}
    work.execute(insert(_SEATS), {**who, "organisation": organisation, **given})


def invite(work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, person_id: str) -> None:
    """Give someone a seat for one client; who chairs the meeting may, and who brought the client in."""
    item, meeting = _to_arrange(work, config, actor, item_id)
    sits = select(Person).join(Post, Post.person_id == Person.id)
    sits = sits.where(Person.id == person_id, Person.active.is_(True))
    sits = sits.where(held(work.now.date()), Post.role.not_in(NEVER_AT_TABLE))
    person = work.session.scalars(sits.limit(1)).one_or_none()
    if person is None or config.organisation(person.organisation) is None:
        raise Invalid("There is nobody like that to invite.", field="person")
    _seat(work, meeting, item, person.id, person.organisation)
    look_again(work, item.case_id)


def leave(work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, person_id: str) -> None:
    """End a seat at once: one's own, or another's by who arranges the table."""
    item, _meeting = _to_arrange(work, config, actor, item_id, own=person_id == actor.id)
    place = (_SEATS.c.item_id == item.id) & (_SEATS.c.person_id == person_id)
    work.execute(update(_SEATS).where(place).values(state=LEFT, changed_at=work.now))
    look_again(work, item.case_id)


def _to_arrange(
    work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, *, own: bool = False
) -> tuple[CaseItem, Meeting]:
    item, _who = items.load(work, config, actor, item_id)
    if item.kind != ItemKind.AGENDA_ITEM or item.meeting_id is None:
        raise NotFound("There is no such item.")
    meeting = work.session.get_one(Meeting, item.meeting_id)
    if not own and not arranges(actor, meeting, item.author_id):
        raise Forbidden("Only who chairs the meeting, or brought the client in, says who sits at the table.")
    return item, meeting


def arranges(viewer: Viewer, meeting: Meeting, author_id: str) -> bool:
    """Whether someone says who sits at the table: who coordinates the team, and who brought the client in."""
    chairs = viewer.organisation == meeting.team and viewer.role == COORDINATOR
    return chairs or viewer.id == author_id


def at_this_table(new: NewItem, topic: ItemView) -> NewItem:
    """Give what is written at a table as part of it: about its life domains, in its meeting, for who sits there."""
    if new.kind not in (ItemKind.MINUTE, ItemKind.DECISION, ItemKind.AGREEMENT):
        raise Invalid("This is not written at a table.", field="kind")
    domains = tuple(LifeDomain(code) for code in topic.life_domains)
    return replace(new, parent_id=topic.id, meeting_id=topic.meeting_id, life_domains=domains, audience=None)


def viewer_sits(viewer: Viewer) -> bool:
    """Whether someone in this role may sit at the table of a meeting."""
    return viewer.role not in NEVER_AT_TABLE
