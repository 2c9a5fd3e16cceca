"""A whole hub with the demo's organisations and fixed people in it, made once and copied for each test.

Running every migration and raising every wall costs a second on PostgreSQL; a copy of what comes of it costs a tenth.
"""

import atexit
import base64
import datetime as dt
import shutil
import tempfile
from functools import cache
from pathlib import Path

import argon2
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from hub.models import ApiClient, Person, Post
from hub.services.views.viewer import Viewer
from hub.settings import DEMO_CONFIG, Settings
from hub.store.database import UnitOfWork
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM

KEY = base64.b64encode(bytes(range(32))).decode()
# A stretch of the least length: how long the hub's own takes is no matter of these tests.
SECRET = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("secret")


def add_viewer(work: UnitOfWork, one: Viewer) -> None:
    """Add a persona with the password ``secret``, in one post."""
    work.session.execute(
        insert(Person).values(
            id=one.id, username=one.id, name=one.name, organisation=one.organisation, password_hash=SECRET, active=True
        )
    )
    work.session.execute(
        insert(Post).values(
            id=one.id,
            person_id=one.id,
            organisation=one.organisation,
            role=one.role,
            purpose=one.purpose,
            title=one.role,
            starts_on=dt.date(2026, 1, 1),
        )
    )


def open_test_hub(database_url: str, broker_url: str, config_path: Path = DEMO_CONFIG, *, filled: bool = False) -> Hub:
    """Give a hub with the demo's organisations, its tables and queues made, and the fixed people in it.

    ``filled`` says that the database is a copy of one that this made before.
    """
    settings = Settings(
        database_url=database_url,
        broker_url=broker_url,
        config_path=config_path,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
    )
    filled = filled or (config_path == DEMO_CONFIG and _copied(database_url))
    hub = open_hub(settings)
    if not filled:
        _fill(hub)
    hub.broker.declare(hub.queues())
    return hub


def _fill(hub: Hub) -> None:
    migrate(hub.store)
    with hub.store.writing() as work:
        for one in (MARLOES, PETER, NAIMA, ILSE, TOM, BAS):
            add_viewer(work, one)
        for code in hub.config.organisations:
            work.session.execute(insert(ApiClient).values(id=code, organisation=code, secret_hash=SECRET, active=True))


def _copied(database_url: str) -> bool:
    """Put a copy of the filled file where a database in a new file is asked for; tell whether that was so."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or url.database is None or Path(url.database).exists():
        return False
    shutil.copyfile(_filled_file(), url.database)
    return True


@cache
def _filled_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="schakel-filled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "hub.db"
    file.touch()  # so that this one is made, and no copy
    open_test_hub(f"sqlite:///{file}", f"embedded:///{folder}/broker.db").close()
    assert not file.with_name("hub.db-wal").exists(), "all of it stands in the one file"
    return file
