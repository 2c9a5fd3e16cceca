"""What no question alone shows: lists, defaults, and guards that stand behind another guard."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

from tests.unit import access_oracle as oracle

DOCS = Path(__file__).parents[2] / "docs" / "access.md"
COLUMNS = [
    "actor_org",
    "actor_role",
    "actor_purpose",
    "relation",
    "relation_state",
    "legal_basis",
    "law",
    "basis_state",
    "owner_org",
    "origin_purpose",
    "life_domain",
    "data_category",
    "action",
    "in_scope",
    "flags",
]
ANY_FILE = {"A07", "A08", "A09", "A11", "A13"}
"""Rules that hold without looking at the file: the client's own, the hub's own records, and an emergency."""


def module(name: str) -> Any:
    """Give a module of the policy as it is at this moment."""
    return importlib.import_module(f"hub.rules.{name}")


def allowed() -> list[tuple[dict[str, Any], str]]:
    answers = [(q, oracle.answer(q)) for q in oracle.sample(77, 12_000)]
    return [(q, rule) for q, (decision, _, rule) in answers if decision == "allow" and q["action"] != "share"]


def test_the_columns_are_those_of_a_question() -> None:
    rows = module("access_rows")
    assert list(rows.NEEDED) == COLUMNS
    assert rows.OPTIONAL == ("recipient_org", "recipient_role", "recipient_purpose")
    told = dict.fromkeys(COLUMNS, "")
    scopes = [rows.question_of({**told, "in_scope": word}).in_scope for word in ("yes", "no", "")]
    assert scopes == [True, False, None]
    assert [scope is False for scope in scopes] == [False, True, False]


def test_roles_and_grounds_are_those_of_the_second_reading() -> None:
    tables = module("access_tables")
    assert {(purpose, *pair) for purpose, pairs in tables.GROUNDS.items() for pair in pairs} == {
        ground for ground in oracle.BASES if ground[1] != "none"
    }
    for name, row in tables.ROLES.items():
        second = oracle.ROLES[name]
        assert (row.organisations, row.purposes) == (set(second["orgs"]), set(second["purposes"]))
        assert (row.own, row.received) == (set(second["own"]), set(second["received"]))


def test_what_was_not_given_closes_all_but_what_looks_at_no_file() -> None:
    access = module("access")
    for q, rule in allowed():
        any_file = rule in ANY_FILE or q["data_category"] == "private_note"
        for gap in ({"origin_purpose": ""}, {"in_scope": None}):
            answer = access.judge(access.Question(**{**q, **gap}))
            assert answer.allow is any_file, (rule, gap, q)


def test_every_field_must_hold_a_known_word_and_every_known_flag_is_known() -> None:
    question, flags = module("access_question").Question, frozenset(module("access_tables").Flag)
    known = question(**allowed()[0][0])
    assert dataclasses.replace(known, flags=flags).recognised
    assert not dataclasses.replace(known, flags=flags | {"?"}).recognised
    fields = ("relation", "relation_state", "legal_basis", "law", "basis_state", "owner_org", "origin_purpose")
    for name in (*fields, "life_domain", "data_category", "action", "in_scope"):
        assert not dataclasses.replace(known, **{name: "?"}).recognised, name
    default = next(field for field in dataclasses.fields(question) if field.name == "in_scope").default
    assert default is False


def test_every_rule_and_title_stands_in_the_pages() -> None:
    access, reasons = module("access"), module("access_reasons").REASONS
    text = DOCS.read_text(encoding="utf-8")
    for block in access.BLOCKS:
        assert block.title in text, block.title
        assert {rule.id for rule in block.rules} <= set(reasons)


def test_passing_on_asks_whose_data_it_is_for_the_recipient() -> None:
    access = module("access")
    for number, q in enumerate(oracle.sample(78, 12_000)):
        flags = {flag for at, flag in enumerate(oracle.NEW_FLAGS) if number >> at & 1}
        q |= {"action": "share", "relation_state": "active", "basis_state": "valid", "flags": frozenset(flags)}
        answer = access.judge(access.Question(**q))
        assert ("allow" if answer.allow else "deny", answer.mask or "", answer.rule) == oracle.answer(q), q


def test_a_role_is_held_to_its_own_list_behind_the_wall_of_income_too() -> None:
    question, tables, access = module("access_question"), module("access_tables"), module("access")
    row = {"actor_org": "work_and_income", "actor_role": "income_consultant", "actor_purpose": "income"}
    tie = {"relation": "referral_sender", "relation_state": "active", "legal_basis": "public_task"}
    ground = {"law": "participatiewet", "basis_state": "valid", "owner_org": "work_and_income"}
    item = {"origin_purpose": "income", "life_domain": "finances", "data_category": "financial", "action": "view"}
    asked = access.Question(**row, **tie, **ground, **item, in_scope=True)
    assert access.judge(asked).rule == "A03"
    before = tables.ROLES["income_consultant"]
    question.ROLES["income_consultant"] = dataclasses.replace(before, own=frozenset({tables.Category.CONTACT}))
    try:
        assert access.judge(asked).rule == "D10"
    finally:
        question.ROLES["income_consultant"] = before


def test_an_emergency_is_for_care_and_guidance_whatever_purposes_a_role_may_get() -> None:
    conditions, access = module("access_conditions"), module("access")
    asked = access.Question(
        actor_org="social_work",
        actor_role="social_worker",
        actor_purpose="guidance",
        relation="none",
        relation_state="active",
        legal_basis="vital_interest",
        basis_state="valid",
        owner_org="social_work",
        origin_purpose="guidance",
        life_domain="housing",
        data_category="contact",
        action="view",
        flags=frozenset({"break_glass", "reason_given"}),
    )
    assert conditions.is_emergency(asked)
    unknown = dataclasses.replace(asked, origin_purpose="", owner_org="", life_domain="", in_scope=None)
    assert access.judge(unknown).rule == "A11", "what lies in a file need not be known to open it in a crisis"
    for purpose in ("debt_help", "placement", "income", "enforcement"):
        assert not conditions.is_emergency(dataclasses.replace(asked, actor_purpose=purpose))
