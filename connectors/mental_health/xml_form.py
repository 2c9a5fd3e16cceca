"""FHIR XML as the same tree that FHIR JSON gives (R4, section "XML Representation of Resources").

The parser has no document types, hence no entities and nothing outside the file; depth and number are bounded.
"""

from typing import Any
from xml.parsers import expat

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health.node import malformed

FHIR, XHTML = "http://hl7.org/fhir", "http://www.w3.org/1999/xhtml"
MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS = 1_000_000, 64, 100_000


class _Builder:
    """Gathers elements into dictionaries, a child that repeats into a list."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, dict[str, Any]]] = []
        self.root: tuple[str, dict[str, Any]] | None = None
        self.narrative = 0
        self.seen = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.seen += 1
        if len(self.stack) + self.narrative >= MAX_DEPTH:
            raise malformed(f"The XML is nested deeper than {MAX_DEPTH} levels.", None, "too-costly")
        if self.seen > MAX_ELEMENTS:
            raise Refusal(RefusalCode.TOO_LARGE, "The XML has too many elements.", dialect_code="too-costly")
        space, _, local = name.rpartition(" ")
        if self.narrative or (space == XHTML and self.stack):
            self.narrative += 1  # the narrative is never read, whatever it holds
            return
        if space != FHIR:
            raise malformed("An element is not in the namespace of FHIR.", None)
        if any(key not in ("value", "url", "id") for key in attributes):
            attributes = {key: text for key, text in attributes.items() if key in ("value", "url", "id")}
        self.stack.append((local, dict(attributes)))

    def end(self, _name: str) -> None:
        if self.narrative:
            self.narrative -= 1
            return
        local, content = self.stack.pop()
        if self.stack:
            _put(self.stack[-1][1], local, content)
        else:
            self.root = (local, content)

    def text(self, data: str) -> None:
        if not self.narrative and data.strip():
            raise malformed("There is text between elements; FHIR keeps its values in attributes.", None)

    def doctype(self, *_declaration: object) -> None:
        raise malformed("A document type declaration is not taken.", None, "security")


def _put(parent: dict[str, Any], name: str, content: dict[str, Any]) -> None:
    if name in ("resource", "contained", "outcome") and len(content) == 1:
        kind, inner = next(iter(content.items()))
        if kind[:1].isupper() and isinstance(inner, dict):
            _add(parent, name, {"resourceType": kind, **inner})
            return
    if "value" in content and isinstance(content["value"], str):
        extras = {key: inner for key, inner in content.items() if key != "value"}
        _align(parent, name)
        _add(parent, name, content["value"])
        if extras:
            _add(parent, f"_{name}", extras)
        elif f"_{name}" in parent:
            _add(parent, f"_{name}", None)
        return
    _add(parent, name, content)


def _align(parent: dict[str, Any], name: str) -> None:
    """Keep ``given`` and ``_given`` in step: the n-th extension belongs to the n-th value."""
    if name in parent and f"_{name}" not in parent:
        count = len(parent[name]) if isinstance(parent[name], list) else 1
        parent[f"_{name}"] = [None] * count


def _add(parent: dict[str, Any], name: str, item: Any) -> None:
    if name not in parent:
        parent[name] = item
    elif isinstance(parent[name], list):
        parent[name].append(item)
    else:
        parent[name] = [parent[name], item]


def loads(body: bytes) -> dict[str, Any]:
    """Read one FHIR resource; ``Refusal`` where it is not well formed, too large, too deep, or declares a type."""
    if len(body) > MAX_BYTES:
        raise Refusal(RefusalCode.TOO_LARGE, f"The XML is larger than {MAX_BYTES} bytes.", dialect_code="too-long")
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise malformed(f"The body is not XML: line {error.lineno}, column {error.offset}.", None) from error
    except (LookupError, ValueError, UnicodeError) as error:
        raise malformed("The encoding of the XML is unknown.", None) from error
    if builder.root is None:
        raise malformed("The body holds no element.", None)
    kind, content = builder.root
    return {"resourceType": kind, **content}
