"""The command line. Exit 0: done. 1: done, and not well. 2: a wrong call, or refused input."""

import datetime as dt
import os
import signal
import socket
import sys
import threading
from dataclasses import replace

import click
from sqlalchemy.exc import SQLAlchemyError

from connectors.registry import NAMES
from hub.broker.protocol import BrokerUnavailable
from hub.settings import SettingsError
from hub.store.guard import WallDown
from hub.store.migrate import is_up_to_date, migrate
from hub.store.walls import WallError
from hub.wiring import Hub, open_hub
from workers import serve
from workers.access import access
from workers.accounts import accounts
from workers.audit import audit
from workers.check import check
from workers.connector_command import connector
from workers.drill.command import drill
from workers.keys import keys
from workers.lines import open_all
from workers.messages import messages
from workers.opening import open_here, read_settings
from workers.rehearse import rehearse
from workers.retention import retention
from workers.search import search, write_index
from workers.simulate import simulate
from workers.translate import translate


def _until_told() -> threading.Event:
    """Give an event that is set when the process is told to stop. To be called before any other thread starts.

    A thread waits for the signals: setting an event in a signal handler can meet its own lock, and stand still.
    """
    numbers = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    stop = threading.Event()

    def wait() -> None:
        signal.sigwait(numbers)
        stop.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="schakel", prog_name="schakel")
def main() -> None:
    """Schakel, the hub between organisations that help the same person."""


_COMMANDS = (access, accounts, audit, check, drill, keys, messages, rehearse, retention, search, simulate, translate)
for command in _COMMANDS:
    main.add_command(command)


@main.command()
@click.option("--port", type=int, envvar="PORT", default=8080, show_default=True, help="Where the hub listens.")
def demo(port: int) -> None:
    """Run the demo: hub, workers and made-up partners in this one process, with state in var/."""
    from workers import demo as play
    from workers import demo_history, embedded, story
    from workers.partners import Partner

    stop = _until_told()
    settings = read_settings(demo=True)
    _check_port(settings.host, port)
    try:
        hub = open_hub(replace(settings, bind=f"{settings.host}:{port}"))
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    config, partners = play.partners(hub.config)
    hub = Hub(settings=hub.settings, config=config, store=hub.store, broker=hub.broker)
    migrate(hub.store)
    hub.broker.declare(hub.queues())
    fresh = play.prepare(hub)
    if fresh:
        demo_history.fill(hub)
    running = embedded.start(hub)
    for partner in partners.values():
        partner.start(running.url)
    suite = partners[story.SUITE]
    if fresh and isinstance(suite, Partner):
        story.begin(hub, suite, play.bsn_of_story())
    click.echo(_welcome(running.url))
    stop.wait()
    click.echo("Stopping.")
    for partner in partners.values():
        partner.close()
    running.close()


def _check_port(host: str, port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"Port {port} is taken. Choose another one: PORT=8090 make demo") from error


def _welcome(url: str) -> str:
    from workers.demo_people import PASSWORD, PEOPLE

    rows = [f"  {one.username:<9}{one.name}, {one.title} ({one.organisation})" for one in PEOPLE]
    return "\n".join(
        [
            "",
            f"Schakel runs at {url}  (a demo: SQLite and the embedded broker; made-up people and partners)",
            f"Sign in at {url}/inloggen with the password {PASSWORD} as:",
            *rows,
            f"Systems: POST {url}/oauth/token with id = the organisation's code, secret = demo-<code>",
            f"The API describes itself at {url}/api/v1/openapi.json",
            "Stop with Ctrl+C. The data stays in var/.",
            "",
        ]
    )


@main.command()
def up() -> None:
    """Run web and all workers in this one process, by the settings of the environment."""
    from workers import embedded

    stop = _until_told()
    hub = open_here()
    _check_shape(hub)
    hub.broker.declare(hub.queues())
    try:
        open_all(hub.config)
    except SettingsError as error:
        hub.close()
        raise click.UsageError(str(error)) from error
    running = embedded.start(hub)
    click.echo(f"Schakel runs at {running.url}")
    stop.wait()
    running.close()


def _check_shape(hub: Hub) -> None:
    try:
        if not is_up_to_date(hub.store):
            raise click.ClickException("The database does not have the right shape. Run: schakel migrate")
    except WallDown as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database can't be reached ({type(error).__name__}).") from error


@main.command(name="migrate")
def migrate_command() -> None:
    """Bring the database to the present shape and declare the broker's queues."""
    hub = open_here()
    try:
        click.echo(f"The database is at revision {migrate(hub.store)}.")
        if found := write_index(hub.store, only_missing=True):
            click.echo(f"{found} cases were put in the index of names.")
    except WallError as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database can't be reached ({type(error).__name__}).") from error
    try:
        hub.broker.declare(hub.queues())
        click.echo(f"The broker has {len(hub.queues())} queues.")
    except BrokerUnavailable as error:
        raise click.ClickException("The broker can't be reached; run this again when it is there.") from error
    finally:
        hub.close()


@main.command()
@click.option("--mode", type=click.Choice(["gevent", "threading"]), default="gevent", show_default=True)
def web(mode: str) -> None:
    """Run one web process: pages, API and live view."""
    if mode == "threading":
        stop = _until_told()
        hub = open_here()
        _check_shape(hub)
        serve.serve_threaded(hub, stop)
        return
    _check_wall()  # say what is wrong before the process is another
    os.execv(sys.executable, [sys.executable, "-m", "workers.green"])  # noqa: S606 - patched before all imports


def _check_wall() -> None:
    """Refuse a wall with a hole. A database that is away is no reason not to begin: the pages say so until it is back,
    and the wall is looked at with the first connection.
    """
    hub = open_here()
    try:
        hub.store.answers()
    except WallDown as error:
        raise click.ClickException(str(error)) from error
    finally:
        hub.close()


@main.command()
@click.option("--receipt-wait", type=float, default=60.0, show_default=True, help="Seconds before it looks again.")
def relay(receipt_wait: float) -> None:
    """Run the relay: what must leave goes to the broker."""
    from workers import relay as worker

    stop = _until_told()
    hub = open_here()
    _check_shape(hub)
    worker.run(hub.store, hub.broker, stop, receipt_wait=dt.timedelta(seconds=receipt_wait))
    hub.close()


@main.command()
def inbox() -> None:
    """Run the inbox worker: what came in has its effect, once."""
    from workers import inbox as worker

    stop = _until_told()
    hub = open_here()
    _check_shape(hub)
    worker.run(worker.InboxWorker(hub.store, hub.config, hub.broker), stop)
    hub.close()


@click.command(name="ORGANISATION")
@click.argument("organisation")
def connector_command(organisation: str) -> None:
    """Run the connector worker of an ORGANISATION."""
    from workers import connector as worker
    from workers.embedded import worker_of
    from workers.files import files_of
    from workers.files import run as run_files

    stop = _until_told()
    hub = open_here(partner=True)
    found = hub.config.organisation(organisation)
    if found is None or found not in hub.config.connected() or found.connector not in NAMES:
        raise click.UsageError(f"{organisation} has no connector with a transport in the configuration.")
    try:
        working = worker_of(hub, found)
        # At a partner's site there is no database to take its files into: there it posts them to the API.
        files = None if hub.settings.queue_keys else files_of(hub, found)
    except SettingsError as error:
        hub.close()
        raise click.UsageError(str(error)) from error
    if files is not None:
        threading.Thread(target=lambda: run_files(files, stop), name="files", daemon=True).start()
    worker.run(working, stop)
    hub.close()


@main.command()
def mail() -> None:
    """Run the mail worker: organisations are told that something waits for them, and nothing of what."""
    from workers import notices
    from workers.embedded import notice_worker

    stop = _until_told()
    hub = open_here()
    if hub.config.mail is None:
        raise click.UsageError("The configuration has no [mail].")
    try:
        working = notice_worker(hub)
    except SettingsError as error:
        hub.close()
        raise click.UsageError(str(error)) from error
    notices.run(working, stop)
    hub.close()


connector.worker = connector_command
main.add_command(connector)


@main.command()
def timers() -> None:
    """Run the timers worker: clocks, and what waited for a click."""
    from workers import timers as worker

    stop = _until_told()
    hub = open_here()
    _check_shape(hub)
    ticking = worker.Timers(hub.store, hub.config, hub.broker, hub.queues(), checkpoints=hub.settings.audit_file)
    worker.run(ticking, stop)
    hub.close()


if __name__ == "__main__":
    main()
