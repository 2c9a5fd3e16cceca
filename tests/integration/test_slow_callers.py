"""Callers that send slowly or not at all: the gevent server lets go of them, and the next one is served."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

SERVER = """
from gevent import monkey
monkey.patch_all()
from gevent.pywsgi import WSGIServer
from workers import serve
serve.SLOWEST = 1.0
def answer(environ, begin):
    body = environ["wsgi.input"].read()
    begin("200 OK", [("Content-Type", "text/plain")])
    return [b"read " + str(len(body)).encode()]
server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None, handler_class=serve.Impatient)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def rest(line: socket.socket) -> bytes:
    """Give what still comes until the other side lets go; it fails where that never happens."""
    told = b""
    try:
        while piece := line.recv(1000):
            told += piece
    except ConnectionResetError:
        pass
    return told


@pytest.mark.parametrize(
    "begin",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: a", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"],
)
def test_who_stops_halfway_is_let_go(port: int, begin: bytes) -> None:
    with connected(port) as line:
        line.sendall(begin)
        assert b" 200 " not in rest(line)


def test_who_sends_headers_a_byte_at_a_time_is_let_go(port: int) -> None:
    with connected(port) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        with pytest.raises(OSError):
            while True:
                line.sendall(b"a")
                time.sleep(0.2)


def test_who_sends_a_whole_request_is_answered_meanwhile(port: int) -> None:
    with connected(port) as silent, connected(port) as good:
        good.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
        assert rest(good).endswith(b"read 3")
        silent.close()
