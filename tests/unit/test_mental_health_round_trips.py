"""Canonical to FHIR and back, for every kind of message and both roles."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health.format import STATE_OF_KIND, STATES, UNSAID
from connectors.protocol import AddressBook
from schemas.message import Client, Coded, Message, MessageData, Receipt
from schemas.vocabulary import Event, MessageKind, Status
from tests.unit.test_mental_health_material import (
    BOOK,
    CONNECTOR,
    GGZ,
    KARIN,
    MUNICIPALITY,
    NOW,
    WORK,
    full_referral,
    message,
    parse_with_hl7_classes,
    read,
    status_of,
)

# FHIR has no message by which something is erased at the other side, or a step taken back: refused by name.
BUSINESS_KINDS = [kind for kind in MessageKind if not kind.is_receipt and kind not in UNSAID]
INFERRED = ("status", "implies", "correlation", "dropped_fields")


def told(data: MessageData) -> dict[str, Any]:
    return {name: value for name, value in vars(data).items() if name not in INFERRED}


def there_and_back(original: Message) -> Message:
    writing = CONNECTOR.write(original, BOOK, NOW)
    parse_with_hl7_classes(writing.payload.body)
    (found,) = read(writing.payload.body, writing.payload.content_type).messages
    return found


def resources(original: Message) -> dict[str, Any]:
    document = json.loads(CONNECTOR.write(original, BOOK, NOW).payload.body)
    return {entry["resource"]["resourceType"]: entry["resource"] for entry in document["entry"]}


def test_a_referral_with_every_field_comes_back_whole() -> None:
    original = full_referral()
    found = there_and_back(original)
    assert told(found.data) == told(original.data)
    assert (found.kind, found.sender, found.receiver) == (MessageKind.SENT, WORK.code, GGZ.code)
    assert CONNECTOR.write(original, BOOK, NOW).losses == ()


@pytest.mark.parametrize("by_partner", [False, True], ids=["hub", "partner"])
@pytest.mark.parametrize("kind", BUSINESS_KINDS)
def test_every_kind_comes_back_with_all_it_tells(kind: MessageKind, by_partner: bool) -> None:
    original = status_of(kind, by_partner=by_partner)
    found = there_and_back(original)
    assert (found.kind, found.sender, found.receiver) == (kind, original.sender, original.receiver)
    assert told(found.data) == told(original.data)
    assert found.data.correlation == original.data.correlation
    assert found.data.status is STATE_OF_KIND[kind].status
    assert found.time == original.time


@pytest.mark.parametrize("kind", [MessageKind.PROCESSED, MessageKind.REFUSED])
@pytest.mark.parametrize("reference", ["0b6a2a52-0000-4000-8000-00000000b009", "GGZ/2026 nr. 17"])
def test_a_receipt_comes_back_with_its_codes(kind: MessageKind, reference: str) -> None:
    codes = (Coded(code="E-12", system="urn:example:fouten", text="Onbekende dienst"), Coded(code="E-13"))
    receipt = Receipt(reference=reference, codes=codes)
    original = message(kind, by_partner=True, referral_id=None, referral_number=None, occurred_at=None, receipt=receipt)
    found = there_and_back(original)
    assert (found.kind, found.data.receipt) == (kind, receipt)
    assert CONNECTOR.write(original, BOOK, NOW).losses == ()


def test_the_reference_of_a_writing_is_the_id_of_the_message_and_stands_in_the_bundle() -> None:
    writing = CONNECTOR.write(full_referral(), BOOK, NOW)
    document = json.loads(writing.payload.body)
    assert document["identifier"]["value"] == writing.reference == full_referral().id
    assert document["type"] == "message"
    assert document["entry"][0]["resource"]["resourceType"] == "MessageHeader"


def test_writing_twice_gives_the_same_bytes_and_reading_twice_the_same_ids() -> None:
    first, second = (CONNECTOR.write(full_referral(), BOOK, NOW) for _ in range(2))
    assert first == second
    assert read(first.payload.body).messages == read(second.payload.body).messages


def test_two_messages_about_one_referral_name_the_same_task() -> None:
    sent = resources(full_referral())
    withdrawn = resources(replace(message(MessageKind.WITHDRAWN), id="another-message"))
    assert sent["Task"]["id"] == withdrawn["Task"]["id"]
    assert sent["ServiceRequest"]["id"] == withdrawn["ServiceRequest"]["id"]


def test_the_partner_gets_its_own_keys_back() -> None:
    task = resources(status_of(MessageKind.WITHDRAWN, by_partner=False))["Task"]
    assert {"system": "urn:example:epd", "value": "T-1"} in task["identifier"]
    by_id = message(MessageKind.ANSWERED, correlation={"fhir:Task": "t1"})
    assert resources(by_id)["Task"]["id"] == "t1"


def test_a_referral_follows_the_vws_pattern() -> None:
    found = resources(full_referral())
    task, request = found["Task"], found["ServiceRequest"]
    assert (request["status"], request["intent"]) == ("active", "order")
    assert (task["status"], task["intent"]) == ("requested", "order")
    assert task["code"]["coding"] == [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]
    assert task["owner"]["identifier"] == {"system": "http://fhir.nl/fhir/NamingSystem/ura", "value": "00009905"}
    assert task["requester"]["identifier"] == {"system": "urn:nl:schakel:organisation", "value": WORK.code}


@pytest.mark.parametrize(
    ("kind", "task_status", "request_status"),
    [
        (MessageKind.COMPLETED, "completed", "completed"),
        (MessageKind.WITHDRAWN, "cancelled", "revoked"),
        (MessageKind.DECLINED, "rejected", "active"),
        (MessageKind.MARKED_IN_ERROR, "entered-in-error", "entered-in-error"),
    ],
)
def test_the_service_request_follows_the_task(kind: MessageKind, task_status: str, request_status: str) -> None:
    found = resources(message(kind))
    assert (found["Task"]["status"], found["ServiceRequest"]["status"]) == (task_status, request_status)


def test_a_status_without_a_client_says_that_the_subject_is_unknown_and_sends_no_patient() -> None:
    found = resources(message(MessageKind.ACCEPTED, by_partner=True))
    assert "Patient" not in found
    assert "reference" not in found["ServiceRequest"]["subject"]
    assert there_and_back(message(MessageKind.ACCEPTED, by_partner=True)).data.client is None


def test_a_reference_alone_tells_teams_apart_that_share_a_number() -> None:
    task = resources(full_referral())["Task"]
    answer = {**task, "status": "accepted", "businessStatus": {}}
    del answer["for"], answer["focus"]
    (found,) = read(answer).messages
    assert (found.sender, found.receiver) == (GGZ.code, WORK.code)


def test_the_name_is_split_as_nl_core_asks() -> None:
    name = resources(full_referral())["Patient"]["name"][0]
    assert name["family"] == "van der Smulders"
    assert [extension["valueString"] for extension in name["_family"]["extension"]] == ["van der", "Smulders"]
    assert name["given"] == ["Karin", "Maria", "K.M."]
    qualifiers = [given["extension"][0]["valueCode"] for given in name["_given"]]
    assert qualifiers == ["BR", "BR", "IN"]


def test_a_client_known_only_by_a_key_comes_back_with_that_key() -> None:
    original = message(client=Client(reference="Patient/27e58ece"))
    assert there_and_back(original).data.client == Client(reference="Patient/27e58ece")
    assert there_and_back(message(client=KARIN)).data.client == KARIN


def test_teams_that_share_a_number_are_told_apart_by_our_own_code() -> None:
    team = replace(WORK, code="toegang-broekhoven")
    book = AddressBook(partner=GGZ, municipality=MUNICIPALITY, parties=(WORK, team))
    original = replace(message(), sender=team.code)
    body = CONNECTOR.write(original, book, NOW).payload.body
    assert read(body, book=book).messages[0].sender == team.code


def test_what_fhir_has_no_place_for_is_listed_as_a_loss() -> None:
    original = message(
        MessageKind.STARTED,
        correlation={"fhir:Task": "t1", "iwmo:ToewijzingNummer": "7"},
        status=Status.PAUSED,
        implies=(Event.RECEIVE,),
        dropped_fields=("client_words",),
        receipt=Receipt(reference="x"),
    )
    lost = [loss.field for loss in CONNECTOR.write(original, BOOK, NOW).losses]
    assert lost == ["correlation", "status", "implies", "receipt", "dropped_fields"]


def test_the_case_id_of_the_hub_never_goes_out() -> None:
    original = replace(full_referral(), subject="case-4711", sequence=12, traceparent="00-abc-def-01")
    body = CONNECTOR.write(original, BOOK, NOW).payload.body
    assert b"case-4711" not in body and b"00-abc-def-01" not in body


def test_every_kind_has_one_row_and_every_state_of_a_task_one_plain_meaning() -> None:
    assert {state.kind for state in STATES} == set(BUSINESS_KINDS)
    assert len({state.word for state in STATES}) == len(STATES)
    plain = [state.task for state in STATES if state.plain]
    assert len(plain) == len(set(plain))


def test_an_erasure_is_refused_by_name_and_left_to_a_person() -> None:
    with pytest.raises(Refusal) as caught:
        CONNECTOR.write(status_of(MessageKind.ERASED, by_partner=False), BOOK, NOW)
    assert caught.value.code is RefusalCode.CANNOT_EXPRESS
