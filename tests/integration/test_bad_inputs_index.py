"""Every row of the index of bad inputs: which test holds its outcome, and which rows no test can reach yet."""

import csv
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner

from connectors.registry import NAMES
from connectors.transports.files import DropFolder, IntakeFolder
from hub.settings import Organisation
from tests.integration.callers import KADE, Hands, Site, listening
from tests.integration.conftest import open_test_hub
from tests.personas import SHARED
from workers.command import main
from workers.files import FileIntake

BAD = SHARED / "bad-inputs"
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")
HELD = {
    **dict.fromkeys(
        (
            "json-duplicate-keys.json", "json-depth-9000.json", "json-lone-surrogate.json", "json-mass-assignment.json",
            "json-bsn-fails-eleven-test.json", "json-type-confusion.json", "json-bidi-and-zero-width.json",
            "json-impossible-dates.json",
        ),
        "test_bad_inputs.test_a_bad_body_is_refused_with_its_fields_and_leaves_nothing",
    ),
    "api-idempotency-key-other-body.json": "test_bad_inputs.test_a_key_that_comes_again_makes_one_referral",
    "xml-external-entity.xml": "test_bad_inputs.test_an_external_entity_is_refused_and_never_read",
    "iwmo-end-before-start.xml": "test_bad_inputs.test_a_wrong_iwmo_message_has_no_effect",
    "xml-comment-in-bsn.xml": "test_bad_inputs.test_a_wrong_iwmo_message_has_no_effect",
    **dict.fromkeys(
        ("xml-billion-laughs.xml", "xml-depth-3000.xml", "xml-encoding-lie.xml"),
        "test_bad_inputs_work_and_income.test_a_trap_for_readers_of_xml_is_quarantined",
    ),
    "stuf-wrong-receiver.xml": "test_bad_inputs_work_and_income.test_a_message_for_another_system_is_refused",
    "webhook-bad-signatures.json": "test_bad_inputs.test_no_signature_stands_for_a_token",
    "fhir-circular-references.json": "test_bad_inputs.test_references_in_a_circle_come_to_an_end",
    "fhir-script-in-narrative.json": "test_bad_inputs.test_a_narrative_with_a_script_is_dropped",
    "hl7v2-bad-header.hl7": "test_bad_inputs.test_hl7_v2_is_refused_by_who_speaks_fhir",
    "fhir-restricted-to-work-and-income.json": "test_bad_inputs.test_restricted_content_of_mental_health",
    "cloudevent-spoofed-source.json": "test_zgw_intake.test_an_event_of_another_source_is_answered_with_403",
    "zgw-url-to-inside.json": "test_zgw_intake.test_urls_to_the_inside_are_put_aside_without_a_connection",
    "csv-formulas.csv": "test_bad_inputs_lines.test_formulas_are_taken_as_words_and_leave_as_words",
    "csv-mixed-encoding.csv": "test_bad_inputs_lines.test_a_line_in_another_encoding_waits_for_a_person",
    "csv-shifted-column.csv": "test_bad_inputs_lines.test_shifted_lines_wait_for_a_person_and_the_third_is_handled",
    "zip-slip.zip": "test_bad_inputs_index.test_an_archive_in_a_drop_folder",
    "zip-bomb-20mb.zip": "test_bad_inputs_index.test_an_archive_in_a_drop_folder",
    "file-hostile-names.json": "test_bad_inputs_index.test_hostile_file_names",
    "sio-hostile-watch.json": "test_live_side.test_the_published_hostile_conversation",
}  # fmt: skip
"""File of the index -> the test that holds it. Rows of connectors that are not there are found by ``index`` itself."""


def index() -> list[dict[str, str]]:
    if not BAD.is_dir():
        return []
    with (BAD / "index.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def connector_of(row: dict[str, str]) -> str | None:
    kind, _, name = row["connector_or_endpoint"].partition(":")
    return name if kind == "connector" else None


ROWS = index()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_every_row_has_a_test_or_a_connector_that_is_not_there_yet(row: dict[str, str]) -> None:
    name = connector_of(row)
    if name is not None and name not in NAMES:
        run = CliRunner().invoke(main, ["translate", "--connector", name, "in", str(BAD / row["file"])])
        assert (run.exit_code, run.stdout, json.loads(run.stderr)["error"]) == (2, "", "not_allowed")
        pytest.skip(f"NOT HELD until there is a connector {name}: {row['file']} ({row['must_hold']})")
    module, _, test = HELD[row["file"]].partition(".")
    [path] = Path(__file__).parents[1].rglob(f"{module}.py")
    assert f"def {test}" in path.read_text(encoding="utf-8")


def test_the_index_and_the_folder_tell_of_the_same_files() -> None:
    there = {path.name for path in BAD.iterdir()} - {"index.csv", "README.md"}
    assert {row["file"] for row in ROWS} == there


# -- drop folders ----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with closing(open_test_hub(f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")) as hub:
        yield Site(hub)


@pytest.fixture
def folder(site: Site, tmp_path: Path) -> FileIntake:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    organisation = site.hub.config.organisations[KADE]
    assert isinstance(organisation, Organisation)
    return FileIntake(site.hub, organisation, IntakeFolder(tmp_path / "in"), DropFolder(tmp_path / "out"))


def drop(path: Path, body: bytes) -> None:
    import os

    path.write_bytes(body)
    os.utime(path, (1_700_000_000, 1_700_000_000))  # nobody writes it any more


@pytest.mark.parametrize("name", ["zip-slip.zip", "zip-bomb-20mb.zip"])
def test_an_archive_in_a_drop_folder_is_rejected_unopened(
    site: Site, folder: FileIntake, tmp_path: Path, name: str
) -> None:
    before, outside = site.counts(), sorted(path for path in tmp_path.parent.iterdir())
    drop(tmp_path / "in" / name, (BAD / name).read_bytes())
    tracemalloc.start()
    started = perf_counter()
    assert folder.step() == 1
    took, (_now, peak) = perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{name}: {took * 1000:.0f} ms, {peak / 1e6:.1f} MB")
    after = site.counts()
    assert (after["referrals"], after["clients"]) == (before["referrals"], before["clients"])
    [why] = (tmp_path / "in" / "rejected").glob("*.reason.txt")
    assert "en: The file is an archive (zip)" in why.read_text() and "nl: Dit is niet toegestaan." in why.read_text()
    assert {path.name for path in why.parent.iterdir()} == {why.name, why.name.removesuffix(".reason.txt")}
    assert not list(tmp_path.rglob("goed.xml"))
    assert sorted(path for path in tmp_path.parent.iterdir()) == outside
    drop(tmp_path / "in" / "goed.xml", _good())
    assert folder.step() == 1, "the next file goes through"


def test_hostile_file_names_never_become_names_of_ours(site: Site, folder: FileIntake, tmp_path: Path) -> None:
    names = json.loads((BAD / "file-hostile-names.json").read_text(encoding="utf-8"))["names"]
    dropped = []
    with listening() as heard:
        for number, name in enumerate(names):
            try:
                drop(tmp_path / "in" / name.replace("/", "∕"), _good() + b" " * number)
            except (OSError, ValueError):
                continue  # no file system takes this name: nobody can drop it
            dropped.append(name)
        while folder.step():
            continue
        Hands(site.hub).close()
    left = {path.name for path in (tmp_path / "in").iterdir()} - {"taken", "rejected"}
    assert left == {"bericht.xml.part"}
    assert len(dropped) >= 10
    ours = [path.name for kind in ("taken", "rejected") for path in (tmp_path / "in" / kind).glob("*")]
    ours = [name for name in ours if not name.endswith(".reason.txt")]
    assert len(ours) == len(dropped) - 1
    assert all(name.isascii() and len(name) < 50 and "999900006" not in name for name in ours)
    assert not [line for line in heard.lines if "999900006_Voorbeeld" in line]


def _good() -> bytes:
    return (Path(__file__).parents[2] / "connectors/social_work/samples/in-wmo305.xml").read_bytes()
