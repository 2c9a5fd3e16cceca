"""Whether a viewer may know who a client is: by regie, through a referral, as own data, in an emergency."""

from hub.models import Referral
from hub.rules.access import Action, BasisState, Category, Decision, Mask, Question, Relation, RelationState, decide
from hub.services.access.access import IN_EMERGENCY, OWN_GROUND, Why, may_see, why
from hub.services.access.gaze import Gaze
from hub.services.record.sights import sight_of
from schemas.vocabulary import Basis, LifeDomain, OrganisationKind


def may_see_person(look: Gaze, referrals: list[Referral]) -> Decision:
    """Decide whether this viewer may know who the client is: by regie, through a referral, or as W&I's own data."""
    for referral in referrals:
        may_see(look, referral, Category.CONTACT)
    return why_client(look, referrals, Category.CONTACT)[0].decision


def why_client(look: Gaze, referrals: list[Referral], category: Category) -> tuple[Why, Referral | None]:
    """Decide about a kind of data of the client as such, and give the referral through which it may be seen, if any."""
    own = _about_person(look, category)
    if own.decision.mask is not Mask.FULL:
        for referral in referrals:
            through = why(look, referral, category)
            if through.decision.mask is Mask.FULL:
                return through, referral
    return own, None


def see_client(look: Gaze, referrals: list[Referral], category: Category) -> tuple[Why, Referral | None]:
    """Decide as ``why_client`` does, and keep the answer that counted."""
    found, referral = why_client(look, referrals, category)
    look.sights.append(sight_of(referral.id if referral is not None else None, found.question, found.decision))
    return found, referral


def _about_person(look: Gaze, category: Category) -> Why:
    """Ask about the client as such, apart from any referral."""
    relation, flags = Relation.NONE, look.facts.flags
    basis, law = OWN_GROUND.get(look.viewer.purpose, ("", ""))
    if look.viewer.id == look.regisseur_id:
        relation = Relation.REGIE
    elif look.viewer.role == "income_consultant" and look.kind == OrganisationKind.WORK_AND_INCOME:
        relation = Relation.REFERRAL_SENDER
    elif look.facts.emergency_until is not None:
        basis, law, flags = Basis.VITAL_INTEREST, "", flags | IN_EMERGENCY
    question = Question(
        actor_org=look.kind,
        actor_role=look.viewer.role,
        actor_purpose=look.viewer.purpose,
        relation=relation,
        relation_state=RelationState.ACTIVE,
        legal_basis=basis,
        law=law,
        basis_state=BasisState.VALID,
        owner_org=look.kind,
        origin_purpose=look.viewer.purpose,
        life_domain=LifeDomain.FINANCES,
        data_category=category,
        action=Action.VIEW,
        in_scope=True,
        flags=flags,
    )
    return Why(decision=decide(question), question=question)
