"""Corrections over the API and on the pages: the owner decides, who received is told, nobody learns who else helps."""

import json
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub.models import AuditRecord, Case, Correction, CorrectionNotice, Erasure, Referral
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, TEAM, WI, Site, mark_of, sign_in_as, someone
from tests.integration.conftest import add_viewer
from tests.personas import BAS, MARLOES, NAIMA, PETER, person

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente Tilburg", "privacy_officer", "accountability")
GIVEN = {"field": "reason", "value": "De juiste reden", "why": "Dat zei ik niet."}


def a_case(hub: Hub) -> tuple[Site, str, dict[str, str]]:
    """Make a client of Marloes whom W&I sent to social work, and a team to mental health care."""
    site, whom, ids = Site(hub), someone(), {}
    sent = site.send(client=whom, to=KADE, reason="FOUT").json
    ids[KADE] = sent["id"]
    ground = {"basis": "public_task", "law": "wmo_2015", "purpose": "guidance"}
    ids[GGZ] = site.send(TEAM, client=whom, to=GGZ, life_domains=["mental_health"], ground=ground).json["id"]
    with hub.store.writing() as work:
        add_viewer(work, FATIMA)
        work.execute(update(Case.__table__).values(regisseur_id=MARLOES.id))
    return site, sent["case_id"], ids


def ask(site: Site, case_id: str, by: str, **body: Any) -> Any:
    return site.call("POST", f"/cases/{case_id}/corrections", by, body={**GIVEN, **body})


def decide(site: Site, case_id: str, which: str, by: str, **body: Any) -> Any:
    return site.call("POST", f"/cases/{case_id}/corrections/{which}/decision", by, body=body)


def test_a_receiver_asks_the_sender_corrects_and_both_read_how_far_it_is(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    assert site.event(ids[KADE], "receive", KADE).status_code == 200
    assert site.event(ids[KADE], "accept", KADE).status_code == 200
    asked = ask(site, case_id, KADE, referral_id=ids[KADE])
    assert asked.status_code == 201, asked.json
    assert (asked.json["owner"], asked.json["state"], asked.json["decides"]) == (WI, "asked", False)
    assert site.get(f"/cases/{case_id}/corrections", WI).json["items"][0]["decides"] is True
    assert decide(site, case_id, asked.json["id"], KADE, decision="correct").status_code == 404
    done = decide(site, case_id, asked.json["id"], WI, decision="correct")
    assert done.status_code == 200, done.json
    assert [(one["organisation"], one["state"]) for one in done.json["notices"]] == [(KADE, "under_way")]
    assert decide(site, case_id, asked.json["id"], WI, decision="correct").status_code == 409
    with database_hub.store.reading() as session:
        rows = [json.loads(body) for body in session.scalars(
            select(AuditRecord.body).where(AuditRecord.deed == "client.correct").order_by(AuditRecord.at))]  # fmt: skip
    assert [(row["outcome"], row.get("detail")) for row in rows] == [
        ("ok", "ask"), ("denied", None), ("ok", "correct")
    ]  # fmt: skip


def test_declining_needs_a_reason_and_another_case_is_not_there(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    which = ask(site, case_id, WI, referral_id=ids[KADE]).json["id"]
    assert decide(site, case_id, which, WI, decision="decline").status_code == 422
    assert decide(site, "not-there", which, WI, decision="correct").status_code == 404
    told = decide(site, case_id, which, WI, decision="decline", reason="Zo staat het in de brief.").json
    assert (told["state"], told["answer"]) == ("declined", "Zo staat het in de brief.")


def test_who_is_a_stranger_or_gives_what_does_not_fit_is_refused(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    assert ask(site, case_id, "de-spoel", field="family_name").status_code == 404
    assert site.get(f"/cases/{case_id}/corrections", "de-spoel").status_code == 404
    assert ask(site, case_id, WI, field="bsn").status_code == 422
    assert ask(site, case_id, WI, field="birth_date", value="gisteren").status_code == 422
    assert ask(site, case_id, WI, referral_id=ids[GGZ]).status_code == 404, "sent by the team to mental health care"


def test_a_corrected_name_reaches_all_and_tells_the_owner_of_nobody_hidden(database_hub: Hub) -> None:
    site, case_id, _ids = a_case(database_hub)
    which = ask(site, case_id, WI, field="family_name", value="Goednaam").json["id"]
    page = browse(site, MARLOES.id)
    press(page, "/rechten", "/rechten/verbeter", kenmerk=which, dossier=case_id)
    for text in (page.get("/rechten").text, page.get(f"/inwoners/{case_id}/rechten").text):
        assert "De Kade" in text.partition("Wie de fout had:")[2].partition("</ul>")[0]
        assert "De Leij" not in text.partition("<main")[2]
        assert "Wie voor u is afgeschermd, staat hier nooit" in text
    told = {one["organisation"] for one in site.get(f"/cases/{case_id}/corrections", WI).json["items"][0]["notices"]}
    assert told == {KADE}
    with database_hub.store.reading() as session:
        assert set(session.scalars(select(CorrectionNotice.organisation))) == {KADE, GGZ}


def browse(site: Site, who: str) -> FlaskClient:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, who)
    return http


def press(http: FlaskClient, page: str, path: str, **form: str) -> Any:
    return http.post(path, data={**form, "csrf_token": mark_of(http, page)})


def test_asking_on_the_page_names_what_lacks_and_keeps_what_was_written(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    page, home = browse(site, MARLOES.id), f"/inwoners/{case_id}/rechten"
    lacks = press(page, home, f"{home}/correctie", about=f"{ids[KADE]}/reason", right="Zo was het", why="")
    assert lacks.status_code == 422
    assert "Zo was het" in lacks.text
    assert "Vul in waarom het niet klopt." in lacks.text
    wrong = press(page, home, f"{home}/correctie", about="/birth_date", right="gisteren", why="fout")
    assert "Dit past hier niet" in wrong.text
    done = press(page, home, f"{home}/correctie", about=f"{ids[KADE]}/reason", right="Zo was het", why="fout")
    assert done.status_code == 303
    assert "Zo was het" in page.get("/rechten").text
    assert "Schrijf op waarom" in press(page, "/rechten", "/rechten/afwijs", kenmerk=the_one(site, case_id),
                                        dossier=case_id, reden="").text  # fmt: skip


def the_one(site: Site, case_id: str) -> str:
    return str(site.get(f"/cases/{case_id}/corrections").json["items"][0]["id"])


def test_income_and_strangers_see_no_request_and_decide_nothing(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    which = ask(site, case_id, WI, referral_id=ids[KADE]).json["id"]
    assert browse(site, PETER.id).get("/rechten").status_code == 404
    assert browse(site, PETER.id).get(f"/inwoners/{case_id}/rechten").status_code == 404
    naima = browse(site, NAIMA.id)
    assert GIVEN["value"] not in naima.get("/rechten").text
    assert press(naima, "/rechten", "/rechten/verbeter", kenmerk=which, dossier=case_id).status_code == 422
    with site.hub.store.reading() as session:
        assert session.scalars(select(Correction.state)).one() == "asked"


def test_an_erasure_is_asked_by_one_and_refused_by_another_with_the_law_told_to_the_officer_alone(
    database_hub: Hub,
) -> None:
    site, case_id, _ids = a_case(database_hub)
    marloes, fatima, home = browse(site, MARLOES.id), browse(site, "fatima"), f"/inwoners/{case_id}/rechten"
    with database_hub.store.writing() as work:
        work.execute(update(Referral.__table__).values(basis="public_task", law="wmo_2015"))
    assert press(marloes, home, f"{home}/vergetelheid").status_code == 303
    with database_hub.store.reading() as session:
        which = session.scalars(select(Erasure.id)).one()
    assert press(marloes, home, "/rechten/wis", kenmerk=which, dossier=case_id).status_code == 422
    assert "wmo_2015" in fatima.get("/rechten").text
    assert press(fatima, "/rechten", "/rechten/wis", kenmerk=which, dossier=case_id).status_code == 303
    assert "wmo_2015" in fatima.get("/rechten").text
    shown = marloes.get(home).text
    assert "wmo_2015" not in shown
    assert "vertelt" in shown
    with database_hub.store.reading() as session:
        bodies = [json.loads(one) for one in session.scalars(
            select(AuditRecord.body).where(AuditRecord.deed == "client.erase").order_by(AuditRecord.at))]  # fmt: skip
    assert [(one["outcome"], one.get("detail")) for one in bodies] == [
        ("ok", "ask"), ("denied", None), ("ok", "refused")
    ]  # fmt: skip


def test_the_terms_are_counted_by_the_officer_and_the_operator_without_a_reference(database_hub: Hub) -> None:
    site, case_id, ids = a_case(database_hub)
    for who in ("fatima", BAS.id):
        page = browse(site, who)
        assert press(page, "/rechten", "/rechten/termijnen").status_code == 303
        text = page.get("/rechten").text
        assert "Te lang bewaard" in text
        assert not [one for one in (case_id, *ids.values()) if one in text]
    assert press(browse(site, MARLOES.id), "/rechten", "/rechten/termijnen").status_code == 422
    with database_hub.store.reading() as session:
        outcomes = session.scalars(
            select(AuditRecord.outcome).where(AuditRecord.deed == "retention.preview").order_by(AuditRecord.at)
        ).all()
    assert outcomes == ["ok", "ok", "denied"]
