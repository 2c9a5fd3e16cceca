"""Give every step of a referral: what people did, and what systems did with each message."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import InboxRecord, Intake, OutboxRecord, Referral, TimelineEntry, WireRecord
from hub.rules.access import Category, Mask
from hub.services.access.access import answers_us, is_party, may_see, status_decision, why
from hub.services.access.gaze import Gaze
from hub.services.access.grounds import holds
from hub.services.referrals.referral_answers import walled_off
from hub.services.views.referral import TrailStep
from schemas.vocabulary import Delivery, Event

BROUGHT = "brought"
"""The kind of a step that tells of a payload of the viewer's own organisation."""


def trail_of(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give every step of a referral: what people did, and what systems did with each message (three receipts)."""
    decision = status_decision(look, referral)
    if not decision.allow or decision.mask is Mask.STATUS_ONLY:
        return []
    entries = session.scalars(
        select(TimelineEntry).where(TimelineEntry.referral_id == referral.id).order_by(TimelineEntry.position)
    ).all()
    progress = may_see(look, referral, Category.PROGRESS, owner=referral.receiver).mask is Mask.FULL
    steps = [_step(look, referral, entry, progress) for entry in entries]
    steps += _messages_of(session, look, referral)
    steps += _brought_about(session, look, referral)
    return sorted(steps, key=lambda step: step.at)


_OPENED = (Category.CONTACT, Category.GOAL_PLAN)


def _opens(look: Gaze, referral: Referral) -> bool:
    """Whether this viewer may open messages of a referral; of each message is decided again, by what is in it."""
    if look.viewer.organisation not in (referral.sender, referral.receiver):
        return False
    party = is_party(look.viewer, referral, look.now)
    return party or all(why(look, referral, one).decision.mask is Mask.FULL for one in _OPENED)


def _losses(told: Sequence[Mapping[str, str]] | None, dropped: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Give what a message could not carry, and why; of messages from before that was kept only what."""
    if told is None:
        return tuple((field, "") for field in dropped or ())
    return tuple((one["field"], one["why"]) for one in told)


def _brought_about(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give the payloads that the viewer's own organisation brought about a referral."""
    rows = session.execute(
        select(Intake.id, Intake.received_at, Intake.state, Intake.losses, Intake.organisation)
        .where(
            Intake.id.in_(
                select(InboxRecord.intake_id).where(
                    InboxRecord.referral_id == referral.id, InboxRecord.sender == look.viewer.organisation
                )
            )
        )
        .order_by(Intake.received_at)
    ).all()
    opens = bool(rows) and _opens(look, referral)
    return [
        TrailStep(
            at=row.received_at,
            kind=BROUGHT,
            actor=None,
            organisation=row.organisation,
            message_id=row.id,
            losses=_losses(row.losses, None) if opens else (),
            opens=opens,
        )
        for row in rows
        if row.state != "quarantined"
    ]


def _messages_of(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give what systems did with each message about a referral."""
    opens = _opens(look, referral)
    messages = session.execute(
        select(
            OutboxRecord.kind,
            OutboxRecord.receiver,
            OutboxRecord.state,
            OutboxRecord.reference,
            OutboxRecord.attempts,
            OutboxRecord.due_at,
            OutboxRecord.open,
            OutboxRecord.created_at,
            OutboxRecord.delivered_at,
            OutboxRecord.processed_at,
            OutboxRecord.message_id,
            OutboxRecord.dropped,
            OutboxRecord.withheld_at,
            WireRecord.losses,
        )
        .outerjoin(
            WireRecord, (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id)
        )
        .where(OutboxRecord.referral_id == referral.id)
        .order_by(OutboxRecord.id)
    ).all()
    return [
        TrailStep(
            at=row.created_at,
            kind=row.kind,
            actor=None,
            organisation=row.receiver,
            delivery=row.state,
            reference=row.reference,
            attempts=row.attempts,
            next_at=row.due_at if row.open and row.state == Delivery.WAITING else None,
            message_id=row.message_id,
            delivered_at=row.delivered_at,
            processed_at=row.processed_at,
            dropped=tuple(row.dropped or ()),
            losses=_losses(row.losses, row.dropped),
            opens=opens and row.withheld_at is None,
        )
        for row in messages
    ]


def _step(look: Gaze, referral: Referral, entry: TimelineEntry, progress: bool) -> TrailStep:
    own = entry.organisation == look.viewer.organisation
    system = is_party(look.viewer, referral, look.now) and not walled_off(look, referral) and holds(referral, look.now)
    told = own or progress or system or answers_us(look, referral, entry.kind)
    data = (entry.data or {}) if told else {}
    return TrailStep(
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        organisation=entry.organisation,
        note=data.get("note"),
        reason=data.get("reason_text") or data.get("reason"),
        inferred=entry.inferred,
        about=(entry.data or {}).get("event"),
        changes=tuple(data.get("changes") or ()),
        proposed={"to": data["proposed_to"], "service": data.get("proposed_service")} if "proposed_to" in data else {},
        agreed_for=_agreed_for(look, referral, entry, own=own),
    )


def _agreed_for(look: Gaze, referral: Referral, entry: TimelineEntry, *, own: bool) -> dt.datetime | None:
    """Give for when something was agreed with the client, to who may know appointments."""
    told = (entry.data or {}).get("at") if entry.kind in (Event.PLAN, Event.START) else None
    at = dt.datetime.fromisoformat(told) if told else entry.at
    if at <= entry.at:  # a system tells here when it was recorded
        return None
    return (
        at if own or may_see(look, referral, Category.APPOINTMENT, owner=referral.receiver).mask is Mask.FULL else None
    )
