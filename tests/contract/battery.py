"""What no connector may stumble over: bytes that are no message of its dialect, or one that was damaged."""

from collections.abc import Iterator
from pathlib import Path

from connectors.protocol import Payload

HUGE = 80_000_000
"""More octets than any dialect takes: an intake of more is refused before it is read."""
STRUCTURED = frozenset({".xml", ".json", ".zip", ".xlsx"})
"""Where half a message is no message; half a list of rows is a shorter list."""

_BOMB = b"".join(
    [
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a0 "lol">',
        *(b'<!ENTITY a%d "%s">' % (depth, b"&a%d;" % (depth - 1) * 10) for depth in range(1, 10)),
        b"]><l>&a9;</l>",
    ]
)
NEVER = {
    "nothing": b"",
    "only blanks": b" \r\n\t " * 40,
    "only a byte order mark": b"\xef\xbb\xbf",
    "null bytes": bytes(2000),
    "any bytes": bytes((number * 167 + number // 251 * 13) % 256 for number in range(4000)),
    "deep XML": b"<a>" * 50_000 + b"</a>" * 50_000,
    "deep JSON": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "an entity bomb": _BOMB,
    "an outer entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "a page": b"<!doctype html><html><body><p>502 Bad Gateway</p></body></html>",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "half a zip": b"PK\x03\x04" + bytes(range(200)),
    "JSON that is nothing": b"null",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "HL7 version 2": b"MSH|^~\\&|A|B|C|D|20261124||REF^I12|1|P|2.4\r",
}


def never(name: str) -> Payload:
    """Give one of the bodies that no dialect takes."""
    return Payload(body=NEVER[name], content_type="application/octet-stream", name="battery.bin")


def damaged(path: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Give a sample damaged in each way: how, the bytes, and whether it can't be a message any more."""
    body = path.read_bytes()
    structured = path.suffix in STRUCTURED
    yield "cut in half", body[: len(body) // 2], structured
    yield "cut before its end", body.rstrip()[:-1], structured
    yield "without its head", body[len(body) // 3 :], structured
    yield "twice after each other", body + body, structured
    yield "with null bytes", body.replace(b"e", b"\x00"), path.suffix != ".zip"
    yield "as UTF-16", b"\xff\xfe" + body.decode("latin-1").encode("utf-16-le"), False
    yield "with bytes that are no UTF-8", body.replace(b"e", b"\xc3\x28"), False
    yield "after a byte order mark", b"\xef\xbb\xbf" + body, False
    yield "after a blank line", b"\n" + body, False
    yield "every digit 9", bytes(57 if 48 <= octet <= 57 else octet for octet in body), False
    yield "in capitals", body.upper(), False
