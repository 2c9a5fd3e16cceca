"""XLSX: a workbook to rows and back. It is a zip of XML, so it is judged before a library opens it.

No macro, no link to another file, no embedded object, no formula. Sizes are bounded by what the zip says of its parts,
and no more than that is unpacked. Every XML part goes through the hardened reader first.
"""

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree
from openpyxl import Workbook, load_workbook

from connectors import safe_xml
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload
from connectors.reintegration.lines import MOST_LINES, Row
from schemas.cells import harmless

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK = b"PK\x03\x04"
SHEET, HELP = "voortgang", "uitleg"
MOST_PARTS, MOST_BYTES, MOST_RATIO, MOST_COLUMNS = 60, 5_000_000, 200, 100
MOST_ELEMENTS = 100_000
"""In all parts together: every cell of the longest file, each with its text, and what stands round them."""
_NEEDED = {"[Content_Types].xml", "xl/workbook.xml"}
_FORBIDDEN = re.compile(
    r"vbaproject|macrosheets|externallinks|embeddings|activex|ctrlprops|connections\.xml|querytables|dialogsheets|oleobject",
    re.IGNORECASE,
)
_PART = re.compile(r"(\[Content_Types\]\.xml|(_rels|docProps|docMetadata|xl|customXml)/[A-Za-z0-9_./\-]*)", re.ASCII)
_BROKEN = (
    *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, EOFError, AssertionError),
    OSError,  # openpyxl, of a package without a workbook in it
    SyntaxError,  # the parser it reads with, of what another parser takes for XML
)
_SHEET_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ROW, _CELL = f"{_SHEET_SPACE}row", f"{_SHEET_SPACE}c"
_MOST_ROWS = 4 * MOST_LINES
_CHECKED = (".xml", ".rels")
_PLACE = re.compile(r"([A-Z]{1,3})[1-9][0-9]{0,6}", re.ASCII)
# What may stand in a workbook unread; all else that it refers to must bear a name by which it was checked.
_DRAWN = re.compile(r"/(image|printerSettings|thumbnail|vmlDrawing)\Z")


def rows_of(body: bytes) -> list[Row]:
    """Give the rows of the sheet ``voortgang``, else of the only sheet there is beside the explanation."""
    _check(body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that are passed over
            workbook = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
            try:
                return list(_rows(workbook))
            finally:
                workbook.close()
    except _BROKEN as error:
        raise _refuse("The workbook is broken.") from error


def _refuse(text: str, code: RefusalCode = RefusalCode.MALFORMED) -> Refusal:
    return Refusal(code, text, field="werkmap")


def _check(body: bytes) -> None:
    """Refuse what should not be opened: by the directory of the zip alone, then by its XML."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
            _check_directory(parts)
            left = MOST_ELEMENTS
            for part in parts:
                if part.filename.endswith(_CHECKED):
                    left -= _check_part(part.filename, archive.read(part), left)
    except _BROKEN as error:
        raise _refuse("The workbook is broken.") from error


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if min((part.header_offset for part in parts), default=1) != 0:
        raise _refuse("Something stands before the workbook.")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise _refuse("The workbook is too large.", RefusalCode.TOO_LARGE)
    if any(part.file_size > MOST_RATIO * max(part.compress_size, 1) for part in parts):
        raise _refuse("The workbook is packed too tight.", RefusalCode.TOO_LARGE)
    if any(_FORBIDDEN.search(name) for name in names):
        text = "The workbook holds a macro, a link to elsewhere or an embedded object."
        raise _refuse(text, RefusalCode.NOT_ALLOWED)
    plain = all(_PART.fullmatch(name) and ".." not in name for name in names)
    open_to_read = all(
        part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not part.flag_bits & 1 for part in parts
    )
    if not plain or not open_to_read or len(set(names)) < len(names) or not set(names) >= _NEEDED:
        raise _refuse("This is a zip archive, not a workbook.", RefusalCode.NOT_ALLOWED)


def _check_part(name: str, body: bytes, most: int) -> int:
    """Judge a part by what it says, and give how many elements it holds."""
    if name == "[Content_Types].xml" and b"macroenabled" in body.lower():
        raise _refuse("The workbook is one for macros.", RefusalCode.NOT_ALLOWED)
    if name.endswith(".rels") and re.search(rb"TargetMode\s*=\s*.External", body):
        raise _refuse("The workbook links to elsewhere.", RefusalCode.NOT_ALLOWED)
    root = safe_xml.loads(body, max_bytes=MOST_BYTES, max_elements=most)
    _check_names(root)
    _check_rows(root)
    return sum(1 for _ in root.iter())


def _check_names(root: etree._Element) -> None:
    """Refuse a part that would be read as XML under a name by which it was not checked."""
    read = [one.get("Target", "") for one in root.iterchildren("{*}Relationship") if not _is_drawn(one)]
    read += [one.get("PartName", "") for one in root.iterchildren("{*}Override") if _is_xml(one)]
    if not all(name.endswith(_CHECKED) for name in read):
        raise _refuse("A part of the workbook has a name that is none of a workbook.", RefusalCode.NOT_ALLOWED)


def _is_drawn(link: etree._Element) -> bool:
    return _DRAWN.search(link.get("Type", "")) is not None


def _is_xml(part: etree._Element) -> bool:
    return part.get("ContentType", "").endswith("xml")


def _check_rows(root: etree._Element) -> None:
    """Refuse a sheet that is too long, or whose rows or cells stand out of order: one of two would be passed over."""
    last = 0
    for row in root.iter(_ROW):
        number = row.get("r", str(last + 1))
        if not number.isdecimal() or len(number) > 6 or int(number) > _MOST_ROWS:
            raise _refuse("The sheet has too many rows.", RefusalCode.TOO_LARGE)
        if int(number) <= last:
            raise _refuse("The rows of the sheet are out of order.")
        last = int(number)
        _check_cells(row)


def _check_cells(row: etree._Element) -> None:
    before = 0
    for cell in row.iterchildren(_CELL):
        column = _column(cell.get("r")) if cell.get("r") else before + 1
        if column <= before:
            raise _refuse("The cells of a row are out of order.")
        before = column


def _column(place: str | None) -> int:
    """Give the number of the column of ``AB12``; nought for what is no place."""
    found = _PLACE.fullmatch(place or "")
    number = 0
    for letter in found[1] if found else "":
        number = number * 26 + ord(letter) - 64
    return number


def _rows(workbook: Any) -> Iterator[Row]:
    sheets = [sheet for sheet in workbook.worksheets if sheet.title != HELP]
    named = [sheet for sheet in sheets if sheet.title == SHEET]
    if len(named or sheets) != 1:
        raise _refuse(f"The workbook must have one sheet, or one that is called {SHEET}.")
    [sheet] = named or sheets
    width = 0
    for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        texts = [_text(cell) for cell in cells]
        while texts and texts[-1] == "":
            texts.pop()  # a sheet has no end to the right
        width = width or len(texts)
        if any(cell.data_type == "f" for cell in cells):
            yield Row(line=line, fault="A cell holds a formula.")
        else:
            yield Row(line=line, cells=(*texts, *[""] * (width - len(texts))))


def _text(cell: Any) -> str:
    """Give what a cell says: a day as a day, a whole number without a point."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def payload_of(row: Mapping[str, str]) -> Payload:
    """Write one message as a workbook of one line; the same message gives the same bytes."""
    return Payload(body=written(list(row), [row]), content_type=MEDIA_TYPE)


def written(columns: list[str], rows: list[Mapping[str, str]]) -> bytes:
    """Write a workbook; every cell is a text, and none begins as a formula does."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    sheet = workbook.create_sheet(SHEET)
    for line, texts in enumerate([columns, *([row.get(name, "") for name in columns] for row in rows)], 1):
        for place, text in enumerate(texts, 1):
            cell = sheet.cell(row=line, column=place, value=harmless(text.replace("\r\n", "\n").replace("\r", "\n")))
            cell.number_format = "@"
    out = io.BytesIO()
    workbook.save(out)
    return _without_time(out.getvalue())


def _without_time(body: bytes) -> bytes:
    """Pack a workbook anew without the moment at which it was made, and unpacked: no two versions pack alike."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for part in made.infolist():
            text = made.read(part)
            if part.filename == "docProps/core.xml":
                text = re.sub(rb">[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z<", b">2000-01-01T00:00:00Z<", text)
            packed.writestr(zipfile.ZipInfo(part.filename, (1980, 1, 1, 0, 0, 0)), text)
    return out.getvalue()
