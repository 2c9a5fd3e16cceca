"""Files of lines, CSV and XLSX alike: each is one message. A bad one is refused by its number, the others go on."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Reading, Rejected
from connectors.reintegration.columns import COLUMNS, DATE, column_of, document_of_row
from connectors.reintegration.inward import checked, read_document
from schemas.message import Message

MOST_LINES = 500
MOST_LETTERS = 100_000
"""In all cells of a line: a workbook says a long text once, and each of its cells may refer to it."""
_NAMING = ("registratienummerRv", "verwijzingId", "kenmerk", "bsn")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as it stands in the file: its line and cells, or why the row can't even be told apart."""

    line: int
    cells: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line, judged: its message, or why it is refused (``column`` in the partner's own headings)."""

    line: int
    message: Message | None = None
    reference: str = ""
    losses: tuple[Loss, ...] = ()
    refusal: Refusal | None = None
    column: str = ""
    same_as: int | None = None


def read_lines(body: bytes, rows: Iterable[Row], book: AddressBook) -> Reading:
    """Read a file; ``Refusal`` where its heading is wrong or none of its lines can be used."""
    lines = judge(rows, book)
    refusals = [line.refusal for line in lines if line.refusal is not None]
    messages = tuple(line.message for line in lines if line.message is not None)
    if refusals and not messages:
        raise refusals[0]
    losses = dict.fromkeys(loss for line in lines for loss in line.losses)
    return Reading(
        identification=f"file:{hashlib.sha256(body).hexdigest()}",
        messages=messages,
        losses=tuple(losses),
        rejected=tuple(Rejected(field=str(one.field), code=one.code, message=one.message) for one in refusals),
    )


def judge(rows: Iterable[Row], book: AddressBook) -> list[Line]:
    """Judge each line of a file; ``Refusal`` where its heading is wrong or it is too long."""
    there = iter(rows)
    heading = next(there, None)
    if heading is None:
        raise Refusal(RefusalCode.MALFORMED, "The file is empty.", field="regel 1")
    theirs, columns = _columns(heading, book.dialect.get("columns", {}))
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for row in there:
        if len(lines) >= MOST_LINES:
            raise Refusal(RefusalCode.TOO_LARGE, f"A file holds {MOST_LINES} lines at most.", field="regel")
        if row.fault is None and not any(cell.strip() for cell in row.cells):
            continue
        line = _judge(row, theirs, columns, book)
        if line.message is not None:
            first = seen.setdefault(line.message.id, line.line)
            if first != line.line:
                why = Loss(field=f"regel {line.line}", why=f"says the same as line {first}")
                line = Line(line=line.line, reference=line.reference, losses=(why,), same_as=first)
        lines.append(line)
    if not lines:
        raise Refusal(RefusalCode.MALFORMED, "The file holds no lines.", field="regel 2")
    return lines


def _columns(heading: Row, own: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give our column -> the partner's heading, and our columns in the order of the file."""
    if heading.fault is not None:
        raise Refusal(RefusalCode.MALFORMED, heading.fault, field="regel 1")
    known = {**{name.lower(): name for name in COLUMNS}, **{name.strip().lower(): to for name, to in own.items()}}
    columns = []
    theirs: dict[str, str] = {}
    for place, cell in enumerate(heading.cells, 1):
        column = known.get(cell.strip().lower())
        if column is None:
            text = f"The heading of column {place} is none of this file's."
            raise Refusal(RefusalCode.MALFORMED, text, field=f"regel 1: kolom {place}")
        if column in theirs:
            text = f"The heading of column {place} stands twice."
            raise Refusal(RefusalCode.MALFORMED, text, field=f"regel 1: kolom {place}")
        theirs[column] = cell.strip()
        columns.append(column)
    for needed in (("status", "soort"), (DATE, "verzondenOp"), (*_NAMING, "betreftBericht")):
        if not set(needed) & set(columns) and not (needed[0] == _NAMING[0] and "soort" in columns):
            text = "The heading lacks a column: " + " or ".join(needed) + "."
            raise Refusal(RefusalCode.MALFORMED, text, field="regel 1")
    return theirs, columns


def _judge(row: Row, theirs: Mapping[str, str], columns: Sequence[str], book: AddressBook) -> Line:
    fault = _fault_of(row, len(columns))
    if fault is not None:
        return _refused(row.line, *fault, "")
    for name, cell in zip(columns, row.cells, strict=True):
        if any("\udc80" <= character <= "\udcff" for character in cell):
            return _refused(row.line, RefusalCode.MALFORMED, "Is not in the encoding of the file.", theirs[name])
    document: dict[str, Any] = document_of_row(columns, row.cells, book.partner.code)
    try:
        checked(document)
        reading = read_document(document, book)
    except Refusal as refusal:
        column = column_of(refusal.field or "")
        if column == "verzondenOp" and column not in theirs:
            column = DATE  # the day of the status stands for the day of sending
        if column == "verwijzingId" and column not in theirs:
            column = next((name for name in _NAMING if name in theirs), column)
        return _refused(row.line, refusal.code, refusal.message, theirs.get(column, column))
    if not reading.messages:
        return _refused(row.line, RefusalCode.NOT_ALLOWED, "Says nothing that can be recorded.", "")
    [message] = reading.messages
    losses = tuple(Loss(field=column_of(loss.field) or loss.field, why=loss.why) for loss in reading.losses)
    return Line(line=row.line, message=message, reference=document["berichtId"], losses=losses)


def _fault_of(row: Row, wide: int) -> tuple[RefusalCode, str] | None:
    """Say why a row can't be read cell by cell; nothing where it can."""
    if row.fault is not None:
        return RefusalCode.MALFORMED, row.fault
    if len(row.cells) != wide:
        return RefusalCode.MALFORMED, f"Has {len(row.cells)} columns where the heading has {wide}."
    if sum(map(len, row.cells)) > MOST_LETTERS:
        return RefusalCode.TOO_LARGE, f"Holds more than {MOST_LETTERS} characters."
    return None


def _refused(line: int, code: RefusalCode, text: str, column: str) -> Line:
    field = f"regel {line}: {column}" if column else f"regel {line}"
    return Line(line=line, refusal=Refusal(code, text, field=field), column=column)
