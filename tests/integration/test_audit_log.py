"""The log of who saw and did what, on real databases: no look without a record, no record without its place."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, text, update

from hub.models import AuditRecord, Case
from hub.models.audit_keys import AuditKeys, audit_keys
from hub.rules.audit_chain import canonical, link_hash
from hub.services.people import sessions
from hub.services.record.audit_seal import keep_outside, read_outside, seal, seal_all
from hub.services.record.audit_verify import export, verify
from hub.store.database import Store, StoreUnavailable
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, WI, Site, sign_in_as
from tests.personas import MARLOES
from workers.verify_log import verify_export

BREAK = "ALTER TABLE audit_records RENAME TO audit_records_away"
MEND = "ALTER TABLE audit_records_away RENAME TO audit_records"


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def run(store: Store, statement: str) -> None:
    with store.owning() as connection:
        connection.execute(text(statement))


def unguarded(hub: Hub) -> None:
    """Take away what the database itself refuses, as one could who owns it."""
    with hub.store.owning() as connection:
        if hub.store.is_sqlite:
            names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
            for name in connection.scalars(text(names)).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_records", "audit_chains", "audit_checkpoints"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def records(hub: Hub) -> list[dict[str, Any]]:
    with hub.store.reading() as session:
        return [json.loads(body) for body in session.scalars(select(AuditRecord.body).order_by(AuditRecord.number))]


def signed_in(site: Site, person: str) -> FlaskClient:
    browser = site.web.app.test_client()
    sign_in_as(site.hub, browser, person)
    return browser


def of_marloes(site: Site, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = site.send(**changes).json
    with site.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == made["case_id"]).values(regisseur_id=MARLOES.id))
    return made


def test_a_look_leaves_a_record_with_who_why_and_what_and_no_name(site: Site) -> None:
    made = site.send().json
    before = len(records(site.hub))
    site.get(f"/referrals/{made['id']}", KADE, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    (record,) = records(site.hub)[before:]
    assert record["actor"] == KADE
    assert (record["deed"], record["code"], record["outcome"]) == ("referral.view", "R", "ok")
    assert (record["organisation"], record["role"], record["purpose"]) == (KADE, "machine", "guidance")
    assert record["subject"] == audit_keys(site.hub.store.keys).pseudonym(made["case_id"])
    assert record["objects"] == [made["id"]]
    assert record["trace"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert record["parent"] == "00f067aa0ba902b7"
    assert len(record["controls"]) == 4
    assert len(canonical(record)) <= 1000
    everything = json.dumps(records(site.hub))
    assert made["case_id"] not in everything
    assert "Zomerplaag" not in everything


def test_a_page_of_a_client_and_a_refusal_leave_a_record(site: Site) -> None:
    made = of_marloes(site)
    before = len(records(site.hub))
    assert signed_in(site, "marloes").get(f"/inwoners/{made['case_id']}").status_code == 200
    assert signed_in(site, "ilse").get(f"/inwoners/{made['case_id']}").status_code == 404
    shown, refused = records(site.hub)[before:]
    assert (shown["actor"], shown["outcome"], shown["detail"]) == ("marloes", "ok", "person")
    assert shown["shown"]
    assert shown["controls"][:2] == "TT"
    assert (refused["actor"], refused["outcome"], refused["status"]) == ("ilse", "denied", 2)
    assert refused["subject"] == shown["subject"]


def test_a_work_list_leaves_a_record_for_each_client_on_it(site: Site) -> None:
    made = [of_marloes(site) for _ in range(3)]
    before = len(records(site.hub))
    assert signed_in(site, "marloes").get("/werkvoorraad").status_code == 200
    new = records(site.hub)[before:]
    assert {one["subject"] for one in new} == {
        audit_keys(site.hub.store.keys).pseudonym(one["case_id"]) for one in made
    }
    assert {one["deed"] for one in new} == {"worklist.view"}


def test_a_look_of_a_person_is_tied_to_the_sign_in_and_that_of_a_system_to_none(site: Site) -> None:
    made = of_marloes(site)
    browser = site.web.app.test_client()
    token = sign_in_as(site.hub, browser, "marloes")
    browser.get(f"/inwoners/{made['case_id']}")
    assert records(site.hub)[-1]["session"] == sessions.id_of(token)[:32]
    assert token not in json.dumps(records(site.hub))
    site.get(f"/cases/{made['case_id']}", KADE)
    assert "session" not in records(site.hub)[-1]


def test_a_request_writes_all_its_records_in_one_statement(site: Site) -> None:
    made = [of_marloes(site) for _ in range(3)]
    browser = signed_in(site, "marloes")
    written: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO audit_records"):
            written.append(statement)

    event.listen(site.hub.store.engine, "before_cursor_execute", hear)
    for path in ("/werkvoorraad", f"/inwoners/{made[0]['case_id']}", f"/verwijzingen/{made[0]['id']}"):
        written.clear()
        assert browser.get(path).status_code == 200
        assert len(written) == 1, path
    for call in (site.send, lambda: site.get("/referrals"), lambda: site.get(f"/referrals/{made[0]['id']}")):
        written.clear()
        assert call().status_code < 300
        assert len(written) == 1


EDGES: list[tuple[str, Callable[[Site, dict[str, Any]], Any]]] = [
    ("POST /api/v1/referrals", lambda site, made: site.send()),
    ("GET /api/v1/referrals", lambda site, made: site.get("/referrals")),
    ("GET /api/v1/referrals/{id}", lambda site, made: site.get(f"/referrals/{made['id']}")),
    ("POST /api/v1/referrals/{id}/events", lambda site, made: site.event(made["id"], "withdraw", WI, reason="x")),
    ("GET /api/v1/referrals/{id}/trail", lambda site, made: site.get(f"/referrals/{made['id']}/trail")),
    ("GET /api/v1/cases/{id}", lambda site, made: site.get(f"/cases/{made['case_id']}", KADE)),
    ("GET /api/v1/cases/{id}/timeline", lambda site, made: site.get(f"/cases/{made['case_id']}/timeline", KADE)),
    ("POST /api/v1/intake/{organisation}", lambda site, made: site.bring(GGZ, b"{}", "application/fhir+json")),
    ("GET /inwoners/{id}", lambda site, made: signed_in(site, "marloes").get(f"/inwoners/{made['case_id']}")),
    ("GET /verwijzingen/{id}", lambda site, made: signed_in(site, "marloes").get(f"/verwijzingen/{made['id']}")),
    ("GET /werkvoorraad", lambda site, made: signed_in(site, "marloes").get("/werkvoorraad")),
    ("not there", lambda site, made: site.get("/referrals/nothing")),
    ("not for you", lambda site, made: signed_in(site, "ilse").get(f"/inwoners/{made['case_id']}")),
]


@pytest.mark.parametrize(("name", "call"), EDGES, ids=[name for name, _call in EDGES])
def test_without_a_log_there_is_no_access(site: Site, name: str, call: Callable[[Site, Any], Any]) -> None:
    made = of_marloes(site)
    before = site.counts()
    before.pop("sessions")  # the test signs people in
    run(site.hub.store, BREAK)
    answer = call(site, made)
    assert answer.status_code == 503, name
    assert answer.headers["Retry-After"]
    for secret in ("Zomerplaag", made["id"], made["case_id"]):
        assert secret not in answer.text
    run(site.hub.store, MEND)
    after = site.counts()
    after.pop("sessions")
    assert after == before, "nothing may be done that is not written down"
    assert call(site, made).status_code != 503


def test_without_a_log_nothing_is_pushed_and_nobody_may_watch(site: Site) -> None:
    made = site.send().json
    socket = site.web.live.socketio.test_client(site.web.app, namespace="/live", auth={"token": site.token(KADE)})
    asked = {"case": made["case_id"], "after": None}
    assert "position" in socket.emit("watch", asked, namespace="/live", callback=True)
    site.event(made["id"], "receive", KADE)
    socket.get_received("/live")
    run(site.hub.store, BREAK)
    with pytest.raises(StoreUnavailable):
        site.web.live.push(made["case_id"])
    assert [one for one in socket.get_received("/live") if one["name"] == "entry"] == []
    other = site.web.live.socketio.test_client(site.web.app, namespace="/live", auth={"token": site.token(KADE)})
    assert other.emit("watch", asked, namespace="/live", callback=True) == {"error": "unavailable"}
    run(site.hub.store, MEND)
    before = len(records(site.hub))
    site.web.live.push(made["case_id"])
    assert [one for one in socket.get_received("/live") if one["name"] == "entry"]
    assert [one["deed"] for one in records(site.hub)[before:]] == ["case.push"]
    socket.disconnect(namespace="/live")
    other.disconnect(namespace="/live")


@pytest.fixture
def sealed(site: Site, tmp_path: Path) -> Iterator[tuple[Hub, Path]]:
    """A log of three passes of the sealer, and the file outside."""
    outside = tmp_path / "checkpoints.log"
    for _ in range(3):
        made = site.send().json
        for path in (f"/referrals/{made['id']}", f"/referrals/{made['id']}/trail", f"/cases/{made['case_id']}"):
            site.get(path, KADE)
        seal_all(site.hub.store, outside)
    with closing(site.hub):
        yield site.hub, outside


def fault_of(hub: Hub, outside: Path) -> Any:
    with hub.store.reading() as session:
        return verify(session, read_outside(outside)).fault


def test_an_untouched_log_is_well_and_each_pass_ends_in_a_checkpoint(sealed: tuple[Hub, Path]) -> None:
    hub, outside = sealed
    with hub.store.reading() as session:
        verdict = verify(session, read_outside(outside))
    assert (verdict.fault, verdict.records, verdict.checkpoints, verdict.unsealed) == (None, 12, 3, 0)


def rehash(hub: Hub, first: int, keys: AuditKeys) -> None:
    """Write the chain anew from a record on, as one would who has the database and not the key."""
    with hub.store.writing() as work:
        rows = work.session.scalars(select(AuditRecord).order_by(AuditRecord.seq)).all()
        last = rows[first - 2].hash if first > 1 else "0" * 64
        for row in rows[first - 1 :]:
            assert row.chain is not None
            assert row.seq is not None
            assert last is not None
            row.prev, row.hash = last, link_hash(row.chain, row.seq, last, row.body)
            row.mac, last = keys.mac(row.hash), row.hash


TAMPERS: dict[str, list[str]] = {
    "a byte": ["UPDATE audit_records SET body = replace(body, 'mw-de-kade', 'mw-de-kada') WHERE seq = 6"],
    "a column": ["UPDATE audit_records SET actor = 'ilse' WHERE seq = 6"],
    "a row gone": ["DELETE FROM audit_records WHERE seq = 6"],
    "swapped": [
        "UPDATE audit_records SET seq = 1000 WHERE seq = 6",
        "UPDATE audit_records SET seq = 6 WHERE seq = 9",
        "UPDATE audit_records SET seq = 9 WHERE seq = 1000",
    ],
    "inserted": [
        "UPDATE audit_records SET seq = seq + 1000 WHERE seq >= 6",
        "UPDATE audit_records SET seq = seq - 999 WHERE seq >= 1000",
        "INSERT INTO audit_records (id, municipality, at, actor, organisation, deed, outcome, body, mac, chain, seq,"
        " prev, hash) SELECT id, municipality, at, actor, organisation, deed, outcome, body, mac, chain, 6, prev, hash"
        " FROM audit_records WHERE seq = 3",
    ],
    "the tail cut": ["DELETE FROM audit_records WHERE seq >= 6"],
    "the tail cut with all that knows of it": [
        "DELETE FROM audit_records WHERE seq >= 5",
        "DELETE FROM audit_checkpoints WHERE number > 1",
        "UPDATE audit_chains SET count = 4, checkpoints = 1, hash = (SELECT hash FROM audit_checkpoints)",
    ],
    "a foreign checkpoint": ["UPDATE audit_checkpoints SET signature = '" + "ab" * 64 + "' WHERE number = 2"],
    "an older checkpoint": [
        "UPDATE audit_checkpoints SET count = 4, hash = (SELECT hash FROM audit_checkpoints c WHERE c.number = 1)"
        " WHERE number = 2"
    ],
}
FIRST_BAD = {"the tail cut with all that knows of it": 5, "a foreign checkpoint": 5, "an older checkpoint": 5}


@pytest.mark.parametrize("tamper", TAMPERS)
def test_a_tamper_in_the_database_is_found_and_the_first_bad_record_named(
    sealed: tuple[Hub, Path], tamper: str
) -> None:
    hub, outside = sealed
    unguarded(hub)
    for statement in TAMPERS[tamper]:
        run(hub.store, statement)
    fault = fault_of(hub, outside)
    assert fault is not None
    assert fault.seq == FIRST_BAD.get(tamper, 6), fault


def test_a_tail_written_anew_without_the_key_is_found_at_its_first_record(sealed: tuple[Hub, Path]) -> None:
    hub, outside = sealed
    unguarded(hub)
    run(hub.store, "UPDATE audit_records SET body = replace(body, 'mw-de-kade', 'mw-de-kada') WHERE seq = 6")
    rehash(hub, 6, AuditKeys(b"theirs"))
    fault = fault_of(hub, outside)
    assert (fault.seq, fault.why) == (6, "was sealed without the key")


def test_what_no_writer_wrote_gets_no_place_and_is_named(sealed: tuple[Hub, Path]) -> None:
    hub, outside = sealed
    run(
        hub.store,
        "INSERT INTO audit_records (id, municipality, at, actor, organisation, deed, outcome, body, mac)"
        " SELECT 'forged', municipality, at, actor, organisation, deed, outcome, body, mac FROM audit_records"
        " WHERE seq = 6",
    )
    with hub.store.writing() as work:
        assert seal(work) == []
    fault = fault_of(hub, outside)
    assert (fault.record, fault.seq) == ("forged", 0)


def test_an_export_verifies_with_the_public_key_alone_and_a_tamper_in_it_is_named(
    sealed: tuple[Hub, Path], tmp_path: Path
) -> None:
    hub, outside = sealed
    file = tmp_path / "log.jsonl"
    with hub.store.reading() as session:
        lines = list(export(session))
    file.write_text("".join(lines), encoding="utf-8")
    assert verify_export(file, audit_keys(hub.store.keys).public, outside) == ("Well: 12 records, 3 checkpoints.", True)
    assert not verify_export(file, AuditKeys(b"theirs").public)[1]
    file.write_text("".join([*lines[:4], lines[4].replace("mw-de-kade", "mw-de-kada"), *lines[5:]]), encoding="utf-8")
    told, well = verify_export(file, audit_keys(hub.store.keys).public)
    assert not well
    assert "record 4" in told
    records_only = [line for line in lines if '"kind":"checkpoint"' not in line]
    file.write_text("".join(records_only), encoding="utf-8")
    assert not verify_export(file, audit_keys(hub.store.keys).public)[1], (
        "records that no checkpoint tells of prove nothing"
    )


def test_two_sealers_beside_each_other_make_one_chain(site: Site, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(6):
        site.send()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: seal_all(site.hub.store, None), range(4)))
    with site.hub.store.reading() as session:
        verdict = verify(session, [])
    assert (verdict.fault, verdict.records, verdict.unsealed) == (None, 6, 0)


def test_checkpoints_outside_are_read_as_they_were_kept(sealed: tuple[Hub, Path], tmp_path: Path) -> None:
    _hub, outside = sealed
    kept = read_outside(outside)
    keep_outside(tmp_path / "again.log", kept)
    assert read_outside(tmp_path / "again.log") == kept
