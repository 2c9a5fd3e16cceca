"""How a partner answers of itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.message import Coded
from schemas.vocabulary import Event, Outcome


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a partner does with a referral, and how long after the step before."""

    after: float
    event: Event
    note: str | None = None
    reason: Coded | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a partner answers: one of these series for each referral, in turn."""

    series: Sequence[Sequence[Reply]]


SILENT = Manner(series=())

_HOLIDAY = Coded(code="other", system="schakel", text="Vakantie")


def _course(*before: Reply) -> tuple[Reply, ...]:
    """Give the whole course of help after what comes first: started, paused, resumed and completed."""
    return (
        *before,
        Reply(after=20, event=Event.START),
        Reply(after=20, event=Event.PAUSE, reason=_HOLIDAY),
        Reply(after=20, event=Event.RESUME),
        Reply(after=20, event=Event.COMPLETE, note="Het doel is bereikt.", outcome=Outcome.REACHED),
    )


_ACCEPTED = (Reply(after=2.5, event=Event.ACCEPT), Reply(after=15, event=Event.PLAN))
# The first of each takes its whole course; those after it go as they go.
DEMO_MANNERS = {
    "mental_health": Manner(
        series=(
            _course(*_ACCEPTED),
            (
                Reply(after=3, event=Event.RECEIVE),
                Reply(after=4, event=Event.ASK, note="Is er al contact met de huisarts geweest?"),
            ),
            (Reply(after=5, event=Event.ACCEPT), Reply(after=30, event=Event.START)),
        )
    ),
    "access_team": Manner(
        series=(
            _course(Reply(after=3, event=Event.RECEIVE), *_ACCEPTED),
            (
                Reply(after=4, event=Event.RECEIVE),
                Reply(after=6, event=Event.ASK, note="Wie woont er nog meer op dit adres?"),
            ),
            (Reply(after=3, event=Event.RECEIVE), Reply(after=15, event=Event.ACCEPT)),
        )
    ),
    "reintegration": Manner(
        series=(
            _course(
                Reply(after=4, event=Event.RECEIVE),
                Reply(after=4, event=Event.WAITLIST, note="Over drie weken is er plaats."),
                *_ACCEPTED,
            ),
            (Reply(after=4, event=Event.ACCEPT), Reply(after=25, event=Event.PLAN)),
            (Reply(after=6, event=Event.WAITLIST, note="Over drie weken is er plaats."),),
        )
    ),
    # iWmo knows a start, a stop that is for a while, and one for good.
    "social_work": Manner(
        series=(
            _course(),
            (Reply(after=4, event=Event.START), Reply(after=60, event=Event.COMPLETE)),
            (Reply(after=8, event=Event.START),),
        )
    ),
    "work_and_income": SILENT,
}
