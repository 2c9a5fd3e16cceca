"""What every throw-away service needs: free ports, waiting for a condition, knowing whether a process lives."""

import contextlib
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# Above 32767 a client that retries a dead port can be given that very port for itself, and so connect to itself.
PORTS = range(20000, 32768)
_given: set[int] = set()


class ServiceUnavailable(Exception):
    """A service can't be started here; the text says why, and what would help."""


def free_port() -> int:
    """Give a loopback port that nobody listens on and that this process did not give before."""
    # A test run shares its machine with others that choose at the same moment: hence at random, not the first one.
    for port in random.sample(PORTS, len(PORTS)):
        if port in _given:
            continue
        with socket.socket() as attempt, contextlib.suppress(OSError):
            attempt.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise ServiceUnavailable("no loopback port between 20000 and 32767 is free")


def answers(port: int) -> bool:
    """Say whether something listens on a loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait for a condition; ``ServiceUnavailable`` with the text of ``otherwise`` where it stays away."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServiceUnavailable(f"{otherwise} within {seconds:.0f} seconds")
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Say whether a process runs; one that ended and waits for its parent (a zombie) does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def children(pid: int) -> list[int]:
    """Give the process ids of all descendants."""
    found: list[int] = []
    for listing in Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in listing.read_text().split()]
    return [descendant for child in found for descendant in (child, *children(child))]


def spawn(
    command: list[str], *, folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server as a child of this process, writing to a log file, in a session that Ctrl-C does not reach."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(server: subprocess.Popen[bytes], number: signal.Signals, seconds: float) -> None:
    """Send a server a signal that ends it, and wait until it and all it started are gone."""
    descendants = children(server.pid)
    if server.poll() is None:
        server.send_signal(number)
    server.wait()
    # They end by themselves once their server is gone, but until then hold its files and shared memory.
    wait_until(lambda: not any(lives(child) for child in descendants), seconds, "a server's children did not end")


def tail(*files: Path) -> str:
    """Give the last lines of log files, for an error message."""
    texts = [file.read_text(errors="replace") for file in files if file.exists()]
    return "\n".join(line for text in texts for line in text.splitlines()[-15:])
