"""The database: one engine per process, reading sessions, and units of work."""

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, Executable, create_engine, event, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from hub.models.shelf import ContentKey, KeyShelf, put_up, shelf_of
from hub.store.keys import queue_secrets, shelf_for
from hub.store.wakeup import NotifyWakeup, ThreadWakeup, Wakeup

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

    def finish(self) -> None:
        """Write what was changed on records and not written yet; the commit comes after it."""
        if self._session is not None:
            self._session.flush()

    def close(self) -> None:
        """Let go of the records."""
        if self._session is not None:
            self._session.close()


class Store:
    """The database behind one URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writers = self.engine.execution_options(schakel_writes=True)
        # Each statement of a reader sees what is committed at that moment, with a transaction round them or without:
        # PostgreSQL need not be told twice more.
        self._readers = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # Keys are asked for while rows are read: by a pool of their own, a reader never waits for a second connection.
        self._key_engine = _engine(url).execution_options(isolation_level="AUTOCOMMIT")
        self.keys = shelf_for(self._key_engine)
        put_up(self.engine.dialect, self.keys)
        # SQLite lets one writer in and makes the others poll, unfairly; a lock of our own queues them.
        self._turn: Any = threading.Lock() if self.is_sqlite else nullcontext()
        self._thread_wakeup = ThreadWakeup()

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


def _engine(url: str) -> Engine:
    return _sqlite_engine(url) if make_url(url).get_backend_name() == "sqlite" else _postgresql_engine(url)


def _postgresql_engine(url: str) -> Engine:
    return create_engine(
        url, hide_parameters=True, pool_size=20, max_overflow=10, pool_use_lifo=True, pool_recycle=1800
    )


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
