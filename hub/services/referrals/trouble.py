"""A referral that has not arrived: why, what happens next, and what its sender can do."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, OutboxRecord, Referral
from hub.rules.lifecycle import Part
from hub.rules.retries import HORIZON
from hub.services.access.actors import parts_of
from hub.services.errors import NotFound, StateForbids
from hub.services.messages import delivery
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals.referrals import load_for_change
from hub.services.views.referral import DeliveryTrouble
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.vocabulary import Delivery, MessageKind

TRIED_AT_ONCE = "tried_at_once"
RECEIVER_CALLED = "receiver_called"
_MAY_ACT = frozenset({Part.SENDER, Part.REGISSEUR})


def trouble_of(
    session: Session, config: Configuration, referral: Referral, parts: frozenset[Part]
) -> DeliveryTrouble | None:
    """Give why a referral has not arrived; nothing where it has, or where nothing failed yet."""
    row = session.execute(
        select(OutboxRecord.state, OutboxRecord.error, OutboxRecord.attempts, OutboxRecord.due_at)
        .add_columns(OutboxRecord.first_tried_at, OutboxRecord.created_at, OutboxRecord.open)
        .where(OutboxRecord.referral_id == referral.id, OutboxRecord.kind == MessageKind.SENT)
        .limit(1)
    ).one_or_none()
    if row is None or not row.error or not (row.open or row.state == Delivery.REFUSED):
        return None
    organisation = config.organisation(referral.receiver)
    needs_person = row.state in (Delivery.QUARANTINED, Delivery.REFUSED)
    return DeliveryTrouble(
        reason=row.error.partition(": ")[0],
        since=row.first_tried_at or row.created_at,
        attempts=row.attempts,
        next_at=None if needs_person else row.due_at,
        until=None if needs_person else (row.first_tried_at or row.created_at) + HORIZON,
        needs_person=needs_person,
        phone=organisation.phone if organisation else None,
        may_act=bool(parts & _MAY_ACT),
    )


def try_at_once(work: UnitOfWork, actor: Viewer, referral_id: str) -> Referral:
    """Let the sender's "now" go before the next try; ``StateForbids`` where nothing waits, or a person must look."""
    referral = _of_sender(work, actor, referral_id)
    waiting = (
        select(OutboxRecord.id)
        .where(OutboxRecord.referral_id == referral.id, OutboxRecord.kind == MessageKind.SENT, OutboxRecord.open)
        .where(OutboxRecord.state.in_((Delivery.WAITING, Delivery.UNKNOWN)), OutboxRecord.error.is_not(None))
    )
    row_id = work.session.scalars(waiting.limit(1)).one_or_none()
    if row_id is None:
        raise StateForbids("This referral does not wait for another try.", allowed=())
    delivery.try_now(work, row_id)
    _enter(work, actor, referral, TRIED_AT_ONCE)
    return referral


def tell_of_call(work: UnitOfWork, actor: Viewer, referral_id: str) -> Referral:
    """Record that the sender told the receiver by telephone that a referral is under way."""
    referral = _of_sender(work, actor, referral_id)
    _enter(work, actor, referral, RECEIVER_CALLED)
    return referral


def _of_sender(work: UnitOfWork, actor: Viewer, referral_id: str) -> Referral:
    referral = load_for_change(work, referral_id)
    regisseur = work.session.scalars(select(Case.regisseur_id).where(Case.id == referral.case_id)).one()
    if not parts_of(actor, referral, regisseur) & _MAY_ACT:
        raise NotFound("There is no such referral.")
    return referral


def _enter(work: UnitOfWork, actor: Viewer, referral: Referral, kind: str) -> None:
    entry = NewEntry(kind=kind, actor=actor.name, organisation=actor.organisation, referral_id=referral.id)
    nudge(work, referral.case_id, write_entries(work, referral.case_id, [entry]))
