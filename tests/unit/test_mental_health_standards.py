"""Every real FHIR file collected: what it is read as, or by what name it is refused."""

import csv
import json
import time
from pathlib import Path

import pytest

from connectors.errors import RefusalCode
from schemas.vocabulary import Event, MessageKind
from tests.unit.test_mental_health_material import (
    BOOK,
    CONNECTOR,
    NOW,
    SHARED,
    STANDARDS,
    parse_with_hl7_classes,
    read,
    refused,
)

pytestmark = pytest.mark.standards

FOLDERS = ("fhir-r4", "fhir-stu3-eoverdracht")
R4, HL7, SDOH = "fhir-r4/", "fhir-r4/hl7-core-examples/", "fhir-r4/sdoh-clinicalcare-stu2/SDOHCC-"
NICTIZ, VWS, STU3 = "fhir-r4/nictiz-zib2020/", "fhir-r4/vws-generieke-functies/", "fhir-stu3-eoverdracht/"
KOPPELTAAL = "fhir-r4/koppeltaal-2.0/"

READ = {
    HL7 + "Task-example1.json": MessageKind.STARTED,
    HL7 + "Task-example2.json": MessageKind.ACCEPTED,
    HL7 + "Task-example6.json": MessageKind.COMPLETED,
    HL7 + "ServiceRequest-example.json": MessageKind.COMPLETED,
    HL7 + "ServiceRequest-education.json": MessageKind.COMPLETED,
    HL7 + "ServiceRequest-physical-therapy.json": MessageKind.COMPLETED,
    HL7 + "ServiceRequest-physiotherapy.json": MessageKind.COMPLETED,
    SDOH + "ServiceRequestActiveFoodPantryApplicationAssistExample.xml": MessageKind.SENT,
    SDOH + "TaskReferralManagementOrderFulfillmentAcceptedExample.xml": MessageKind.ACCEPTED,
    SDOH + "TaskReferralManagementOrderFulfillmentCompletedExample.xml": MessageKind.COMPLETED,
    VWS + "t1-servicerequest.fsh.txt": MessageKind.SENT,
    VWS + "t2-task.fsh.txt": MessageKind.SENT,
}
NOT_ALLOWED, VERSION, MALFORMED = RefusalCode.NOT_ALLOWED, RefusalCode.UNSUPPORTED_VERSION, RefusalCode.MALFORMED
REFUSED = {
    HL7 + "Task-example3.json": (NOT_ALLOWED, "Task.focus"),
    HL7 + "CareTeam-example.json": (NOT_ALLOWED, "CareTeam"),
    HL7 + "CodeSystem-task-intent.json": (NOT_ALLOWED, "CodeSystem"),
    HL7 + "CodeSystem-task-status.json": (NOT_ALLOWED, "CodeSystem"),
    HL7 + "Communication-example.json": (NOT_ALLOWED, "Communication"),
    HL7 + "Consent-consent-example-basic.json": (NOT_ALLOWED, "Consent"),
    HL7 + "Consent-consent-example-notThis.json": (NOT_ALLOWED, "Consent"),
    SDOH + "TaskPatientMakeAppointmentCompletedExample.xml": (NOT_ALLOWED, "Task.code"),
    SDOH + "ConditionUnemployedExample.xml": (NOT_ALLOWED, "Condition"),
    SDOH + "ConsentInformationDisclosureExample.xml": (NOT_ALLOWED, "Consent"),
    SDOH + "OrganizationClinicExample.xml": (NOT_ALLOWED, "Organization"),
    SDOH + "OrganizationCoordinationPlatformExample.xml": (NOT_ALLOWED, "Organization"),
    SDOH + "ProcedureFoodPantryApplicationAssistanceExample.xml": (NOT_ALLOWED, "Procedure"),
    R4 + "sdoh-clinicalcare-stu2/pat-53234.xml": (NOT_ALLOWED, "Patient"),
    R4 + "sdoh-clinicalcare-stu2/SDOHCCValueSetReferralTaskStatus.fsh.txt": (NOT_ALLOWED, None),
    R4 + "sdoh-clinicalcare-stu2/checking_task_status.md": (MALFORMED, None),
    KOPPELTAAL + "task-minimaal.fsh.txt": (NOT_ALLOWED, "Task.meta.profile"),
    KOPPELTAAL + "task-in-progress.fsh.txt": (NOT_ALLOWED, "Task.meta.profile"),
    KOPPELTAAL + "KT2_Task.fsh.txt": (NOT_ALLOWED, None),
    NICTIZ + "nl-core-Patient-01.xml": (NOT_ALLOWED, "Patient"),
    NICTIZ + "nl-core-ContactPerson-01.xml": (NOT_ALLOWED, "RelatedPerson"),
    NICTIZ + "nl-core-HealthProfessional-Practitioner-01.xml": (NOT_ALLOWED, "Practitioner"),
    NICTIZ + "nl-core-HealthProfessional-PractitionerRole-01.xml": (NOT_ALLOWED, "PractitionerRole"),
    NICTIZ + "nl-core-HealthcareProvider-Organization-01.xml": (NOT_ALLOWED, "Organization"),
    NICTIZ + "nl-core-LivingSituation-01.xml": (NOT_ALLOWED, "Observation"),
    NICTIZ + "nl-core-ParticipationInSociety-01.xml": (NOT_ALLOWED, "Observation"),
    NICTIZ + "nl-core-ParticipationInSociety.WorkSituation-01.xml": (NOT_ALLOWED, "Observation"),
    NICTIZ + "nl-core-Problem-01.xml": (NOT_ALLOWED, "Condition"),
    NICTIZ + "profiles/nl-core-CareTeam.xml": (NOT_ALLOWED, "StructureDefinition"),
    NICTIZ + "profiles/nl-core-Patient.xml": (NOT_ALLOWED, "StructureDefinition"),
    STU3 + "Task-1_1-REQUESTED.xml": (VERSION, "Task.requester.agent"),
    STU3 + "Task-1_1-ACCEPTED.xml": (VERSION, "Task.requester.agent"),
    STU3 + "Task-1_1-IN-PROGRESS.xml": (VERSION, "Task.requester.agent"),
    STU3 + "Task-1_1-COMPLETED.xml": (VERSION, "Task.requester.agent"),
}


def body_of(root: Path, name: str) -> bytes:
    path = root / name
    if not path.is_file():
        pytest.skip(f"the collected standards are not here: {name}")
    return path.read_bytes()


@pytest.mark.parametrize(("name", "kind"), READ.items(), ids=[name.rpartition("/")[2] for name in READ])
def test_a_real_file_is_read_and_what_comes_of_it_can_be_written_again(name: str, kind: MessageKind) -> None:
    (found,) = read(body_of(STANDARDS, name), "application/octet-stream").messages
    assert found.kind is kind
    assert found.data.correlation
    writing = CONNECTOR.write(found, BOOK, NOW)
    parse_with_hl7_classes(writing.payload.body)
    (again,) = read(writing.payload.body).messages
    assert (again.kind, again.data.client, again.data.service) == (kind, found.data.client, found.data.service)
    assert {**again.data.correlation, **found.data.correlation} == again.data.correlation


@pytest.mark.parametrize(("name", "why"), REFUSED.items(), ids=[name.rpartition("/")[2] for name in REFUSED])
def test_a_real_file_that_is_no_referral_is_refused_by_name(name: str, why: tuple[RefusalCode, str | None]) -> None:
    refusal = refused(body_of(STANDARDS, name), "application/octet-stream")
    assert (refusal.code, refusal.field) == why


def test_no_collected_file_is_left_without_an_expectation() -> None:
    if not STANDARDS.is_dir():
        pytest.skip("the collected standards are not here")
    files = (path for folder in FOLDERS for path in (STANDARDS / folder).rglob("*") if path.is_file())
    names = {str(path.relative_to(STANDARDS)) for path in files if path.name != "SOURCE.md"}
    assert names == set(READ) | set(REFUSED)


def test_the_vws_example_names_requester_owner_and_client_by_reference() -> None:
    (found,) = read(body_of(STANDARDS, VWS + "t2-task.fsh.txt")).messages
    assert found.sender == "uzi:02222222"
    assert found.receiver == "urn:uuid:b48826dc-2d58-479a-bfd3-80b7a9d69757"
    assert found.data.client is not None
    assert found.data.client.reference == "Patient/27e58ece-409e-44f9-8cc1-b33495a0ef9d"
    (asked,) = read(body_of(STANDARDS, VWS + "t1-servicerequest.fsh.txt")).messages
    assert asked.data.service is not None
    assert asked.data.service.code == "755"


def test_the_nl_core_patient_of_nictiz_is_read_with_its_own_name() -> None:
    patient = body_of(STANDARDS, NICTIZ + "nl-core-Patient-01.xml").decode().replace('<?xml version="1.0"?>', "")
    task = (
        '<Task><id value="t9"/><status value="accepted"/><intent value="order"/>'
        '<for><reference value="Patient/nl-core-Patient-01"/></for></Task>'
    )
    body = (
        '<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>'
        f"<entry><resource>{task}</resource></entry><entry><resource>{patient}</resource></entry></Bundle>"
    )
    reading = read(body.encode(), "application/fhir+xml")
    client = reading.messages[0].data.client
    assert client is not None
    assert (client.bsn, client.prefix, client.family_name) == ("111222333", "van", "Putten")
    assert (client.given_name, client.birth_date, client.gender) == (
        "Johanna Petronella Maria",
        "1934-04-28",
        "female",
    )
    lost = {loss.field for loss in reading.losses}
    assert {"Patient.text", "Patient.address", "Patient.telecom"} <= lost
    assert b"Kaag en Braassem" not in json.dumps(reading.messages[0].to_json()).encode()


def test_what_a_task_proves_is_told_as_implied() -> None:
    (completed,) = read(body_of(STANDARDS, HL7 + "Task-example6.json")).messages
    assert completed.data.implies == (Event.RECEIVE, Event.ACCEPT, Event.START)
    assert completed.data.note is not None and "test completed and posted" in completed.data.note


BAD = SHARED / "bad-inputs"


def test_circular_references_are_read_at_once_within_a_fifth_of_a_second() -> None:
    body = body_of(BAD, "fhir-circular-references.json")
    before = time.perf_counter()
    (found,) = read(body).messages
    assert time.perf_counter() - before < 0.2
    assert found.kind is MessageKind.ACCEPTED


def test_a_script_in_the_narrative_is_dropped_and_the_note_stays_text() -> None:
    reading = read(body_of(BAD, "fhir-script-in-narrative.json"))
    text = json.dumps(reading.messages[0].to_json())
    assert "script" not in text and "CANARY" not in text
    assert reading.messages[0].data.note == "<b onmouseover=x()>let op</b>"
    assert "Task.text" in {loss.field for loss in reading.losses}


def test_labels_of_confidentiality_are_told_as_not_kept() -> None:
    document = json.loads(body_of(BAD, "fhir-restricted-to-work-and-income.json"))
    assert refused(document).code is MALFORMED  # the wrapping of the test is no FHIR
    lost = {loss.field for loss in read(document["bundle"]).losses}
    assert {"Task.meta.security", "ServiceRequest.meta.security"} <= lost


def test_hl7_version_2_is_refused_and_named() -> None:
    refusal = refused(body_of(BAD, "hl7v2-bad-header.hl7"), "x-application/hl7-v2+er7")
    assert refusal.code is MALFORMED and "HL7 version 2" in refusal.message


def test_every_other_bad_input_is_refused_without_repeating_it() -> None:
    index = body_of(BAD, "index.csv").decode()
    for row in csv.DictReader(index.splitlines()):
        if not row["file"].startswith("fhir-"):
            refusal = refused(body_of(BAD, row["file"]), "application/octet-stream")
            assert refusal.code in (MALFORMED, RefusalCode.TOO_LARGE, NOT_ALLOWED)
