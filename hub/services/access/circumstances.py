"""What changes an answer of the access policy for one viewer in one case: the facts behind the flags of a question."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    DateTime,
    Select,
    String,
    bindparam,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from hub.models import Case, ClosedFile, Emergency, Objection, Post
from hub.models.columns import UtcMoment
from hub.rules.access import Flag
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Purpose

_CASES, _OBJECTIONS = table_of(Case), table_of(Objection)
_CLOSED, _EMERGENCIES, _POSTS = table_of(ClosedFile), table_of(Emergency), table_of(Post)
_NEVER: Any = cast(null(), DateTime(timezone=True))


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """The flags that hold for a viewer in a case, and the emergency access that runs there."""

    flags: frozenset[Flag] = frozenset()
    emergency_since: dt.datetime | None = None
    emergency_until: dt.datetime | None = None


def _one(flag: Flag, table: Any, case_id: Any, *holds: Any, until: Any = _NEVER, since: Any = _NEVER) -> Select[Any]:
    return (
        select(
            literal(str(flag)).label("flag"),
            case_id.label("case_id"),
            type_coerce(since, UtcMoment).label("since"),
            type_coerce(until, UtcMoment).label("until"),
        )
        .select_from(table)
        .where(case_id.in_(bindparam("cases", expanding=True)), *holds)
    )


_OF_CASE = (
    _one(Flag.OBJECTION, _OBJECTIONS, _OBJECTIONS.c.case_id, _OBJECTIONS.c.lifted_at.is_(None)),
    _one(Flag.OTHER_MUNICIPALITY, _CASES, _CASES.c.id, _CASES.c.municipality != bindparam("municipality")),
)
_RUNS = (
    _EMERGENCIES.c.ended_at.is_(None),
    _EMERGENCIES.c.since <= bindparam("now", type_=UtcMoment),
    _EMERGENCIES.c.until > bindparam("now", type_=UtcMoment),
)
_OF_PERSON = (
    _one(Flag.OWN_OR_RELATIVE_FILE, _CLOSED, _CLOSED.c.case_id, _CLOSED.c.person_id == bindparam("person")),
    _one(
        Flag.BREAK_GLASS,
        _EMERGENCIES,
        _EMERGENCIES.c.case_id,
        _EMERGENCIES.c.person_id == bindparam("person"),
        _EMERGENCIES.c.role == bindparam("role"),
        _EMERGENCIES.c.purpose == bindparam("purpose"),
        *_RUNS,
        since=_EMERGENCIES.c.since,
        until=_EMERGENCIES.c.until,
    ),
)
_WEARS = (
    _POSTS.c.purpose.in_((Purpose.INCOME, Purpose.ENFORCEMENT)),
    _POSTS.c.starts_on <= bindparam("today"),
    or_(_POSTS.c.ends_on.is_(None), _POSTS.c.ends_on >= bindparam("today")),
)
_SECOND_HATS = exists().where(_POSTS.c.person_id == bindparam("person"), *_WEARS)
_HATS = _one(Flag.SECOND_HAT, _CASES, _CASES.c.id, _SECOND_HATS)
# One statement for each kind of viewer: a system has no relatives and no emergencies.
_SYSTEMS_ASK, _PEOPLE_ASK = union_all(*_OF_CASE), union_all(*_OF_PERSON, _HATS, *_OF_CASE)


def circumstances(
    session: Session | UnitOfWork, config: Configuration, viewer: Viewer, cases: Collection[str], now: dt.datetime
) -> dict[str, Circumstances]:
    """Give the circumstances of a viewer in each of these cases, in one statement."""
    of_all = _of_the_installation(config, now)
    found = {case_id: Circumstances(flags=of_all) for case_id in cases}
    if not found:
        return found
    values: dict[str, Any] = {"cases": list(found), "municipality": config.municipality.code}
    statement = _SYSTEMS_ASK
    if viewer.role != "machine":
        statement = _PEOPLE_ASK
        values |= {"person": viewer.id, "role": viewer.role, "purpose": viewer.purpose, "now": now}
        values["today"] = now.date()
    for row in session.execute(statement, values):
        known = found[row.case_id]
        if row.flag == Flag.BREAK_GLASS:
            found[row.case_id] = Circumstances(flags=known.flags, emergency_since=row.since, emergency_until=row.until)
        else:
            found[row.case_id] = Circumstances(
                flags=known.flags | {Flag(row.flag)},
                emergency_since=known.emergency_since,
                emergency_until=known.emergency_until,
            )
    return found


_PEOPLE: Any = bindparam("people", expanding=True)
_NOBODY: Any = cast(null(), String(36))


def _for_many(part: Select[Any], person: Any, role: Any = _NOBODY, purpose: Any = _NOBODY) -> Select[Any]:
    return part.add_columns(person.label("person_id"), role.label("role"), purpose.label("purpose"))


_OF_MANY = union_all(
    *(_for_many(part, _NOBODY) for part in _OF_CASE),
    _for_many(
        _one(Flag.OWN_OR_RELATIVE_FILE, _CLOSED, _CLOSED.c.case_id, _CLOSED.c.person_id.in_(_PEOPLE)),
        _CLOSED.c.person_id,
    ),
    _for_many(
        _one(
            Flag.BREAK_GLASS,
            _EMERGENCIES,
            _EMERGENCIES.c.case_id,
            _EMERGENCIES.c.person_id.in_(_PEOPLE),
            *_RUNS,
            since=_EMERGENCIES.c.since,
            until=_EMERGENCIES.c.until,
        ),
        _EMERGENCIES.c.person_id,
        _EMERGENCIES.c.role,
        _EMERGENCIES.c.purpose,
    ),
    _for_many(
        _one(Flag.SECOND_HAT, _CASES.join(_POSTS, true()), _CASES.c.id, _POSTS.c.person_id.in_(_PEOPLE), *_WEARS),
        _POSTS.c.person_id,
    ),
)


def circumstances_of_all(
    session: Session, config: Configuration, viewers: Iterable[Viewer], cases: Collection[str], now: dt.datetime
) -> dict[tuple[Viewer, str], Circumstances]:
    """Give the circumstances of many viewers in many cases, in one statement; each is what ``circumstances`` gives."""
    everyone, of_all = list(viewers), _of_the_installation(config, now)
    values: dict[str, Any] = {
        "cases": list(cases),
        "municipality": config.municipality.code,
        "people": list({viewer.id for viewer in everyone}),
        "now": now,
        "today": now.date(),
    }
    known: defaultdict[tuple[str | None, str], list[Any]] = defaultdict(list)
    for row in session.execute(_OF_MANY, values):
        known[row.person_id, row.case_id].append(row)
    plain = Circumstances(flags=of_all)
    found = {}
    for viewer in everyone:
        for case_id in cases:
            rows = [*known.get((None, case_id), ()), *known.get((viewer.id, case_id), ())]
            found[viewer, case_id] = _put_together(of_all, viewer, rows) if rows else plain
    return found


def _put_together(of_all: frozenset[Flag], viewer: Viewer, rows: Iterable[Any]) -> Circumstances:
    mine = [row for row in rows if row.person_id is None or viewer.role != "machine"]
    glass = [row for row in mine if row.flag == Flag.BREAK_GLASS]
    runs = [row for row in glass if (row.role, row.purpose) == (viewer.role, viewer.purpose)]
    return Circumstances(
        flags=of_all | {Flag(row.flag) for row in mine if row.flag != Flag.BREAK_GLASS},
        emergency_since=runs[-1].since if runs else None,
        emergency_until=runs[-1].until if runs else None,
    )


def _of_the_installation(config: Configuration, now: dt.datetime) -> frozenset[Flag]:
    """Give the flags that the municipality's own choices set."""
    flags = set()
    if not config.policy.masked_care_status_without_consent:
        flags.add(Flag.CARE_STATUS_BY_CONSENT)
    if config.policy.wams_from is not None and now.date() >= config.policy.wams_from:
        flags.add(Flag.WAMS_IN_FORCE)
    return frozenset(flags)
