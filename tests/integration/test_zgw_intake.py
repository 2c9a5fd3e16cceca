"""What access teams bring over the API: events, zaken and reports, what they do, and what is wrong with them."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from hub.models import AuditRecord, Intake
from schemas.vocabulary import Event
from tests.integration.callers import WI, Hands, Site, listening, partner_says
from tests.integration.conftest import open_test_hub
from tests.personas import SHARED

TEAM = "toegang-broekhoven"
BAD = SHARED / "bad-inputs"
SAMPLES = Path(__file__).parents[2] / "connectors/access_team/samples"
need_inputs = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")
JSON, EVENTS = "application/json", "application/cloudevents+json"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path}/hub.db" if request.param == "sqlite" else request.getfixturevalue("database_url")
    with closing(open_test_hub(url, f"embedded:///{tmp_path}/broker.db")) as hub:
        yield Site(hub)


@need_inputs
def test_an_event_of_another_source_is_answered_with_403(site: Site, hands: Hands) -> None:
    before = site.counts()
    with listening() as heard:
        answer = site.bring(TEAM, (BAD / "cloudevent-spoofed-source.json").read_bytes(), EVENTS)
    hands.until_still()
    assert (answer.status_code, answer.json["code"], answer.json["dialect_code"]) == (
        403,
        "not_allowed",
        "not-the-sender",
    )
    after = site.counts()
    assert {name for name, count in after.items() if count != before[name]} <= {"intake", "case_keys", "signing_keys"}
    assert after["intake"] == before["intake"] + 1, "kept for a person, with its bytes"
    assert any("speaks for another" in line for line in heard.lines)
    with site.hub.store.reading() as session:
        bodies = [json.loads(body) for body in session.scalars(select(AuditRecord.body))]
        denied = [row for row in session.scalars(select(AuditRecord)) if row.outcome == "denied"]
    assert denied and any("not-the-sender" in json.dumps(body) for body in bodies)


@need_inputs
def test_urls_to_the_inside_are_put_aside_without_a_connection(site: Site, hands: Hands) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as canary:
        canary.settimeout(0.2)
        url = f"http://127.0.0.1:{canary.getsockname()[1]}"
        body = (BAD / "zgw-url-to-inside.json").read_bytes().replace(b"@@CANARY_URL@@", url.encode())
        answer = site.bring(TEAM, body, JSON)
        zaak = {"kanaal": "zaken", "hoofdObject": f"{url}/zaken/{'a' * 36}", "resource": "zaak", "actie": "update"}
        told = {**zaak, "resourceUrl": zaak["hoofdObject"], "aanmaakdatum": "2026-11-01T08:00:00Z"}
        second = site.bring(TEAM, json.dumps(told).encode(), JSON)
        hands.until_still()
        with pytest.raises(TimeoutError):
            canary.accept()
    assert (answer.status_code, second.status_code) == (422, 422)
    for one in (answer, second):
        found = site.get(f"/intake/{one.json['intake_id']}", TEAM).json
        assert (found["status"], found["reason"]["dialect_code"]) == ("quarantined", "host")
    with site.hub.store.reading() as session:
        kept = session.scalars(select(Intake.payload).order_by(Intake.received_at)).all()
    assert bytes(kept[0]) == body


def test_a_zaak_of_the_team_takes_effect_once(site: Site, hands: Hands) -> None:
    made = site.send(WI, to=TEAM).json["id"]
    for event, status in ((Event.ACCEPT, "accepted"), (Event.START, "started"), (Event.COMPLETE, "completed")):
        payload = partner_says(site.hub, made, event)
        assert site.bring(TEAM, payload.body, payload.content_type).status_code == 202
        hands.until_still()
        assert site.get(f"/referrals/{made}").json["status"] == status
        again = site.bring(TEAM, payload.body, payload.content_type, Accept=JSON)
        assert again.json["state"] == "duplicate"


def test_an_end_that_comes_first_proves_what_went_before_and_an_old_state_changes_nothing(
    site: Site, hands: Hands
) -> None:
    made = site.send(WI, to=TEAM).json["id"]
    ended, started = partner_says(site.hub, made, Event.COMPLETE), partner_says(site.hub, made, Event.START)
    site.bring(TEAM, ended.body, ended.content_type)
    hands.until_still()
    assert site.get(f"/referrals/{made}").json["status"] == "completed"
    site.bring(TEAM, started.body, started.content_type)
    hands.until_still()
    assert site.get(f"/referrals/{made}").json["status"] == "completed"


def test_a_new_zaak_and_a_report_become_referrals_to_the_municipality(site: Site, hands: Hands) -> None:
    for name in ("in-new-referral.json", "in-report-naz.xml"):
        body = (SAMPLES / name).read_bytes()
        first = site.bring(TEAM, body, JSON)
        assert first.status_code in (200, 202)
        hands.until_still()
        told = site.get(f"/intake/{first.headers['Intake-Id']}", TEAM).json
        assert (told["status"], len(told["referral_ids"])) == ("applied", 1), told
        assert site.get(f"/referrals/{told['referral_ids'][0]}", TEAM).json["to"] == WI
        assert site.bring(TEAM, body, JSON).headers["Intake-State"] == "duplicate"


def test_the_same_new_zaak_with_other_words_goes_to_a_person_and_makes_no_second_referral(
    site: Site, hands: Hands
) -> None:
    zaak = json.loads((SAMPLES / "in-new-referral.json").read_bytes())
    site.bring(TEAM, json.dumps(zaak).encode(), JSON)
    hands.until_still()
    before = site.counts()["referrals"]
    other = site.bring(TEAM, json.dumps({**zaak, "toelichting": "Andere woorden"}).encode(), JSON, Accept=JSON)
    hands.until_still()
    assert site.get(f"/intake/{other.json['intake_id']}", TEAM).json["status"] == "quarantined"
    assert site.counts()["referrals"] == before
