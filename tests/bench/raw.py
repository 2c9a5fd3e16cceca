"""What the machine, the database and the broker can do at most, by the shortest way there is."""

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pika
import psycopg
import sqlalchemy as sa

from tests.bench.site import plain

WINDOW = 1000
_METADATA = sa.MetaData()


def _table(name: str) -> sa.Table:
    return sa.Table(
        name,
        _METADATA,
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.String(36), index=True),
        sa.Column("status", sa.String(24)),
        sa.Column("body", sa.LargeBinary),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )


_TABLES = tuple(_table(name) for name in ("raw_referral", "raw_timeline", "raw_outbox"))


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Operations per second, and the CPU microseconds of this process for each."""

    per_second: float
    cpu_us: float


def core_transactions(url: str, seconds: float) -> Rate:
    """Three inserts in one transaction with SQLAlchemy Core, one thread, one connection."""
    engine = sa.create_engine(url)
    _METADATA.create_all(engine)
    inserts = [table.insert().inline() for table in _TABLES]
    body, count = b"x" * 1000, 0
    for part in (seconds / 10, seconds):  # the first to warm up
        count, begin, cpu = 0, time.monotonic(), time.process_time()
        while time.monotonic() - begin < part:
            with engine.begin() as connection:
                name = str(uuid.uuid4())
                for insert in inserts:
                    connection.execute(insert, {"id": name, "status": "sent", "body": body})
            count += 1
        took, used = time.monotonic() - begin, time.process_time() - cpu
    engine.dispose()
    return Rate(per_second=count / took, cpu_us=used / count * 1e6)


def notify_latency(url: str, rate: float, seconds: float) -> list[float]:
    """Milliseconds from sending a NOTIFY to the listener's being awake, at a steady pace."""
    found: list[float] = []
    total = int(rate * seconds)
    ready = threading.Event()

    def listen() -> None:
        with psycopg.connect(plain(url), autocommit=True) as listener:
            listener.execute("LISTEN bench")
            ready.set()
            for notice in listener.notifies(timeout=seconds + 10, stop_after=total):
                found.append((time.monotonic_ns() - int(notice.payload)) / 1e6)

    thread = threading.Thread(target=listen)
    thread.start()
    ready.wait(10)
    with psycopg.connect(plain(url), autocommit=True) as sender:
        for _ in range(total):
            time.sleep(1 / rate)
            sender.execute("SELECT pg_notify('bench', %s)", (str(time.monotonic_ns()),))
    thread.join()
    return found


def confirmed_in_window(url: str, queue: str, body: bytes, count: int) -> Rate:
    """Publish with pika's SelectConnection, persistent, at most ``WINDOW`` unconfirmed; the highest safe rate."""
    flight = _Flight(url, queue, body, count)
    begin, cpu = flight.run()
    return Rate(per_second=count / (time.monotonic() - begin), cpu_us=(time.process_time() - cpu) / count * 1e6)


class _Flight:
    def __init__(self, url: str, queue: str, body: bytes, count: int) -> None:
        self._queue, self._body, self._count = queue, body, count
        self._properties = pika.BasicProperties(
            delivery_mode=2, content_type="application/json", message_id=str(uuid.uuid4())
        )
        self._sent = self._landed = 0
        self._open: dict[int, None] = {}
        self._start = (0.0, 0.0)
        self._connection = pika.SelectConnection(pika.URLParameters(url), on_open_callback=self._opened)

    def run(self) -> tuple[float, float]:
        """Publish all; give the moment and the CPU time at the start."""
        self._connection.ioloop.start()
        return self._start

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._begin)

    def _begin(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirmed, lambda _frame: self._pump())
        self._start = (time.monotonic(), time.process_time())

    def _pump(self) -> None:
        while self._sent < self._count and len(self._open) < WINDOW:
            self._sent += 1
            self._open[self._sent] = None
            self._channel.basic_publish("", self._queue, self._body, self._properties, mandatory=True)

    def _confirmed(self, frame: Any) -> None:
        assert frame.method.NAME == "Basic.Ack"
        tag = frame.method.delivery_tag
        done = [tag]
        if frame.method.multiple:
            done = []
            for one in self._open:
                if one > tag:
                    break
                done.append(one)
        for one in done:
            del self._open[one]
        self._landed += len(done)
        self._pump()
        if self._landed == self._count:
            self._connection.ioloop.stop()


def confirmed_one_by_one(url: str, queue: str, body: bytes, count: int) -> Rate:
    """Publish with pika's BlockingConnection, waiting for each confirm."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(delivery_mode=2, content_type="application/json")
    begin, cpu = time.monotonic(), time.process_time()
    for _ in range(count):
        channel.basic_publish("", queue, body, properties, mandatory=True)
    took, used = time.monotonic() - begin, time.process_time() - cpu
    connection.close()
    return Rate(per_second=count / took, cpu_us=used / count * 1e6)


def purge(url: str, *queues: str) -> None:
    """Empty queues."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for queue in queues:
        channel.queue_purge(queue)
    connection.close()
