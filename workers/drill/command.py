"""The command ``schakel drill``: lose nothing while processes and broker are killed."""

import signal
import sys

import click


@click.command()
@click.option("--referrals", type=click.IntRange(1), default=200, show_default=True, help="How many are sent.")
@click.option("--kills", type=click.IntRange(0), default=1, show_default=True, help="How often each process is killed.")
@click.option("--seed", type=int, default=None, help="Repeat the drill with this seed.")
@click.option("--embedded", is_flag=True, help="SQLite and the embedded broker, everything in one process.")
@click.option("--keep", is_flag=True, help="Leave the folder with logs and books.")
def drill(referrals: int, kills: int, seed: int | None, embedded: bool, keep: bool) -> None:
    """Kill processes and broker while referrals flow, then count what was lost, doubled or out of order."""
    import secrets

    from workers.drill.processes import ServiceUnavailable
    from workers.drill.run import run_drill
    from workers.drill.stage import Options

    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = Options(referrals=referrals, kills=kills, seed=chosen, embedded=embedded, keep=keep)
    try:
        sys.exit(run_drill(options, click.echo))
    except ServiceUnavailable as error:
        raise click.ClickException(str(error)) from error
