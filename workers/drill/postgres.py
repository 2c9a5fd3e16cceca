"""A throw-away PostgreSQL for tests and drills, on a free loopback port in a temporary folder.

It keeps the safety settings of production (fsync on) unless told ``careless=True``, for tests that only need speed.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.drill.processes import ServiceUnavailable, end, free_port, spawn, tail, wait_until
from workers.drill.services import START_SECONDS, STOP_SECONDS, postgres_programs


class Postgres:
    """A PostgreSQL of our own, and a context manager. ``url`` is for the database ``postgres`` as superuser ``hub``."""

    def __init__(self, *, careless: bool = False) -> None:
        self._careless = careless
        self._folder: Path | None = None
        self._port = 0
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The SQLAlchemy URL."""
        return f"postgresql+psycopg://hub@127.0.0.1:{self._port}/postgres"

    def start(self) -> str:
        """Make a cluster and start it; ``ServiceUnavailable`` where that can't be done."""
        if postgres_programs() is None:
            raise ServiceUnavailable("PostgreSQL is not installed (apt-get install postgresql-15)")
        self._folder = Path(tempfile.mkdtemp(prefix="schakel-postgres-"))
        # The server's user must be able to enter; the cluster's own folder is closed by initdb.
        self._folder.chmod(0o711)
        home = self._home()
        home.mkdir()
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        self._port = free_port()
        arguments = ["-D", "data", "-U", "hub", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        done = subprocess.run(
            self._command("initdb", *arguments), cwd=home, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode:
            raise ServiceUnavailable(f"initdb failed: {done.stderr.decode(errors='replace')}")
        return self.start_again()

    def start_again(self) -> str:
        """Start the same cluster after ``kill`` or ``shut_down``."""
        home, log = self._home(), self._home().with_name("log")
        settings = {"listen_addresses": "127.0.0.1", "port": str(self._port), "unix_socket_directories": ""}
        settings["max_connections"] = "200"
        if self._careless:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [text for key, value in settings.items() for text in ("-c", f"{key}={value}")]
        server = self._server = spawn(self._command("postgres", "-D", "data", *arguments), folder=home, log=log)
        wait_until(
            lambda: server.poll() is not None or self._is_ready(server.pid), START_SECONDS, "PostgreSQL did not start"
        )
        if server.poll() is not None:
            raise ServiceUnavailable(f"PostgreSQL ended at once: {tail(log)}")
        return self.url

    def kill(self) -> None:
        """End the server with SIGKILL; what was committed is there when it starts again."""
        self._end(signal.SIGKILL)

    def shut_down(self) -> None:
        """End the server in an orderly way; its data stays."""
        self._end(signal.SIGINT)

    def stop(self) -> None:
        """End the server and delete all it had."""
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _home(self) -> Path:
        if self._folder is None:
            raise ServiceUnavailable("PostgreSQL was not started")
        return self._folder / "home"

    def _is_ready(self, pid: int) -> bool:
        # The eighth line of its own file; the port answers earlier, while it still recovers and refuses.
        try:
            lines = (self._home() / "data/postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [f"{postgres_programs()}/{program}", *arguments]
        if os.geteuid() != 0:
            return command
        # PostgreSQL refuses to run as root. Setpriv becomes the program, so the process id is the server's own.
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]

    def _end(self, number: signal.Signals) -> None:
        if self._server is not None:
            end(self._server, number, STOP_SECONDS)
            self._server = None
