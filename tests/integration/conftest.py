"""A whole hub on each of the two foundations: SQLite with the embedded broker, PostgreSQL with RabbitMQ."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.registry import connector
from hub.services.messages.address_book import address_book
from hub.wiring import Hub
from tests.hubs import KEY, SECRET, add_viewer, open_test_hub
from tests.integration.callers import Hands, Lines, Site, listening
from workers.connector import ConnectorWorker
from workers.inbox import InboxWorker
from workers.partners import Ledger, Manner, Partner
from workers.relay import Relay


@pytest.fixture(params=["embedded", pytest.param("real", marks=[pytest.mark.postgresql, pytest.mark.rabbitmq])])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub, once on each foundation."""
    real = request.param == "real"
    database = request.getfixturevalue("filled_database_url") if real else f"sqlite:///{tmp_path}/hub.db"
    broker = request.getfixturevalue("broker_url") if real else f"embedded:///{tmp_path}/broker.db"
    with closing(open_test_hub(database, broker, filled=real)) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub, once on each database, for what does not concern the broker."""
    real = request.param == "postgresql"
    url = request.getfixturevalue("filled_database_url") if real else f"sqlite:///{tmp_path}/hub.db"
    with closing(open_test_hub(url, f"embedded:///{tmp_path}/broker.db", filled=real)) as made:
        yield made


__all__ = ["KEY", "SECRET", "Ring", "add_viewer", "open_test_hub"]


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

    def turn(self, wait: float = 0.05) -> int:
        """Let each worker do one step; give how much was done."""
        done = self.relay.step()
        done += sum(worker.step(wait) for worker in self.workers.values())
        return done + self.inbox.step(wait)

    def until(self, reached: Callable[[], bool]) -> None:
        """Turn until something is so; a test that hangs here has found what it looked for."""
        for _ in range(400):
            if reached():
                return
            self.turn()
        raise AssertionError("the ring turned and turned, and it did not come")

    def until_still(self) -> None:
        """Turn until nothing moves. RabbitMQ hands over a moment later; the embedded broker at once."""
        at_once = self.hub.settings.broker_url.startswith("embedded:")
        idle = 0
        while idle < (1 if at_once else 4):
            idle = 0 if self.turn(0.0 if at_once else 0.05) else idle + 1

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


@pytest.fixture
def hands(site: Site) -> Iterator[Hands]:
    """Give what moves the messages of the test's own site by hand."""
    with closing(Hands(site.hub)) as made:
        yield made


@pytest.fixture
def heard() -> Iterator[Lines]:
    """Give the lines that are logged meanwhile."""
    with listening() as lines:
        yield lines
