"""Services for tests: real ones, started once and only when a test asks; what is missing is skipped and told loudly.

``SCHAKEL_TEST_DATABASE_URL`` and ``SCHAKEL_TEST_BROKER_URL`` win over services of our own. ``SCHAKEL_TEST_REQUIRE=1``
makes what is missing a failure, for a place where nothing may be skipped.
"""

import os
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import flask
import hypothesis
import jinja2
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from tests.foundations import once_each
from tests.hanging import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown
from tests.hubs import open_test_hub
from tests.order import place_of
from workers.drill.postgres import Postgres
from workers.drill.processes import ServiceUnavailable
from workers.drill.rabbit import Rabbit
from workers.drill.services import BROKER_VARIABLE, DATABASE_VARIABLE, find_chromium

__all__ = ["pytest_runtest_call", "pytest_runtest_setup", "pytest_runtest_teardown"]


# How long an example takes says something of the computer, and nothing of the code.
hypothesis.settings.register_profile("schakel", deadline=None)
hypothesis.settings.load_profile("schakel")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would run on two foundations for nothing; put the longest files first."""
    once_each(config, items)
    items.sort(key=lambda item: place_of(item.location[0]))


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each test opens a hub of its own; what its pages are drawn from is the same, and takes long to compile."""
    with pytest.MonkeyPatch.context() as patched:
        kept = jinja2.FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
        patched.setattr(flask.Flask, "jinja_options", {"bytecode_cache": kept})
        yield


def miss(what: str, why: str) -> NoReturn:
    """Skip the test that needs ``what``, or fail it where nothing may be skipped."""
    if os.environ.get("SCHAKEL_TEST_REQUIRE"):
        pytest.fail(f"{what}: {why}", pytrace=False)
    pytest.skip(f"{what}: {why}")


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Postgres | str]:
    server = Postgres(careless=True)
    try:
        server.start()
    except ServiceUnavailable as error:
        server.stop()
        yield str(error)
        return
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _rabbit() -> Iterator[Rabbit | str]:
    server = Rabbit(careless=True)
    try:
        server.start()
    except ServiceUnavailable as error:
        server.stop()
        yield str(error)
        return
    yield server
    server.stop()


@pytest.fixture
def postgres(_postgres: Postgres | str) -> Postgres:
    """The PostgreSQL of our own, for tests that kill it; they leave it running."""
    return _postgres if isinstance(_postgres, Postgres) else miss("PostgreSQL", _postgres)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The SQLAlchemy URL of a server on which databases may be made."""
    if given := os.environ.get(DATABASE_VARIABLE):
        return given
    server: Postgres | str = request.getfixturevalue("_postgres")
    return server.url if isinstance(server, Postgres) else miss("PostgreSQL", server)


@contextmanager
def _fresh_database(server_url: str, like: str = "template1") -> Iterator[str]:
    """Make a database for some time: an empty one, or a copy of another."""
    url = make_url(server_url)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    name = f"schakel_test_{secrets.token_hex(6)}"
    with psycopg.connect(plain, autocommit=True) as connection:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(like)))
    yield url.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database for this test."""
    with _fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of a database that is empty when the module begins."""
    with _fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def _filled_database(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _fresh_database(postgres_url) as url:
        folder = tmp_path_factory.mktemp("filled")
        open_test_hub(url, f"embedded:///{folder}/broker.db").close()
        yield str(make_url(url).database)


@pytest.fixture
def filled_database_url(postgres_url: str, _filled_database: str) -> Iterator[str]:
    """The SQLAlchemy URL of a copy of a test hub's database, for ``open_test_hub(..., filled=True)``."""
    with _fresh_database(postgres_url, like=_filled_database) as url:
        yield url


@pytest.fixture
def rabbit(_rabbit: Rabbit | str) -> Rabbit:
    """The RabbitMQ of our own, for tests that kill or pause it; they leave it running."""
    return _rabbit if isinstance(_rabbit, Rabbit) else miss("RabbitMQ", _rabbit)


@pytest.fixture(scope="session")
def rabbit_url(request: pytest.FixtureRequest) -> str:
    """The AMQP URL of a broker that all tests share: name queues so that they don't meet."""
    if given := os.environ.get(BROKER_VARIABLE):
        return given
    server: Rabbit | str = request.getfixturevalue("_rabbit")
    return server.url if isinstance(server, Rabbit) else miss("RabbitMQ", server)


class VirtualHosts:
    """Empty virtual hosts of one node, made some at a time: each call of ``rabbitmqctl`` costs a second."""

    AT_ONCE = 8

    def __init__(self) -> None:
        self._empty: list[str] = []
        self._used: list[str] = []

    def take(self, node: Rabbit) -> str:
        """Give the URL of an empty one."""
        if not self._empty:
            names = [f"test-{secrets.token_hex(4)}" for _ in range(self.AT_ONCE)]
            self._empty = node.virtual_hosts(names, instead_of=self._used)
            self._used = names
        return self._empty.pop()


@pytest.fixture(scope="session")
def _virtual_hosts() -> VirtualHosts:
    return VirtualHosts()


@pytest.fixture
def broker_url(request: pytest.FixtureRequest, rabbit_url: str, _virtual_hosts: VirtualHosts) -> str:
    """The AMQP URL of an empty virtual host for this test; of a given broker its URL as it is."""
    if BROKER_VARIABLE in os.environ:
        return rabbit_url
    return _virtual_hosts.take(request.getfixturevalue("rabbit"))


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of a Chromium."""
    return find_chromium() or miss("Chromium", "no chromium or google-chrome on this computer")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end what this run did not test, and why."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[why.removeprefix("Skipped: ")].append(report.nodeid)
    if not reasons:
        return
    write: Callable[..., None] = terminalreporter.write_line
    terminalreporter.write_sep("!", "NOT TESTED", red=True, bold=True)
    for why, tests in sorted(reasons.items()):
        write(f"{len(tests)} test(s) skipped: {why}", red=True)
        for name in tests[:5]:
            write(f"    {name}")
        if len(tests) > 5:
            write(f"    and {len(tests) - 5} more")
