"""Write the timeline of a case: positions without gaps, and a nudge to whoever is looking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from hub.broker.protocol import LIVE
from hub.models import Case, OutboxRecord, TimelineEntry
from hub.models.columns import IdsOnly, OwnedJson
from hub.services.errors import NotFound
from hub.services.record import case_keys
from hub.store.database import UnitOfWork
from hub.store.outbox import NUDGE
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.vocabulary import Delivery

_CASES = table_of(Case)
_GROW = (
    update(_CASES)
    .where(_CASES.c.id == bindparam("case_id"))
    .values(position=_CASES.c.position + bindparam("entries"))
    .returning(_CASES.c.position)
)
_LOCK = (
    select(_CASES.c.id, _CASES.c.position)
    .where(_CASES.c.id.in_(bindparam("case_ids", expanding=True)))
    .order_by(_CASES.c.id)  # one order of locks for every writer
    .with_for_update()
)
_MOVE = update(_CASES).where(_CASES.c.id == bindparam("case_id")).values(position=bindparam("last"))
_ENTER = insert(table_of(TimelineEntry))
_PUT_OUT = insert(table_of(OutboxRecord))


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """Something that happened. ``kind`` is an event of a referral, or ``delivered``, ``processed``, ..."""

    kind: str
    actor: str | None = None
    organisation: str | None = None
    referral_id: str | None = None
    item_id: str | None = None
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
    work.execute(_ENTER, _entry_rows(work, case_id, last, entries))
    return last


def write_everywhere(work: UnitOfWork, entries: Mapping[str, Sequence[NewEntry]]) -> dict[str, int]:
    """Append entries to several cases, in as few statements as to one; give the position of the last of each."""
    if len(entries) == 1:
        return {case_id: write_entries(work, case_id, new) for case_id, new in entries.items()}
    before = {row.id: row.position for row in work.execute(_LOCK, {"case_ids": sorted(entries)})}
    last = {case_id: before[case_id] + len(new) for case_id, new in entries.items()}
    work.execute(_MOVE, [{"case_id": case_id, "last": position} for case_id, position in last.items()])
    work.execute(
        _ENTER,
        [row for case_id, new in entries.items() for row in _entry_rows(work, case_id, last[case_id], new)],
    )
    return last


def _entry_rows(work: UnitOfWork, case_id: str, last: int, entries: Sequence[NewEntry]) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case_id,
            "position": position,
            "kind": entry.kind,
            "at": work.now,
            "actor": entry.actor,
            "organisation": entry.organisation,
            "referral_id": entry.referral_id,
            "item_id": entry.item_id,
            "inferred": entry.inferred,
            "data": _data(work, case_id, entry),
        }
        for position, entry in enumerate(entries, start=last - len(entries) + 1)
    ]


def _data(work: UnitOfWork, case_id: str, entry: NewEntry) -> OwnedJson | None:
    """Give what is told with an entry; of an erased case only that something happened is kept."""
    key = case_keys.living(work, case_id) if entry.data else None
    return OwnedJson(dict(entry.data), key) if entry.data and key is not None else None


def nudge_row(work: UnitOfWork, case_id: str, position: int) -> dict[str, Any]:
    """Give the outbox row that tells every web process that a case has grown to this position."""
    return {
        "message_id": f"{case_id}:{position}",
        "queue": LIVE,
        "lane": None,
        "kind": NUDGE,
        "case_id": case_id,
        "body": IdsOnly(f"{case_id}:{position}".encode()),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": work.now,
        "created_at": work.now,
    }


def nudge(work: UnitOfWork, case_id: str, position: int) -> None:
    """Let every web process know that a case has grown."""
    nudge_all(work, [(case_id, position)])


def nudge_all(work: UnitOfWork, grown: Iterable[tuple[str, int]]) -> None:
    """Let every web process know that these cases have grown, each to its position."""
    work.execute(_PUT_OUT, [nudge_row(work, case_id, position) for case_id, position in grown])
    work.wake_relay()


def look_again(work: UnitOfWork, case_id: str) -> None:
    """Have every web process decide anew who may watch a case: what changed is a right, and no entry tells of it."""
    work.execute(_PUT_OUT, {**nudge_row(work, case_id, 0), "message_id": new_id()})
    work.wake_relay()


def look_at_way(work: UnitOfWork, referrals: Iterable[tuple[str, str]]) -> None:
    """Have each page that shows one of these referrals (case, referral) read anew how its messages fared.

    No entry tells of it. An older web process finds no case of this name, and does nothing.
    """
    rows = [
        {**nudge_row(work, case_id, 0), "message_id": new_id(), "body": IdsOnly(f"{case_id}/{referral_id}:0".encode())}
        for case_id, referral_id in sorted(set(referrals))
    ]
    if rows:
        work.execute(_PUT_OUT, rows)
        work.wake_relay()
