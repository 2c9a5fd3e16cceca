"""Figures about the work: who may have them, of which referrals, and how small a group they may tell of.

One's own work: the referrals that the viewer's organisation sent or received, for roles that take part in help. The
whole municipality: a policy adviser, where the access policy gives each number (rule A13).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from hub.rules.access import (
    Action,
    BasisState,
    Category,
    Decision,
    Flag,
    Law,
    Question,
    Relation,
    RelationState,
    decide,
)
from hub.rules.audit import Deed
from hub.rules.reporting import (
    DECLINE_REASONS,
    OTHER,
    SMALLEST_TEAM,
    VERSION,
    Period,
    Stand,
    half_year_of,
    midnight,
    month_of,
    next_month,
)
from hub.rules.small_numbers import OUTSIDE, OWN_WORK
from hub.rules.working_days import local_day
from hub.services.errors import NotFound
from hub.services.overview.report_view import CaseloadRow, Figure, Report
from hub.services.overview.reporting_counts import Counter
from hub.services.overview.reporting_facts import Fact, facts, only_counted, team_of
from hub.services.record.audit import Entry, refused, seen
from hub.services.record.sights import Sight, sight_of
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import Basis, LifeDomain, OrganisationKind, Outcome, Purpose

ADVISER = "policy_adviser"
_TEAM_ROLE = "case_director"
# Who takes part in help knows the referrals of the own organisation one by one; these figures add them up.
OWN_ROLES = frozenset(
    {
        _TEAM_ROLE,
        "team_member",
        "team_coordinator",
        "social_worker",
        "debt_counsellor",
        "practitioner",
        "intake_worker",
        "job_coach",
        "planner",
    }
)
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked: a period, as it was known at a moment, and whether it is taken along (``export``)."""

    period: Period
    known_at: dt.datetime
    export: bool = False


def may_have_figures(viewer: Viewer) -> bool:
    """Whether there are figures for this viewer's role."""
    return viewer.role == ADVISER or viewer.role in OWN_ROLES


def asked_by(viewer: Viewer, period: Period, known_on: dt.date | None, now: dt.datetime, *, export: bool) -> Asked:
    """Give what this viewer may ask: a policy adviser whole half years, as they were known when a month began.

    Two periods, or two moments, that differ by a few days would tell of a few people by subtraction.
    """
    today = local_day(now)
    if viewer.role == ADVISER:
        day = min(known_on or today, today)
        return Asked(period=half_year_of(period.first), known_at=midnight(month_of(day)), export=export)
    known_at = now if known_on is None else min(now, midnight(known_on + dt.timedelta(days=1)))
    return Asked(period=period, known_at=known_at, export=export)


def report(session: Session, config: Configuration, viewer: Viewer, asked: Asked) -> Report:
    """Give the figures; ``NotFound`` for who has none. That someone asked is written down, with what was asked."""
    deed = Deed.REPORT_EXPORT if asked.export else Deed.REPORT_VIEW
    ask = _Adviser(config, viewer, asked) if viewer.role == ADVISER else None
    if not may_have_figures(viewer) or (ask is not None and not ask.may_tell(OUTSIDE)):
        refused(session, viewer, deed, None)
        raise NotFound("There is no such page.")
    own = None if ask is not None else viewer.organisation
    period = _until(asked)
    found = facts(session, config, own, period, asked.known_at)
    counter = Counter(least=OUTSIDE, may_tell=ask.may_tell) if ask is not None else _of_own_work()
    drawn = _figures(config, viewer, replace(asked, period=period), found, counter)
    if viewer.role == _TEAM_ROLE:
        rows, team = _caseload(session, config, viewer, asked, counter)
        drawn = replace(drawn, caseload=rows, team=team)
    sights = tuple(ask.sights) if ask is not None else ()
    detail = f"{asked.period.first}/{asked.period.after} {asked.known_at.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"
    seen(session, Entry(viewer=viewer, deed=deed, detail=detail, sights=sights))
    return drawn


def _of_own_work() -> Counter:
    return Counter(least=OWN_WORK, may_tell=lambda _people: True)


def _until(asked: Asked) -> Period:
    """Give the period as far as anything of it can be known."""
    known = next_month(month_of(local_day(asked.known_at - dt.timedelta(seconds=1))))
    return replace(asked.period, after=max(min(asked.period.after, known), next_month(asked.period.first)))


class _Adviser:
    """A policy adviser before the access policy, number by number."""

    def __init__(self, config: Configuration, viewer: Viewer, asked: Asked) -> None:
        organisation = config.organisation(viewer.organisation)
        self._kind = organisation.kind if organisation is not None else ""
        self._viewer = viewer
        self._action = Action.EXPORT if asked.export else Action.VIEW
        self.sights: list[Sight] = []

    def may_tell(self, count: int) -> bool:
        """Whether a number about so many clients may be told."""
        question, decision = self._asked(count)
        if decision.allow and not self.sights:
            self.sights.append(sight_of(None, question, decision))
        return decision.allow

    def _asked(self, count: int) -> tuple[Question, Decision]:
        question = Question(
            actor_org=self._kind,
            actor_role=self._viewer.role,
            actor_purpose=self._viewer.purpose,
            relation=Relation.NONE,
            relation_state=RelationState.ACTIVE,
            legal_basis=Basis.PUBLIC_TASK,
            law=Law.PARTICIPATIEWET,
            basis_state=BasisState.VALID,
            owner_org=OrganisationKind.MUNICIPALITY,
            origin_purpose=Purpose.STATISTICS,
            life_domain=LifeDomain.WORK_EDUCATION,
            data_category=Category.AGGREGATE,
            action=self._action,
            in_scope=True,
            flags=frozenset({Flag.N_BELOW_10}) if count < OUTSIDE else frozenset(),
        )
        return question, decide(question)


def _figures(config: Configuration, viewer: Viewer, asked: Asked, found: Sequence[Fact], counter: Counter) -> Report:
    whole = viewer.role == ADVISER
    own = viewer.organisation
    open_to = [fact for fact in found if whole or not only_counted(config, own, fact)]
    sent = [fact for fact in open_to if asked.period.holds(fact.course.sent_at)]
    ended = [fact for fact in open_to if asked.period.holds(fact.course.ended_at)]
    declined = [fact for fact in ended if fact.course.stand is Stand.DECLINED]
    finished = [fact for fact in ended if fact.course.stand is Stand.FINISHED]
    answered = [fact for fact in open_to if asked.period.holds(fact.course.answered_at)]
    organisations = counter.organisations(
        sent, lambda fact: (False, fact.receiver) if whole or fact.sender == own else (True, fact.sender)
    )
    split = {code for row in organisations.rows if row.parts and not row.sent_by for code in row.codes}
    if all(row.parts for row in organisations.rows if row.sent_by):
        split.add(own)
    return Report(
        period=asked.period,
        known_at=asked.known_at,
        version=VERSION,
        least=counter.least,
        whole=whole,
        organisation_name=viewer.organisation_name,
        stands=counter.stands(sent),
        organisations=organisations,
        answers=counter.answers(answered, frozenset(split)),
        outcomes=counter.parts(finished, _outcome, (*Outcome, UNKNOWN)),
        reasons=counter.parts(declined, _reason),
        domains=counter.parts(declined, lambda fact: fact.domain),
        areas=counter.parts(declined, lambda fact: fact.area or UNKNOWN),
        months=counter.months(open_to, asked.period),
        care=None if whole else _care(config, own, asked, found, counter),
    )


def _outcome(fact: Fact) -> str:
    said = fact.said("outcome")
    return said if said in list(Outcome) else UNKNOWN


def _reason(fact: Fact) -> str:
    """Give why, from the closed list: what a partner's system says beyond it may be words about someone."""
    said = fact.said("reason")
    return said if said in DECLINE_REASONS else OTHER


def _care(config: Configuration, own: str, asked: Asked, found: Sequence[Fact], counter: Counter) -> Figure | None:
    """Count what is about health where no more may be known; the number is there for a kind of organisation, always."""
    if config.organisations[own].kind is OrganisationKind.MENTAL_HEALTH:
        return None
    walled = [one for one in found if only_counted(config, own, one) and asked.period.holds(one.course.sent_at)]
    return counter.figure(walled)


def _caseload(
    session: Session, config: Configuration, viewer: Viewer, asked: Asked, counter: Counter
) -> tuple[tuple[CaseloadRow, ...], int]:
    """Give how many clients each regisseur of the viewer's team has, and how many they are; a small team gets none."""
    team = team_of(session, config, viewer.organisation, local_day(asked.known_at))
    if len(team) < SMALLEST_TEAM:
        return (), len(team)
    ordered = sorted(team.items(), key=lambda one: (len(one[1]), one[0]))
    rows = (CaseloadRow(clients=counter.told(who, len(who)), own=one == viewer.id) for one, who in ordered)
    return tuple(rows), len(team)
