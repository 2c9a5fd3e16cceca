"""Bad inputs of the index that hold lines: what is wrong is refused by its line, and the others are handled once."""

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from connectors.protocol import Payload
from connectors.registry import connector
from hub.services.messages.address_book import address_book
from schemas.message import Message
from tests.integration.callers import SPOEL, Hands, Site, now
from tests.integration.conftest import open_test_hub
from tests.integration.test_lines_of_a_partner import quarantined, refer, report, status, with_own_headings
from tests.personas import SHARED
from workers.command import main

BAD = SHARED / "bad-inputs"
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")
BSNS = ("999900006", "999900018", "999900031", "999900043", "999900055")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    with closing(open_test_hub(*urls, with_own_headings(tmp_path))) as hub:
        yield Site(hub)


def known(site: Site) -> dict[str, dict[str, Any]]:
    """Refer the people of the files to De Spoel, each once; give the referrals by BSN."""
    person = {"family_name": "Voorbeeld", "birth_date": "1980-05-17"}
    return {bsn: refer(site, client={"bsn": bsn, **person}) for bsn in BSNS}


def bring(site: Site, name: str) -> list[dict[str, str]]:
    """Bring a file, let the hub work, and give the lines of the answer."""
    answer = site.bring(SPOEL, (BAD / name).read_bytes(), "text/csv")
    assert answer.status_code == 200, answer.data
    with closing(Hands(site.hub)) as hands:
        hands.until_still()
    return report(answer)


def statuses(site: Site, made: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {bsn: status(site, one) for bsn, one in made.items()}


def notes(site: Site, referral: dict[str, Any]) -> str:
    return json.dumps(site.get(f"/referrals/{referral['id']}/trail").json, ensure_ascii=False)


def test_formulas_are_taken_as_words_and_leave_as_words(site: Site) -> None:
    made = known(site)
    rows = bring(site, "csv-formulas.csv")
    # the first line holds separators of its own, unquoted: it is a column too long
    assert [(row["regel"], row["oordeel"]) for row in rows] == [
        ("2", "geweigerd"), ("3", "gelezen"), ("4", "gelezen"), ("5", "gelezen"), ("6", "gelezen"),
    ]  # fmt: skip
    assert list(statuses(site, made).values()) == ["sent", "started", "started", "started", "started"]
    organisation = site.hub.config.organisations[SPOEL]
    book = address_book(site.hub.config, organisation)
    payload = Payload(body=(BAD / "csv-formulas.csv").read_bytes(), content_type="text/csv")
    reading = connector("reintegration").read(payload, book, now())
    for message in reading.messages:
        assert not [cell for cell in cells(message, book) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def cells(message: Message, book: Any) -> list[str]:
    """Give every cell that we write of a message, in CSV and in XLSX; no cell of the workbook is a formula."""
    found = []
    for form in ("csv", "xlsx"):
        own = dataclasses.replace(book, dialect={**book.dialect, "format": form})
        body = connector("reintegration").write(message, own, now()).payload.body
        if form == "csv":
            found += [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";") for cell in row]
            continue
        assert b"<f>" not in zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
        sheet = load_workbook(io.BytesIO(body)).worksheets[0]
        found += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    return found


def test_a_line_in_another_encoding_waits_for_a_person(site: Site) -> None:
    made = known(site)
    rows = bring(site, "csv-mixed-encoding.csv")
    assert [(row["regel"], row["oordeel"], row["kolom"]) for row in rows] == [
        ("2", "gelezen", ""), ("3", "geweigerd", "opmerking"), ("4", "gelezen", ""),
    ]  # fmt: skip
    assert list(statuses(site, made).values())[:3] == ["started", "sent", "started"]
    [kept] = quarantined(site)
    assert (kept.field, kept.payload) == ("regel 3: opmerking", (BAD / "csv-mixed-encoding.csv").read_bytes())
    told = "".join(notes(site, one) for one in made.values())
    assert "café" in told and "cafÃ©" not in told and "\ufffd" not in told and "\udc80" not in told


def test_shifted_lines_wait_for_a_person_and_the_third_is_handled(site: Site) -> None:
    made = known(site)
    rows = bring(site, "csv-shifted-column.csv")
    assert [(row["regel"], row["oordeel"]) for row in rows] == [
        ("2", "geweigerd"),
        ("3", "geweigerd"),
        ("4", "gelezen"),
    ]
    assert statuses(site, made)["999900031"] == "started"
    assert set(list(statuses(site, made).values())[:2]) == {"sent"}
    assert [row.field for row in quarantined(site)] == ["regel 2, regel 3"]


@pytest.mark.parametrize("name", ["csv-formulas.csv", "csv-mixed-encoding.csv", "csv-shifted-column.csv"])
def test_with_other_headings_than_were_agreed_the_whole_file_is_refused(name: str) -> None:
    run = CliRunner().invoke(main, ["translate", "--connector", "reintegration", "in", str(BAD / name)])
    assert (run.exit_code, run.stdout) == (2, "")
    assert json.loads(run.stderr)["field"].startswith("regel 1")
