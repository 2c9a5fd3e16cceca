"""The command that answers questions of access from a table, so a privacy officer can try the policy on any case."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import click

from hub.rules import enumeration
from hub.rules.access import Decision, decide, reason
from hub.rules.access_reach import WORDS, Reach, Who, reach
from hub.rules.access_rows import NEEDED, OPTIONAL, question_of, said
from schemas.cells import harmless

_NEEDED = ("id", *NEEDED)
_LARGEST = 64 * 1024 * 1024

Row = dict[str, str]


class TableError(Exception):
    """The file is no table of questions; the text names the line and, where there is one, the column."""


def _refuse(line: int, column: str, what: str) -> TableError:
    return TableError(f"line {line}, column {column}: {what}")


def _text(path: Path) -> str:
    """Read the file as UTF-8 text, with or without byte order mark."""
    raw = path.read_bytes() if path.stat().st_size <= _LARGEST else None
    if raw is None:
        raise TableError(f"line 1: the file is larger than {_LARGEST // 1024 // 1024} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(f"line {line}, byte {error.start + 1}: not UTF-8 text") from error


def _header(names: list[str]) -> list[str]:
    """Check that every column that decides is there, once."""
    for name in _NEEDED:
        if name not in names:
            raise _refuse(1, name, "missing from the header")
    for name in (*_NEEDED, *OPTIONAL):
        if names.count(name) > 1:
            raise _refuse(1, name, "more than once in the header")
    return names


def _row(line: int, names: list[str], cells: list[str]) -> Row:
    """Put the cells of one line under their columns."""
    if len(cells) < len(names):
        raise _refuse(line, names[len(cells)], "missing; the line has too few values")
    if len(cells) > len(names):
        raise _refuse(line, str(len(names) + 1), "one value too many; the header has no such column")
    row = dict(zip(names, cells, strict=True))
    if not row["id"]:
        raise _refuse(line, "id", "empty")
    return row


def read_rows(text: str) -> Iterator[Row]:
    """Read the questions line by line; columns that don't decide are passed over."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    start = 1
    try:
        for cells in lines:
            line, start = start, lines.line_num + 1
            if not cells:
                continue
            if names is None:
                names = _header(cells)
            else:
                yield _row(line, names, cells)
    except csv.Error as error:
        raise TableError(f"line {start}: {error}") from error
    if names is None:
        raise TableError("line 1, column id: the file is empty")


def _answers(text: str) -> Iterator[tuple[str, Decision]]:
    for row in read_rows(text):
        yield row["id"], decide(question_of(row))


def _table(answers: list[tuple[str, Decision]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "decision", "mask", "rule"))
    for name, answer in answers:
        writer.writerow((harmless(name), *said(answer).values()))
    return out.getvalue()


@click.group()
def access() -> None:
    """Ask the access policy who may see what."""


@access.command("decide")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
def decide_file(file: Path) -> None:
    """Decide every question in FILE, a CSV table, and print id, decision, mask and rule.

    The columns are those of a question (actor_org ... flags; several flags joined by +). Other columns are passed
    over. A word the policy doesn't know is denied. A file that is no such table is refused with exit code 2.
    """
    try:
        answers = list(_answers(_text(file)))
    except TableError as error:
        click.echo(f"{file.name}: {error}", err=True)
        raise click.exceptions.Exit(2) from error
    click.echo(_table(answers), nl=False)


def _lines(found: Reach) -> Iterator[str]:
    """Say whether it is ever allowed, by which rules and when; where never, which rule stands."""
    if not found.ways:
        assert found.wall is not None
        yield f"never  {found.wall}  {reason(found.wall).en}"
    for way in found.ways:
        facts = "".join(f", {flag}" for flag in sorted(way.flags))
        ground = f"{way.basis} ({way.law})" if way.law else way.basis
        yield f"yes    {way.rule}  {way.mask}, for example {way.relation} {way.state}, {ground}{facts}"
        yield f"       {reason(way.rule).en}"
    yield f"asked in {found.asked} circumstances; the whole policy was gone through on {enumeration.ON}"


@access.command("who-can")
@click.option("--org", type=click.Choice(WORDS["org"]), required=True, help="Kind of organisation of who asks.")
@click.option("--role", type=click.Choice(WORDS["role"]), required=True, help="Role of who asks.")
@click.option("--purpose", type=click.Choice(WORDS["purpose"]), required=True, help="What it is asked for.")
@click.option("--category", type=click.Choice(WORDS["category"]), required=True, help="Which kind of data.")
@click.option("--domain", type=click.Choice(WORDS["domain"]), required=True, help="About which life domain.")
@click.option(
    "--owner", type=click.Choice(WORDS["owner"]), required=True, help="Kind of organisation that recorded it."
)
@click.option("--origin", type=click.Choice(WORDS["origin"]), required=True, help="For which purpose it was recorded.")
@click.option("--action", type=click.Choice(WORDS["action"]), default="view", show_default=True)
def who_can(**asked: str) -> None:
    """Say whether somebody can ever see something, in any circumstance there is, and by which rule."""
    for line in _lines(reach(Who(**asked))):
        click.echo(line)
