"""The load, in a process of its own: referrals over keep-alive connections, as fast as answered or at a steady pace.

Reads its settings as JSON on standard input and writes what it saw as JSON on standard output.
"""

import json
import re
import secrets
import selectors
import socket
import sys
import time
from collections import deque
from typing import Any

from tests.bench.site import PARTNER, connected

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


def body_about(bsn: str) -> bytes:
    """Give a referral as an organisation's system would send it, 0.9 KiB."""
    reason = "Mevrouw heeft na het verlies van haar werk moeite om de dagen te vullen en slaapt slecht. " * 4
    document = {
        "client": {"bsn": bsn, "family_name": "Jansen", "given_name": "Kim", "birth_date": "1980-05-17"},
        "to": PARTNER,
        "service": "ggz-kennismaking",
        "life_domains": ["mental_health", "daytime_activities"],
        "reason": reason.strip(),
        "client_words": "Ik wil weer een dag met iets erin.",
        "strengths": ["Komt afspraken na", "Weet veel van planten"],
        "urgency": "routine",
        "ground": {"basis": "consent", "purpose": "guidance", "evidence": "gesprek van 20 november"},
    }
    return json.dumps(document, ensure_ascii=False).encode()


class Load:
    """Some connections and one thread: a load generator must not need the core that it measures."""

    def __init__(self, *, port: int, token: str, bsns: list[str], connections: int) -> None:
        self._head = (
            f"POST /api/v1/referrals HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
        ).encode()
        self._bodies = deque(body_about(bsn) for bsn in bsns)
        self._run = secrets.token_hex(6)
        self._count = 0
        self._selector = selectors.DefaultSelector()
        self._free = [connected(port) for _ in range(connections)]
        for line in self._free:
            self._selector.register(line, selectors.EVENT_READ)
        self._sent: dict[socket.socket, int] = {}
        self._parts: dict[socket.socket, bytes] = {}
        self.accepted: list[tuple[str, int, int]] = []
        self.others: list[int] = []

    def send(self) -> None:
        """Send the next referral on a free connection."""
        line = self._free.pop()
        body = self._bodies[0]
        self._bodies.rotate(-1)
        self._count += 1
        key = f"{self._run}-{self._count}"
        request = b"%sIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s"
        self._sent[line], self._parts[line] = time.monotonic_ns(), b""
        line.sendall(request % (self._head, key.encode(), len(body), body))

    def listen(self, seconds: float) -> None:
        """Take the answers that come within this time, returning after the first that do."""
        for key, _events in self._selector.select(seconds):
            line: Any = key.fileobj
            part = line.recv(65_536)
            if not part:
                raise ConnectionError("the web process closed a connection")
            answer = self._parts[line] = self._parts[line] + part
            head, found, rest = answer.partition(b"\r\n\r\n")
            length = _LENGTH.search(head) if found else None
            if length is not None and len(rest) >= int(length[1]):
                self._done(line, int(head[9:12]), rest)

    def _done(self, line: socket.socket, status: int, body: bytes) -> None:
        now = time.monotonic_ns()
        self._free.append(line)
        if status == 201:
            self.accepted.append((json.loads(body)["id"], self._sent.pop(line), now))
        else:
            self.others.append(status)
            del self._sent[line]

    def closed_loop(self, seconds: float) -> None:
        """Send on each connection as soon as its last answer is there."""
        end = time.monotonic() + seconds
        while self._sent or time.monotonic() < end:
            while self._free and time.monotonic() < end:
                self.send()
            self.listen(1.0)

    def paced(self, rate: float, seconds: float) -> None:
        """Send at a steady pace, whatever the answers do."""
        begin, total, sent = time.monotonic(), int(rate * seconds), 0
        while self._sent or sent < total:
            wait = begin + sent / rate - time.monotonic() if sent < total else 1.0
            if wait <= 0 and self._free:
                self.send()
                sent += 1
                continue
            self.listen(max(wait, 0.0) if self._free else 1.0)


def main() -> None:
    """Do what standard input asks."""
    asked = json.load(sys.stdin)
    load = Load(port=asked["port"], token=asked["token"], bsns=asked["bsns"], connections=asked["connections"])
    begin, cpu = time.monotonic(), time.process_time()
    if asked.get("rate"):
        load.paced(asked["rate"], asked["seconds"])
    else:
        load.closed_loop(asked["seconds"])
    found = {
        "began": begin,
        "ended": time.monotonic(),
        "cpu": time.process_time() - cpu,
        "accepted": load.accepted,
        "others": load.others,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
