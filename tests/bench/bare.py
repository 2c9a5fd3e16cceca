"""The least that can bring an entry to many viewers: Flask-SocketIO under gevent that sends one text of the same size.

Usage: python -m tests.bench.bare PORT VIEWERS RATE SECONDS OCTETS. When so many viewers watch, it sends at that pace,
each time to all who watch the same case, with the moment of sending inside.
"""

import sys
import time
from collections import defaultdict
from typing import Any

import gevent
from flask import Flask, request
from flask_socketio import SocketIO
from gevent.pywsgi import WSGIServer

NAMESPACE = "/live"


def main() -> None:
    """Serve until everything is sent, and then until somebody ends us."""
    port, viewers, rate, seconds, octets = (int(one) for one in sys.argv[1:6])
    app = Flask(__name__)
    sockets = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")
    rooms: defaultdict[str, list[str]] = defaultdict(list)

    def watch(asked: dict[str, Any]) -> dict[str, Any]:
        rooms[asked["case"]].append(request.sid)  # type: ignore[attr-defined]
        if sum(len(room) for room in rooms.values()) == viewers:
            gevent.spawn(send)
        return {"position": 0}

    def send() -> None:
        gevent.sleep(1.0)
        begin, cases = time.monotonic(), list(rooms)
        for number in range(rate * seconds):
            gevent.sleep(max(begin + number / rate - time.monotonic(), 0))
            case = cases[number % len(cases)]
            for sid in rooms[case]:
                body = {"kind": "bare", "position": number, "html": "x" * octets, "sent": time.monotonic_ns()}
                sockets.emit("entry", body, to=sid, namespace=NAMESPACE)

    sockets.on_event("connect", lambda _auth=None: True, namespace=NAMESPACE)
    sockets.on_event("watch", watch, namespace=NAMESPACE)
    WSGIServer(("127.0.0.1", port), app, log=None, error_log=None).serve_forever()


if __name__ == "__main__":
    main()
