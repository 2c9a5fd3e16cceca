"""The access policy by example: the cases of the table, and proof that the cases guard every rule."""

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.rules import access
from hub.rules.access import BLOCKS, Block, Decision, Flag, Mask, Question, Rule, decide
from hub.rules.access_reasons import REASONS
from hub.rules.access_tables import GROUNDS, ROLES
from tests.unit import access_oracle as oracle

CASES = Path(__file__).parent / "access_cases.csv"
SHARED = Path(__file__).parents[3] / "shared"
FIELDS = tuple(field.name for field in dataclasses.fields(Question))
RULES = [(b, r) for b, block in enumerate(BLOCKS) for r, _ in enumerate(block.rules)]


def question_of(row: dict[str, str]) -> Question:
    values: dict[str, Any] = {name: row[name] for name in FIELDS}
    values["in_scope"] = {"yes": True, "no": False}.get(row["in_scope"])
    values["flags"] = frozenset(flag for flag in row["flags"].split("+") if flag)
    return Question(**values)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def said(answer: Decision) -> tuple[str, str, str]:
    return "allow" if answer.allow else "deny", answer.mask or "", answer.rule


CASE_ROWS = rows_of(CASES)
CASE_QUESTIONS = [(question_of(row), (row["decision"], row["mask"], row["rule"])) for row in CASE_ROWS]


def shared(name: str) -> list[dict[str, str]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here: the published list can't be compared")
    return rows_of(path)


@pytest.fixture
def fresh() -> Iterator[None]:
    access._remembered.cache_clear()
    yield
    access._remembered.cache_clear()


@pytest.mark.parametrize("row", CASE_ROWS, ids=lambda row: f"{row['id']} {row['scenario']}")
def test_a_case_is_decided_as_the_table_says(row: dict[str, str]) -> None:
    assert said(decide(question_of(row))) == (row["decision"], row["mask"], row["rule"])


def test_the_published_examples_are_decided_as_published() -> None:
    for row in shared("access-examples.csv"):
        answer = decide(question_of(row))
        assert (*said(answer), answer.reason_nl) == (row["decision"], row["mask"], row["rule"], row["reason_nl"]), row


def test_every_rule_is_named_by_a_case() -> None:
    assert {row["rule"] for row in CASE_ROWS} == set(REASONS)


def test_every_role_is_named_by_a_case() -> None:
    assert set(ROLES) <= {row["actor_role"] for row in CASE_ROWS}


def table_with(place: tuple[int, int], rule: Rule | None) -> tuple[Block, ...]:
    block_at, rule_at = place
    block = BLOCKS[block_at]
    rules = (*block.rules[:rule_at], *([] if rule is None else [rule]), *block.rules[rule_at + 1 :])
    return (*BLOCKS[:block_at], dataclasses.replace(block, rules=rules), *BLOCKS[block_at + 1 :])


def holds(question: Question, expected: tuple[str, str, str]) -> bool:
    try:
        return said(decide(question)) == expected
    except (KeyError, RecursionError):  # a table broken on purpose may fall over
        return False


def broken_cases() -> int:
    access._remembered.cache_clear()
    return sum(not holds(question, expected) for question, expected in CASE_QUESTIONS)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("place", RULES, ids=lambda place: f"{place[0]}.{BLOCKS[place[0]].rules[place[1]].id}")
def test_no_rule_can_be_removed_or_turned_round_unnoticed(
    place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = BLOCKS[place[0]].rules[place[1]]
    turned = dataclasses.replace(rule, mask=None if rule.mask else lambda _: Mask.FULL)
    always = dataclasses.replace(rule, when=lambda _: True)
    last = place[1] == len(BLOCKS[place[0]].rules) - 1
    for change in (None, turned, *([] if last else [always])):
        monkeypatch.setattr(access, "BLOCKS", table_with(place, change))
        assert broken_cases() > 0, f"{rule.id}: no case notices {change}"


@pytest.mark.usefixtures("fresh")
def test_no_block_can_lose_its_condition_unnoticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for at, block in enumerate(BLOCKS):
        if block.about is access.always:
            continue
        opened = dataclasses.replace(block, about=lambda _: True)
        monkeypatch.setattr(access, "BLOCKS", (*BLOCKS[:at], opened, *BLOCKS[at + 1 :]))
        assert broken_cases() > 0, block.title


def test_every_rule_has_a_reason_in_both_languages_and_every_reason_a_rule() -> None:
    assert {rule.id for block in BLOCKS for rule in block.rules} == set(REASONS)
    assert all(reason.nl.endswith(".") and reason.en.endswith(".") for reason in REASONS.values())


def test_every_published_rule_is_a_rule_here_and_the_other_way_round() -> None:
    published = {row["rule"] for row in shared("access-rules.csv")} - {"(view rule)"}
    assert {rule.id for block in BLOCKS for rule in block.rules} == published


def test_the_reasons_are_the_published_ones() -> None:
    published = {row["rule"]: row["reason_nl"] for row in shared("access-rules.csv")}
    published.pop("(view rule)", None)
    assert {rule: reason.nl for rule, reason in REASONS.items()} == published


def test_the_roles_are_the_published_ones() -> None:
    ours = {
        name: tuple({str(value) for value in part} for part in (row.organisations, row.purposes, row.own, row.received))
        for name, row in ROLES.items()
    }
    columns = ("organisations", "purposes", "own_categories", "received_categories")
    assert ours == {
        row["role"]: tuple(set(row[column].split()) for column in columns) for row in shared("access-roles.csv")
    }


def test_the_grounds_are_the_published_ones() -> None:
    ours = {(purpose, basis, law) for purpose, pairs in GROUNDS.items() for basis, law in pairs}
    published = {(row["purpose"], row["legal_basis"], row["law"]) for row in shared("access-bases.csv")}
    assert ours == {ground for ground in published if ground[1] != "none"}


def test_the_second_reading_has_the_words_of_the_published_list() -> None:
    published = [row["when"] for row in shared("access-rules.csv")]
    assert [row.__doc__ for row in oracle.ROWS] == published


ALLOWED = next(question for question, expected in CASE_QUESTIONS if expected == ("allow", "full", "A04"))


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in ("flags", "law") and "recipient" not in name])
@pytest.mark.parametrize("value", [None, [], {}, 7, b"view", "?", "VIEW"], ids=repr)
def test_a_value_of_no_list_is_denied_and_never_an_error(name: str, value: object) -> None:
    answer = decide(dataclasses.replace(ALLOWED, **{name: value}))
    assert (answer.allow, answer.mask) == (False, None)


@pytest.mark.parametrize("flags", [None, "author", ("author",), {"author"}, frozenset({"?"}), frozenset({None}), 3])
def test_flags_of_no_list_are_denied_and_never_an_error(flags: object) -> None:
    assert not decide(dataclasses.replace(ALLOWED, flags=flags)).allow  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, [], 7, "?", ""], ids=repr)
@pytest.mark.parametrize("name", ["recipient_org", "recipient_role", "recipient_purpose"])
def test_a_recipient_nobody_knows_gets_nothing(name: str, value: object) -> None:
    share = next(question for question, expected in CASE_QUESTIONS if expected == ("allow", "full", "A14"))
    assert decide(share).allow
    assert not decide(dataclasses.replace(share, **{name: value})).allow


@pytest.mark.parametrize("scope", [7, "yes", "?", 0.5], ids=repr)
def test_a_scope_that_is_no_yes_or_no_is_denied_even_for_own_data(scope: object) -> None:
    own = next(question for question, expected in CASE_QUESTIONS if expected == ("allow", "full", "A01"))
    own = dataclasses.replace(own, data_category="contact", flags=frozenset())
    assert decide(own).allow
    assert decide(dataclasses.replace(own, in_scope=False)).allow
    assert not decide(dataclasses.replace(own, in_scope=scope)).allow  # type: ignore[arg-type]


def test_roles_and_grounds_are_those_of_the_second_reading() -> None:
    assert {(purpose, *pair) for purpose, pairs in GROUNDS.items() for pair in pairs} == {
        ground for ground in oracle.BASES if ground[1] != "none"
    }
    for name, row in ROLES.items():
        second = oracle.ROLES[name]
        assert (row.organisations, row.purposes) == (set(second["orgs"]), set(second["purposes"]))
        assert (row.own, row.received) == (set(second["own"]), set(second["received"]))
    assert set(ROLES) == set(oracle.ROLES)


def test_what_is_not_known_about_the_scope_counts_as_outside() -> None:
    assert decide(dataclasses.replace(ALLOWED, in_scope=None)).rule == "D10"


def test_a_second_organisation_of_the_same_kind_is_not_the_owner() -> None:
    own = next(question for question, expected in CASE_QUESTIONS if expected == ("allow", "full", "A01"))
    own = dataclasses.replace(own, data_category="contact", flags=frozenset())
    assert decide(dataclasses.replace(own, action="edit")).rule == "A01"
    assert decide(dataclasses.replace(own, action="edit", flags=frozenset({Flag.OTHER_OWNER}))).rule == "D16"
