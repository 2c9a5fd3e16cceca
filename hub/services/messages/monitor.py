"""What the operator sees of the traffic: references, reasons and ages, never content."""

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.broker.protocol import INBOX, NOTICES, partner_queue
from hub.models import Intake, OutboxRecord, WireRecord
from hub.rules.retries import AMBER_AFTER, RED_AFTER
from hub.services.errors import NotFound
from hub.services.messages import delivery, digest_book, intake, quarantine
from hub.services.messages.monitor_views import ConnectionLine, MonitorLine, MonitorView, WireFacts
from hub.services.record import wire
from hub.services.views.viewer import Viewer
from hub.settings import Configuration, Organisation
from hub.store.database import UnitOfWork
from hub.store.outbox import HELD
from schemas.vocabulary import Delivery, MessageKind

ROLE = "functional_admin"
_LIMIT = 200
_SAME = (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id)
_WIRE = (
    WireRecord.tried_at,
    WireRecord.line,
    WireRecord.losses,
    WireRecord.mapped_size,
    WireRecord.sent_size,
    WireRecord.answer_size,
)


def monitor(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> MonitorView:
    """Give the traffic; ``NotFound`` for who does not run it."""
    if viewer.role != ROLE:
        raise NotFound("There is no such page.")
    waiting, oldest = session.execute(
        select(func.count(), func.min(OutboxRecord.created_at)).where(
            OutboxRecord.open, OutboxRecord.kind.in_(list(MessageKind)), OutboxRecord.queue != INBOX, ~HELD
        )
    ).one()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    delivered = session.execute(
        # What asks a partner (a fetch, an answer to its fetch) is no message to it.
        select(func.count()).where(
            OutboxRecord.delivered_at >= day,
            OutboxRecord.kind.in_(list(MessageKind)),
            OutboxRecord.queue.not_in((INBOX, NOTICES)),
        )
    ).scalar_one()
    return MonitorView(
        lines=(*_quarantined(session, config), *_stuck(session, config)),
        connections=tuple(_connection(session, organisation, now) for organisation in config.connected()),
        delivered_today=delivered,
        waiting=waiting,
        oldest_at=oldest,
        differences=sum(digest_book.count_differences(session, config).values()),
    )


def _name(config: Configuration, code: str | None) -> str:
    organisation = config.organisation(code or "")
    return organisation.name if organisation is not None else code or ""


def _quarantined(session: Session, config: Configuration) -> list[MonitorLine]:
    rows = session.execute(
        select(
            Intake.id,
            Intake.organisation,
            Intake.received_at,
            Intake.reason_code,
            Intake.reason,
            Intake.field,
            Intake.dialect_code,
            Intake.identification,
            Intake.state,
        )
        .where(Intake.state.in_(("quarantined", "waiting")), Intake.handled_at.is_(None))
        .order_by(Intake.received_at.desc())
        .limit(_LIMIT)
    ).all()
    return [
        MonitorLine(
            id=row.id,
            kind="quarantined",
            message_kind=None,
            organisation_name=_name(config, row.organisation),
            reference=row.dialect_code or _file_of(row.identification),
            since=row.received_at,
            reason=row.reason_code or "out_of_order",
            detail=row.reason,
            field=row.field,
            needs_person=row.state == "quarantined",
        )
        for row in rows
    ]


def _file_of(identification: str | None) -> str | None:
    """Give the name under which a refused file lies at the partner, in ``rejected/`` or ``taken/``."""
    if identification is None or not identification.startswith(intake.OF_FILE):
        return None
    return identification.removeprefix(intake.OF_FILE)


def _stuck(session: Session, config: Configuration) -> list[MonitorLine]:
    rows = session.execute(
        select(
            OutboxRecord.id,
            OutboxRecord.receiver,
            OutboxRecord.kind,
            OutboxRecord.reference,
            OutboxRecord.error,
            OutboxRecord.attempts,
            OutboxRecord.state,
            OutboxRecord.due_at,
            OutboxRecord.created_at,
            OutboxRecord.codes,
            *_WIRE,
        )
        .outerjoin(WireRecord, _SAME)
        .where(OutboxRecord.open, OutboxRecord.error.is_not(None), OutboxRecord.error != "")
        .order_by(OutboxRecord.id.desc())
        .limit(_LIMIT)
    ).all()
    lines = []
    for row in rows:
        code, _, detail = (row.error or "").partition(": ")
        needs_person = row.state == Delivery.QUARANTINED
        lines.append(
            MonitorLine(
                id=str(row.id),
                kind="stuck",
                message_kind=row.kind,
                organisation_name=_name(config, row.receiver),
                reference=row.reference,
                since=row.created_at,
                reason=code,
                detail=detail or None,
                attempts=row.attempts,
                next_at=None if needs_person else row.due_at,
                needs_person=needs_person,
                wire=_facts(row),
            )
        )
    return lines


def _facts(row: Any) -> WireFacts | None:
    """Give how the last try went, without a word of what was in it; nothing where there was none."""
    if row.tried_at is None:
        return None
    sizes = {name: getattr(row, f"{name}_size") for name in wire.FORMS}
    return WireFacts(
        line=row.line,
        sizes={name: size for name, size in sizes.items() if size},
        losses=tuple((one["field"], one["why"]) for one in row.losses or ()),
        codes=tuple(code["code"] for code in row.codes or ()),
    )


def _connection(session: Session, organisation: Organisation, now: dt.datetime) -> ConnectionLine:
    queue = partner_queue(organisation.code)
    waiting, oldest = session.execute(
        select(func.count(), func.min(OutboxRecord.created_at)).where(
            OutboxRecord.open, OutboxRecord.queue == queue, ~HELD
        )
    ).one()
    last_ok = session.execute(
        select(OutboxRecord.delivered_at)
        .where(OutboxRecord.queue == queue, OutboxRecord.delivered_at.is_not(None))
        .order_by(OutboxRecord.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    age = now - oldest if oldest is not None else dt.timedelta()
    state = "down" if age > RED_AFTER else "slow" if age > AMBER_AFTER else "works" if last_ok or waiting else "idle"
    return ConnectionLine(
        organisation_name=organisation.name,
        connector=organisation.connector,
        state=state,
        waiting=waiting,
        oldest_at=oldest,
        last_ok_at=last_ok,
    )


def handle(work: UnitOfWork, config: Configuration, viewer: Viewer, line_id: str, action: str, how: str) -> None:
    """Try a stuck message again (``retry``) or close it with a reason; ``NotFound`` where it is gone or not yours."""
    if viewer.role != ROLE:
        raise NotFound("There is no such message.")
    if line_id.isdigit():
        if action == "retry":
            delivery.try_now(work, int(line_id))
        else:
            delivery.close_by_hand(work, int(line_id), f"{viewer.name}: {how}")
    elif action == "retry":
        quarantine.read_again(work, config, line_id, viewer.name)
    else:
        quarantine.handle(work, line_id, viewer.name, how)
