"""Put canonical messages for organisations in the outbox."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from hub.broker.protocol import partner_queue
from hub.models import CaseKey, OutboxRecord, Referral
from hub.services.messages import signatures
from hub.services.messages.notices import put_notices
from hub.services.messages.snapshots import SNAPSHOT_KINDS, snapshot_for
from hub.services.record.case_keys import in_case
from hub.services.record.timeline import nudge_row
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import derived_id, short_reference
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Delivery, Event, MessageKind

_OUTBOX, _REFERRALS = table_of(OutboxRecord), table_of(Referral)
_PUT_OUT = insert(_OUTBOX)
# Through the referrals of the case: the outbox itself is not indexed by case.
_TOLD = (
    select(func.count())
    .select_from(_REFERRALS.join(_OUTBOX, _OUTBOX.c.referral_id == _REFERRALS.c.id))
    .where(_REFERRALS.c.case_id == bindparam("case_id"), _OUTBOX.c.receiver == bindparam("receiver"))
)


def message_about(
    work: UnitOfWork,
    config: Configuration,
    referral: Referral,
    *,
    event: Event | None = None,
    kind: MessageKind | None = None,
    sender: str,
    receiver: str,
    position: int,
    data: MessageData,
) -> Message:
    """Give the canonical message that tells one organisation of one event, or of another kind of thing.

    The same event gives the same id; another one at the same place of the timeline, after a restore, another id: else
    its receiver would take it for what was lost, and pass over it.

    Its ``sequence`` counts what this organisation was told in this case: a position of the case itself would jump, and
    so tell that something happened that the receiver may not know of. The case's row lock is held here.
    """
    told = work.execute(_TOLD, {"case_id": referral.case_id, "receiver": receiver}).scalar_one()
    what = kind or KIND_OF_EVENT[Event(str(event))]
    at = data.occurred_at or work.now
    others = snapshot_for(work, config, referral, what, receiver, data.service)
    if others:
        data = replace(data, assignments=others)
    return Message(
        id=derived_id("event", referral.case_id, str(position), receiver, what, at.isoformat()),
        kind=what,
        source=source_of(config.municipality.oin),
        time=work.now,
        sender=sender,
        receiver=receiver,
        subject=referral.case_id,
        sequence=told + 1,
        data=data,
    )


def _row(
    work: UnitOfWork, config: Configuration, referral: Referral, message: Message, lane: str | None
) -> dict[str, Any]:
    """Give the outbox row; one in a lane of its own (``lane``) waits for no other.

    Who has no system of its own reads on screen: there it has arrived at once.
    """
    organisation = config.organisation(message.receiver)
    document = message.to_json()
    connected = organisation is not None and organisation.transport is not None
    return {
        "message_id": message.id,
        "queue": partner_queue(message.receiver),
        "lane": "|".join(filter(None, (referral.case_id, message.receiver, lane))) if connected else None,
        "kind": message.kind,
        "case_id": referral.case_id,
        "referral_id": referral.id,
        "receiver": message.receiver,
        "reference": short_reference(message.id),
        "body": in_case(
            work,
            referral.case_id,
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),
        ),
        "signature": _signature(work, config, referral, message, document),
        "state": Delivery.WAITING if connected else Delivery.DELIVERED,
        "open": connected,
        "due_at": work.now,
        "created_at": work.now,
        "delivered_at": None if connected else work.now,
    }


def _signature(
    work: UnitOfWork, config: Configuration, referral: Referral, message: Message, document: Mapping[str, Any]
) -> str:
    """Sign for the sender: what was said to whom can be shown later, whatever became of the database."""
    key = signatures.signing_key(work, message.sender)
    return signatures.sign(
        key,
        signatures.kid_of(message.sender, key),
        document,
        issuer=signatures.party(config, message.sender),
        audience=signatures.party(config, message.receiver),
        purpose=referral.purpose,
        now=work.now,
    )


def put_out(
    work: UnitOfWork,
    config: Configuration,
    referral: Referral,
    messages: Iterable[Message],
    position: int,
    *,
    lane: str | None = None,
) -> None:
    """Put messages and the nudge of their entry in the outbox, in one statement."""
    put_out_each(work, config, referral.case_id, [(referral, message) for message in messages], position, lane=lane)


def put_out_each(
    work: UnitOfWork,
    config: Configuration,
    case_id: str,
    messages: Iterable[tuple[Referral, Message]],
    position: int,
    *,
    lane: str | None = None,
) -> None:
    """Put messages about several referrals of one case, and the nudge of their entry, in the outbox."""
    rows = [_row(work, config, referral, message, lane) for referral, message in messages]
    nudge = nudge_row(work, case_id, position)
    empty = dict.fromkeys(("referral_id", "receiver", "reference", "delivered_at", "signature"))
    work.execute(_PUT_OUT, [*rows, {**empty, **nudge}])
    put_notices(work, config, [row["receiver"] for row in rows])
    work.wake_relay()


_WAITING_SNAPSHOTS = (
    select(CaseKey.key, OutboxRecord.id, OutboxRecord.body, Referral)
    .join(Referral, Referral.id == OutboxRecord.referral_id)
    .join(CaseKey, CaseKey.owner == OutboxRecord.case_id)
    .where(OutboxRecord.open, OutboxRecord.withheld_at.is_(None), OutboxRecord.kind.in_(SNAPSHOT_KINDS))
    .order_by(OutboxRecord.id)
    .with_for_update(of=OutboxRecord)
)


def list_no_more(work: UnitOfWork, config: Configuration, gone: Sequence[Referral]) -> None:
    """Leave these referrals of one case out of what still waits for their receiver about its others."""
    numbers, one = {referral.number for referral in gone}, gone[0]
    theirs = (OutboxRecord.case_id == one.case_id) & (OutboxRecord.receiver == one.receiver)
    for row in work.session.execute(_WAITING_SNAPSHOTS.where(theirs)).all():
        message = Message.from_json(json.loads(row.body))
        kept = tuple(other for other in message.data.assignments if other.referral_number not in numbers)
        if len(kept) == len(message.data.assignments):
            continue
        message = replace(message, data=replace(message.data, assignments=kept))
        document = message.to_json()
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        values = {
            "body": in_case(work, one.case_id, body),
            "signature": _signature(work, config, row.Referral, message, document),
        }
        work.execute(update(_OUTBOX).where(_OUTBOX.c.id == row.id).values(**values))


def has_own_system(config: Configuration, organisation: str) -> bool:
    """Whether we deliver to an organisation's own system."""
    known = config.organisation(organisation)
    return known is not None and known.transport is not None
