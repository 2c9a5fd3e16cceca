"""The command ``schakel retention``: see what is kept too long, and remove what was seen."""

import datetime as dt
import sys

import click

from hub.rules.audit import Deed
from hub.rules.retention import TERMS
from hub.services.errors import ServiceError
from hub.services.record import retention as service
from workers.opening import open_here
from workers.operator import operator, write_down

_BY = operator().id


@click.group()
def retention() -> None:
    """See what is kept too long, and remove what was seen. References only, never content."""


@retention.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Look ahead: what would go on this day.")
def preview(on: dt.datetime | None) -> None:
    """Write down and list what would go: kind, reference, client reference, and the rule."""
    hub = open_here()
    at = on.replace(tzinfo=dt.UTC) if on is not None else None
    try:
        with hub.store.writing() as work:
            made = service.prepare(work, _BY, at=at)
            write_down(work, hub.config, Deed.RETENTION_PREVIEW, made.id)
    finally:
        hub.close()
    for kind, reference, case_id in made.items:
        term = next(term for term in TERMS.values() if term.kind == kind)
        click.echo(
            f"{kind:<10}{reference:<44}{case_id or '-':<38}{term.keep.days} days after {term.since} ({term.law})"
        )
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(made.counts.items())) or "nothing"
    click.echo(f"Would go on {made.at:%Y-%m-%d}: {told}.")
    click.echo(f"Preview {made.id}, hash {made.hash}")


@retention.command()
@click.argument("preview_id")
@click.option("--hash", "given_hash", required=True, help="The hash that the preview showed.")
def run(preview_id: str, given_hash: str) -> None:
    """Remove what stands in a preview; exit 1, and nothing removed, where what is due has changed since."""
    hub = open_here()
    try:
        with hub.store.writing() as work:
            counts = service.run(work, preview_id, given_hash, _BY)
            write_down(work, hub.config, Deed.CLIENT_ERASE, preview_id, detail="retention")
    except ServiceError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    finally:
        hub.close()
    click.echo(
        "Removed: " + (", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing") + "."
    )


@retention.command()
@click.argument("case_id")
@click.option("--reason", type=click.Choice(["complaint", "court_case", "audit", "restriction"]), required=True)
def hold(case_id: str, reason: str) -> None:
    """Keep a case whatever the terms say; prints the id of the hold."""
    hub = open_here()
    try:
        with hub.store.writing() as work:
            hold_id = service.place_hold(work, case_id, reason, _BY)
            write_down(work, hub.config, Deed.CLIENT_HOLD, hold_id, case_id=case_id, detail=reason)
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    click.echo(f"Held: {hold_id}")


@retention.command()
@click.argument("hold_id")
def release(hold_id: str) -> None:
    """End a hold."""
    hub = open_here()
    try:
        with hub.store.writing() as work:
            service.lift_hold(work, hold_id, _BY)
            write_down(work, hub.config, Deed.CLIENT_HOLD, hold_id, detail="lifted")
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    click.echo("The hold has ended.")
