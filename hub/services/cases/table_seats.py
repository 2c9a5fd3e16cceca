"""Who sits at the table for one client, what each may know there, and who may still be asked."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Attendance, CaseItem, Person, Post
from hub.rules.access import Category, Mask
from hub.services.access.circumstances import circumstances_of_all
from hub.services.access.gaze import gaze
from hub.services.access.item_access import sees, why_item
from hub.services.access.referral_lines import organisation_name
from hub.services.access.ties import Seat, seats_of, ties_of
from hub.services.cases.meetings import LEFT, NEVER_AT_TABLE, held
from hub.services.people.identity import person_viewer
from hub.services.views.case import CaseView
from hub.services.views.meeting import AtTable
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.vocabulary import Purpose

_SEATS = table_of(Attendance)


def seated(
    session: Session,
    config: Configuration,
    item_id: str,
    *,
    row: CaseItem | None = None,
    director: str | None = None,
    now: dt.datetime | None = None,
) -> tuple[AtTable, ...]:
    """Give who sits at a table; with its ``row`` also what each may know there."""
    query = (
        select(Person.id, Person.name, Person.organisation)
        .join(_SEATS, _SEATS.c.person_id == Person.id)
        .where(_SEATS.c.item_id == item_id, _SEATS.c.state != LEFT)
        .order_by(Person.name)
    )
    rows = session.execute(query).all()
    known = _known(session, config, row, director, now, [one.id for one in rows]) if row is not None and now else {}
    return tuple(_at(config, one, known.get(one.id)) for one in rows)


def who_sits(session: Session, item_id: str, now: dt.datetime) -> frozenset[str]:
    """Give the ids of who has a seat at a table now."""
    query = select(_SEATS.c.person_id).where(_SEATS.c.item_id == item_id, _SEATS.c.state != LEFT, _SEATS.c.until > now)
    return frozenset(session.execute(query).scalars())


def _known(
    session: Session,
    config: Configuration,
    row: CaseItem,
    director: str | None,
    now: dt.datetime,
    people: list[str],
) -> dict[str, tuple[bool, tuple[str, ...]]]:
    viewers = [one for one in (person_viewer(session, config, person) for person in people) if one is not None]
    facts = circumstances_of_all(session, config, viewers, [row.case_id], now)
    seats = seats_of(session, row.case_id, people)
    found = {}
    for viewer in viewers:
        look = gaze(config, viewer, director, now, facts[viewer, row.case_id])
        found[viewer.id] = _by_seat(look, row, [seat for seat in seats[viewer.id] if seat.item == row.id])
    return {person: found.get(person, (False, ())) for person in people}


def _by_seat(look: Any, row: CaseItem, seats: Iterable[Seat]) -> tuple[bool, tuple[str, ...]]:
    who = ties_of(look, (), seats, at_table=True)
    open_ = tuple(
        domain
        for domain in row.life_domains
        if why_item(
            who, category=Category.GOAL_PLAN, owner=row.owner, purpose=Purpose.GUIDANCE, domains=(domain,)
        ).decision.mask
        is Mask.FULL
    )
    return sees(who, row), open_


def may_come(
    session: Session, config: Configuration, view: CaseView | None, team: str, seats: Iterable[AtTable], today: dt.date
) -> tuple[AtTable, ...]:
    """Give who may still be invited: those who work where this client is helped, and in the team."""
    codes = [code for code, _name in view.parties] if view is not None else []
    query = (
        select(Person.id, Person.name, Person.organisation)
        .join(Post, Post.person_id == Person.id)
        .where(Person.organisation.in_([*codes, team]), Person.active.is_(True))
        .where(held(today), Post.role.not_in(NEVER_AT_TABLE))
        .order_by(Person.name)
        .distinct()
    )
    there = {seat.person_id for seat in seats}
    return tuple(_at(config, row, None) for row in session.execute(query) if row.id not in there)


def _at(config: Configuration, row: Any, known: tuple[bool, tuple[str, ...]] | None) -> AtTable:
    there, domains = known if known is not None else (True, ())
    return AtTable(
        person_id=row.id,
        name=row.name,
        organisation=row.organisation,
        organisation_name=organisation_name(config, row.organisation),
        there=there,
        domains=domains,
    )
