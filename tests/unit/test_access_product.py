"""The whole product of questions, path by path: two readings agree, no wall has a hole, no fact against it opens."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from hub.rules import access, enumeration
from hub.rules.access import Action, Category, Decision, Flag, Mask, Question, Relation, RelationState, Role
from hub.rules.access_tables import WORK_SIDE
from hub.services.record.audit import policy_version
from schemas.vocabulary import HEALTH_DOMAINS, OrganisationKind, Purpose
from tests.unit import access_oracle as oracle
from tests.unit import access_paths as paths
from tests.unit.access_paths import AnyQuestion, Flags, Path, Paths, Watched, changed

LOOKING: dict[str, tuple[Any, ...]] = {"action": tuple(action for action in Action if action is not Action.SHARE)}
"""All but passing on, which is the same table asked for two: that composition is followed by itself."""
GIVEN = {
    name: tuple(value for value in values if value != "")
    for name, values in paths.VALUES.items()
    if name in ("relation", "relation_state", "owner_org", "origin_purpose", "life_domain")
}
EACH_PATH = 4
NEED_NO_GROUND = {"A01", "A07", "A08", "A09", "A13"}
"""A note of one's own, one's own data, and who works on the hub's own records."""
BY_THEMSELVES = NEED_NO_GROUND | {"A11"}


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> Paths:
    return Paths(monkeypatch.setattr)


def walls(q: AnyQuestion, answer: Decision) -> list[str]:
    """Name the walls that an answer breaks."""
    if not answer.allow:
        return []
    broken = []
    work_side = q.actor_org in WORK_SIDE
    not_own = q.owner_org != q.actor_org or Flag.OTHER_OWNER in q.flags
    if q.actor_purpose == Purpose.ENFORCEMENT or q.actor_role == Role.ENFORCER:
        broken.append("enforcement gets something")
    if q.data_category == Category.HEALTH_CONTENT and work_side:
        broken.append("health content reaches the work side")
    if work_side and not_own and q.life_domain in HEALTH_DOMAINS and q.data_category != Category.PROCESS_STATUS:
        hub_records = q.data_category in (Category.DELIVERY_META, Category.AUDIT_LOG, Category.AGGREGATE)
        if not hub_records:
            broken.append("more than the state of care reaches the work side")
    for_income = q.origin_purpose == Purpose.INCOME and q.owner_org == OrganisationKind.WORK_AND_INCOME
    if q.actor_purpose == Purpose.INCOME and q.data_category != Category.PRIVATE_NOTE and not for_income:
        broken.append("income gets what was not recorded for income")
    if answer.rule not in NEED_NO_GROUND and q.basis_state != "valid":
        broken.append("allowed without a valid ground")
    if q.action == Action.EDIT and answer.rule != "A10" and not_own:
        broken.append("edited by another than the owner")
    if answer.rule not in BY_THEMSELVES and q.relation in (Relation.NONE, ""):
        broken.append("allowed without a relation")
    if q.data_category == Category.PRIVATE_NOTE and answer.rule == "A01" and Flag.AUTHOR not in q.flags:
        broken.append("a note is read by another than its author")
    if Flag.OTHER_MUNICIPALITY in q.flags:
        broken.append("another municipality gets something")
    return broken


def test_no_question_of_the_whole_product_breaks_a_wall(policy: Paths) -> None:
    seen, followed = go_through(policy)
    assert seen == paths.product(LOOKING)
    again = "the rules have changed: python -m tests.enumeration"
    assert (seen, followed) == (enumeration.QUESTIONS, enumeration.PATHS), again
    assert policy_version() == enumeration.POLICY, again


def go_through(policy: Paths) -> tuple[int, int]:
    """Follow every path and hold each answer against the walls; give the questions and the paths."""
    seen, followed, dice = 0, 0, random.Random(855)
    for path, (answer, broken) in policy.follow(_walled, LOOKING):
        assert not broken, (broken, answer.rule, path.left, path.flags)
        seen, followed = seen + path.size(), followed + 1
        if followed % 50 == 0:  # a path speaks for every question in it
            assert access.judge(Question(**paths.one_of(path, dice.choice))) == answer
    return seen, followed


def _walled(q: AnyQuestion) -> tuple[Decision, list[str]]:
    answer = access.judge(q)
    return answer, walls(q, answer)


def test_two_readings_agree_on_questions_of_every_path(policy: Paths) -> None:
    """The second reading answers plain questions: some of each path, so that no path is left untried."""
    within = {**GIVEN, **LOOKING, **{f"recipient_{name}": ("",) for name in ("org", "role", "purpose")}}
    dice, rows = random.Random(856), set()
    for path, answer in policy.follow(access.judge, within):
        for _ in range(EACH_PATH):
            q = paths.one_of(path, dice.choice)
            row, expected = oracle.answering_row(q)
            assert ("allow" if answer.allow else "deny", answer.mask or "", answer.rule) == expected, (row, q)
            rows.add(row)
    assert rows == set(range(1, 60)) - {34, 35, 36, 37}, "passing on is followed by itself"


def _with(*flags: Flag) -> Callable[[AnyQuestion], AnyQuestion]:
    return lambda q: changed(q, {"flags": q.flags | set(flags)})


def _without(flag: Flag) -> Callable[[AnyQuestion], AnyQuestion]:
    return lambda q: changed(q, {"flags": q.flags - {flag}})


WORSE: dict[str, Callable[[AnyQuestion], AnyQuestion]] = {
    "an objection": _with(Flag.OBJECTION),
    "another municipality": _with(Flag.OTHER_MUNICIPALITY),
    "a second hat": _with(Flag.SECOND_HAT),
    "the own file": _with(Flag.OWN_OR_RELATIVE_FILE),
    "care by consent alone": _with(Flag.CARE_STATUS_BY_CONSENT),
    "a count below ten": _with(Flag.N_BELOW_10),
    "an emergency": _with(Flag.BREAK_GLASS),
    "no Wams": _without(Flag.WAMS_IN_FORCE),
    "no reason": _without(Flag.REASON_GIVEN),
    "not the author": _without(Flag.AUTHOR),
    "ended": lambda q: changed(q, {"relation_state": RelationState.ENDED}),
    "withdrawn": lambda q: changed(q, {"basis_state": "withdrawn"}),
    "no relation": lambda q: changed(q, {"relation": Relation.NONE}),
    "out of scope": lambda q: changed(q, {"in_scope": False}),
}


@pytest.mark.parametrize("fact", [fact for fact in WORSE if fact != "an emergency"])
def test_no_fact_against_it_opens_what_was_closed(policy: Paths, fact: str) -> None:
    """Only what stays allowed with the fact is asked again without it: the rest can't have been opened."""
    worse, seen = WORSE[fact], 0
    for path, (sharper, plain) in policy.follow(lambda q: _both(q, worse), LOOKING):
        assert plain is None or plain.allow, (fact, sharper.rule, path.left, path.flags)
        seen += path.size()
    assert seen == paths.product(LOOKING)


def _both(q: AnyQuestion, worse: Callable[[AnyQuestion], AnyQuestion]) -> tuple[Decision, Decision | None]:
    sharper = access.judge(worse(q))
    return sharper, access.judge(q) if sharper.allow else None


def test_an_emergency_opens_only_what_its_own_rule_names(policy: Paths) -> None:
    """The one fact that may open: whatever it opens, it opens by A11 and nothing else."""
    for path, (sharper, plain) in policy.follow(lambda q: _both(q, WORSE["an emergency"]), LOOKING):
        assert plain is None or plain.allow or sharper.rule == "A11", (path.left, path.flags)


# Passing on --------------------------------------------------------------------------------------------------------


def test_passing_on_is_allowed_only_where_both_may_see_it_and_with_the_mask_of_the_recipient(
    policy: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the two views say (each may say anything here), the rules about passing on put them together rightly."""
    within = {"action": (Action.SHARE,)}
    views: dict[str, Decision] = {}

    def view(q: AnyQuestion) -> Decision:
        who = "recipient" if q.actor_role.name == "recipient_role" else "sharer"  # type: ignore[attr-defined]
        assert q.action == Action.VIEW
        if who == "recipient":
            assert (q.actor_org.name, q.actor_purpose.name) == ("recipient_org", "recipient_purpose")  # type: ignore[attr-defined]
            assert (q.relation, q.relation_state, q.in_scope) == ("referral_receiver", "active", True)
            owner = (Flag.OTHER_OWNER in q.flags) == (Flag.RECIPIENT_NOT_OWNER in q.flags)
            assert owner, "whose data it is, is asked of the recipient"
        if who not in views:
            path = q.life_domain.path  # type: ignore[attr-defined]
            allow = path.choose()
            mask = (Mask.FULL if path.choose() else Mask.STATUS_ONLY) if allow else None
            rule = "A04" if allow else "D10" if path.choose() else "D12"
            views[who] = Decision(allow=allow, mask=mask, rule=rule, reason_nl="", reason_en="")
        return views[who]

    monkeypatch.setattr(access, "decide", view)

    def pass_on(q: AnyQuestion) -> tuple[Decision, dict[str, Decision]]:
        views.clear()
        return access.judge(q), dict(views)

    allowed = 0
    for path, (answer, asked) in policy.follow(pass_on, within):
        if answer.rule == "A14":
            allowed += 1
            assert answer.allow
            assert asked["sharer"].allow
            assert asked["recipient"].allow
            assert answer.mask is asked["recipient"].mask
            assert path.left["recipient_purpose"] and "enforcement" not in path.left["recipient_purpose"]
        elif answer.rule == "D00" and len(asked) == 2:
            assert not answer.allow, "something that decides was not given"
        elif len(asked) == 2:
            assert answer.rule == ("D10" if asked["recipient"].rule == "D10" else "D14")
        elif asked:
            assert not asked["sharer"].allow
            assert answer.rule == asked["sharer"].rule
        assert not answer.allow or answer.rule == "A14", (answer.rule, path.left)
    assert allowed > 0


# The paths themselves ----------------------------------------------------------------------------------------------


def test_a_path_splits_where_a_rule_looks_and_nowhere_else() -> None:
    path = Path([], {"relation": ["self", "regie"], "law": ["avg", "wgbo", ""]})
    q = object.__new__(AnyQuestion)
    for name in ("relation", "law"):
        object.__setattr__(q, name, paths.Value(path, name))
    assert q.relation == "self"
    assert path.left == {"relation": ["self"], "law": ["avg", "wgbo", ""]}
    assert (q.relation, q.law) in Watched({("regie", "avg"), ("self", "wgbo")}) or path.left["law"] != ["wgbo"]
    assert Flag.AUTHOR in Flags(path, {"author": True})
    assert Flag.AUTHOR not in Flags(path) - {Flag.AUTHOR}
