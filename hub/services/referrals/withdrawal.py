"""End the ground under what was shared: at once, in one unit of work, and with word to whoever already got it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from hub.models import OutboxRecord, Referral, Release
from hub.rules import lifecycle
from hub.services.access.actors import SYSTEM
from hub.services.access.release import only_person, service_of
from hub.services.access.releases import write_event
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.messages.outgoing import list_no_more, message_about, put_out
from hub.services.record import deadlines
from hub.services.record.clients import find_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.outbox import NUDGE
from hub.store.tables import table_of
from schemas.message import Coded, Message, MessageData
from schemas.vocabulary import Basis, ConsentKind, Delivery, MessageKind, Status

WITHHELD = "consent_withdrawn"
"""The error code of a message that was held back."""

_ROWS, _REFERRALS, _RELEASES = table_of(OutboxRecord), table_of(Referral), table_of(Release)
_ABOUT = _ROWS.c.referral_id.in_(bindparam("referral_ids", expanding=True)) & (_ROWS.c.kind != NUDGE)
# In one order, so that a receipt that comes in at the same time waits its turn.
_LOCK = select(_ROWS.c.id).where(_ABOUT, _ROWS.c.open).order_by(_ROWS.c.id).with_for_update()
_HOLD = (
    update(_ROWS)
    .where(_ABOUT, _ROWS.c.open)
    .values(open=False, state=Delivery.QUARANTINED, error=WITHHELD, withheld_at=bindparam("moment"))
)
_HIDE = update(_ROWS).where(_ABOUT, _ROWS.c.withheld_at.is_(None)).values(withheld_at=bindparam("moment"))
_NOT_ARRIVED = (
    update(_REFERRALS)
    .where(_REFERRALS.c.id.in_(bindparam("referral_ids", expanding=True)))
    .where(_REFERRALS.c.delivery.in_((Delivery.WAITING, Delivery.UNDER_WAY, Delivery.UNKNOWN)))
    .values(delivery=Delivery.QUARANTINED)
)
_TOUCHED = (Delivery.DELIVERED, Delivery.PROCESSED, Delivery.REFUSED, Delivery.UNKNOWN)
_REACHED = (
    select(_ROWS.c.referral_id)
    .where(_ABOUT, _ROWS.c.receiver == bindparam("receiver"), _ROWS.c.state.in_(_TOUCHED))
    .distinct()
)
_CLOSE = (
    update(_RELEASES)
    .where(_RELEASES.c.referral_id.in_(bindparam("referral_ids", expanding=True)))
    .values(withdrawn_at=bindparam("moment"), ended=bindparam("how"))
)
_END = update(_REFERRALS).where(_REFERRALS.c.id == bindparam("referral_id"))


def resting_on_consent(
    work: UnitOfWork, case_id: str, recipient: str, *, purpose: str | None = None, sender: str | None = None
) -> list[Referral]:
    """Give, under their row locks, the referrals to a recipient that rest on a consent which has not ended."""
    query = select(Referral.id).where(
        Referral.case_id == case_id,
        Referral.receiver == recipient,
        Referral.basis == Basis.CONSENT,
        Referral.ground_ended_at.is_(None),
    )
    if purpose is not None:
        query = query.where(Referral.purpose == purpose)
    if sender is not None:
        query = query.where(Referral.sender == sender)
    return _locked(work, list(work.session.scalars(query)))


def _locked(work: UnitOfWork, referral_ids: list[str]) -> list[Referral]:
    """Lock what waits to leave and then the referrals, the order in which receipts do it; give those still held."""
    work.execute(_LOCK, {"referral_ids": referral_ids}).all()
    query = select(Referral).where(Referral.id.in_(referral_ids), Referral.ground_ended_at.is_(None))
    return list(work.session.scalars(query.order_by(Referral.number).with_for_update()))


def end_grounds(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referrals: Sequence[Referral],
    how: ConsentKind,
) -> None:
    """End the consent under these referrals of one case and one recipient.

    From the commit on the recipient may see nothing of them, what waits does not leave, what was delivered is read no
    more, and whoever got something is told to stop.
    """
    if not referrals:
        return
    receiver = referrals[0].receiver
    about = {"referral_ids": [referral.id for referral in referrals]}
    reached = set(work.execute(_REACHED, {**about, "receiver": receiver}).scalars())
    work.execute(_HOLD, {**about, "moment": work.now})
    work.execute(_HIDE, {**about, "moment": work.now})
    work.execute(_NOT_ARRIVED, about)
    list_no_more(work, config, referrals)
    work.execute(_CLOSE, {**about, "moment": work.now, "how": how})
    for referral in referrals:
        work.session.expunge(referral)
        _end(work, referral, how)
        position = write_entries(work, referral.case_id, [_entry(actor, referral, how)])
        stops = [stop_message(work, config, referral, position)] if referral.id in reached else []
        put_out(work, config, referral, stops, position, lane="stop")


def _end(work: UnitOfWork, referral: Referral, how: ConsentKind) -> None:
    """Write the end on the referral; whether the help goes on, and on which ground, is its sender's to decide."""
    values: dict[str, Any] = {"ground_ended_at": work.now, "ground_end": how, "version": referral.version + 1}
    if Status(referral.status) in lifecycle.OPEN:
        values |= deadlines.turn_after_ground(work.now)
    work.execute(_END, {"referral_id": referral.id, **values})
    for name, value in values.items():
        setattr(referral, name, value)


def _entry(actor: Viewer, referral: Referral, how: ConsentKind) -> NewEntry:
    lapsed = how is ConsentKind.LAPSED
    return NewEntry(
        kind=f"consent_{how}",
        actor=None if lapsed else actor.name,
        organisation=None if lapsed else actor.organisation,
        referral_id=referral.id,
    )


def stop_message(work: UnitOfWork, config: Configuration, referral: Referral, position: int) -> Message:
    """Give the message that tells a receiver to stop: no more in it than finds what it already got."""
    person = only_person(referral.shared, find_case(work, referral.case_id).person)
    data = MessageData(
        referral_id=referral.id,
        referral_number=referral.number,
        correlation=dict(referral.correlation),
        client=person,
        service=service_of(config, referral.service),
        occurred_at=work.now,
        starts_on=referral.created_at.date().isoformat(),
        status_reason=Coded(code=WITHHELD, system="schakel"),
    )
    return message_about(
        work,
        config,
        referral,
        kind=MessageKind.CONSENT_WITHDRAWN,
        sender=referral.sender,
        receiver=referral.receiver,
        position=position,
        data=data,
    )


_ANY_LAPSED = (
    select(_REFERRALS.c.number)
    .where(_REFERRALS.c.ground_until <= bindparam("now"), _REFERRALS.c.ground_ended_at.is_(None))
    .limit(1)
)


def any_due(session: Session, now: dt.datetime) -> bool:
    """Whether the time of a consent is over: a look that hinders nobody who writes."""
    return session.execute(_ANY_LAPSED, {"now": now}).first() is not None


def lapse_due(work: UnitOfWork, config: Configuration, limit: int = 50) -> int:
    """End the consents whose time is over, each with its evidence; give how many. Two workers end each once."""
    found = select(Referral.id).where(Referral.ground_until <= work.now, Referral.ground_ended_at.is_(None))
    due = sorted(work.session.scalars(found.order_by(Referral.ground_until).limit(limit)))
    if not due:
        return 0
    for referral in sorted(_locked(work, due), key=lambda one: one.case_id):  # one order of locks for every worker
        if referral.basis == Basis.CONSENT:
            write_event(
                work,
                SYSTEM,
                kind=ConsentKind.LAPSED,
                case_id=referral.case_id,
                recipient=referral.receiver,
                purpose=referral.purpose,
                fields=referral.shared,
                referral_id=referral.id,
                at=referral.ground_until,
            )
        end_grounds(work, config, SYSTEM, [referral], ConsentKind.LAPSED)
    return len(due)


_LATE = (
    select(_ROWS.c.id, _ROWS.c.referral_id, _ROWS.c.receiver)
    .where(
        _ROWS.c.queue.in_(bindparam("queues", expanding=True)),
        _ROWS.c.message_id.in_(bindparam("message_ids", expanding=True)),
        _ROWS.c.error == WITHHELD,
    )
    .order_by(_ROWS.c.id)
    .with_for_update()
)
_ARRIVED = update(_ROWS).where(_ROWS.c.id == bindparam("row_id")).values(state=Delivery.DELIVERED, error=None)
_TOLD = select(_ROWS.c.id).where(
    _ROWS.c.referral_id == bindparam("referral_id"), _ROWS.c.kind == MessageKind.CONSENT_WITHDRAWN
)


def arrived_after_all(work: UnitOfWork, config: Configuration, receipts: Sequence[DeliveryReceipt]) -> int:
    """Record what was handed over in the very moment in which its ground ended, and tell its receiver to stop."""
    taken = [receipt for receipt in receipts if receipt.delivered]
    if not taken:
        return 0
    asked = {
        "queues": sorted({receipt.queue for receipt in taken}),
        "message_ids": sorted({receipt.message_id for receipt in taken}),
    }
    rows = work.execute(_LATE, asked).all()
    for row in rows:
        work.execute(_ARRIVED.values(delivered_at=work.now), {"row_id": row.id})
        referral = work.session.scalars(select(Referral).where(Referral.id == row.referral_id).with_for_update()).one()
        if row.receiver != referral.receiver or work.execute(_TOLD, {"referral_id": referral.id}).first() is not None:
            continue
        work.session.expunge(referral)
        position = write_entries(work, referral.case_id, [NewEntry(kind="delivered_late", referral_id=referral.id)])
        put_out(work, config, referral, [stop_message(work, config, referral, position)], position, lane="stop")
    return len(rows)
