"""Return messages: what we answer, and that the answer is one by the standard."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Verdict
from connectors.social_work.codes import RETURN_CODES
from connectors.social_work.envelope import opened
from schemas.vocabulary import MessageKind
from tests.unit.test_social_work_material import (
    BOOK,
    CONNECTOR,
    NOW,
    OPEN_BOOK,
    SAMPLES,
    changed,
    make_retour_xsds,
    need_standard,
    partner_samples,
    payload,
    read,
    refused,
    sample,
    valid,
)

HEEN = sorted(
    path for path in SAMPLES.glob("*.xml") if "ggk" not in path.stem and int(path.stem.split("-")[1][-3:]) % 2
)
ASSIGNMENT, START = sample("in-wmo301.xml"), sample("in-wmo305.xml")


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    need_standard()
    folder = make_retour_xsds(tmp_path_factory.mktemp("retour"))
    return lambda body: valid(body, folder)


def answer(body: bytes, verdict: Verdict = Verdict.ACCEPTED, refusal: Refusal | None = None) -> bytes:
    found = CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)
    assert found is not None
    return found.body


def codes(body: bytes) -> list[tuple[str, str]]:
    """Give the return codes with the element they judge."""
    found = []
    for code in etree.fromstring(body).iter("{*}RetourCode"):
        judged = code.getparent().getparent()
        found.append((etree.QName(judged).localname, code.text))
    return found


@pytest.mark.standards
@pytest.mark.parametrize("path", HEEN, ids=lambda path: path.stem)
def test_an_accepted_message_is_answered_by_a_valid_return_message(path: Path, check: Callable[[bytes], None]):
    body = answer(path.read_bytes())
    check(body)
    assert {code for _name, code in codes(body)} == {"0200"}
    receipt = read(body).messages[0]
    assert receipt.kind is MessageKind.PROCESSED
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.reference == opened(path.read_bytes()).identification


@pytest.mark.standards
def test_every_sample_of_the_standard_gets_a_valid_answer_in_its_family(check: Callable[[bytes], None]):
    heen = [path for path in partner_samples() if int(path.stem[-3:]) % 2]
    assert len(heen) == 8
    for path in heen:
        for other in ("iwmo", "ijw"):
            body = path.read_bytes()
            if other not in path.parts and path.stem[-3:] in ("301", "317"):
                body = _as_youth(body, path.stem)
            check(answer(body))
            check(answer(body, Verdict.REFUSED, None))


def _as_youth(body: bytes, name: str) -> bytes:
    """Give an iWmo sample as its iJw twin: the collected standard has no sample of it."""
    number, code = name[-3:], {"301": ("414", "436"), "317": ("480", "486")}[name[-3:]]
    return changed(
        body,
        ("iwmo", "ijw"),
        (f"wmo{number}", f"jw{number}"),
        (f"Code>{code[0]}<", f"Code>{code[1]}<"),
        ("Categorie>01<", "Categorie>45<"),
    )


@pytest.mark.standards
def test_the_answer_repeats_the_header_and_puts_an_identification_of_its_own_to_it(check: Callable[[bytes], None]):
    body = answer(START)
    header, heen = opened(body).header, opened(START).header
    for name in ("Afzender", "Ontvanger"):
        assert header.texts[name] == heen.texts[name]
    assert header.inner("BerichtIdentificatie").texts == heen.inner("BerichtIdentificatie").texts
    assert header.texts["IdentificatieRetour"] != heen.inner("BerichtIdentificatie").texts["Identificatie"]
    assert header.texts["DagtekeningRetour"] == "2026-11-24"
    assert opened(body).sender == "0855"


def test_a_duplicate_gets_the_same_receipt_again():
    assert answer(START, Verdict.DUPLICATE) == answer(START)


@pytest.mark.standards
def test_a_bad_class_gets_its_code_and_the_rest_is_not_judged(check: Callable[[bytes], None]):
    body = changed(ASSIGNMENT, ("Nummer>500099", "Nummer>500101"))
    found = answer(body, Verdict.REFUSED, refused(body))
    check(found)
    assert codes(found) == [
        ("Header", "0001"),
        ("Contact", "0233"),
        ("ToegewezenProduct", "0233"),
        ("ToegewezenProduct", "9332"),
        ("Client", "0233"),
    ]
    assert read(found).messages[0].kind is MessageKind.REFUSED


@pytest.mark.standards
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("Dagtekening>2026-11-12", "Dagtekening>2027-01-01", "8848"), ("Ontvanger>0855", "Ontvanger>0758", "S300")],
)
def test_a_fault_of_the_header_is_answered_by_the_header_alone(
    old: str, new: str, code: str, check: Callable[[bytes], None]
):
    body = changed(START, (old, new))
    found = answer(body, Verdict.REFUSED, refused(body))
    check(found)
    assert codes(found) == [("Header", code)]


@pytest.mark.standards
def test_a_broken_content_is_answered_without_repeating_it(check: Callable[[bytes], None]):
    body = changed(START, ("<wmo305:Bsn>999930011</wmo305:Bsn>", ""))
    found = answer(body, Verdict.REFUSED, refused(body))
    check(found)
    assert codes(found) == [("Header", "0001")]


@pytest.mark.standards
@pytest.mark.parametrize("code", ["9056", "9019", "9069", None, "no code of the list"])
def test_the_hub_may_refuse_with_a_code_of_its_own(code: str | None, check: Callable[[bytes], None]):
    refusal = Refusal(
        RefusalCode.NOT_ALLOWED, "No.", field="Client/StartProducten/StartProduct[2]/X", dialect_code=code
    )
    found = answer(START, Verdict.REFUSED, refusal)
    check(found)
    expected = code if code in RETURN_CODES else "0001"
    where = "Header" if code == "9056" else "StartProduct"
    assert (where, expected) in codes(found)


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<a/>",
        changed(START, ("/3_2/", "/3_1/")),
        changed(START, ("BerichtVersie>3<", "BerichtVersie>2<")),
        changed(START, ("wmo305", "wmo323")),
        changed(START, ("<iwmo:Identificatie>KADE00000305</iwmo:Identificatie>", "")),
        sample("in-wmo302.xml"),
    ],
    ids=["text", "stranger", "older", "version", "declaration", "unaddressed", "retour"],
)
def test_what_cannot_be_answered_gets_no_answer(body: bytes):
    assert CONNECTOR.acknowledge(payload(body), Verdict.REFUSED, None, OPEN_BOOK, NOW) is None
