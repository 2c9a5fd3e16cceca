"""The installation under test: throw-away services, the product's own processes, and what they take."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil
import psycopg
from sqlalchemy.engine import make_url

from hub.services.record.clients import find_or_open_case
from hub.settings import DEMO_CONFIG, from_environment
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from schemas.identifiers import bsn_is_valid
from schemas.message import Client
from workers import demo
from workers.drill.postgres import Postgres
from workers.drill.processes import answers, free_port, tail, wait_until
from workers.drill.rabbit import Rabbit

ROOT = Path(__file__).parent.parent.parent
SENDER = "toegang-broekhoven"
PARTNER = "ggz-de-leij"
BACKLOG = "bench.backlog"
RAW = "bench.raw"
_ROLES = ("web", "relay", "inbox", "connector")

# Who is not measured works on screen.
ON_SCREEN = re.compile(
    r"(?s)(\[organisations\.(?:wi-tilburg|de-spoel|toegang-broekhoven)\](?:(?!\n\[).)*?\n)transport = [^\n]*\n"
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A client that the hub knows."""

    bsn: str
    case_id: str


class Site:
    """PostgreSQL, RabbitMQ, one web process, relay, inbox, a connector and a partner; a context manager."""

    def __init__(self, *, clients: int) -> None:
        self._wanted = clients
        self._stack = ExitStack()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.clients: list[Known] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def _start(self) -> None:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="schakel-bench-")))
        self.broker_url = self._stack.enter_context(Rabbit()).url
        postgres = self._stack.enter_context(Postgres())
        self.raw_url = postgres.url
        with psycopg.connect(plain(postgres.url), autocommit=True) as connection:
            connection.execute("CREATE DATABASE schakel")
        self.database_url = make_url(postgres.url).set(database="schakel").render_as_string(hide_password=False)
        self.web_port, self.partner_port = free_port(), free_port()
        self.environment = self._environment()
        self.hub: Hub = open_hub(from_environment(self.environment))
        self._stack.callback(self.hub.close)
        migrate(self.hub.store)
        self.hub.broker.declare([*self.hub.queues(), BACKLOG, RAW])
        demo.prepare(self.hub)
        self._open_cases()
        self._spawn_all()
        self.token = self._token()

    def _environment(self) -> dict[str, str]:
        config = self.folder / "organisations.toml"
        partner = f"http://127.0.0.1:{self.partner_port}/"
        text = ON_SCREEN.sub(r"\1", DEMO_CONFIG.read_text(encoding="utf-8"))
        config.write_text(text.replace("@partner", partner), encoding="utf-8")
        return os.environ | {
            "SCHAKEL_DATABASE_URL": self.database_url,
            "SCHAKEL_BROKER_URL": self.broker_url,
            "SCHAKEL_CONFIG": str(config),
            "SCHAKEL_SECRET_KEY": secrets.token_hex(32),
            "SCHAKEL_DATA_KEYS": b64encode(secrets.token_bytes(32)).decode(),
            "SCHAKEL_BIND": f"127.0.0.1:{self.web_port}",
            "SCHAKEL_LOG": "json",
        }

    def _open_cases(self) -> None:
        """Let the hub know the clients of the load beforehand: most referrals are about people it knows."""
        bsns = [str(number) for number in range(999_900_000, 1_000_000_000) if bsn_is_valid(str(number))]
        for start in range(0, self._wanted, 200):
            with self.hub.store.writing() as work:
                for bsn in bsns[start : min(start + 200, self._wanted)]:
                    person = Client(bsn=bsn, family_name="Jansen", given_name="Kim", birth_date="1980-05-17")
                    case = find_or_open_case(work, self.hub.config.municipality.code, person)
                    self.clients.append(Known(bsn=bsn, case_id=case.id))

    def _spawn_all(self) -> None:
        self.program = [str(Path(sys.executable).with_name("schakel"))]
        self.spawn("partner", [sys.executable, "-m", "tests.bench.partner", str(self.partner_port)])
        for role in _ROLES:
            arguments = [role, PARTNER] if role == "connector" else [role]
            self.spawn(role, [*self.program, *arguments])
        try:
            for port in (self.partner_port, self.web_port):
                wait_until(lambda port=port: answers(port), 240, "the product did not start")  # type: ignore[misc]
        except Exception as error:
            raise RuntimeError(tail(*self.folder.glob("*.log"))) from error
        self.wait_for_listener()

    def wait_for_listener(self) -> None:
        """Wait until the relay listens for its wake-up call."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        with psycopg.connect(plain(self.raw_url), autocommit=True) as connection:
            wait_until(lambda: bool(connection.execute(query).fetchone()[0]), 240, "the relay did not start")  # type: ignore[index]

    def spawn(self, name: str, command: list[str]) -> None:
        """Start a process of the installation, with its log in the site's folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _token(self) -> str:
        form, secret = {"grant_type": "client_credentials"}, (SENDER, f"demo-{SENDER}")
        answer = httpx.post(f"http://127.0.0.1:{self.web_port}/oauth/token", data=form, auth=secret, timeout=30)
        return str(answer.raise_for_status().json()["access_token"])

    def signal(self, name: str, number: signal.Signals) -> None:
        """Stop a process for a moment, or let it go on."""
        self.processes[name].send_signal(number)

    def run(self, module: str, **settings: object) -> dict[str, object]:
        """Run one of the bench's own processes to its end and give what it found."""
        command = [sys.executable, "-m", f"tests.bench.{module}"]
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(settings), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{module}: {done.stderr[-2000:]}")
        return dict(json.loads(done.stdout))

    def hold_relay(self) -> None:
        """Stop the relay for a moment, once it has nothing to do: in the middle of a claim it would hold locks."""
        self.wait_until_empty(nudges=True)
        self.signal("relay", signal.SIGSTOP)

    def wait_until_empty(self, seconds: float = 300, *, nudges: bool = False) -> float:
        """Wait until nothing waits to leave (nor a nudge, where asked) and every receipt is stored; give the moment."""
        query = f"SELECT EXISTS (SELECT 1 FROM outbox WHERE open AND ({nudges} OR kind <> 'nudge'))".encode()
        deadline = time.monotonic() + seconds
        with psycopg.connect(plain(self.database_url), autocommit=True) as connection:
            while connection.execute(query).fetchone() == (True,):
                if time.monotonic() > deadline:
                    logs = tail(*self.folder.glob("*.log"))
                    raise RuntimeError(f"the ring does not come to rest:\n{logs}")
                time.sleep(0.02)
        return time.monotonic()

    def tidy(self) -> None:
        """Have the database in the state that autovacuum would bring it to in time."""
        with psycopg.connect(plain(self.database_url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def everyone(self) -> dict[str, list[psutil.Process]]:
        """Give the processes by part, PostgreSQL and RabbitMQ with all their children."""
        found = {name: [psutil.Process(one.pid)] for name, one in self.processes.items()}
        for child in psutil.Process().children():
            name = {"postgres": "PostgreSQL", "beam.smp": "RabbitMQ"}.get(child.name())
            if name:
                found[name] = [child, *child.children(recursive=True)]
        return found

    def cpu(self) -> dict[str, float]:
        """Give the CPU seconds each part has used until now."""
        return {name: sum(_seconds(one) for one in parts) for name, parts in self.everyone().items()}

    def _close(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._stack.close()


def plain(url: str) -> str:
    """Give a SQLAlchemy URL as the driver wants it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def connected(port: int) -> socket.socket:
    """Give a connection to a loopback port, without the delay of gathering small packets."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    # A database's process for a connection that has ended lives on in its parent's count.
    ended = times.children_user + times.children_system if process.name() == "postgres" else 0.0
    return float(times.user + times.system + ended)
