"""The command ``schakel simulate``: play a partner by hand, well or badly behaved, against a hub that runs."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from connectors.registry import NAMES
from connectors.transports.settings import SecretMissing
from hub.settings import DEMO_CONFIG, Configuration, Organisation, SettingsError, load_configuration
from workers.partners import DEMO_MANNERS, SILENT, Misbehaviour
from workers.partners.desk import Desk
from workers.partners.makers import Wishes, make_partner
from workers.partners.misbehaviour import TOLD, UnknownFault, shares_of
from workers.partners.prompt import Prompt, help_of

_FAULTS = "; ".join(f"{fault}: {told}" for fault, told in TOLD.items())


@click.command(epilog=f"What can go wrong. {_FAULTS}.")
@click.argument("name", type=click.Choice(NAMES))
@click.option("--organisation", "code", help="Which organisation; without it the first of this dialect.")
@click.option("--port", type=click.IntRange(0, 65_535), default=9300, show_default=True, help="Where it listens.")
@click.option("--hub", "hub_url", default="http://127.0.0.1:8080", show_default=True, help="Where the hub is.")
@click.option("--secret", envvar="SCHAKEL_SECRET", help="Of its system; without it, the demo's.")
@click.option("--files", nargs=2, type=click.Path(path_type=Path), help="Take files from a folder, drop them in one.")
@click.option("--misbehave", multiple=True, metavar="FAULT=SHARE", help="For instance errors=0.3; may be repeated.")
@click.option("--pause", type=click.FloatRange(0, 3600), default=5.0, show_default=True, help="Seconds of a fault.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same luck.")
@click.option("--automatic", is_flag=True, help="Answer of itself too, as in the demo.")
def simulate(
    name: str,
    code: str | None,
    port: int,
    hub_url: str,
    secret: str | None,
    files: tuple[Path, Path] | None,
    misbehave: tuple[str, ...],
    pause: float,
    seed: int,
    automatic: bool,
) -> None:
    """Play a partner that speaks the dialect NAME: list what comes, and answer what is typed.

    The organisation's transport must lead here: its url to the address below with inside = true, or its folder and
    intake to the two folders of --files.
    """
    try:
        misbehaviour = Misbehaviour(shares_of(misbehave), seed=seed, pause=pause)
        config = load_configuration(Path(os.environ.get("SCHAKEL_CONFIG", str(DEMO_CONFIG))))
    except (UnknownFault, SettingsError) as error:
        raise click.UsageError(str(error)) from error
    manner = DEMO_MANNERS.get(name, SILENT) if automatic else SILENT
    wishes = Wishes(manner=manner, misbehaviour=misbehaviour, port=port, secret=secret, folders=files)
    organisation = _organisation(config, name, code)
    try:
        partner = make_partner(config, organisation, wishes)
    except SecretMissing as error:
        raise click.UsageError(str(error)) from error
    partner.start(hub_url)
    click.echo(f"{organisation.code} takes {name} at {partner.url}. Stop with Ctrl+C.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _listen(partner if isinstance(partner, Desk) else None)
    except KeyboardInterrupt:
        click.echo("Stopping.")
    finally:
        rows = partner.ledger.rows()
        partner.close()
    click.echo(f"{len(rows)} messages, brought {sum(row[3] for row in rows)} times.")


def _organisation(config: Configuration, name: str, code: str | None) -> Organisation:
    speaking = [one for one in config.organisations.values() if one.connector == name and code in (None, one.code)]
    if not speaking:
        raise click.UsageError("No such organisation speaks this dialect in the configuration.")
    return speaking[0]


def _listen(desk: Desk | None) -> None:
    """Do what is typed. Where nobody types (the input ended) it goes on until it is stopped."""
    if desk is not None:
        prompt = Prompt(desk, click.echo)
        click.echo(help_of(desk))
        for line in sys.stdin:
            if not prompt.take(line):
                return
    threading.Event().wait()
