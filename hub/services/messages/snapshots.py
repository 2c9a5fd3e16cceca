"""The snapshot that goes out: what else a client has at a receiver whose format tells all assignments together."""

from functools import cache
from typing import Any

from sqlalchemy import or_, select

from connectors.registry import NAMES, connector
from hub.models import Referral
from hub.rules.lifecycle import OPEN
from hub.services.access.grounds import holds
from hub.services.access.release import ASSIGNED, service_of
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.message import Assignment, Coded
from schemas.vocabulary import Delivery, MessageKind, Status

# The kinds that a snapshot tells; all else is told by itself.
SNAPSHOT_KINDS = frozenset(
    {
        MessageKind.SENT,
        MessageKind.ACCEPTED,
        MessageKind.WITHDRAWN,
        MessageKind.CONSENT_WITHDRAWN,
        MessageKind.CORRECTED,
    }
)
_GRANTED = (Status.ACCEPTED, Status.PLANNED, Status.STARTED, Status.PAUSED)
_NEVER_ARRIVED = (Delivery.REFUSED, Delivery.QUARANTINED)


@cache
def _wants(name: str) -> bool:
    return name in NAMES and bool(getattr(connector(name), "wants_snapshot", False))


def goes_as_snapshot(config: Configuration, kind: MessageKind, receiver: str, system: str | None) -> bool:
    """Whether it is told with all else that was assigned; ``system`` is whose code its service goes by.

    It is not where the receiver's format tells each thing by itself, or where this one is not assigned.
    """
    organisation = config.organisation(receiver)
    if kind not in SNAPSHOT_KINDS or system not in ASSIGNED or organisation is None or organisation.transport is None:
        return False
    return organisation.connector is not None and _wants(organisation.connector)


def snapshot_for(
    work: UnitOfWork, config: Configuration, referral: Referral, kind: MessageKind, receiver: str, service: Coded | None
) -> tuple[Assignment, ...]:
    """Give what else the client has at this receiver: what it was sent before, still runs, and may still be shared."""
    system = service.system if service is not None else None
    if not goes_as_snapshot(config, kind, receiver, system):
        return ()
    sent = (Referral.receiver == receiver) & Referral.status.in_(OPEN - {Status.DRAFT})
    granted = (Referral.sender == receiver) & Referral.status.in_(_GRANTED)
    found: list[Any] = list(
        work.session.execute(
            select(
                Referral.number,
                Referral.service,
                Referral.correlation,
                Referral.created_at,
                Referral.ground_until,
                Referral.ground_ended_at,
            )
            .where(Referral.case_id == referral.case_id, Referral.id != referral.id, or_(sent, granted))
            .where(Referral.delivery.not_in(_NEVER_ARRIVED))
            .order_by(Referral.created_at, Referral.number)
        )
    )
    listed = [(row, service_of(config, row.service)) for row in found if holds(row, work.now)]
    return tuple(
        Assignment(
            referral_number=row.number,
            correlation=dict(row.correlation),
            service=Coded(code=one.code, system=one.system),
            decided_at=row.created_at,
            starts_on=row.created_at.date().isoformat(),
        )
        for row, one in listed
        if one is not None and one.system == system
    )
