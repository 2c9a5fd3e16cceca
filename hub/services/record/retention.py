"""What is kept too long goes by a preview: nothing is removed that did not stand in one."""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from hub.models import (
    Case,
    Idempotency,
    InboxRecord,
    Intake,
    LegalHold,
    OutboxRecord,
    Referral,
    RetentionPreview,
    TimelineEntry,
    Tombstone,
)
from hub.models.columns import IdsOnly
from hub.rules.lifecycle import ENDED
from hub.rules.retention import TERMS, Kind
from hub.services.errors import Invalid, NotFound, NotNow
from hub.services.record import case_keys, wire
from hub.services.record.audit_removal import remove_chain
from hub.services.record.removal import blank_payloads, reach_of, remove_case
from hub.services.record.retention_due import DIGESTS, EVIDENCE, Due, Reader, due
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id

_CASES, _REFERRALS, _TIMELINE = table_of(Case), table_of(Referral), table_of(TimelineEntry)
_OUTBOX, _INBOX, _INTAKE = table_of(OutboxRecord), table_of(InboxRecord), table_of(Intake)
_CALLS, _STONES = table_of(Idempotency), table_of(Tombstone)
_HOLDS, _PREVIEWS = table_of(LegalHold), table_of(RetentionPreview)
_ENDED = [str(status) for status in ENDED]
PREPARED, RUN = "prepared", "run"


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would go, as it was written down."""

    id: str
    hash: str
    at: dt.datetime
    counts: dict[str, int]
    items: Sequence[Sequence[str]]
    state: str = PREPARED


def _digest(at: dt.datetime, items: Sequence[Sequence[str]]) -> str:
    return hashlib.sha256(json.dumps([at.astimezone(dt.UTC).isoformat(), items]).encode()).hexdigest()


def _items(found: Iterable[Due]) -> list[list[str]]:
    return [[one.kind, one.reference, one.case_id] for one in found]


def prepare(work: UnitOfWork, by: str, *, at: dt.datetime | None = None) -> Preview:
    """Write down what is due at a moment (now, or a day to come, to look ahead)."""
    moment = at or work.now
    items = _items(due(work, moment))
    row = {"id": new_id(), "at": moment, "hash": _digest(moment, items), "items": items}
    work.execute(insert(_PREVIEWS), {**row, "state": PREPARED, "made_by": by, "made_at": work.now})
    return _preview(row, PREPARED)


def _preview(row: Any, state: str) -> Preview:
    counts = Counter(kind for kind, *_rest in row["items"])
    return Preview(id=row["id"], hash=row["hash"], at=row["at"], counts=dict(counts), items=row["items"], state=state)


def prepare_daily(work: UnitOfWork, by: str) -> Preview | None:
    """Prepare the preview of today, once a day; an earlier one that nobody approved makes way for it."""
    newest = work.execute(select(func.max(_PREVIEWS.c.made_at)).where(_PREVIEWS.c.made_by == by)).scalar()
    if newest is not None and _aware(newest).date() >= work.now.date():
        return None
    old = (_PREVIEWS.c.made_by == by) & (_PREVIEWS.c.state == PREPARED)
    work.execute(delete(_PREVIEWS).where(old))
    return prepare(work, by)


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def previews(session: Reader, limit: int = 20) -> list[Preview]:
    """Give the previews, newest first."""
    rows = session.execute(select(_PREVIEWS).order_by(_PREVIEWS.c.made_at.desc()).limit(limit)).mappings()
    return [_preview(row, row["state"]) for row in rows]


def find_preview(session: Reader, preview_id: str) -> Preview:
    """Find a preview; ``NotFound`` where there is none."""
    row = session.execute(select(_PREVIEWS).where(_PREVIEWS.c.id == preview_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such preview.")
    return _preview(row, row["state"])


def run(work: UnitOfWork, preview_id: str, given_hash: str, by: str) -> dict[str, int]:
    """Remove exactly what stands in a preview, in this unit of work; give how many of each kind.

    ``NotNow`` where what is due has changed since, where the preview looks ahead, or where it was run before.
    """
    preview = find_preview(work, preview_id)
    if preview.state != PREPARED:
        raise NotNow("This preview was run before.")
    if given_hash != preview.hash:
        raise Invalid("The hash is not that of this preview.", field="hash")
    if preview.at > work.now:
        raise NotNow("This preview looks ahead. Nothing can be removed by it.")
    found = due(work, preview.at)
    if _digest(preview.at, _items(found)) != preview.hash:
        raise NotNow("What is due has changed after the preview. Make a new one.")
    for one in found:
        _REMOVERS[one.kind](work, one.key)
    done = {"state": RUN, "run_by": by, "run_at": work.now}
    ran = update(_PREVIEWS).where(_PREVIEWS.c.id == preview_id, _PREVIEWS.c.state == PREPARED)
    if work.execute(ran.values(**done)).rowcount != 1:
        raise NotNow("This preview was run before.")
    return preview.counts


def _mark(work: UnitOfWork, reference: str, kind: str) -> None:
    work.execute(delete(_STONES).where(_STONES.c.reference == reference, _STONES.c.kind == kind))
    stone = {"reference": reference, "kind": kind, "number": None, "at": work.now, "why": "retention"}
    work.execute(insert(_STONES), stone)


def _remove_content(work: UnitOfWork, referral_id: str) -> None:
    """Empty a referral; ``NotNow`` where somebody reopened it in this very moment."""
    ended = (_REFERRALS.c.id == referral_id) & _REFERRALS.c.status.in_(_ENDED)
    case_id = work.execute(select(_REFERRALS.c.case_id).where(ended).with_for_update()).scalar_one_or_none()
    if case_id is None:
        raise NotNow("What is due has changed after the preview. Make a new one.")
    empty = case_keys.in_case(work, case_id, {})
    work.execute(update(_REFERRALS).where(ended).values(content=empty))
    work.execute(update(_TIMELINE).where(_TIMELINE.c.referral_id == referral_id).values(data=None))
    work.execute(update(_OUTBOX).where(_OUTBOX.c.referral_id == referral_id).values(body=IdsOnly(b"")))
    wire.empty(work, referral_id)
    made_by = _CALLS.c.location == f"/api/v1/referrals/{referral_id}"
    work.execute(update(_CALLS).where(made_by).values(answer=empty))
    _mark(work, referral_id, "content")


def _remove_payload(work: UnitOfWork, intake_id: str) -> None:
    blank_payloads(work, [intake_id])
    case_keys.destroy_of_payloads(work, [intake_id])
    _mark(work, intake_id, "payload")


def _remove_whole_case(work: UnitOfWork, case_id: str) -> None:
    remove_case(work, reach_of(work, case_id), "retention")


def _remove_message(work: UnitOfWork, row_id: int) -> None:
    gone = delete(_OUTBOX).where(_OUTBOX.c.id == row_id).returning(_OUTBOX.c.queue, _OUTBOX.c.message_id)
    for row in work.execute(gone).all():
        wire.forget(work, row.queue, row.message_id)


def _remove_memory(work: UnitOfWork, found: tuple[str, tuple[str, ...]]) -> None:
    what, key = found
    if what == "inbox":
        work.execute(delete(_INBOX).where(_INBOX.c.sender == key[0], _INBOX.c.message_id == key[1]))
    elif what == "intake":
        work.execute(delete(_INTAKE).where(_INTAKE.c.id == key[0]))
        work.execute(delete(_STONES).where(_STONES.c.reference == key[0], _STONES.c.kind == "payload"))
    else:
        work.execute(delete(_CALLS).where(_CALLS.c.organisation == key[0], _CALLS.c.key == key[1]))


def _remove_evidence(work: UnitOfWork, found: tuple[str, tuple[Any, ...]]) -> None:
    what, key = found
    table = {**{name: table for name, table, _since in EVIDENCE}, "tombstone": _STONES}[what]
    columns = list(table.primary_key.columns)
    work.execute(delete(table).where(*(column == value for column, value in zip(columns, key, strict=True))))


def _remove_digest(work: UnitOfWork, found: tuple[str, str]) -> None:
    what, row_id = found
    table = {name: table for name, table, _since in DIGESTS}[what]
    work.execute(delete(table).where(table.c.id == row_id))


_REMOVERS: dict[Kind, Callable[[UnitOfWork, Any], None]] = {
    Kind.CONTENT: _remove_content,
    Kind.PAYLOAD: _remove_payload,
    Kind.CASE: _remove_whole_case,
    Kind.MESSAGES: _remove_message,
    Kind.MEMORY: _remove_memory,
    Kind.DIGESTS: _remove_digest,
    Kind.EVIDENCE: _remove_evidence,
    Kind.AUDIT: remove_chain,
}
assert set(_REMOVERS) == set(TERMS)


def place_hold(work: UnitOfWork, case_id: str, reason: str, by: str) -> str:
    """Keep a case, whatever the terms say; give the id of the hold. ``NotFound`` where there is no such case."""
    if work.execute(select(_CASES.c.id).where(_CASES.c.id == case_id)).one_or_none() is None:
        raise NotFound("There is no such case.")
    hold = {"id": new_id(), "case_id": case_id, "reason": reason, "placed_by": by, "placed_at": work.now}
    work.execute(insert(_HOLDS), hold)
    return str(hold["id"])


def lift_hold(work: UnitOfWork, hold_id: str, by: str) -> None:
    """End a hold; ``NotFound`` where it does not hold."""
    standing = (_HOLDS.c.id == hold_id) & _HOLDS.c.lifted_at.is_(None)
    if work.execute(update(_HOLDS).where(standing).values(lifted_by=by, lifted_at=work.now)).rowcount != 1:
        raise NotFound("There is no such hold.")
