"""What the figures are about: the stand of a referral, how long an answer took, and the periods one may ask for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.rules.lifecycle import ENDED, TRANSITIONS, turn
from hub.rules.working_days import AMSTERDAM, local_day, working_days_between
from schemas.vocabulary import Event, Status, Urgency

VERSION = "1"
"""The version of these definitions; it stands on the page and in the file."""
LONGEST = 12  # months
NORM, AMBER = 50, 45
SMALLEST_TEAM = 5
OTHER = "other"
DECLINE_REASONS = (
    "no_capacity",
    "not_suitable",
    "wrong_area",
    "missing_information",
    "client_not_reached",
    OTHER,
)
"""Why a receiver declines: each is a need that stays open."""


class Stand(StrEnum):
    """How far a referral is, in the order of its way; the last two are other ends."""

    SENT = "sent"
    READ = "read"
    ACCEPTED = "accepted"
    STARTED = "started"
    FINISHED = "finished"
    DECLINED = "declined"
    STOPPED = "stopped"


class Phase(StrEnum):
    """How far a referral is, in short. Who withdrew or stopped is not done."""

    WAITS = "waits"
    RUNS = "runs"
    FINISHED = "finished"
    DECLINED = "declined"
    STOPPED = "stopped"


PHASES: Mapping[Phase, tuple[Stand, ...]] = {
    Phase.WAITS: (Stand.SENT, Stand.READ),
    Phase.RUNS: (Stand.ACCEPTED, Stand.STARTED),
    Phase.FINISHED: (Stand.FINISHED,),
    Phase.DECLINED: (Stand.DECLINED,),
    Phase.STOPPED: (Stand.STOPPED,),
}
# How finely a table by organisation can be told; the coarser where finer columns would leave fewer rows apart.
COLUMNS: tuple[tuple[tuple[Phase, ...], ...], ...] = (
    tuple((phase,) for phase in Phase),
    ((Phase.WAITS,), (Phase.RUNS,), (Phase.FINISHED,), (Phase.DECLINED, Phase.STOPPED)),
    ((Phase.WAITS, Phase.RUNS), (Phase.FINISHED,), (Phase.DECLINED, Phase.STOPPED)),
    ((Phase.WAITS, Phase.RUNS), (Phase.FINISHED, Phase.DECLINED, Phase.STOPPED)),
)
_STANDS: Mapping[Status, Stand] = {
    Status.SENT: Stand.SENT,
    Status.RECEIVED: Stand.READ,
    Status.QUESTION: Stand.READ,
    Status.WAITLISTED: Stand.READ,
    Status.REDIRECT_PROPOSED: Stand.READ,
    Status.ACCEPTED: Stand.ACCEPTED,
    Status.PLANNED: Stand.ACCEPTED,
    Status.STARTED: Stand.STARTED,
    Status.PAUSED: Stand.STARTED,
    Status.COMPLETED: Stand.FINISHED,
    Status.DECLINED: Stand.DECLINED,
    Status.WITHDRAWN: Stand.STOPPED,
    Status.STOPPED_BY_CLIENT: Stand.STOPPED,
    Status.ENDED: Stand.STOPPED,
    Status.EXPIRED: Stand.STOPPED,
    Status.REDIRECTED: Stand.STOPPED,
}
_TARGETS = {row.event: row.target for row in TRANSITIONS}
_ANSWERS = frozenset({Event.ACCEPT, Event.DECLINE, Event.WAITLIST, Event.PROPOSE_REDIRECT})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a referral as its timeline tells it; without an event, the step before it was taken back."""

    event: Event | None
    at: dt.datetime
    said: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a referral came to. ``answer_days`` are the working days that the receiver took for its first answer."""

    stand: Stand
    sent_at: dt.datetime
    ended_at: dt.datetime | None
    answered_at: dt.datetime | None
    answer_days: int
    last: Step


def course(steps: Sequence[Step]) -> Course | None:
    """Give what these steps, oldest first, came to; nothing for what was never sent or was entered in error."""
    standing = _standing(steps)
    if not standing or standing[0].event is not Event.SEND:
        return None
    status = _TARGETS[_event(standing[-1])]
    stand = _STANDS.get(status)
    if stand is None:
        return None
    answered_at, days = _answer(standing)
    return Course(
        stand=stand,
        sent_at=standing[0].at,
        ended_at=standing[-1].at if status in ENDED else None,
        answered_at=answered_at,
        answer_days=days,
        last=standing[-1],
    )


def _event(step: Step) -> Event:
    assert step.event is not None  # what was taken back is gone
    return step.event


def _standing(steps: Sequence[Step]) -> list[Step]:
    """Give the steps that were not taken back."""
    standing: list[Step] = []
    for step in steps:
        if step.event is not None:
            standing.append(step)
        elif standing:
            standing.pop()
    return standing


def _answer(steps: Sequence[Step]) -> tuple[dt.datetime | None, int]:
    """Give when the receiver first answered, and after how many working days of its own.

    While its question lies with the sender, its clock stands still.
    """
    days, since = 0, steps[0].at
    asked = False
    for step in steps[1:]:
        event = _event(step)
        if event is Event.ANSWER:
            since, asked = step.at, False
        elif event is Event.ASK or event in _ANSWERS:
            days += 0 if asked else working_days_between(local_day(since), local_day(step.at))
            asked = True
            if event in _ANSWERS:
                return step.at, days
    return None, days


def promised_days(urgency: Urgency, reply_days: int | None) -> int:
    """Give the working days within which an answer is promised, by the same table as the clocks."""
    found = turn(Status.RECEIVED, urgency, promised=reply_days)
    assert found is not None  # a referral that was received has a turn
    return found.working_days


@dataclass(frozen=True, kw_only=True)
class Period:
    """Whole months: the first day of the first, and of the month after the last."""

    first: dt.date
    after: dt.date

    @property
    def start(self) -> dt.datetime:
        """Give the moment at which it begins, in Amsterdam."""
        return midnight(self.first)

    @property
    def end(self) -> dt.datetime:
        """Give the moment at which it is over."""
        return midnight(self.after)

    @property
    def months(self) -> tuple[dt.date, ...]:
        """Give the first day of each month."""
        found, day = [], self.first
        while day < self.after:
            found.append(day)
            day = next_month(day)
        return tuple(found)

    def holds(self, moment: dt.datetime | None) -> bool:
        """Whether a moment falls in it."""
        return moment is not None and self.start <= moment < self.end


def midnight(day: dt.date) -> dt.datetime:
    """Give the beginning of a day in Amsterdam."""
    return dt.datetime.combine(day, dt.time(), tzinfo=AMSTERDAM)


def month_of(day: dt.date) -> dt.date:
    """Give the first day of its month."""
    return day.replace(day=1)


def next_month(day: dt.date, months: int = 1) -> dt.date:
    """Give the first day of the month so many months later, or earlier."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def months_between(first: dt.date, last: dt.date) -> Period:
    """Give the period from one month to another: twelve months at most, the last ones."""
    first, last = sorted((month_of(first), month_of(last)))
    return Period(first=max(first, next_month(last, 1 - LONGEST)), after=next_month(last))


def half_year_of(day: dt.date) -> Period:
    """Give the half of a calendar year in which a day falls."""
    first = dt.date(day.year, 1 if day.month <= 6 else 7, 1)
    return Period(first=first, after=next_month(first, 6))
