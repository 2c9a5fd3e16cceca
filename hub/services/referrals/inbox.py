"""What comes in, once: canonical messages of partners, applied by the same functions as a person's click."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub import telemetry
from hub.models import InboxRecord, Intake, OutboxRecord, Referral
from hub.rules.audit import Deed, Outcome
from hub.services.errors import Erased, NotFound, ServiceError
from hub.services.messages.settling import Received, Result, settle
from hub.services.record import audit
from hub.services.record.case_keys import in_case, intake_owner
from hub.services.referrals.incoming import apply_message, machine
from hub.services.referrals.subjects import NOTHING_FITS
from hub.services.rights.erasure import check_not_erased, told_of_it
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.message import Message
from schemas.vocabulary import (
    Delivery,
)

_REFERRALS = table_of(Referral)
_CASE_OF = select(_REFERRALS.c.case_id).where(_REFERRALS.c.id == bindparam("referral_id"))
_PATIENCE = dt.timedelta(minutes=15)
"""How long a message about what is not known here waits at most for what came before it."""


def receive_all(
    work: UnitOfWork, config: Configuration, organisation: str, messages: Sequence[Message], intake_id: str
) -> None:
    """Take all messages of one payload in, and after the last of them what waited for what they brought."""
    brought: dict[str, None] = {}
    done = []
    results: list[Received] = []
    for message in messages:
        received = receive(work, config, organisation, message, intake_id)
        results.append(received)
        telemetry.RECEIVED.labels(received.result).inc()
        if received.result is Result.APPLIED and received.referral_id is not None:
            brought[received.referral_id] = None
        done.append(_told(work, config, organisation, message, received))
    # What was here before comes first: a payload is a duplicate only where nothing in it was new.
    for received in sorted(results, key=lambda one: one.result is not Result.DUPLICATE):
        settle(work, intake_id, received)
    audit.write(work, audit.occasion(config, "inbox"), done)
    for referral_id in brought:
        heal(work, config, referral_id)
    if brought:
        heal_unknown(work, config, organisation)


def _told(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, received: Received
) -> audit.Entry:
    """Give what is kept of a partner's message: whose system said it, about whom, and what became of it."""
    case_id = None
    if received.referral_id is not None:
        case_id = work.execute(_CASE_OF, {"referral_id": received.referral_id}).scalar_one_or_none()
    return audit.Entry(
        viewer=machine(config, organisation),
        deed=Deed.MESSAGE_APPLY,
        case_id=case_id,
        objects=(received.referral_id,) if received.referral_id else (),
        outcome=Outcome.DENIED if received.result is Result.REFUSED else Outcome.OK,
        detail=f"{message.kind.value.rpartition('.')[2]}:{received.result}",
    )


def receive(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, intake_id: str | None = None
) -> Received:
    """Take one message of an organisation in: the first time it has its effect, later it has none.

    A message that is too early waits for what must come first; one that can't be applied is refused with a reason and
    kept for a person.
    """
    body = json.dumps(message.to_json(), ensure_ascii=False, sort_keys=True).encode()
    body_hash = hashlib.sha256(body).hexdigest()
    known = _first_time(work, organisation, message, body_hash, body, intake_id)
    if known is not None:
        if known.body_hash == body_hash:
            return Received(result=Result.DUPLICATE, referral_id=known.referral_id)
        return Received(result=Result.REFUSED, reason="The same message id came before with another content.")
    received = _apply(work, config, organisation, message, intake_id)
    _remember(work, organisation, message.id, received)
    return received


def _first_time(
    work: UnitOfWork, organisation: str, message: Message, body_hash: str, body: bytes, intake_id: str | None
) -> Any:
    """Insert the memory of this message; give the earlier one where there is one."""
    insert: Any = sqlite_insert if work.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    first = work.session.execute(
        insert(InboxRecord)
        .values(
            sender=organisation,
            message_id=message.id,
            body_hash=body_hash,
            state=Result.WAITING,
            intake_id=intake_id,
            body=in_case(work, intake_owner(intake_id or message.id), body),
            received_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(InboxRecord.message_id)
    ).scalar_one_or_none()
    if first is not None:
        return None
    return work.session.execute(
        select(InboxRecord.body_hash, InboxRecord.referral_id).where(
            InboxRecord.sender == organisation, InboxRecord.message_id == message.id
        )
    ).one()


def _remember(work: UnitOfWork, organisation: str, message_id: str, received: Received) -> None:
    keep = received.keep and received.result in (Result.WAITING, Result.REFUSED)
    values: dict[str, Any] = {
        "state": received.result,
        "referral_id": received.referral_id,
        "reason": received.reason and received.reason[:300],
    }
    if not keep:
        values["body"] = None
    work.session.execute(
        update(InboxRecord)
        .where(InboxRecord.sender == organisation, InboxRecord.message_id == message_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _apply(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, intake_id: str | None
) -> Received:
    try:
        check_not_erased(work, message.data.referral_id, message.data.referral_number)
        try:
            return apply_message(work, config, organisation, message)
        except NotFound:
            if _may_be_on_its_way(work, organisation, message, intake_id):
                return Received(result=Result.WAITING, reason="Waits for what came before it.")
            return apply_message(work, config, organisation, message)  # what it is about may be here since a moment ago
    except Erased as error:
        told = told_of_it(work, organisation, message.data.referral_id, message.data.referral_number)
        return Received(result=Result.REFUSED, reason=error.message if told else NOTHING_FITS, keep=False, told=told)
    except ServiceError as error:
        return Received(result=Result.REFUSED, reason=error.message)


def _may_be_on_its_way(work: UnitOfWork, organisation: str, message: Message, intake_id: str | None) -> bool:
    """Whether what a message is about may not be here yet.

    A new case goes by its client and its first step by a key alone, so the two have lanes of their own; and a partner's
    system may say that it understood a message before our own connector could tell that it was handed over.
    """
    came = work.session.execute(select(Intake.received_at).where(Intake.id == intake_id)).scalar_one_or_none()
    if came is None or came < work.now - _PATIENCE:
        return False
    if message.kind.is_receipt:
        untold = OutboxRecord.state.in_((Delivery.UNDER_WAY, Delivery.UNKNOWN))
        before = select(OutboxRecord.id).where(OutboxRecord.receiver == organisation, OutboxRecord.open, untold)
        return work.session.execute(before.limit(1)).first() is not None
    unread = (Intake.state == "received") & (Intake.received_at <= came) & (Intake.id != intake_id)
    earlier = select(Intake.id).where(Intake.organisation == organisation, unread)
    return work.session.execute(earlier.limit(1)).first() is not None


def heal(work: UnitOfWork, config: Configuration, referral_id: str) -> None:
    """Try what waited for this referral again, oldest first, until nothing more fits."""
    _try_waiting(work, config, InboxRecord.referral_id == referral_id)


def heal_unknown(work: UnitOfWork, config: Configuration, organisation: str) -> None:
    """Try what an organisation said of what was not known yet again, oldest first."""
    _try_waiting(work, config, InboxRecord.referral_id.is_(None) & (InboxRecord.sender == organisation))


def _try_waiting(work: UnitOfWork, config: Configuration, which: ColumnElement[bool]) -> None:
    # Passed over where another worker has them: it waits for the same referral, and will see what we bring.
    query = (
        select(InboxRecord.sender, InboxRecord.message_id, InboxRecord.body, InboxRecord.intake_id)
        .where(which, InboxRecord.state == Result.WAITING)
        .order_by(InboxRecord.received_at)
        .with_for_update(skip_locked=True)
    )
    while any(_try_again(work, config, row) for row in work.session.execute(query).all()):
        pass


def _try_again(work: UnitOfWork, config: Configuration, row: Any) -> bool:
    """Try a message that waited once more; whether it waits no longer."""
    assert row.body is not None  # kept for as long as it waits
    if getattr(row.body, "erased", False):
        return False  # its case was erased while it waited
    received = _apply(work, config, row.sender, Message.from_json(json.loads(row.body)), row.intake_id)
    if received.result is Result.WAITING and received.referral_id is None:
        return False
    _remember(work, row.sender, row.message_id, received)
    if received.result is Result.WAITING:
        return False  # now it is known what it is about; that is tried by itself
    if row.intake_id is not None:
        settle(work, row.intake_id, received)
    return True


def waiting_referrals(session: Session, limit: int = 100) -> list[str]:
    """Give the referrals for which a message waits: a person's click may have brought what it waited for."""
    return list(
        session.scalars(
            select(InboxRecord.referral_id)
            .where(InboxRecord.state == Result.WAITING, InboxRecord.referral_id.is_not(None))
            .distinct()
            .limit(limit)
        )
    )


def waiting_unknown(session: Session) -> list[str]:
    """Give the organisations of which a message waits for what is not known yet."""
    waits = (InboxRecord.state == Result.WAITING) & InboxRecord.referral_id.is_(None)
    return list(session.scalars(select(InboxRecord.sender).where(waits).distinct()))
