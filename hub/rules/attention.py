"""What of a client asks for the regisseur's attention, and how soon: signs, never scores, and never about a worker."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

CONTACT_RHYTHM = dt.timedelta(days=21)
STALLED = dt.timedelta(days=14)
CONSENT_NOTICE = dt.timedelta(days=14)
PLAN_WITHIN = dt.timedelta(days=14)
REVIEW_AFTER = dt.timedelta(days=182)
_WEEK = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)


class Sign(StrEnum):
    """Why a client asks for attention."""

    AGREEMENT_DUE = "agreement_due"
    STEP_STALLED = "step_stalled"
    CONSENT_ENDS = "consent_ends"
    NO_PLAN = "no_plan"
    NO_CONTACT = "no_contact"
    REVIEW_DOMAINS = "review_domains"


class Urgency(StrEnum):
    """How soon, most pressing first."""

    LATE = "late"
    TODAY = "today"
    WEEK = "week"
    RUNNING = "running"


ORDER = tuple(Urgency)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one client on one day. Days are local; nothing means that it never was, or is not there."""

    today: dt.date
    opened: dt.date
    last_contact: dt.date | None = None
    plan: bool = False
    step_due: dt.date | None = None
    agreement_due: dt.date | None = None
    consent_until: dt.date | None = None
    scored: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Attention:
    """One sign: how soon, and the day that it is about."""

    sign: Sign
    urgency: Urgency
    day: dt.date | None


def signs(facts: Facts) -> tuple[Attention, ...]:
    """Give all signs of a client, most pressing first. Time alone never closes anything: it only asks to look."""
    found = [one for one in (rule(facts) for rule in _RULES) if one is not None]
    return tuple(sorted(found, key=lambda one: ORDER.index(one.urgency)))


def _agreement(facts: Facts) -> Attention | None:
    due = facts.agreement_due
    if due is None or due - facts.today > _WEEK:
        return None
    urgency = Urgency.LATE if due < facts.today else Urgency.TODAY if due == facts.today else Urgency.WEEK
    return Attention(sign=Sign.AGREEMENT_DUE, urgency=urgency, day=due)


def _step(facts: Facts) -> Attention | None:
    due = facts.step_due
    if due is None or due >= facts.today:
        return None
    urgency = Urgency.TODAY if facts.today - due > STALLED else Urgency.WEEK
    return Attention(sign=Sign.STEP_STALLED, urgency=urgency, day=due)


def _consent(facts: Facts) -> Attention | None:
    until = facts.consent_until
    if until is None or until - facts.today > CONSENT_NOTICE:
        return None
    urgency = Urgency.TODAY if until - facts.today <= _DAY else Urgency.WEEK
    return Attention(sign=Sign.CONSENT_ENDS, urgency=urgency, day=until)


def _plan(facts: Facts) -> Attention | None:
    if facts.plan or facts.today - facts.opened < PLAN_WITHIN:
        return None
    return Attention(sign=Sign.NO_PLAN, urgency=Urgency.WEEK, day=facts.opened)


def _contact(facts: Facts) -> Attention | None:
    last = facts.last_contact or facts.opened
    if facts.today - last <= CONTACT_RHYTHM:
        return None
    return Attention(sign=Sign.NO_CONTACT, urgency=Urgency.WEEK, day=facts.last_contact)


def _review(facts: Facts) -> Attention | None:
    if facts.scored is None or facts.today - facts.scored <= REVIEW_AFTER:
        return None
    return Attention(sign=Sign.REVIEW_DOMAINS, urgency=Urgency.WEEK, day=facts.scored)


_RULES = (_agreement, _step, _consent, _plan, _contact, _review)

NORM, NEARLY = 50, 45


def caseload_state(clients: int) -> str:
    """Give how full a caseload is: ``room``, ``nearly`` (from 45) or ``over`` (more than the norm of 50)."""
    return "over" if clients > NORM else "nearly" if clients >= NEARLY else "room"
