"""Transaction Bundles, for a partner whose FHIR server takes no messages."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.mental_health.format import STATES
from schemas.message import Message, Receipt
from schemas.vocabulary import MessageKind
from tests.unit.test_mental_health_material import (
    BOOK,
    CONNECTOR,
    NOW,
    full_referral,
    parse_with_hl7_classes,
    read,
    status_of,
)

PUT = replace(BOOK, dialect={"bundle": "transaction"})


def written(message: Message) -> Any:
    return json.loads(CONNECTOR.write(message, PUT, NOW).payload.body)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.word)
def test_a_transaction_says_what_the_message_says(state) -> None:  # type: ignore[no-untyped-def]
    original = status_of(state.kind, by_partner=state.by_performer)
    put, sent = (CONNECTOR.write(original, book, NOW) for book in (PUT, BOOK))
    parse_with_hl7_classes(put.payload.body)
    (again,), (as_message,) = (read(one.payload.body, book=PUT).messages for one in (put, sent))
    assert (again.kind, again.data, again.sender, again.receiver, again.id) == (
        as_message.kind,
        as_message.data,
        as_message.sender,
        as_message.receiver,
        as_message.id,
    )


def test_each_resource_is_put_at_its_own_id_and_the_same_message_again_is_the_same() -> None:
    bundle = written(full_referral())
    assert bundle["type"] == "transaction"
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert "MessageHeader" not in kinds and {"Task", "ServiceRequest", "Patient", "Consent", "Organization"} <= {*kinds}
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    assert written(full_referral()) == bundle


def test_a_receipt_stays_a_message() -> None:
    receipt = replace(full_referral(), kind=MessageKind.PROCESSED).with_data(receipt=Receipt(reference="B-1"))
    assert written(receipt)["type"] == "message"


def test_only_these_two_kinds_of_bundle_can_be_asked() -> None:
    assert [CONNECTOR.check({"bundle": kind}) for kind in ("message", "transaction")] == [[], []]
    assert [one.key for one in CONNECTOR.check({"bundle": "batch"})] == ["bundle"]
    assert [one.key for one in CONNECTOR.check({"bundel": "message"})] == ["bundel"]
