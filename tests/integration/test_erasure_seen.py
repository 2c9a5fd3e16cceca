"""What others notice of an erasure: pages that watched are wiped, and the log of who looked stays whole."""

from pathlib import Path

from sqlalchemy import func, select, update

from hub.app import create_web
from hub.models import AuditRecord, Case
from hub.models.audit_keys import audit_keys
from hub.services.record.audit_seal import read_outside, seal_all
from hub.services.record.audit_verify import verify
from hub.services.record.case_keys import shelf_here
from hub.services.rights import erasure
from hub.wiring import Hub
from tests.integration.callers import KADE, Site, sign_in_as, someone
from tests.integration.test_live_side import Watcher
from tests.personas import MARLOES, person

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", "accountability")


def a_case(hub: Hub) -> str:
    case_id = str(Site(hub).send(client=someone(), to=KADE).json["case_id"])
    with hub.store.writing() as work:
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
    return case_id


def erase(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:
        asked = erasure.ask(work, MARLOES, case_id).id
    with hub.store.writing() as work:
        assert erasure.decide(work, hub.config, FATIMA, asked).state == "done"


def test_whoever_watched_an_erased_case_is_put_out_and_gets_nothing_more(database_hub: Hub) -> None:
    case_id, web = a_case(database_hub), create_web(database_hub)
    watcher = Watcher(web, MARLOES)
    assert "snapshot" in watcher.watch(case_id)
    erase(database_hub, case_id)
    web.live.push(case_id)
    assert [one["case"] for one in watcher.got("closed")] == [case_id]
    assert "error" in watcher.watch(case_id), "and nobody gets in again"
    assert watcher.got("entry") == []
    watcher.socket.disconnect("/live")


def test_after_an_erasure_the_pages_of_the_case_are_not_there(database_hub: Hub) -> None:
    case_id, site = a_case(database_hub), Site(database_hub)
    http = site.web.app.test_client()
    sign_in_as(database_hub, http, MARLOES.id)
    pages = [f"/inwoners/{case_id}{part}" for part in ("", "/rechten", "/toestemming", "/gekeken")]
    assert {http.get(page).status_code for page in pages} == {200}
    erase(database_hub, case_id)
    assert {http.get(page).status_code for page in pages} == {404}
    for part in ("", "/timeline", "/corrections", "/consents"):
        assert site.get(f"/cases/{case_id}{part}").status_code == 404


def test_the_log_of_who_looked_stays_whole_and_still_tells_of_the_erased_case(
    database_hub: Hub, tmp_path: Path
) -> None:
    case_id, site = a_case(database_hub), Site(database_hub)
    assert site.get(f"/cases/{case_id}").status_code == 200
    outside = tmp_path / "outside.log"
    assert seal_all(database_hub.store, outside) == 1
    erase(database_hub, case_id)
    assert site.get(f"/cases/{case_id}").status_code == 404
    assert seal_all(database_hub.store, outside) == 1
    with database_hub.store.reading() as session:
        pseudonym = audit_keys(shelf_here(session)).pseudonym(case_id)
        about = select(func.count()).where(AuditRecord.subject == pseudonym)
        assert verify(session, read_outside(outside)).fault is None
        assert session.scalar(about) == 3, "sent, seen, and asked for in vain"
