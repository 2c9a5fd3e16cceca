"""The command ``schakel messages``: look after what is stuck, by its references only."""

import datetime as dt
import json
import sys
from typing import BinaryIO, TextIO

import click
from marshmallow import ValidationError

from hub.api.problems import flatten
from hub.rules.audit import Deed
from hub.services.errors import ServiceError
from hub.services.messages import digest_book, digests, evidence
from hub.services.messages.monitor import handle, monitor
from hub.services.messages.reconciliation import not_here, skip_places
from schemas.digest import read_lines
from workers.digest_file import MAX_DIGEST, WrongFile, read_digest_file
from workers.opening import open_here
from workers.operator import operator, write_down


@click.group()
def messages() -> None:
    """Look after messages that are stuck; references only, never content."""


@messages.command(name="list")
def list_messages() -> None:
    """List what waits for a person or for a next try; exit 1 where a person is needed."""
    hub = open_here()
    with hub.store.reading() as session:
        view = monitor(session, hub.config, operator(), dt.datetime.now(dt.UTC))
    for line in view.lines:
        click.echo(
            f"{line.id}  {line.kind}  {line.organisation_name}  {line.reason}  {line.field or ''}  {line.since:%F %T}"
        )
    click.echo(f"{len(view.lines)} listed, {view.waiting} waiting to leave, {view.delivered_today} delivered today.")
    hub.close()
    if any(line.needs_person for line in view.lines):
        sys.exit(1)


@messages.command()
@click.argument("message_id")
def retry(message_id: str) -> None:
    """Try a message again now."""
    _handle(message_id, "retry", "")


@messages.command()
@click.argument("message_id")
@click.option("--reason", required=True, help="Why it is closed; kept with the message.")
def settle(message_id: str, reason: str) -> None:
    """Close a message with a reason; it is kept."""
    _handle(message_id, "settle", reason)


@messages.command(name="evidence")
@click.argument("referral_id")
def evidence_command(referral_id: str) -> None:
    """Print the messages of a referral with signatures and receipts, to be shown elsewhere. It holds their content."""
    hub = open_here()
    try:
        with hub.store.reading() as session:
            bundle = evidence.bundle_of(session, hub.config, referral_id)
            case_id = evidence.case_of(session, referral_id)
        with hub.store.writing() as work:
            write_down(work, hub.config, Deed.CLIENT_EXPORT, referral_id, case_id=case_id, detail="evidence")
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    click.echo(json.dumps(bundle, ensure_ascii=False, indent=1))


@messages.command()
@click.argument("file", type=click.File("rb"))
@click.option("--keys", type=click.File("rb"), help="Keys as GET /api/v1/keys gave them; the bundle's own don't count.")
def verify(file: BinaryIO, keys: BinaryIO | None) -> None:
    """Verify a bundle of evidence, without the hub; exit 1 where a message does not fit its signature.

    Without --keys compare the printed ids of keys with those that the hub gave out: a bundle brings its own keys.
    """
    try:
        findings = evidence.verify_bundle(json.load(file), json.load(keys) if keys is not None else None)
    except (ValueError, ServiceError) as error:
        raise click.UsageError("This is not a bundle of evidence.") from error
    for message_id, finding in findings:
        click.echo(f"{message_id}  {finding}")
    if not findings or any(not finding.startswith("sound") for _id, finding in findings):
        sys.exit(1)


@messages.command()
@click.argument("organisation")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def reconcile(organisation: str, file: TextIO) -> None:
    """Name what stands in the books of an ORGANISATION and not here, after a restore; exit 1 where there is any.

    FILE holds one message id or reference a line, of messages that it got from the hub or sent to it.
    """
    hub = open_here()
    try:
        if hub.config.organisation(organisation) is None:
            raise click.UsageError("There is no such organisation.")
        with hub.store.reading() as session:
            missing = not_here(session, organisation, file)
    except UnicodeDecodeError as error:
        raise click.UsageError("FILE is not text in UTF-8.") from error
    finally:
        hub.close()
    for name in missing:
        click.echo(f"not here  {name}")
    click.echo(f"{len(missing)} are not here.")
    if missing:
        sys.exit(1)


@messages.command(name="digest")
@click.argument("organisation")
@click.argument("file", type=click.File("rb"))
def digest_command(organisation: str, file: BinaryIO) -> None:
    """Compare the open referrals in the books of an ORGANISATION with ours; exit 1 where any differs.

    FILE is text in UTF-8. Its first line is `schakel-digest;1`, its second names the columns with semicolons between
    them: referral_id, number, reference, status and changed_at, in any order. Each further line is one open referral,
    with one of the three references at least; status is a word of the API.
    """
    hub = open_here()
    try:
        if organisation not in digests.partners(hub.config):
            raise click.UsageError("There is no such organisation.")
        told = read_lines(read_digest_file(file.read(MAX_DIGEST + 1)))
        with hub.store.writing() as work:
            found = digest_book.receive(work, hub.config, organisation, told)
            write_down(work, hub.config, Deed.DIGEST_TAKE, organisation, detail=f"{len(told)}:{len(found)}")
    except (WrongFile, ValidationError) as error:
        raise click.UsageError(f"FILE can't be used. {_said(error)}") from error
    finally:
        hub.close()
    for one in found:
        named = one.number or one.reference or one.referral_id
        click.echo(f"{one.kind}  {named}  ours {one.ours or '-'}  theirs {one.theirs or '-'}")
    click.echo(f"{len(told)} told, {len(found)} differ.")
    if found:
        sys.exit(1)


def _said(error: WrongFile | ValidationError) -> str:
    """Say what is wrong by line and column; a value is never repeated."""
    if isinstance(error, WrongFile):
        return str(error)
    first = next(flatten(error.messages), {"field": "", "message": "It is no digest."})
    row, _, column = first["field"].partition(".")
    where = f"Line {int(row) + 3}, {column}: " if row.isdecimal() else ""
    return where + first["message"]


@messages.command()
@click.option("--skip", type=click.IntRange(1, 10_000_000), default=100_000, show_default=True, help="So many places.")
def restored(skip: int) -> None:
    """After a restore: give no place in the feed again that may have been given out since the back-up."""
    hub = open_here()
    with hub.store.writing() as work:
        skip_places(work, skip)
    hub.close()
    click.echo(f"The feed goes on {skip} places further.")


def _handle(message_id: str, action: str, reason: str) -> None:
    hub = open_here()
    try:
        with hub.store.writing() as work:
            handle(work, hub.config, operator(), message_id, action, reason)
            write_down(work, hub.config, Deed.TRAFFIC_HANDLE, message_id, detail=action)
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    click.echo("Done.")
