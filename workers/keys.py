"""The command ``schakel keys``: the keys under which content is sealed. It never shows a key of the ring."""

import base64
import datetime as dt
import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from hub.broker.sealed import queue_secret
from hub.models.ring import KeyMissing, key_ring
from hub.rules.audit import Deed
from hub.services.errors import Invalid
from hub.services.messages import signing_keys
from hub.services.messages.signatures import kid_of
from hub.services.record import case_keys, key_rotation
from hub.settings import read_key_file
from hub.store.database import UnitOfWork
from hub.store.keys import QUEUES
from hub.wiring import Hub
from workers.opening import open_here
from workers.operator import write_down

BATCH = 500
OTHERS_LOOK = 2.5
"""Seconds after which every process has seen a change of the file of keys: each looks once a second."""


@click.group()
def keys() -> None:
    """Look after the keys of content; key material is never shown."""


@keys.command()
def status() -> None:
    """Tell how many keys stand under each key of the ring; exit 1 where an older one is still needed."""
    with closing(open_here()) as hub:
        with hub.store.reading() as session:
            counts, values = key_rotation.keys_by_ring_key(session), key_rotation.values_by_old_ring_keys(session)
        names = [name.hex() for name in key_ring().names]
        for place, name in enumerate(names):
            click.echo(f"{name}  {counts.pop(name, 0)} keys{'  (newest: it wraps what is new)' if not place else ''}")
        for name, count in counts.items():
            click.echo(f"{name}  {count} keys  NOT ON THE RING: what they seal can't be read")
        click.echo(f"{values} values are sealed by an older key of the ring itself.")
        if counts or values or unfinished(hub):
            raise SystemExit(1)


@keys.command()
def rotate() -> None:
    """Put everything under a new key of the ring, without stopping anything; may be broken off and done again.

    Where SCHAKEL_DATA_KEYS is a file, the new key is added to it; else put one in front yourself and restart first.
    """
    with closing(open_here()) as hub:
        path = hub.settings.key_file
        if path is not None and not unfinished(hub):
            add_key(path)
            key_ring().look_again(now=True)
            time.sleep(OTHERS_LOOK)
        wrapped, sealed = rotate_all(hub)
        if path is not None:  # a process that looked late may have used the older key until now
            time.sleep(OTHERS_LOOK)
            again = rotate_all(hub)
            wrapped, sealed = wrapped + again[0], sealed + again[1]
        with hub.store.writing() as work:
            write_down(work, hub.config, Deed.KEY_USE, detail="rotate")
    click.echo(f"{wrapped} keys and {sealed} values stand under the newest key. Look with: schakel keys status")


def unfinished(hub: Hub) -> bool:
    """Whether an earlier rotation was broken off."""
    with hub.store.reading() as session:
        return bool(set(key_rotation.keys_by_ring_key(session)) - {key_ring().newest.hex()})


def add_key(path: Path) -> None:
    """Put a new key in front in the file of keys, in one step: nobody reads half a file."""
    known = read_key_file(path)
    fresh = base64.b64encode(secrets.token_bytes(32)).decode()
    part = path.with_name(f".{path.name}.new")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join((fresh, *known)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def rotate_all(hub: Hub) -> tuple[int, int]:
    """Put keys and values under the newest key; give how many of each."""
    return _all(hub, key_rotation.rewrap_some), _all(hub, key_rotation.reseal_some)


def _all(hub: Hub, some: Callable[[UnitOfWork, int], int]) -> int:
    total = 0
    while True:
        with hub.store.writing() as work:
            done = some(work, BATCH)
        total += done
        if not done:
            return total


@keys.command()
@click.argument("organisation")
def queue(organisation: str) -> None:
    """Print SCHAKEL_QUEUE_KEY for the connector at the site of an ORGANISATION: its next key and the present one."""
    with closing(open_here()) as hub:
        if hub.config.organisation(organisation) is None:
            raise click.UsageError("There is no such organisation.")
        with hub.store.writing() as work:
            write_down(work, hub.config, Deed.KEY_USE, organisation, detail="queue")
        secrets_of_queues = hub.store.queue_secrets()[-2:]
    own = [base64.b64encode(queue_secret(secret, organisation)).decode() for secret in reversed(secrets_of_queues)]
    click.echo(",".join(own))


@keys.command()
def announce() -> None:
    """Let the announced keys of queues seal from now on, and announce new ones: give each partner its new pair."""
    with closing(open_here()) as hub, hub.store.writing() as work:
        number = len(hub.store.queue_secrets()) + 1
        case_keys.make(work, f"{QUEUES}{number}")
        write_down(work, hub.config, Deed.KEY_USE, detail="announce")
    click.echo("All processes use the announced keys within 30 seconds. Give each partner: schakel keys queue ORG")


@keys.command(name="sign-rotate")
@click.argument("organisations", nargs=-1)
def sign_rotate(organisations: tuple[str, ...]) -> None:
    """Let new keys sign for ORGANISATIONS, all that sign when none is named; the older ones stay published."""
    with closing(open_here()) as hub:
        unknown = [code for code in organisations if hub.config.organisation(code) is None]
        if unknown:
            raise click.UsageError(f"There is no organisation {unknown[0]}.")
        with hub.store.writing() as work:
            for code in organisations or signing_keys.signing_organisations(work.session):
                key = signing_keys.replace_key(work, code)
                click.echo(f"{code} signs with {kid_of(code, key)}")


@keys.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_command(file: Path) -> None:
    """Write the living keys, wrapped, to FILE: to keep beside back-ups of content. Keep the newest one alone."""
    with closing(open_here()) as hub:
        with hub.store.writing() as work:
            write_down(work, hub.config, Deed.KEY_USE, detail="export")
        with hub.store.reading() as session:
            document = key_rotation.export_keys(session, dt.datetime.now(dt.UTC))
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as target:
        json.dump(document, target, indent=1)
    click.echo(f"{len(document['keys'])} keys, {len(document['destroyed'])} marks of destroyed ones.")


@keys.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_command(file: Path) -> None:
    """Bring the keys of FILE back, after content was restored; what was destroyed stays destroyed."""
    try:
        document = json.loads(file.read_text(encoding="ascii"))
        with closing(open_here()) as hub, hub.store.writing() as work:
            came, destroyed = key_rotation.import_keys(work, document)
            write_down(work, hub.config, Deed.KEY_USE, detail="import")
    except (ValueError, Invalid, KeyMissing) as error:
        raise click.UsageError(f"This file can't be used: {error}") from error
    click.echo(f"{came} keys are here, {destroyed} were destroyed.")
