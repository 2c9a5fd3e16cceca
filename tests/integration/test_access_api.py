"""The access policy over the API gives, for every row of every table, the answer of the table and of the command."""

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.rules.access import reason
from hub.rules.access_reach import Who, reach
from hub.wiring import Hub
from schemas.access import MOST_QUESTIONS
from tests.integration.callers import KADE, Site
from tests.personas import SHARED
from workers.access import access

CASES = Path(__file__).parents[1] / "unit" / "access_cases.csv"
TABLES = (CASES, SHARED / "access-examples.csv")


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def rows_of(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"{path.name} is not here: the published list can't be compared")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ask(site: Site, body: Any, by: str = KADE) -> Any:
    return site.call("POST", "/access/decisions", by, body=body)


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.name)
def test_every_row_gets_the_answer_of_its_table_by_the_api_and_by_the_command(site: Site, table: Path) -> None:
    rows = rows_of(table)
    answer = ask(site, {"questions": rows})
    assert answer.status_code == 200
    printed = list(csv.DictReader(CliRunner().invoke(access, ["decide", str(table)]).stdout.splitlines()))
    assert len(answer.json["decisions"]) == len(rows) == len(printed)
    for row, told, line in zip(rows, answer.json["decisions"], printed, strict=True):
        expected = {name: row[name] for name in ("id", "decision", "mask", "rule")}
        assert {name: told[name] or "" for name in expected} == expected == line
        assert told["reason_nl"] == row.get("reason_nl", reason(row["rule"]).nl)


def test_one_question_gets_one_answer_also_with_json_words_for_scope_and_flags(site: Site) -> None:
    row = next(row for row in rows_of(CASES) if row["rule"] == "A11")
    told: dict[str, Any] = {**row, "in_scope": True, "flags": row["flags"].split("+")}
    assert ask(site, told).json == {
        "id": row["id"],
        "decision": "allow",
        "mask": "full",
        "rule": "A11",
        "reason_nl": reason("A11").nl,
    }


def test_a_question_that_says_too_little_or_uses_unknown_words_is_denied_and_not_an_error(site: Site) -> None:
    row = next(row for row in rows_of(CASES) if row["decision"] == "allow")
    for changed in ({**row, "actor_role": None}, {**row, "actor_role": "boss"}, {"actor_role": row["actor_role"]}, {}):
        answer = ask(site, changed)
        assert (answer.status_code, answer.json["decision"], answer.json["mask"]) == (200, "deny", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"actor_role": 7}, "actor_role"),
        ({"flags": [7]}, "flags"),
        ({"flags": {"author": True}}, "flags"),
        ({"in_scope": 1}, "in_scope"),
        ({"actor_role": "x" * 201}, "actor_role"),
        ({"questions": []}, "questions"),
        ({"questions": [{}] * (MOST_QUESTIONS + 1)}, "questions"),
        ({"questions": [{"action": 1}]}, "questions.0.action"),
        ({"questions": [{}], "more": 1}, "more"),
    ],
)
def test_a_body_that_is_no_question_is_refused_with_its_field(site: Site, body: Any, field: str) -> None:
    answer = ask(site, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_stranger_may_not_ask(site: Site) -> None:
    assert site.anyone.post("/api/v1/access/decisions", json={}).status_code == 401


def test_the_call_is_described(site: Site) -> None:
    described = site.anyone.get("/api/v1/openapi.json").json
    call = described["paths"]["/access/decisions"]["post"]
    assert call["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    columns = set(rows_of(CASES)[0]) - {"scenario", "decision", "mask", "rule"}
    assert columns == set(described["components"]["schemas"]["Question"]["properties"])


def test_the_command_says_whether_somebody_can_ever_see_something_as_the_page_does() -> None:
    about = {"domain": "finances", "owner": "social_work", "origin": "guidance"}
    asked = {"org": "work_and_income", "role": "case_director", "purpose": "guidance", "category": "goal_plan", **about}
    never = {**asked, "role": "enforcer", "purpose": "enforcement"}

    def run(question: dict[str, str]) -> str:
        options = [part for name, value in question.items() for part in (f"--{name}", value)]
        ran = CliRunner().invoke(access, ["who-can", *options])
        assert ran.exit_code == 0, ran.output
        return ran.output

    said = run(asked)
    assert all(way.rule in said for way in reach(Who(**asked)).ways)
    assert said.startswith("yes ")
    assert run(never).startswith("never  D01")
    assert CliRunner().invoke(access, ["who-can", "--org", "work_and_income"]).exit_code == 2
