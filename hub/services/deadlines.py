"""The clock of a referral: set at every change of state, fired by the timers worker."""

import datetime as dt
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.models import Deadline, Referral
from hub.rules import lifecycle
from hub.rules.working_days import add_working_days
from hub.services.timeline import NewEntry, nudge, write_entries
from hub.store.database import UnitOfWork
from schemas.vocabulary import Status, Urgency


def turn_values(status: Status, urgency: Urgency, now: dt.datetime) -> dict[str, Any]:
    """Give whose turn it is in a state, and by when, as column values of the referral."""
    turn = lifecycle.turn(status, urgency)
    if turn is None:
        return {"turn_who": None, "turn_what": None, "turn_due_at": None}
    return {
        "turn_who": turn.who,
        "turn_what": turn.what,
        "turn_due_at": add_working_days(now, turn.working_days) if turn.working_days else _end_of_day(now),
    }


def _end_of_day(now: dt.datetime) -> dt.datetime:
    """Today still: four hours from now, the shortest clock there is."""
    return now + dt.timedelta(hours=4)


def set_clock(work: UnitOfWork, referral: Referral) -> None:
    """Let the clock run for the referral's present turn; stop it where nobody's turn it is."""
    if referral.turn_due_at is None:
        work.session.execute(delete(Deadline).where(Deadline.referral_id == referral.id))
        return
    values = {
        "case_id": referral.case_id,
        "who": referral.turn_who,
        "what": referral.turn_what,
        "due_at": referral.turn_due_at,
        "fired_at": None,
    }
    insert: Any = sqlite_insert if work.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(Deadline).values(referral_id=referral.id, **values)
    work.session.execute(statement.on_conflict_do_update(index_elements=["referral_id"], set_=values))


def fire_due(work: UnitOfWork, limit: int = 50) -> int:
    """Fire the clocks that have run out: the timeline says so, once, late rather than never. Give how many."""
    due = work.session.scalars(
        select(Deadline)
        .where(Deadline.fired_at.is_(None), Deadline.due_at <= work.now)
        .order_by(Deadline.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for deadline in sorted(due, key=lambda row: row.case_id):  # one order of locks for every worker
        position = write_entries(
            work,
            deadline.case_id,
            [
                NewEntry(
                    kind="deadline_passed",
                    referral_id=deadline.referral_id,
                    data={"who": deadline.who, "what": deadline.what},
                )
            ],
        )
        deadline.fired_at = work.now
        nudge(work, deadline.case_id, position)
    work.session.flush()
    return len(due)
