"""The database: one engine per process, reading sessions, and units of work."""

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import CursorResult, Executable, create_engine, event, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from hub.models.shelf import ContentKey, KeyShelf, put_up, shelf_of
from hub.store.guard import WallDown, gaps, login_may_bypass
from hub.store.keys import queue_secrets, shelf_for
from hub.store.wakeup import NotifyWakeup, ThreadWakeup, Wakeup
from hub.store.walls import role_of

_WAKE = text("SELECT pg_notify('schakel_outbox', '')")


class StoreUnavailable(Exception):
    """The database can't be reached or is overloaded. Waiting helps."""

    permanent = False


class UnitOfWork:
    """One transaction, one ``now``. Services work in it and never commit; leaving it without an error does.

    ``keys`` are the keys of content that this transaction met or made, by owner.
    """

    def __init__(self, connection: Connection, now: dt.datetime) -> None:
        self.now = now
        self.wakes_relay = False
        self.keys: dict[str, ContentKey] = {}
        self.destroyed_keys: list[bytes] = []
        self._connection = connection
        self._session: Session | None = None
        self._last: dict[str, tuple[Executable, Mapping[str, Any]]] = {}

    @property
    def session(self) -> Session:
        """Give the session of this transaction, made where it is asked for: the hot path does without."""
        if self._session is None:
            self._session = Session(self._connection, expire_on_commit=False, autoflush=False)
        return self._session

    @property
    def shelf(self) -> KeyShelf:
        """Give the shelf of keys of this database."""
        return shelf_of(self._connection.dialect)

    @property
    def dialect(self) -> str:
        """Give the name of the database's dialect: ``postgresql`` or ``sqlite``."""
        return self._connection.dialect.name

    def execute(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement on tables in this transaction, without a session's bookkeeping: the hot path."""
        return self._connection.execute(statement, values)

    def wake_relay(self) -> None:
        """Say that something must leave: the relay is woken when, and only when, this commits."""
        self.wakes_relay = True

    def put_last(self, key: str, statement: Executable, values: Mapping[str, Any]) -> None:
        """Have a row that others may write too written once, right before the commit.

        Whoever writes the same row waits for us meanwhile: had we then to wait for a case of theirs, neither came on.
        """
        self._last[key] = (statement, values)

    def finish(self) -> None:
        """Write what was changed on records and not written yet; the commit comes after it."""
        if self._session is not None:
            self._session.flush()
        for _key, (statement, values) in sorted(self._last.items(), key=lambda one: one[0]):  # one order of locks
            self.execute(statement, values)

    def close(self) -> None:
        """Let go of the records."""
        if self._session is not None:
            self._session.close()


class Store:
    """The database behind one URL, as one municipality sees it.

    On PostgreSQL every connection works as the municipality's role, whatever login it signs in with; only migrations
    work as the owner (``owner_url``, the same login where none is given).
    """

    def __init__(self, url: str, municipality: str, owner_url: str | None = None) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.municipality = municipality
        self.url = url if self.is_sqlite else _inside_wall(url, municipality)
        self.owner_works = owner_url in (None, url)
        self._owner_url = owner_url or url
        self.engine = self._new_engine()
        self._writers = self.engine.execution_options(schakel_writes=True)
        # Each statement of a reader sees what is committed at that moment, with a transaction round them or without:
        # PostgreSQL need not be told twice more.
        self._readers = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # Keys are asked for while rows are read: by a pool of their own, a reader never waits for a second connection.
        self._key_engine = self._new_engine().execution_options(isolation_level="AUTOCOMMIT")
        self.keys = shelf_for(self._key_engine)
        put_up(self.engine.dialect, self.keys)
        # SQLite lets one writer in and makes the others poll, unfairly; a lock of our own queues them.
        self._turn: Any = threading.Lock() if self.is_sqlite else nullcontext()
        self._thread_wakeup = ThreadWakeup()

    def _new_engine(self) -> Engine:
        return _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url, self.municipality)

    @contextmanager
    def writing(self, now: dt.datetime | None = None) -> Iterator[UnitOfWork]:
        """Open a unit of work: committed at the end, rolled back at an error."""
        try:
            with self._turn, self._writers.begin() as connection:
                work = UnitOfWork(connection, now or dt.datetime.now(dt.UTC))
                try:
                    yield work
                    work.finish()
                    if work.wakes_relay and not self.is_sqlite:
                        work.execute(_WAKE)
                finally:
                    work.close()
        except OperationalError as error:
            if error.connection_invalidated:
                raise StoreUnavailable("the database connection was lost") from error
            raise
        self.keys.forget(work.destroyed_keys)
        if work.wakes_relay and self.is_sqlite:
            self._thread_wakeup.wake()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that only reads."""
        with Session(self._readers, expire_on_commit=False, autoflush=False) as session:
            yield session

    def queue_secrets(self) -> list[bytes]:
        """Give the secrets from which the keys of queues are derived, oldest first."""
        return queue_secrets(self._key_engine)

    @contextmanager
    def owning(self) -> Iterator[Connection]:
        """Open a transaction as the owner of the tables: for migrations alone."""
        if self.is_sqlite:
            with self._writers.begin() as connection:
                yield connection
            return
        engine = create_engine(self._owner_url, hide_parameters=True, poolclass=NullPool)
        with engine.begin() as connection:
            yield connection

    def login_may_bypass(self) -> bool:
        """Whether the login is above the wall between municipalities, and only its role keeps it inside."""
        if self.is_sqlite:
            return True
        with self.engine.connect() as connection:
            return login_may_bypass(connection.connection.cursor())

    def answers(self) -> bool:
        """Whether the database can be reached."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def wakeup(self) -> Wakeup:
        """Give what the relay waits on."""
        return self._thread_wakeup if self.is_sqlite else NotifyWakeup(self.url)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
        self._key_engine.dispose()


def _inside_wall(url: str, municipality: str) -> str:
    """Have the server set role and municipality before the first question: a RESET goes back to them too."""
    parts = make_url(url)
    given = parts.query.get("options", "")
    settings = f"-c role={_escaped(role_of(municipality))} -c schakel.municipality={_escaped(municipality)}"
    options = f"{given} {settings}" if isinstance(given, str) and given else settings
    return parts.update_query_dict({"options": options}).render_as_string(hide_password=False)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _postgresql_engine(url: str, municipality: str) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, pool_size=20, max_overflow=10, pool_use_lifo=True, pool_recycle=1800
    )
    looked = threading.Event()

    @event.listens_for(engine, "connect")
    def _look(connection: psycopg.Connection[Any], _record: object) -> None:
        if looked.is_set():
            return
        with connection.cursor() as cursor:
            found = gaps(cursor, municipality)
        connection.rollback()
        if found:
            connection.close()
            raise WallDown("The wall between municipalities has a hole: " + "; ".join(found) + ".")
        looked.set()

    @event.listens_for(engine, "checkout")
    def _stay_inside(connection: psycopg.Connection[Any], _record: object, _proxy: object) -> None:
        # The server tells of itself when a connection becomes a superuser's: this asks nothing.
        if connection.info.parameter_status("is_superuser") == "on":
            raise DisconnectionError("a connection left the wall between municipalities; it is not used again")

    return engine


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": 30, "check_same_thread": False},
        pool_size=20,
        max_overflow=40,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions by itself
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can fail half way; one that will write says so at once.
        writes = connection.get_execution_options().get("schakel_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
