"""Who acts, and the part they play in one referral."""

from hub.models import Referral
from hub.rules.lifecycle import Part
from hub.services.views.viewer import Viewer

SYSTEM = Viewer(
    id="schakel",
    name="Schakel",
    organisation="schakel",
    organisation_name="Schakel",
    role="system",
    purpose="operations",
)
# Roles that take no part in help, whatever their organisation is.
NO_PART = frozenset({"income_consultant", "enforcer", "functional_admin", "policy_adviser"})


def parts_of(actor: Viewer, referral: Referral, regisseur_id: str | None) -> frozenset[Part]:
    """Give the parts someone plays in a referral; none for who has nothing to do with it."""
    if actor is SYSTEM:
        return frozenset({Part.SYSTEM})
    if actor.role == "privacy_officer":
        return frozenset({Part.PRIVACY_OFFICER})
    if actor.role in NO_PART:
        return frozenset()
    parts = set()
    if actor.organisation == referral.sender:
        parts.add(Part.SENDER)
    if actor.organisation == referral.receiver:
        parts.add(Part.RECEIVER)
    if regisseur_id is not None and actor.id == regisseur_id:
        parts.add(Part.REGISSEUR)
    return frozenset(parts)
