"""Read what figures are made of: each referral that counts for a viewer, with its course as known at a moment."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Objection, Person, Post, Referral, TimelineEntry
from hub.rules.access_tables import WORK_SIDE
from hub.rules.lifecycle import OPEN
from hub.rules.reporting import Course, Period, Step, course, promised_days
from hub.services.access.release import about_health
from hub.services.referrals.retractions import RETRACTED
from hub.settings import Configuration
from schemas.vocabulary import Event, OrganisationKind, Urgency

_TOLD_WITH = (Event.DECLINE, Event.COMPLETE)  # of these the reason or the outcome counts


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One referral as figures need it: nobody's name, and the case only to tell people apart."""

    person: str
    sender: str
    receiver: str
    domain: str
    area: str | None
    promised: int
    course: Course
    care: bool

    def said(self, what: str) -> str | None:
        """Give what was said with its last step: the ``reason`` of a decline, the ``outcome`` of an end."""
        found = (self.course.last.said or {}).get(what)
        return str(found) if found else None


def facts(
    session: Session, config: Configuration, organisation: str | None, period: Period, known_at: dt.datetime
) -> list[Fact]:
    """Give the referrals of an organisation, or all, that were sent before the end of a period and ran in it or later.

    Whoever objected is left out: until that is decided, the data are used for nothing else.
    """
    counts = _counts(config, organisation, period, known_at)
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    said = _said(session, counts, period, known_at)
    for row in session.execute(
        select(
            TimelineEntry.referral_id,
            TimelineEntry.case_id,
            TimelineEntry.position,
            TimelineEntry.kind,
            TimelineEntry.at,
        )
        .join(Referral, TimelineEntry.referral_id == Referral.id)
        .join(Case, Referral.case_id == Case.id)
        .where(*counts, TimelineEntry.kind.in_([*Event, RETRACTED]), TimelineEntry.at <= known_at)
        .order_by(TimelineEntry.case_id, TimelineEntry.position)
    ):
        event = None if row.kind == RETRACTED else Event(row.kind)
        steps[row.referral_id].append(Step(event=event, at=row.at, said=said.get((row.case_id, row.position))))
    rows = session.execute(
        select(
            Referral.id,
            Referral.case_id,
            Referral.sender,
            Referral.receiver,
            Referral.service,
            Referral.urgency,
            Referral.life_domains,
            Case.area,
        )
        .join(Case, Referral.case_id == Case.id)
        .where(*counts)
    )
    return [fact for row in rows if (fact := _fact(config, row, steps.get(row.id, ()))) is not None]


def _counts(
    config: Configuration, organisation: str | None, period: Period, known_at: dt.datetime
) -> tuple[ColumnElement[bool], ...]:
    """Give which referrals count: of the whole, or those that one organisation sent or received."""
    objected = exists().where(Objection.case_id == Referral.case_id, Objection.lifted_at.is_(None))
    found: list[ColumnElement[bool]] = [
        Case.municipality == config.municipality.code,
        Referral.created_at < min(period.end, known_at),
        or_(Referral.changed_at >= period.start, Referral.status.in_([str(status) for status in OPEN])),
        ~objected,
    ]
    if organisation is not None:
        found.append(or_(Referral.sender == organisation, Referral.receiver == organisation))
    return tuple(found)


def _said(
    session: Session, counts: tuple[ColumnElement[bool], ...], period: Period, known_at: dt.datetime
) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    """Give the codes that were told with ends in the period; of what else was said, nothing is kept."""
    rows = session.execute(
        select(CaseKey.key, TimelineEntry.case_id, TimelineEntry.position, TimelineEntry.data)  # the key comes first
        .select_from(TimelineEntry)
        .join(Referral, TimelineEntry.referral_id == Referral.id)
        .join(Case, Referral.case_id == Case.id)
        .outerjoin(CaseKey, CaseKey.owner == TimelineEntry.case_id)
        .where(
            *counts,
            TimelineEntry.kind.in_([str(event) for event in _TOLD_WITH]),
            TimelineEntry.at >= period.start,
            TimelineEntry.at <= known_at,
        )
    )
    return {
        (row.case_id, row.position): {key: row.data[key] for key in ("reason", "outcome") if key in row.data}
        for row in rows
        if row.data
    }


def _fact(config: Configuration, row: Any, steps: Iterable[Step]) -> Fact | None:
    came_to = course(list(steps))
    if came_to is None:
        return None
    service = config.services.get(row.service or "")
    return Fact(
        person=row.case_id,
        sender=row.sender,
        receiver=row.receiver,
        domain=next(iter(row.life_domains), ""),
        area=row.area,
        promised=promised_days(Urgency(row.urgency), service.reply_days if service else None),
        course=came_to,
        care=about_health(config, row.life_domains, row.sender, row.receiver),
    )


def only_counted(config: Configuration, organisation: str, fact: Fact) -> bool:
    """Whether an organisation may know of a referral no more than that it is there, figures included.

    So it is with what is about health, but for who helps in it. Work & Income and re-integration partners never know.
    """
    kind = config.organisations[organisation].kind
    if not fact.care:
        return False
    return kind in WORK_SIDE or not (organisation == fact.receiver or kind is OrganisationKind.MENTAL_HEALTH)


def team_of(session: Session, config: Configuration, organisation: str, day: dt.date) -> dict[str, frozenset[str]]:
    """Give the clients of each regisseur of an organisation, those without clients too."""
    regisseurs = session.scalars(
        select(Person.id)
        .join(Post, Post.person_id == Person.id)
        .where(
            Person.organisation == organisation,
            Person.active,
            Post.role == "case_director",
            Post.starts_on <= day,
            or_(Post.ends_on.is_(None), Post.ends_on >= day),
        )
        .distinct()
    ).all()
    found: dict[str, set[str]] = {one: set() for one in regisseurs}
    rows = session.execute(
        select(Case.regisseur_id, Case.id).where(
            Case.regisseur_id.in_(regisseurs), Case.municipality == config.municipality.code
        )
    )
    for row in rows:
        found[row.regisseur_id].add(row.id)
    return {one: frozenset(cases) for one, cases in found.items()}
