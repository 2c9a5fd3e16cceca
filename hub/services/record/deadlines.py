"""The clock of a referral: set at every change of state, fired once by the timers worker."""

import datetime as dt
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from hub.models import Referral
from hub.rules import lifecycle
from hub.rules.working_days import add_working_days
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Status, Urgency

_TODAY = dt.timedelta(hours=4)
_REFERRALS = table_of(Referral)
_ANY_DUE = (
    select(_REFERRALS.c.number)
    .where(_REFERRALS.c.turn_fired_at.is_(None), _REFERRALS.c.turn_due_at <= bindparam("now"))
    .limit(1)
)


def turn_values(status: Status, urgency: Urgency, now: dt.datetime, *, promised: int | None = None) -> dict[str, Any]:
    """Give whose turn it is in a state, and by when, as column values of the referral; the clock starts anew.

    ``promised`` is the reply time, in working days, that the asked service promises.
    """
    turn = lifecycle.turn(status, urgency, promised=promised)
    if turn is None:
        return {"turn_who": None, "turn_what": None, "turn_due_at": None, "turn_fired_at": None}
    due_at = add_working_days(now, turn.working_days) if turn.working_days else now + _TODAY
    return {"turn_who": turn.who, "turn_what": turn.what, "turn_due_at": due_at, "turn_fired_at": None}


def turn_after_ground(now: dt.datetime) -> dict[str, Any]:
    """Give the turn of a referral whose ground has ended: its sender decides in two working days how it goes on."""
    due_at = add_working_days(now, 2)
    return {
        "turn_who": lifecycle.Part.SENDER,
        "turn_what": "ground_ended",
        "turn_due_at": due_at,
        "turn_fired_at": None,
    }


def any_due(session: Session, now: dt.datetime) -> bool:
    """Whether a clock has run out: a look that hinders nobody who writes."""
    return session.execute(_ANY_DUE, {"now": now}).first() is not None


def fire_due(work: UnitOfWork, limit: int = 50) -> int:
    """Fire the clocks that have run out: the timeline says so, once, late rather than never. Give how many."""
    due = work.session.execute(
        select(Referral.id, Referral.case_id, Referral.turn_who, Referral.turn_what)
        .where(Referral.turn_fired_at.is_(None), Referral.turn_due_at <= work.now)
        .order_by(Referral.turn_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in sorted(due, key=lambda row: str(row.case_id)):  # one order of locks for every worker
        work.session.execute(
            update(Referral)
            .where(Referral.id == row.id)
            .values(turn_fired_at=work.now)
            .execution_options(synchronize_session=False)
        )
        said = {"who": row.turn_who, "what": row.turn_what}
        entry = NewEntry(kind="deadline_passed", referral_id=row.id, data=said)
        nudge(work, row.case_id, write_entries(work, row.case_id, [entry]))
    return len(due)
