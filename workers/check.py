"""The command ``schakel check``: is everything there that the hub needs, and does every line work."""

import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from hub.broker.protocol import INBOX, BrokerUnavailable
from hub.store.guard import WallDown
from hub.store.migrate import is_up_to_date
from hub.wiring import Hub, in_the_open
from workers.lines import look_at_all, never_told
from workers.opening import open_here


@click.command()
def check() -> None:
    """Check settings, database, broker, and the line to every organisation: address, certificate, sign-in, mapping.

    Nothing is delivered. Exit 1 where something is not well.
    """
    hub = open_here()
    findings = [("settings and configuration", "well"), ("database", _database(hub)), ("broker", _broker(hub))]
    findings += [
        (name, "goes to another computer without verified TLS; see docs/keys.md") for name in in_the_open(hub.settings)
    ]
    findings += look_at_all(hub.config)
    for what, finding in findings:
        click.echo(f"{what:<40}{finding}")
    for note in never_told(hub.config):
        click.echo(f"Note: {note}.")
    click.echo(_second_wall(hub))
    hub.close()
    if any(finding != "well" for _what, finding in findings):
        sys.exit(1)


def _second_wall(hub: Hub) -> str:
    """Say what keeps a municipality's rows from another's; the findings say whether that is well."""
    if hub.store.is_sqlite:
        return "Note: SQLite has no row-level security, so no second wall: one municipality in this file."
    try:
        above = hub.store.login_may_bypass()
    except (SQLAlchemyError, WallDown):
        return "Note: whether the login may pass the wall between municipalities is not known."
    if above:
        return (
            "Note: the login itself may pass the wall between municipalities; only the role it works as keeps it"
            " inside. Give the processes a login of their own (docs/municipalities.md)."
        )
    return "Row-level security: the login can't pass the wall between municipalities."


def _database(hub: Hub) -> str:
    try:
        return "well" if is_up_to_date(hub.store) else "not in the right shape: run schakel migrate"
    except WallDown as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"can't be reached ({type(error).__name__})"


def _broker(hub: Hub) -> str:
    try:
        return "well" if hub.broker.health(INBOX).usable else "queues are missing: run schakel migrate"
    except BrokerUnavailable:
        return "can't be reached"
