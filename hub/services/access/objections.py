"""A client's objection (AVG art. 21): from the moment it is registered, processing is restricted to the decision."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.models import Case, Objection
from hub.services.errors import NotFound
from hub.services.record.timeline import look_again
from hub.services.views.viewer import Viewer
from hub.store import outbox
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id

DECISION_TERM = dt.timedelta(days=30)
"""A month to decide (AVG art. 12 par. 3), counted as 30 days: never later than the law says, but for February."""
OFFICER = "privacy_officer"


@dataclass(frozen=True, kw_only=True)
class StandingObjection:
    """An objection that must be decided; of the client only the case, since the file itself is closed."""

    id: str
    case_id: str
    made_at: dt.datetime
    decide_by: dt.datetime


def _check_may_handle(work: UnitOfWork, actor: Viewer, case_id: str) -> None:
    """Let the privacy officer and the client's regisseur in; to anyone else the case is not there."""
    regisseur = work.session.execute(select(Case.regisseur_id).where(Case.id == case_id)).one_or_none()
    if regisseur is None or (actor.role != OFFICER and regisseur[0] != actor.id):
        raise NotFound("There is no such case.")


def register_objection(work: UnitOfWork, actor: Viewer, case_id: str) -> None:
    """Register that the client objects: the file closes, live rooms too. Registered twice is registered once."""
    _check_may_handle(work, actor, case_id)
    work.session.execute(
        select(Case.id).where(Case.id == case_id).with_for_update()
    )  # two at once: one after the other
    if work.session.execute(_standing().where(Objection.case_id == case_id)).first() is not None:
        return
    work.session.add(
        Objection(
            id=new_id(),
            case_id=case_id,
            made_at=work.now,
            registered_by=actor.id,
            decide_by=work.now + DECISION_TERM,
        )
    )
    work.session.flush()
    look_again(work, case_id)


def lift_objection(work: UnitOfWork, actor: Viewer, objection_id: str) -> None:
    """End the restriction once the objection is decided: what it held back leaves, in its order.

    ``NotFound`` where none stands, or none for this actor.
    """
    objection = work.session.get(Objection, objection_id)
    if objection is None or objection.lifted_at is not None:
        raise NotFound("There is no such objection.")
    _check_may_handle(work, actor, objection.case_id)
    work.session.execute(select(Case.id).where(Case.id == objection.case_id).with_for_update())  # nothing new meanwhile
    objection.lifted_at, objection.lifted_by = work.now, actor.id
    work.session.flush()
    outbox.release(work.session, objection.case_id, work.now)
    work.wake_relay()


def standing_objections(session: Session, viewer: Viewer) -> list[StandingObjection]:
    """Give the objections that this viewer has to handle, the oldest first."""
    query = _standing().join(Case, Case.id == Objection.case_id).order_by(Objection.made_at)
    if viewer.role != OFFICER:
        query = query.where(Case.regisseur_id == viewer.id)
    return [
        StandingObjection(id=row.id, case_id=row.case_id, made_at=row.made_at, decide_by=row.decide_by)
        for row in session.scalars(query)
    ]


def _standing() -> Select[Objection]:
    return select(Objection).where(Objection.lifted_at.is_(None))
