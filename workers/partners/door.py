"""A partner's HTTP door on this machine, which can be shut for a while."""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class LineBroken(Exception):
    """The partner broke the line: there is no answer."""


class Door:
    """Listens on one port. While it is shut callers find nobody there."""

    def __init__(self, take: Callable[[Request], Response], port: int = 0) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._closed = False
        self._server: BaseWSGIServer | None = self._listen(port)
        self.port: int = self._server.server_port
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Let callers in."""
        with self._lock:
            if self._closed or self._thread is not None:
                return
            server = self._server = self._server or self._listen(self.port)
            self._thread = threading.Thread(
                target=server.serve_forever, args=(0.05,), name=f"door {self.port}", daemon=True
            )
            self._thread.start()

    def shut(self) -> None:
        """Let nobody in until it is opened again."""
        with self._lock:
            server, self._server = self._server, None
            thread, self._thread = self._thread, None
        if server is None:
            return
        if thread is not None:
            server.shutdown()
            thread.join()
        server.server_close()

    def close(self) -> None:
        """Shut it for good."""
        self._closed = True
        self.shut()

    def _listen(self, port: int) -> BaseWSGIServer:
        return make_server("127.0.0.1", port, self._serve, threaded=True, request_handler=_Quiet)

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            answer = self._take(request)
        except LineBroken:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            answer = Response(status=500)  # goes nowhere: the line is gone
        return answer(environ, start_response)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_args: object) -> None:
        """Say nothing: an address line is no event."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        """Say nothing: that is what a broken line is."""
