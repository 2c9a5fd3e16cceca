"""Who may see what, and why: one ordered table of rules, walls first. What no rule allows is denied.

Read it from top to bottom: the first rule that applies decides. A block says whom or what its rules are about;
``always`` is what is left of its block. Nothing below the walls opens them: no consent, emergency or administrator.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from hub.rules.access_question import Decision, Question
from hub.rules.access_tables import (
    REASONS,
    Action,
    BasisState,
    Category,
    Flag,
    Law,
    LifeDomain,
    Mask,
    OrganisationKind,
    Purpose,
    Reason,
    Relation,
    RelationState,
    Role,
)
from schemas.vocabulary import Basis

__all__ = [
    "BLOCKS",
    "Action",
    "BasisState",
    "Block",
    "Category",
    "Decision",
    "Flag",
    "Law",
    "Mask",
    "Question",
    "Reason",
    "Relation",
    "RelationState",
    "Role",
    "Rule",
    "decide",
    "reason",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """When it applies, whether it allows, and how much it then shows."""

    id: str
    when: Callable[[Question], bool]
    mask: Callable[[Question], Mask | None] | None = None
    """How much is shown; a rule without a mask denies."""
    cite: Callable[[Question], str] | None = None
    """Another rule to name, when that one is the reason."""
    any_file: bool = False
    """Whether it holds without looking at the owner, the origin, the domain or the tie to the client."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rules about the same people or the same circumstance."""

    title: str
    about: Callable[[Question], bool]
    rules: tuple[Rule, ...]


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
    """Show the work side of care only that something runs."""
    return Mask.STATUS_ONLY if q.is_status and q.health and q.work_side else Mask.FULL


def status_only_of_own_care(q: Question) -> Mask:
    """Do the same with own data, except for the case director who made the referral."""
    return Mask.FULL if q.actor_role == Role.CASE_DIRECTOR else status_only_of_care(q)


def status_only_without_consent(q: Question) -> Mask:
    """Show the case director of care only that something runs, unless the client said yes."""
    return Mask.STATUS_ONLY if q.health and not q.by_consent else Mask.FULL


def as_recipient(q: Question) -> Mask | None:
    """Show what the recipient may see."""
    return _for_recipient(q).mask


# Lists that only one rule uses -------------------------------------------------------------------------------------

_MEANS = frozenset({Category.CONTACT, Category.IDENTIFIER, Category.PROCESS_STATUS, Category.FINANCIAL})
_MEANS_DOMAINS = frozenset({LifeDomain.FINANCES, LifeDomain.WORK_EDUCATION})
_HELP = frozenset({Purpose.GUIDANCE, Purpose.TRIAGE, Purpose.PLACEMENT, Purpose.DEBT_HELP})
_UNDER_OBJECTION = frozenset({Purpose.OWN_DATA, Purpose.ACCOUNTABILITY})
_WRITING = frozenset({Action.VIEW, Action.EDIT})
_FOLLOWING = frozenset({Action.VIEW, Action.SUBSCRIBE})
_TAKING = frozenset({Action.VIEW, Action.EXPORT})
_READING = frozenset({Action.VIEW, Action.SUBSCRIBE, Action.EXPORT})
_ABOUT_THE_HUB = frozenset({Category.DELIVERY_META, Category.AUDIT_LOG, Category.AGGREGATE})
_NOT_FOR_CLIENTS = frozenset({Category.DELIVERY_META, Category.AGGREGATE})
_MANDATED = frozenset(
    {Category.CONTACT, Category.PROCESS_STATUS, Category.FINANCIAL, Category.GOAL_PLAN, Category.APPOINTMENT}
)
_EMERGENCY_ROLES = frozenset({Role.PRACTITIONER, Role.SOCIAL_WORKER, Role.TEAM_COORDINATOR})
_EMERGENCY_PURPOSES = frozenset({Purpose.TREATMENT, Purpose.TRIAGE, Purpose.GUIDANCE})
_EMERGENCY = frozenset({Category.CONTACT, Category.PROCESS_STATUS, Category.GOAL_PLAN, Category.CARE_NEED})
_STEPS = frozenset({Category.PROCESS_STATUS, Category.APPOINTMENT})
_NO_TIE = frozenset({Relation.NONE, ""})
_REFERRAL = frozenset({Relation.REFERRAL_SENDER, Relation.REFERRAL_RECEIVER})
_BY_SCOPE = _REFERRAL | {Relation.TEAM_ITEM}
_RECEIVING = frozenset({Relation.REFERRAL_RECEIVER, Relation.TEAM_ITEM})
_NAMED_WHEN_SHARING = frozenset({"D02", "D08", "D09", "D10"})


# Conditions too long for a line of the table -----------------------------------------------------------------------


def is_income_data(q: Question) -> bool:
    """Tell whether income may use it: a few categories, recorded for income by Werk & Inkomen itself."""
    return (
        q.data_category in _MEANS
        and q.life_domain in _MEANS_DOMAINS
        and q.owner_org == OrganisationKind.WORK_AND_INCOME
        and q.origin_purpose == Purpose.INCOME
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
        and q.action in _READING
        and q.legal_basis == Basis.LEGAL_DUTY
        and q.law == Law.AVG
    )


def is_own_traffic(q: Question) -> bool:
    """Tell whether a system reads or writes for a referral its own organisation sent or got."""
    return (
        q.relation in _REFERRAL
        and bool(q.in_scope)
        and q.action in _WRITING
        and (not q.is_care or q.own or q.by_consent)
    )


def is_for_sender(q: Question) -> bool:
    """Tell whether a sender may follow it: how far it is, when it starts, and progress unless it is care."""
    return q.data_category in _STEPS or (
        q.data_category == Category.PROGRESS and q.owner_org != OrganisationKind.MENTAL_HEALTH
    )


# Passing on: the same table, asked for the sharer and for the recipient ---------------------------------------------


def _for_sharer(q: Question) -> Decision:
    """Decide whether the one who shares may view it."""
    return decide(replace(q, action=Action.VIEW))


def _for_recipient(q: Question) -> Decision:
    """Decide whether the recipient may view it, as receiver in scope on the same ground."""
    flags = q.flags - {Flag.OTHER_OWNER, Flag.RECIPIENT_NOT_OWNER}
    return decide(
        replace(
            q,
            actor_org=q.recipient_org,
            actor_role=q.recipient_role,
            actor_purpose=q.recipient_purpose,
            relation=Relation.REFERRAL_RECEIVER,
            relation_state=RelationState.ACTIVE,
            action=Action.VIEW,
            in_scope=True,
            flags=flags | {Flag.OTHER_OWNER} if Flag.RECIPIENT_NOT_OWNER in q.flags else flags,
        )
    )


def reason_of_sharer(q: Question) -> str:
    """Name the rule that keeps the sharer himself out."""
    return _for_sharer(q).rule


def reason_of_recipient(q: Question) -> str:
    """Name the wall the recipient stands before, where the sharer may know it."""
    rule = _for_recipient(q).rule
    return rule if rule in _NAMED_WHEN_SHARING else "D14"


# The table ---------------------------------------------------------------------------------------------------------

BLOCKS: tuple[Block, ...] = (
    Block(
        "Walls: nothing below opens them",
        always,
        (
            Rule("D01", lambda q: Purpose.ENFORCEMENT in (q.actor_purpose, q.recipient_purpose)),
            Rule("D01", lambda q: q.actor_role == Role.ENFORCER),
            Rule("D03", lambda q: not q.role_fits),
            Rule("D15", lambda q: Flag.OTHER_MUNICIPALITY in q.flags),
            Rule("D19", lambda q: Flag.OWN_OR_RELATIVE_FILE in q.flags and q.actor_role != Role.CLIENT),
            Rule("D17", lambda q: Flag.OBJECTION in q.flags and q.actor_purpose not in _UNDER_OBJECTION),
        ),
    ),
    Block(
        "Working notes: only whoever wrote it",
        lambda q: q.data_category == Category.PRIVATE_NOTE,
        (
            Rule("A01", lambda q: Flag.AUTHOR in q.flags and q.own and q.action in _WRITING, full, any_file=True),
            Rule("D07", always),
        ),
    ),
    Block(
        "Walls of purpose: income, health, two hats",
        always,
        (
            Rule("D02", lambda q: q.actor_purpose == Purpose.INCOME and not is_income_data(q)),
            Rule("D08", lambda q: q.data_category == Category.HEALTH_CONTENT and q.work_side),
            Rule("D04", lambda q: Flag.SECOND_HAT in q.flags and q.actor_purpose in _HELP),
        ),
    ),
    Block(
        "Operator: the traffic, never the content",
        lambda q: q.actor_role == Role.FUNCTIONAL_ADMIN,
        (
            Rule("A08", is_traffic, full, any_file=True),
            Rule("D13", always),
        ),
    ),
    Block(
        "Privacy officer: who saw what, never the content",
        lambda q: q.actor_role == Role.PRIVACY_OFFICER,
        (
            Rule(
                "A09",
                lambda q: q.data_category == Category.AUDIT_LOG and q.action in _TAKING,
                full,
                any_file=True,
            ),
            Rule("D20", always),
        ),
    ),
    Block(
        "Policy adviser: counts of ten clients or more",
        lambda q: q.actor_role == Role.POLICY_ADVISER,
        (
            Rule(
                "A13",
                lambda q: (
                    q.data_category == Category.AGGREGATE and q.action in _TAKING and Flag.N_BELOW_10 not in q.flags
                ),
                full,
                any_file=True,
            ),
            Rule("D00", always),
        ),
    ),
    Block(
        "Client: everything about himself",
        lambda q: q.actor_role == Role.CLIENT,
        (
            Rule("D05", lambda q: q.relation != Relation.SELF),
            Rule(
                "A07",
                lambda q: q.action in _READING and q.data_category not in _NOT_FOR_CLIENTS,
                full,
                any_file=True,
            ),
            Rule("D00", always),
        ),
    ),
    Block(
        "Representative: finances, within the mandate",
        lambda q: q.actor_role == Role.REPRESENTATIVE,
        (
            Rule("D05", lambda q: q.relation != Relation.MANDATE),
            Rule("D12", lambda q: q.relation_state != RelationState.ACTIVE),
            Rule("D06", lambda q: q.basis_state != BasisState.VALID),
            Rule(
                "A07",
                lambda q: q.action in _TAKING and q.life_domain == LifeDomain.FINANCES and q.data_category in _MANDATED,
                full,
                any_file=True,
            ),
            Rule("D10", always),
        ),
    ),
    Block(
        "The hub's own records: nobody else",
        lambda q: q.data_category in _ABOUT_THE_HUB,
        (Rule("D00", always),),
    ),
    Block(
        "Emergency",
        lambda q: Flag.BREAK_GLASS in q.flags,
        (
            Rule("A11", is_emergency, full, any_file=True),
            Rule("D18", always),
        ),
    ),
    Block(
        "Relation and ground",
        always,
        (
            Rule("D05", lambda q: q.relation in _NO_TIE),
            Rule("D12", lambda q: q.relation_state == RelationState.ENDED),
            Rule("D06", lambda q: not q.ground_holds),
        ),
    ),
    Block(
        "Announced, not yet accepted",
        lambda q: q.relation_state == RelationState.ANNOUNCED,
        (
            Rule("A12", lambda q: q.is_status and q.action in _FOLLOWING, announcement),
            Rule("D11", always),
        ),
    ),
    Block(
        "Change and pass on: the owner; onward by consent, and only what both may see",
        always,
        (
            Rule("D16", lambda q: q.action == Action.EDIT and not q.own),
            Rule("D16", lambda q: q.action == Action.SHARE and not q.own and not q.by_consent),
            Rule("D14", lambda q: q.action == Action.SHARE and not _for_sharer(q).allow, cite=reason_of_sharer),
            Rule("D14", lambda q: q.action == Action.SHARE and not _for_recipient(q).allow, cite=reason_of_recipient),
            Rule("A14", lambda q: q.action == Action.SHARE, as_recipient),
        ),
    ),
    Block(
        "Machine: the referrals of its own organisation",
        lambda q: q.actor_role == Role.MACHINE,
        (
            Rule("D08", lambda q: q.work_side and not q.own and q.health and not q.is_status),
            Rule("A10", is_own_traffic, full),
            Rule("D10", always),
        ),
    ),
    Block(
        "Own data: what the role needs",
        lambda q: q.own,
        (
            Rule(
                "D08",
                lambda q: q.health and q.work_side and q.actor_role != Role.CASE_DIRECTOR and not q.is_status,
            ),
            Rule("A03", lambda q: q.actor_role == Role.INCOME_CONSULTANT and q.in_own_list, full),
            Rule("A01", lambda q: q.in_own_list, status_only_of_own_care),
            Rule("D10", always),
        ),
    ),
    Block(
        "Professional secrecy",
        always,
        (Rule("D09", lambda q: q.is_care and not q.by_consent),),
    ),
    Block(
        "Case director in charge: what helps to direct; of care only that it runs",
        lambda q: q.actor_role == Role.CASE_DIRECTOR and q.relation == Relation.REGIE,
        (
            Rule("D08", lambda q: q.data_category == Category.CARE_NEED),
            Rule("A02", lambda q: q.is_status, status_only_without_consent),
            Rule("D09", lambda q: q.health),
            Rule("D10", lambda q: q.data_category == Category.FINANCIAL and not q.by_consent),
            Rule("D10", lambda q: not q.in_received_list),
            Rule("A02", always, full),
        ),
    ),
    Block(
        "Outside the referral or the item",
        lambda q: q.relation in _BY_SCOPE,
        (Rule("D10", lambda q: not q.in_scope),),
    ),
    Block(
        "Sender: how the own referral is doing",
        lambda q: q.relation == Relation.REFERRAL_SENDER,
        (
            Rule("A05", lambda q: q.work_side and q.health and q.is_status, status_only),
            Rule("D08", lambda q: q.work_side and q.health),
            Rule(
                "A05",
                lambda q: q.owner_org == OrganisationKind.MENTAL_HEALTH and not q.by_consent and q.is_status,
                status_only,
            ),
            Rule(
                "D09",
                lambda q: (
                    q.owner_org == OrganisationKind.MENTAL_HEALTH
                    and not q.by_consent
                    and q.data_category == Category.APPOINTMENT
                ),
            ),
            Rule("A05", is_for_sender, full),
            Rule("D10", always),
        ),
    ),
    Block(
        "Receiver and case discussion: the package of the role",
        lambda q: q.relation in _RECEIVING,
        (
            Rule("D08", lambda q: q.work_side and q.data_category == Category.CARE_NEED),
            Rule("D08", lambda q: q.work_side and q.health and not q.is_status),
            Rule(
                "A04",
                lambda q: q.relation == Relation.REFERRAL_RECEIVER and q.in_received_list,
                status_only_of_care,
            ),
            Rule("A06", lambda q: q.relation == Relation.TEAM_ITEM and q.in_received_list, status_only_of_care),
            Rule("D10", always),
        ),
    ),
)


# The answer --------------------------------------------------------------------------------------------------------

NOBODY = Rule("D00", always)
"""What is left when no rule applies."""


def reason(rule: str) -> Reason:
    """Say why a rule decides as it does."""
    return REASONS[rule]


@lru_cache(maxsize=256)
def _answer(rule: str, mask: Mask | None) -> Decision:
    return Decision(
        allow=mask is not None, mask=mask, rule=rule, reason_nl=REASONS[rule].nl, reason_en=REASONS[rule].en
    )


def first_rule(q: Question) -> Rule:
    """Find the first rule of the table that applies."""
    for block in BLOCKS:
        if block.about(q):
            for rule in block.rules:
                if rule.when(q):
                    return rule
    return NOBODY


def judge(q: Question) -> Decision:
    """Apply the table; an allow on a word the policy doesn't know, or on a gap it needs, becomes a deny."""
    rule = first_rule(q)
    if rule.mask is None:
        return _answer(rule.cite(q) if rule.cite else rule.id, None)
    if not (q.recognised and (rule.any_file or q.complete)):
        return _answer(NOBODY.id, None)
    return _answer(rule.id, rule.mask(q))


@lru_cache(maxsize=65_536)
def _remembered(q: Question) -> Decision:
    return judge(q)


def decide(question: Question) -> Decision:
    """Answer one question. Every question gets an answer: a value that can't even be compared is denied.

    The answer depends on the question alone, so it may be remembered; a question holds no personal data.
    """
    try:
        return _remembered(question)
    except TypeError:
        return _answer(NOBODY.id, None)
