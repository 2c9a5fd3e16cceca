"""The command ``schakel messages``: look after what is stuck, by its references only."""

import datetime as dt
import sys

import click

from hub.services.errors import ServiceError
from hub.services.monitor import handle, monitor
from hub.services.views import Viewer
from workers.opening import open_here


@click.group()
def messages() -> None:
    """Look after messages that are stuck; references only, never content."""


@messages.command(name="list")
def list_messages() -> None:
    """List what waits for a person or for a next try; exit 1 where a person is needed."""
    hub = open_here()
    with hub.store.reading() as session:
        view = monitor(session, hub.config, _operator(), dt.datetime.now(dt.UTC))
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


def _operator() -> Viewer:
    return Viewer(
        id="command-line",
        name="opdrachtregel",
        organisation="schakel",
        organisation_name="Schakel",
        role="functional_admin",
        purpose="operations",
    )


def _handle(message_id: str, action: str, reason: str) -> None:
    hub = open_here()
    try:
        with hub.store.writing() as work:
            handle(work, hub.config, _operator(), message_id, action, reason)
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    click.echo("Done.")
