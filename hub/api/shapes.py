"""The shapes in which the API's calls take and answer, as JSON Schema describes them."""

from typing import Any

PROBLEM = {
    "type": "object",
    "required": ["status", "code", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable: programs may rely on it."},
        "title": {"type": "string", "description": "The name of the status."},
        "detail": {"type": "string", "description": "What is wrong, in plain English."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "allowed": {"type": "array", "items": {"type": "string"}},
    },
}
PAGE = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "next": {"type": "string", "nullable": True},
    },
}

LOSSES = {
    "type": "array",
    "description": "What the message could not carry, and why.",
    "items": {"type": "object", "properties": {"field": {"type": "string"}, "why": {"type": "string"}}},
}
FORM = {
    "type": "object",
    "required": ["content_type", "size", "cut", "body"],
    "properties": {
        "content_type": {"type": "string"},
        "size": {"type": "integer", "description": "In bytes, before it was cut."},
        "cut": {"type": "boolean", "description": "Whether it was too large to keep whole."},
        "body": {"type": "string", "format": "byte"},
    },
}
MESSAGE = {
    "type": "object",
    "required": ["id", "referral_id", "kind", "at", "sender", "receiver", "state", "losses", "forms", "withheld"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "referral_id", "kind", "sender", "receiver", "state")},
        "at": {"type": "string", "format": "date-time"},
        "reference": {"type": "string"},
        "line": {"type": "string", "description": "How it went, in one line."},
        "codes": {"type": "array", "items": {"type": "string"}},
        "losses": LOSSES,
        "forms": {
            "type": "object",
            "description": "`canonical`, `mapped`, `sent` and `answer`; of what the caller brought `canonical`,"
            " `received` and our `answer`. A sender has the canonical form of its own messages alone.",
            "additionalProperties": FORM,
        },
        "withheld": {
            "type": "object",
            "description": "Why a form is not shown: `ended`, `wall`, `policy`, `others` or `receiver`.",
            "additionalProperties": {"type": "string"},
        },
    },
}
CHECKPOINT = {
    "type": "object",
    "required": ["chain", "number", "count", "hash", "at", "key", "signature"],
    "properties": {
        "chain": {"type": "string"},
        "number": {"type": "integer"},
        "count": {"type": "integer", "description": "How many records the chain had."},
        "hash": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "key": {"type": "string", "description": "The public key (Ed25519), in hexadecimal."},
        "signature": {"type": "string"},
    },
}


def query(name: str, description: str) -> dict[str, Any]:
    """Describe a text in the query."""
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}


def path(name: str, description: str) -> dict[str, Any]:
    """Describe a text in the path."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """Describe a header."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def one_or_many(name: str) -> dict[str, Any]:
    """Give one of a kind, or a list of them."""
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"$ref": f"#/components/schemas/{name}s"}]}


def number(name: str, description: str) -> dict[str, Any]:
    """Describe a whole number in the query; left empty it is as if it were not there."""
    return {**query(name, description), "schema": {"type": "string", "pattern": "^[0-9]{0,18}$", "maxLength": 18}}


AFTER = [number("after", "Cursor: the `next` of the page before."), number("limit", "At most this many.")]
EXAMPLE: dict[str, Any] = {
    "client": {"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"},
    "to": "mw-de-kade",
    "service": "hulp-bij-post",
    "life_domains": ["finances"],
    "reason": "Samen de post openen.",
    "ground": {"basis": "consent", "purpose": "guidance", "evidence": "besproken op 20 november"},
}
ID = path("id", "The referral's id.")
