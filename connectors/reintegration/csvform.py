"""CSV: bytes to rows and back (RFC 4180, with ``;`` or ``,``)."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload
from connectors.reintegration.lines import Row
from schemas.cells import harmless

MEDIA_TYPE = "text/csv"
ENCODINGS = ("utf-8", "windows-1252")
_MOST_BYTES = 2_000_000
_HINT = re.compile(r"sep=[;,]\r?\n", re.IGNORECASE)
_UNCLOSED = "A quotation mark is not closed: from this line to the end of the file nothing could be read."
_WRONG = "A quotation mark stands where none can stand."


def looks_like_csv(body: bytes) -> bool:
    """Whether the first line holds a separator and is no JSON or XML."""
    start = body.removeprefix(codecs.BOM_UTF8).lstrip()
    first = start.partition(b"\n")[0]
    return start[:1] not in (b"{", b"[", b"<") and (b";" in first or b"," in first)


def rows_of(body: bytes, encoding: str) -> Iterator[Row]:
    """Give the rows, each with the line on which it begins; a byte of another encoding stays half a character."""
    text = _decoded(body, encoding)
    hint = _HINT.match(text)
    skipped = 1 if hint else 0
    text = text[hint.end() :] if hint else text
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") >= first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 1 + skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            ended = "unexpected end" in str(error)
            yield Row(line=begin, fault=_UNCLOSED if ended else _WRONG)
        else:
            yield Row(line=begin, cells=tuple(cells))
        begin = reader.line_num + 1 + skipped


def _decoded(body: bytes, encoding: str) -> str:
    if len(body) > _MOST_BYTES:
        raise Refusal(RefusalCode.TOO_LARGE, f"A file holds {_MOST_BYTES} bytes at most.", field="regel")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in body:
        raise Refusal(
            RefusalCode.MALFORMED, "The file is in UTF-16 or holds zero bytes; UTF-8 is read.", field="regel 1"
        )
    if encoding == "windows-1252" and not body.startswith(codecs.BOM_UTF8):
        try:
            body.decode()
        except UnicodeDecodeError:
            return body.decode("cp1252", "surrogateescape")
    return body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def written(columns: list[str], rows: list[Mapping[str, str]]) -> bytes:
    """Write a heading and rows; with the byte order mark by which a spreadsheet knows UTF-8. Each cell is quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(row.get(column, "")) for column in columns] for row in rows)
    return codecs.BOM_UTF8 + out.getvalue().encode()


def payload_of(row: Mapping[str, str]) -> Payload:
    """Write one message as a file of one line."""
    return Payload(body=written(list(row), [row]), content_type=f"{MEDIA_TYPE}; charset=utf-8")
