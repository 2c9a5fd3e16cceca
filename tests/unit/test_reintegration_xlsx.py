"""Workbooks: judged before they are opened, read as texts, and written the same byte for byte."""

import contextlib
import datetime as dt
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload, Verdict
from connectors.reintegration import xlsxform
from connectors.reintegration.lines import MOST_LINES
from connectors.transports.files import DropFolder, IntakeFolder
from schemas.message import Message
from schemas.vocabulary import MessageKind
from tests.unit.test_mental_health_generated import HARD
from tests.unit.test_reintegration_lines import GOOD, HEADING, rejected
from tests.unit.test_reintegration_material import BOOK, CONNECTOR, NOW, book, full_referral, message, read, refused

OLD = 1_700_000_000


def workbook(*lines: list[Any], sheets: tuple[str, ...] = ("Blad1",), heading: str = HEADING) -> bytes:
    """A workbook as a partner's spreadsheet makes it; the lines stand in the first sheet."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for place, title in enumerate(sheets):
        sheet = made.create_sheet(title)
        if place == 0:
            sheet.append(heading.split(";"))
            for line in lines:
                sheet.append(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def repacked(body: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same zip with other parts."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


LINE: list[Any] = [20260117, "gestart", dt.datetime(2026, 11, 2), "ok"]


def test_days_and_numbers_of_the_sheet_are_read_as_what_they_say() -> None:
    assert read(workbook(LINE)).messages == read((HEADING + "\n" + GOOD).encode()).messages


def test_a_bad_line_and_a_formula_are_named_and_the_others_go_on() -> None:
    body = workbook(
        LINE,
        [20260118, "begonnen", "2026-11-02"],
        [20260119, "gestart", "2026-11-02", "=1+1"],
        [],
        [20260120, "gestart", "2026-11-02"],
    )
    reading = read(body)
    assert [one.data.referral_number for one in reading.messages] == [20260117, 20260120]
    assert rejected(reading) == [
        ("regel 3: status", rejected(reading)[0][1]),
        ("regel 4", "A cell holds a formula."),
    ]
    answer = CONNECTOR.acknowledge(Payload(body=body, content_type=""), Verdict.ACCEPTED, None, BOOK, NOW)
    assert answer is not None and "De cel bevat een formule" in answer.body.decode("utf-8-sig")


def test_the_sheet_of_the_lines_is_named_or_the_only_one() -> None:
    assert read(workbook(LINE, sheets=("voortgang", "kladblok"))).messages
    assert read(workbook(LINE, sheets=("Blad1", "uitleg"))).messages
    assert "one sheet" in refused(workbook(LINE, sheets=("Blad1", "Blad2"))).message


def test_folders_and_labels_in_the_zip_do_no_harm() -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts |= {"xl/": b"", "docMetadata/LabelInfo.xml": b"<a/>"}

    assert read(repacked(workbook(LINE), change)).messages


def test_the_same_message_is_the_same_workbook() -> None:
    one = CONNECTOR.write(full_referral(), book(format="xlsx"), NOW).payload
    assert one.content_type == xlsxform.MEDIA_TYPE
    assert CONNECTOR.write(full_referral(), book(format="xlsx"), NOW + dt.timedelta(days=400)).payload.body == one.body


def test_no_cell_that_is_written_is_a_formula() -> None:
    canonical = message(MessageKind.ANSWERED, note="=HYPERLINK(A1)")
    body = CONNECTOR.write(canonical, book(format="xlsx"), NOW).payload.body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        texts = sheet + b"".join(archive.read(name) for name in archive.namelist() if "sharedStrings" in name)
    assert b"<f>" not in sheet and b"'=HYPERLINK" in texts and b">=HYPERLINK" not in texts


# -- judged before it is opened --------------------------------------------------------------------------------------


def put(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.update({name: content})


def _in(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return change


_RELATION = b'<Relationship Id="x" Type="y" Target="http://kwaad.example/" TargetMode="External"/></Relationships>'
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("xl/vbaProject.bin"), RefusalCode.NOT_ALLOWED),
        (put("xl/externalLinks/externalLink1.xml", b"<a/>"), RefusalCode.NOT_ALLOWED),
        (put("xl/embeddings/oleObject1.bin"), RefusalCode.NOT_ALLOWED),
        (put("xl/connections.xml", b"<a/>"), RefusalCode.NOT_ALLOWED),
        (_in("[Content_Types].xml", b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main"), RefusalCode.NOT_ALLOWED),
        (_in("xl/_rels/workbook.xml.rels", b"</Relationships>", _RELATION), RefusalCode.NOT_ALLOWED),
        (put("../../etc/passwd"), RefusalCode.NOT_ALLOWED),
        (put("xl/../../x"), RefusalCode.NOT_ALLOWED),
        (put("readme.txt"), RefusalCode.NOT_ALLOWED),
        (lambda parts: parts.pop("xl/workbook.xml") and None, RefusalCode.NOT_ALLOWED),
        (put("xl/bom.xml", b"<a>" + b" " * 9_000_000 + b"</a>"), RefusalCode.TOO_LARGE),
        (put("xl/media/image.png", b"\0" * 11_000_000), RefusalCode.TOO_LARGE),
        (lambda parts: parts.update({f"xl/x{n}.xml": b"<a/>" for n in range(80)}), RefusalCode.TOO_LARGE),
        (_in(SHEET, b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"), RefusalCode.MALFORMED),
        (_in(SHEET, b'<row r="2"', b'<row r="1048576"'), RefusalCode.TOO_LARGE),
        (put("xl/diep.xml", b"<a>" * 100 + b"</a>" * 100), RefusalCode.MALFORMED),
        (put("xl/workbook.xml", b"<workbook/>"), RefusalCode.MALFORMED),
        (_in("[Content_Types].xml", b"spreadsheetml.sheet.main", b"spreadsheetml.sheet.odd"), RefusalCode.MALFORMED),
    ],
    ids=[
        "macro", "link", "object", "connection", "macro-type", "external", "slip", "slip-inside", "other-file",
        "no-workbook", "packed-tight", "too-large", "many-parts", "entity", "far-row", "deep", "broken",
        "no-part-that-is-the-workbook",
    ],
)  # fmt: skip
def test_what_should_not_be_opened_is_refused(change: Callable[[dict[str, bytes]], None], code: RefusalCode) -> None:
    refusal = refused(repacked(workbook(LINE), change))
    assert (refusal.code, refusal.field or "werkmap") == (code, "werkmap")


def test_a_zip_that_lies_about_its_size_unpacks_no_more_than_it_says() -> None:
    body = bytearray(repacked(workbook(LINE), put("xl/lang.xml", b"<a>" + b"abc" * 100_000 + b"</a>")))
    real = (300_007).to_bytes(4, "little")
    assert bytes(body).count(real) == 2
    assert refused(bytes(body).replace(real, (10).to_bytes(4, "little"))).code is RefusalCode.MALFORMED


def test_a_packed_or_encrypted_part_is_not_opened() -> None:
    body = bytearray(workbook(LINE))
    place = bytes(body).rindex(b"PK\x01\x02")
    body[place + 8] |= 1
    assert refused(bytes(body)).code is RefusalCode.NOT_ALLOWED


def test_more_lines_than_a_file_may_hold_are_refused() -> None:
    body = workbook(*[[number, "gestart", "2026-11-02"] for number in range(1, MOST_LINES + 2)])
    assert refused(body).code is RefusalCode.TOO_LARGE


@pytest.mark.parametrize("tail", [b"", b"PK\x05\x06", b"\x00" * 100])
def test_what_only_begins_as_a_zip_is_refused(tail: bytes) -> None:
    assert refused(b"PK\x03\x04" + tail).code is RefusalCode.MALFORMED


# -- drop folders ----------------------------------------------------------------------------------------------------


def drop(folder: Path, name: str, body: bytes) -> None:
    (folder / name).write_bytes(body)
    os.utime(folder / name, (OLD, OLD))


def test_a_workbook_is_handed_on_only_to_who_reads_workbooks(tmp_path: Path) -> None:
    drop(tmp_path, "a.xlsx", workbook(LINE))
    [taken] = IntakeFolder(tmp_path).take(OLD + 100)
    assert taken.payload is None and taken.refusal is not None and "archive (zip)" in taken.refusal.message
    [taken] = IntakeFolder(tmp_path).take(OLD + 100, workbooks=True)
    assert taken.payload is not None and taken.payload.content_type == xlsxform.MEDIA_TYPE
    assert taken.name.endswith(".xlsx")


@pytest.mark.parametrize(("name", "start"), [("a.zip", b"PK\x03\x04"), ("a.xlsx", b"Rar!"), ("a.xlsm", b"PK\x03\x04")])
def test_any_other_archive_stays_closed_to_them_too(tmp_path: Path, name: str, start: bytes) -> None:
    drop(tmp_path, name, start + b"x" * 100)
    [taken] = IntakeFolder(tmp_path).take(OLD + 100, workbooks=True)
    assert taken.payload is None and taken.refusal is not None


def test_a_workbook_that_we_write_has_its_own_ending(tmp_path: Path) -> None:
    DropFolder(tmp_path).deliver(CONNECTOR.write(message(), book(format="xlsx"), NOW).payload, message_id="m1")
    assert [path.name for path in tmp_path.iterdir()] == ["m1.xlsx"]


# -- fuzz ------------------------------------------------------------------------------------------------------------

_BASE = workbook(LINE, [20260118, "afgerond", dt.datetime(2026, 11, 3)])


@HARD
@given(place=st.integers(0, len(_BASE) - 1), value=st.integers(0, 255), cut=st.none() | st.integers(0, len(_BASE)))
def test_any_spoilt_workbook_is_read_or_refused(place: int, value: int, cut: int | None) -> None:
    body = bytearray(_BASE)
    body[place] = value
    with contextlib.suppress(Refusal):
        for one in read(bytes(body[:cut])).messages:
            Message.from_json(json.loads(json.dumps(one.to_json())))


_CELLS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@HARD
@given(cells=st.lists(_CELLS | _TEXTS | st.datetimes(dt.datetime(1901, 1, 1)) | st.times(), max_size=5))
def test_any_cells_are_read_or_refused(cells: list[Any]) -> None:
    with contextlib.suppress(Refusal):
        read(workbook(LINE, cells))
