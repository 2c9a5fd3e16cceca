"""Partners that ask about what is not theirs, or send what their dialect forbids: one answer, and nothing is lost."""

import copy
import json
import re
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from connectors.registry import samples_folder
from hub.models import Difference, Intake, OutboxRecord, Referral
from hub.services.messages.digest_book import open_differences
from hub.services.messages.settling import Result
from hub.services.referrals.sending import send_referral
from hub.wiring import Hub
from schemas.identifiers import new_id
from schemas.vocabulary import Event
from tests.builders import new_referral
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Hands, Site, partner_says, someone
from tests.integration.conftest import Ring
from tests.integration.test_erasure import a_known_case, erase
from tests.integration.test_steps_taken_back import FIRST, SECOND, now, say
from tests.personas import MARLOES

LINES = "registratienummerRv;status;datum\r\n{};gestart;2026-11-02\r\n"


def what_became_of(site: Site, ring: Ring, by: str, body: bytes, content_type: str) -> dict[str, Any]:
    brought = site.bring(by, body, content_type, Accept="application/json")
    ring.until_still()
    told = dict(site.get(brought.headers["Location"].removeprefix("/api/v1"), by=by).json)
    del told["intake_id"]
    return told


@pytest.mark.parametrize("sample", ["in-wmo305.xml", "in-wmo315.xml", "in-jw307.xml", "in-wmo301.xml"])
def test_a_message_about_two_clients_is_kept_and_answered(hub: Hub, sample: str) -> None:
    site = Site(hub)
    root = etree.fromstring((samples_folder("social_work") / sample).read_bytes())
    client = next(one for one in root.iter() if etree.QName(one).localname == "Client")
    client.addnext(copy.deepcopy(client))
    body = etree.tostring(root)
    answer = site.bring(KADE, body, "application/xml")
    assert (answer.status_code, answer.headers["Intake-State"]) == (422, "quarantined")
    with hub.store.reading() as session:
        assert session.scalars(select(Intake.payload)).one() == body


def test_of_what_is_anothers_unknown_or_erased_a_partner_learns_the_same(hub: Hub, ring: Ring) -> None:
    site, case_id, ids, _whom = a_known_case(hub, ring)
    numbers = [site.get(f"/referrals/{one}").json["number"] for one in ids]
    told = [
        what_became_of(site, ring, SPOEL, LINES.format(number).encode(), "text/csv")
        for number in (*numbers, 999_999_999)
    ]
    erase(hub, case_id)
    ring.until_still()
    again = [LINES.format(f"{number}").replace("11-02", "11-03").encode() for number in numbers]
    told += [what_became_of(site, ring, SPOEL, body, "text/csv") for body in again]
    assert len(told) == 5
    assert told[0]["state"] == "quarantined"
    assert all(one == told[0] for one in told), told


def test_who_told_of_what_was_erased_is_told_that_it_was(hub: Hub, ring: Ring) -> None:
    site, case_id, ids, _whom = a_known_case(hub, ring)
    later = partner_says(hub, ids[1], Event.START)
    erase(hub, case_id)
    ring.until_still()
    told = what_became_of(site, ring, GGZ, later.body, later.content_type)
    assert told["reason"]["code"] == "erased"


def test_a_digest_of_others_referrals_is_answered_as_one_of_made_up_ones(database_hub: Hub) -> None:
    site = Site(database_hub)
    theirs = site.send(to=GGZ, life_domains=["mental_health"]).json
    own = site.send(to=KADE).json
    known = {"referral_id": theirs["id"], "number": theirs["number"], "status": "started"}
    made_up = {"referral_id": new_id(), "number": 999_999_999, "status": "started"}

    def asked(line: dict[str, Any]) -> str:
        answer = site.call("PUT", "/digest", KADE, body=[line])
        told = json.dumps({"code": answer.status_code, "told": answer.json["differences"]}, sort_keys=True)
        return told.replace(str(line["referral_id"]), "ID").replace(str(line["number"]), "NUMBER")

    assert asked(known) == asked(made_up)
    with database_hub.store.reading() as session:
        of = [one.referral_id for one in open_differences(session, KADE)]
        assert theirs["id"] not in of
        assert session.scalars(select(Referral.status).where(Referral.id == own["id"])).one() == "sent"


def test_a_digest_that_is_too_long_or_odd_changes_nothing(database_hub: Hub) -> None:
    site = Site(database_hub)
    before = site.counts()
    line = {"number": 100_000_001, "status": "started"}
    odd = [
        json.dumps([line] * 5_001).encode(),
        json.dumps([line] * 100_000).encode(),
        b"[" * 100_000,
        b'[{"number": 1e9, "status": "started"}]',
        b'[{"number": 100000001, "number": 100000002, "status": "started"}]',
        b'[{"reference": "999990019", "status": "started"}]',
        b'[{"reference": "x\\ud800", "status": "started"}]',
        b'{"0": {}}',
    ]
    for body in odd:
        assert site.call("PUT", "/digest", KADE, body=body).status_code in (400, 413, 422), body[:40]
    assert site.counts() == before


def test_two_partners_may_use_one_message_id(hub: Hub) -> None:
    with hub.store.writing() as work:
        sent = [send_referral(work, hub.config, MARLOES, new_referral(to=to)) for to in (KADE, TEAM)]
    results = [
        say(hub, referral, Event.START, FIRST, sender=to, message_id="one-and-the-same").result
        for referral, to in zip(sent, (KADE, TEAM), strict=True)
    ]
    assert results == [Result.APPLIED, Result.APPLIED]
    assert say(hub, sent[0], Event.START, FIRST, sender=KADE, message_id="one-and-the-same").result is Result.DUPLICATE


def test_an_old_step_back_that_is_brought_again_undoes_nothing_later(hub: Hub) -> None:
    with hub.store.writing() as work:
        referral = send_referral(work, hub.config, MARLOES, new_referral(to=KADE))
    say(hub, referral, Event.START, FIRST)
    say(hub, referral, Event.START, FIRST, back=True, message_id="back")
    say(hub, referral, Event.START, SECOND)
    say(hub, referral, Event.COMPLETE, SECOND)
    assert say(hub, referral, Event.START, FIRST, back=True, message_id="back").result is Result.DUPLICATE
    assert say(hub, referral, Event.START, FIRST, back=True, message_id="other").result is Result.APPLIED
    assert say(hub, referral, Event.START, SECOND, back=True).result is Result.REFUSED
    assert now(hub, referral).status == "completed"


def test_what_comes_back_of_care_that_the_suite_itself_asked_for_is_no_more_than_that_it_runs(hub: Hub) -> None:
    site, whom = Site(hub), someone()
    sample = (samples_folder("work_and_income") / "in-aanvraag.xml").read_text("utf-8")
    body = re.sub("[0-9]{9}(?=</BG:inp.bsn>)", whom["bsn"], sample).replace("B1026", "VERWGGZ")
    assert whom["bsn"] in body
    assert "VERWGGZ" in body
    brought = site.bring(WI, body.encode(), "text/xml")
    assert brought.status_code == 200, brought.text
    with_hands = Hands(hub)
    with_hands.until_still()
    with hub.store.reading() as session:
        referral = session.scalars(select(Referral)).one()
        assert (referral.sender, referral.receiver) == (WI, GGZ)
    payload = partner_says(hub, referral.id, Event.ACCEPT, note="ZEGWOORD F33 depressie")
    assert site.bring(GGZ, payload.body, payload.content_type).status_code < 300
    with_hands.until_still()
    with_hands.close()
    with hub.store.reading() as session:
        told = session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver == WI)).all()
        assert not [one for one in told if b"ZEGWOORD" in bytes(one) or b"F33" in bytes(one)]
    for path in (f"/referrals/{referral.id}", "/referrals", "/feed", "/digest"):
        assert "ZEGWOORD" not in site.get(path).text
        assert "F33" not in site.get(path).text


def test_made_up_references_leave_no_heap_of_differences(database_hub: Hub) -> None:
    site = Site(database_hub)
    for turn in range(3):
        told = [{"reference": f"made-up-{turn}-{place}", "status": "started"} for place in range(300)]
        assert site.call("PUT", "/digest", KADE, body=told).status_code == 200
    with database_hub.store.reading() as session:
        rows = session.scalars(select(Difference.state)).all()
    assert rows.count("open") == 300
    assert len(rows) == 300
