"""After a referral both ways: no BSN, name or word of anybody stands where it does not belong."""

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from hub.broker.protocol import Parcel
from hub.models import Case
from hub.wiring import Hub
from schemas.identifiers import bsn_is_valid
from schemas.vocabulary import Event
from tests.integration.callers import (
    GGZ,
    KADE,
    WI,
    Lines,
    Site,
    holding,
    new_bsn,
    partner_says,
    plain_columns,
    someone,
)
from tests.integration.conftest import Ring
from tests.personas import MARLOES

NAME = "Kwetterdijk"
WORDS = ("REDENMERK", "WOORDMERK", "KRACHTMERK", "NOTITIEMERK", "BEWIJSMERK")
REASON, SAID, STRENGTH, NOTE, EVIDENCE = WORDS


class Spy:
    """What was given to the broker: everything but the bodies."""

    def __init__(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outsides: list[str] = []
        honest = hub.broker.publisher

        def publisher() -> Any:
            made = honest()
            publish = made.publish

            def spied(parcels: list[Parcel]) -> Any:
                self.outsides += [repr((one.queue, one.message_id, dict(one.headers))) for one in parcels]
                return publish(parcels)

            monkeypatch.setattr(made, "publish", spied)
            return made

        monkeypatch.setattr(type(hub.broker), "publisher", lambda _self: publisher())


def go_round(site: Site, ring: Ring, person: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Send referrals, let them be answered, and read all there is; give the addresses called and the errors got."""
    ids, errors, urls = [], [], []
    ground = {"basis": "consent", "purpose": "guidance", "evidence": EVIDENCE}
    for to, domains, event in ((KADE, ["social_network"], Event.START), (GGZ, ["mental_health"], Event.ACCEPT)):
        answer = site.send(
            WI,
            client=person,
            to=to,
            life_domains=domains,
            reason=f"{REASON} {person['bsn']}",
            client_words=SAID,
            strengths=[STRENGTH],
            ground=ground,
            service="wmo-begeleiding" if to == KADE else None,
        )
        assert answer.status_code == 201
        urls.append(answer.headers["Location"])
        ids.append(answer.json["id"])
        ring.until_still()
        payload = partner_says(site.hub, ids[-1], event, note=NOTE if to == GGZ else None)
        for body in (payload.body, payload.body, payload.body[:-40], b"<?xml version='1.0'?><x>" + payload.body):
            brought = site.bring(to, body, payload.content_type, Accept="application/json")
            urls.append(brought.headers["Location"])
            if brought.status_code >= 400:
                errors.append(brought.get_data(as_text=True))
        ring.until_still()
        assert site.get(f"/referrals/{ids[-1]}").json["status"] in ("started", "accepted")
    errors += wrong_calls(site, person, ids[0])
    for one in ids:
        for path in (f"/referrals/{one}", f"/referrals/{one}/trail"):
            assert site.get(path).status_code == 200
    return urls, errors


def wrong_calls(site: Site, person: dict[str, Any], referral_id: str) -> list[str]:
    answers = [
        site.send(WI, client={**person, "birth_date": person["bsn"]}, reason=REASON),
        site.send(WI, client={**person, "bsn": NAME}, reason=REASON),
        site.send(WI, client=person, to=NAME, reason=REASON),
        site.post(json.dumps({"client": person, "reason": REASON})[:-5].encode()),
        site.event(referral_id, "start", WI, note=NOTE),
        site.event(referral_id, NOTE, WI),
        site.get(f"/referrals/{person['bsn']}"),
        site.get(f"/referrals?after={person['bsn']}x"),
        site.get(f"/cases/{NAME}"),
    ]
    assert all(answer.status_code >= 400 for answer in answers)
    return [answer.get_data(as_text=True) for answer in answers]


def files_of(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and one.name.startswith("hub.db")]


def test_nothing_of_a_person_stands_outside_the_sealed_fields(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, heard: Lines, tmp_path: Path
) -> None:
    spy = Spy(hub, monkeypatch)
    person = someone(bsn=new_bsn(), family_name=NAME, initials="Q")
    with closing(Ring(hub)) as ring:
        site = Site(hub)
        urls, errors = go_round(site, ring, person)
    case_id = site.get("/referrals").json["items"][0]["case_id"]
    with hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == case_id).values(regisseur_id=MARLOES.id))
    metrics = site.anyone.get("/metrics").get_data(as_text=True)
    markers = (person["bsn"], NAME, *WORDS)
    places = {
        "log": heard.lines,
        "metrics": metrics.splitlines(),
        "broker": spy.outsides,
        "queues": hub.queues(),
        "addresses": urls,
        "errors": errors,
    }
    assert spy.outsides
    assert errors
    found = [
        (place, marker, line)
        for place, lines in places.items()
        for line in lines
        for marker in markers
        if marker in line
    ]
    assert found == []
    assert holding(plain_columns(hub), markers) == []
    for file in files_of(tmp_path):
        content = file.read_bytes()
        assert not [marker for marker in markers if marker.encode() in content], file.name


def test_no_column_in_plain_text_holds_any_bsn(hub: Hub) -> None:
    site = Site(hub)
    person = someone()
    made = site.send(WI, client=person)
    assert made.status_code == 201
    nine = re.compile(r"(?<![0-9a-f-])[0-9]{9}(?![0-9a-f-])")
    values = [(table, column, value) for table, column, value in plain_columns(hub) if isinstance(value, str)]
    assert not [
        (table, column) for table, column, value in values for number in nine.findall(value) if bsn_is_valid(number)
    ]


def test_a_log_line_or_answer_for_a_fault_in_the_database_quotes_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, heard: Lines
) -> None:
    from sqlalchemy.exc import IntegrityError

    site, person = Site(hub), someone(family_name=NAME)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise IntegrityError("INSERT", {"person": person}, Exception(f"duplicate key {person['bsn']}"))

    monkeypatch.setattr("hub.services.referrals.sending.write_entries", broken)
    answer = site.send(WI, client=person)
    assert (answer.status_code, answer.json["code"]) == (500, "fault")
    shown = [*heard.lines, answer.get_data(as_text=True)]
    assert any(answer.json["fault"] in line for line in heard.lines)
    assert not [line for line in shown if person["bsn"] in line or NAME in line]


def test_an_image_of_the_database_without_our_keys_tells_no_name(hub: Hub) -> None:
    site = Site(hub)
    first, second = someone(family_name=NAME), someone(family_name=NAME)
    for person in (first, second):
        assert site.send(WI, client=person).status_code == 201
    sealed = [bytes(value) for table, column, value in plain_columns(hub) if (table, column) == ("clients", "person")]
    assert len(sealed) == len(set(sealed)) == 2, "the same name twice is not seen to be the same"
    index = [value for table, column, value in plain_columns(hub) if (table, column) == ("clients", "bsn_index")]
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in index)
