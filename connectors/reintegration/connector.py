"""The connector for re-integration partners: JSON, CSV and XLSX with SuwiML's names."""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Loss, Mistake, Payload, Reading, Verdict, Writing
from connectors.reintegration import answers, csvform, jsonform, report, words, xlsxform
from connectors.reintegration.columns import COLUMNS, row_of_document
from connectors.reintegration.inward import read_document
from connectors.reintegration.lines import Row, judge, read_lines
from connectors.reintegration.outward import UNSAID, reference_of, write_document
from schemas.message import Message
from schemas.vocabulary import MessageKind

FORMATS = ("json", "csv", "xlsx")


class Reintegration:
    """JSON, CSV and XLSX in both directions and both roles. Each is known by its bytes; media types are often wrong."""

    name = "reintegration"
    duplicate_code: str | None = "dubbel"
    unsaid: Mapping[MessageKind, str] = UNSAID
    workbooks = True

    own_word = staticmethod(words.own_word)

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Check ``format``, ``encoding`` and ``columns`` (the partner's heading -> ours)."""
        found = [Mistake(key=key, message="is not known") for key in dialect if key not in _SETTINGS]
        for key, known in (("format", FORMATS), ("encoding", csvform.ENCODINGS)):
            if key in dialect and dialect[key] not in known:
                found.append(Mistake(key=key, message="must be one of: " + ", ".join(known)))
        columns = dialect.get("columns", {})
        if not isinstance(columns, Mapping):
            return [*found, Mistake(key="columns", message="must be a table of headings")]
        for heading, ours in columns.items():
            if ours not in COLUMNS:
                found.append(Mistake(key=f"columns.{heading}", message="names no column of this dialect"))
        return found

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Read a message, a file of lines, or what a partner answered."""
        rows = _rows(payload.body, book)
        if rows is not None:
            heading = next(rows, None)
            if report.is_report(heading):
                return report.read_report(rows, payload.body, book, now)
            there = rows if heading is None else itertools.chain([heading], rows)
            return read_lines(payload.body, there, book)
        document = jsonform.document_of(payload.body)
        if answers.is_problem(document):
            return answers.read_problem(document, payload.body, book, now)
        return read_document(document, book)

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Write one message, in the format that this partner takes."""
        document, losses = write_document(message, book)
        reference, wanted = reference_of(message), book.dialect.get("format", "json")
        if wanted == "json":
            return Writing(payload=jsonform.payload_of(document), reference=reference, losses=losses)
        more: list[Loss] = []
        row = row_of_document(document, more)
        payload = csvform.payload_of(row) if wanted == "csv" else xlsxform.payload_of(row)
        return Writing(payload=payload, reference=reference, losses=(*losses, *more))

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Answer a file with a report of its lines; a message with a receipt, or a problem (RFC 9457)."""
        try:
            rows = _rows(payload.body, book)
            if rows is None:
                return answers.answer(payload.body, verdict, refusal, now)
            lines = judge(rows, book)
        except Refusal as whole:
            return report.of_refusal(refusal or whole)
        if verdict is Verdict.REFUSED and any(line.message for line in lines):
            return report.of_refusal(refusal)  # not for its lines
        return report.of_lines(lines)


_SETTINGS = frozenset({"format", "encoding", "columns"})


def _rows(body: bytes, book: AddressBook) -> Iterator[Row] | None:
    """Give the rows of a file of lines; nothing where this is a message by itself."""
    if body.startswith(xlsxform.MARK):
        return iter(xlsxform.rows_of(body))
    if csvform.looks_like_csv(body):
        return csvform.rows_of(body, book.dialect.get("encoding", "utf-8"))
    return None


def make() -> Connector:
    """Make the connector."""
    return Reintegration()
