"""What the rules of access turn on: how much is shown, short lists, and conditions too long for a line of the table."""

from hub.rules.access_question import Question
from hub.rules.access_tables import Action, BasisState, Category, Flag, Law, Mask, Relation, Role
from schemas.vocabulary import Basis, LifeDomain, OrganisationKind, Purpose


def always(_: Question) -> bool:
    """Hold for every question, or for all that is left of a block."""
    return True


# How much is shown -------------------------------------------------------------------------------------------------


def full(_: Question) -> Mask:
    """Show the item itself."""
    return Mask.FULL


def status_only(_: Question) -> Mask:
    """Show that something runs, not where, with whom or since when."""
    return Mask.STATUS_ONLY


def announcement(_: Question) -> Mask:
    """Show product, area and urgency, no identity."""
    return Mask.ANNOUNCEMENT


def status_only_of_care(q: Question) -> Mask:
    """Show the work side of care only that something runs; all but the status was denied before."""
    return Mask.STATUS_ONLY if q.health and q.work_side else Mask.FULL


def status_only_of_own_care(q: Question) -> Mask:
    """Do the same with own data, except for the case director who made the referral."""
    return Mask.FULL if q.actor_role == Role.CASE_DIRECTOR else status_only_of_care(q)


def status_only_without_consent(q: Question) -> Mask:
    """Show the case director of care only that something runs, unless the client said yes."""
    return Mask.STATUS_ONLY if q.health and not q.by_consent else Mask.FULL


# Lists that only one rule uses -------------------------------------------------------------------------------------

_MEANS = frozenset({Category.CONTACT, Category.IDENTIFIER, Category.PROCESS_STATUS, Category.FINANCIAL})
_MEANS_DOMAINS = frozenset({LifeDomain.FINANCES, LifeDomain.WORK_EDUCATION})
HELP = frozenset({Purpose.GUIDANCE, Purpose.TRIAGE, Purpose.PLACEMENT, Purpose.DEBT_HELP})
UNDER_OBJECTION = frozenset({Purpose.OWN_DATA, Purpose.ACCOUNTABILITY})
WRITING = frozenset({Action.VIEW, Action.EDIT})
FOLLOWING = frozenset({Action.VIEW, Action.SUBSCRIBE})
TAKING = frozenset({Action.VIEW, Action.EXPORT})
READING = frozenset({Action.VIEW, Action.SUBSCRIBE, Action.EXPORT})
ABOUT_THE_HUB = frozenset({Category.DELIVERY_META, Category.AUDIT_LOG, Category.AGGREGATE})
NOT_FOR_CLIENTS = frozenset({Category.DELIVERY_META, Category.AGGREGATE})
MANDATED = frozenset(
    {Category.CONTACT, Category.PROCESS_STATUS, Category.FINANCIAL, Category.GOAL_PLAN, Category.APPOINTMENT}
)
_EMERGENCY_ROLES = frozenset({Role.PRACTITIONER, Role.SOCIAL_WORKER, Role.TEAM_COORDINATOR})
_EMERGENCY_PURPOSES = frozenset({Purpose.TREATMENT, Purpose.TRIAGE, Purpose.GUIDANCE})
_EMERGENCY = frozenset({Category.CONTACT, Category.PROCESS_STATUS, Category.GOAL_PLAN, Category.CARE_NEED})
_STEPS = frozenset({Category.PROCESS_STATUS, Category.APPOINTMENT})
NO_TIE = frozenset({Relation.NONE, ""})
_REFERRAL = frozenset({Relation.REFERRAL_SENDER, Relation.REFERRAL_RECEIVER})
BY_SCOPE = _REFERRAL | {Relation.TEAM_ITEM}
RECEIVING = frozenset({Relation.REFERRAL_RECEIVER, Relation.TEAM_ITEM})


# Conditions too long for a line of the table -----------------------------------------------------------------------


def is_income_data(q: Question) -> bool:
    """Tell whether income may use it: a few categories, recorded for income by Werk & Inkomen itself."""
    return (
        q.data_category in _MEANS
        and q.life_domain in _MEANS_DOMAINS
        and q.owner_org == OrganisationKind.WORK_AND_INCOME
        and q.origin_purpose == Purpose.INCOME
    )


def is_closed_care_status(q: Question) -> bool:
    """Tell whether the state of care is closed to a regisseur because the municipality asks the client's yes for it."""
    return (
        Flag.CARE_STATUS_BY_CONSENT in q.flags
        and q.actor_role == Role.CASE_DIRECTOR
        and q.is_status
        and q.health
        and not q.by_consent
    )


def is_emergency(q: Question) -> bool:
    """Tell whether this is a look in a crisis that the law allows: vital interest, with a reason, by a helper."""
    return (
        q.actor_role in _EMERGENCY_ROLES
        and q.actor_purpose in _EMERGENCY_PURPOSES
        and q.action == Action.VIEW
        and q.legal_basis == Basis.VITAL_INTEREST
        and q.basis_state == BasisState.VALID
        and Flag.REASON_GIVEN in q.flags
        and (
            q.data_category in _EMERGENCY
            or (q.data_category == Category.HEALTH_CONTENT and q.actor_role == Role.PRACTITIONER)
        )
    )


def is_traffic(q: Question) -> bool:
    """Tell whether an operator looks at the traffic as processor under the AVG."""
    return (
        q.data_category == Category.DELIVERY_META
        and q.action in READING
        and q.legal_basis == Basis.LEGAL_DUTY
        and q.law == Law.AVG
    )


def is_own_traffic(q: Question) -> bool:
    """Tell whether a system reads or writes for a referral its own organisation sent or got."""
    return (
        q.relation in _REFERRAL
        and bool(q.in_scope)
        and q.action in WRITING
        and (not q.is_care or q.own or q.by_consent)
    )


def is_for_sender(q: Question) -> bool:
    """Tell whether a sender may follow it: how far it is, when it starts, and progress unless it is care."""
    return q.data_category in _STEPS or (
        q.data_category == Category.PROGRESS and q.owner_org != OrganisationKind.MENTAL_HEALTH
    )
