"""The calls of the API: what each takes, and what it answers, as one table."""

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
_PAGE = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object"}},
        "next": {"type": "string", "nullable": True},
    },
}

_LOSSES = {
    "type": "array",
    "description": "What the message could not carry, and why.",
    "items": {"type": "object", "properties": {"field": {"type": "string"}, "why": {"type": "string"}}},
}
_FORM = {
    "type": "object",
    "required": ["content_type", "size", "cut", "body"],
    "properties": {
        "content_type": {"type": "string"},
        "size": {"type": "integer", "description": "In bytes, before it was cut."},
        "cut": {"type": "boolean", "description": "Whether it was too large to keep whole."},
        "body": {"type": "string", "format": "byte"},
    },
}
_MESSAGE = {
    "type": "object",
    "required": ["id", "referral_id", "kind", "at", "sender", "receiver", "state", "losses", "forms", "withheld"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "referral_id", "kind", "sender", "receiver", "state")},
        "at": {"type": "string", "format": "date-time"},
        "reference": {"type": "string"},
        "line": {"type": "string", "description": "How it went, in one line."},
        "codes": {"type": "array", "items": {"type": "string"}},
        "losses": _LOSSES,
        "forms": {
            "type": "object",
            "description": "`canonical`, `mapped`, `sent` and `answer`; of what the caller brought `canonical`,"
            " `received` and our `answer`. A sender has the canonical form of its own messages alone.",
            "additionalProperties": _FORM,
        },
        "withheld": {
            "type": "object",
            "description": "Why a form is not shown: `ended`, `wall`, `policy`, `others` or `receiver`.",
            "additionalProperties": {"type": "string"},
        },
    },
}
_CHECKPOINT = {
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


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}


def _path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _one_or_many(name: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"$ref": f"#/components/schemas/{name}s"}]}


def _number(name: str, description: str) -> dict[str, Any]:
    """Describe a whole number in the query; left empty it is as if it were not there."""
    return {**_query(name, description), "schema": {"type": "string", "pattern": "^[0-9]{0,18}$", "maxLength": 18}}


_AFTER = [_number("after", "Cursor: the `next` of the page before."), _number("limit", "At most this many.")]
EXAMPLE: dict[str, Any] = {
    "client": {"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"},
    "to": "mw-de-kade",
    "service": "hulp-bij-post",
    "life_domains": ["finances"],
    "reason": "Samen de post openen.",
    "ground": {"basis": "consent", "purpose": "guidance", "evidence": "besproken op 20 november"},
}
_ID = _path("id", "The referral's id.")
# path -> method -> (summary, tag, parameters, request body, answers: status -> schema name or inline schema)
CALLS: tuple[tuple[str, str, str, str, list[dict[str, Any]], Any, dict[str, Any]], ...] = (
    (
        "/referrals",
        "post",
        "Send a referral",
        "referrals",
        [_header("Idempotency-Key", "The same key and body again give the same answer.", required=True)],
        "NewReferral",
        {"201": "Referral"},
    ),
    (
        "/referrals",
        "get",
        "List referrals",
        "referrals",
        [
            _query("status", "Only in this state."),
            _query("to", "Only to this organisation."),
            _query("from", "Only from this organisation."),
            _query("case", "Only of this case."),
            *_AFTER,
        ],
        None,
        {"200": _PAGE},
    ),
    (
        "/referrals/{id}",
        "get",
        "Read a referral",
        "referrals",
        [_ID, _header("If-None-Match", "The ETag that is known.")],
        None,
        {"200": "Referral"},
    ),
    (
        "/referrals/{id}/events",
        "post",
        "Record an event",
        "referrals",
        [_ID, _header("If-Match", "The ETag that was read.")],
        "NewEvent",
        {"200": "Referral"},
    ),
    ("/referrals/{id}/trail", "get", "Read every step of a referral", "referrals", [_ID], None, {"200": _PAGE}),
    (
        "/referrals/{id}/messages/{message_id}",
        "get",
        "Read a message of a referral in its forms",
        "referrals",
        [_ID, _path("message_id", "The message's id, or the intake_id of what the caller brought; from the trail.")],
        None,
        {"200": _MESSAGE},
    ),
    ("/feed", "get", "Read the messages addressed to the caller", "messages", _AFTER, None, {"200": _PAGE}),
    (
        "/digest",
        "put",
        "Tell which referrals are open at the caller's, and get where that differs",
        "messages",
        [],
        {
            "application/json": {
                "schema": {"type": "array", "maxItems": 5000, "items": {"$ref": "#/components/schemas/DigestLine"}}
            }
        },
        {"200": {"type": "object"}},
    ),
    (
        "/digest",
        "get",
        "Read which referrals are open here with the caller, to compare",
        "messages",
        [],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/gate",
        "post",
        "Ask which of the caller's messages must not be handed over any more",
        "messages",
        [],
        "Gate",
        {"200": {"type": "object"}},
    ),
    (
        "/intake/{organisation}",
        "post",
        "Bring a payload in the partner's own format",
        "messages",
        [
            _path("organisation", "The caller's organisation code."),
            _header(
                "Schakel-Signature",
                "A compact JWS (Ed25519 or ES256) with a key registered for the caller; typ schakel-message+jws;"
                " claims jti, iss and aud (urn:nld:oin:...), iat, exp (six days at most), purpose `intake` and digest"
                " (`sha-256=` and the hexadecimal hash of the body). Some must send it. The answer bears our own"
                " in Schakel-Receipt.",
            ),
        ],
        {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        {"200": {"type": "string"}, "202": {"type": "object"}},
    ),
    (
        "/keys",
        "get",
        "Read the public keys that sign for organisations (JWKS)",
        "messages",
        [],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/intake/{organisation}",
        "get",
        "Read what became of a payload",
        "messages",
        [_path("organisation", "The intake id.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/schemas/{name}",
        "get",
        "Read the JSON Schema of the messages",
        "messages",
        [_path("name", "`message.json`, `referral.json` for what it carries, or `aanmelding.json` for social work.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/connectors/{name}/{file}",
        "get",
        "Read what a connector holds for partners",
        "messages",
        [
            _path("name", "The connector, for instance `reintegration`."),
            _path("file", "`openapi.json`: the API that a partner offers. `sjabloon.csv`: the template of a file."),
        ],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/cases/{id}",
        "get",
        "Read the caller's view of a case",
        "cases",
        [_path("id", "Case id.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/cases/{id}/consents",
        "post",
        "Register what a client said about sharing",
        "cases",
        [_path("id", "Case id.")],
        "NewConsent",
        {"201": {"type": "object"}},
    ),
    (
        "/cases/{id}/consents",
        "get",
        "Read the evidence of consent and the releases",
        "cases",
        [_path("id", "Case id.")],
        None,
        {"200": "Consents"},
    ),
    (
        "/cases/{id}/corrections",
        "post",
        "Ask to correct what is wrong about a person",
        "cases",
        [_path("id", "Case id.")],
        "NewCorrection",
        {"201": "Correction"},
    ),
    (
        "/cases/{id}/corrections",
        "get",
        "Read the corrections that the caller asked for, owns or was told of",
        "cases",
        [_path("id", "Case id.")],
        None,
        {"200": "Corrections"},
    ),
    (
        "/cases/{id}/corrections/{correction}/decision",
        "post",
        "Decide on a correction of what the caller recorded",
        "cases",
        [_path("id", "Case id."), _path("correction", "The correction's id.")],
        "CorrectionDecision",
        {"200": "Correction"},
    ),
    (
        "/cases/{id}/timeline",
        "get",
        "Read the entries after a position",
        "cases",
        [_path("id", "Case id."), *_AFTER],
        None,
        {"200": _PAGE},
    ),
    (
        "/access/decisions",
        "post",
        "Ask the access policy one question, or many",
        "access",
        [],
        {"application/json": {"schema": _one_or_many("Question")}},
        {"200": _one_or_many("Decision")},
    ),
    (
        "/audit/checkpoint",
        "get",
        "Read the last checkpoint of the audit log, to keep elsewhere",
        "access",
        [],
        None,
        {"200": _CHECKPOINT},
    ),
)


REFUSALS = {
    "400": "The call can't be read.",
    "401": "No valid token.",
    "429": "Too many calls at once.",
    "default": "Refused, and why.",
}
SCHEMES: dict[str, dict[str, Any]] = {
    "oauth": {
        "type": "oauth2",
        "description": "A token by client credentials (RFC 6749 section 4.4). At `/oauth/token` a system proves "
        "itself by its secret (HTTP Basic or `client_secret`); by an assertion signed with a "
        "registered key (RFC 7523), as `client_assertion` with `client_assertion_type` "
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer: ES256, EdDSA, PS256 or RS256, `iss` "
        "and `sub` the client id, `aud` the token endpoint alone, five minutes at most, each `jti` "
        "once; or by a registered certificate (RFC 8705). The token ends with that secret, key or "
        "certificate. Too many wrong secrets get 429 with `Retry-After`.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    },
    "webhook": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Instead of a token: a payload signed with the system's webhook secret (Standard Webhooks), "
        "with `webhook-id`, `webhook-timestamp` within five minutes, and in `webhook-signature` v1, "
        "HMAC-SHA-256 over id, time and body.",
    },
}
