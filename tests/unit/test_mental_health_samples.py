"""The golden pairs beside the connector: what a partner sends and what we make of it, and the other way round."""

import json

import pytest
from test_mental_health_material import BOOK, CONNECTOR, NOW, SAMPLES, parse_with_hl7_classes, read

from connectors.mental_health.format import STATES
from schemas.identifiers import bsn_is_valid
from schemas.message import Message

READ = sorted(path for path in SAMPLES.glob("in-*.fhir.*"))
WRITTEN = sorted(path for path in SAMPLES.glob("out-*.fhir.json"))


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_what_a_partner_sends_is_read_as_the_sample_says(path) -> None:  # type: ignore[no-untyped-def]
    expected = json.loads((SAMPLES / f"{path.name.split('.')[0]}.canonical.json").read_text())
    reading = read(path.read_bytes(), "application/octet-stream")
    assert [message.to_json() for message in reading.messages] == expected["messages"]
    assert reading.identification == expected["identification"]
    assert [loss.field for loss in reading.losses] == expected["losses"]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_we_send_is_written_as_the_sample_says(path) -> None:  # type: ignore[no-untyped-def]
    message = Message.from_json(json.loads((SAMPLES / f"{path.name.split('.')[0]}.canonical.json").read_text()))
    writing = CONNECTOR.write(message, BOOK, NOW)
    assert json.loads(writing.payload.body) == json.loads(path.read_text())
    parse_with_hl7_classes(writing.payload.body)


def test_the_samples_are_about_people_who_do_not_exist() -> None:
    assert len(READ) >= 6 and len(WRITTEN) >= 5
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
