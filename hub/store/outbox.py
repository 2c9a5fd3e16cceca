"""The outbox as a queue: which rows may go now, and what became of them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import LargeBinary, bindparam, delete, exists, func, insert, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from hub.models import Objection, OutboxRecord
from hub.models.columns import BY_KEY, SealedOfCase
from hub.models.shelf import KEY_ID, shelf_of
from hub.store.tables import table_of
from schemas.vocabulary import Delivery, MessageKind

NUDGE = "nudge"

_ROWS = table_of(OutboxRecord)
_RAW = type_coerce(_ROWS.c.body, LargeBinary).label("body")  # opened afterwards, with all keys asked for at once
_EARLIER = _ROWS.alias("earlier")
_OBJECTIONS = table_of(Objection)
HELD = (
    _ROWS.c.receiver.is_not(None)
    & (_ROWS.c.kind != MessageKind.CONSENT_WITHDRAWN)  # that word to stop is what the client asked for
    & exists().where(_OBJECTIONS.c.case_id == _ROWS.c.case_id, _OBJECTIONS.c.lifted_at.is_(None))
)
"""A message to an organisation about a client whose objection stands: it waits until that is lifted."""
_FIRST_OF_LANE = ~exists().where(_EARLIER.c.lane == _ROWS.c.lane, _EARLIER.c.open, _EARLIER.c.id < _ROWS.c.id)
_MAY_GO = (
    select(_ROWS.c.id)
    .where(_ROWS.c.open, _ROWS.c.due_at <= bindparam("now"), _FIRST_OF_LANE)
    .where(_ROWS.c.state != Delivery.QUARANTINED, ~HELD)
)
_ANY_DUE = _MAY_GO.limit(1)
_DUE = (
    _MAY_GO.order_by(_ROWS.c.due_at, _ROWS.c.id)  # as the index has them: what was claimed before is never passed again
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(_ROWS)
    .where(_ROWS.c.id.in_(_DUE.scalar_subquery()))
    .values(
        state=Delivery.UNDER_WAY,
        due_at=bindparam("until"),
        published=_ROWS.c.published + 1,
        first_tried_at=func.coalesce(_ROWS.c.first_tried_at, bindparam("now")),
    )
    .returning(_ROWS.c.id, _ROWS.c.message_id, _ROWS.c.queue, _ROWS.c.kind, _RAW, _ROWS.c.published)
)
_CLOSE = update(_ROWS).where(_ROWS.c.id.in_(bindparam("ids", expanding=True)))
_FORGET = delete(_ROWS).where(_ROWS.c.id.in_(bindparam("ids", expanding=True)), _ROWS.c.kind == NUDGE)


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A row that goes now. ``again`` says that it was published before and no receipt came."""

    id: int
    message_id: str
    queue: str
    kind: str
    body: bytes
    again: bool


def any_due(session: Session, now: dt.datetime) -> bool:
    """Whether a row may go now: a look that claims nothing and hinders nobody who writes."""
    return session.execute(_ANY_DUE, {"now": now}).first() is not None


def claim(session: Session, now: dt.datetime, lease: dt.timedelta, limit: int) -> list[Departure]:
    """Take the rows that may go now, the oldest open one of each lane, and mark them under way until the lease ends.

    The claim is committed before anything is published: whoever dies between the two leaves a row that comes due
    again when its lease ends. A row that another relay holds is passed over, and so is its whole lane.
    """
    taken = session.execute(_CLAIM, {"now": now, "until": now + lease, "most": limit}).all()
    bodies = _opened(session, [row.body for row in taken])
    departures = [
        Departure(id=id_, message_id=message, queue=queue, kind=kind, body=body, again=published > 1)
        for (id_, message, queue, kind, _raw, published), body in zip(taken, bodies, strict=True)
    ]
    erased = [departure.id for departure in departures if getattr(departure.body, "erased", False)]
    if erased:  # its case was erased while it waited: there is nothing left to send
        session.execute(
            _CLOSE.values(open=False, state=Delivery.REFUSED, error="erased: the content was erased"), {"ids": erased}
        )
    return sorted((one for one in departures if one.id not in erased), key=lambda departure: departure.id)


def _opened(session: Session, bodies: Sequence[bytes]) -> list[bytes]:
    dialect = session.get_bind().dialect
    sealed = [bytes(body) for body in bodies]
    shelf_of(dialect).find_all({body[1 : 1 + KEY_ID] for body in sealed if body[:1] == BY_KEY})
    column = _ROWS.c.body.type
    assert isinstance(column, SealedOfCase)
    return [column.opened(body, dialect) for body in sealed]


def give_back(session: Session, ids: Iterable[int], due_at: dt.datetime) -> None:
    """Let rows that could not be published wait: the broker was at fault, so no attempt is counted.

    Nor do they count as published: else each would have to find its queue empty before it goes.
    """
    session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.id.in_(list(ids)), OutboxRecord.open, OutboxRecord.state == Delivery.UNDER_WAY)
        .values(state=Delivery.WAITING, due_at=due_at, published=OutboxRecord.published - 1)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, ids: Sequence[int]) -> None:
    """Remove nudges that were published: they have no afterlife."""
    session.execute(_FORGET, {"ids": list(ids)})


def resume(session: Session, now: dt.datetime) -> None:
    """Make all that is under way come due: whoever claimed it may be gone. What stands in its queue is left there."""
    session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.open, OutboxRecord.state == Delivery.UNDER_WAY, OutboxRecord.due_at > now)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def republish(session: Session, queue: str, now: dt.datetime) -> int:
    """Make every row of a queue that is under way come due at once: the queue lost what it held."""
    result = session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.queue == queue, OutboxRecord.open, OutboxRecord.state == Delivery.UNDER_WAY)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(result, "rowcount", 0))


def close(session: Session, queue: str, message_id: str, now: dt.datetime) -> bool:
    """Close the row of a message that reached our own side; false where that was done before."""
    closed = session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.queue == queue, OutboxRecord.message_id == message_id, OutboxRecord.open)
        .values(open=False, state=Delivery.PROCESSED, processed_at=now)
        .returning(OutboxRecord.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return closed is not None


def put_aside(session: Session, queue: str, message_id: str) -> None:
    """Put a row before a person where its message can't be applied; nothing where no row carried it."""
    session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.queue == queue, OutboxRecord.message_id == message_id, OutboxRecord.open)
        .values(state=Delivery.QUARANTINED, error="malformed: this can't be applied")
        .execution_options(synchronize_session=False)
    )


_WITHHELD = select(_ROWS.c.message_id).where(
    _ROWS.c.queue == bindparam("queue"),
    _ROWS.c.message_id.in_(bindparam("message_ids", expanding=True)),
    or_(_ROWS.c.withheld_at.is_not(None), HELD),
)


def withheld(session: Session, queue: str, message_ids: Sequence[str]) -> frozenset[str]:
    """Give those of these messages that must not be handed over: the ground has ended, or an objection stands."""
    return frozenset(session.execute(_WITHHELD, {"queue": queue, "message_ids": list(message_ids)}).scalars())


_OF_CASE = (_ROWS.c.case_id == bindparam("of_case")) & _ROWS.c.receiver.is_not(None) & _ROWS.c.withheld_at.is_(None)
_WAITING = _OF_CASE & _ROWS.c.open & _ROWS.c.state.in_((Delivery.WAITING, Delivery.UNKNOWN))
_DUE_AGAIN = update(_ROWS).where(_WAITING).values(due_at=bindparam("now"), first_tried_at=None)
# What is under way stays where it is: its receipt would look for it there.
_PASSED = _OF_CASE & (_ROWS.c.state != Delivery.UNDER_WAY)
_COPIED = [column for column in _ROWS.c if column.name not in ("id", "message_id")]
_MARK = "~"
_MARKED = _OF_CASE & _ROWS.c.message_id.like(f"{_MARK}%")


def release(session: Session, case_id: str, now: dt.datetime) -> None:
    """Let what an objection held go, in its order, and begin to count its five days anew.

    Readers of the feed went past it meanwhile. It comes again at the end, in its order and by the same ids.
    """
    of_case = {"of_case": case_id}
    session.execute(_DUE_AGAIN, {**of_case, "now": now})
    session.execute(update(_ROWS).where(_PASSED).values(message_id=_MARK + _ROWS.c.message_id), of_case)
    again = select(func.substr(_ROWS.c.message_id, len(_MARK) + 1), *_COPIED).where(_MARKED).order_by(_ROWS.c.id)
    session.execute(insert(_ROWS).from_select(["message_id", *(column.name for column in _COPIED)], again), of_case)
    session.execute(delete(_ROWS).where(_MARKED), of_case)
