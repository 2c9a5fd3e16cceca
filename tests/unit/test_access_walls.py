"""The access policy over a world of questions: two readings agree, and no wall has a hole."""

import os
import random
from collections import Counter
from collections.abc import Iterable

from hub.rules import access
from hub.rules.access import Decision, Question
from tests.unit import access_oracle as oracle

SAMPLE = int(os.environ.get("SCHAKEL_ACCESS_SAMPLE", "100000"))
"""How many questions are drawn; all of them are followed by test_access_product.py."""
SEED = int(os.environ.get("SCHAKEL_ACCESS_SEED", "855"))

NEED_NO_GROUND = {"A01", "A07", "A08", "A09", "A13"}
"""A note of one's own, one's own data, and who works on the hub's own records."""
WORK_SIDE = ("work_and_income", "reintegration")


def ask(q: oracle.Q) -> Decision:
    return access.judge(Question(**q))


def check_walls(q: oracle.Q, answer: Decision) -> None:
    """Whatever else is true, these hold."""
    assert answer.allow is (answer.mask is not None), q
    if not answer.allow:
        return
    purposes = {q["actor_purpose"]}
    orgs = {q["actor_org"]}
    if q["action"] == "share":
        purposes.add(q["recipient_purpose"])
        orgs.add(q["recipient_org"])
    assert "enforcement" not in purposes, q
    assert q["actor_role"] != "enforcer", q
    assert not (q["data_category"] == "health_content" and orgs.intersection(WORK_SIDE)), q
    if "income" in purposes and q["data_category"] != "private_note":
        assert (q["origin_purpose"], q["owner_org"]) == ("income", "work_and_income"), q
    if q["basis_state"] != "valid":
        assert answer.rule in NEED_NO_GROUND, q
        assert answer.rule != "A01" or q["data_category"] == "private_note", q
    if q["action"] == "edit" and answer.rule != "A10":
        assert q["owner_org"] == q["actor_org"], q
    if q["relation"] == "none":
        assert answer.rule in NEED_NO_GROUND | {"A11"}, q


def check_agreement(q: oracle.Q, answer: Decision) -> tuple[int, str]:
    row, expected = oracle.answering_row(q)
    assert ("allow" if answer.allow else "deny", answer.mask or "", answer.rule) == expected, (row, q)
    return row, expected[2]


def worse(q: oracle.Q) -> Iterable[oracle.Q]:
    """The same question with one more fact against it."""
    for flag in oracle.DENY_FLAGS:
        yield {**q, "flags": q["flags"] | {flag}}
    yield {**q, "relation_state": "ended"}
    yield {**q, "basis_state": "withdrawn"}
    yield {**q, "flags": q["flags"] | {"n_below_10"}}
    yield {**q, "flags": q["flags"] - {"wams_in_force"}}
    yield {**q, "flags": q["flags"] - {"reason_given"}}
    yield {**q, "flags": q["flags"] - {"author"}}
    yield {**q, "in_scope": False}
    yield {**q, "in_scope": None}
    yield {**q, "life_domain": ""}
    yield {**q, "flags": q["flags"] | {"a fact from tomorrow"}}


def test_two_readings_of_the_rules_agree_and_every_row_is_asked() -> None:
    seen: Counter[int] = Counter()
    for q in oracle.sample(SEED, SAMPLE):
        answer = ask(q)
        row, _ = check_agreement(q, answer)
        check_walls(q, answer)
        seen[row] += 1
    assert set(seen) == set(range(1, 60))


def test_a_fact_against_it_never_opens_what_was_closed() -> None:
    for q in oracle.sample(SEED + 1, SAMPLE // 8):
        if not ask(q).allow:
            for sharper in worse(q):
                assert not ask(sharper).allow, (q, sharper)


def test_what_is_allowed_is_closed_again_by_the_facts_against_it() -> None:
    """For whoever is not the client: an objection, another municipality or the own file always closes."""
    for q in oracle.sample(SEED + 2, SAMPLE // 4):
        if ask(q).allow and q["actor_role"] != "client":
            for flag in ("other_municipality", "own_or_relative_file"):
                assert not ask({**q, "flags": q["flags"] | {flag}}).allow, q
            if q["actor_purpose"] not in ("own_data", "accountability"):
                assert not ask({**q, "flags": q["flags"] | {"objection"}}).allow, q


def test_sharing_gives_nobody_what_he_could_not_view() -> None:
    for q in oracle.sample(SEED + 3, SAMPLE // 2):
        q["action"] = "share"
        answer = ask(q)
        if answer.allow:
            assert ask({**q, "action": "view"}).allow, q
            assert oracle.view_of_recipient(q)[:2] == ("allow", answer.mask), q


def test_enforcement_gets_nothing_whatever_is_asked() -> None:
    for q in oracle.sample(SEED + 4, SAMPLE // 8):
        assert ask({**q, "actor_purpose": "enforcement"}).rule == "D01"
        assert ask({**q, "recipient_purpose": "enforcement"}).rule == "D01"
        assert ask({**q, "actor_role": "enforcer"}).rule == "D01"
        shared = {**q, "action": "share", "recipient_role": "enforcer", "recipient_org": "work_and_income"}
        assert not ask(shared).allow


def test_the_remembered_answer_is_the_reasoned_one() -> None:
    for q in oracle.sample(SEED + 5, SAMPLE // 8):
        question = Question(**q)
        assert access.decide(question) is access.decide(Question(**q))
        assert access.decide(question) == access.judge(question)


FIELDS = tuple(next(oracle.sample(0, 1)))


def test_unknown_words_never_allow() -> None:
    dice = random.Random(SEED)
    for q in oracle.sample(SEED + 6, SAMPLE // 4):
        if ask(q).allow:
            needed = FIELDS if q["action"] == "share" else [name for name in FIELDS if "recipient" not in name]
            name = dice.choice(needed)
            unknown = {**q, name: frozenset({"?"}) if name == "flags" else "?"}
            assert not ask(unknown).allow, unknown
