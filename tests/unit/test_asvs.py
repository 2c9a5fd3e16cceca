"""The page about OWASP ASVS says of every requirement of levels 1 and 2 how it stands, and names only what is there."""

import ast
import csv
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "asvs.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
VERDICTS = ("met", "not applicable", "not met")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def tests_there_are() -> set[str]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_of_the_standard_stands_there_once_at_its_level(rows: list[tuple[str, ...]]) -> None:
    with (Path(__file__).parent / "asvs_5_0_0.csv").open(encoding="utf-8", newline="") as file:
        asked = [(row["number"], row["level"]) for row in csv.DictReader(file)]
    assert Counter(level for _number, level in asked) == {"1": 70, "2": 183}
    assert [(number, level) for number, level, *_rest in rows] == asked
    lines = re.findall(r"^\| \d+\..*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) == len(rows), "a row of another form"


def test_every_row_has_a_verdict_and_its_ground(rows: list[tuple[str, ...]], tests_there_are: set[str]) -> None:
    for number, _level, _subject, verdict, ground in rows:
        assert verdict in VERDICTS, number
        named = set(re.findall(r"`(test_\w+)`", ground))
        assert named <= tests_there_are, f"{number}: {named - tests_there_are}"
        if verdict == "met":
            assert named or re.search(r"\]\([\w./-]+\)", ground), f"{number}: neither a test nor a document"
        else:
            assert len(ground) > 7, number


def test_the_counts_are_those_of_the_rows(rows: list[tuple[str, ...]]) -> None:
    counted = Counter((level, verdict) for _number, level, _subject, verdict, _ground in rows)
    text = PAGE.read_text(encoding="utf-8")
    for level in ("1", "2"):
        told = re.search(rf"^\| Level {level} \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
        assert told is not None
        expected = [counted[level, verdict] for verdict in VERDICTS]
        assert [int(number) for number in told.groups()] == [*expected, sum(expected)]
