"""The golden pairs of mental health care beside their messages: identification, losses, and FHIR's own classes."""

import pytest

from connectors.mental_health.format import STATES
from schemas.identifiers import bsn_is_valid
from tests.unit.test_mental_health_material import SAMPLES, parse_with_hl7_classes, read

PARTNER_NAME = "Patient.name.family.extension(humanname-partner-name)"
TASKS = "https://epd.ggz-de-leij.example/taken"
BESIDE = {
    "in-accepted.xml": (f"{TASKS}|2041:3:accepted", ["Task.text"]),
    "in-completed.json": (
        "sha256:c3e2e1e3fd01898dc5dc5751302841a9a31a353a25640a86930f6ee3a352f7c3",
        ["Patient.telecom", PARTNER_NAME, "Task.output"],
    ),
    "in-declined.fsh": ("taak-2042:2026-11-27T11:00:00+01:00:rejected", []),
    "in-new-referral.json": ("B-2026-000900", []),
    "in-refused.json": ("B-2026-000815", []),
    "in-waitlisted.json": ("B-2026-000814", []),
}
WRITTEN = sorted(path for path in SAMPLES.glob("out-*.json") if not path.name.endswith(".canonical.json"))


@pytest.mark.parametrize("name", BESIDE)
def test_a_sample_has_this_identification_and_loses_this(name: str) -> None:
    reading = read((SAMPLES / name).read_bytes(), "application/octet-stream")
    assert (reading.identification, [loss.field for loss in reading.losses]) == BESIDE[name]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_we_send_is_fhir_by_its_own_classes(path) -> None:  # type: ignore[no-untyped-def]
    parse_with_hl7_classes(path.read_bytes())


def test_the_samples_are_about_people_who_do_not_exist() -> None:
    assert len(WRITTEN) >= 5
    numbers = {
        word for path in SAMPLES.iterdir() for word in path.read_text().split('"') if word.isdigit() and len(word) == 9
    }
    assert numbers
    assert all(999900006 <= int(number) <= 999999990 and bsn_is_valid(number) for number in numbers)


def test_the_readme_shows_the_table_of_states_as_it_is() -> None:
    readme = (SAMPLES.parent / "README.md").read_text()
    for state in STATES:
        name = state.kind.value.removeprefix("nl.schakel.referrals.")
        implied = ", ".join(state.implies) or "-"
        who = "performer" if state.by_performer else "requester"
        assert f"| `{name}` | `{state.task}` | `{state.word}` | `{state.request}` | {who} | {implied} |" in readme
