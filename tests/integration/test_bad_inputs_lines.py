"""The bad inputs of the index that hold lines: what is wrong is refused by its line, and the rest goes on."""

import json

import pytest
from click.testing import CliRunner

from tests.personas import SHARED
from workers.command import main

BAD = SHARED / "bad-inputs"
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")


@pytest.mark.parametrize("name", ["csv-formulas.csv", "csv-mixed-encoding.csv", "csv-shifted-column.csv"])
def test_a_file_with_other_headings_is_refused_whole(name: str) -> None:
    run = CliRunner().invoke(main, ["translate", "--connector", "reintegration", "in", str(BAD / name)])
    assert (run.exit_code, run.stdout) == (2, "")
    assert json.loads(run.stderr)["error"] == "malformed"
