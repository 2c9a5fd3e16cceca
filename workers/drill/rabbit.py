"""A throw-away RabbitMQ for tests and drills, on free loopback ports in a temporary folder.

It keeps the safety settings of production (fsync on) unless told ``careless=True``, for tests that only need speed.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.drill.processes import ServiceUnavailable, answers, end, free_port, spawn, tail, wait_until
from workers.drill.services import RABBIT_PROGRAMS, START_SECONDS, STOP_SECONDS


class Rabbit:
    """A RabbitMQ node of our own. A context manager; ``url`` is for the virtual host ``/`` and the user ``guest``."""

    def __init__(self, *, careless: bool = False, settings: Mapping[str, str] | None = None) -> None:
        """``settings`` are further lines of its configuration file, such as ``consumer_timeout``."""
        self._careless = careless
        self._settings = dict(settings or {})
        self._folder: Path | None = None
        self._port = 0
        self._environment: dict[str, str] = {}
        self._epmd: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The AMQP URL."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/%2F"

    @property
    def port(self) -> int:
        """The AMQP port on loopback."""
        return self._port

    def start(self) -> str:
        """Make a node and start it; ``ServiceUnavailable`` where that can't be done."""
        if not (RABBIT_PROGRAMS / "rabbitmq-server").exists() or shutil.which("epmd") is None:
            raise ServiceUnavailable("RabbitMQ is not installed (apt-get install rabbitmq-server)")
        folder = Path(tempfile.mkdtemp(prefix="schakel-rabbit-"))
        self._folder = folder
        self._port = free_port()
        mapper_port, distribution_port = free_port(), free_port()
        (folder / "log").mkdir()
        (folder / "env.conf").touch()
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text(_rabbit_configuration(self._port, self._settings))
        if self._careless:
            (folder / "advanced.config").write_text("[{ra, [{wal_write_strategy, sync_after_notify}]}].\n")
        self._environment = _rabbit_environment(folder, self._port, mapper_port, distribution_port)
        # A port mapper of our own, in the foreground, so that it can be ended with the node.
        self._epmd = spawn(["epmd"], folder=folder, log=folder / "log/epmd", environment=self._environment)
        wait_until(lambda: answers(mapper_port), START_SECONDS, "the Erlang port mapper did not start")
        return self.start_again()

    def start_again(self) -> str:
        """Start the same node after ``kill`` or ``shut_down``; its data is where it was."""
        if self._folder is None:
            raise ServiceUnavailable("RabbitMQ was not started")
        log = self._folder / "log/node"
        program = str(RABBIT_PROGRAMS / "rabbitmq-server")
        node = self._node = spawn([program], folder=self._folder, log=log, environment=self._environment)
        wait_until(lambda: node.poll() is not None or answers(self._port), START_SECONDS, "RabbitMQ did not start")
        if node.poll() is not None:
            raise ServiceUnavailable(f"RabbitMQ ended at once: {tail(log)}")
        return self.url

    def kill(self) -> None:
        """End the node with SIGKILL."""
        self._end(signal.SIGKILL)

    def shut_down(self) -> None:
        """End the node in an orderly way; its data stays."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Make the node hang: it keeps its connections and says nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused node go on."""
        self._signal(signal.SIGCONT)

    def leave_queue_down(self, queue: str, virtual_host: str = "/") -> None:
        """Kill and restart the node so that a quorum queue stays down for good, its name known but its log gone."""
        if self._folder is None:
            raise ServiceUnavailable("RabbitMQ was not started")
        member = self.ctl(
            "eval",
            f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{virtual_host}">>, queue, <<"{queue}">>)), '
            '{Name, _} = amqqueue:get_pid(Q), io:format("~s", [ra_directory:uid_of(quorum_queues, Name)]).',
        )
        identity = member.split()[0].removesuffix("ok")
        self.kill()
        shutil.rmtree(next((self._folder / "mnesia").glob(f"*/quorum/*/{identity}")))
        self.start_again()

    def virtual_host(self, name: str) -> str:
        """Make a virtual host, so that tests don't meet each other's queues, and give its URL."""
        return self.virtual_hosts([name])[0]

    def virtual_hosts(self, names: Sequence[str], *, instead_of: Sequence[str] = ()) -> list[str]:
        """Make virtual hosts instead of earlier ones, in one call of the slow ``rabbitmqctl``, and give their URLs."""
        gone = [f'rabbit_vhost:delete(<<"{name}">>, <<"tests">>)' for name in instead_of]
        made = [
            f'rabbit_vhost:add(<<"{name}">>, <<"tests">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>)'
            for name in names
        ]
        self.ctl("eval", ", ".join([*gone, *made]) + ".")
        return [f"amqp://guest:guest@127.0.0.1:{self._port}/{name}" for name in names]

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` on the node and give what it printed; some 0.8 s."""
        done = subprocess.run(
            [str(RABBIT_PROGRAMS / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServiceUnavailable(f"rabbitmqctl {arguments[0]} failed: {done.stderr or done.stdout}")
        return done.stdout

    def stop(self) -> None:
        """End the node and delete all it had."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None
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

    def _signal(self, number: signal.Signals) -> None:
        if self._node is not None and self._node.poll() is None:
            self._node.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._node is not None:
            # A stopped process takes no other signal than SIGKILL.
            self.resume()
            end(self._node, number, STOP_SECONDS)
            self._node = None


def _rabbit_configuration(port: int, settings: Mapping[str, str]) -> str:
    lines = {
        "listeners.tcp.1": f"127.0.0.1:{port}",
        "vm_memory_high_watermark.absolute": "1GiB",
        "disk_free_limit.absolute": "50MB",
        # Quorum queues keep their log in memory too; the default of 512 MB makes a big node of a small one.
        "raft.wal_max_size_bytes": "64000000",
        "log.console": "true",
        "log.console.level": "warning",
        "log.file": "false",
    }
    return "".join(f"{key} = {value}\n" for key, value in (lines | dict(settings)).items())


def _rabbit_environment(folder: Path, port: int, mapper_port: int, distribution_port: int) -> dict[str, str]:
    """Give every variable it takes to keep a node out of /etc and /var and away from another node's port mapper."""
    loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(mapper_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP_SECONDS": "0",
        # These two make the start script become the node, so that the process id is the node's own.
        "NOTIFY_SOCKET": "",
        "RUNNING_UNDER_SYSTEMD": "true",
        "RABBITMQ_NODENAME": f"schakel{port}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MAX_NUMBER_OF_PROCESSES": "65536",
        # Without these the node's schedulers wait busily and steal the processor from what is tested.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none {loopback}",
    }
