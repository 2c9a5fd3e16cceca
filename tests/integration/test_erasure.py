"""What is erased stays erased: not in the database, the broker, a file or a page, and no repeat revives it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, update

from hub.models import Case, Erasure, OutboxRecord, Referral, Tombstone
from hub.models.record import Record
from hub.services.cases import case_view
from hub.services.errors import Forbidden, NotFound, NotNow
from hub.services.overview import worklist
from hub.services.record import audit, retention
from hub.services.record.removal import DELETED, KEPT
from hub.services.rights import erasure
from hub.services.rights.rights import inzage
from hub.wiring import Hub
from schemas.vocabulary import Delivery, Event, MessageKind
from tests.integration.callers import (
    GGZ,
    KADE,
    WI,
    Lines,
    Site,
    holding,
    listening,
    partner_says,
    plain_columns,
    someone,
)
from tests.integration.conftest import Ring
from tests.personas import MARLOES, NAIMA, person

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", "accountability")
NAME, WORDS, NOTE = "Vergeetmij", "WISWOORD", "WISNOTITIE"


def a_known_case(hub: Hub, ring: Ring, *, basis: str = "consent") -> tuple[Site, str, list[str], dict[str, Any]]:
    """Make a case with a referral to social work and one to mental health, each answered by the partner's system."""
    site, whom = Site(hub), someone(family_name=NAME)
    ground = {"basis": basis, "purpose": "guidance", "evidence": WORDS}
    if basis == "public_task":
        ground["law"] = "wmo_2015"
    ids = []
    for to, domain in ((KADE, "social_network"), (GGZ, "mental_health")):
        sent = site.send(
            client=whom, to=to, life_domains=[domain], reason=WORDS, client_words=WORDS, ground=ground
        ).json
        ids.append(sent["id"])
        ring.until_still()
    payload = partner_says(hub, ids[1], Event.ACCEPT, note=NOTE)
    site.bring(GGZ, payload.body, payload.content_type)
    ring.until_still()
    with hub.store.writing() as work:
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
    return site, sent["case_id"], ids, whom


def erase(hub: Hub, case_id: str) -> Erasure:
    with hub.store.writing() as work:
        asked = erasure.ask(work, MARLOES, case_id)
    with hub.store.writing() as work:
        return erasure.decide(work, hub.config, FATIMA, asked.id)


def test_after_an_erasure_no_word_and_no_name_is_left_and_pages_live_on(hub: Hub, ring: Ring, tmp_path: Path) -> None:
    site, case_id, ids, whom = a_known_case(hub, ring)
    with listening() as lines:
        done = erase(hub, case_id)
        ring.until_still()
    assert done.state == "done"
    markers = (whom["bsn"], NAME, WORDS, NOTE)
    assert_nowhere(hub, lines, markers, tmp_path)
    now = dt.datetime.now(dt.UTC)
    with audit.looking(hub.store, audit.occasion(hub.config, "test")) as session:
        with pytest.raises(NotFound):
            case_view.case_view(session, hub.config, MARLOES, case_id, now)
        with pytest.raises(NotFound):
            inzage(session, hub.config, case_id, now)
        assert list(worklist.worklist(session, hub.config, MARLOES, now)) == []
    assert [site.get(f"/referrals/{one}").status_code for one in ids] == [404, 404]
    assert site.get("/referrals").json["items"] == []
    assert site.get(f"/cases/{case_id}").status_code == 404


def assert_nowhere(hub: Hub, lines: Lines, markers: tuple[str, ...], folder: Path) -> None:
    """Search every stored value, opened with our keys, the files of database and broker, and the log."""
    assert holding(plain_columns(hub), markers) == []
    for file in folder.rglob("*.db*"):
        content = file.read_bytes()
        assert not [marker for marker in markers if marker.encode() in content], file.name
    assert not [line for line in lines.lines for marker in markers if marker in line]
    with hub.store.reading() as session:
        for table in Record.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                opened = " ".join(
                    value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values()
                )
                assert not [marker for marker in markers if marker in opened], table.name


def test_a_repeat_of_the_partner_is_refused_and_revives_nothing(hub: Hub, ring: Ring) -> None:
    site, case_id, ids, whom = a_known_case(hub, ring)
    again = partner_says(hub, ids[1], Event.START, note=NOTE)
    before = partner_says(hub, ids[0], Event.START)
    call = {"client": whom, "to": KADE, "reason": WORDS}
    first = site.send(key="once", **call)
    ring.until_still()
    erase(hub, case_id)
    ring.until_still()
    for to, payload in ((GGZ, again), (KADE, before)):
        brought = site.bring(to, payload.body, payload.content_type, Accept="application/json")
        ring.until_still()
        told = site.get(brought.headers["Location"].removeprefix("/api/v1"), by=to).json
        assert told["state"] == "quarantined"
    assert first.status_code == 201
    assert site.send(key="once", **call).status_code == 410
    with hub.store.reading() as session:
        assert session.scalars(select(Referral.id)).all() == []
        assert session.scalars(select(Case.id)).all() == []
    assert holding(plain_columns(hub), (NAME, WORDS, NOTE)) == []
    with listening() as lines:
        assert_nowhere(hub, lines, (NAME, WORDS, NOTE), Path("/nonexistent"))


def test_a_new_referral_of_the_same_person_begins_a_new_case(hub: Hub, ring: Ring) -> None:
    site, case_id, _ids, whom = a_known_case(hub, ring)
    erase(hub, case_id)
    fresh = site.send(client=whom).json
    assert fresh["case_id"] != case_id


def test_partners_who_received_are_told_by_references_alone_and_who_has_no_word_for_it_is_phoned(
    hub: Hub, ring: Ring
) -> None:
    _site, case_id, ids, _whom = a_known_case(hub, ring)
    done = erase(hub, case_id)
    assert set(done.told or []) == {WI, KADE, GGZ}, "whom it was sent to, and its sender who got the answers"
    ring.until_still()
    with hub.store.reading() as session:
        rows = session.execute(
            select(OutboxRecord.receiver, OutboxRecord.state, OutboxRecord.error, OutboxRecord.body).where(
                OutboxRecord.kind == MessageKind.ERASED
            )
        ).all()
    assert {row.receiver for row in rows} == {WI, KADE, GGZ}
    for row in rows:
        assert row.state == Delivery.QUARANTINED
        assert row.error.startswith("cannot_express")
        assert NAME.encode() not in row.body
        assert any(one.encode() in row.body for one in ids)


def test_one_asks_and_another_decides(database_hub: Hub) -> None:
    hub = database_hub
    case_id = Site(hub).send().json["case_id"]
    for stranger in (NAIMA, MARLOES):
        with pytest.raises(NotFound), hub.store.writing() as work:
            erasure.ask(work, stranger, case_id)
    with hub.store.writing() as work:
        asked = erasure.ask(work, FATIMA, case_id)
        assert erasure.ask(work, FATIMA, case_id).id == asked.id
    with pytest.raises(Forbidden), hub.store.writing() as work:
        erasure.decide(work, hub.config, FATIMA, asked.id)
    with pytest.raises(NotFound), hub.store.writing() as work:
        erasure.decide(work, hub.config, MARLOES, asked.id)


def test_it_is_refused_with_the_law_and_the_date(hub: Hub, ring: Ring) -> None:
    site, case_id, ids, _whom = a_known_case(hub, ring, basis="public_task")
    refused = erase(hub, case_id)
    assert refused.state == "refused"
    assert refused.duties == [{"law": "AVG art. 17(3)(b); wmo_2015", "why": "running", "until": ""}]
    for one in ids:
        assert site.event(one, "withdraw", "wi-tilburg", note="klaar", reason="other").status_code == 200
    ring.until_still()
    soon = erase(hub, case_id)
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=42)).date().isoformat()
    assert {one["until"] for one in soon.duties or []} == {until}
    with hub.store.reading() as session:
        assert session.scalars(select(Referral.content).limit(1)).one()["reason"] == WORDS


def test_a_hold_forbids_it_and_a_message_under_way_makes_it_wait(hub: Hub, ring: Ring) -> None:
    _site, case_id, _ids, _whom = a_known_case(hub, ring)
    with hub.store.writing() as work:
        hold = retention.place_hold(work, case_id, "complaint", "fatima")
    assert [one["why"] for one in erase(hub, case_id).duties or []] == ["legal_hold"]
    with hub.store.writing() as work:
        retention.lift_hold(work, hold, "fatima")
        work.execute(
            update(OutboxRecord.__table__)
            .where(OutboxRecord.case_id == case_id, OutboxRecord.kind == MessageKind.SENT)
            .values(open=True, state=Delivery.UNDER_WAY)
        )
    with pytest.raises(NotNow):
        erase(hub, case_id)
    with hub.store.reading() as session:
        assert session.scalars(select(Tombstone.reference)).all() == []


def test_every_table_that_names_a_case_has_its_treatment(database_hub: Hub) -> None:
    treated = {record.__tablename__ for record in (*DELETED, *KEPT)}
    named = {
        table
        for table in inspect(database_hub.store.engine).get_table_names()
        if {"case_id", "referral_id"} & columns_of(database_hub, table)
    }
    assert named == treated


def columns_of(hub: Hub, table: str) -> set[str]:
    return {column["name"] for column in inspect(hub.store.engine).get_columns(table)}
