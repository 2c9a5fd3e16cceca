"""``schakel connector new`` in a copy of the project: what it makes passes all that a connector must pass, at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.registry import NAMES
from hub.configuration import load_configuration
from hub.settings import DEMO_CONFIG, SettingsError
from schemas.vocabulary import MessageKind
from workers import scaffold
from workers.command import main

ROOT = Path(__file__).parents[2]
NAME, LAST = "debt_help", "woonhulp"
"""One that sorts before what its code imports, and one that sorts after."""
PARTS = ("connectors", "schemas", "hub", "workers", "tests", "deploy", "pyproject.toml")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the project in which a new connector was made by the command."""
    folder = tmp_path_factory.mktemp("project")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    made = run(folder, "workers.command", "connector", "new", NAME)
    assert made.returncode == 0, made.stderr
    assert f"connectors/{NAME}" in made.stdout and "organisations.toml" in made.stdout
    return folder


def run(folder: Path, *module: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment.pop("SCHAKEL_CONFIG", None)
    command = [sys.executable, "-m", *module]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_new_connector_passes_the_suite_of_all_connectors(copy: Path) -> None:
    ran = run(copy, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/contract", "-k", f"{NAME} and not real")
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout and "skipped" not in ran.stdout


def test_a_new_connector_is_typed_and_in_the_style_of_the_house(copy: Path) -> None:
    folders = (f"connectors/{NAME}", f"connectors/{LAST}")
    checks = (
        ("mypy", "-p", f"connectors.{NAME}"),
        ("ruff", "check", *folders),
        ("ruff", "format", "--check", *folders),
    )
    scaffold.make_connector(LAST, copy / "connectors")
    found = [(check, run(copy, *check)) for check in checks]
    shutil.rmtree(copy / "connectors" / LAST)  # two of one template are one dialect
    for check, ran in found:
        assert ran.returncode == 0, f"{check}: {ran.stdout[-3000:]}{ran.stderr[-1000:]}"


def test_a_new_connector_translates_at_once(copy: Path) -> None:
    sample = f"connectors/{NAME}/samples/in-voortgang.csv"
    ran = run(copy, "workers.command", "translate", "--connector", NAME, "in", sample)
    assert (ran.returncode, "referrals.started" in ran.stdout) == (0, True), ran.stderr


def test_a_new_connector_names_a_bad_row_and_lets_the_others_go_on(copy: Path) -> None:
    sample = copy / "connectors" / NAME / "samples" / "in-voortgang.csv"
    one_bad, all_bad = copy / "one_bad.csv", copy / "all_bad.csv"
    one_bad.write_bytes(sample.read_bytes().replace(b";vraag;", b";onzin;"))
    all_bad.write_bytes(one_bad.read_bytes().replace(b";gestart;", b";onzin;"))
    ran = run(copy, "workers.command", "translate", "--connector", NAME, "in", str(one_bad))
    assert (ran.returncode, [one["type"] for one in json.loads(ran.stdout)]) == (1, [MessageKind.STARTED])
    assert json.loads(ran.stderr)["field"] == "row 3, soort"
    ran = run(copy, "workers.command", "translate", "--connector", NAME, "in", str(all_bad))
    assert (ran.returncode, ran.stdout, json.loads(ran.stderr)["field"]) == (2, "", "row 2, soort")


@pytest.mark.parametrize(
    "name", ["", "Debt", "debt-help", "1st", "a__b", "class", "x" * 41, "../up", "transports", *NAMES]
)
def test_a_name_that_no_connector_can_have_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "transports").mkdir()
    for taken in NAMES:
        (tmp_path / taken).mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(scaffold.BadName):
        scaffold.make_connector(name, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_any_other_word_than_new_is_an_organisation() -> None:
    helped = CliRunner().invoke(main, ["connector", "mw-de-kade", "--help"])
    assert helped.exit_code == 0 and "ORGANISATION" in helped.output
    assert CliRunner().invoke(main, ["connector", "new", "--help"]).exit_code == 0
    assert CliRunner().invoke(main, ["connector", "new", "Bad-Name"]).exit_code == 2


def test_an_organisation_can_not_be_called_new(tmp_path: Path) -> None:
    text = (
        DEMO_CONFIG.read_text()
        .replace("[organisations.de-spoel]", "[organisations.new]")
        .replace('"de-spoel"', '"new"')
    )
    (tmp_path / "organisations.toml").write_text(text)
    with pytest.raises(SettingsError, match="word of the command line"):
        load_configuration(tmp_path / "organisations.toml")
