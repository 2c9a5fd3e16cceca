"""Bring a database to the present shape."""

import datetime as dt
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import OperationalError

from hub.models import CaseKey
from hub.models.audit_keys import OWNER
from hub.models.ring import key_ring
from hub.models.shelf import ContentKey
from hub.store.database import Store
from hub.store.keys import QUEUES
from hub.store.tables import table_of
from hub.store.walls import close_to_owner, open_to_owner, raise_walls

# By which people are found, and from which the keys of queues are derived.
_HOUSE_KEYS = ("bsn-index", f"{QUEUES}1", f"{QUEUES}2")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(store: Store) -> str:
    """Run every migration that is still to be run, as the owner, and raise the walls; give the revision."""
    config = _config()
    with store.owning() as connection:
        config.attributes["connection"] = connection
        if not store.is_sqlite:
            open_to_owner(connection)
        command.upgrade(config, "head")
        if not store.is_sqlite:
            raise_walls(connection, store.municipality, one_login=store.owner_works)
            _make_house_keys(connection)
        _make_audit_key(connection, store)
        if not store.is_sqlite:
            close_to_owner(connection)
    return newest_revision()


_OURS = "SELECT count(*) FROM case_keys WHERE owner = :owner"
_OURS_AMONG_OTHERS = f"{_OURS} AND municipality = current_setting('schakel.municipality')"


def _make_house_keys(connection: Connection) -> None:
    """Give the municipality the keys that are no case's: the migration made those of the first municipality alone."""
    for owner in _HOUSE_KEYS:
        if not connection.scalar(text(_OURS_AMONG_OTHERS), {"owner": owner}):
            _keep(connection, ContentKey.new(owner))


def _make_audit_key(connection: Connection, store: Store) -> None:
    """Give the log of access a secret of its own; one that was written before keeps what came from the ring then."""
    if connection.scalar(text(_OURS if store.is_sqlite else _OURS_AMONG_OTHERS), {"owner": OWNER}):
        return
    key = ContentKey.new(OWNER)
    written = text("SELECT count(*) FROM audit_records WHERE municipality = :municipality")
    if connection.scalar(written, {"municipality": store.municipality}):
        key = ContentKey.of(key.id, key.owner, key_ring().first_audit_secret)
    _keep(connection, key)


def _keep(connection: Connection, key: ContentKey) -> None:
    row = {"key_id": key.id, "owner": key.owner, "key": key, "ring_key": key_ring().newest.hex()}
    connection.execute(insert(table_of(CaseKey)), {**row, "created_at": dt.datetime.now(dt.UTC)})


def newest_revision() -> str:
    """Give the revision that this code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # the folder holds at least the first migration
    return revision


def is_up_to_date(store: Store) -> bool:
    """Whether the database has the shape that this code needs."""
    try:
        with store.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == newest_revision()
    except OperationalError:
        if store.is_sqlite:
            raise
    # Before its first migration a database lets nobody in as the municipality's role; can it be reached at all?
    with store.owning() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest_revision()
