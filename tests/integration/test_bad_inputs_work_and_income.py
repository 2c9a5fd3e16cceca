"""The hostile inputs for Work & Income: what is answered, what is kept, and that the lane of others goes on."""

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from time import perf_counter
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree
from sqlalchemy import select

from hub.models import Intake
from tests.integration.callers import WI, Hands, Lines, Site, new_bsn
from tests.integration.conftest import open_test_hub
from tests.integration.suite import case_number, new_case
from tests.personas import SHARED
from workers.command import main

BAD = SHARED / "bad-inputs"
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")
XML = "text/xml; charset=utf-8"
STUF = "{http://www.egem.nl/StUF/StUF0301}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
TRAPS = ["xml-billion-laughs.xml", "xml-depth-3000.xml", "xml-encoding-lie.xml"]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("bad")
    url = f"sqlite:///{folder}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_database_url")
    with closing(open_test_hub(url, f"embedded:///{folder}/broker.db")) as hub:
        made = Site(hub)
        made.bring(WI, new_case(new_bsn(), case_number()), XML)  # the first of all makes the key that signs receipts
        with closing(Hands(hub)) as hands:
            hands.until_still()
        yield made


@pytest.fixture(autouse=True)
def the_next_good_case_goes_through(site: Site, hands: Hands, heard: Lines) -> Iterator[None]:
    """After every bad input, a good case of another client becomes a referral; and nobody's number is in a log."""
    yield
    bsn = new_bsn()
    answer = site.bring(WI, new_case(bsn, case_number()), XML)
    assert answer.status_code == 200
    assert b"Bv03" in answer.data
    hands.until_still()
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", WI).json
    assert (told["status"], len(told["referral_ids"])) == ("applied", 1)
    assert not [line for line in heard.lines if bsn in line or "999900006" in line or "Voorbeeld" in line]


def bring_bad(site: Site, hands: Hands, body: bytes) -> Any:
    """Bring it, and hold that it is kept byte for byte before a person, without effect."""
    before = site.counts()
    tracemalloc.start()
    begun = perf_counter()
    answer = site.bring(WI, body, XML)
    took, (_now, peak) = perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{body[:60]!r}: {took * 1000:.0f} ms, {peak / 1e6:.1f} MB at most")
    assert peak < 20_000_000
    hands.until_still()
    told = site.get(f"/intake/{answer.headers['Intake-Id']}", WI).json
    assert told["status"] == "quarantined"
    assert told["reason"]["code"] and told["reason"]["message"]
    with site.hub.store.reading() as session:
        kept = session.scalars(select(Intake).where(Intake.id == answer.headers["Intake-Id"])).one()
    assert kept.payload == body, "the bytes are kept exactly"
    assert kept.handled_at is None
    after = site.counts()
    changes = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert changes == {"intake": 1, "case_keys": 1}, "nothing changed but that it was kept"
    return answer


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_for_readers_of_xml_is_quarantined(site: Site, hands: Hands, name: str) -> None:
    body = (BAD / name).read_bytes()
    answer = bring_bad(site, hands, body)
    assert answer.status_code == 500, "SOAP 1.1, 6.2: a stack reads a fault at no other status"
    fault = etree.fromstring(answer.data).find(f"{SOAP}Body/{SOAP}Fault")
    assert fault is not None, "the sender is told in SOAP, though not what it was about"
    assert fault.findtext("faultcode") == "soap:Client"
    assert fault.find("detail") is None
    assert b"lol" not in answer.data


def test_a_message_for_another_system_is_refused(site: Site, hands: Hands) -> None:
    body = (BAD / "stuf-wrong-receiver.xml").read_bytes()
    answer = bring_bad(site, hands, body)
    assert answer.content_type == XML
    told = etree.fromstring(answer.data).find(f"{SOAP}Body/{SOAP}Fault/detail/{STUF}Fo03Bericht")
    assert told is not None
    lead = f"{STUF}stuurgegevens"
    assert told.findtext(f"{lead}/{STUF}crossRefnummer") == "c0ffee00-0000-4000-8000-000000000001"
    assert told.findtext(f"{lead}/{STUF}ontvanger/{STUF}applicatie") == "TESTZAAK"
    assert told.findtext(f"{lead}/{STUF}zender/{STUF}applicatie") == "Schakel", "we don't speak for who it was for"
    assert told.findtext(f"{STUF}body/{STUF}code") == "StUF010"
    assert b"999900006" not in answer.data and b"Voorbeeld" not in answer.data


@pytest.mark.parametrize(
    ("sends", "accepts", "status"),
    [("application/xml", "*/*", 422), (XML, "application/json", 422), (XML, "text/xml, */*;q=0.1", 500)],
    ids=["no SOAP", "who asks for JSON", "SOAP"],
)
def test_only_who_speaks_soap_gets_a_fault_as_soap_has_it(site: Site, sends: str, accepts: str, status: int) -> None:
    answer = site.bring(WI, (BAD / TRAPS[0]).read_bytes(), sends, Accept=accepts)
    assert answer.status_code == status


@pytest.mark.parametrize("name", [*TRAPS, "stuf-wrong-receiver.xml"])
def test_the_command_refuses_it_in_one_line(name: str) -> None:
    run = CliRunner().invoke(main, ["translate", "--connector", "work_and_income", "in", str(BAD / name)])
    error = json.loads(run.stderr)
    assert (run.exit_code, run.stdout) == (2, "")
    assert error["error"] == ("not_allowed" if name.startswith("stuf") else "malformed")
    assert (error["field"] or "") == ("zakLk01/stuurgegevens/ontvanger" if name.startswith("stuf") else "")
