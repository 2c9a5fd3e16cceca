"""Build the page of a referral as one viewer sees it."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, Person, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.services.access.access import is_announced, may_see, why, why_status
from hub.services.access.actors import parts_of
from hub.services.access.explaining import explained
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.access.own_words import own_words
from hub.services.access.referral_lines import line_of
from hub.services.access.release import content_for, domains_for, person_for
from hub.services.cases.case_view import full_name
from hub.services.errors import NotFound
from hub.services.messages.digest_book import said_elsewhere
from hub.services.record.audit import telling
from hub.services.record.case_keys import check_owner
from hub.services.referrals.plan_reviews import review_of
from hub.services.referrals.referral_choices import choices_of
from hub.services.referrals.referral_finding import find_referral, tell
from hub.services.referrals.referral_track import track_of
from hub.services.referrals.referral_trail import trail_of
from hub.services.referrals.trouble import trouble_of
from hub.services.views.referral import ReferralView
from hub.services.views.viewer import Viewer
from hub.services.views.why import Explained
from hub.settings import Configuration
from schemas.message import Client


def referral_view(
    session: Session, config: Configuration, viewer: Viewer, referral_id: str, now: dt.datetime
) -> ReferralView:
    """Give a referral's page as this viewer may see it; ``NotFound`` where it is not there for this viewer."""
    with telling(session, viewer, Deed.REFERRAL_VIEW, None, referral_id):
        referral, regisseur_id = find_referral(session, referral_id)
        look = gaze_at(session, config, viewer, referral.case_id, regisseur_id, now)
        state = why_status(look, referral)
        decision = state.decision
        if not decision.allow or decision.mask is Mask.STATUS_ONLY:
            raise NotFound("There is no such referral.")
    line = line_of(look, referral, state)
    trail = trail_of(session, look, referral)
    person = _person(session, look, referral)
    sees_content = may_see(look, referral, Category.GOAL_PLAN).mask is Mask.FULL
    receiver, sender = config.organisation(referral.receiver), config.organisation(referral.sender)
    content = _content(referral, person, look) if sees_content else ()
    parts = parts_of(viewer, referral, regisseur_id)
    trouble = trouble_of(session, config, referral, parts)
    creator = session.get(Person, referral.created_by)
    tell(session, look, Deed.REFERRAL_VIEW, referral)
    return ReferralView(
        line=line,
        case_id=referral.case_id,
        client_name=full_name(person) if person else "",
        content=content,
        steps=track_of(referral, trail, trouble),
        trail=tuple(trail),
        actions=choices_of(look, referral),
        sent_at=referral.created_at,
        sent_by=creator.name if creator else line.sender,
        client_words=content_for(viewer.organisation, referral).get("client_words") if sees_content else None,
        trouble=trouble,
        phone=receiver.phone if receiver else None,
        viewer_received=viewer.organisation == referral.receiver,
        may_see_case=person is not None,
        whys=_whys(look, referral),
        elsewhere=said_elsewhere(session, config, referral.id) if decision.mask is Mask.FULL else (),
        sender_phone=sender.phone if sender else None,
        urgency=referral.urgency,
        life_domains=domains_for(config, viewer.organisation, referral),
        name_known=not is_announced(referral),
        own_words=own_words(config, referral),
        review=review_of(referral, parts),
    )


def _whys(look: Gaze, referral: Referral) -> dict[str, Explained]:
    """Say of each group of the page why it is shown, or not, by the decision about it."""
    decided = {
        "person": why(look, referral, Category.CONTACT),
        "content": why(look, referral, Category.GOAL_PLAN),
        "words": why(look, referral, Category.PROGRESS, owner=referral.receiver),
    }
    return {name: explained(look, found, referral) for name, found in decided.items()}


def _person(session: Session, look: Gaze, referral: Referral) -> Client | None:
    if may_see(look, referral, Category.CONTACT).mask is not Mask.FULL:
        return None
    stored = session.execute(
        select(ClientRecord.person).join(Case, Case.client_id == ClientRecord.id).where(Case.id == referral.case_id)
    ).scalar_one()
    check_owner(stored, referral.case_id)
    return person_for(look.viewer.organisation, [referral], Client(**stored))


def _content(referral: Referral, person: Client | None, look: Gaze) -> tuple[tuple[str, str], ...]:
    """Give what was sent, in the order of the message."""
    words = content_for(look.viewer.organisation, referral)
    domains = domains_for(look.config, look.viewer.organisation, referral)
    rows: list[tuple[str, str | None]] = []
    if person is not None:
        rows += [("name", full_name(person)), ("birth_date", person.birth_date)]
        if may_see(look, referral, Category.IDENTIFIER).mask is Mask.FULL and person.bsn:
            rows.append(("bsn", "•••••• " + person.bsn[-3:]))
    rows += [
        ("reason", words.get("reason")),
        ("strengths", "; ".join(words.get("strengths") or [])),
        ("life_domains", ", ".join(domains)),
        ("urgency", referral.urgency),
        ("basis", referral.basis),
    ]
    return tuple((label, text) for label, text in rows if text)
