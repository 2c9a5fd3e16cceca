"""Take back a step that was told by mistake: the party that told it, and only while it is the newest one."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select, update

from hub.models import Referral, TimelineEntry
from hub.rules import lifecycle
from hub.services.access.actors import parts_of
from hub.services.errors import Invalid, NotNow, StateForbids
from hub.services.messages.outgoing import put_out
from hub.services.messages.telling import tell_others, what_happened
from hub.services.record import deadlines
from hub.services.record.clients import KnownCase, find_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.message import Coded, Message
from schemas.vocabulary import Event, MessageKind, Status, Urgency

RETRACTED = "step_retracted"
_CHANGE = update(table_of(Referral)).where(table_of(Referral).c.id == bindparam("referral_id"))


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One step of a referral as the timeline tells it, with the day on which it was told to have happened."""

    event: Event
    organisation: str | None
    at: str | None


def take_back(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    event: Event,
    *,
    at: dt.datetime | None,
    status_reason: Coded | None = None,
) -> bool:
    """Take a step back on a referral read with ``load_for_change``; whether anything changed.

    ``at`` is when the step was told to have happened; without it whatever date it had, and where there is no such step
    there is nothing to do. ``NotNow`` where the step may still come, ``Invalid`` where a person must look.
    """
    steps, gone = _steps(work, referral.id)
    moment = at.isoformat() if at is not None else None
    newest = steps[-1] if steps else None
    if event is Event.START and newest is not None and newest.event is Event.RESUME:
        event = Event.RESUME  # a restart was told as a start
    if newest is None or newest.event is not event or (moment is not None and newest.at != moment):
        return _not_the_newest(referral, event, moment, steps, gone)
    if newest.organisation != actor.organisation:
        raise Invalid("Only who told a step can take it back.")
    case = find_case(work, referral.case_id)
    try:
        target = lifecycle.status_after_retraction(
            Status(referral.status), [step.event for step in steps], parts_of(actor, referral, case.regisseur_id)
        )
    except lifecycle.NotAllowedNow as error:
        raise StateForbids(f"This step can't be taken back in state {referral.status}.", allowed=()) from error
    _write(work, config, actor, referral, newest, target, status_reason, case)
    return True


def _steps(work: UnitOfWork, referral_id: str) -> tuple[list[_Step], list[tuple[str, str | None]]]:
    """Give the steps that stand, oldest first, and those that were taken back."""
    rows = work.session.execute(
        select(TimelineEntry.kind, TimelineEntry.organisation, TimelineEntry.data)
        .where(TimelineEntry.referral_id == referral_id)
        .order_by(TimelineEntry.position)
    ).all()
    steps: list[_Step] = []
    gone: list[tuple[str, str | None]] = []
    for row in rows:
        data = dict(row.data or {})
        if row.kind in _EVENTS:
            steps.append(_Step(event=Event(row.kind), organisation=row.organisation, at=data.get("at")))
        elif row.kind == RETRACTED and steps:
            gone.append((str(steps[-1].event), steps[-1].at))
            steps.pop()
    return steps, gone


_EVENTS = frozenset(Event)


def _not_the_newest(
    referral: Referral, event: Event, moment: str | None, steps: list[_Step], gone: list[tuple[str, str | None]]
) -> bool:
    """Tell apart what was taken back before, what may still come, and what only a person can solve."""
    if moment is not None and (str(event), moment) in gone:
        return False
    if any(step.event is event for step in steps):
        same_day = any(step.event is event and moment in (None, step.at) for step in steps)
        why = "a later step was told since" if same_day else "it was told with another date"
        raise Invalid(f"This step can't be taken back: {why}.")
    if moment is None:
        return False
    if lifecycle.may_still_come(Status(referral.status), event):
        raise NotNow("The step that is taken back was not told yet.")
    raise Invalid("The step that is taken back was never told.")


def _write(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    step: _Step,
    target: Status,
    status_reason: Coded | None,
    case: KnownCase,
) -> None:
    service = config.services.get(referral.service or "")
    values: dict[str, Any] = {
        "status": target,
        "outcome": None if Status(referral.status) in lifecycle.ENDED else referral.outcome,
        "changed_at": work.now,
        "version": referral.version + 1,
        **deadlines.turn_values(
            target, Urgency(referral.urgency), work.now, promised=service.reply_days if service else None
        ),
    }
    work.execute(_CHANGE, {"referral_id": referral.id, **values})
    for name, value in values.items():
        setattr(referral, name, value)
    work.session.expunge(referral)
    entry = NewEntry(
        kind=RETRACTED,
        actor=actor.name,
        organisation=actor.organisation,
        referral_id=referral.id,
        data={"event": str(step.event), **({"at": step.at} if step.at else {})},
    )
    position = write_entries(work, referral.case_id, [entry])
    put_out(work, config, referral, _tell(work, config, actor, referral, step, status_reason, case, position), position)


def _tell(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    step: _Step,
    status_reason: Coded | None,
    case: KnownCase,
    position: int,
) -> list[Message]:
    said = replace(
        what_happened(config, referral, case, step.event),
        occurred_at=dt.datetime.fromisoformat(step.at) if step.at else None,
        status_reason=status_reason,
    )
    return tell_others(work, config, actor, referral, said, position, kind=MessageKind.STEP_RETRACTED)
