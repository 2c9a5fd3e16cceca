"""The command ``schakel translate``: one message, from a partner's format to ours or back, without a hub."""

import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from marshmallow import ValidationError

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Loss, Payload, Rejected
from connectors.registry import NAMES, connector, samples_folder
from hub.api.problems import flatten
from hub.services.messages.address_book import address_book
from hub.settings import DEMO_CONFIG, load_configuration
from schemas import strict_json
from schemas.message import Message

_MAX_FILE = 50_000_000


class _Moment(click.ParamType[dt.datetime]):
    """A moment in ISO 8601 with its zone."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read it; a moment without a zone is none."""
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("is no moment as 2026-11-24T10:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail("needs its zone, as in 2026-11-24T10:00:00Z", param, ctx)
        return moment.astimezone(dt.UTC)


@click.command()
@click.option("--connector", "name", required=True, type=click.Choice(NAMES), help="Whose format.")
@click.option("--now", type=_Moment(), help="Translate as at this moment (ISO 8601 with a zone), for samples.")
@click.option("--losses", is_flag=True, help="List, on standard error, the fields the target format can't carry.")
@click.argument("direction", type=click.Choice(["in", "out"]))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def translate(name: str, direction: str, file: Path, losses: bool, now: dt.datetime | None) -> None:
    """Translate a FILE (- is standard input): a partner's message `in`, or a canonical message `out`.

    Exit 2 where it is refused; 1 where some of its lines are, each told on standard error, while the others go on.
    """
    body = _read(file)
    at = now or dt.datetime.now(dt.UTC)
    try:
        output, lost, rejected = _in(name, body, file, at) if direction == "in" else _out(name, body, at)
    except Refusal as refusal:
        _tell(refusal)
        sys.exit(2)
    click.echo(output, nl=not output.endswith(b"\n"))
    for one in rejected:
        _tell(Refusal(one.code, one.message, field=one.field))
    if losses:
        click.echo(json.dumps([{"field": one.field, "why": one.why} for one in lost], indent=2), err=True)
    if rejected:
        sys.exit(1)


def _tell(refusal: Refusal) -> None:
    document = {"error": refusal.code, "field": refusal.field, "message": refusal.message}
    if refusal.dialect_code:
        document["dialect_code"] = refusal.dialect_code
    click.echo(json.dumps(document, ensure_ascii=False), err=True)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(_MAX_FILE)
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_FILE)
    except OSError as error:
        raise click.UsageError(f"Can't read {file}: {error.strerror}.") from error


def _book(name: str) -> AddressBook:
    """Give the address book of the first organisation with this connector, of the samples where none has it."""
    path = Path(os.environ.get("SCHAKEL_CONFIG", str(DEMO_CONFIG)))
    of_samples = samples_folder(name) / "partner.toml"
    for further in ([], [of_samples] if of_samples.exists() else []):
        config = load_configuration(path, *further)
        for organisation in config.organisations.values():
            if organisation.connector == name:
                return address_book(config, organisation)
    raise click.UsageError(f"No organisation in {path.name} has the connector {name}.")


_Found = tuple[bytes, Sequence[Loss], Sequence[Rejected]]


def _in(name: str, body: bytes, file: Path, now: dt.datetime) -> _Found:
    payload = Payload(body=body, content_type="application/octet-stream", name=file.name)
    reading = connector(name).read(payload, _book(name), now)
    documents = [message.to_json() for message in reading.messages]
    return json.dumps(documents, ensure_ascii=False, indent=2).encode(), reading.losses, reading.rejected


def _out(name: str, body: bytes, now: dt.datetime) -> _Found:
    try:
        document = strict_json.loads(body)
        if isinstance(document, list) and len(document) == 1:
            document = document[0]
        message = Message.from_json(document)
    except strict_json.InvalidJson as error:
        code = RefusalCode.TOO_LARGE if error.too_large else RefusalCode.MALFORMED
        raise Refusal(code, error.message, field=error.field) from error
    except ValidationError as error:
        first = next(flatten(error.messages), {"field": "", "message": "Not a canonical message."})
        raise Refusal(RefusalCode.MALFORMED, first["message"], field=first["field"]) from error
    writing = connector(name).write(message, _book(name), now)
    return writing.payload.body, writing.losses, ()
