"""A whole hub on each of the two foundations: SQLite with the embedded broker, PostgreSQL with RabbitMQ."""

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert

from connectors.registry import connector
from hub.models import ApiClient, Person, Post
from hub.services.identity import hash_secret
from hub.services.intake import address_book
from hub.services.views import Viewer
from hub.settings import DEMO_CONFIG, Settings
from hub.store.database import UnitOfWork
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM
from workers.connector import ConnectorWorker
from workers.inbox import InboxWorker
from workers.partners import Ledger, Manner, Partner
from workers.relay import Relay

KEY = base64.b64encode(bytes(range(32))).decode()
SECRET = hash_secret("secret")


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


def open_test_hub(database_url: str, broker_url: str, config_path: Path = DEMO_CONFIG) -> Hub:
    """Give a hub with the demo's organisations, its tables and queues made, and the fixed people in it."""
    settings = Settings(
        database_url=database_url,
        broker_url=broker_url,
        config_path=config_path,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
    )
    hub = open_hub(settings)
    migrate(hub.store)
    hub.broker.declare(hub.queues())
    with hub.store.writing() as work:
        for one in (MARLOES, PETER, NAIMA, ILSE, TOM, BAS):
            add_viewer(work, one)
        for code in hub.config.organisations:
            work.session.execute(insert(ApiClient).values(id=code, organisation=code, secret_hash=SECRET, active=True))
    return hub


@pytest.fixture(params=["embedded", pytest.param("real", marks=[pytest.mark.postgresql, pytest.mark.rabbitmq])])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub, once on each foundation."""
    if request.param == "embedded":
        urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    else:
        urls = (request.getfixturevalue("database_url"), request.getfixturevalue("broker_url"))
    with closing(open_test_hub(*urls)) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub, once on each database, for what does not concern the broker."""
    url = f"sqlite:///{tmp_path}/hub.db" if request.param == "sqlite" else request.getfixturevalue("database_url")
    with closing(open_test_hub(url, f"embedded:///{tmp_path}/broker.db")) as made:
        yield made


class Ring:
    """The workers of a hub with partners that only take and keep books; turned by hand, or until all is still."""

    def __init__(self, hub: Hub, manner: Manner | None = None) -> None:
        self.hub = hub
        self.partners: dict[str, Partner] = {}
        self.workers: dict[str, ConnectorWorker] = {}
        for organisation in hub.config.connected():
            assert organisation.connector is not None and organisation.transport is not None
            from workers.embedded import worker_of

            if organisation.transport["kind"] == "files":  # they need nobody at the other end
                self.workers[organisation.code] = worker_of(hub, organisation)
                continue
            book = address_book(hub.config, organisation)
            partner = Partner(
                organisation.code, connector(organisation.connector), book, manner or Manner(series=()), ledger=Ledger()
            )
            partner.start("http://127.0.0.1:9")
            self.partners[organisation.code] = partner
            known = dataclasses.replace(organisation, transport={"kind": "http", "url": partner.url, "inside": True})
            self.workers[organisation.code] = worker_of(hub, known)
        self.relay = Relay(hub.store, hub.broker)
        self.inbox = InboxWorker(hub.store, hub.config, hub.broker)

    def turn(self) -> int:
        """Let each worker do one step; give how much was done."""
        done = self.relay.step()
        done += sum(worker.step(0.05) for worker in self.workers.values())
        return done + self.inbox.step(0.05)

    def until(self, reached: Callable[[], bool]) -> None:
        """Turn until something is so; a test that hangs here has found what it looked for."""
        for _ in range(400):
            if reached():
                return
            self.turn()
        raise AssertionError("the ring turned and turned, and it did not come")

    def until_still(self) -> None:
        """Turn until nothing moves for some turns."""
        idle = 0
        while idle < 4:
            idle = 0 if self.turn() else idle + 1

    def close(self) -> None:
        """Stop all."""
        self.relay.close()
        self.inbox.close()
        for worker in self.workers.values():
            worker.close()
        for partner in self.partners.values():
            partner.close()


@pytest.fixture
def ring(hub: Hub) -> Iterator[Ring]:
    """Give the workers of the hub."""
    with closing(Ring(hub)) as made:
        yield made
