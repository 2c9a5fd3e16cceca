"""Bytes to one FHIR resource, in whichever of its forms they come."""

from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health import shorthand, xml_form
from connectors.mental_health.node import Node, malformed, other_version
from connectors.protocol import Payload
from schemas import strict_json

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"


def resource_of(payload: Payload) -> Node:
    """Read the resource in a payload; the form is seen from the bytes, for content types are often wrong."""
    _check_media_type(payload.content_type)
    body = payload.body
    start = body.removeprefix(_BOM).lstrip()[:20]
    if not start:
        raise malformed("The body is empty.", None)
    if start.startswith(b"MSH"):
        raise malformed("This is HL7 version 2; only FHIR R4 is spoken here.", "MSH", "not-supported")
    if start.startswith(b"<") or body.startswith(_UTF16):
        document: Any = xml_form.loads(body)
    elif start.startswith((b"{", b"[")):
        document = _json(body)
    elif shorthand.looks_like(body[:5000].decode("utf-8", "replace").removeprefix("\ufeff")):
        document = shorthand.loads(body)
    else:
        raise malformed("The body is not FHIR: neither JSON nor XML.", None)
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise malformed("The body is not a FHIR resource: it names no resourceType.", "resourceType")
    kind = document["resourceType"]
    return Node(document, kind if kind.isascii() and kind.isalpha() and len(kind) < 64 else "resource")


def _json(body: bytes) -> Any:
    try:
        return strict_json.loads(body)
    except strict_json.InvalidJson as error:
        code = RefusalCode.TOO_LARGE if error.too_large else RefusalCode.MALFORMED
        dialect_code = "too-long" if error.too_large else "structure"
        raise Refusal(code, error.message, field=error.field, dialect_code=dialect_code) from error


def _check_media_type(content_type: str) -> None:
    """Refuse another release named by ``fhirVersion`` (R4, "MIME Types for FHIR")."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "fhirversion" and value.strip(' "') not in ("4.0", "4.3", ""):
            raise other_version("of another release", None)
