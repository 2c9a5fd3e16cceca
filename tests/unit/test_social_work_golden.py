"""The golden pairs: a message of the partner and the canonical messages that say the same."""

import json
from pathlib import Path

import pytest
from lxml import etree

from connectors.registry import connector
from schemas.identifiers import bsn_is_valid
from schemas.message import Message
from schemas.vocabulary import MessageKind
from tests.unit.test_social_work_material import (
    BOOK,
    CONNECTOR,
    NOW,
    OPEN_BOOK,
    SAMPLES,
    make_retour_xsds,
    need_standard,
    partner_samples,
    read,
    valid,
)

INWARD = sorted(SAMPLES.glob("in-*.xml"))
OUTWARD = sorted(path.with_suffix("").with_suffix(".canonical.json") for path in SAMPLES.glob("out-*.xml"))
PLAIN = [path for path in sorted(SAMPLES.glob("*.xml")) if not path.stem.endswith("-ggk")]
KINDS = {
    "JW302": [MessageKind.REFUSED],
    "JW305": [MessageKind.STARTED] * 2,
    "JW316": [MessageKind.REFUSED],
    "JW319": [MessageKind.DECLINED],
    "JW320": [MessageKind.REFUSED],
    "WMO301": [MessageKind.SENT],
    "WMO305": [MessageKind.STARTED] * 2,
    "WMO307": [MessageKind.ENDED] * 2,
    "WMO315": [MessageKind.SENT] * 2,
    "WMO317": [MessageKind.CHANGE_REQUESTED] * 2,
    "WMO319": [MessageKind.DECLINED],
}


def canonical(body: bytes) -> bytes:
    return etree.tostring(etree.fromstring(body, etree.XMLParser(remove_blank_text=True)), method="c14n")


def test_the_registry_gives_this_connector_by_name():
    assert connector("social_work").name == "social_work"


@pytest.mark.parametrize("path", INWARD, ids=lambda path: path.stem)
def test_a_golden_message_reads_as_its_canonical_messages(path: Path):
    messages = [message.to_json() for message in read(path.read_bytes()).messages]
    assert messages == json.loads(path.with_suffix(".canonical.json").read_text())


@pytest.mark.parametrize("path", OUTWARD, ids=lambda path: path.stem)
def test_a_golden_canonical_message_is_written_as_its_partner_message(path: Path):
    message = Message.from_json(json.loads(path.read_text()))
    written = CONNECTOR.write(message, BOOK, NOW).payload.body
    assert canonical(written) == canonical(Path(str(path).replace(".canonical.json", ".xml")).read_bytes())


def test_the_golden_people_have_test_numbers_only():
    people = [json.loads(path.read_text()) for path in SAMPLES.glob("*.canonical.json")]
    messages = [message for one in people for message in (one if isinstance(one, list) else [one])]
    numbers = {message["data"]["client"]["bsn"] for message in messages if "client" in message["data"]}
    assert numbers
    assert all(bsn_is_valid(number) and 999900006 <= int(number) <= 999999990 for number in numbers)


@pytest.mark.standards
@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_a_golden_partner_message_is_valid_by_the_standard(path: Path, tmp_path: Path):
    need_standard()
    valid(path.read_bytes(), make_retour_xsds(tmp_path))


@pytest.mark.standards
def test_every_sample_of_the_standard_becomes_canonical_messages():
    need_standard()
    found = {}
    for path in partner_samples():
        reading = read(path.read_bytes(), OPEN_BOOK)
        found[path.stem] = [message.kind for message in reading.messages]
        for message in reading.messages:
            assert Message.from_json(message.to_json()) == message
    assert found == KINDS


@pytest.mark.standards
def test_the_start_messages_of_the_standard_prove_receipt_and_acceptance():
    need_standard()
    path = next(path for path in partner_samples() if path.stem == "WMO305")
    first, second = read(path.read_bytes(), OPEN_BOOK).messages
    assert (first.sender, first.receiver) == ("agb:65656055", "gemeente:0363")
    assert first.data.implies == ("receive", "accept")
    assert (first.data.referral_number, second.data.referral_number) == (300201, 300202)
    assert (first.data.starts_on, second.data.starts_on) == ("2025-04-03", "2025-04-04")
    assert first.data.occurred_at is not None
    assert first.data.occurred_at.isoformat() == "2025-04-02T22:00:00+00:00"


@pytest.mark.standards
def test_the_losses_of_the_standard_assignment_are_exactly_these():
    need_standard()
    path = next(path for path in partner_samples() if path.stem == "WMO301")
    assert [loss.field for loss in read(path.read_bytes(), OPEN_BOOK).losses] == [
        "Client/Naam/Partnernaam",
        "Client/Communicatie",
        "Client/JuridischeStatus",
        "Client/WettelijkeVertegenwoordiging",
        "Client/Relaties",
        "Client/Contactgegevens",
        "Client/ToegewezenProducten/ToegewezenProduct[1]/Omvang",
        "Client/Naam/NaamGebruik",
    ]


@pytest.mark.standards
def test_reading_a_sample_twice_gives_the_same_ids_and_different_samples_different_ones():
    need_standard()
    once = [message.id for path in partner_samples() for message in read(path.read_bytes(), OPEN_BOOK).messages]
    again = [message.id for path in partner_samples() for message in read(path.read_bytes(), OPEN_BOOK).messages]
    assert once == again
    assert len(set(once)) == len(once)
