"""Whether what one sees of meetings and agreements would look different, as a mark that can be compared.

As with other lists (``list_watch``): decided by the policy, and told without a word of anybody. It also serves who sits
at a table without knowing the client's name, and so can't follow the case.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from hub.models import Attendance, Case, CaseItem, Referral
from hub.services.access.access import status_decision
from hub.services.access.circumstances import circumstances_of_all
from hub.services.access.gaze import gaze
from hub.services.access.item_access import sees
from hub.services.access.ties import NAMELESS, Involved, Seat, ties_of
from hub.services.cases.meetings import LEFT, OF_TEAMS
from hub.services.overview.list_watch import WhoseList, listed, mark_of_all, marks, whose_list
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.vocabulary import ItemKind, ItemState

_LENGTH = 24
_ITEMS, _SEATS = table_of(CaseItem), table_of(Attendance)
_KINDS = [str(kind) for kind in (ItemKind.AGENDA_ITEM, ItemKind.MINUTE, ItemKind.DECISION, ItemKind.AGREEMENT)]
# What was written at tables, without its words: its version tells that they changed.
_WRITTEN = select(*(column for column in _ITEMS.c if column.name != "content")).where(
    _ITEMS.c.case_id.in_(bindparam("cases", expanding=True)), _ITEMS.c.kind.in_(_KINDS)
)
_AT_TABLES = select(_SEATS).where(_SEATS.c.case_id.in_(bindparam("cases", expanding=True)))


@dataclass(frozen=True, kw_only=True)
class TablesOf:
    """The tables where somebody sits, and what somebody must do; of who works in a team also what came in there."""

    person: str
    team: str | None


AnyList = WhoseList | TablesOf


def tables_of(viewer: Viewer) -> TablesOf:
    """Give whose tables a page of meetings shows."""
    return TablesOf(person=viewer.id, team=viewer.organisation if viewer.role in OF_TEAMS else None)


def all_listed(
    session: Session, lists: Iterable[AnyList], now: dt.datetime, cases: Collection[str] | None = None
) -> dict[AnyList, dict[str, int]]:
    """Give the cases of each list, all or of these alone, each with how far it has grown."""
    wanted = set(lists)
    tables = [one for one in wanted if isinstance(one, TablesOf)]
    inbox = {one: WhoseList(of_clients=False, owner=one.team) for one in tables if one.team is not None}
    plain = {one for one in wanted if isinstance(one, WhoseList)} | set(inbox.values())
    found: dict[AnyList, dict[str, int]] = {}
    for whose, its_cases in listed(session, plain, cases).items():
        found[whose] = its_cases
    at_tables = _at_tables(session, [one.person for one in tables], now, cases)
    for one in tables:
        came_in = found[inbox[one]] if one in inbox else {}
        found[one] = {**came_in, **at_tables[one.person]}
    return found


def _at_tables(
    session: Session, people: list[str], now: dt.datetime, cases: Collection[str] | None
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {person: {} for person in people}
    if not people:
        return found
    seats = select(Attendance.person_id, Case.id, Case.position).join(Case, Case.id == Attendance.case_id)
    seats = seats.where(Attendance.person_id.in_(people), Attendance.state != LEFT, Attendance.until > now)
    to_do = select(CaseItem.holder_id, Case.id, Case.position).join(Case, Case.id == CaseItem.case_id)
    to_do = to_do.where(CaseItem.kind == ItemKind.AGREEMENT, CaseItem.holder_id.in_(people))
    for query in (seats, to_do.where(CaseItem.state != ItemState.REMOVED)):
        for person, case_id, position in session.execute(query if cases is None else query.where(Case.id.in_(cases))):
            found[str(person)][case_id] = position
    return found


def all_marks(
    session: Session, config: Configuration, asked: Mapping[tuple[Viewer, AnyList], Collection[str]], now: dt.datetime
) -> dict[tuple[Viewer, AnyList], dict[str, str]]:
    """Give for each viewer of a list the mark of what it shows of each of these cases; of what is not shown, none."""
    plain = {viewer: cases for (viewer, mine), cases in asked.items() if isinstance(mine, WhoseList)}
    tables = {viewer: cases for (viewer, mine), cases in asked.items() if isinstance(mine, TablesOf)}
    came_in = {viewer: cases for viewer, cases in tables.items() if viewer.role in OF_TEAMS}
    found: dict[tuple[Viewer, AnyList], dict[str, str]] = {}
    for viewer, shown in (marks(session, config, plain, now) if plain else {}).items():
        found[viewer, whose_list(viewer)] = shown
    inbox = marks(session, config, came_in, now) if came_in else {}
    for viewer, shown in _table_marks(session, config, tables, now).items():
        both = {case_id: (shown.get(case_id), inbox.get(viewer, {}).get(case_id)) for case_id in tables[viewer]}
        found[viewer, tables_of(viewer)] = {case_id: _hash(pair) for case_id, pair in both.items() if any(pair)}
    return found


def mark_of_tables(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> str:
    """Give one mark for all that the viewer's pages of meetings show: a page keeps it, to ask whether it holds."""
    mine = tables_of(viewer)
    cases = all_listed(session, [mine], now)[mine]
    return mark_of_all(all_marks(session, config, {(viewer, mine): cases}, now)[viewer, mine])


@dataclass(frozen=True, kw_only=True)
class _Case:
    director: str | None
    referrals: list[Referral]
    items: list[Any]
    seats: list[Any]


def _read(session: Session, cases: Collection[str]) -> dict[str, _Case]:
    directors = session.execute(select(Case.id, Case.regisseur_id).where(Case.id.in_(cases)))
    found = {row.id: _Case(director=row.regisseur_id, referrals=[], items=[], seats=[]) for row in directors}
    query = select(Referral).options(defer(Referral.content, raiseload=True)).where(Referral.case_id.in_(cases))
    for referral in session.scalars(query.order_by(Referral.number)):
        found[referral.case_id].referrals.append(referral)
    for row in session.execute(_WRITTEN, {"cases": list(cases)}):
        found[row.case_id].items.append(row)
    for row in session.execute(_AT_TABLES, {"cases": list(cases)}):
        found[row.case_id].seats.append(row)
    return found


def _table_marks(
    session: Session, config: Configuration, asked: Mapping[Viewer, Collection[str]], now: dt.datetime
) -> dict[Viewer, dict[str, str]]:
    cases = {case_id for wanted in asked.values() for case_id in wanted}
    found: defaultdict[Viewer, dict[str, str]] = defaultdict(dict, {viewer: {} for viewer in asked})
    if not cases:
        return found
    there = _read(session, cases)
    facts = circumstances_of_all(session, config, asked, cases, now)
    for viewer, wanted in asked.items():
        for case_id in there.keys() & set(wanted):
            case = there[case_id]
            look = gaze(config, viewer, case.director, now, facts[viewer, case_id])
            seen = [one for one in case.referrals if status_decision(look, one).allow]
            shown = _shown(ties_of(look, seen, _own_seats(case, viewer.id), at_table=True), case)
            if shown:
                found[viewer][case_id] = _hash(shown)
    return found


def _own_seats(case: _Case, person: str) -> list[Seat]:
    topics = {item.id: item for item in case.items}
    return [
        Seat(
            domains=frozenset(topics[one.item_id].life_domains),
            removed=topics[one.item_id].state == ItemState.REMOVED,
            nameless=topics[one.item_id].about == NAMELESS,
            until=one.until,
            item=one.item_id,
            organisation=one.organisation,
            owner=topics[one.item_id].owner,
            purpose=topics[one.item_id].purpose,
        )
        for one in case.seats
        if one.person_id == person and one.state != LEFT and one.item_id in topics
    ]


def _shown(who: Involved, case: _Case) -> list[object]:
    """Give what the pages show: what was written and by which version, and who sits at the tables that are seen."""
    written = sorted((item.id, item.version) for item in case.items if sees(who, item))
    ids = {id_ for id_, _version in written}
    seats = sorted((one.item_id, one.person_id, one.state) for one in case.seats if one.item_id in ids)
    return [*written, *seats]


def _hash(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:_LENGTH]
