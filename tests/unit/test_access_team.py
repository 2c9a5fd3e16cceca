"""The access team's connector: zaken, notifications and reports read; plans written; refusals by name."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import NOT_THE_SENDER, Refusal
from connectors.protocol import Payload, Verdict
from connectors.registry import connector
from schemas.identifiers import bsn_is_valid
from schemas.message import Coded, Message
from schemas.vocabulary import Event, LifeDomain, MessageKind, Outcome, Urgency
from tests.builders import client, ground
from tests.unit.test_access_team_material import (
    BOOK,
    CONNECTOR,
    NOW,
    RECEIVER_SAYS,
    SAMPLES,
    SHARED,
    TEAM,
    WI,
    message,
    plan,
    read,
    refusal,
    sample,
)

HARD = settings(
    max_examples=int(os.environ.get("SCHAKEL_TEST_EXAMPLES", "80")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
INWARD = sorted(path for path in SAMPLES.glob("in-*") if ".canonical." not in path.name)
OUTWARD = sorted(SAMPLES.glob("out-*.canonical.json"))


def test_the_registry_gives_this_connector_by_name() -> None:
    assert connector("access_team").name == "access_team"


@pytest.mark.parametrize("path", INWARD, ids=lambda path: path.stem)
def test_a_golden_payload_reads_as_its_canonical_messages(path: Path) -> None:
    found = [one.to_json() for one in read(path.read_bytes()).messages]
    assert found == json.loads(path.with_name(f"{path.stem}.canonical.json").read_text())
    assert read(path.read_bytes()) == read(path.read_bytes()), "the same ids each time"


@pytest.mark.parametrize("path", OUTWARD, ids=lambda path: path.stem)
def test_a_golden_canonical_message_is_written_as_its_plan(path: Path) -> None:
    written = CONNECTOR.write(Message.from_json(json.loads(path.read_text())), BOOK, NOW)
    assert json.loads(written.payload.body) == sample(path.name.replace(".canonical", ""))


def test_the_golden_people_have_test_numbers_only() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in SAMPLES.iterdir())
    numbers = {number for number in texts.replace('"', " ").split() if number.isdigit() and bsn_is_valid(number)}
    assert "999990019" in numbers
    assert all(int(number) >= 999900006 for number in numbers - {BOOK.municipality.identifiers["rsin"][0]})


# -- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_kind_is_written_or_unsaid(kind: MessageKind) -> None:
    if kind in CONNECTOR.unsaid:
        with pytest.raises(Refusal) as caught:
            CONNECTOR.write(message(kind), BOOK, NOW)
        assert caught.value.code == "cannot_express"
    else:
        assert plan(message(kind, reason="Hulp"))[0]["name"] == "zaak"


@pytest.mark.parametrize("kind", [MessageKind.COMPLETED, MessageKind.WITHDRAWN, MessageKind.CONSENT_WITHDRAWN])
def test_a_result_stands_before_the_last_status(kind: MessageKind) -> None:
    steps = plan(message(kind))
    names = [step["name"] for step in steps]
    assert names.index("resultaat") < names.index("status")
    assert steps[-1]["body"]["statustype"] == {"catalogue": "statustype", "eind": True}


def test_a_pause_is_a_change_of_the_zaak_and_its_reason_is_cut_and_told() -> None:
    written = CONNECTOR.write(message(MessageKind.PAUSED, status_reason=Coded(code="x", text="y" * 300)), BOOK, NOW)
    body = json.loads(written.payload.body)["steps"][-1]["body"]
    assert body == {"opschorting": {"indicatie": True, "reden": "y" * 200}}
    assert "data.status_reason" in [loss.field for loss in written.losses]


def test_no_text_is_longer_than_the_api_takes_and_each_cut_is_told() -> None:
    long = message(
        MessageKind.SENT,
        reason="r" * 1500,
        client_words="w" * 900,
        service=Coded(code="c", text="t" * 120),
        life_domains=(LifeDomain.HOUSING,),
        urgency=Urgency.TODAY,
        ground=ground(),
    )
    written = CONNECTOR.write(long, BOOK, NOW)
    body = json.loads(written.payload.body)["steps"][0]["body"]
    assert (len(body["toelichting"]), len(body["omschrijving"])) == (1000, 80)
    assert {loss.field for loss in written.losses} == {
        "data.ground", "data.reason", "data.client_words", "data.service", "data.service.code",
    }  # fmt: skip


def test_a_zaak_is_named_without_a_word_about_the_client() -> None:
    text = json.dumps(plan(message(MessageKind.SENT, reason="Karin Smulders vraagt hulp"))[0]["body"]["omschrijving"])
    assert "Smulders" not in text and "Karin" not in text and "999" not in text


def test_a_day_is_the_one_of_the_netherlands() -> None:
    late = NOW.replace(hour=23, minute=30)
    assert plan(message(MessageKind.SENT, occurred_at=late))[0]["body"]["startdatum"] == "2026-11-25"


def test_a_status_without_a_referral_is_nobodys() -> None:
    with pytest.raises(Refusal) as caught:
        plan(message(MessageKind.WITHDRAWN, referral_id=None, referral_number=None))
    assert caught.value.code == "cannot_express"


def test_the_outcome_of_a_report_cannot_be_said_in_1_0_9() -> None:
    with pytest.raises(Refusal, match="NAZ") as caught:
        plan(message(MessageKind.ACCEPTED, correlation={"stuf-jz:identificatie": "1"}))
    assert caught.value.code == "cannot_express"


def test_a_zaak_of_the_team_itself_is_found_by_its_own_address() -> None:
    url = "https://zaken.broekhoven.example/zaken/api/v1/zaken/8d5b6f3a-8f1e-4a53-9b1c-2f6a3e0c7d11"
    assert plan(message(MessageKind.ACCEPTED, correlation={"zgw:zaak": url}))[0]["url"] == url


# -- both roles ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*RECEIVER_SAYS, MessageKind.PAUSED])
def test_what_the_team_says_is_read_as_it_was_written(kind: MessageKind) -> None:
    said = message(kind, TEAM, WI, status_reason=Coded(code="x", text="waarom"))
    [found] = read(CONNECTOR.write(said, BOOK, NOW).payload.body).messages
    assert (found.kind, found.sender, found.receiver) == (kind, TEAM, WI)
    assert (found.data.referral_id, found.data.referral_number) == (said.data.referral_id, 7)
    assert found.data.client == said.data.client


def test_a_new_referral_of_the_team_is_read_whole() -> None:
    said = message(
        MessageKind.SENT, TEAM, WI, reason="Hulp", urgency=Urgency.URGENT, life_domains=(LifeDomain.FINANCES,)
    )
    [found] = read(CONNECTOR.write(said, BOOK, NOW).payload.body).messages
    assert (found.kind, found.receiver, found.data.referral_id) == (MessageKind.SENT, WI, None)
    assert (found.data.reason, found.data.urgency, found.data.life_domains) == ("Hulp", "urgent", ("finances",))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_travels_as_a_result(outcome: Outcome) -> None:
    said = message(MessageKind.COMPLETED, TEAM, WI, outcome=outcome)
    assert read(CONNECTOR.write(said, BOOK, NOW).payload.body).messages[0].data.outcome is outcome


# -- reading a zaak --------------------------------------------------------------------------------------------------


def test_a_status_that_came_from_us_is_no_news() -> None:
    zaak = sample("in-started.json")
    ours = next(rol["url"] for rol in zaak["_expand"]["rollen"] if rol["omschrijvingGeneriek"] == "mede_initiator")
    zaak["_expand"]["status"]["gezetdoor"] = ours
    assert read(zaak).messages == ()


def test_a_zaak_without_status_or_people_waits_in_silence() -> None:
    zaak = sample("in-new-referral.json")
    bare = copy.deepcopy(zaak)
    bare["_expand"].pop("status")
    assert (read(bare).messages, [loss.field for loss in read(bare).losses]) == ((), ["status"])
    zaak["_expand"]["rollen"] = []
    assert read(zaak).messages == ()


def test_a_zaak_of_another_kind_is_refused_and_says_why() -> None:
    zaak = sample("in-new-referral.json")
    zaak["_expand"]["zaaktype"]["identificatie"] = "paspoort"
    assert (refusal(zaak).code, refusal(zaak).dialect_code) == ("not_allowed", "zaaktype")


def test_a_status_of_the_teams_own_is_passed_over_and_told() -> None:
    zaak = sample("in-started.json")
    zaak["_expand"]["status"]["_expand"]["statustype"]["omschrijving"] = "Overleg intern"
    assert read(zaak).messages == ()
    assert "statuses" in read(zaak).losses[0].why


def test_a_referral_told_with_other_words_keeps_its_id() -> None:
    zaak = sample("in-new-referral.json")
    first = read(zaak)
    zaak["toelichting"] = "Andere woorden"
    second = read(zaak)
    assert first.messages[0].id == second.messages[0].id
    assert first.identification != second.identification


def test_a_second_pause_with_the_same_words_is_another_pause() -> None:
    zaak = sample("in-paused.json")
    assert read(zaak, "order-1").messages[0].id != read(zaak, "order-2").messages[0].id
    assert read(zaak, "order-1").messages[0].id == read(zaak, "order-1").messages[0].id


def test_an_end_needs_its_result_and_the_result_a_meaning() -> None:
    zaak = sample("in-completed.json")
    without = copy.deepcopy(zaak)
    without["_expand"].pop("resultaat")
    assert refusal(without).field == "_expand.resultaat"
    resulttype = zaak["_expand"]["resultaat"]["_expand"]["resultaattype"]
    resulttype["omschrijving"] = "Onbekend"
    assert refusal(zaak).dialect_code == "result"
    resulttype["omschrijvingGeneriek"] = "Afgehandeld"
    assert read(zaak).messages[0].data.event is Event.COMPLETE


def test_two_clients_are_refused() -> None:
    zaak = sample("in-accepted.json")
    other = copy.deepcopy(zaak["_expand"]["rollen"][0])
    other["betrokkeneIdentificatie"]["inpBsn"] = "999900006"
    zaak["_expand"]["rollen"].append(other)
    assert "one person" in refusal(zaak).message


@pytest.mark.parametrize("name", ["url", "zaaktype", "status"])
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "https://elders.example/zaken/1", "file:///etc/passwd", "https://",
        "https://zaken.broekhoven.example@elders.example/", "https://zaken.broekhoven.example.elders.example/",
        "https://zaken.broekhoven.example:8443/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_no_url_may_lead_elsewhere(name: str, url: str) -> None:
    zaak = sample("in-started.json")
    zaak[name] = url
    refused = refusal(zaak)
    assert refused.field == name
    assert url not in refused.message


# -- notifications ---------------------------------------------------------------------------------------------------


def test_the_published_inside_urls_are_refused() -> None:
    path = SHARED / "bad-inputs" / "zgw-url-to-inside.json"
    if not path.exists():
        pytest.skip("the collected bad inputs are not on this computer")
    assert (refusal(path.read_bytes()).code, refusal(path.read_bytes()).dialect_code) == ("not_allowed", "host")


def test_an_event_of_another_source_is_refused_as_not_the_sender() -> None:
    event = sample("in-cloudevent.json")
    for source in ("urn:nld:oin:00000009999999990000:systeem:ggz", "https://zaken.broekhoven.example", "x"):
        assert refusal({**event, "source": source}).dialect_code == NOT_THE_SENDER


def test_a_context_attribute_holds_no_citizen_service_number() -> None:
    event = sample("in-cloudevent.json")
    assert refusal({**event, "subject": "999990019"}).dialect_code == "privacy"
    assert "999990019" not in refusal({**event, "dataref": "https://x/personen/999990019"}).message


def test_a_notification_asks_for_the_zaak_and_only_for_a_zaak_of_this_partner() -> None:
    told = sample("in-notification.json")
    assert read(told).wanted == (told["hoofdObject"],)
    assert refusal({**told, "hoofdObject": "http://127.0.0.1:15672/api/zaken/" + "a" * 36}).dialect_code == "host"
    assert refusal({**told, "hoofdObject": told["hoofdObject"].replace("zaken/8", "rollen/8")}).code == "not_allowed"
    assert refusal({**told, "kanaal": "documenten"}).code == "not_allowed"
    assert refusal({**told, "resource": "zaak", "actie": "destroy"}).dialect_code == "destroy"
    other = read({**told, "actie": "update"}).identification
    assert other != read(told).identification == read(dict(reversed(told.items()))).identification


def test_a_new_subscription_is_tried_without_effect() -> None:
    tried = {"hoofdObject": "https://example.com", "resourceUrl": "https://example.com", "actie": "test"}
    reading = read({"kanaal": "test", "resource": "test", "aanmaakdatum": "2026-11-20T09:00:00Z", **tried})
    assert (reading.messages, reading.wanted) == ((), ())


# -- reports ---------------------------------------------------------------------------------------------------------

REPORT = (SAMPLES / "in-report-naz.xml").read_bytes()


@pytest.mark.parametrize("soort", [b"VT", b"ZVH"])
def test_other_reports_are_refused_by_name(soort: bytes) -> None:
    refused = refusal(REPORT.replace(b">NAZ<", b">" + soort + b"<"))
    assert (refused.code, soort.decode() in refused.message) == ("not_allowed", True)


def test_an_outcome_and_another_version_are_refused_by_name() -> None:
    outcome = refusal(REPORT.replace(b"meldingGeneriekDi01", b"uitkomstMeldingGeneriekDi01"))
    assert (outcome.code, "uitkomst" in outcome.message) == ("not_allowed", True)
    assert refusal(REPORT.replace(b"koppelvlak/jz0100", b"koppelvlak/jz0200")).code == "unsupported_version"


@pytest.mark.parametrize(("code", "domain"), [("02", "instrumental_adl"), ("03", "community_participation")])
def test_a_domain_without_its_like_becomes_the_nearest_and_is_told(code: str, domain: str) -> None:
    reading = read(REPORT.replace(b">02<", f">{code}<".encode()))
    assert domain in reading.messages[0].data.life_domains
    assert any(loss.why.startswith(code) for loss in reading.losses)


def test_a_report_in_an_envelope_is_the_same_report() -> None:
    soap = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    inside = REPORT.partition(b"?>")[2]
    assert read(soap + inside + b"</s:Body></s:Envelope>").messages == read(REPORT).messages


def test_a_report_is_answered_by_name_and_the_answer_holds_nothing_of_the_client() -> None:
    payload = Payload(body=REPORT, content_type="text/xml")
    taken = CONNECTOR.acknowledge(payload, Verdict.ACCEPTED, None, BOOK, NOW)
    refused = CONNECTOR.acknowledge(payload, Verdict.REFUSED, refusal(REPORT.replace(b"NAZ", b"VT")), BOOK, NOW)
    assert taken is not None and b"Bv03Bericht" in taken.body and b"naz-2026-000417" in taken.body
    assert refused is not None and b"Fo03Bericht" in refused.body
    assert b"Smulders" not in taken.body + refused.body


# -- settings --------------------------------------------------------------------------------------------------------


def test_good_settings_have_no_mistakes_and_bad_ones_are_named() -> None:
    good = {
        "hosts": ["zaken.example:8443"],
        "zaaktype": "B1026",
        "zaaktypen": {"casusoverleg-broekhoven": "B1027"},
        "statuses": {"Inbeh": "start"},
        "results": {"Klaar": "complete/reached", "Weg": "client_stops"},
        "roles": {"sender": "adviseur"},
        "properties": {"urgency": ""},
        "confidentiality": "vertrouwelijk",
    }
    assert list(CONNECTOR.check(good)) == []
    bad: dict[str, Any] = {
        "hosts": "zaken.example", "zaaktype": 7, "statuses": {"Weg": "end"}, "results": {"Klaar": "start"},
        "roles": {"boss": "adviseur"}, "properties": {"urgency": "x" * 21}, "confidentiality": "privé", "extra": 1,
    }  # fmt: skip
    assert {mistake.key.partition(".")[0] for mistake in CONNECTOR.check(bad)} == set(bad)


def test_a_teams_own_words_are_written_and_read() -> None:
    import dataclasses

    own = {**BOOK.dialect, "statuses": {"Inbeh": "start"}, "results": {"Klaar": "complete/reached"}}
    book = dataclasses.replace(BOOK, dialect=own)
    started = json.loads(CONNECTOR.write(message(MessageKind.STARTED, WI, TEAM), book, NOW).payload.body)
    assert started["steps"][-1]["body"]["statustype"]["omschrijving"] == "Inbeh"
    written = CONNECTOR.write(message(MessageKind.COMPLETED, TEAM, WI, outcome=Outcome.REACHED), book, NOW).payload
    assert b'"Klaar"' in written.body
    assert CONNECTOR.read(written, book, NOW).messages[0].data.outcome is Outcome.REACHED


# -- broken ----------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
JSON_SAMPLES = [path for path in INWARD if path.suffix == ".json"]


def places(value: Any) -> list[list[Any]]:
    """Give the way to every value inside."""
    found: list[list[Any]] = [[]]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += [[key, *rest] for rest in places(inner)]
    return found


@HARD
@given(st.data())
def test_a_mutilated_document_is_read_or_refused_and_its_values_are_not_repeated(data: st.DataObject) -> None:
    document = sample(data.draw(st.sampled_from(JSON_SAMPLES)).name)
    *way, last = data.draw(st.sampled_from([way for way in places(document) if way]))
    target = document
    for step in way:
        target = target[step]
    target[last] = data.draw(VALUES | st.just("Geheim-Woord"))
    try:
        reading = read(document)
    except Refusal as refused:
        assert "Geheim" not in refused.message + (refused.field or "")
    else:
        for found in reading.messages:
            assert Message.from_json(found.to_json()) == found


@HARD
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except Refusal as refused:
        assert refused.message


@HARD
@given(st.data())
def test_a_mutilated_report_is_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(REPORT)))
    end = data.draw(st.integers(start, min(start + 400, len(REPORT))))
    body = REPORT[:start] + data.draw(st.binary(max_size=8)) + REPORT[end:]
    try:
        read(body)
    except Refusal as refused:
        assert "Smulders" not in refused.message


def test_a_broken_number_is_told_without_repeating_it() -> None:
    zaak = sample("in-accepted.json")
    zaak["_expand"]["rollen"][0]["betrokkeneIdentificatie"]["inpBsn"] = "123456789"
    assert "123456789" not in refusal(zaak).message
    assert client().bsn not in json.dumps([loss.why for loss in read(sample("in-accepted.json")).losses])
