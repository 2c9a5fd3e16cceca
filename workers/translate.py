"""The command ``schakel translate``: one message, from a partner's format to ours or back, without a hub."""

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from marshmallow import ValidationError

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload
from connectors.registry import NAMES, connector
from hub.api.problems import flatten
from hub.services.intake import address_book
from hub.settings import DEMO_CONFIG, load_configuration
from schemas import strict_json
from schemas.message import Message

_MAX_FILE = 50_000_000


@click.command()
@click.option("--connector", "name", required=True, type=click.Choice(NAMES), help="Whose format.")
@click.option("--losses", is_flag=True, help="List, on standard error, the fields the target format can't carry.")
@click.argument("direction", type=click.Choice(["in", "out"]))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def translate(name: str, direction: str, file: Path, losses: bool) -> None:
    """Translate a FILE (- is standard input): a partner's message `in`, or a canonical message `out`."""
    body = _read(file)
    try:
        found = _translate_in(name, body, file) if direction == "in" else _translate_out(name, body)
    except Refusal as refusal:
        document = {"error": refusal.code, "field": refusal.field, "message": refusal.message}
        if refusal.dialect_code:
            document["dialect_code"] = refusal.dialect_code
        click.echo(json.dumps(document, ensure_ascii=False), err=True)
        sys.exit(2)
    output, lost = found
    click.echo(output, nl=not output.endswith(b"\n"))
    if losses:
        click.echo(json.dumps([{"field": one.field, "why": one.why} for one in lost], indent=2), err=True)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(_MAX_FILE)
    try:
        with file.open("rb") as stream:
            return stream.read(_MAX_FILE)
    except OSError as error:
        raise click.UsageError(f"Can't read {file}: {error.strerror}.") from error


def _book(name: str) -> AddressBook:
    """Give the address book of the first organisation with this connector in the configuration."""
    path = Path(os.environ.get("SCHAKEL_CONFIG", str(DEMO_CONFIG)))
    config = load_configuration(path)
    organisation = next(one for one in config.organisations.values() if one.connector == name)
    return address_book(config, organisation)


def _translate_in(name: str, body: bytes, file: Path) -> tuple[bytes, Any]:
    payload = Payload(body=body, content_type="application/octet-stream", name=file.name)
    reading = connector(name).read(payload, _book(name), dt.datetime.now(dt.UTC))
    documents = [message.to_json() for message in reading.messages]
    return json.dumps(documents, ensure_ascii=False, indent=2).encode(), reading.losses


def _translate_out(name: str, body: bytes) -> tuple[bytes, Any]:
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
    writing = connector(name).write(message, _book(name), dt.datetime.now(dt.UTC))
    return writing.payload.body, writing.losses
