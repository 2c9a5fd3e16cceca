"""What someone at a screen does to a referral: whole, and said to whom it concerns."""

from hub.models import Referral
from hub.rules.lifecycle import allowed_events
from hub.services.access.actors import parts_of
from hub.services.errors import Invalid
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.referral import NewEvent
from schemas.vocabulary import Event, Status


def answer(work: UnitOfWork, config: Configuration, actor: Viewer, referral_id: str, new: NewEvent) -> Referral:
    """Record what someone does to a referral; who answers one has opened it, and that is recorded with it.

    ``NotFound``, ``StateForbids`` and ``Invalid`` as ``record_event`` raises them; ``Invalid`` also where who is
    proposed is not known, or is the one who proposes.
    """
    _check_proposal(config, actor, new)
    referral = load_for_change(work, referral_id)
    status = Status(referral.status)
    # Of a referral that is only sent, its regisseur's part decides nothing here: opening is the receiver's.
    allowed = allowed_events(status, parts_of(actor, referral, None))
    if Event.RECEIVE in allowed and new.event not in allowed:
        record_event(work, config, actor, referral, NewEvent(event=Event.RECEIVE))
        referral = load_for_change(work, referral_id)
    return record_event(work, config, actor, referral, new)


def _check_proposal(config: Configuration, actor: Viewer, new: NewEvent) -> None:
    if new.proposed_to is None:
        return
    service = config.services.get(new.proposed_service or "")
    known = config.organisation(new.proposed_to) is not None and new.proposed_to != actor.organisation
    if not known or (new.proposed_service and (service is None or service.organisation != new.proposed_to)):
        raise Invalid("There is no such organisation or service to propose.", field="proposed")
