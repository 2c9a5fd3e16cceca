"""What is kept too long at a moment, by the terms of each kind."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import not_, or_, select
from sqlalchemy.orm import Session

from hub.models import (
    Case,
    Correction,
    CorrectionNotice,
    Difference,
    Digest,
    Disclosure,
    Erasure,
    Idempotency,
    InboxRecord,
    Intake,
    LegalHold,
    OutboxRecord,
    Referral,
    RetentionPreview,
    Tombstone,
)
from hub.rules.lifecycle import ENDED, OPEN
from hub.rules.retention import Kind, counted_before
from hub.services.record.audit_removal import chains_due
from hub.store.database import UnitOfWork
from hub.store.outbox import NUDGE
from hub.store.tables import table_of

_CASES, _REFERRALS = table_of(Case), table_of(Referral)
_OUTBOX, _INBOX, _INTAKE, _CALLS = (
    table_of(OutboxRecord),
    table_of(InboxRecord),
    table_of(Intake),
    table_of(Idempotency),
)
_STONES, _HOLDS, _PREVIEWS = table_of(Tombstone), table_of(LegalHold), table_of(RetentionPreview)
_ENDED, _OPEN = [str(status) for status in ENDED], [str(status) for status in OPEN]
_BATCH = 500

Reader = Session | UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Due:
    """One thing whose term is over. ``case_id`` is a pseudonym; ``key`` finds the row and is never written down."""

    kind: Kind
    reference: str
    case_id: str
    key: Any


def due(session: Reader, at: dt.datetime) -> list[Due]:
    """Give everything whose term is over at a moment, in the order in which it is removed."""
    found: list[Due] = []
    for finder in (_content, _payloads, _cases, _messages, _memory, _digests, _evidence, _audit):
        found += finder(session, at)
    return found


def _held() -> Any:
    return select(_HOLDS.c.case_id).where(_HOLDS.c.lifted_at.is_(None))


def _stone(reference: Any, kind: str) -> Any:
    return select(_STONES.c.at).where(_STONES.c.reference == reference, _STONES.c.kind == kind)


def _under_way(column: Any, value: Any) -> Any:
    """Say that a message still has to leave: it waits, or it waits for a person."""
    return select(_OUTBOX.c.id).where(column == value, _OUTBOX.c.open, _OUTBOX.c.kind != NUDGE).exists()


def _content(session: Reader, at: dt.datetime) -> Iterable[Due]:
    removed_since = _stone(_REFERRALS.c.id, "content").where(_STONES.c.at >= _REFERRALS.c.changed_at)
    rows = session.execute(
        select(_REFERRALS.c.id, _REFERRALS.c.case_id)
        .where(
            _REFERRALS.c.status.in_(_ENDED),
            _REFERRALS.c.changed_at <= counted_before(Kind.CONTENT, at),
            _REFERRALS.c.case_id.not_in(_held()),
            not_(removed_since.exists()),
            not_(_under_way(_OUTBOX.c.referral_id, _REFERRALS.c.id)),
        )
        .order_by(_REFERRALS.c.number)
    )
    return [Due(kind=Kind.CONTENT, reference=row.id, case_id=row.case_id, key=row.id) for row in rows]


def _payloads(session: Reader, at: dt.datetime) -> Iterable[Due]:
    """Give payloads that were settled, and whose referrals, where there are any, ended long enough ago."""
    before = counted_before(Kind.PAYLOAD, at)
    rows = session.execute(
        select(_INTAKE.c.id, _INTAKE.c.referral_ids, _INTAKE.c.handled_at, _INTAKE.c.state)
        .where(
            _INTAKE.c.received_at <= before,
            or_(_INTAKE.c.state.in_(("applied", "duplicate")), _INTAKE.c.handled_at <= before),
            not_(_stone(_INTAKE.c.id, "payload").exists()),
        )
        .order_by(_INTAKE.c.id)
    ).all()
    named = sorted({str(one) for row in rows for one in row.referral_ids})
    kept = _still_kept(session, named, before)
    return [
        Due(kind=Kind.PAYLOAD, reference=row.id, case_id="", key=row.id)
        for row in rows
        if not kept & {str(one) for one in row.referral_ids}
    ]


def _still_kept(session: Reader, referral_ids: Sequence[str], before: dt.datetime) -> set[str]:
    """Give the referrals that run, ended too short ago, or are held."""
    kept: set[str] = set()
    for start in range(0, len(referral_ids), _BATCH):
        asked = select(_REFERRALS.c.id).where(
            _REFERRALS.c.id.in_(referral_ids[start : start + _BATCH]),
            or_(
                _REFERRALS.c.status.in_(_OPEN),
                _REFERRALS.c.changed_at > before,
                _REFERRALS.c.case_id.in_(_held()),
            ),
        )
        kept |= {str(one) for one in session.execute(asked).scalars()}
    return kept


def _cases(session: Reader, at: dt.datetime) -> Iterable[Due]:
    before = counted_before(Kind.CASE, at)
    of_case = select(_REFERRALS.c.id).where(_REFERRALS.c.case_id == _CASES.c.id)
    rows = session.execute(
        select(_CASES.c.id)
        .where(
            _CASES.c.regisseur_id.is_(None),
            _CASES.c.opened_at <= before,
            _CASES.c.id.not_in(_held()),
            not_(of_case.where(or_(_REFERRALS.c.status.in_(_OPEN), _REFERRALS.c.changed_at > before)).exists()),
            not_(_under_way(_OUTBOX.c.case_id, _CASES.c.id)),
        )
        .order_by(_CASES.c.id)
    )
    return [Due(kind=Kind.CASE, reference=row.id, case_id=row.id, key=row.id) for row in rows]


def _messages(session: Reader, at: dt.datetime) -> Iterable[Due]:
    """Give old rows of messages; a case that is due now takes its own along."""
    before = counted_before(Kind.MESSAGES, at)
    rows = session.execute(
        select(_OUTBOX.c.id, _OUTBOX.c.case_id)
        .where(
            not_(_OUTBOX.c.open),
            _OUTBOX.c.kind != NUDGE,
            _OUTBOX.c.created_at <= before,
            or_(_OUTBOX.c.case_id.is_(None), _OUTBOX.c.case_id.not_in(_held())),
        )
        .order_by(_OUTBOX.c.id)
    )
    return [
        Due(kind=Kind.MESSAGES, reference=f"message {row.id}", case_id=row.case_id or "", key=row.id) for row in rows
    ]


def _memory(session: Reader, at: dt.datetime) -> Iterable[Due]:
    before = counted_before(Kind.MEMORY, at)
    inbox = session.execute(
        select(_INBOX.c.sender, _INBOX.c.message_id)
        .where(_INBOX.c.received_at <= before, _INBOX.c.state != "waiting")
        .order_by(_INBOX.c.sender, _INBOX.c.message_id)
    )
    found: list[tuple[str, tuple[str, ...]]] = [("inbox", (row.sender, row.message_id)) for row in inbox]
    brought = select(_INTAKE.c.id).where(_INTAKE.c.received_at <= before, _stone(_INTAKE.c.id, "payload").exists())
    found += [("intake", (one,)) for one in session.execute(brought.order_by(_INTAKE.c.id)).scalars()]
    calls = session.execute(
        select(_CALLS.c.organisation, _CALLS.c.key)
        .where(_CALLS.c.at <= before)
        .order_by(_CALLS.c.organisation, _CALLS.c.key)
    )
    found += [("call", (row.organisation, row.key)) for row in calls]
    # A caller chose the key itself: only its hash is written down.
    return [
        Due(kind=Kind.MEMORY, reference=f"{what} {_short('|'.join(key))}", case_id="", key=(what, key))
        for what, key in found
    ]


EVIDENCE: tuple[tuple[str, Any, Any], ...] = (
    ("notice", table_of(CorrectionNotice), CorrectionNotice.told_at),
    ("correction", table_of(Correction), Correction.decided_at),
    ("disclosure", table_of(Disclosure), Disclosure.asked_at),
    ("erasure", table_of(Erasure), Erasure.decided_at),
    ("hold", _HOLDS, LegalHold.lifted_at),
    ("preview", _PREVIEWS, RetentionPreview.made_at),
)


DIGESTS: tuple[tuple[str, Any, str], ...] = (
    ("digest", table_of(Digest), "at"),
    ("difference", table_of(Difference), "seen_at"),
)


def _evidence(session: Reader, at: dt.datetime) -> Iterable[Due]:
    before = counted_before(Kind.EVIDENCE, at)
    found = []
    for what, table, since in EVIDENCE:
        keys = list(table.primary_key.columns)
        rows = session.execute(select(*keys).where(table.c[since.key] <= before).order_by(*keys))
        found += [(what, tuple(row)) for row in rows]
    gone = select(_STONES.c.reference, _STONES.c.kind).where(
        _STONES.c.at <= before, _STONES.c.kind.in_(("case", "referral"))
    )
    found += [("tombstone", tuple(row)) for row in session.execute(gone.order_by(_STONES.c.reference, _STONES.c.kind))]
    return [
        Due(kind=Kind.EVIDENCE, reference=f"{what} {' '.join(map(str, key))}", case_id="", key=(what, key))
        for what, key in found
    ]


def _digests(session: Reader, at: dt.datetime) -> Iterable[Due]:
    before = counted_before(Kind.DIGESTS, at)
    found = []
    for what, table, since in DIGESTS:
        ids = session.execute(select(table.c.id).where(table.c[since] <= before).order_by(table.c.id)).scalars()
        found += [Due(kind=Kind.DIGESTS, reference=f"{what} {one}", case_id="", key=(what, one)) for one in ids]
    return found


def _audit(session: Reader, at: dt.datetime) -> Iterable[Due]:
    return [
        Due(kind=Kind.AUDIT, reference=f"chain {chain}", case_id="", key=chain) for chain in chains_due(session, at)
    ]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
