"""What a partner's system should never send, in every dialect: it is read whole or refused, and always answered."""

import copy
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload, Reading, Verdict
from connectors.registry import NAMES, connector
from connectors.reintegration.columns import COLUMNS
from tests.contract.partners import NOW, book_of, pairs

SAMPLES = [(name, theirs) for name in NAMES for theirs, _ours in pairs(name, "in") if theirs.suffix == ".xml"]
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
SHEET, LINKS, TYPES = "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
WORKBOOK = next(theirs for theirs, _ours in pairs("reintegration", "in") if theirs.suffix == ".xlsx").read_bytes()


def brought(name: str, body: bytes) -> Reading | Refusal:
    """Read a payload and answer it, as the intake does: the answer too must never fall."""
    payload, translator, book = Payload(body=body, content_type="text/plain"), connector(name), book_of(name)
    try:
        found: Reading | Refusal = translator.read(payload, book, NOW)
    except Refusal as refusal:
        found = refusal
    for verdict in Verdict:
        refusal = found if isinstance(found, Refusal) else Refusal(RefusalCode.NOT_ALLOWED, "No.")
        translator.acknowledge(payload, verdict, refusal if verdict is Verdict.REFUSED else None, book, NOW)
    return found


def said(found: Reading | Refusal) -> list[object]:
    return [message.to_json() for message in found.messages] if isinstance(found, Reading) else []


def leaves(root: etree._Element) -> list[etree._Element]:
    return [one for one in root.iter() if not len(one) and (one.text or "").strip()]


def each(path: Path, change: Callable[[etree._Element, str], None]) -> Iterator[tuple[str, bytes]]:
    """Give the sample once for each of its texts, with that one changed."""
    root = etree.fromstring(path.read_bytes(), etree.XMLParser(remove_comments=True))
    for place, one in enumerate(leaves(root)):
        spoiled = copy.deepcopy(root)
        change(leaves(spoiled)[place], (one.text or "").strip())
        yield str(one.tag), etree.tostring(spoiled)


def doubled(element: etree._Element, text: str) -> etree._Element:
    other = copy.deepcopy(element)
    other.text = text[:-1] + ("1" if text[-1] != "1" else "2")
    return other


def cut_by_an_element(element: etree._Element, text: str) -> None:
    half = max(1, len(text) // 2)
    element.text = text[:half]
    etree.SubElement(element, "{urn:odd}b").tail = text[half:]


def cut_by_what_says_nothing(element: etree._Element, text: str) -> None:
    half = max(1, len(text) // 2)
    element.text = text[:half]
    element.extend([etree.Comment("x"), etree.ProcessingInstruction("y", "z")])
    element[1].tail = text[half:]


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[path.name for _name, path in SAMPLES])
def test_an_element_inside_a_text_never_leaves_half_of_it(name: str, path: Path) -> None:
    good = said(brought(name, path.read_bytes()))
    for tag, body in each(path, cut_by_an_element):
        found = brought(name, body)
        assert isinstance(found, Refusal) or said(found) == good, tag


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[path.name for _name, path in SAMPLES])
def test_a_comment_inside_a_text_says_nothing(name: str, path: Path) -> None:
    good = said(brought(name, path.read_bytes()))
    for tag, body in each(path, cut_by_what_says_nothing):
        assert said(brought(name, body)) == good, tag


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[path.name for _name, path in SAMPLES])
def test_of_two_values_for_one_thing_none_is_chosen(name: str, path: Path, before: bool) -> None:
    def twice(element: etree._Element, text: str) -> None:
        (element.addprevious if before else element.addnext)(doubled(element, text))

    good = said(brought(name, path.read_bytes()))
    for tag, body in each(path, twice):
        found = brought(name, body)
        assert isinstance(found, Refusal) or said(found) == good or tag.endswith("}RetourCode"), tag


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[path.name for _name, path in SAMPLES])
def test_whatever_stands_twice_is_answered(name: str, path: Path) -> None:
    root = etree.fromstring(path.read_bytes())
    for place, _one in enumerate(root.iterdescendants()):
        spoiled = copy.deepcopy(root)
        one = list(spoiled.iterdescendants())[place]
        one.addnext(copy.deepcopy(one))
        brought(name, etree.tostring(spoiled))


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=[path.name for _name, path in SAMPLES])
def test_where_a_schema_would_lie_is_not_followed(name: str, path: Path) -> None:
    root = etree.fromstring(path.read_bytes())
    root.set(f"{XSI}schemaLocation", "urn:x http://127.0.0.1:9/x.xsd")
    etree.SubElement(root, "{http://www.w3.org/2001/XInclude}include", href="file:///etc/hostname", parse="text")
    assert "localhost" not in str(said(brought(name, etree.tostring(root))))


@pytest.mark.parametrize("name", NAMES)
def test_more_elements_than_a_message_has_are_refused(name: str) -> None:
    found = brought(name, b"<a>" + b"<b/>" * 60_000 + b"</a>")
    assert isinstance(found, Refusal)


# -- workbooks -------------------------------------------------------------------------------------------------------


def workbook(change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return packed.getvalue()


def sheet(was: bytes, becomes: bytes) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        assert was in parts[SHEET]
        parts[SHEET] = parts[SHEET].replace(was, becomes, 1)

    return workbook(change)


def noise() -> bytes:
    """Give what can't be packed tight, so that the ratio of sizes tells nothing."""
    return b"<!--" + random.Random(1).randbytes(30_000).hex().encode() + b"-->"


def refused(body: bytes) -> Refusal:
    found = brought("reintegration", body)
    assert isinstance(found, Refusal)
    return found


@pytest.mark.parametrize("other", ["sheet1.bin", "sheet1.XML", "sheet1.png", "sheet1"])
def test_a_sheet_under_a_name_that_was_not_checked_is_refused(other: str) -> None:
    def change(parts: dict[str, bytes]) -> None:
        body = b'<!DOCTYPE worksheet [<!ENTITY a "gestart">]>' + parts.pop(SHEET).replace(b">gestart<", b">&a;<")
        parts[f"xl/worksheets/{other}"] = body
        for name in (LINKS, TYPES):
            parts[name] = parts[name].replace(b"sheet1.xml", other.encode())

    assert refused(workbook(change)).code is RefusalCode.NOT_ALLOWED


def test_a_row_or_cell_that_would_be_passed_over_is_refused() -> None:
    for was, becomes in (
        (b'<row r="5">', b'<row r="2">'),
        (b'<row r="3">', b'<row r="1048576">'),
        (b'r="B2"', b'r="A2"'),
        (b'r="A2"', b'r="XFD1048576"'),
        (b'r="A2"', b'r="2A"'),
    ):
        refused(sheet(was, becomes))


@pytest.mark.parametrize("made_of", [b"<row/>", b"<row><c/></row>", b"<x/>"])
def test_a_sheet_of_nothing_is_refused_before_it_is_held(made_of: bytes) -> None:
    found = refused(sheet(b"</sheetData>", made_of * 300_000 + b"</sheetData>" + noise()))
    assert found.code is RefusalCode.TOO_LARGE


def test_one_long_text_in_every_cell_is_refused_line_by_line() -> None:
    text = random.Random(2).randbytes(60_000).hex()
    heading = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in COLUMNS)
    row = "<row>" + '<c t="s"><v>0</v></c>' * len(COLUMNS) + "</row>"
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"

    def change(parts: dict[str, bytes]) -> None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}"><si><t>{text}</t></si></sst>'.encode()
        told = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        parts[TYPES] = parts[TYPES].replace(b"</Types>", told.encode())
        rows = f'<worksheet xmlns="{space}"><sheetData><row>{heading}</row>{row * 20}</sheetData></worksheet>'
        parts[SHEET] = rows.encode() + noise()

    assert refused(workbook(change)).field == "regel 2"


def test_a_number_that_lost_its_nought_is_no_person() -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET] = re.sub(rb"<v>20260117</v>", b"<v>12345672</v>", parts[SHEET])
        parts[SHEET] = parts[SHEET].replace(b"registratienummerRv", b"bsn")

    assert refused(workbook(change)).field == "regel 2: bsn"
