"""Write the timeline of a case: positions without gaps, and a nudge to whoever is looking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, update

from hub.broker.protocol import LIVE
from hub.models import Case, OutboxRecord, TimelineEntry
from hub.services.errors import NotFound
from hub.store.database import UnitOfWork
from hub.store.outbox import NUDGE
from hub.store.tables import table_of
from schemas.vocabulary import Delivery

_CASES = table_of(Case)
_GROW = (
    update(_CASES)
    .where(_CASES.c.id == bindparam("case_id"))
    .values(position=_CASES.c.position + bindparam("entries"))
    .returning(_CASES.c.position)
)
_ENTER = insert(table_of(TimelineEntry))
_PUT_OUT = insert(table_of(OutboxRecord))


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """Something that happened. ``kind`` is an event of a referral, or ``delivered``, ``processed``, ..."""

    kind: str
    actor: str | None = None
    organisation: str | None = None
    referral_id: str | None = None
    inferred: bool = False
    data: Mapping[str, Any] | None = None


def write_entries(work: UnitOfWork, case_id: str, entries: Sequence[NewEntry]) -> int:
    """Append entries to a case and give the position of the last; ``NotFound`` where there is no such case.

    The update takes the case's row lock until the commit, so positions are handed out one writer at a time and become
    visible in order: no reader ever sees a gap.
    """
    last: int | None = work.execute(_GROW, {"case_id": case_id, "entries": len(entries)}).scalar_one_or_none()
    if last is None:
        raise NotFound("There is no such case.")
    first = last - len(entries) + 1
    work.execute(
        _ENTER,
        [
            {
                "case_id": case_id,
                "position": position,
                "kind": entry.kind,
                "at": work.now,
                "actor": entry.actor,
                "organisation": entry.organisation,
                "referral_id": entry.referral_id,
                "inferred": entry.inferred,
                "data": dict(entry.data) if entry.data else None,
            }
            for position, entry in enumerate(entries, start=first)
        ],
    )
    return last


def nudge_row(work: UnitOfWork, case_id: str, position: int) -> dict[str, Any]:
    """Give the outbox row that tells every web process that a case has grown to this position."""
    return {
        "message_id": f"{case_id}:{position}",
        "queue": LIVE,
        "lane": None,
        "kind": NUDGE,
        "case_id": case_id,
        "body": f"{case_id}:{position}".encode(),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": work.now,
        "created_at": work.now,
    }


def nudge(work: UnitOfWork, case_id: str, position: int) -> None:
    """Let every web process know that a case has grown."""
    work.execute(_PUT_OUT, nudge_row(work, case_id, position))
    work.wake_relay()
