"""The command ``schakel audit``: verify the log of who saw and did what, take it out, and look into it."""

import datetime as dt
import sys
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from hub.models.audit_keys import audit_keys
from hub.rules.audit import Deed, Outcome
from hub.rules.audit_chain import Checkpoint
from hub.services.access.audit_reading import who_looked
from hub.services.errors import ServiceError
from hub.services.record import audit as log
from hub.services.record.audit_seal import read_outside, seal_all
from hub.services.record.audit_verify import export as lines_of_log
from hub.services.record.audit_verify import verify
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from workers.opening import open_here
from workers.verify_log import UnreadableLog, verify_export

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """The log of who saw and did what: verify it, take it out, look into it."""


def _officer(hub: Hub) -> Viewer:
    return Viewer(
        id="command-line",
        name="opdrachtregel",
        organisation=hub.config.municipality.code,
        organisation_name=hub.config.municipality.name,
        role="privacy_officer",
        purpose="accountability",
    )


@audit.command(name="verify")
@click.option("--export", "file", type=_FILE, help="An export.")
@click.option("--key", help="The public key that signs checkpoints; needed with --export.")
@click.option("--checkpoints", type=_FILE, help="Kept outside; SCHAKEL_AUDIT_FILE when left out.")
@click.option("--against", type=_FILE, multiple=True, help="Checkpoints that a partner kept; may be given again.")
def verify_command(file: Path | None, key: str | None, checkpoints: Path | None, against: tuple[Path, ...]) -> None:
    """Find any change, removal or reordering; exit 1 with the first bad record.

    Without --export the log of the database; with it a file and the public key alone, and no database.
    """
    try:
        if file is not None:
            if not key:
                raise click.UsageError("--export needs --key, the public key (schakel audit checkpoint prints it).")
            kept = (*against, checkpoints) if checkpoints is not None else against
            told, well = verify_export(file, key, *kept)
        else:
            told, well = _verify_here(checkpoints, against)
    except UnreadableLog as error:
        raise click.UsageError(str(error)) from error
    click.echo(told)
    if not well:
        sys.exit(1)


def _verify_here(checkpoints: Path | None, against: tuple[Path, ...]) -> tuple[str, bool]:
    hub = open_here()
    inside = checkpoints or hub.settings.audit_file
    try:
        kept = _checkpoints_in(*((inside, *against) if inside is not None else against))
        with hub.store.reading() as session:
            found = verify(session, kept)
        outcome = Outcome.OK if found.fault is None else Outcome.FAILED
        _record(hub, log.Entry(viewer=_officer(hub), deed=Deed.AUDIT_VERIFY, outcome=outcome))
    except log.AuditUnavailable as error:
        raise click.ClickException("The log can't be written: that it was verified must stand in it.") from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"The log can't be read ({type(error).__name__}).") from error
    finally:
        hub.close()
    if found.fault is not None:
        return f"NOT WELL: {found.fault.told()}", False
    size = f"{found.records} records, {found.checkpoints} checkpoints, {found.unsealed} not sealed yet"
    return f"Well: {size}.", True


def _checkpoints_in(*paths: Path) -> list[Checkpoint]:
    found = set[Checkpoint]()
    for path in paths:
        try:
            found.update(read_outside(path))
        except ValueError as error:
            raise UnreadableLog(f"{path} does not hold checkpoints.") from error
    return sorted(found, key=lambda one: (one.chain, one.number))


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(file: Path) -> None:
    """Write the sealed log to FILE, for who verifies it elsewhere. It holds no names; it is itself logged."""
    hub = open_here()
    count = 0
    _record(hub, log.Entry(viewer=_officer(hub), deed=Deed.AUDIT_EXPORT))
    with hub.store.reading() as session, file.open("w", encoding="utf-8") as out:
        for line in lines_of_log(session):
            out.write(line)
            count += 1
    click.echo(f"{count} lines. Public key: {audit_keys(hub.store.keys).public}")
    hub.close()


@audit.command()
def checkpoint() -> None:
    """Seal what waits, sign a checkpoint, and print the public key."""
    hub = open_here()
    done = seal_all(hub.store, hub.settings.audit_file, most=1000)
    click.echo(f"{done} checkpoints were made. Public key: {audit_keys(hub.store.keys).public}")
    hub.close()


@audit.command()
@click.argument("case_id")
def who(case_id: str) -> None:
    """Tell who looked at the client of CASE_ID; this is itself logged."""
    hub = open_here()
    try:
        with log.looking(hub.store, log.occasion(hub.config, "command")) as session:
            view = who_looked(session, hub.config, _officer(hub), case_id, dt.datetime.now(dt.UTC))
    except ServiceError as error:
        raise click.UsageError(error.message) from error
    finally:
        hub.close()
    for line in view.lines:
        marks = " DENIED" * line.denied + " EMERGENCY" * line.emergency
        rules = " ".join(line.rules)
        click.echo(
            f"{line.last_at:%F %T}  {line.times:>3}x  {line.organisation}, {line.role}  {line.deed}  {rules}{marks}"
        )
    click.echo(f"{len(view.lines)} lines.")


def _record(hub: Hub, entry: log.Entry) -> None:
    log.record(hub.store, log.occasion(hub.config, "command"), [entry])
