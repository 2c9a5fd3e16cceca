"""What a client says about sharing: asked, given, refused, withdrawn. A withdrawal works at once."""

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hub.models import Case, ConsentEvent, Person, Referral
from hub.services.access.actors import NO_PART
from hub.services.access.releases import write_event
from hub.services.errors import Invalid, NotFound
from hub.services.referrals.withdrawal import end_grounds, resting_on_consent
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.consent import NewConsent
from schemas.vocabulary import ConsentKind

_SOON = dt.timedelta(minutes=5)


def register(work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, new: NewConsent) -> int:
    """Add what a client said about sharing with one organisation; give how many releases it ended.

    ``NotFound`` for who is neither the client's regisseur nor a sender in the case, ``Invalid`` with the field that
    can't be used. A withdrawal by a sender ends what that sender shared; by the regisseur, whatever was shared.
    """
    scope = scope_of(work.session, actor, case_id)
    if scope is None:
        raise NotFound("There is no such case.")
    _check(work, config, new)
    ended: list[Referral] = []
    if new.kind is ConsentKind.WITHDRAWN:
        sender = None if scope == EVERYONE else scope
        ended = resting_on_consent(work, case_id, new.to, purpose=new.purpose, sender=sender)
        if not ended and not _given(work.session, case_id, new.to, sender):
            raise Invalid("There is no consent for this organisation to withdraw.", field="to")
    write_event(
        work,
        actor,
        kind=new.kind,
        case_id=case_id,
        recipient=new.to,
        purpose=new.purpose,
        fields=new.fields,
        evidence=new.evidence,
        at=new.at,
        until=new.until,
    )
    end_grounds(work, config, actor, ended, ConsentKind.WITHDRAWN)
    return len(ended)


EVERYONE = "*"


def scope_of(session: Session, viewer: Viewer, case_id: str) -> str | None:
    """Say whose consents a viewer keeps: ``EVERYONE``'s as the regisseur, a sender's own, or nobody's."""
    if viewer.role in NO_PART or viewer.role == "privacy_officer":
        return None
    regisseur = session.execute(
        select(Person.id, Person.organisation).join(Case, Case.regisseur_id == Person.id).where(Case.id == case_id)
    ).one_or_none()
    if regisseur is not None and (
        viewer.id == regisseur.id or (viewer.role == "machine" and viewer.organisation == regisseur.organisation)
    ):
        return EVERYONE
    sent = exists().where(Referral.case_id == case_id, Referral.sender == viewer.organisation)
    return viewer.organisation if session.execute(select(sent)).scalar_one() else None


def _check(work: UnitOfWork, config: Configuration, new: NewConsent) -> None:
    if config.organisation(new.to) is None:
        raise Invalid("There is no such organisation.", field="to")
    if new.kind is ConsentKind.GIVEN and not new.evidence:
        raise Invalid("Say how and when the client said so.", field="evidence")
    if new.at is not None and new.at > work.now + _SOON:
        raise Invalid("This moment has not come yet.", field="at")
    if new.until is not None and new.until <= work.now:
        raise Invalid("This moment has passed already.", field="until")


def _given(session: Session, case_id: str, recipient: str, organisation: str | None) -> bool:
    """Whether the last thing that was said about a recipient is that it may know; of one organisation, or of all."""
    query = select(ConsentEvent.kind).where(ConsentEvent.case_id == case_id, ConsentEvent.recipient == recipient)
    if organisation is not None:
        query = query.where(ConsentEvent.organisation == organisation)
    last = session.execute(query.order_by(ConsentEvent.id.desc()).limit(1)).scalar_one_or_none()
    return last == ConsentKind.GIVEN
