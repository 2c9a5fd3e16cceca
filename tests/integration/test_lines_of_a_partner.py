"""Files of lines through the hub: good lines have their effect once, bad ones wait for a person, order holds."""

import csv
import datetime as dt
import io
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from connectors.protocol import Payload
from connectors.registry import connector
from connectors.transports.files import DropFolder, IntakeFolder
from hub.models import Intake, Referral
from hub.services.messages.intake import take_in
from hub.services.messages.monitor import monitor
from hub.services.messages.quarantine import read_again
from hub.services.record.case_keys import payloads_of
from hub.services.referrals.message_view import message_view
from hub.services.views.message import Withheld
from hub.settings import DEMO_CONFIG
from hub.wiring import Hub
from schemas.identifiers import new_id
from tests.integration.callers import SPOEL, WI, Hands, Site, looking_at, now
from tests.integration.conftest import Ring, open_test_hub
from tests.personas import BAS, TOM
from workers.files import FileIntake

HEADING = "registratienummerRv;status;datum;toelichting"
AS_JSON = {"Accept": "application/json"}
OWN = 'columns = { naam = "achternaam", traject = "kenmerk", startdatum = "datum", opmerking = "toelichting" }'


def with_own_headings(folder: Path) -> Path:
    """The demo's configuration, where De Spoel has headings of its own in its files."""
    text = DEMO_CONFIG.read_text(encoding="utf-8")
    marked = "[organisations.de-spoel]\n"
    path = folder / "organisations.toml"
    path.write_text(text.replace(marked, f"{marked}dialect = {{ {OWN} }}\n"), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("lines")
    url = f"sqlite:///{folder}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_database_url")
    opened = open_test_hub(url, f"embedded:///{folder}/broker.db", with_own_headings(folder))
    with closing(opened) as hub:
        yield Site(hub)


def refer(site: Site, **changes: Any) -> dict[str, Any]:
    ground = {"basis": "public_task", "purpose": "placement", "law": "participatiewet"}
    answer = site.send(
        WI, to=SPOEL, service="orientatie-groen", life_domains=["work_education"], ground=ground, **changes
    )
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def status(site: Site, referral: dict[str, Any]) -> Any:
    return site.get(f"/referrals/{referral['id']}", WI).json["status"]


def a_file(*lines: str) -> bytes:
    return "\r\n".join([HEADING, *lines, ""]).encode()


def report(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def quarantined(site: Site, since: int = 0) -> list[Any]:
    query = select(Intake.reason_code, Intake.field, Intake.payload, Intake.id).where(Intake.state == "quarantined")
    with looking_at(site.hub) as session:
        return list(session.execute(query.order_by(Intake.received_at)).all())[since:]


def test_good_lines_go_on_and_the_file_waits_for_the_bad_ones(site: Site, hands: Hands) -> None:
    one, other = refer(site), refer(site)
    before = len(quarantined(site))
    body = a_file(f"{one['number']};gestart;2026-11-02;", f"{other['number']};begonnen;2026-11-02;")
    taken = site.bring(SPOEL, body, "text/csv", **AS_JSON)
    assert (taken.status_code, taken.json["state"]) == (202, "received")
    assert [line["field"] for line in taken.json["rejected"]] == ["regel 3: status"]
    hands.until_still()
    assert (status(site, one), status(site, other)) == ("started", "sent")
    [kept] = quarantined(site, before)
    assert (kept.reason_code, kept.field, kept.payload) == ("lines_refused", "regel 3: status", body)
    assert site.get(f"/intake/{taken.json['intake_id']}", SPOEL).json["status"] == "applied"
    with site.hub.store.writing() as work:
        found = set(payloads_of(work, one["case_id"]))
    assert {kept.id, taken.json["intake_id"]} <= found, "an erasure reaches the file in quarantine too"


def test_the_corrected_file_has_its_effect_for_what_was_corrected_alone(site: Site, hands: Hands) -> None:
    one, other = refer(site), refer(site)
    good = f"{one['number']};gestart;2026-11-02;eerste dag"
    site.bring(SPOEL, a_file(good, f"{other['number']};begonnen;2026-11-02;"), "text/csv")
    hands.until_still()
    version = site.get(f"/referrals/{one['id']}", WI).json["version"]
    answer = site.bring(SPOEL, a_file(good, f"{other['number']};gestart;2026-11-02;"), "text/csv")
    assert [row["oordeel"] for row in report(answer)] == ["gelezen", "gelezen"]
    hands.until_still()
    assert (status(site, one), status(site, other)) == ("started", "started")
    assert site.get(f"/referrals/{one['id']}", WI).json["version"] == version
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", SPOEL).json
    assert (told["status"], len(told["referral_ids"])) == ("applied", 2)


def test_the_same_file_again_gets_the_same_answer_and_has_no_effect(site: Site, hands: Hands) -> None:
    one = refer(site)
    body = a_file(f"{one['number']};gestart;2026-11-02;", "0;gestart;2026-11-02;")
    first = site.bring(SPOEL, body, "text/csv")
    hands.until_still()
    before = len(quarantined(site))
    again = site.bring(SPOEL, body, "text/csv")
    assert (again.data, again.headers["Intake-State"]) == (first.data, "duplicate")
    assert len(quarantined(site)) == before


def test_a_file_without_one_good_line_is_refused_with_its_report(site: Site) -> None:
    answer = site.bring(SPOEL, a_file("0;gestart;2026-11-02;", "1;gestart;morgen;"), "text/csv")
    assert answer.status_code == 422
    assert [(row["regel"], row["kolom"]) for row in report(answer)] == [("2", "registratienummerRv"), ("3", "datum")]


def test_what_a_person_has_read_again_brings_the_lines_that_were_mended(site: Site, hands: Hands) -> None:
    one, other = refer(site), refer(site)
    heading = HEADING.replace("toelichting", "opmerking")
    lines = [f"{one['number']};gestart;2026-11-02;", f"{other['number']};gestart;2026-11-02;caf\xe9"]
    body = "\n".join([heading, *lines]).encode("cp1252")
    site.bring(SPOEL, body, "text/csv")
    hands.until_still()
    assert (status(site, one), status(site, other)) == ("started", "sent")
    kept = quarantined(site)[-1]
    mended = dict(site.hub.config.organisations)
    known = mended[SPOEL]
    object.__setattr__(known, "dialect", {**known.dialect, "encoding": "windows-1252"})
    try:
        with site.hub.store.writing() as work:
            taken = read_again(work, site.hub.config, kept.id, "Bas")
    finally:
        object.__setattr__(known, "dialect", {name: one for name, one in known.dialect.items() if name != "encoding"})
    assert (taken.state, taken.rejected) == ("received", ())
    hands.until_still()
    assert (status(site, one), status(site, other)) == ("started", "started")


def test_a_file_that_holds_a_line_about_another_client_is_shown_at_no_referral(site: Site, hands: Hands) -> None:
    one, other = refer(site), refer(site)
    alone, with_other = f"{one['number']};gestart;2026-11-02;", f"{other['number']};begonnen;2026-11-02;GEHEIM"
    files = [a_file(alone), a_file(alone, with_other), a_file(alone, with_other.replace("begonnen", "gestart"))]
    brought = []
    for body in files:
        brought.append(site.bring(SPOEL, body, "text/csv").headers["Intake-Id"])
        hands.until_still()
    first, third = (one["id"], brought[0]), (other["id"], brought[2])  # of its two lines, the first was a repetition
    refused = a_file(f"{one['number']};afgerond;2026-11-20;", with_other)
    second = one["id"], site.bring(SPOEL, refused, "text/csv").headers["Intake-Id"]
    hands.until_still()
    with looking_at(site.hub) as session:
        shown = [message_view(session, site.hub.config, TOM, *which, now()) for which in (first, second, third)]
    assert [set(view.withheld.values()) for view in shown] == [set(), {Withheld.OTHERS}, {Withheld.OTHERS}]


def test_lines_of_several_clients_keep_the_order_of_their_files(site: Site, hands: Hands) -> None:
    made = [refer(site) for _ in range(3)]
    words = ("gestart", "onderbroken", "hervat", "afgerond")
    for day, word in enumerate(words, 2):
        reason = f"{word};2026-11-0{day};{'reden: vakantie' if word == 'onderbroken' else ''}"
        assert site.bring(SPOEL, a_file(*[f"{one['number']};{reason}" for one in made]), "text/csv").status_code == 200
    hands.until_still()
    assert [status(site, one) for one in made] == ["completed"] * 3


def test_a_line_about_what_is_not_known_is_put_before_a_person_and_the_others_count(site: Site, hands: Hands) -> None:
    one = refer(site)
    answer = site.bring(SPOEL, a_file("1;gestart;2026-11-02;", f"{one['number']};gestart;2026-11-02;"), "text/csv")
    hands.until_still()
    assert status(site, one) == "started"
    assert site.get(f"/intake/{answer.headers['Intake-Id']}", SPOEL).json["status"] == "quarantined"


def document(referral: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "berichtId": new_id(),
        "soort": "voortgang",
        "verzondenOp": "2026-11-24T10:00:00+01:00",
        "registratienummerRv": str(referral["number"]),
        "status": "gestart",
        **changes,
    }


def test_json_is_taken_once_and_another_content_under_the_same_number_is_refused(site: Site, hands: Hands) -> None:
    one = refer(site)
    said = document(one)
    first = site.bring(SPOEL, json.dumps(said).encode(), "application/json", Accept="*/*")
    assert (first.status_code, first.json["uitkomst"], first.json["betreftBericht"]) == (
        200, "verwerkt", said["berichtId"],
    )  # fmt: skip
    again = site.bring(SPOEL, json.dumps(said).encode(), "application/json", Accept="*/*")
    assert (again.data, again.headers["Intake-State"]) == (first.data, "duplicate")
    other = site.bring(SPOEL, json.dumps({**said, "status": "afgerond"}).encode(), "application/json", Accept="*/*")
    assert (other.status_code, other.json["code"]) == (422, "dubbel")
    hands.until_still()
    assert status(site, one) == "started"


def test_what_comes_too_early_waits_for_what_must_come_first(site: Site, hands: Hands) -> None:
    one = refer(site)
    early = document(one, status="hervat")
    site.bring(SPOEL, json.dumps(early).encode(), "application/json")
    hands.until_still()
    assert status(site, one) == "sent"
    reason = {"code": "vakantie"}
    site.bring(SPOEL, json.dumps(document(one, status="onderbroken", reden=reason)).encode(), "application/json")
    hands.until_still()
    assert status(site, one) == "started"


def test_another_organisation_can_not_be_spoken_for(site: Site) -> None:
    one = refer(site)
    said = document(one, afzender={"organisatie": "mw-de-kade"})
    answer = site.bring(SPOEL, json.dumps(said).encode(), "application/json", Accept="*/*")
    assert (answer.status_code, answer.json["code"]) == (422, "not_allowed")


def test_a_file_in_the_drop_folder_is_answered_in_a_file(site: Site, hands: Hands, tmp_path: Path) -> None:
    one = refer(site)
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    folder = FileIntake(
        site.hub, site.hub.config.organisations[SPOEL], IntakeFolder(tmp_path / "in"), DropFolder(tmp_path / "out")
    )
    path = tmp_path / "in" / "voortgang.csv"
    path.write_bytes(a_file(f"{one['number']};gestart;2026-11-02;", "x;gestart;2026-11-02;"))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert folder.step() == 1
    hands.until_still()
    assert status(site, one) == "started"
    [answer] = (tmp_path / "out").glob("*.csv")
    assert b"geweigerd" in answer.read_bytes()
    [taken] = (tmp_path / "in" / "taken").glob("*.csv")
    why = taken.with_name(f"{taken.name}.reason.txt").read_text(encoding="utf-8")
    assert why.startswith("regel 3: registratienummerRv\n  en: ") and "\n  nl: " in why
    with site.hub.store.reading() as session:
        lines = monitor(session, site.hub.config, BAS, now()).lines
    assert taken.name in [line.reference for line in lines], "an operator can tell the partner which file it is"


def test_a_workbook_in_the_drop_folder_is_read_line_by_line(site: Site, hands: Hands, tmp_path: Path) -> None:
    one, other = refer(site), refer(site)
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.append(HEADING.split(";"))
    sheet.append([one["number"], "gestart", dt.datetime(2026, 11, 2), "ok"])
    sheet.append([other["number"], "gestart", dt.datetime(2026, 11, 2), "=1+1"])
    path = tmp_path / "in" / "voortgang.xlsx"
    made.save(path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    organisation = site.hub.config.organisations[SPOEL]
    folder = FileIntake(site.hub, organisation, IntakeFolder(tmp_path / "in"), DropFolder(tmp_path / "out"))
    assert folder.step() == 1
    hands.until_still()
    assert (status(site, one), status(site, other)) == ("started", "sent")
    assert quarantined(site)[-1].field == "regel 3"
    [answer] = (tmp_path / "out").glob("*.csv")
    assert "formule" in answer.read_text(encoding="utf-8-sig")


def test_with_a_real_broker_each_line_has_its_effect_once(hub: Hub, ring: Ring) -> None:
    site = Site(hub)
    made = [refer(site) for _ in range(3)]
    body = a_file(*[f"{one['number']};gestart;2026-11-02;" for one in made])
    for payload in (body, body, a_file(*[f"{one['number']};gestart;2026-11-02;" for one in reversed(made)])):
        with hub.store.writing() as work:
            take_in(
                work, hub.config, hub.config.organisations[SPOEL], connector("reintegration"),
                Payload(body=payload, content_type="text/csv"),
            )  # fmt: skip
    ring.until(lambda: all(status(site, one) == "started" for one in made))
    ring.until_still()
    with hub.store.reading() as session:
        versions = set(session.scalars(select(Referral.version)))
    assert len(versions) == 1
