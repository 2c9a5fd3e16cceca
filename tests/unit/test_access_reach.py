"""Whether somebody can ever see something agrees with asking the policy at random, over and over."""

import random

import pytest

from hub.rules.access import decide
from hub.rules.access_question import Question
from hub.rules.access_reach import Who, reach
from hub.rules.access_tables import (
    ACTOR_KINDS,
    GROUNDS,
    ROLES,
    Action,
    BasisState,
    Category,
    Flag,
    Law,
    Relation,
    RelationState,
)
from schemas.vocabulary import Basis, LifeDomain, Purpose

ACTORS = [
    (org, str(role), str(purpose))
    for role, row in ROLES.items()
    for org in sorted(row.organisations)
    for purpose in sorted(row.purposes)
]
ACTIONS = [action for action in Action if action is not Action.SHARE]


def somebody(dice: random.Random) -> Who:
    org, role, purpose = dice.choice(ACTORS)
    return Who(
        org=org,
        role=role,
        purpose=purpose,
        category=dice.choice(list(Category)),
        domain=dice.choice(list(LifeDomain)),
        owner=dice.choice(sorted(ACTOR_KINDS)),
        origin=dice.choice(list(Purpose)),
        action=dice.choice(ACTIONS),
    )


def any_question(dice: random.Random, who: Who) -> Question:
    """Ask about the same thing in a circumstance drawn from all there are, also ones that make no sense."""
    fitting = sorted(GROUNDS[who.purpose]) or [("none", "")]
    anything = (dice.choice([*Basis, "none", ""]), dice.choice([*Law, "none", ""]))
    basis, law = dice.choice(fitting) if dice.random() < 0.7 else anything
    return Question(
        actor_org=who.org,
        actor_role=who.role,
        actor_purpose=who.purpose,
        relation=dice.choice([*Relation, ""]),
        relation_state=dice.choice(list(RelationState)),
        legal_basis=basis,
        law=law,
        basis_state=dice.choice(list(BasisState)) if dice.random() < 0.3 else BasisState.VALID,
        owner_org=who.owner,
        origin_purpose=who.origin,
        life_domain=who.domain,
        data_category=who.category,
        action=who.action,
        in_scope=dice.choice([True, True, False, None]),
        flags=frozenset(flag for flag in Flag if dice.random() < 0.15),
    )


def test_no_circumstance_at_all_allows_what_is_said_never_to_be_allowed() -> None:
    dice, never, ever = random.Random(855), 0, 0
    for _ in range(600):
        who = somebody(dice)
        found = reach(who)
        never, ever = never + (not found.ways), ever + bool(found.ways)
        assert (found.wall is None) is bool(found.ways)
        rules = {way.rule for way in found.ways}
        for _ in range(250):
            answer = decide(any_question(dice, who))
            assert not answer.allow or answer.rule in rules, (who, answer)
    assert never > 50
    assert ever > 50


def test_a_thousand_decisions_agree_with_what_is_said_of_ever() -> None:
    dice, allowed = random.Random(856), 0
    while allowed < 1_000:
        who = somebody(dice)
        answer = decide(any_question(dice, who))
        if answer.allow:
            allowed += 1
            assert answer.rule in {way.rule for way in reach(who).ways}, who


def test_each_way_that_is_named_is_allowed_by_the_rule_that_is_named() -> None:
    dice = random.Random(857)
    for _ in range(400):
        who = somebody(dice)
        for way in reach(who).ways:
            answer = decide(
                Question(
                    actor_org=who.org,
                    actor_role=who.role,
                    actor_purpose=who.purpose,
                    relation=way.relation,
                    relation_state=way.state,
                    legal_basis=way.basis,
                    law=way.law,
                    basis_state=BasisState.VALID,
                    owner_org=who.owner,
                    origin_purpose=who.origin,
                    life_domain=who.domain,
                    data_category=who.category,
                    action=who.action,
                    in_scope=True,
                    flags=way.flags,
                )
            )
            assert (answer.allow, answer.rule, answer.mask) == (True, way.rule, way.mask)


@pytest.mark.parametrize("category", list(Category))
def test_enforcement_never_sees_anything_by_the_first_wall(category: Category) -> None:
    for domain in LifeDomain:
        for owner in sorted(ACTOR_KINDS):
            who = Who(
                org="work_and_income",
                role="enforcer",
                purpose=Purpose.ENFORCEMENT,
                category=category,
                domain=domain,
                owner=owner,
                origin=Purpose.GUIDANCE,
            )
            assert (reach(who).ways, reach(who).wall) == ((), "D01")


def test_the_wall_that_is_named_is_the_one_that_stands_when_all_else_is_met() -> None:
    peter = Who(
        org="work_and_income",
        role="income_consultant",
        purpose=Purpose.INCOME,
        category=Category.GOAL_PLAN,
        domain=LifeDomain.HOUSING,
        owner="social_work",
        origin=Purpose.GUIDANCE,
    )
    assert reach(peter).wall == "D02"
    marloes = Who(
        org="work_and_income",
        role="case_director",
        purpose=Purpose.GUIDANCE,
        category=Category.HEALTH_CONTENT,
        domain=LifeDomain.MENTAL_HEALTH,
        owner="mental_health",
        origin=Purpose.TREATMENT,
    )
    assert reach(marloes).wall == "D08"
