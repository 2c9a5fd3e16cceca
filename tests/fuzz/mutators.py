"""Ways to spoil a message: its bytes, its structure, the types of its values; which, is chance."""

import base64
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from lxml import etree

MAX_BYTES = 200_000
"""What grows beyond this is cut: the point is odd messages, not large ones."""
Mutator = Callable[[bytes, Random], bytes]
_WORDS = re.compile(rb"[A-Za-z0-9_.:+-]+")
ODD_TEXTS = (
    "", " ", "\u0000", "\u200b", "\ud7ff", "\U0001f600", "9" * 400, "-1", "1e999", "NaN", "null", "true", "0000-00-00",
    "9999-99-99", "2026-02-30", "2026-11-24T25:61:61Z", "0001-01-01T00:00:00+14:00", "999999999", "000000000", "' OR 1",
    "../../etc/passwd", "http://127.0.0.1/", "urn:uuid:", "|", ";", "\r\n", "=1+1", "%00", "&amp;", "<a/>", "]]>", "{}",
    "nl.schakel.referrals.sent", "9" * 5000, "\u202e", "A" * 300, "٣٣٣", "Ⅷ", "0x10", "1_000", "+1", "20261332",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 10**40, 1.5, [], {}, [[]], [None], {"": ""}, {"a": {"a": {}}})


def cut(body: bytes, chance: Random) -> bytes:
    """Take a part out."""
    start = chance.randrange(len(body) + 1)
    return body[:start] + body[start + chance.choice((1, 2, 7, 60, 700)) :]


def flip(body: bytes, chance: Random) -> bytes:
    """Change some octets."""
    spoiled = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 8)) if spoiled else 0):
        spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
    return bytes(spoiled)


def insert(body: bytes, chance: Random) -> bytes:
    """Put something odd in."""
    start = chance.randrange(len(body) + 1)
    what = chance.choice(
        (chance.choice(ODD_TEXTS).encode("utf-8", "replace"), bytes([chance.randrange(256)]), b"\xc3(")
    )
    return body[:start] + what + body[start:]


def repeat(body: bytes, chance: Random) -> bytes:
    """Say a part again."""
    start = chance.randrange(len(body) + 1)
    part = body[start : start + chance.choice((1, 20, 300, 3000))]
    return body[:start] + part * chance.choice((2, 3, 40)) + body[start + len(part) :]


def word(body: bytes, chance: Random) -> bytes:
    """Put something odd for one word, number or date."""
    found = list(_WORDS.finditer(body))
    if not found:
        return body
    one = chance.choice(found)
    return body[: one.start()] + chance.choice(ODD_TEXTS).encode("utf-8", "replace") + body[one.end() :]


def swap(body: bytes, chance: Random) -> bytes:
    """Put one word in the place of another."""
    found = list(_WORDS.finditer(body))
    if not found:
        return body
    one, other = chance.choice(found), chance.choice(found)
    return body[: one.start()] + other[0] + body[one.end() :]


def encoding(body: bytes, chance: Random) -> bytes:
    """Write it in another encoding than it says."""
    text = body.decode("utf-8", "replace")
    name = chance.choice(("utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7"))
    return text.encode(name, "replace")


def json_node(body: bytes, chance: Random) -> bytes:
    """Change one value of a JSON document: its type, its number, its place; or leave it out."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body
    places: list[tuple[Any, Any]] = []
    _places(document, places)
    if not places:
        return body
    holder, key = chance.choice(places)
    act = chance.randrange(5)
    if act == 0:
        del holder[key]
    elif act == 1:
        holder[key] = chance.choice((*ODD_TEXTS, *ODD_VALUES))
    elif act == 2:
        holder[key] = [holder[key]] * chance.choice((1, 2, 300))
    elif act == 3:
        other_holder, other_key = chance.choice(places)
        holder[key] = json.loads(json.dumps(other_holder[other_key]))
    elif isinstance(holder, dict):
        holder[chance.choice((*holder, "extra", ""))] = holder.pop(key)
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")


def _places(value: Any, found: list[tuple[Any, Any]]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        _places(inner, found)


def xml_node(body: bytes, chance: Random) -> bytes:
    """Change one element of an XML document: its text, its name, its attributes, its place; or leave it out."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return body
    elements = [one for one in root.iter() if isinstance(one.tag, str)]
    one, other = chance.choice(elements), chance.choice(elements)
    acts: Sequence[Callable[[], object]] = (
        lambda: one.getparent() is not None and one.getparent().remove(one),
        lambda: setattr(one, "text", chance.choice([text for text in ODD_TEXTS if text.isprintable()])),
        lambda: setattr(one, "tag", other.tag),
        lambda: one.append(deepcopy(other)),
        one.clear,
        lambda: one.attrib.update({chance.choice([*one.attrib, "odd"]): chance.choice(("", "nil", "true", "9" * 50))}),
        lambda: setattr(one, "tag", etree.QName(chance.choice(("urn:odd", None)), etree.QName(one).localname).text),
        lambda: one.extend([deepcopy(other) for _ in range(30)]),
    )
    chance.choice(acts)()
    return etree.tostring(root)


def inside(body: bytes, chance: Random) -> bytes:
    """Spoil what is packed: a part of a zip or a spreadsheet, or a text in base64."""
    if body.startswith(b"PK"):
        return _in_zip(body, chance)
    packed = list(re.finditer(rb"[A-Za-z0-9+/\r\n]{80,}={0,2}", body))
    if not packed:
        return body
    one = chance.choice(packed)
    try:
        content = base64.b64decode(one[0])
    except ValueError:
        return body
    return body[: one.start()] + base64.b64encode(chance.choice(PLAIN)(content, chance)) + body[one.end() :]


def _in_zip(body: bytes, chance: Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        return body
    name = chance.choice(list(parts))
    parts[name] = chance.choice((*PLAIN, xml_node))(parts[name], chance)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    return packed.getvalue()


PLAIN: tuple[Mutator, ...] = (cut, flip, insert, repeat, word, swap, encoding)
MUTATORS: tuple[Mutator, ...] = (*PLAIN, json_node, json_node, json_node, xml_node, xml_node, xml_node, inside)


def spoiled(body: bytes, chance: Random) -> bytes:
    """Give the message after one or some mutations."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        body = chance.choice(MUTATORS)(body, chance)[:MAX_BYTES]
    return body
