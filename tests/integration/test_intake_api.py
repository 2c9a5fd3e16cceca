"""Payloads of partners over HTTP: kept, understood once, and answered in the dialect's own words."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select

from connectors.protocol import Payload
from hub.models import OutboxRecord
from hub.services.referrals.inbox import receive
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import Event, LifeDomain, MessageKind
from tests.builders import client
from tests.integration.callers import GGZ, KADE, SPOEL, WI, Hands, Site, new_bsn, partner_says, someone
from tests.integration.conftest import open_test_hub

XML, FHIR = "application/xml", "application/fhir+json"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("intake")
    url = f"sqlite:///{folder}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_database_url")
    with closing(open_test_hub(url, f"embedded:///{folder}/broker.db")) as hub:
        yield Site(hub)


def start(site: Site) -> tuple[str, Payload]:
    made = site.send(WI, to=KADE, service="wmo-begeleiding").json["id"]
    return made, partner_says(site.hub, made, Event.START)


def changed(payload: Payload, old: bytes, new: bytes) -> bytes:
    assert re.search(old, payload.body), payload.body[:2000]
    return re.sub(old, new, payload.body, count=1)


def test_a_payload_is_taken_applied_and_told(site: Site, hands: Hands) -> None:
    made, payload = start(site)
    taken = site.bring(KADE, payload.body, payload.content_type, **AS_JSON)
    assert taken.status_code == 202
    where = f"/intake/{taken.json['intake_id']}"
    assert taken.headers["Location"] == f"/api/v1{where}"
    assert site.get(where, KADE).json["status"] == "received"
    hands.until_still()
    told = site.get(where, KADE).json
    assert (told["status"], told["referral_ids"]) == ("applied", [made])
    assert site.get(f"/referrals/{made}", WI).json["status"] == "started"
    again = site.bring(KADE, payload.body, payload.content_type, **AS_JSON)
    assert (again.status_code, again.json["state"]) == (202, "duplicate")
    assert site.get(f"/intake/{again.json['intake_id']}", KADE).json["status"] == "duplicate"
    version = site.get(f"/referrals/{made}", WI).json["version"]
    hands.until_still()
    assert site.get(f"/referrals/{made}", WI).json["version"] == version


def test_without_asking_for_json_the_answer_is_the_dialects_own_and_a_duplicate_gets_the_same(site: Site) -> None:
    _made, payload = start(site)
    first = site.bring(KADE, payload.body, payload.content_type)
    assert first.status_code == 200
    assert b"Retour" in first.data
    assert b"0200" in first.data
    again = site.bring(KADE, payload.body, payload.content_type)
    assert (again.status_code, again.data) == (200, first.data)
    assert (first.headers["Intake-State"], again.headers["Intake-State"]) == ("received", "duplicate")


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("from the future", rb"Dagtekening>[0-9-]+<", b"Dagtekening>2099-01-01<", "8848"),
        ("of no shape", rb"Begindatum>[0-9-]+<", b"Begindatum>gisteren<", "0001"),
    ],
)
def test_a_wrong_iwmo_message_gets_its_own_code_and_waits_for_a_person(
    site: Site, hands: Hands, name: str, old: bytes, new: bytes, code: str
) -> None:
    made, payload = start(site)
    body = changed(payload, old, new)
    answer = site.bring(KADE, body, payload.content_type)
    assert answer.status_code == 422
    assert code in answer.get_data(as_text=True)
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", KADE).json
    assert (told["status"], told["reason"]["dialect_code"]) == ("quarantined", code)
    assert told["reason"]["message"]
    hands.until_still()
    assert site.get(f"/referrals/{made}", WI).json["status"] == "sent"
    as_json = site.bring(KADE, body, payload.content_type, **AS_JSON)
    assert (as_json.status_code, as_json.json["dialect_code"]) == (422, code)


def test_an_identification_that_comes_again_for_another_message_is_9056(site: Site, hands: Hands) -> None:
    made, payload = start(site)
    site.bring(KADE, payload.body, payload.content_type)
    other = changed(payload, rb"Begindatum>[0-9-]+<", b"Begindatum>2026-11-03<")
    answer = site.bring(KADE, other, payload.content_type)
    assert answer.status_code == 422
    assert "9056" in answer.get_data(as_text=True)
    hands.until_still()
    assert site.get(f"/referrals/{made}", WI).json["status"] == "started"


def test_mental_health_is_answered_with_an_operation_outcome(site: Site, hands: Hands) -> None:
    made = site.send(WI, to=GGZ, life_domains=["mental_health"]).json["id"]
    payload = partner_says(site.hub, made, Event.ACCEPT)
    good = site.bring(GGZ, payload.body, payload.content_type)
    assert (good.status_code, good.json["resourceType"]) == (200, "OperationOutcome")
    hands.until_still()
    assert site.get(f"/referrals/{made}", WI).json["status"] == "accepted"
    for body, kind in ((b"{}", FHIR), (b"{", FHIR), (b'{"resourceType": "Observation"}', FHIR), (b"", FHIR)):
        bad = site.bring(GGZ, body, kind)
        assert 400 <= bad.status_code < 500
        assert bad.json["resourceType"] == "OperationOutcome"
        assert bad.json["issue"][0]["severity"] in ("error", "fatal")


def test_a_payload_is_its_bringers_own(site: Site) -> None:
    _made, payload = start(site)
    assert site.call("POST", f"/intake/{KADE}", GGZ, body=payload.body, content_type=XML).status_code == 403
    taken = site.bring(KADE, payload.body, payload.content_type)
    where = f"/intake/{taken.headers['Intake-Id']}"
    foreign, missing = site.get(where, GGZ), site.get("/intake/nothing", GGZ)
    assert (foreign.status_code, foreign.data) == (404, missing.data)


def test_no_payload_is_taken_for_who_has_no_connector(site: Site) -> None:
    for organisation in ("gemeente-tilburg", "nobody"):
        assert site.call("POST", f"/intake/{organisation}", SPOEL, body=b"x").status_code == 403
    assert site.bring("gemeente-tilburg", b"x", XML).status_code == 404


def test_what_is_too_large_is_413_and_not_kept(site: Site) -> None:
    before = site.counts()
    for size in (2_000_001, 2_099_999, 3_000_000):
        answer = site.bring(KADE, b"<" * size, XML)
        assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    assert site.counts() == before


def test_a_text_that_only_our_inbox_would_refuse_is_refused_at_the_door(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, payload = start(site)
    from connectors.social_work.connector import make

    reader = type(make())
    honest = reader.read

    def careless(self: object, *args: object) -> object:
        import dataclasses

        reading = honest(self, *args)  # type: ignore[arg-type]
        spoilt = tuple(message.with_data(note="zero\u200bwidth") for message in reading.messages)
        return dataclasses.replace(reading, messages=spoilt)

    monkeypatch.setattr(reader, "read", careless)
    answer = site.bring(KADE, payload.body, payload.content_type, **AS_JSON)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "data.note")
    hands.until_still()
    assert site.get(f"/referrals/{made}", WI).json["status"] == "sent"


def test_a_partners_own_key_of_a_client_goes_to_nobody_else(site: Site) -> None:
    person = client(bsn=new_bsn(), reference="PATIENTMERK-77")
    message = Message(
        id=new_bsn(),
        kind=MessageKind.SENT,
        source=source_of("00000099000000000003", GGZ),
        time=dt.datetime.now(dt.UTC),
        sender=GGZ,
        receiver=WI,
        data=MessageData(client=person, reason="Dagbesteding.", life_domains=(LifeDomain.DAYTIME_ACTIVITIES,)),
    )
    with site.hub.store.writing() as work:
        assert receive(work, site.hub.config, GGZ, message).result == "applied"
    site.send(WI, client=someone(bsn=person.bsn), to=KADE)
    with site.hub.store.reading() as session:
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver != GGZ)).all()
    assert any(str(person.bsn).encode() in body for body in bodies)
    assert not any(b"PATIENTMERK" in body for body in bodies)
