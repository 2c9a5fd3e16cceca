"""Give a referral as the API answers it."""

import datetime as dt
from typing import Any

from hub.models import Referral
from hub.rules import lifecycle
from hub.rules.access import Category, Mask
from hub.rules.lifecycle import Part
from hub.services.access.access import WORK_SIDE, is_party, may_see, status_decision
from hub.services.access.gaze import Gaze
from hub.services.access.grounds import holds
from hub.services.access.release import content_for, domains_for, touches_health
from hub.services.errors import NotFound
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import Status

_CONTENT = ("reason", "client_words", "strengths")


def referral_answer(config: Configuration, viewer: Viewer, referral: Referral, look: Gaze) -> dict[str, Any]:
    """Give a referral as the API answers it; ``NotFound`` where it is not there for this viewer."""
    decision = status_decision(look, referral)
    if not decision.allow:
        raise NotFound("There is no such referral.")
    if decision.mask is Mask.STATUS_ONLY:
        return {
            "id": referral.id,
            "case_id": referral.case_id,
            "status": lifecycle.masked(Status(referral.status)),
            "masked": decision.rule,
        }
    answer = {
        "id": referral.id,
        "number": referral.number,
        "case_id": referral.case_id,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "service": referral.service,
        "status": referral.status,
        "inferred": referral.inferred,
        "delivery": referral.delivery,
        "outcome": referral.outcome if sees_outcome(config, viewer, referral, look.now) else None,
        "urgency": referral.urgency,
        "life_domains": list(domains_for(config, viewer.organisation, referral)),
        "next_action": next_action(referral),
        "created_at": referral.created_at,
        "changed_at": referral.changed_at,
        "version": referral.version,
        "masked": decision.rule if decision.mask is Mask.ANNOUNCEMENT else None,
    }
    if is_party(viewer, referral, look.now) or may_see(look, referral, Category.GOAL_PLAN).mask is Mask.FULL:
        content = content_for(viewer.organisation, referral)
        answer["content"] = {
            **{name: content[name] for name in _CONTENT if content.get(name)},
            "ground": {"basis": referral.basis, "law": referral.law, "purpose": referral.purpose},
        }
    return answer


def sees_outcome(config: Configuration, viewer: Viewer, referral: Referral, now: dt.datetime) -> bool:
    """Whether what the help led to may be known: of health, never on the side of work and income."""
    if not holds(referral, now):
        return False
    if not touches_health(config, referral) or viewer.organisation == referral.receiver:
        return True
    organisation = config.organisation(viewer.organisation)
    return organisation is not None and organisation.kind not in WORK_SIDE


def walled_off(look: Gaze, referral: Referral) -> bool:
    """Whether this viewer stands on the side of work and income of a referral about health: of it only the state."""
    return touches_health(look.config, referral) and look.kind in WORK_SIDE


def next_action(referral: Referral) -> dict[str, Any] | None:
    """Give whose turn it is, for what, by when."""
    if referral.turn_who is None:
        return None
    organisations = {Part.RECEIVER: referral.receiver, Part.SENDER: referral.sender}
    return {
        "who": referral.turn_who,
        "organisation": organisations.get(Part(referral.turn_who)),
        "what": referral.turn_what,
        "by": referral.turn_due_at,
    }
