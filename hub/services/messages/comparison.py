"""Where two payloads differ, in the terms of their own format: elements of XML, members of JSON, else lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal
from schemas import strict_json


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A place where two payloads differ; nothing where it stands in one of them only."""

    path: str
    was: str | None
    now: str | None


def differences(was: bytes, now: bytes) -> tuple[Difference, ...]:
    """Give where two payloads differ. Of two that are equal but for their layout this is said in one word."""
    if was == now:
        return ()
    for read in (_xml, _json, _lines):
        before, after = read(was), read(now)
        if before is None or after is None:
            continue
        paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
        if paths:
            return tuple(Difference(path=path, was=before.get(path), now=after.get(path)) for path in paths)
        return (Difference(path="(layout)", was=None, now=None),)
    return (Difference(path="(bytes)", was=f"{len(was)} bytes", now=f"{len(now)} bytes"),)


def _xml(body: bytes) -> Mapping[str, str] | None:
    """Give the texts and attributes of XML by the names of their elements; nothing where it is none."""
    try:
        root = safe_xml.loads(body)
    except Refusal:
        return None
    return dict(_of_element(root, _local(root.tag)))


def _of_element(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    yield path, (element.text or "").strip() if len(element) == 0 else ""
    for name, value in element.attrib.items():
        yield f"{path}/@{_local(name)}", str(value)
    count: dict[str, int] = {}
    for child in element:
        name = _local(child.tag)
        count[name] = count.get(name, 0) + 1
        yield from _of_element(child, f"{path}/{name}" + (f"[{count[name]}]" if count[name] > 1 else ""))


def _local(name: Any) -> str:
    return etree.QName(name).localname


def _json(body: bytes) -> Mapping[str, str] | None:
    """Give the values of JSON by their paths; nothing where it is none."""
    try:
        value = strict_json.loads(body)
    except (ValueError, Refusal):
        return None
    return dict(_of_value(value, ""))


def _of_value(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _of_value(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, one in enumerate(value, start=1):
            yield from _of_value(one, f"{path}[{number}]")
    else:
        yield path or "(whole)", repr(value)


def _lines(body: bytes) -> Mapping[str, str] | None:
    """Give lines by their numbers; nothing where it is no text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return {f"line {number}": line for number, line in enumerate(text.splitlines(), start=1)}
