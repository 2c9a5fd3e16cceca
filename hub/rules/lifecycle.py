"""The life of a referral: who may do what in which state, and whose turn it is. One table each; all else follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.vocabulary import Event, MaskedStatus, Status, Urgency


class Part(StrEnum):
    """The part someone plays in one referral."""

    SENDER = "sender"
    RECEIVER = "receiver"
    REGISSEUR = "regisseur"
    PRIVACY_OFFICER = "privacy_officer"
    SYSTEM = "system"


OPEN = frozenset(
    {
        Status.DRAFT,
        Status.SENT,
        Status.RECEIVED,
        Status.QUESTION,
        Status.WAITLISTED,
        Status.REDIRECT_PROPOSED,
        Status.ACCEPTED,
        Status.PLANNED,
        Status.STARTED,
        Status.PAUSED,
    }
)
ENDED = frozenset(Status) - OPEN


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One row of the table: this event, in one of these states, by one of these parts, leads there."""

    event: Event
    sources: frozenset[Status]
    target: Status
    by: frozenset[Part]
    needs_reason: bool = False


def _row(event: Event, sources: Iterable[Status], target: Status, *by: Part, needs_reason: bool = False) -> Transition:
    return Transition(
        event=event, sources=frozenset(sources), target=target, by=frozenset(by), needs_reason=needs_reason
    )


_S, _R, _G = Part.SENDER, Part.RECEIVER, Part.REGISSEUR
_DECIDING = (Status.RECEIVED, Status.QUESTION, Status.WAITLISTED)

TRANSITIONS = (
    _row(Event.SEND, [Status.DRAFT], Status.SENT, _S, _G),
    _row(Event.RECEIVE, [Status.SENT], Status.RECEIVED, _R),
    _row(Event.ASK, [Status.RECEIVED, Status.WAITLISTED], Status.QUESTION, _R),
    _row(Event.ANSWER, [Status.QUESTION, Status.REDIRECT_PROPOSED], Status.RECEIVED, _S, _G),
    _row(Event.WAITLIST, [Status.RECEIVED, Status.QUESTION], Status.WAITLISTED, _R),
    _row(Event.PROPOSE_REDIRECT, _DECIDING, Status.REDIRECT_PROPOSED, _R),
    _row(Event.CONFIRM_REDIRECT, [Status.REDIRECT_PROPOSED], Status.REDIRECTED, _S, _G),
    _row(Event.ACCEPT, _DECIDING, Status.ACCEPTED, _R),
    _row(Event.UNDO_ACCEPT, [Status.ACCEPTED, Status.PLANNED], Status.RECEIVED, _R, needs_reason=True),
    _row(Event.DECLINE, _DECIDING, Status.DECLINED, _R, needs_reason=True),
    _row(Event.PLAN, [Status.ACCEPTED, Status.PLANNED], Status.PLANNED, _R),
    _row(Event.START, [Status.ACCEPTED, Status.PLANNED, Status.PAUSED], Status.STARTED, _R),
    _row(Event.PAUSE, [Status.STARTED], Status.PAUSED, _R, _G, needs_reason=True),
    _row(Event.RESUME, [Status.PAUSED], Status.STARTED, _R, _G),
    _row(Event.COMPLETE, [Status.STARTED, Status.PAUSED], Status.COMPLETED, _R),
    _row(Event.WITHDRAW, OPEN, Status.WITHDRAWN, _S, _G),
    _row(Event.CLIENT_STOPS, OPEN - {Status.DRAFT}, Status.STOPPED_BY_CLIENT, _S, _R, _G),
    _row(Event.END, OPEN - {Status.DRAFT, Status.SENT}, Status.ENDED, _R, needs_reason=True),
    _row(Event.EXPIRE, [Status.SENT, *_DECIDING], Status.EXPIRED, Part.SYSTEM, _G),
    _row(Event.REOPEN, [Status.COMPLETED], Status.STARTED, _G),
    _row(
        Event.MARK_ERROR,
        frozenset(Status) - {Status.ENTERED_IN_ERROR},
        Status.ENTERED_IN_ERROR,
        _S,
        Part.PRIVACY_OFFICER,
        needs_reason=True,
    ),
)
_BY_EVENT = {row.event: row for row in TRANSITIONS}


@dataclass(frozen=True, kw_only=True)
class Retraction:
    """One row of the table of steps that may be taken back: out of this state, to the one before, by one of these."""

    event: Event
    source: Status
    back_to: frozenset[Status]
    by: frozenset[Part]


def _back(event: Event, source: Status, back_to: Iterable[Status], *by: Part) -> Retraction:
    return Retraction(event=event, source=source, back_to=frozenset(back_to), by=frozenset(by))


# A step told by mistake (iWmo, StatusAanlevering 3). Only who told it, and only while nothing was told after it.
RETRACTIONS = (
    _back(Event.START, Status.STARTED, [Status.ACCEPTED, Status.PLANNED, Status.PAUSED], _R),
    _back(Event.RESUME, Status.STARTED, [Status.PAUSED], _R, _G),
    _back(Event.PAUSE, Status.PAUSED, [Status.STARTED], _R, _G),
    _back(Event.COMPLETE, Status.COMPLETED, [Status.STARTED, Status.PAUSED], _R),
    _back(Event.CLIENT_STOPS, Status.STOPPED_BY_CLIENT, OPEN - {Status.DRAFT}, _S, _R, _G),
    _back(Event.END, Status.ENDED, OPEN - {Status.DRAFT, Status.SENT}, _R),
)

# What a partner's message may prove without saying so. Nobody's decision is ever inferred but these.
INFERABLE = (Event.RECEIVE, Event.ACCEPT, Event.START)


def meant(status: Status, event: Event) -> Event:
    """Give what a partner's step means: a start of what rests is a resumption (iWmo and ZGW have one word for both)."""
    return Event.RESUME if event is Event.START and status is Status.PAUSED else event


class NotAllowedNow(Exception):
    """The state or the part forbids the event. ``allowed`` lists what this part may do now."""

    def __init__(self, event: Event, status: Status, allowed: tuple[Event, ...]) -> None:
        super().__init__(f"{event} is not allowed in state {status}")
        self.event = event
        self.status = status
        self.allowed = allowed


def allowed_events(status: Status, parts: frozenset[Part]) -> tuple[Event, ...]:
    """Give what someone with these parts may do in this state, in the order of the table."""
    return tuple(row.event for row in TRANSITIONS if status in row.sources and row.by & parts)


def offered_events(status: Status, parts: frozenset[Part]) -> tuple[Event, ...]:
    """Give what someone at a screen may do: what is allowed, and what the receiver may once the referral is opened.

    Who answers a referral has read it, so opening it needs no step of its own.
    """
    now = allowed_events(status, parts)
    if Event.RECEIVE not in now:
        return now
    return tuple(dict.fromkeys((*now, *allowed_events(Status.RECEIVED, parts & {Part.RECEIVER}))))


def next_status(status: Status, event: Event, parts: frozenset[Part]) -> Status:
    """Give the state that the event leads to; ``NotAllowedNow`` where state or part forbids it."""
    row = _BY_EVENT[event]
    if status not in row.sources or not row.by & parts:
        raise NotAllowedNow(event, status, allowed_events(status, parts))
    return row.target


def needs_reason(event: Event) -> bool:
    """Whether the event must come with a reason."""
    return _BY_EVENT[event].needs_reason


def implied_steps(status: Status, event: Event, implies: Iterable[Event]) -> tuple[Event, ...]:
    """Give the implied events that must be recorded first, so that ``event`` fits; none where it fits already.

    ``NotAllowedNow`` where even the implied events don't bring the referral there.
    """
    steps: list[Event] = []
    now = status
    for step in (step for step in INFERABLE if step in frozenset(implies)):
        if now in _BY_EVENT[event].sources:
            break
        if now in _BY_EVENT[step].sources:
            steps.append(step)
            now = _BY_EVENT[step].target
    if now not in _BY_EVENT[event].sources:
        raise NotAllowedNow(event, status, ())
    return tuple(steps)


def status_after_retraction(status: Status, steps: Sequence[Event], parts: frozenset[Part]) -> Status:
    """Give the state before the newest of these steps (oldest first); ``NotAllowedNow`` where it may not be undone."""
    newest = steps[-1]
    before = _BY_EVENT[steps[-2]].target if len(steps) > 1 else Status.SENT
    row = next((row for row in RETRACTIONS if row.event is newest), None)
    if row is None or row.source is not status or before not in row.back_to or not row.by & parts:
        raise NotAllowedNow(newest, status, ())
    return before


def may_still_come(status: Status, event: Event) -> bool:
    """Whether an event that was not told yet fits now, or after others."""
    return status in _BY_EVENT[event].sources or may_fit_later(status, event)


def may_fit_later(status: Status, event: Event) -> bool:
    """Whether the event, too early now, could fit after others: then its message waits instead of being refused."""
    seen, open_ends = {status}, [status]
    while open_ends:
        now = open_ends.pop()
        for row in TRANSITIONS:
            if now in row.sources and now in OPEN and row.target not in seen:
                seen.add(row.target)
                open_ends.append(row.target)
    return any(state in _BY_EVENT[event].sources for state in seen - {status} if state in OPEN)


def already_there(status: Status, event: Event) -> bool:
    """Whether the referral already is where the event leads: telling it again changes nothing.

    Not so where the event is news in that state too: a second appointment replaces the first.
    """
    return _BY_EVENT[event].target is status and status not in _BY_EVENT[event].sources


def masked(status: Status) -> MaskedStatus:
    """Give what is left of a status for whoever may see only that something runs."""
    if status in (Status.DRAFT, Status.ENTERED_IN_ERROR):
        return MaskedStatus.NOT_RUNNING
    return MaskedStatus.RUNNING if status in OPEN else MaskedStatus.FINISHED


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Whose turn it is in a state, for what, and within how many working days."""

    who: Part
    what: str
    working_days: int


TURNS = {
    Status.DRAFT: Turn(who=_S, what="send", working_days=5),
    Status.SENT: Turn(who=_R, what="open", working_days=1),
    Status.RECEIVED: Turn(who=_R, what="decide", working_days=3),
    Status.QUESTION: Turn(who=_S, what="answer", working_days=2),
    Status.WAITLISTED: Turn(who=_G, what="ask_still_wanted", working_days=20),
    Status.REDIRECT_PROPOSED: Turn(who=_S, what="confirm_redirect", working_days=2),
    Status.ACCEPTED: Turn(who=_R, what="plan_first_contact", working_days=5),
    Status.PLANNED: Turn(who=_R, what="start", working_days=10),
    Status.STARTED: Turn(who=_R, what="review_plan", working_days=65),
    Status.PAUSED: Turn(who=_R, what="review_pause", working_days=20),
    Status.DECLINED: Turn(who=_S, what="find_alternative", working_days=2),
}
# What the receiver and the regisseur do together from time to time while the help runs, or stands still: no step.
REVIEW_TURNS = frozenset(TURNS[status].what for status in (Status.STARTED, Status.PAUSED))
_SOONER = {Urgency.ROUTINE: None, Urgency.URGENT: 1, Urgency.TODAY: 0}


def turn(status: Status, urgency: Urgency, *, promised: int | None = None) -> Turn | None:
    """Give whose turn it is; nothing after an end that asks nothing.

    ``promised`` is the service's own reply time in working days; urgency shortens the receiver's first clocks.
    """
    base = TURNS.get(status)
    sooner = _SOONER[urgency]
    if base is not None and promised is not None and status is Status.RECEIVED:
        base = Turn(who=base.who, what=base.what, working_days=promised)
    if base is None or sooner is None or status not in (Status.SENT, Status.RECEIVED):
        return base
    return Turn(who=base.who, what=base.what, working_days=min(base.working_days, sooner))
