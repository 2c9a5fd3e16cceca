"""Several municipalities on one database: a hub for each, with the same codes and the same people's numbers."""

import dataclasses
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from hub.models import ApiClient
from hub.services.views.viewer import Viewer
from hub.settings import DEMO_CONFIG, Settings
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from tests.integration.conftest import KEY, SECRET, add_viewer
from tests.personas import ILSE, MARLOES, NAIMA, PETER

TILBURG, BREDA, GOIRLE = CODES = ("gemeente-tilburg", "gemeente-breda", "gemeente-goirle")


def in_municipality(person: Viewer, code: str) -> Viewer:
    """Give the namesake of someone in another municipality."""
    return dataclasses.replace(person, id=f"{person.id}-{code}")


def hub_of(code: str, database_url: str, folder: Path, owner_url: str | None = None) -> Hub:
    """Give the hub of a municipality; organisations have the same codes in each."""
    config = folder / f"{code}.toml"
    config.write_text(DEMO_CONFIG.read_text(encoding="utf-8").replace(TILBURG, code), encoding="utf-8")
    settings = Settings(
        database_url=database_url,
        broker_url=f"embedded:///{folder}/{code}.db",
        config_path=config,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
        owner_url=owner_url,
    )
    return open_hub(settings)


def settle(hub: Hub) -> None:
    """Make tables, walls, queues, and the fixed people; the ids of systems are the same in each municipality."""
    migrate(hub.store)
    hub.broker.declare(hub.queues())
    with hub.store.writing() as work:
        for one in (MARLOES, PETER, NAIMA, ILSE):
            add_viewer(work, in_municipality(one, hub.config.municipality.code))
        for code in hub.config.organisations:
            work.session.execute(insert(ApiClient).values(id=code, organisation=code, secret_hash=SECRET, active=True))


def plain(url: str) -> str:
    """Give a SQLAlchemy URL as the driver wants it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def login(server_url: str, database_url: str, grants: tuple[str, ...], attributes: str = "") -> Iterator[str]:
    """Make a login of its own in these roles; give the URL with which it signs in to the database."""
    name, password = f"login_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(plain(server_url), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} " + attributes).format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        for role in grants:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
    url = make_url(database_url).set(username=name, password=password)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain(database_url), autocommit=True) as connection:
            connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        with psycopg.connect(plain(server_url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
