"""Serve one web process until it is told to stop: under gevent in production, with threads where asked."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gevent
import structlog
from gevent.event import Event as GreenEvent
from gevent.hub import signal as green_signal
from gevent.pywsgi import WSGIHandler, WSGIServer
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from hub.app import WebProcess, create_web
from hub.wiring import Hub

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

SLOWEST = 60.0  # seconds that a connection may be silent before its request is whole; live connections have pings


class _KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SLOWEST

    def version_string(self) -> str:
        """Tell nobody which software serves, and which version."""
        return "schakel"

    def log_request(self, *_args: object) -> None:
        """Say nothing: addresses hold ids of cases."""


class Impatient(WSGIHandler):  # type: ignore[misc]  # gevent has no types
    """Lets go of who says nothing, and of who takes too long over the first lines of a request."""

    def __init__(self, sock: Any, address: Any, server: Any, rfile: Any = None) -> None:
        sock.settimeout(SLOWEST)
        super().__init__(sock, address, server, rfile)

    def read_requestline(self) -> str:
        """Read the first line in time."""
        with gevent.Timeout(SLOWEST, TimeoutError("the first line took too long")):
            return str(super().read_requestline())

    def read_request(self, raw_requestline: str) -> bool:
        """Read the headers in time."""
        with gevent.Timeout(SLOWEST, ValueError("the headers took too long")):
            return bool(super().read_request(raw_requestline))


def closing(app: "WSGIApplication") -> "WSGIApplication":
    """Give the application with answers that close themselves.

    The server of werkzeug first reads what a caller still sends, and then closes the answer; where the caller is gone,
    the reading fails and a file stays open.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        with contextlib.closing(ClosingIterator(app(environ, start_response))) as parts:
            yield from parts

    return answer


def threaded_server(hub: Hub, web: WebProcess) -> BaseWSGIServer:
    """Give a server with a thread for each connection."""
    return make_server(
        hub.settings.host, hub.settings.port, closing(web.app), threaded=True, request_handler=_KeepAlive
    )


def serve_threaded(hub: Hub, stop: threading.Event) -> None:
    """Serve with threads: a small site, or a look with a debugger."""
    web = create_web(hub)
    server = threaded_server(hub, web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web.live.start()
    log.info("the web process serves", mode="threading")
    stop.wait()
    web.live.stop()
    server.shutdown()
    hub.close()


def serve_green(hub: Hub) -> None:
    """Serve with greenlets: one process per core, thousands of sockets each."""
    web = create_web(hub, async_mode="gevent")
    place = (hub.settings.host, hub.settings.port)
    server = WSGIServer(place, web.app, log=None, error_log=None, handler_class=Impatient)
    stop = GreenEvent()
    for number in (signal.SIGINT, signal.SIGTERM):
        green_signal(number, stop.set)
    server.start()
    web.live.start()
    log.info("the web process serves", mode="gevent")
    stop.wait()
    web.live.stop()
    server.stop(timeout=5)
    hub.close()
