"""What a partner's Task says: the states, the words of our own, and what is taken from where."""

from typing import Any

import pytest

from schemas.message import Message
from schemas.vocabulary import Event, LifeDomain, MessageKind, Urgency
from tests.unit.test_mental_health_material import GGZ, MUNICIPALITY, WORK, bundle, patient, read, request, task

OURS = "urn:nl:schakel:referral-status"
K = MessageKind


def ours(word: str) -> dict[str, Any]:
    return {"coding": [{"system": OURS, "code": word}]}


def only(document: dict[str, Any]) -> Message:
    (found,) = read(document).messages
    return found


@pytest.mark.parametrize(
    ("status", "word", "kind", "implies"),
    [
        ("requested", None, K.SENT, ()),
        ("received", None, K.RECEIVED, ()),
        ("accepted", None, K.ACCEPTED, (Event.RECEIVE,)),
        ("accepted", "planned", K.PLANNED, (Event.RECEIVE, Event.ACCEPT)),
        ("rejected", None, K.DECLINED, (Event.RECEIVE,)),
        ("rejected", "redirect_proposed", K.REDIRECT_PROPOSED, (Event.RECEIVE,)),
        ("on-hold", None, K.PAUSED, (Event.RECEIVE, Event.ACCEPT, Event.START)),
        ("on-hold", "question", K.ASKED, (Event.RECEIVE,)),
        ("on-hold", "waitlisted", K.WAITLISTED, (Event.RECEIVE,)),
        ("in-progress", None, K.STARTED, (Event.RECEIVE, Event.ACCEPT)),
        ("in-progress", "resumed", K.RESUMED, ()),
        ("completed", None, K.COMPLETED, (Event.RECEIVE, Event.ACCEPT, Event.START)),
        ("failed", None, K.ENDED, ()),
        ("cancelled", None, K.WITHDRAWN, ()),
        ("cancelled", "stopped-by-client", K.STOPPED_BY_CLIENT, ()),
        ("cancelled", "ended", K.ENDED, ()),
        ("cancelled", "expired", K.EXPIRED, ()),
        ("entered-in-error", None, K.MARKED_IN_ERROR, ()),
    ],
)
def test_a_task_tells_what_the_table_says(
    status: str, word: str | None, kind: MessageKind, implies: tuple[Event, ...]
) -> None:
    found = only(task(status=status, businessStatus=ours(word) if word else None))
    assert (found.kind, found.data.implies) == (kind, implies)


def test_our_word_may_stand_in_the_reason_of_the_status_too() -> None:
    assert only(task(status="on-hold", statusReason=ours("waitlisted"))).kind is K.WAITLISTED


def test_an_old_word_of_ours_does_not_undo_a_new_status() -> None:
    reading = read(task(status="completed", businessStatus=ours("sent")))
    assert reading.messages[0].kind is K.COMPLETED
    assert "Task.businessStatus" in {loss.field for loss in reading.losses}


def test_received_stands_beside_requested_where_a_value_set_has_no_received() -> None:
    assert only(task(status="requested", businessStatus=ours("received"))).kind is K.RECEIVED


def test_a_cancellation_by_whoever_carries_it_out_is_an_end_and_no_withdrawal() -> None:
    ura = {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/ura", "value": "00009905"}}
    assert only(task(status="cancelled", owner=ura)).kind is K.ENDED
    assert only(task(status="cancelled", requester=ura)).kind is K.WITHDRAWN


def test_a_task_code_of_change_asks_for_a_change() -> None:
    code = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "change"}]}
    found = only(task(code=code, note=[{"text": "Graag vaker"}]))
    assert (found.kind, found.data.event, found.data.note) == (K.CHANGE_REQUESTED, None, "Graag vaker")


@pytest.mark.parametrize(
    ("status", "kind"),
    [("active", K.SENT), ("on-hold", K.PAUSED), ("revoked", K.WITHDRAWN), ("completed", K.COMPLETED)],
)
def test_a_service_request_alone_speaks_for_itself(status: str, kind: MessageKind) -> None:
    assert only(request(status=status)).kind is kind


def test_reason_note_service_and_urgency_are_taken_from_both_resources() -> None:
    document = bundle(
        task(note=[{"text": "Van de taak"}], businessStatus={"text": "wacht op cliënt"}),
        request(
            code={"text": "Aanmelding"},
            priority="stat",
            reasonCode=[{"text": "Somber"}, {"coding": [{"code": "F32", "display": "Depressie"}]}],
            category=[{"coding": [{"system": "urn:nl:schakel:life-domain", "code": "mental_health"}]}],
            note=[{"text": "Van het verzoek"}],
        ),
        patient(),
    )
    data = only(document).data
    assert data.reason == "Somber\nDepressie"
    assert data.note == "Van de taak\n\nVan het verzoek\n\nwacht op cliënt"
    assert data.service is not None and (data.service.code, data.service.text) == ("text", "Aanmelding")
    assert (data.urgency, data.life_domains) == (Urgency.TODAY, (LifeDomain.MENTAL_HEALTH,))
    assert data.client is not None and data.client.bsn == "999900006"


def test_the_full_address_of_an_entry_resolves_and_so_does_a_contained_patient() -> None:
    document = bundle(task(**{"for": {"reference": "urn:uuid:1"}}), {})
    document["entry"][1] = {"fullUrl": "urn:uuid:1", "resource": patient("999990019")}
    client = only(document).data.client
    assert client is not None and client.bsn == "999990019"
    inside = task(**{"for": {"reference": "#p1"}}, contained=[patient("999990019")])
    client = only(inside).data.client
    assert client is not None and client.bsn == "999990019"


def test_a_patient_by_identifier_alone_is_enough() -> None:
    bsn = {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990019"}}
    client = only(task(**{"for": bsn})).data.client
    assert client is not None and (client.bsn, client.reference) == ("999990019", None)


def test_a_call_name_serves_where_no_birth_name_is_given() -> None:
    names = [{"use": "official", "family": "Vos"}, {"use": "usual", "given": ["Jo"]}]
    client = only(bundle(task(), patient(name=names))).data.client
    assert client is not None and (client.given_name, client.family_name) == ("Jo", "Vos")


def test_organisations_are_known_by_any_of_their_identifiers() -> None:
    agb = {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/agb-z", "value": "06999905"}}
    oin = {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/oin", "value": MUNICIPALITY.oin}}
    found = only(task(owner=agb, requester=oin))
    assert (found.sender, found.receiver) == (GGZ.code, MUNICIPALITY.code)


def test_a_role_stands_for_its_organisation() -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "organization": {"reference": "Organization/o"}}
    ura = {"system": "http://fhir.nl/fhir/NamingSystem/ura", "value": "00009905"}
    organisation = {"resourceType": "Organization", "id": "o", "identifier": [ura]}
    document = bundle(task(owner={"reference": "PractitionerRole/r"}), role, organisation, patient())
    assert only(document).sender == GGZ.code


def test_an_unknown_organisation_is_named_by_system_and_number() -> None:
    kvk = {"identifier": {"system": "http://fhir.nl/fhir/NamingSystem/kvk", "value": "12345678"}}
    assert only(task(status="requested", requester=kvk)).sender == "kvk:12345678"


def test_a_bare_task_without_names_comes_from_the_partner() -> None:
    assert (only(task()).sender, only(task()).receiver) == (GGZ.code, MUNICIPALITY.code)
    assert WORK.code not in (only(task()).sender, only(task()).receiver)


def test_our_own_numbers_are_recognised() -> None:
    identifiers = [
        {"system": "urn:nl:schakel:referral", "value": "ref-1"},
        {"system": "urn:nl:schakel:referral-number", "value": "42"},
        {"system": "urn:example:epd", "value": "T-9"},
    ]
    data = only(task(identifier=identifiers)).data
    assert (data.referral_id, data.referral_number) == ("ref-1", 42)
    assert data.correlation == {"fhir:Task": "urn:example:epd|T-9", "fhir:ServiceRequest": "s1"}


def test_a_new_version_of_a_task_is_a_new_message_and_the_same_version_is_not() -> None:
    first, again = read(task()), read(task())
    later = read(task(lastModified="2026-11-25T10:00:00+01:00"))
    assert first.identification == again.identification != later.identification
    assert first.messages[0].id == again.messages[0].id != later.messages[0].id


def test_characters_that_cant_be_seen_are_taken_out_of_a_note_and_that_is_told() -> None:
    reading = read(task(note=[{"text": "let\u200b op\u202e"}]))
    assert reading.messages[0].data.note == "let op"
    assert "Task.note[0].text" in {loss.field for loss in reading.losses}


def test_two_tasks_of_one_client_give_two_messages() -> None:
    reading = read(bundle(task(id="a"), task(id="b", status="completed"), patient()))
    assert [message.kind for message in reading.messages] == [K.ACCEPTED, K.COMPLETED]
    assert len({message.id for message in reading.messages}) == 2


def test_a_period_keeps_the_days_as_written() -> None:
    data = only(task(status="in-progress", executionPeriod={"start": "2026-12-01T00:30:00+01:00", "end": "2027"})).data
    assert (data.starts_on, data.ends_on) == ("2026-12-01", "2027")


def test_a_date_alone_is_no_moment_and_that_is_told() -> None:
    reading = read(task(lastModified="2026-11-24"))
    assert reading.messages[0].data.occurred_at is None
    assert "Task.lastModified" in {loss.field for loss in reading.losses}
