"""Help that runs is looked at together from time to time. That it was done is no event: it is said beside them."""

from typing import Any

from sqlalchemy import bindparam, select, update

from hub.models import Case, Referral
from hub.rules.lifecycle import REVIEW_TURNS, Part
from hub.services.access.actors import parts_of
from hub.services.errors import Invalid, NotFound, StateForbids
from hub.services.record import deadlines
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals.referrals import load_for_change
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Status, Urgency

PLAN_REVIEWED, PAUSE_REVIEWED = "plan_reviewed", "pause_reviewed"
LONGEST_NOTE = 4000
_KINDS = {Status.STARTED: PLAN_REVIEWED, Status.PAUSED: PAUSE_REVIEWED}
_MAY_TELL = frozenset({Part.RECEIVER, Part.REGISSEUR})
_CHANGE = update(table_of(Referral)).where(table_of(Referral).c.id == bindparam("referral_id"))


def review_of(referral: Referral, parts: frozenset[Part]) -> str | None:
    """Give what someone with these parts may say was looked at together; nothing where that is not asked now.

    Not where the ground has ended: then its sender must first choose how it goes on, and that clock keeps running.
    """
    kind = _KINDS.get(Status(referral.status))
    return kind if referral.turn_what in REVIEW_TURNS and parts & _MAY_TELL else None


def tell_of_review(work: UnitOfWork, actor: Viewer, referral_id: str, note: str = "") -> str:
    """Record that the help was looked at together, and let its clock start anew; give the kind of the entry.

    Partners are told nothing: their messages know no such thing. ``StateForbids`` where nothing is to be looked at.
    """
    if len(note) > LONGEST_NOTE:
        raise Invalid("The note is too long.", field="note")
    referral = load_for_change(work, referral_id)
    regisseur = work.session.scalars(select(Case.regisseur_id).where(Case.id == referral.case_id)).one()
    parts = parts_of(actor, referral, regisseur)
    if not parts & _MAY_TELL:
        raise NotFound("There is no such referral.")
    kind = review_of(referral, parts)
    if kind is None:
        raise StateForbids("This referral does not wait for a review.", allowed=())
    clock = deadlines.turn_values(Status(referral.status), Urgency(referral.urgency), work.now)
    values: dict[str, Any] = {"version": referral.version + 1, **clock}
    work.execute(_CHANGE, {"referral_id": referral.id, **values})
    work.session.expunge(referral)  # what it held is what it was
    said = {"note": note} if note else None
    entry = NewEntry(kind=kind, actor=actor.name, organisation=actor.organisation, referral_id=referral.id, data=said)
    nudge(work, referral.case_id, write_entries(work, referral.case_id, [entry]))
    return kind
