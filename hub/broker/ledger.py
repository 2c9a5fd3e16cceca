"""The embedded broker's file: which message lies in which queue, and which consumer holds it.

Survives ``kill -9`` of the process in every part. Publishing syncs to disk as well (``synchronous=FULL``), since a
confirmed parcel may be the only copy of what a partner handed over. Taking and acknowledging don't: all that a power
cut can undo there is an acknowledgement, and then the message merely comes again.
"""

import contextlib
import fcntl
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from hub.broker.protocol import (
    DELIVERY_LIMIT,
    LIVE,
    BrokerError,
    BrokerUnavailable,
    Delivery,
    Fate,
    Parcel,
    QueueHealth,
    dead_queue,
)

BUSY_SECONDS = 30
SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners (owner TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumers (
    lease INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, queue TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    place INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, message_id TEXT NOT NULL, headers TEXT NOT NULL,
    body BLOB NOT NULL, lease INTEGER, deliveries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (queue, place) WHERE lease IS NULL;
CREATE INDEX IF NOT EXISTS messages_held ON messages (lease) WHERE lease IS NOT NULL;
"""
FREE = "SELECT place, message_id, headers, body, deliveries FROM messages WHERE queue = ? AND lease IS NULL"


class Mark(NamedTuple):
    """What a consumer acknowledges by: its own lease, and the message's place in the file."""

    lease: int
    place: int


class Ledger:
    """One process's hold on the file. Not safe for several threads at once: the caller keeps a lock around each call.

    A process is known by a lock on a small file of its own, which the system lets go when the process ends, however it
    ends. A process id would not do: in a container the next process has the same one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner = secrets.token_hex(8)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._alive = _locked(self._alive_path(self._owner))
        if self._alive is None:
            raise BrokerError("the lock file of a new owner is already locked")
        self._publishing = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._taking = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._open = True
        try:
            self._prepare()
        except BrokerError:
            self._let_go()
            raise

    def declare(self, queues: Iterable[str]) -> None:
        """Make the queues and their dead letter queues."""
        names = [name for queue in queues if queue != LIVE for name in (queue, dead_queue(queue))]
        with _translated(), _transaction(self._publishing) as db:
            db.executemany("INSERT OR IGNORE INTO queues VALUES (?)", [(name,) for name in names])

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        """Store the parcels in one transaction; those for a queue that does not exist are unroutable."""
        with _translated(), _transaction(self._publishing) as db:
            known = {name for (name,) in db.execute("SELECT name FROM queues")}
            rows = [
                (parcel.queue, parcel.message_id, json.dumps(dict(parcel.headers)), parcel.body)
                for parcel in parcels
                if parcel.queue in known
            ]
            db.executemany("INSERT INTO messages (queue, message_id, headers, body) VALUES (?, ?, ?, ?)", rows)
        return [Fate.CONFIRMED if parcel.queue in known else Fate.UNROUTABLE for parcel in parcels]

    def subscribe(self, queue: str) -> int:
        """Note a consumer; the answer is the lease under which it holds messages."""
        with _translated(), _transaction(self._taking) as db:
            lease = db.execute("INSERT INTO consumers (owner, queue) VALUES (?, ?)", (self._owner, queue)).lastrowid
        if lease is None:
            raise BrokerError("SQLite gave no row id for a consumer")
        return lease

    def unsubscribe(self, lease: int) -> None:
        """Forget a consumer; what it holds waits again."""
        with _translated(), _transaction(self._taking) as db:
            _release(db, [lease])

    def take(self, queue: str, lease: int, limit: int) -> list[Delivery]:
        """Lease up to ``limit`` waiting messages, the oldest first."""
        with _translated():
            # A look without the write lock first: an idle consumer must not hinder another process that publishes.
            if self._taking.execute(f"{FREE} LIMIT 1", (queue,)).fetchone() is None:
                return []
            with _transaction(self._taking) as db:
                rows = db.execute(f"{FREE} ORDER BY place LIMIT ?", (queue, limit)).fetchall()
                taken = [(lease, row[0]) for row in rows]
                db.executemany("UPDATE messages SET lease = ?, deliveries = deliveries + 1 WHERE place = ?", taken)
        return [
            Delivery(
                tag=Mark(lease, place),
                queue=queue,
                message_id=message_id,
                body=body,
                headers=json.loads(headers),
                redelivered=deliveries > 0,
            )
            for place, message_id, headers, body, deliveries in rows
        ]

    def ack(self, lease: int, places: Iterable[int]) -> None:
        """Delete messages that this lease holds; others are left alone."""
        held = [(place, lease) for place in places]
        with _translated(), _transaction(self._taking) as db:
            db.executemany("DELETE FROM messages WHERE place = ? AND lease = ?", held)

    def reject(self, lease: int, places: Iterable[int], *, requeue: bool) -> None:
        """Put messages that this lease holds back in their place, or with the dead letters."""
        held = [(place, lease) for place in places]
        with _translated(), _transaction(self._taking) as db:
            if requeue:
                db.executemany("UPDATE messages SET lease = NULL WHERE place = ? AND lease = ?", held)
                _set_apart_the_hopeless(db)
                return
            # What is rejected from the dead letters has no further place to go.
            db.executemany("DELETE FROM messages WHERE place = ? AND lease = ? AND queue LIKE 'dead.%'", held)
            apart = "UPDATE messages SET queue = 'dead.' || queue, lease = NULL, deliveries = 0"
            db.executemany(f"{apart} WHERE place = ? AND lease = ?", held)

    def void_dead_owners(self) -> bool:
        """Free what consumers of ended processes still held; say whether there were any."""
        others = "SELECT owner FROM owners WHERE owner <> ?"
        with _translated():
            # A look without the write lock first: most often this process is the only one.
            if self._taking.execute(others, (self._owner,)).fetchone() is None:
                return False
        with _translated(), _transaction(self._taking) as db:
            dead = [owner for (owner,) in db.execute(others, (self._owner,)).fetchall() if self._has_ended(owner)]
            for owner in dead:
                leases = db.execute("SELECT lease FROM consumers WHERE owner = ?", (owner,)).fetchall()
                _release(db, [lease for (lease,) in leases])
                db.execute("DELETE FROM owners WHERE owner = ?", (owner,))
        return bool(dead)

    def health(self, queue: str) -> QueueHealth:
        """Count what waits and who takes."""
        with _translated():
            found = self._taking.execute(
                "SELECT (SELECT count(*) FROM messages m WHERE m.queue = q.name AND m.lease IS NULL),"
                " (SELECT count(*) FROM consumers c WHERE c.queue = q.name) FROM queues q WHERE q.name = ?",
                (queue,),
            ).fetchone()
        return (
            QueueHealth(usable=False)
            if found is None
            else QueueHealth(usable=True, messages=found[0], consumers=found[1])
        )

    def empty(self, queue: str) -> None:
        """Delete all that is in a queue."""
        with _translated(), _transaction(self._publishing) as db:
            db.execute("DELETE FROM messages WHERE queue = ?", (queue,))

    def close(self) -> None:
        """Free what this process holds and let go of the file."""
        if not self._open:
            return
        try:
            with _translated(), _transaction(self._taking) as db:
                leases = db.execute("SELECT lease FROM consumers WHERE owner = ?", (self._owner,)).fetchall()
                _release(db, [lease for (lease,) in leases])
                db.execute("DELETE FROM owners WHERE owner = ?", (self._owner,))
        finally:
            self._let_go()

    def _prepare(self) -> None:
        with _translated():
            for db, synchronous in ((self._publishing, "FULL"), (self._taking, "NORMAL")):
                db.execute("PRAGMA journal_mode = WAL")
                db.execute(f"PRAGMA synchronous = {synchronous}")
            self._publishing.executescript(SCHEMA)
            with _transaction(self._taking) as db:
                db.execute("INSERT INTO owners VALUES (?)", (self._owner,))
        self.void_dead_owners()

    def _let_go(self) -> None:
        self._open = False
        self._taking.close()
        self._publishing.close()
        if self._alive is not None:
            self._alive.close()
        self._alive_path(self._owner).unlink(missing_ok=True)

    def _alive_path(self, owner: str) -> Path:
        return self._path.with_name(f"{self._path.name}-owner-{owner}")

    def _has_ended(self, owner: str) -> bool:
        lock = _locked(self._alive_path(owner))
        if lock is None:
            return False
        lock.close()
        self._alive_path(owner).unlink(missing_ok=True)
        return True


def _locked(path: Path) -> IO[bytes] | None:
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _release(db: sqlite3.Connection, leases: Sequence[int]) -> None:
    for lease in leases:
        db.execute("UPDATE messages SET lease = NULL WHERE lease = ?", (lease,))
        db.execute("DELETE FROM consumers WHERE lease = ?", (lease,))
    _set_apart_the_hopeless(db)


def _set_apart_the_hopeless(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE messages SET queue = 'dead.' || queue, deliveries = 0"
        " WHERE lease IS NULL AND deliveries > ? AND queue NOT LIKE 'dead.%'",
        (DELIVERY_LIMIT,),
    )


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    # IMMEDIATE: a transaction that reads first and writes later would fail at once where another process wrote between.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise BrokerUnavailable(f"the broker's file can't be used now: {error}") from error
    except sqlite3.Error as error:
        raise BrokerError(f"the broker's file is not usable: {error}") from error
