"""A partner that takes everything at once: as little work as HTTP allows, with a real FHIR acknowledgement.

Usage: python -m tests.bench.partner PORT
"""

import re
import socketserver
import sys

from connectors.mental_health.outcome import answer
from connectors.protocol import Verdict

_ID = re.compile(rb"\r\nx-message-id: *([^\r]+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_MARK = "message-id-here"
_ACKNOWLEDGEMENT = answer(_MARK, Verdict.ACCEPTED, None)


class _Door(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Answer each request on a connection that stays open."""
        buffer = b""
        while True:
            head, found, rest = buffer.partition(b"\r\n\r\n")
            length = _LENGTH.search(head) if found else None
            if length is None or len(rest) < int(length[1]):
                part = self.request.recv(262_144)
                if not part:
                    return
                buffer += part
                continue
            buffer = rest[int(length[1]) :]
            self.request.sendall(_answer_to(head))


def _answer_to(head: bytes) -> bytes:
    name = _ID.search(head)
    body = _ACKNOWLEDGEMENT.body.replace(_MARK.encode(), name[1] if name else b"unnamed")
    kind = _ACKNOWLEDGEMENT.content_type.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    _Server(("127.0.0.1", int(sys.argv[1])), _Door).serve_forever()
