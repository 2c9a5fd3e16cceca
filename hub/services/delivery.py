"""What became of a message on its way to a partner: receipts, retries and what needs a person."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select, update

from hub.models import OutboxRecord, Referral
from hub.rules import retries
from hub.services.errors import NotFound
from hub.services.timeline import NewEntry, nudge, write_entries
from hub.store.database import UnitOfWork
from schemas.vocabulary import Delivery, MessageKind


@dataclass(frozen=True, kw_only=True)
class DeliveryReceipt:
    """What a connector tells of one try. ``processed`` adds that the partner's system understood it (functional)."""

    message_id: str
    queue: str
    delivered: bool
    processed: bool = False
    refused: bool = False
    permanent: bool = False
    unknown: bool = False
    retry_after: float | None = None
    error: str | None = None
    reference: str | None = None
    codes: list[dict[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        """Write it for the inbox queue."""
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def from_bytes(body: bytes) -> "DeliveryReceipt":
        """Read it from the inbox queue."""
        return DeliveryReceipt(**json.loads(body))


def apply_receipt(work: UnitOfWork, receipt: DeliveryReceipt) -> bool:
    """Record what a connector tells of one try; whether it changed anything (a receipt may come twice)."""
    row = _open_row(work, receipt.queue, receipt.message_id)
    if row is None:
        return False
    if receipt.delivered:
        _delivered(work, row, receipt)
    elif receipt.permanent:
        _stuck(work, row, receipt.error or "refused")
    else:
        _try_again(work, row, receipt)
    return True


def _open_row(work: UnitOfWork, queue: str, message_id: str) -> Any:
    columns = OutboxRecord.__table__.c
    return work.session.execute(
        select(
            columns.id,
            columns.kind,
            columns.case_id,
            columns.referral_id,
            columns.receiver,
            columns.attempts,
            columns.state,
            columns.first_tried_at,
            columns.delivered_at,
        )
        .where(columns.queue == queue, columns.message_id == message_id, columns.open)
        .with_for_update()
    ).one_or_none()


def _delivered(work: UnitOfWork, row: Any, receipt: DeliveryReceipt) -> None:
    state = Delivery.DELIVERED
    if receipt.processed:
        state = Delivery.PROCESSED
    if receipt.refused:
        state = Delivery.REFUSED
    _set(
        work,
        row.id,
        state=state,
        open=False,
        attempts=row.attempts + 1,
        delivered_at=work.now,
        processed_at=work.now if receipt.processed or receipt.refused else None,
        error=None,
        reference=receipt.reference,
        codes=receipt.codes or None,
        dropped=receipt.dropped or None,
    )
    codes = {"codes": [code["code"] for code in receipt.codes]} if receipt.refused else None
    _tell(work, row, state, codes, fresh=True)
    work.wake_relay()  # the next of this lane may go


def _stuck(work: UnitOfWork, row: Any, error: str) -> None:
    """Keep the row and its lane until a person decides; nothing is thrown away."""
    _set(work, row.id, state=Delivery.QUARANTINED, attempts=row.attempts + 1, error=error[:300])
    _tell(work, row, Delivery.QUARANTINED, {"error": error[:300]})


def _try_again(work: UnitOfWork, row: Any, receipt: DeliveryReceipt) -> None:
    attempts = row.attempts + 1
    if row.first_tried_at is not None and retries.given_up(row.first_tried_at, work.now):
        _stuck(work, row, receipt.error or "not delivered within five days")
        return
    state = Delivery.UNKNOWN if receipt.unknown else Delivery.WAITING
    due_at = work.now + retries.delay_after(attempts, retry_after=receipt.retry_after)
    _set(work, row.id, state=state, attempts=attempts, due_at=due_at, error=(receipt.error or "")[:300])
    if attempts == 3:  # twice is a hiccup; from the third on the sender may know
        _tell(work, row, state, {"error": (receipt.error or "")[:300]})


def _set(work: UnitOfWork, row_id: int, **values: Any) -> None:
    work.session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.id == row_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


_ENTRY_KIND = {
    Delivery.DELIVERED: "delivered",
    Delivery.PROCESSED: "processed",
    Delivery.REFUSED: "refused_by_system",
    Delivery.QUARANTINED: "undelivered",
    Delivery.WAITING: "delayed",
    Delivery.UNKNOWN: "delayed",
}


_TAKEN = (Delivery.DELIVERED, Delivery.PROCESSED, Delivery.REFUSED)


def _tell(work: UnitOfWork, row: Any, state: Delivery, data: dict[str, Any] | None, *, fresh: bool = False) -> None:
    """Show it on the referral and its timeline. Of later messages only trouble is news."""
    if row.referral_id is None or row.case_id is None:
        return
    first_message = row.kind == MessageKind.SENT
    if not first_message and state in (Delivery.DELIVERED, Delivery.PROCESSED):
        return
    if first_message:
        work.session.execute(
            update(Referral)
            .where(Referral.id == row.referral_id)
            .values(delivery=state)
            .execution_options(synchronize_session=False)
        )
    kinds = [_ENTRY_KIND[state]]
    if fresh and state is not Delivery.DELIVERED and state in _TAKEN:
        kinds.insert(0, "delivered")  # taken and understood in one breath are two steps all the same
    entries = [
        NewEntry(
            kind=kind, organisation=row.receiver, referral_id=row.referral_id, data=data if kind == kinds[-1] else None
        )
        for kind in kinds
    ]
    nudge(work, row.case_id, write_entries(work, row.case_id, entries))


def apply_functional_receipt(
    work: UnitOfWork, organisation: str, reference: str, *, refused: bool, codes: list[dict[str, str]]
) -> str:
    """Record what a partner's system says later about a message it took; give the referral's id.

    ``NotFound`` where no message to this organisation had that reference.
    """
    row = work.session.execute(
        select(OutboxRecord)
        .where(OutboxRecord.receiver == organisation, OutboxRecord.reference == reference)
        .order_by(OutboxRecord.id.desc())
        .limit(1)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.referral_id is None:
        raise NotFound("No message with this reference was sent to this organisation.")
    state = Delivery.REFUSED if refused else Delivery.PROCESSED
    if row.state == state:
        return row.referral_id
    row.state, row.open, row.codes = state, False, codes or None
    row.delivered_at = row.delivered_at or work.now  # who processed it has taken it
    row.processed_at = work.now
    work.session.flush()
    _tell(work, row, state, {"codes": [code["code"] for code in codes]} if refused else None)
    work.wake_relay()
    return row.referral_id


def try_now(work: UnitOfWork, outbox_id: int) -> None:
    """Let a person's "now" overrule the date of the next try; a stuck row starts anew."""
    done = work.session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.id == outbox_id, OutboxRecord.open)
        .values(state=Delivery.WAITING, due_at=work.now, first_tried_at=None)
        .returning(OutboxRecord.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if done is None:
        raise NotFound("This message does not wait.")
    work.wake_relay()


def close_by_hand(work: UnitOfWork, outbox_id: int, how: str) -> None:
    """Let a person close a stuck message with a reason: the row stays, its lane goes on, the timeline says so."""
    row = work.session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.id == outbox_id, OutboxRecord.open)
        .values(open=False, state=Delivery.REFUSED, error=f"closed: {how}"[:300])
        .returning(OutboxRecord.kind, OutboxRecord.case_id, OutboxRecord.referral_id, OutboxRecord.receiver)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound("This message does not wait.")
    _tell(work, row, Delivery.REFUSED, None)
    work.wake_relay()
