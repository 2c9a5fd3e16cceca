"""The hostile and broken inputs: what comes out, what must hold, and that the next good message goes through."""

import http.client
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from hub.models import Intake, OutboxRecord
from schemas.vocabulary import Event
from tests.builders import referral_body
from tests.integration.callers import (
    GGZ,
    KADE,
    WI,
    Hands,
    Lines,
    Site,
    holding,
    partner_says,
    plain_columns,
    someone,
)
from tests.integration.conftest import open_test_hub
from tests.personas import SHARED

BAD = SHARED / "bad-inputs"
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")
BSN = "999900006"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("bad")
    url = f"sqlite:///{folder}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_database_url")
    with closing(open_test_hub(url, f"embedded:///{folder}/broker.db")) as hub:
        yield Site(hub)


@pytest.fixture(autouse=True)
def the_next_good_message_goes_through(site: Site, hands: Hands, heard: Lines) -> Iterator[None]:
    """After every bad input, something good for another case; and no BSN in any log line."""
    yield
    made = site.send(WI, to=KADE, service="wmo-begeleiding")
    assert made.status_code == 201
    payload = partner_says(site.hub, made.json["id"], Event.START)
    assert site.bring(KADE, payload.body, payload.content_type).status_code == 200
    hands.until_still()
    assert site.get(f"/referrals/{made.json['id']}").json["status"] == "started"
    assert not [line for line in heard.lines if BSN in line or "Voorbeeld" in line]


def sound(name: str) -> bytes:
    return (BAD / name).read_bytes()


# -- bodies of the API -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("json-duplicate-keys.json", {"/purpose"}),
        ("json-depth-9000.json", set()),
        ("json-lone-surrogate.json", {"/client_words"}),
        (
            "json-mass-assignment.json",
            {"id", "status", "sender", "created_by", "municipality", "visible_to", "is_admin"},
        ),
        ("json-bsn-fails-eleven-test.json", {"client.bsn"}),
        (
            "json-type-confusion.json",
            {
                "client.bsn",
                "client.family_name",
                "client.birth_date",
                "life_domains",
                "urgency",
                "ground.basis",
                "ground.purpose",
                "urgent",
            },
        ),
        ("json-bidi-and-zero-width.json", {"client.family_name", "client_words"}),
        ("json-impossible-dates.json", {"client.birth_date", "desired_start", "valid_until", "meeting"}),
    ],
)
def test_a_bad_body_is_refused_with_its_fields_and_leaves_nothing(site: Site, name: str, fields: set[str]) -> None:
    before = site.counts()
    answer = site.post(sound(name))
    assert answer.status_code in (400, 422)
    assert fields <= {error["field"] for error in answer.json.get("errors", [])}
    assert site.counts() == before
    shown = answer.get_data(as_text=True)
    assert BSN not in shown
    assert "123456789" not in shown
    assert "Traceback" not in shown


def test_a_key_that_comes_again_makes_one_referral_whatever_the_body(site: Site) -> None:
    steps = json.loads(sound("api-idempotency-key-other-body.json"))["steps"]
    before = site.counts()
    answers = []
    for step in steps:
        # The file names a service that this installation does not have.
        body = {name: value for name, value in step["body"].items() if name != "service"}
        answers.append(site.post(body, key=step["headers"]["Idempotency-Key"]))
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert answers[2].data == answers[0].data
    after = site.counts()
    assert after["referrals"] - before["referrals"] == 1
    with site.hub.store.reading() as session:
        rows = session.scalars(select(OutboxRecord.kind).where(OutboxRecord.referral_id == answers[0].json["id"])).all()
    assert list(rows) == ["nl.schakel.referrals.sent"]


def test_no_signature_stands_for_a_token(site: Site) -> None:
    conversation = json.loads(sound("webhook-bad-signatures.json"))
    before = site.counts()
    for number, case in enumerate(conversation["cases"]):
        signature = "v1," + "A" * 43 + "=" if case["change"] != "no signature header" else ""
        answer = site.anyone.post(
            "/api/v1/intake/toegang-centrum",
            data=conversation["body"],
            content_type="application/json",
            headers={
                "webhook-id": "msg_1",
                "webhook-timestamp": "1",
                "webhook-signature": " ".join([signature] * (1000 if number == 5 else 1)),
            },
        )
        assert answer.status_code == 401
    assert site.counts() == before


# -- connectors ------------------------------------------------------------------------------------------------------


def quarantined(site: Site, organisation: str, answer: Any, body: bytes) -> Any:
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", organisation).json
    assert told["status"] == "quarantined"
    assert told["reason"]["code"]
    assert told["reason"]["message"]
    with site.hub.store.reading() as session:
        kept = session.scalars(select(Intake).where(Intake.id == answer.headers["Intake-Id"])).one()
    assert kept.payload == body, "the bytes are kept exactly"
    assert kept.handled_at is None
    return told


def without_effect(before: dict[str, int], after: dict[str, int]) -> bool:
    """Whether nothing changed but that the payload was kept, with a key of its own."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "intake": 1,
        "case_keys": 1,
    }


def test_an_external_entity_is_refused_and_never_read(site: Site, hands: Hands, heard: Lines, tmp_path: Any) -> None:
    word = f"woord{uuid.uuid4().hex}"
    canary = tmp_path / "canary.txt"
    canary.write_text(word)
    body = sound("xml-external-entity.xml").replace(b"@@CANARY_URI@@", canary.as_uri().encode())
    before = site.counts()
    answer = site.bring(KADE, body, "application/xml")
    hands.until_still()
    assert answer.status_code == 422
    quarantined(site, KADE, answer, body)
    assert without_effect(before, site.counts())
    assert word not in answer.get_data(as_text=True)
    assert not [line for line in heard.lines if word in line]
    assert holding(plain_columns(site.hub), (word,)) == []


@pytest.mark.parametrize("name", ["iwmo-end-before-start.xml", "xml-comment-in-bsn.xml", "stuf-wrong-receiver.xml"])
def test_a_wrong_iwmo_message_has_no_effect_and_is_before_a_person(site: Site, hands: Hands, name: str) -> None:
    before = site.counts()
    body = sound(name)
    answer = site.bring(KADE, body, "application/xml")
    hands.until_still()
    assert answer.status_code == 422
    quarantined(site, KADE, answer, body)
    assert without_effect(before, site.counts())
    assert b"Bsn>9999<" not in answer.data, "half a number is nobody's"


@pytest.mark.parametrize("name", ["xml-billion-laughs.xml", "xml-depth-3000.xml", "xml-encoding-lie.xml"])
@pytest.mark.parametrize("organisation", [KADE, GGZ])
def test_a_trap_for_readers_of_xml_is_refused(site: Site, name: str, organisation: str) -> None:
    before = site.counts()
    body = sound(name)
    answer = site.bring(organisation, body, "application/xml" if organisation == KADE else "application/fhir+xml")
    assert answer.status_code in (413, 422)
    quarantined(site, organisation, answer, body)
    assert without_effect(before, site.counts())


def test_hl7_v2_is_refused_by_who_speaks_fhir(site: Site) -> None:
    before = site.counts()
    body = sound("hl7v2-bad-header.hl7")
    answer = site.bring(GGZ, body, "x-application/hl7-v2+er7")
    assert answer.status_code == 422
    quarantined(site, GGZ, answer, body)
    assert without_effect(before, site.counts())
    assert BSN not in answer.get_data(as_text=True)


def test_references_in_a_circle_come_to_an_end(site: Site, hands: Hands) -> None:
    body = sound("fhir-circular-references.json")
    before = site.counts()
    answer = site.bring(GGZ, body, "application/fhir+json", **AS_JSON)
    assert answer.status_code in (202, 422)
    hands.until_still()
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", GGZ).json
    assert told["status"] in ("applied", "quarantined")
    assert site.counts()["referrals"] == before["referrals"]


def test_a_narrative_with_a_script_is_dropped_and_its_note_is_text(site: Site, hands: Hands) -> None:
    made = site.send(WI, to=GGZ, life_domains=["mental_health"], client=someone(bsn=BSN, family_name="Voorbeeld"))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/".encode()
        body = sound("fhir-script-in-narrative.json").replace(b"@@CANARY_URL@@", url)
        site.bring(GGZ, body, "application/fhir+json")
        hands.until_still()
        with pytest.raises(TimeoutError):
            listener.accept()
    for path in (f"/referrals/{made.json['id']}/trail", f"/cases/{made.json['case_id']}"):
        for by in (WI, GGZ):
            assert "<script" not in site.get(path, by).get_data(as_text=True)


def test_restricted_content_of_mental_health_reaches_work_and_income_nowhere(
    site: Site, hands: Hands, heard: Lines
) -> None:
    site.send(WI, to=GGZ, life_domains=["mental_health"], client=someone(bsn=BSN, family_name="Voorbeeld"))
    body = json.dumps(json.loads(sound("fhir-restricted-to-work-and-income.json"))["bundle"]).encode()
    answer = site.bring(GGZ, body, "application/fhir+json", **AS_JSON)
    assert answer.status_code == 202
    hands.until_still()
    secrets = (b"F33", b"depressie", b"medicatie")
    with site.hub.store.reading() as session:
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver != GGZ)).all()
    assert not [secret for secret in secrets for one in bodies if secret in one]
    for item in site.get("/referrals?limit=200").json["items"]:
        for path in (f"/referrals/{item['id']}", f"/referrals/{item['id']}/trail", f"/cases/{item['case_id']}"):
            shown = site.get(path).data
            assert not [secret for secret in secrets if secret in shown]
    assert not [line for line in heard.lines if any(secret.decode() in line for secret in secrets)]
    assert holding(plain_columns(site.hub), tuple(secret.decode() for secret in secrets)) == []


# -- others of their kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 65 + b'"' + b'\\"' * 200_000,
        b'{"\\ud800": 1, "\\ud800": 2}',
        b'{"client": {"\\udfff": 1}}',
        b'{"to": "' + b"x" * 900_000 + b'"}',
        b"{" + b",".join(b'"k%d": 1' % number for number in range(50_000)) + b"}",
        b'{"life_domains": [' + b'"finances",' * 80_000 + b'"finances"]}',
        b'{"client": ' + b"9" * 4_500 + b"}",
        b'{"client": -0.0e-999999}',
        b"\xef\xbb\xbf{}",
        b'{"__proto__": {"is_admin": true}, "constructor": 1}',
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_an_invented_body_is_refused_and_leaves_nothing(site: Site, body: bytes) -> None:
    before = site.counts()
    answer = site.post(body)
    assert answer.status_code in (400, 413, 422)
    assert len(answer.data) < 20_000, "an answer is no echo"
    assert site.counts() == before


def test_a_body_beyond_all_bounds_is_413(site: Site) -> None:
    before = site.counts()
    for size in (1_000_001, 2_200_000):
        answer = site.post(b'{"reason": "' + b"x" * size + b'"}')
        assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    assert site.counts() == before


@pytest.mark.parametrize("key", ["x" * 200, "é" * 10, "../../etc/passwd", "' OR '1'='1", "a\tb", "%00", "{}"])
def test_a_strange_key_is_a_key_like_any_other(site: Site, key: str) -> None:
    body = referral_body(client=someone())
    header = key.encode().decode("latin-1")
    first, again = site.post(body, key=header), site.post(body, key=header)
    assert (first.status_code, again.data) == (201, first.data)


def test_over_a_real_connection_a_broken_request_harms_nobody(site: Site) -> None:
    server = make_server("127.0.0.1", 0, site.web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        _break_off(server.server_port, site.token(WI))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _break_off(port: int, token: str) -> None:
    head = f"POST /api/v1/referrals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: cut\r\n"
    body = json.dumps(referral_body(client=someone())).encode()
    for length in (0, 1, len(body) // 2, len(body) - 1):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as wire:
            wire.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:length])
            wire.shutdown(socket.SHUT_WR)
            wire.recv(65536)
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as wire:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "cut", "Transfer-Encoding": "chunked"}
        wire.request("POST", "/api/v1/referrals", iter([body[:50], body[50:]]), headers, encode_chunked=True)
        answer = wire.getresponse()
        assert answer.status in (201, 400, 411)
        assert answer.status != 201 or json.loads(answer.read())["status"] == "sent"
