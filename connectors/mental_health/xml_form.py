"""FHIR XML as the same tree that FHIR JSON gives (R4, section "XML Representation of Resources")."""

from typing import Any

from lxml import etree

from connectors import safe_xml
from connectors.mental_health.node import malformed

FHIR, XHTML = "http://hl7.org/fhir", "http://www.w3.org/1999/xhtml"
_HOLDERS = frozenset({"resource", "contained", "outcome"})
_ATTRIBUTES = ("value", "url", "id")


def loads(body: bytes) -> dict[str, Any]:
    """Read one FHIR resource; ``Refusal`` where the XML is not taken or is not FHIR."""
    root = safe_xml.loads(body)
    return {"resourceType": _local_name(root), **_content(root)}


def _local_name(element: etree._Element) -> str:
    name = etree.QName(element)
    if name.namespace != FHIR:
        raise malformed("An element is not in the namespace of FHIR.", None)
    return name.localname


def _content(element: etree._Element) -> dict[str, Any]:
    """Give an element's attributes and children; the narrative is passed over, whatever it holds."""
    content: dict[str, Any] = {name: element.attrib[name] for name in _ATTRIBUTES if name in element.attrib}
    if (element.text or "").strip():
        raise malformed("There is text between elements; FHIR keeps its values in attributes.", None)
    for child in element:
        if (child.tail or "").strip():
            raise malformed("There is text between elements; FHIR keeps its values in attributes.", None)
        if etree.QName(child).namespace != XHTML:
            _put(content, _local_name(child), _content(child), primitive="value" in child.attrib)
    return content


def _put(parent: dict[str, Any], name: str, content: dict[str, Any], *, primitive: bool) -> None:
    if name in _HOLDERS and len(content) == 1:
        kind, inner = next(iter(content.items()))
        if kind[:1].isupper() and isinstance(inner, dict):
            _add(parent, name, {"resourceType": kind, **inner})
            return
    if not primitive:  # an Identifier too has a ``value``, but as an element
        _add(parent, name, content)
        return
    extras = {key: inner for key, inner in content.items() if key != "value"}
    if extras and name in parent and f"_{name}" not in parent:
        # the n-th extension belongs to the n-th value, as in ``given`` and ``_given`` of FHIR JSON
        parent[f"_{name}"] = [None] * (len(parent[name]) if isinstance(parent[name], list) else 1)
    if extras or f"_{name}" in parent:
        _add(parent, f"_{name}", extras or None)
    _add(parent, name, content["value"])


def _add(parent: dict[str, Any], name: str, item: Any) -> None:
    if name not in parent:
        parent[name] = item
    elif isinstance(parent[name], list):
        parent[name].append(item)
    else:
        parent[name] = [parent[name], item]
