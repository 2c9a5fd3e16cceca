"""Many viewers, in a process of its own: plain websockets that speak Engine.IO 4, one thread for all of them.

Reads its settings as JSON in the first line of standard input, says ``watching`` when every watch is answered, and
writes what came when standard input ends: (viewer, kind, position, sent, received), both moments in nanoseconds.
"""

import json
import os
import selectors
import struct
import sys
import time
from base64 import b64encode
from typing import Any

from tests.bench.site import connected

_PLACE = "/live,"
_MASK = b"\0\0\0\0"
AT_ONCE = 20  # connections that begin at the same time


class Viewer:
    """One websocket that watches one case."""

    def __init__(self, number: int, port: int, cookie: str, case: str) -> None:
        self.number, self.case = number, case
        self.watches = False
        self.closed = ""
        self.position = 0
        self._buffer = b""
        self._open = False
        self.line = connected(port)
        key = b64encode(os.urandom(16)).decode()
        self.line.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )

    def say(self, text: str) -> None:
        """Send a frame; masked with zeros, which the protocol allows and costs nothing."""
        body = text.encode()
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
        self.line.sendall(b"\x81" + length + _MASK + body)

    def hear(self) -> list[str]:
        """Give the texts that have come."""
        part = self.line.recv(262_144)
        if not part:
            self.closed = self.closed or "gone"
            return []
        self._buffer += part
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return []
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise RuntimeError(f"no websocket: {head[:80]!r}")
            self._open, self._buffer = True, rest
        return self._texts()

    def _texts(self) -> list[str]:
        found = []
        while len(self._buffer) >= 2:
            code, length, start = self._buffer[0] & 0x0F, self._buffer[1] & 0x7F, 2
            if length > 125:
                start = 4 if length == 126 else 10
                if len(self._buffer) < start:
                    break
                length = int.from_bytes(self._buffer[2:start], "big")
            if len(self._buffer) < start + length:
                break
            if code == 8:
                self.closed = self.closed or "closed"
            elif code == 1:
                found.append(self._buffer[start : start + length].decode())
            self._buffer = self._buffer[start + length :]
        return found


class Room:
    """All viewers of this process."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.viewers: list[Viewer] = []
        self.came: list[tuple[int, str, int, int, int]] = []
        self.octets = 0

    def enter(self, seats: list[dict[str, Any]]) -> None:
        """Open every connection and wait until each watches, some at a time."""
        for start in range(0, len(seats), AT_ONCE):
            for number, seat in enumerate(seats[start : start + AT_ONCE], start=start):
                viewer = Viewer(number, seat["port"], seat["cookie"], seat["case"])
                self.viewers.append(viewer)
                self.selector.register(viewer.line, selectors.EVENT_READ, viewer)
            deadline = time.monotonic() + 120
            while not all(one.watches for one in self.viewers):
                self.turn(1.0)
                if time.monotonic() > deadline or any(one.closed for one in self.viewers):
                    raise SystemExit(f"not all watch: {[one.closed for one in self.viewers if one.closed]}")

    def turn(self, seconds: float) -> None:
        """Take what comes within this time."""
        for key, _events in self.selector.select(seconds):
            if not isinstance(key.data, Viewer):
                continue
            now = time.monotonic_ns()
            for text in key.data.hear():
                self._take(key.data, text, now)
            if key.data.closed == "gone":
                self.selector.unregister(key.fileobj)

    def _take(self, viewer: Viewer, text: str, now: int) -> None:
        if text == "2":
            viewer.say("3")
        elif text.startswith("0"):
            viewer.say("40" + _PLACE)
        elif text.startswith("40"):
            viewer.say(f"42{_PLACE}1{json.dumps(['watch', {'case': viewer.case, 'after': None}])}")
        elif text.startswith("44"):
            viewer.closed = "refused"
        elif text.startswith("43"):
            answer = json.loads(text[text.index("[") :])[0]
            viewer.closed = answer.get("error", "")
            viewer.position, viewer.watches = answer.get("position", 0), True
        elif text.startswith(f'42{_PLACE}["entry"'):
            body = json.loads(text[text.index("[") :])[1]
            self.octets += len(text)
            self.came.append((viewer.number, body["kind"], body["position"], body.get("sent", 0), now))
        elif text.startswith(f'42{_PLACE}["closed"'):
            viewer.closed = json.loads(text[text.index("[") :])[1]["reason"]


def main() -> None:
    """Watch until standard input ends and nothing comes any more."""
    room = Room()
    room.enter(json.loads(sys.stdin.readline())["seats"])
    print("watching", flush=True)
    room.selector.register(sys.stdin, selectors.EVENT_READ)
    end = False
    while not end:
        room.turn(0.5)
        end = bool(room.selector.select(0)) and _at_end(room)
    seen = -1
    while seen < len(room.came):  # what is still on its way counts as late, not as lost
        seen, until = len(room.came), time.monotonic() + 1.0
        while time.monotonic() < until:
            room.turn(0.2)
    closed = [one.closed for one in room.viewers if one.closed]
    octets = room.octets // max(len(room.came), 1)
    print(json.dumps({"came": room.came, "closed": closed, "octets": octets}), flush=True)


def _at_end(room: Room) -> bool:
    ready = [key for key, _events in room.selector.select(0) if key.fileobj is sys.stdin]
    if not ready or sys.stdin.readline():
        return False
    room.selector.unregister(sys.stdin)
    return True


if __name__ == "__main__":
    try:
        main()
    except (TimeoutError, ConnectionError) as error:
        raise SystemExit(f"a connection failed: {error}") from error
