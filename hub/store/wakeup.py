"""How the relay learns that something must leave: at once by a signal, at the latest by its slow poll."""

import threading
from typing import Any, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url


class Wakeup(Protocol):
    """What the relay waits on."""

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, at most this long; whether there was one."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class ThreadWakeup:
    """Within one process: an event."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> None:
        """Give the signal."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the signal."""
        came = self._event.wait(seconds)
        self._event.clear()
        return came

    def close(self) -> None:
        """Nothing to let go of."""


class NotifyWakeup:
    """PostgreSQL LISTEN on a connection of its own; a lost connection costs a poll, never a message."""

    def __init__(self, url: str) -> None:
        parts = make_url(url)
        said: dict[str, Any] = parts.translate_connect_args(username="user", database="dbname") | dict(parts.query)
        self._url = make_conninfo("", **said)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, seconds: float) -> bool:
        """Wait for a NOTIFY; connect again where the connection is gone (the caller polls all the same)."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True)
                self._connection.execute("LISTEN schakel_outbox")
                return True  # what was written before we listened
            came = False
            for _notify in self._connection.notifies(timeout=seconds, stop_after=1):
                came = True
            return came
        except psycopg.OperationalError:
            self.close()
            threading.Event().wait(min(seconds, 1.0))
            return False

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
