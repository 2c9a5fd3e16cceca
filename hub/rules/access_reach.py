"""Whether somebody can ever see something: the policy asked in every circumstance there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from hub.rules.access import BLOCKS, decide
from hub.rules.access_question import Question
from hub.rules.access_tables import (
    ACTOR_KINDS,
    GROUNDS,
    ROLES,
    Action,
    BasisState,
    Category,
    Flag,
    Mask,
    Relation,
    RelationState,
)
from schemas.vocabulary import LifeDomain, Purpose

_LISTS: dict[str, Iterable[str]] = {
    "org": sorted(ACTOR_KINDS),
    "role": ROLES,
    "purpose": Purpose,
    "category": Category,
    "domain": LifeDomain,
    "owner": sorted(ACTOR_KINDS),
    "origin": Purpose,
    "action": (action for action in Action if action != Action.SHARE),
}
WORDS = {name: tuple(str(word) for word in words) for name, words in _LISTS.items()}
"""The words that may be asked with. Passing on is asked of two people at once, and not here."""
_NONE: frozenset[str] = frozenset()
# What may be so beside tie and ground. Facts that only ever deny are left out: without them it is at its widest.
CIRCUMSTANCES: tuple[frozenset[str], ...] = (
    _NONE,
    frozenset({Flag.AUTHOR}),
    frozenset({Flag.BREAK_GLASS, Flag.REASON_GIVEN}),
    frozenset({Flag.WAMS_IN_FORCE}),
)
_OWNERS: tuple[frozenset[str], ...] = (_NONE, frozenset({Flag.OTHER_OWNER}))
_NO_GROUND = ("none", "")
_RULES = [rule.id for block in BLOCKS for rule in block.rules]


@dataclass(frozen=True, kw_only=True)
class Who:
    """Somebody, and the thing that is asked about; any tie, ground and circumstance is tried."""

    org: str
    role: str
    purpose: str
    category: str
    domain: str
    owner: str
    origin: str
    action: str = Action.VIEW


@dataclass(frozen=True, kw_only=True)
class Way:
    """A circumstance in which it is allowed, by which rule, and how much is shown."""

    rule: str
    mask: Mask
    relation: str
    state: str
    basis: str
    law: str
    flags: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The ways in which it is ever allowed; where there is none, the wall that stands when all else is met."""

    ways: tuple[Way, ...]
    wall: str | None
    asked: int


def questions(who: Who) -> list[Question]:
    """Give the question in every circumstance that could ever allow it."""
    grounds = sorted(GROUNDS.get(who.purpose, frozenset())) or [_NO_GROUND]
    states = (RelationState.ACTIVE, RelationState.ANNOUNCED)
    return [
        Question(
            actor_org=who.org,
            actor_role=who.role,
            actor_purpose=who.purpose,
            relation=relation,
            relation_state=state,
            legal_basis=basis,
            law=law,
            basis_state=BasisState.VALID,
            owner_org=who.owner,
            origin_purpose=who.origin,
            life_domain=who.domain,
            data_category=who.category,
            action=who.action,
            in_scope=True,
            flags=circumstance | owner,
        )
        for relation, state, (basis, law), circumstance, owner in product(
            Relation, states, grounds, CIRCUMSTANCES, _OWNERS if who.org == who.owner else (_NONE,)
        )
    ]


def reach(who: Who) -> Reach:
    """Ask the policy in every circumstance."""
    asked = questions(who)
    answers = [(q, decide(q)) for q in asked]
    ways: dict[tuple[str, str], Way] = {}
    for q, answer in answers:
        if answer.mask is not None:
            way = Way(
                rule=answer.rule,
                mask=answer.mask,
                relation=q.relation,
                state=q.relation_state,
                basis=q.legal_basis,
                law=q.law,
                flags=q.flags,
            )
            ways.setdefault((answer.rule, answer.mask), way)
    wall = None if ways else max((answer.rule for _, answer in answers), key=_depth)
    return Reach(ways=tuple(ways.values()), wall=wall, asked=len(asked))


def _depth(rule: str) -> int:
    """Give how far down the table a rule stands: the deepest is what is left when all else is met."""
    return max((at for at, name in enumerate(_RULES) if name == rule), default=len(_RULES))
