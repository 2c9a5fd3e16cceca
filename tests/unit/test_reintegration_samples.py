"""The golden pairs beside the connector, and what its page says of them."""

import json
import re
from pathlib import Path

import pytest

from connectors.protocol import Payload
from connectors.reintegration.shapes import SHAPES
from connectors.reintegration.words import OURS, STATES, Sort
from schemas.identifiers import bsn_is_valid
from schemas.message import Message
from tests.unit.test_reintegration_material import CONNECTOR, NOW, SAMPLES, book

FORMATS = (".json", ".csv", ".xlsx")
ALL = sorted(path for path in SAMPLES.iterdir() if path.suffix in FORMATS and ".canonical" not in path.name)
READ = [path for path in ALL if path.name.startswith("in-")]
WRITTEN = [path for path in ALL if path.name.startswith("out-")]
README = (SAMPLES.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_what_a_partner_sends_is_read_as_the_sample_says(path: Path) -> None:
    expected = json.loads((SAMPLES / f"{path.stem}.canonical.json").read_text(encoding="utf-8"))
    reading = CONNECTOR.read(Payload(body=path.read_bytes(), content_type="application/octet-stream"), book(), NOW)
    assert [message.to_json() for message in reading.messages] == expected


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_what_we_send_is_written_as_the_sample_says(path: Path) -> None:
    canonical = json.loads((SAMPLES / f"{path.stem}.canonical.json").read_text(encoding="utf-8"))
    writing = CONNECTOR.write(Message.from_json(canonical), book(format=path.suffix[1:]), NOW)
    assert writing.payload.body == path.read_bytes()


def test_the_samples_are_about_people_who_do_not_exist() -> None:
    texts = [path.read_bytes() for path in SAMPLES.iterdir() if path.suffix != ".xlsx"]
    numbers = {found.decode() for text in texts for found in re.findall(rb"\b9[0-9]{8}\b", text)}
    assert len(READ) >= 5 and len(WRITTEN) >= 3 and numbers
    assert all(999900006 <= int(number) <= 999999990 and bsn_is_valid(number) for number in numbers)


def test_the_page_shows_the_table_of_states_as_it_is() -> None:
    for state in STATES:
        name = state.kind.value.removeprefix("nl.schakel.referrals.")
        implied = ", ".join(state.implies) or "-"
        assert f"| `{state.word}` | `{name}` | {implied} |" in README, state.word


def test_the_page_names_every_field_and_every_word() -> None:
    names = {name for shape in SHAPES.values() for name in shape.fields}
    words = {word.value for words in (Sort, *OURS) for word in words}
    assert not {name for name in names | words if f"`{name}`" not in README}
