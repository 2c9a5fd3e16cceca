"""What is asked of the access policy, and what it answers."""

from dataclasses import dataclass

from hub.rules.access_tables import (
    ACTOR_KINDS,
    CARE,
    GROUNDS,
    ROLES,
    WORK_SIDE,
    Action,
    BasisState,
    Category,
    Flag,
    Law,
    Mask,
    Relation,
    RelationState,
)
from schemas.vocabulary import HEALTH_DOMAINS, Basis, LifeDomain, Purpose

_NO_FLAGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Allow or deny, how much is shown, and the rule with its reason; a deny has no mask, an allow has one."""

    allow: bool
    mask: Mask | None
    rule: str
    reason_nl: str
    reason_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whether this person, in this role, for this purpose, with this relation and ground, may do this to this item now.

    Every field holds a value of its closed list (``access_tables``, ``schemas.vocabulary``) or ``""`` for "not
    given". Other words may be asked too and are never allowed. ``in_scope`` is ``None`` when it is not known.
    """

    actor_org: str
    actor_role: str
    actor_purpose: str
    relation: str
    relation_state: str
    legal_basis: str
    law: str = ""
    basis_state: str
    owner_org: str
    origin_purpose: str
    life_domain: str
    data_category: str
    action: str
    in_scope: bool | None = False
    recipient_org: str = ""
    recipient_role: str = ""
    recipient_purpose: str = ""
    flags: frozenset[str] = _NO_FLAGS

    @property
    def own(self) -> bool:
        """Whether the item was recorded by the organisation of the one who asks."""
        return self.owner_org == self.actor_org and Flag.OTHER_OWNER not in self.flags

    @property
    def health(self) -> bool:
        """Whether the item is about a life domain behind the health wall."""
        return self.life_domain in HEALTH_DOMAINS

    @property
    def work_side(self) -> bool:
        """Whether the one who asks works on the side that never gets health data."""
        return self.actor_org in WORK_SIDE

    @property
    def by_consent(self) -> bool:
        """Whether the ground is the client's consent."""
        return self.legal_basis == Basis.CONSENT

    @property
    def is_status(self) -> bool:
        """Whether the item tells only how far a process is."""
        return self.data_category == Category.PROCESS_STATUS

    @property
    def is_care(self) -> bool:
        """Whether the item falls under professional secrecy."""
        return self.data_category in CARE

    @property
    def role_fits(self) -> bool:
        """Whether the role exists at the organisation and works for the purpose (access roles)."""
        role = ROLES.get(self.actor_role)
        return role is not None and self.actor_org in role.organisations and self.actor_purpose in role.purposes

    @property
    def in_own_list(self) -> bool:
        """Whether the role needs this category of its own organisation's data."""
        return self.data_category in ROLES[self.actor_role].own

    @property
    def in_received_list(self) -> bool:
        """Whether the role needs this category of data received from others."""
        return self.data_category in ROLES[self.actor_role].received

    @property
    def ground_holds(self) -> bool:
        """Whether the ground is valid, fits the purpose, and rests on a law that is in force."""
        return (
            self.basis_state == BasisState.VALID
            and (self.legal_basis, self.law) in GROUNDS[self.actor_purpose]
            and (self.law != Law.WAMS or Flag.WAMS_IN_FORCE in self.flags)
        )

    @property
    def recognised(self) -> bool:
        """Whether every value that was given is one the policy knows."""
        return (
            self.relation in _RELATIONS
            and self.relation_state in _RELATION_STATES
            and self.legal_basis in _BASES
            and self.law in _LAWS
            and self.basis_state in _BASIS_STATES
            and self.owner_org in _OWNERS
            and self.origin_purpose in _PURPOSES
            and self.life_domain in _DOMAINS
            and self.data_category in _CATEGORIES
            and self.action in _ACTIONS
            and self.in_scope in _SCOPES
            and self.flags <= _FLAGS
        )

    @property
    def complete(self) -> bool:
        """Whether owner, origin, domain, state of the relation and scope are all given."""
        return bool(
            self.relation_state
            and self.owner_org
            and self.origin_purpose
            and self.life_domain
            and self.in_scope is not None
        )


_RELATIONS = frozenset({*Relation, ""})
_RELATION_STATES = frozenset({*RelationState, ""})
_BASES = frozenset({*Basis, "none", ""})
_LAWS = frozenset({*Law, "none", ""})
_BASIS_STATES = frozenset({*BasisState, "none", ""})
_OWNERS = frozenset({*ACTOR_KINDS, ""})
_PURPOSES = frozenset({*Purpose, ""})
_DOMAINS = frozenset({*LifeDomain, ""})
_CATEGORIES = frozenset(Category)
_ACTIONS = frozenset(Action)
_SCOPES = frozenset({True, False, None})
_FLAGS = frozenset(Flag)
