"""Who may see what, and why: one ordered table of rules, walls first. What no rule allows is denied.

Read it from top to bottom: the first rule that applies decides. A block says whom or what its rules are about;
``always`` is what is left of its block. Nothing below the walls opens them: no consent, emergency or administrator.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from hub.rules.access_conditions import (
    ABOUT_THE_HUB,
    BY_SCOPE,
    FOLLOWING,
    HELP,
    MANDATED,
    NO_TIE,
    NOT_FOR_CLIENTS,
    READING,
    RECEIVING,
    TAKING,
    UNDER_OBJECTION,
    WRITING,
    always,
    announcement,
    full,
    is_closed_care_status,
    is_emergency,
    is_for_sender,
    is_income_data,
    is_own_traffic,
    is_traffic,
    status_only,
    status_only_of_care,
    status_only_of_own_care,
    status_only_without_consent,
)
from hub.rules.access_question import Decision, Question
from hub.rules.access_reasons import REASONS, Reason
from hub.rules.access_tables import Action, BasisState, Category, Flag, Law, Mask, Relation, RelationState, Role
from schemas.vocabulary import LifeDomain, OrganisationKind, Purpose

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


_NAMED_WHEN_SHARING = frozenset({"D02", "D08", "D09", "D10"})

# Passing on: the same table, asked for the sharer and for the recipient ---------------------------------------------


def _for_sharer(q: Question) -> Decision:
    """Decide whether the one who shares may view it."""
    return decide(replace(q, action=Action.VIEW))


def _for_recipient(q: Question) -> Decision:
    """Decide whether the recipient may view it, as receiver in scope on the same ground."""
    flags = q.flags - {Flag.OTHER_OWNER}
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


def as_recipient(q: Question) -> Mask | None:
    """Show what the recipient may see."""
    return _for_recipient(q).mask


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
            Rule("D17", lambda q: Flag.OBJECTION in q.flags and q.actor_purpose not in UNDER_OBJECTION),
        ),
    ),
    Block(
        "Working notes: only whoever wrote it",
        lambda q: q.data_category == Category.PRIVATE_NOTE,
        (
            Rule("A01", lambda q: Flag.AUTHOR in q.flags and q.own and q.action in WRITING, full, any_file=True),
            Rule("D07", always),
        ),
    ),
    Block(
        "Walls of purpose: income, health, two hats",
        always,
        (
            Rule("D02", lambda q: q.actor_purpose == Purpose.INCOME and not is_income_data(q)),
            Rule("D08", lambda q: q.data_category == Category.HEALTH_CONTENT and q.work_side),
            Rule("D04", lambda q: Flag.SECOND_HAT in q.flags and q.actor_purpose in HELP),
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
                lambda q: q.data_category == Category.AUDIT_LOG and q.action in TAKING,
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
                    q.data_category == Category.AGGREGATE and q.action in TAKING and Flag.N_BELOW_10 not in q.flags
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
                lambda q: q.action in READING and q.data_category not in NOT_FOR_CLIENTS,
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
                lambda q: q.action in TAKING and q.life_domain == LifeDomain.FINANCES and q.data_category in MANDATED,
                full,
                any_file=True,
            ),
            Rule("D10", always),
        ),
    ),
    Block(
        "The hub's own records: nobody else",
        lambda q: q.data_category in ABOUT_THE_HUB,
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
            Rule("D05", lambda q: q.relation in NO_TIE),
            Rule("D12", lambda q: q.relation_state == RelationState.ENDED),
            Rule("D06", lambda q: not q.ground_holds),
        ),
    ),
    Block(
        "Announced, not yet accepted",
        lambda q: q.relation_state == RelationState.ANNOUNCED,
        (
            Rule("A12", lambda q: q.is_status and q.action in FOLLOWING, announcement),
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
        (
            Rule("D09", lambda q: q.is_care and not q.by_consent),
            Rule("D09", is_closed_care_status),
        ),
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
        lambda q: q.relation in BY_SCOPE,
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
        lambda q: q.relation in RECEIVING,
        (
            Rule("D08", lambda q: q.work_side and q.data_category == Category.CARE_NEED),
            Rule("D08", lambda q: q.work_side and q.health and not q.is_status),
            Rule(
                "A04",
                lambda q: q.relation == Relation.REFERRAL_RECEIVER and q.in_received_list,
                status_only_of_care,
            ),
            Rule("A06", lambda q: q.in_received_list, status_only_of_care),
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
