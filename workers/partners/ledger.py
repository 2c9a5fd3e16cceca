"""A partner's own books: what really arrived, each message once, and how often the wire brought it."""

import sqlite3
import threading
from pathlib import Path


class Ledger:
    """One row per message, in the order in which they first came."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS effects"
            " (place INTEGER PRIMARY KEY AUTOINCREMENT, identification TEXT UNIQUE, kind TEXT, wire INTEGER)"
        )

    def first_time(self, identification: str, kind: str) -> bool:
        """Write a message down; whether it was not there yet."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO effects (identification, kind, wire) VALUES (?, ?, 1)"
                " ON CONFLICT (identification) DO UPDATE SET wire = wire + 1",
                (identification, kind),
            )
            found = self._connection.execute("SELECT wire FROM effects WHERE identification = ?", (identification,))
            return bool(found.fetchone()[0] == 1)

    def rows(self) -> list[tuple[int, str, str, int]]:
        """Give (place, identification, kind, times on the wire) of each message."""
        with self._lock:
            return self._connection.execute(
                "SELECT place, identification, kind, wire FROM effects ORDER BY place"
            ).fetchall()

    def close(self) -> None:
        """Close the books."""
        self._connection.close()
