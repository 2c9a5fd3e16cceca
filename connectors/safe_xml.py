"""One hardened XML loader, for every connector that reads XML."""

import io
import re

from lxml import etree

from connectors.errors import Refusal, RefusalCode

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_ELEMENTS = 50_000
_DECLARATION = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS = {"utf-8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "iso-8859-1"}
_BOM = b"\xef\xbb\xbf"
_DTD = ("<!DOCTYPE", "<!ENTITY")


def loads(
    body: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, max_elements: int = MAX_ELEMENTS
) -> etree._Element:
    """Read one XML document and give its root, without comments and processing instructions.

    Refused: more than ``max_bytes`` or ``max_elements``, deeper than ``max_depth``, any document type declaration
    (before a parser sees it), a declared encoding that the bytes don't have or that we don't take, anything that is
    not well-formed.
    """
    if len(body) > max_bytes:
        raise Refusal(RefusalCode.TOO_LARGE, f"The message is larger than {max_bytes} bytes.")
    text = _decoded(body)
    if any(mark in text for mark in _DTD):
        raise _malformed("A document type declaration is not taken.")
    try:
        return _parsed(text.encode(), max_depth, max_elements)
    except etree.XMLSyntaxError as error:
        # the parser's own words may quote the message: only the place is told
        raise _malformed(f"This is not well-formed XML (line {error.lineno or 1}).") from error


def _decoded(body: bytes) -> str:
    """Decode by the declared encoding: what is checked here is exactly what the parser gets."""
    declared = _DECLARATION.match(body.removeprefix(_BOM))
    name = declared.group(1).decode().lower() if declared else "utf-8"
    encoding = _ENCODINGS.get(name)
    if encoding is None or (encoding != "utf-8" and body.startswith(_BOM)):
        raise _malformed("The declared encoding is not one that is taken (UTF-8).")
    try:
        return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise _malformed("The bytes are not in the encoding that the message declares.") from error


def _parsed(body: bytes, max_depth: int, max_elements: int) -> etree._Element:
    depth = count = 0
    # the encoding is given, for the declaration inside may still name the one we decoded from
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    for event, _element in events:
        depth += 1 if event == "start" else -1
        count += event == "start"
        if count > max_elements:  # each costs a hundred times its letters
            raise Refusal(RefusalCode.TOO_LARGE, f"The message holds more than {max_elements} elements.")
        if depth > max_depth:
            raise _malformed(f"The message is nested deeper than {max_depth} levels.")
    root: etree._Element | None = events.root
    if root is None:
        raise _malformed("The message is empty.")
    return root


def _malformed(message: str) -> Refusal:
    return Refusal(RefusalCode.MALFORMED, message)
