"""What a PDF may hold: pages. Not scripts, other files, programs to start, or what can't be looked at."""

import re
import zlib

from hub.services.errors import Invalid

_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|ImportData|SubmitForm|XFA[\s\[])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_OBJECTS = re.compile(rb"\s*\d+\s+\d+[\s\d]*")
_MOST_UNPACKED = 32_000_000
_MOST_STREAMS = 50_000
_HEAD = 64


def check_pdf(body: bytes) -> None:
    """Refuse a PDF that may do more than be read. Its objects are looked at, also where they are packed.

    This is a look and no virus scanner: packed in ways that nobody uses, something may pass. It is never opened here.
    """
    if not body.startswith(b"%PDF-") or b"%%EOF" not in body[-1_024:]:
        raise Invalid("This PDF is broken.", field="doc_broken")
    if b"/Encrypt" in _plain(body):
        raise Invalid("This PDF can't be looked at.", field="doc_locked")
    left = _MOST_UNPACKED
    if _ACTIVE.search(_plain(body)):
        raise Invalid("This PDF may do something.", field="doc_active")
    for number, begin in enumerate(_STREAM.finditer(body)):
        objects = _unpacked(body, begin.end(), left)
        left -= len(objects)
        if left <= 0 or number > _MOST_STREAMS:
            raise Invalid("This PDF unpacks to too much.", field="doc_bomb")
        if _ACTIVE.search(_plain(objects)):
            raise Invalid("This PDF may do something.", field="doc_active")


def _plain(body: bytes) -> bytes:
    """Write names as they are meant: ``/Java#53cript`` is ``/JavaScript``."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), body)


def _unpacked(body: bytes, start: int, most: int) -> bytes:
    """Give the objects that a stream holds; nothing where it holds a picture, a letter type or a page."""
    try:
        head = zlib.decompressobj().decompress(body[start : start + 4 * _HEAD], _HEAD)
        if not _OBJECTS.match(head):
            return b""
        return zlib.decompressobj().decompress(memoryview(body)[start:], most)
    except zlib.error:
        return b""
