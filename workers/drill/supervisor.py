"""The processes of a drill: started through the command line, killed on purpose, and started again like a service."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workers.drill.processes import spawn, tail

_LOOK = 0.1
_SHORTEST, _LONGEST = 0.2, 5.0
# A process that writes nothing when it is at work counts as such from here; starting takes some two seconds.
_SETTLED = 4.0
_PATIENCE = 10.0


@dataclass
class _Process:
    name: str
    command: Sequence[str]
    log: Path
    mark: str | None
    read_from: int = 0
    running: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    wait: float = _SHORTEST
    again_at: float = 0.0
    expected: bool = False
    starts: int = 0


@dataclass
class Supervisor:
    """Keeps each process running; one that ends is started again after a back-off."""

    folder: Path
    environment: Mapping[str, str]
    kills: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    _processes: dict[str, _Process] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, name: str, *arguments: str, mark: str | None = None) -> None:
        """Start ``schakel`` with these arguments, and from now on keep it running.

        ``mark`` is what it writes when it is at work, where it writes such a thing.
        """
        command = (sys.executable, "-c", "from workers.command import main; main()", *arguments)
        process = _Process(name=name, command=command, log=self.folder / f"{name}.log", mark=mark)
        with self._lock:
            self._processes[name] = process
            self._begin(process)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
                self._thread.start()

    def is_settled(self, name: str) -> bool:
        """Whether a process is at work."""
        with self._lock:
            process = self._processes[name]
            if process.running is None or process.running.poll() is not None:
                return False
            if process.mark is None:
                return time.monotonic() - process.began > _SETTLED
            return process.mark.encode() in process.log.read_bytes()[process.read_from :]

    def kill(self, name: str) -> None:
        """End a process with SIGKILL; the watch starts it again."""
        with self._lock:
            process = self._processes[name]
            if process.running is not None and process.running.poll() is None:
                process.expected = True
                process.running.kill()
                process.running.wait()
                self.kills[name] = self.kills.get(name, 0) + 1

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names of all processes."""
        with self._lock:
            return tuple(self._processes)

    def close(self) -> None:
        """End every process: first asked, then killed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            running = [process.running for process in self._processes.values() if process.running is not None]
            for one in running:
                one.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + _PATIENCE
            for one in running:
                _end(one, deadline)

    def _begin(self, process: _Process) -> None:
        process.read_from = process.log.stat().st_size if process.log.exists() else 0
        process.running = spawn(
            list(process.command), folder=self.folder, log=process.log, environment=self.environment
        )
        process.began = time.monotonic()
        process.expected = False
        process.starts += 1

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK):
            with self._lock:
                for process in self._processes.values():
                    self._look(process)

    def _look(self, process: _Process) -> None:
        now = time.monotonic()
        if process.running is None:
            if now >= process.again_at:
                self._begin(process)
            return
        code = process.running.poll()
        if code is None:
            return
        if not process.expected:
            last = tail(process.log).rpartition("\n")[2]
            self.surprises.append(f"{process.name} ended by itself with {code}: {last}")
        process.wait = _SHORTEST if now - process.began > _LONGEST else min(process.wait * 2, _LONGEST)
        process.running, process.again_at = None, now + process.wait


def _end(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(deadline - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
