"""The documents say what the code does: pages made from tables are fresh, and what is named exists."""

import ast
import re
import tomllib
from pathlib import Path

import click
import pytest

from hub.models import Record
from hub.rules.processing import PROCESSINGS
from hub.web.words.words import MARKS
from schemas.vocabulary import Delivery, Status
from workers import diagrams
from workers.command import main
from workers.connector_command import OrganisationOr

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# Two tell of what was, one of a folder that its reader makes.
NAME_OTHER_FILES = {"CHANGELOG.md", "DECISIONS.md", "connectors.md"}
# A path from the root, or a Python file beside or above the one named before it.
NAMED = re.compile(r"`((?:connectors|deploy|docs|hub|schemas|tests|workers)/[\w./*-]*|(?:[a-z_]+/)?[a-z_]+\.py)`")
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", diagrams.PAGES)
def test_a_page_made_from_tables_is_what_they_give_today(name: str) -> None:
    fresh = diagrams.PAGES[name]()
    assert (diagrams.DOCS / name).read_text(encoding="utf-8") == fresh, "run: python -m workers.diagrams"


def test_every_state_of_delivery_is_explained() -> None:
    assert all(f"| `{state}` |" in text_of("docs/lifecycle.md") for state in Delivery)


def test_the_glossary_has_every_state_in_the_words_of_the_screen() -> None:
    glossary = text_of("docs/glossary.md").casefold()
    for status in Status:
        assert f"| `{status}` | {MARKS[status][2].casefold()} |" in glossary


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for pair in LINK.findall(page.read_text(encoding="utf-8")):
        target = (pair[0] or pair[1]).partition("#")[0]
        if target and "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in NAME_OTHER_FILES], ids=lambda page: page.name
)
def test_every_file_that_a_document_names_is_there(page: Path) -> None:
    folder = ROOT
    for named in NAMED.findall(page.read_text(encoding="utf-8")):
        found = [place / named for place in (ROOT, folder.parent, folder) if any(place.glob(named.rstrip("/")))]
        assert found, f"{page.name}: {named}"
        folder = found[0] if named.endswith("/") else found[0].parent


def test_every_test_that_a_guarantee_cites_is_there() -> None:
    cited = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of("docs/delivery.md")))
    assert cited
    for file, name in cited:
        tree = ast.parse(text_of(file))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{file} has no {name}"


def test_every_claim_of_the_delivery_page_cites_a_test() -> None:
    claims = re.findall(r"^- .*(?:\n  .*)*", text_of("docs/delivery.md"), re.MULTILINE)
    assert claims
    for claim in claims:
        assert "::test_" in claim, claim


def commands(group: click.Group, before: str = "") -> set[str]:
    found = set()
    for name, command in group.commands.items():
        found |= commands(command, f"{before}{name} ") if isinstance(command, click.Group) else {before + name}
    return found | ({before.strip()} if isinstance(group, OrganisationOr) else set())


def test_the_readme_has_every_command_and_no_other() -> None:
    told = set(re.findall(r"^\| `schakel ([a-z]+(?:[ -][a-z]+)*)", text_of("README.md"), re.MULTILINE))
    assert told == commands(main)


def test_the_readme_has_every_setting_and_no_other() -> None:
    code = "".join(
        text_of(name)
        for name in (
            "hub/settings.py",
            "workers/drill/services.py",
            "tests/conftest.py",
            "tests/browser/looks.py",
            "tests/integration/test_api_described.py",
            "tests/browser/test_every_page.py",
            "tests/integration/test_row_security.py",
        )
    )
    told = set(re.findall(r"^\| `(SCHAKEL_\w+)`", text_of("README.md"), re.MULTILINE))
    assert told == set(re.findall(r"SCHAKEL_[A-Z_]+[A-Z]", code))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {re.split(r"[\[<>=]", name)[0] for name in named}
    told = set(re.findall(r"^\| `([\w.-]+)` \|", text_of("DECISIONS.md").partition("## Dependencies")[2], re.MULTILINE))
    assert told == wanted


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert f"## [{version}]" in text_of("CHANGELOG.md")


def test_the_register_of_processing_names_every_table() -> None:
    told = set().union(*(one.tables for one in PROCESSINGS))
    assert told == set(Record.metadata.tables)
