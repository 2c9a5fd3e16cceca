"""Hold what was read against the canonical schema, and name what does not fit in the terms of a zaak."""

import json
from typing import Any

from connectors.access_team.nodes import malformed
from connectors.errors import Refusal, RefusalCode
from schemas.message import MESSAGE, Message

# Where a field that the schema refuses came from.
_ORIGINS = {
    "client": "_expand.rollen",
    "note": "_expand.status.statustoelichting",
    "reason": "toelichting",
    "service": "omschrijving",
    "correlation": "url",
    "referral_id": "kenmerken",
    "status_reason": "_expand.resultaat",
    "starts_on": "startdatum",
    "ends_on": "einddatum",
}


def checked(message: Message, origin: str) -> Message:
    """Hold a message against the canonical schema: what is too long or can't be seen is the partner's to mend."""
    errors = MESSAGE.validate(message.to_json())
    if not errors:
        return message
    inside: Any = errors.get("data", {})
    name = str(next(iter(inside if isinstance(inside, dict) and inside else errors), ""))
    path = origin or _ORIGINS.get(name, "zaak")
    if "Longer than" in json.dumps(errors):
        raise Refusal(RefusalCode.TOO_LARGE, "A text is too long.", field=path, dialect_code="max_length")
    raise malformed("A value can't be taken as it stands.", path)
