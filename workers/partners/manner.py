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

DEMO_MANNERS = {
    "mental_health": Manner(
        series=(
            (Reply(after=2.5, event=Event.ACCEPT), Reply(after=20, event=Event.PLAN)),
            (
                Reply(after=3, event=Event.RECEIVE),
                Reply(after=4, event=Event.ASK, note="Is er al contact met de huisarts geweest?"),
            ),
            (Reply(after=5, event=Event.ACCEPT), Reply(after=30, event=Event.START)),
        )
    ),
    "access_team": Manner(
        series=(
            (Reply(after=3, event=Event.RECEIVE), Reply(after=15, event=Event.ACCEPT)),
            (
                Reply(after=4, event=Event.RECEIVE),
                Reply(after=6, event=Event.ASK, note="Wie woont er nog meer op dit adres?"),
            ),
        )
    ),
    "reintegration": Manner(
        series=(
            (Reply(after=4, event=Event.ACCEPT), Reply(after=25, event=Event.PLAN)),
            (Reply(after=6, event=Event.WAITLIST, note="Over drie weken is er plaats."),),
        )
    ),
    "work_and_income": SILENT,
    "social_work": Manner(
        series=(
            (Reply(after=4, event=Event.START), Reply(after=60, event=Event.COMPLETE)),
            (Reply(after=8, event=Event.START),),
        )
    ),
}
