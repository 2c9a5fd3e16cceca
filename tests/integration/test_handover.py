"""Everything about a client reaches the client past the walls: two people carry it, and neither can read it."""

import io
import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from hub.models import AuditRecord, Case, Disclosure, Person
from hub.services.errors import Forbidden, Invalid, NotFound, NotNow
from hub.services.rights import handover
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, Site, holding, mark_of, plain_columns, sign_in_as, someone
from tests.integration.conftest import add_viewer, open_test_hub
from tests.personas import MARLOES, NAIMA, PETER, person

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", "accountability")
NAME, SECRET, HIDDEN = "Pakketmans", "GGZWOORD", "GGZ De Leij"
MARK_KEY = handover.mark_key_of("test")


def a_case(hub: Hub, *, care: bool = True) -> tuple[Site, str]:
    """Make a client of Marloes with help from social work and, sent by a team, mental health care."""
    site, whom = Site(hub), someone(family_name=NAME)
    case_id = site.send(client=whom, to=KADE, life_domains=["social_network"]).json["case_id"]
    if care:
        ground = {"basis": "public_task", "law": "wmo_2015", "purpose": "guidance"}
        sent = site.send("toegang-centrum", client=whom, to=GGZ, life_domains=["mental_health"], reason=SECRET,
                         ground=ground)  # fmt: skip
        assert sent.status_code == 201, sent.json
    with hub.store.writing() as work:
        if work.session.get(Person, FATIMA.id) is None:
            add_viewer(work, FATIMA)
        work.execute(update(Case.__table__).where(Case.id == case_id).values(regisseur_id=MARLOES.id))
    return site, case_id


def signed_in(site: Site, who: str) -> FlaskClient:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, who)
    return http


def press(http: FlaskClient, page: str, path: str, **form: str) -> TestResponse:
    return http.post(path, data={**form, "csrf_token": mark_of(http, page)})


def handed_over(hub: Hub, case_id: str) -> tuple[bytes, str]:
    """Walk the whole way by the services; give the file and the code."""
    code = handover.new_code()
    with hub.store.writing() as work:
        asked = handover.ask(work, MARLOES, case_id)
    with hub.store.writing() as work:
        handover.give_code(work, FATIMA, asked.id, code)
    with hub.store.writing() as work:
        return handover.take(work, hub.config, MARLOES, asked.id, case_id, MARK_KEY), code


def test_the_client_gets_what_the_case_director_may_not_see_and_neither_carrier_has_both(database_hub: Hub) -> None:
    hub = database_hub
    site, case_id = a_case(hub)
    marloes, fatima = signed_in(site, "marloes"), signed_in(site, "fatima")
    home = f"/inwoners/{case_id}/rechten"
    assert press(marloes, home, f"{home}/inzage").status_code == 303
    with hub.store.reading() as session:
        asked = session.scalars(select(Disclosure.id)).one()
    assert press(marloes, home, f"{home}/bestand", kenmerk=asked).status_code == 422
    told = press(fatima, "/rechten", "/rechten/code", kenmerk=asked, dossier=case_id).text
    code = told.partition('<p class="code-groot"><code>')[2].partition("</code>")[0]
    assert len(code.replace("-", "")) == 24
    assert NAME not in told
    assert code not in marloes.get(home).text + fatima.get("/rechten").text, "it is shown once"
    assert holding(plain_columns(hub), (code, code.replace("-", ""))) == [], "and kept nowhere"
    assert press(fatima, "/rechten", f"{home}/bestand", kenmerk=asked).status_code == 404
    taken = press(marloes, home, f"{home}/bestand", kenmerk=asked)
    assert taken.status_code == 200
    package = taken.data
    assert taken.headers["Content-Disposition"] == "attachment; filename=inzage.schakel"
    assert press(marloes, home, f"{home}/bestand", kenmerk=asked).status_code == 422
    opened = opening(site, package, code.lower())
    assert opened.status_code == 200
    assert {NAME, SECRET, HIDDEN} <= {word for word in (NAME, SECRET, HIDDEN) if word in opened.text}
    document = json.loads(opening(site, package, code, vorm="json").data)
    assert document["case"] == case_id
    assert {"case.view", "client.export"} <= {look["deed"] for look in document["looks"]}
    with hub.store.reading() as session:
        details = [json.loads(body).get("detail") for body in session.scalars(
            select(AuditRecord.body).where(AuditRecord.deed == "client.export"))]  # fmt: skip
        assert [one for one in details if one] == ["ask", "code", "package"]
        assert session.scalars(select(Disclosure.seal)).one() is None


def opening(site: Site, package: bytes, code: str, vorm: str = "lezen") -> TestResponse:
    http = site.web.app.test_client()
    data = {"code": code, "vorm": vorm, "csrf_token": mark_of(http, "/inzage/openen")}
    file = FileStorage(io.BytesIO(package), "inzage.schakel")
    boundary, body = encode_multipart({**data, "bestand": file})  # in memory: the client's own way leaves a file open
    return http.post("/inzage/openen", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_the_case_directors_page_says_the_same_with_and_without_hidden_care(database_hub: Hub) -> None:
    hub = database_hub
    with_care, without = a_case(hub), a_case(hub, care=False)
    pages = []
    for site, case_id in (with_care, without):
        page = signed_in(site, "marloes").get(f"/inwoners/{case_id}/rechten").text
        assert "kan meer bevatten dan u hier ziet" in page
        assert SECRET not in page
        table = page.partition('aria-label="Wat u kunt zien, tabel"')[2].partition("</table>")[0]
        pages.append(re.findall(r"<tr[^>]*><td[^>]*>(.*?)</td>", table, re.DOTALL))
        assert HIDDEN not in table
    assert pages[0] == pages[1] != []


def test_packages_with_and_without_hidden_care_are_of_one_size(database_hub: Hub) -> None:
    sizes = {len(handed_over(database_hub, a_case(database_hub, care=care)[1])[0]) for care in (True, False)}
    assert len(sizes) == 1


def test_a_wrong_code_a_changed_byte_and_a_foreign_file_open_nothing(database_hub: Hub) -> None:
    _site, case_id = a_case(database_hub)
    package, code = handed_over(database_hub, case_id)
    assert handover.open_package(package, code, MARK_KEY)["case"] == case_id
    for place in (0, 20, 40, 1000, len(package) - 40, len(package) - 1):
        changed = package[:place] + bytes([package[place] ^ 1]) + package[place + 1 :]
        with pytest.raises(Invalid) as caught:
            handover.open_package(changed, code, MARK_KEY)
        assert caught.value.field == "file"
    with pytest.raises(Invalid) as caught:
        handover.open_package(package, handover.new_code(), MARK_KEY)
    assert caught.value.field == "code"
    with pytest.raises(Invalid):
        handover.open_package(package, code, handover.mark_key_of("another hub"))
    for nonsense in (b"", b"x", handover.MAGIC, package[:60]):
        with pytest.raises(Invalid):
            handover.open_package(nonsense, code, MARK_KEY)


def test_only_the_case_director_asks_and_takes_and_only_the_officer_gives_a_code(database_hub: Hub) -> None:
    hub = database_hub
    _site, case_id = a_case(hub)
    for stranger in (NAIMA, PETER, FATIMA):
        with pytest.raises(NotFound), hub.store.writing() as work:
            handover.ask(work, stranger, case_id)
    with hub.store.writing() as work:
        asked = handover.ask(work, MARLOES, case_id)
        assert handover.ask(work, MARLOES, case_id).id == asked.id, "one at a time"
    with pytest.raises(NotFound), hub.store.writing() as work:
        handover.give_code(work, MARLOES, asked.id, "CODE")
    second_hat = person("marloes", "Marloes", "gemeente-tilburg", "Gemeente", "privacy_officer", "accountability")
    with pytest.raises(Forbidden), hub.store.writing() as work:
        handover.give_code(work, second_hat, asked.id, "CODE")
    with pytest.raises(NotNow), hub.store.writing() as work:
        handover.take(work, hub.config, MARLOES, asked.id, case_id, MARK_KEY)
    with hub.store.reading() as session:
        assert handover.open_requests(session, MARLOES) == []
        assert [one.id for one in handover.open_requests(session, FATIMA)] == [asked.id]


def test_a_page_without_account_shows_nothing_by_itself_and_stops_who_guesses(tmp_path: Path) -> None:
    with closing(open_test_hub(f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")) as hub:
        site = Site(hub)
        http = site.web.app.test_client()
        form = {"code": "A" * 24, "csrf_token": mark_of(http, "/inzage/openen")}
        answers = [
            http.post("/inzage/openen", data={**form, "bestand": (io.BytesIO(b"x" * 100), "a.schakel")}).status_code
            for _ in range(200)
        ]
        assert set(answers) == {422, 429}
