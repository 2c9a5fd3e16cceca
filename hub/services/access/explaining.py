"""Say why somebody sees something, or does not: always from the very decision about it."""

from typing import Any

from hub.models import Referral
from hub.rules.access import Mask
from hub.services.access.access import Why, why_status
from hub.services.access.gaze import Gaze
from hub.services.views.why import Explained
from schemas.fields import moment_text

_EMERGENCY = "A11"


def explained(look: Gaze, found: Why, referral: Referral | None = None) -> Explained:
    """Say why, from a decision; ``referral`` is the one by which it was let through, where it was.

    Of what is shown in part, or not at all, only the rule and its reason are told: the ground, the date and who gave it
    would tell more than is shown.
    """
    told = found.decision.mask is Mask.FULL
    by_emergency = told and found.decision.rule == _EMERGENCY
    by_referral = told and not by_emergency and referral is not None
    since = look.facts.emergency_since if by_emergency else None
    granted_by = None
    if by_referral and referral is not None:
        sender = look.config.organisation(referral.sender)
        since, granted_by = referral.created_at, sender.name if sender is not None else referral.sender
    return Explained(
        allowed=found.decision.allow,
        rule=found.decision.rule,
        reason=found.decision.reason_nl,
        purpose=found.question.actor_purpose,
        relation=found.question.relation,
        basis=found.question.legal_basis if told else "",
        law=found.question.law if told else "",
        since=since,
        granted_by=granted_by,
        until=look.facts.emergency_until if by_emergency else None,
    )


def explained_status(look: Gaze, referral: Referral) -> Explained:
    """Say why this viewer sees the state of a referral."""
    return explained(look, why_status(look, referral), referral)


def why_body(why: Explained) -> dict[str, Any]:
    """Give an explanation as JSON."""
    body = {
        "rule": why.rule,
        "reason": why.reason,
        "purpose": why.purpose,
        "basis": why.basis or None,
        "law": why.law or None,
        "since": moment_text(why.since) if why.since else None,
        "until": moment_text(why.until) if why.until else None,
        "granted_by": why.granted_by,
    }
    return {name: value for name, value in body.items() if value is not None}
