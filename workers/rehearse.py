"""The command ``schakel rehearse``: what a changed mapping would do to the last messages, before it does it."""

import sys
from collections.abc import Sequence

import click

from connectors.registry import NAMES
from hub.rules.audit import Deed
from hub.services.messages.rehearsal import (
    DIFFERS,
    REFUSED,
    SAME,
    UNDERSTOOD,
    Rehearsed,
    organisations_of,
    rehearse_in,
    rehearse_out,
)
from hub.wiring import Hub
from workers.opening import open_here
from workers.operator import write_down

GROUNDS = {"fault": "a fault is looked for", "change": "a change is checked", "partner": "a partner asked"}


@click.command()
@click.option("--connector", "name", type=click.Choice(sorted(NAMES)), required=True, help="The mapping to rehearse.")
@click.option("--organisation", "code", help="Of this organisation only.")
@click.option("--last", type=click.IntRange(1, 10_000), default=100, show_default=True, help="So many each way.")
@click.option("--way", type=click.Choice(["out", "in", "both"]), default="both", show_default=True)
@click.option("--show", is_flag=True, help="Print the values that differ; needs --ground, and is written down.")
@click.option("--ground", type=click.Choice(sorted(GROUNDS)), help="Why the values must be seen.")
def rehearse(name: str, code: str | None, last: int, way: str, show: bool, ground: str | None) -> None:
    """Run the present mapping over the last stored messages and print what would differ; exit 1 where anything does.

    Nothing is sent or changed. Without --show only the places of differences are printed, never a value.
    """
    if show and ground is None:
        raise click.UsageError("--show needs a --ground.")
    hub = open_here()
    try:
        organisations = organisations_of(hub.config, name, code)
        if not organisations:
            raise click.UsageError(f"No such organisation speaks through {name}.")
        found: list[Rehearsed] = []
        with hub.store.reading() as session:
            for organisation in organisations:
                if way != "in":
                    found += rehearse_out(session, hub.config, organisation, last)
                if way != "out":
                    found += rehearse_in(session, hub.config, organisation, last)
        _write_down(hub, name, found, ground if show else None)
    finally:
        hub.close()
    for one in found:
        _print(one, show=show)
    click.echo(_summary(found))
    if not all(one.well for one in found):
        sys.exit(1)


def _write_down(hub: Hub, name: str, found: Sequence[Rehearsed], ground: str | None) -> None:
    """Write down the rehearsal and, where values are shown, each message of which they are: before any is."""
    with hub.store.writing() as work:
        if ground is None:
            write_down(work, hub.config, Deed.MESSAGE_REHEARSE, detail=f"{name} masked")
            return
        write_down(work, hub.config, Deed.MESSAGE_REHEARSE, detail=f"{name} shown {ground}")
        for one in found:
            if one.found:
                detail = f"{name} shown {ground}"
                write_down(work, hub.config, Deed.MESSAGE_REHEARSE, one.message_id, case_id=one.case_id, detail=detail)


def _print(one: Rehearsed, *, show: bool) -> None:
    refusal = f": {one.refusal}" if one.refusal and one.verdict != SAME else ""
    click.echo(f"{one.direction:<4}{one.organisation:<20}  {one.message_id}  {one.verdict}{refusal}")
    for place in one.found:
        values = f": was {place.was!r}, now {place.now!r}" if show else ""
        click.echo(f"      {place.path}{values}")
    for field in one.lost:
        click.echo(f"      newly lost: {field}")


def _summary(found: Sequence[Rehearsed]) -> str:
    told = [
        f"{sum(one.verdict == verdict for one in found)} {verdict}" for verdict in (SAME, DIFFERS, REFUSED, UNDERSTOOD)
    ]
    return f"{len(found)} rehearsed: {', '.join(told)}; {sum(bool(one.lost) for one in found)} with new losses."
