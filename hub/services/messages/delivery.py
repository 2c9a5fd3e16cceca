"""What became of a message on its way to a partner: receipts, retries and what needs a person."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import bindparam, select, update

from hub.models import CaseKey, OutboxRecord
from hub.rules import retries
from hub.rules.audit import Deed
from hub.services.access.actors import SYSTEM
from hub.services.errors import NotFound
from hub.services.messages import fetch_orders
from hub.services.messages.delivery_news import News, show_way, tell_news
from hub.services.record import wire
from hub.services.record.audit import Entry, Occasion, write
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Delivery

_ROWS, _KEYS = table_of(OutboxRecord), table_of(CaseKey)
# The key of the case comes along: what went over the line is sealed by it, and nothing is asked once more.
_OPEN = (
    select(
        _KEYS.c.key,
        _ROWS.c.id,
        _ROWS.c.queue,
        _ROWS.c.message_id,
        _ROWS.c.kind,
        _ROWS.c.case_id,
        _ROWS.c.referral_id,
        _ROWS.c.receiver,
        _ROWS.c.attempts,
        _ROWS.c.state,
        _ROWS.c.first_tried_at,
    )
    .select_from(_ROWS.outerjoin(_KEYS, _KEYS.c.owner == _ROWS.c.case_id))
    .where(
        _ROWS.c.queue.in_(bindparam("queues", expanding=True)),
        _ROWS.c.message_id.in_(bindparam("message_ids", expanding=True)),
        _ROWS.c.open,
    )
    .order_by(_ROWS.c.id)  # one order of locks for every worker
    .with_for_update(of=_ROWS)
)
_CHANGE = update(_ROWS).where(_ROWS.c.id == bindparam("row_id"))


@dataclass(frozen=True, kw_only=True)
class DeliveryReceipt:
    """What a connector tells of one try. ``processed`` adds that the partner's system understood it (functional).

    ``answer_digest`` is of the partner's direct answer, byte for byte.
    ``held``: it was not tried, since the gate said that it may not be handed over.
    ``fetched`` is what was got by an order to fetch: ``content_type``, and ``body`` in base64.
    ``wire`` is what went over the line and came back, as ``Wire.told`` writes it.
    """

    message_id: str
    queue: str
    delivered: bool
    processed: bool = False
    refused: bool = False
    permanent: bool = False
    unknown: bool = False
    held: bool = False
    retry_after: float | None = None
    error: str | None = None
    reference: str | None = None
    answer_digest: str | None = None
    codes: list[dict[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    wire: dict[str, Any] | None = None
    fetched: dict[str, str] | None = None

    def to_bytes(self) -> bytes:
        """Write it for the inbox queue."""
        return json.dumps(asdict(self)).encode()

    @staticmethod
    def from_bytes(body: bytes) -> "DeliveryReceipt":
        """Read it from the inbox queue."""
        return DeliveryReceipt(**json.loads(body))


def apply_receipt(work: UnitOfWork, receipt: DeliveryReceipt) -> bool:
    """Record what a connector tells of one try; whether it changed anything (a receipt may come twice)."""
    return apply_receipts(work, [receipt]) == 1


def apply_receipts(work: UnitOfWork, receipts: Sequence[DeliveryReceipt], where: Occasion | None = None) -> int:
    """Record what connectors tell of several tries, in as few statements as of one; give how many changed anything.

    ``where`` is the occasion under which the log of who looked keeps what was handed over to whom.
    """
    asked = {
        "queues": sorted({receipt.queue for receipt in receipts}),
        "message_ids": sorted({receipt.message_id for receipt in receipts}),
    }
    rows = {(row.queue, row.message_id): row for row in work.execute(_OPEN, asked)}
    changed, again, delivered = 0, list[DeliveryReceipt](), list[tuple[Any, DeliveryReceipt]]()
    tried = list[tuple[Any, DeliveryReceipt]]()
    seen = set()
    for receipt in receipts:
        key = (receipt.queue, receipt.message_id)
        if key not in rows:
            continue
        if key in seen:  # two tries of one message: the second counts from what the first left
            again.append(receipt)
            continue
        seen.add(key)
        if rows[key].state == Delivery.QUARANTINED and not receipt.delivered:
            continue  # a second copy's failure must not take it out of a person's hands
        changed += 1
        tried.append((rows[key], receipt))
        if receipt.delivered:
            delivered.append((rows[key], receipt))
        elif receipt.held:
            _set(work, rows[key].id, state=Delivery.WAITING, published=0, due_at=work.now, first_tried_at=None)
        elif receipt.permanent:
            _stuck(work, rows[key], receipt.error or "refused")
        else:
            _try_again(work, rows[key], receipt)
    _keep_forms(work, tried)
    if delivered:
        _delivered(work, delivered)
        if where is not None:
            write(work, where, [_handed_over(row, receipt) for row, receipt in delivered if row.case_id])
    return changed + (apply_receipts(work, again, where) if again else 0)


def _keep_forms(work: UnitOfWork, tried: Iterable[tuple[Any, DeliveryReceipt]]) -> None:
    """Keep what went over the line of messages about a case; of an erased one nothing can be kept."""
    told = [(row, receipt.wire) for row, receipt in tried if receipt.wire is not None and row.key is not None]
    wire.keep(work, [wire.row_of(row, wire.Wire.read(one), row.key) for row, one in told])


def _handed_over(row: Any, receipt: DeliveryReceipt) -> Entry:
    return Entry(
        viewer=SYSTEM,
        deed=Deed.MESSAGE_DELIVER,
        case_id=row.case_id,
        objects=(row.referral_id,) if row.referral_id else (),
        to=(row.receiver,) if row.receiver else (),
        detail=str(_state_of(receipt)),
    )


def _delivered(work: UnitOfWork, taken: Sequence[tuple[Any, DeliveryReceipt]]) -> None:
    news = [News(row=row, state=_state_of(receipt), data=_codes_of(receipt), fresh=True) for row, receipt in taken]
    work.execute(
        _CHANGE,
        [
            {
                "row_id": row.id,
                "state": _state_of(receipt),
                "open": False,
                "attempts": row.attempts + 1,
                "delivered_at": work.now,
                "processed_at": work.now if receipt.processed or receipt.refused else None,
                "error": None,
                "reference": receipt.reference,
                "codes": receipt.codes or None,
                "answer_digest": receipt.answer_digest and receipt.answer_digest[:80],
                "dropped": receipt.dropped or None,
            }
            for row, receipt in taken
        ],
    )
    tell_news(work, news)
    work.wake_relay()  # the next of their lanes may go


def _state_of(receipt: DeliveryReceipt) -> Delivery:
    if receipt.refused:
        return Delivery.REFUSED
    return Delivery.PROCESSED if receipt.processed else Delivery.DELIVERED


def _codes_of(receipt: DeliveryReceipt) -> dict[str, Any] | None:
    return {"codes": [code["code"] for code in receipt.codes]} if receipt.refused else None


def _stuck(work: UnitOfWork, row: Any, error: str) -> None:
    """Keep the row and its lane until a person decides; nothing is thrown away."""
    if row.kind == fetch_orders.FETCH:
        fetch_orders.give_up(work, row, error)
        return
    _set(work, row.id, state=Delivery.QUARANTINED, attempts=row.attempts + 1, error=error[:300])
    tell_news(work, [News(row=row, state=Delivery.QUARANTINED, data={"error": error[:300]})])


def _try_again(work: UnitOfWork, row: Any, receipt: DeliveryReceipt) -> None:
    attempts = row.attempts + 1
    if row.first_tried_at is not None and retries.given_up(row.first_tried_at, work.now):
        _stuck(work, row, receipt.error or "not delivered within five days")
        return
    state = Delivery.UNKNOWN if receipt.unknown else Delivery.WAITING
    due_at = work.now + retries.delay_after(attempts, retry_after=receipt.retry_after)
    _set(work, row.id, state=state, attempts=attempts, due_at=due_at, error=(receipt.error or "")[:300])
    if attempts == 3:  # twice is a hiccup; from the third on the sender may know
        tell_news(work, [News(row=row, state=state, data={"error": (receipt.error or "")[:300]})])
    else:
        show_way(work, [row])


def _set(work: UnitOfWork, row_id: int, **values: Any) -> None:
    work.execute(_CHANGE, {"row_id": row_id, **values})


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
    tell_news(work, [News(row=row, state=state, data={"codes": [code["code"] for code in codes]} if refused else None)])
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
    tell_news(work, [News(row=row, state=Delivery.REFUSED)])
    work.wake_relay()
