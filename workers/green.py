"""Serve under gevent. The patching comes before every other import, so this is a process of its own."""

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402
from psycopg import errors, waiting  # noqa: E402
from psycopg.abc import RV, PQGen  # noqa: E402

from hub.settings import from_environment  # noqa: E402
from hub.telemetry import configure_logging  # noqa: E402
from hub.wiring import open_hub  # noqa: E402
from workers.serve import serve_green  # noqa: E402


def wait_green(gen: PQGen[RV], fileno: int, interval: float = 0.0, timeout: float | None = None) -> RV:  # noqa: ARG001
    """Drive one exchange with PostgreSQL, letting other greenlets run while it waits.

    psycopg's own way under gevent makes a poll object, an event and a timer at each step; this takes half its time.
    It wakes up now and then for Ctrl-C, hence ``interval``; here the signal has a watcher of its own.
    """
    hub = gevent.get_hub()
    with gevent.Timeout(timeout, timeout and errors._WaitTimeout("wait timeout expired")):
        try:
            wanted = next(gen)
            while True:
                if wanted == waiting.WAIT_RW:  # a small question fits the socket's buffer: no need to wait for room
                    wanted = gen.send(waiting.READY_W)
                watcher = hub.loop.io(fileno, int(wanted))
                try:
                    hub.wait(watcher)
                finally:
                    watcher.close()
                wanted = gen.send(waiting.READY_R if wanted == waiting.WAIT_R else waiting.READY_RW)
        except StopIteration as done:
            answer: RV = done.value
            return answer


waiting.wait = wait_green

if __name__ == "__main__":
    settings = from_environment()
    configure_logging(settings.log)
    serve_green(open_hub(settings))
