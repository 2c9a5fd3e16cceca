"""What was sent to several at once: one bundle, of which the first to accept gets it and the others are withdrawn."""

from sqlalchemy import bindparam, or_, select

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.access.actors import SYSTEM
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Status

ELSEWHERE = "elsewhere"
"""The code of the reason for which the others are withdrawn. It says that someone helps, never who."""
HELPING = frozenset({Status.ACCEPTED, Status.PLANNED, Status.STARTED, Status.PAUSED, Status.COMPLETED})

_REFERRALS = table_of(Referral)
_ITS_BUNDLE = select(_REFERRALS.c.bundle_id).where(_REFERRALS.c.id == bindparam("referral_id")).scalar_subquery()
# One statement, and one order: of two who accept at once the second waits here, and finds how it was decided.
_LOCK = (
    select(Referral)
    .where(or_(Referral.id == bindparam("referral_id"), Referral.bundle_id == _ITS_BUNDLE))
    .order_by(Referral.number)
    .with_for_update()
)


def locked(work: UnitOfWork, referral_id: str) -> Referral | None:
    """Read a referral under its row lock, with those of all that were sent in its bundle; nothing where none is."""
    found = {one.id: one for one in work.session.scalars(_LOCK, {"referral_id": referral_id})}
    return found.get(referral_id)


def others_of(work: UnitOfWork, referral: Referral) -> list[Referral]:
    """Give the rest of a bundle, as it stands; its locks are held since ``locked``."""
    if referral.bundle_id is None:
        return []
    rest = select(Referral).where(Referral.bundle_id == referral.bundle_id, Referral.id != referral.id)
    return list(work.session.scalars(rest.order_by(Referral.number)))


def open_elsewhere(work: UnitOfWork, referral: Referral) -> list[Referral]:
    """Give what of a bundle still waits for someone else's answer."""
    return [one for one in others_of(work, referral) if Status(one.status) in lifecycle.OPEN]


def taken_elsewhere(work: UnitOfWork, referral: Referral) -> bool:
    """Whether a referral was withdrawn because someone else of its bundle was first."""
    if referral.status != Status.WITHDRAWN:
        return False
    return any(Status(one.status) in HELPING for one in others_of(work, referral))


def on_behalf_of(organisation: str, name: str) -> Viewer:
    """Give the hub itself, that withdraws for the organisation that asked: who accepted is named nowhere."""
    return Viewer(
        id=SYSTEM.id,
        name=SYSTEM.name,
        organisation=organisation,
        organisation_name=name,
        role=SYSTEM.role,
        purpose=SYSTEM.purpose,
    )
