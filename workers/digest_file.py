"""A digest as a file: what an organisation without our API has open, one referral a line."""

import csv
import io
from typing import Any

MAX_DIGEST = 2_000_000
FIRST_LINE = "schakel-digest;1"
COLUMNS = frozenset({"referral_id", "number", "reference", "status", "changed_at"})


class WrongFile(ValueError):
    """The file is no digest; the text says why, and repeats nothing of it."""


def read_digest_file(body: bytes) -> list[dict[str, Any]]:
    """Read the lines of a digest as the API takes them; what they hold is looked at there."""
    if len(body) > MAX_DIGEST:
        raise WrongFile(f"It is larger than {MAX_DIGEST} bytes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongFile("It is not text in UTF-8.") from error
    first, _, rest = text.partition("\n")
    if first.strip().rstrip(";") != FIRST_LINE:
        raise WrongFile(f"Its first line must be {FIRST_LINE}.")
    try:
        rows = list(csv.reader(io.StringIO(rest.rstrip(), newline=""), delimiter=";", strict=True))
    except csv.Error as error:
        raise WrongFile("It is not a table with semicolons.") from error
    if not rows:
        raise WrongFile("Its second line must name the columns.")
    header = [name.strip() for name in rows[0]]
    if not set(header) <= COLUMNS or len(set(header)) != len(header) or "status" not in header:
        raise WrongFile(f"The columns are {', '.join(sorted(COLUMNS))}; status must be there.")
    return [_line(place, header, row) for place, row in enumerate(rows[1:], start=3)]


def _line(place: int, header: list[str], row: list[str]) -> dict[str, Any]:
    if len(row) != len(header):
        raise WrongFile(f"Line {place} has another number of columns than the second line.")
    told: dict[str, Any] = {name: value.strip() for name, value in zip(header, row, strict=True) if value.strip()}
    number = told.get("number", "")
    if number.isascii() and number.isdigit() and len(number) <= 9:
        told["number"] = int(number)  # else it stays text, which is refused by name
    return told
