"""Bring a database to the present shape."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.store.database import Store


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(store: Store) -> str:
    """Run every migration that is still to be run; give the revision the database is at."""
    config = _config()
    with store.engine.execution_options(schakel_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest_revision()


def newest_revision() -> str:
    """Give the revision that this code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # the folder holds at least the first migration
    return revision


def is_up_to_date(store: Store) -> bool:
    """Whether the database has the shape that this code needs."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest_revision()
