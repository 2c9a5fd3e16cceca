"""What is refused, by which name and at which place; and how the answer tells it."""

import json
from typing import Any

import pytest

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload, Verdict
from schemas.vocabulary import MessageKind
from tests.unit.test_mental_health_material import (
    BOOK,
    CONNECTOR,
    NOW,
    bundle,
    full_referral,
    message,
    parse_with_hl7_classes,
    patient,
    read,
    refused,
    request,
    task,
)

C = RefusalCode
CODE = "http://hl7.org/fhir/CodeSystem/task-code"
MONEY = "http://terminology.hl7.org/CodeSystem/financialtaskcode"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


CASES: dict[str, tuple[dict[str, Any], RefusalCode, str | None]] = {
    "not to do": (bundle(task(), request(doNotPerform=True)), C.NOT_ALLOWED, "Bundle.entry[1].resource.doNotPerform"),
    "a bare request not to do": (request(doNotPerform=True), C.NOT_ALLOWED, "ServiceRequest.doNotPerform"),
    "a proposal": (task(intent="proposal"), C.NOT_ALLOWED, "Task.intent"),
    "no intent": (task(intent=None), C.MALFORMED, "Task.intent"),
    "no status": (task(status=None), C.MALFORMED, "Task.status"),
    "a draft": (task(status="draft"), C.NOT_ALLOWED, "Task.status"),
    "ready": (task(status="ready"), C.NOT_ALLOWED, "Task.status"),
    "a draft request": (request(status="draft"), C.NOT_ALLOWED, "ServiceRequest.status"),
    "approve": (task(code=coded(CODE, "approve")), C.NOT_ALLOWED, "Task.code"),
    "abort": (task(code=coded(CODE, "abort")), C.NOT_ALLOWED, "Task.code"),
    "a financial task": (task(code=coded(MONEY, "poll")), C.NOT_ALLOWED, "Task.code"),
    "about medication": (task(focus={"reference": "MedicationRequest/1"}), C.NOT_ALLOWED, "Task.focus"),
    "STU3 requester": (task(requester={"agent": {}}), C.UNSUPPORTED_VERSION, "Task.requester.agent"),
    "STU3 request": ({"resourceType": "ReferralRequest"}, C.UNSUPPORTED_VERSION, "ReferralRequest"),
    "R5 task": (task(requestedPerformer=[{}]), C.UNSUPPORTED_VERSION, "Task.requestedPerformer"),
    "R5 request": (request(code={"concept": {}}), C.UNSUPPORTED_VERSION, "ServiceRequest.code.concept"),
    "eOverdracht": (
        task(meta={"profile": ["http://nictiz.nl/fhir/StructureDefinition/eOverdracht-Task"]}),
        C.UNSUPPORTED_VERSION,
        "Task.meta.profile",
    ),
    "an unknown modifier": (task(modifierExtension=[{"url": "x"}]), C.NOT_ALLOWED, "Task.modifierExtension"),
    "a modifier deep inside": (
        task(note=[{"text": "x", "modifierExtension": [{"url": "x"}]}]),
        C.NOT_ALLOWED,
        "Task.note[0].modifierExtension",
    ),
    "implicit rules": (task(implicitRules="http://example.org"), C.NOT_ALLOWED, "Task.implicitRules"),
    "a care team": ({"resourceType": "CareTeam"}, C.NOT_ALLOWED, "CareTeam"),
    "an empty bundle": (bundle(), C.NOT_ALLOWED, "Bundle"),
    "a search result": (bundle(task(), kind="searchset"), C.NOT_ALLOWED, "Bundle.type"),
    "a wrong number": (
        bundle(task(), patient("999990018")),
        C.MALFORMED,
        "Bundle.entry[1].resource.identifier[0].value",
    ),
    "two people": (bundle(task(), patient(), patient("999990019", id="p2")), C.NOT_ALLOWED, "Bundle.entry.resource"),
    "two people by reference": (
        bundle(task(id="a"), task(id="b", **{"for": {"reference": "Patient/other"}})),
        C.NOT_ALLOWED,
        "Bundle.entry.resource",
    ),
    "task and request differ": (
        bundle(task(**{"for": {"reference": "Patient/other"}}), request()),
        C.NOT_ALLOWED,
        "Bundle.entry[0].resource.for",
    ),
    "a group": (request(subject={"reference": "Group/g"}), C.NOT_ALLOWED, "ServiceRequest.subject.type"),
    "one address twice": (
        bundle(task(), patient(), patient("999990019")),
        C.MALFORMED,
        "Bundle.entry[2].fullUrl",
    ),
    "the same task twice": (bundle(task(), task()), C.MALFORMED, "Bundle.entry"),
    "a deletion": (
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE"}}]},
        C.NOT_ALLOWED,
        "Bundle.entry[0].request.method",
    ),
    "a time without zone": (task(lastModified="2026-11-24T10:00:00"), C.MALFORMED, "Task.lastModified"),
    "a day that isn't": (task(lastModified="2026-02-30T10:00:00Z"), C.MALFORMED, "Task.lastModified"),
    "an impossible birth date": (bundle(task(), patient(birthDate="1984-13")), C.MALFORMED, "Patient"),
    "an unknown gender": (bundle(task(), patient(gender="x")), C.MALFORMED, "Bundle.entry[1].resource.gender"),
    "a list for a text": (task(status=["a", "b"]), C.MALFORMED, "Task.status"),
    "a text for an object": (task(focus="s1"), C.MALFORMED, "Task.focus"),
    "a note too long": (task(note=[{"text": "a" * 20_001}]), C.TOO_LARGE, "Task.note"),
    "a crowd of referrals": (bundle(*(task(id=f"t{n}") for n in range(21))), C.MALFORMED, "Bundle.entry"),
    "a crowd of notes": (task(note=[{"text": "x"}] * 201), C.MALFORMED, "Task.note"),
    "no resource": ({"hello": 1}, C.MALFORMED, "resourceType"),
}


@pytest.mark.parametrize(("document", "code", "field"), CASES.values(), ids=CASES)
def test_it_is_refused_by_name(document: dict[str, Any], code: RefusalCode, field: str | None) -> None:
    refusal = refused(document)
    assert (refusal.code, refusal.field) == (code, field)
    assert refusal.dialect_code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", C.MALFORMED),
        (b"hello", C.MALFORMED),
        (b"[]", C.MALFORMED),
        (b'{"resourceType": "Task", "resourceType": "Task"}', C.MALFORMED),
        (b'{"resourceType": "Task", "status": NaN}', C.MALFORMED),
        (b'{"resourceType": "Task"' + b" " * 1_000_000 + b"}", C.TOO_LARGE),
        (b'{"a":' * 100 + b"1" + b"}" * 100, C.MALFORMED),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Task xmlns="http://hl7.org/fhir"/>', C.MALFORMED),
        (b'<Task xmlns="http://hl7.org/fhir/stu9"/>', C.MALFORMED),
        (b'<Task xmlns="http://hl7.org/fhir">tekst</Task>', C.MALFORMED),
        (b"MSH|^~\\&|A|B", C.MALFORMED),
        (b"Instance: x\nInstanceOf: Task\n* status = ???", C.MALFORMED),
        (b"Profile: x\nTitle: y", C.NOT_ALLOWED),
        (b"Title: y\n* status = #x", C.NOT_ALLOWED),
    ],
)
def test_broken_bytes_are_refused(body: bytes, code: RefusalCode) -> None:
    assert refused(body).code is code


def test_another_release_named_in_the_media_type_is_refused() -> None:
    body = json.dumps(task()).encode()
    assert refused(body, "application/fhir+json; fhirVersion=3.0").code is C.UNSUPPORTED_VERSION
    assert read(body, "application/fhir+json; fhirVersion=4.0; charset=utf-8").messages


def test_a_refusal_never_repeats_what_the_message_says() -> None:
    refusal = refused(bundle(task(), patient("123456789", name=[{"family": "Geheimzinnig"}])))
    assert "123456789" not in f"{refusal.message}{refusal.field}"
    assert "Geheimzinnig" not in f"{refusal.message}{refusal.field}"


def test_a_status_without_any_key_cannot_be_expressed() -> None:
    nameless = message(MessageKind.ACCEPTED, referral_id=None, referral_number=None)
    with pytest.raises(Refusal) as caught:
        CONNECTOR.write(nameless, BOOK, NOW)
    assert (caught.value.code, caught.value.field) == (C.CANNOT_EXPRESS, "Task.identifier")
    with pytest.raises(Refusal) as caught:
        CONNECTOR.write(message(MessageKind.REFUSED), BOOK, NOW)
    assert (caught.value.code, caught.value.field) == (C.CANNOT_EXPRESS, "MessageHeader.response")


def answer_to(body: bytes, verdict: Verdict, refusal: Refusal | None = None) -> tuple[dict[str, Any], bytes]:
    payload = CONNECTOR.acknowledge(Payload(body=body, content_type=""), verdict, refusal, BOOK, NOW)
    assert payload is not None and payload.content_type == "application/fhir+json"
    parse_with_hl7_classes(payload.body)
    return json.loads(payload.body), payload.body


def test_a_refusal_is_answered_with_an_operation_outcome_that_names_the_place() -> None:
    body = json.dumps(task(status="draft")).encode()
    document, raw = answer_to(body, Verdict.REFUSED, refused(body))
    (issue,) = document["issue"]
    assert (issue["severity"], issue["code"], issue["expression"]) == ("error", "business-rule", ["Task.status"])
    (receipt,) = read(raw).messages
    assert receipt.kind is MessageKind.REFUSED
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.codes[0].text == "not_allowed"


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.DUPLICATE])
def test_an_acceptance_quotes_the_message_and_is_read_as_its_receipt(verdict: Verdict) -> None:
    writing = CONNECTOR.write(full_referral(), BOOK, NOW)
    document, raw = answer_to(writing.payload.body, verdict)
    assert (document["issue"][0]["severity"], document["issue"][0]["code"]) == ("information", "informational")
    (receipt,) = read(raw).messages
    assert receipt.kind is MessageKind.PROCESSED
    assert receipt.data.receipt is not None and receipt.data.receipt.reference == writing.reference


def test_what_cannot_be_read_at_all_is_answered_all_the_same() -> None:
    document, _raw = answer_to(b"\xff\xfe\x00", Verdict.REFUSED, Refusal(C.MALFORMED, "Not FHIR."))
    assert "extension" not in document
    document, _raw = answer_to(b"?", Verdict.REFUSED, None)
    assert document["issue"] == [{"severity": "error", "code": "processing"}]


def test_an_outcome_that_names_no_message_is_read_all_the_same() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception"}]}
    (receipt,) = read(outcome).messages
    assert receipt.kind is MessageKind.REFUSED
    assert receipt.data.receipt is not None and receipt.data.receipt.reference == "unnamed"


@pytest.mark.parametrize("issue", [None, [], [{"severity": "nice"}], [{"code": "x"}]])
def test_an_outcome_without_a_sound_issue_is_refused(issue: Any) -> None:
    assert refused({"resourceType": "OperationOutcome", "issue": issue}).code is C.MALFORMED
