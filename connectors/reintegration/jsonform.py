"""JSON: the bytes of one message, and what looks like one and is another standard's."""

import json
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload
from schemas import strict_json

Json = dict[str, Any]
MEDIA_TYPE = "application/json"
# Elements by which another standard's document is known: (any of these, what it is).
_FOREIGN: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"idWerkzoekende", "idVacature", "arbeidsmarktkwalificatie", "bemiddelingsberoep", "sollicitatie"})
        | {"persoonlijkePresentatie", "arbeidsVoorwaarden", "arbeidsvoorwaarden", "indicatieLdrRegistratie"},
        "A VUM profile or vacancy (matching of people and work)",
    ),
    (frozenset({"resourceType"}), "A FHIR resource"),
    (frozenset({"specversion"}), "A CloudEvent"),
    (frozenset({"zaaktype", "hoofdObject"}), "A ZGW message"),
)


def document_of(body: bytes) -> Any:
    """Read JSON; ``Refusal`` names what is no message of this dialect."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise Refusal(RefusalCode.NOT_ALLOWED, "XML (SuwiML, StUF) is not taken here: JSON, CSV or XLSX is.", field="/")
    try:
        document = strict_json.loads(body)
    except strict_json.InvalidJson as error:
        code = RefusalCode.TOO_LARGE if error.too_large else RefusalCode.MALFORMED
        raise Refusal(code, error.message, field=_shown(error.field)) from error
    _check_foreign(document)
    return document


def _shown(field: str | None) -> str:
    """Give a place in a document without repeating a name that is none of ours."""
    return "/" if field is None or not field.strip("/").isidentifier() else field


def _check_foreign(document: Any) -> None:
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        return
    for marks, what in _FOREIGN:
        if marks & set(first):
            raise Refusal(RefusalCode.NOT_ALLOWED, f"{what} is no referral and is not taken here.", field="/")


def payload_of(document: Json, media_type: str = MEDIA_TYPE) -> Payload:
    """Write a document."""
    return Payload(body=json.dumps(document, ensure_ascii=False, indent=1).encode(), content_type=media_type)
