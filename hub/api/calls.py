"""The calls of the API: what each takes, and what it answers, as one table."""

from typing import Any

from hub.api.shapes import AFTER, CHECKPOINT, ID, MESSAGE, PAGE, header, one_or_many, path, query

# path -> method -> (summary, tag, parameters, request body, answers: status -> schema name or inline schema)
CALLS: tuple[tuple[str, str, str, str, list[dict[str, Any]], Any, dict[str, Any]], ...] = (
    (
        "/referrals",
        "post",
        "Send a referral",
        "referrals",
        [header("Idempotency-Key", "The same key and body again give the same answer.", required=True)],
        "NewReferral",
        {"201": "Referral"},
    ),
    (
        "/referrals",
        "get",
        "List referrals",
        "referrals",
        [
            query("status", "Only in this state."),
            query("to", "Only to this organisation."),
            query("from", "Only from this organisation."),
            query("case", "Only of this case."),
            *AFTER,
        ],
        None,
        {"200": PAGE},
    ),
    (
        "/referrals/{id}",
        "get",
        "Read a referral",
        "referrals",
        [ID, header("If-None-Match", "The ETag that is known.")],
        None,
        {"200": "Referral"},
    ),
    (
        "/referrals/{id}/events",
        "post",
        "Record an event",
        "referrals",
        [ID, header("If-Match", "The ETag that was read.")],
        "NewEvent",
        {"200": "Referral"},
    ),
    ("/referrals/{id}/trail", "get", "Read every step of a referral", "referrals", [ID], None, {"200": PAGE}),
    (
        "/referrals/{id}/messages/{message_id}",
        "get",
        "Read a message of a referral in its forms",
        "referrals",
        [ID, path("message_id", "The message's id, or the intake_id of what the caller brought; from the trail.")],
        None,
        {"200": MESSAGE},
    ),
    ("/feed", "get", "Read the messages addressed to the caller", "messages", AFTER, None, {"200": PAGE}),
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
            path("organisation", "The caller's organisation code."),
            header(
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
        [path("organisation", "The intake id.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/schemas/{name}",
        "get",
        "Read the JSON Schema of the messages",
        "messages",
        [path("name", "`message.json`, `referral.json` for what it carries, or `aanmelding.json` for social work.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/connectors/{name}/{file}",
        "get",
        "Read what a connector holds for partners",
        "messages",
        [
            path("name", "The connector, for instance `reintegration`."),
            path("file", "`openapi.json`: the API that a partner offers. `sjabloon.csv`: the template of a file."),
        ],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/cases/{id}",
        "get",
        "Read the caller's view of a case",
        "cases",
        [path("id", "Case id.")],
        None,
        {"200": {"type": "object"}},
    ),
    (
        "/cases/{id}/consents",
        "post",
        "Register what a client said about sharing",
        "cases",
        [path("id", "Case id.")],
        "NewConsent",
        {"201": {"type": "object"}},
    ),
    (
        "/cases/{id}/consents",
        "get",
        "Read the evidence of consent and the releases",
        "cases",
        [path("id", "Case id.")],
        None,
        {"200": "Consents"},
    ),
    (
        "/cases/{id}/corrections",
        "post",
        "Ask to correct what is wrong about a person",
        "cases",
        [path("id", "Case id.")],
        "NewCorrection",
        {"201": "Correction"},
    ),
    (
        "/cases/{id}/corrections",
        "get",
        "Read the corrections that the caller asked for, owns or was told of",
        "cases",
        [path("id", "Case id.")],
        None,
        {"200": "Corrections"},
    ),
    (
        "/cases/{id}/corrections/{correction}/decision",
        "post",
        "Decide on a correction of what the caller recorded",
        "cases",
        [path("id", "Case id."), path("correction", "The correction's id.")],
        "CorrectionDecision",
        {"200": "Correction"},
    ),
    (
        "/cases/{id}/timeline",
        "get",
        "Read the entries after a position",
        "cases",
        [path("id", "Case id."), *AFTER],
        None,
        {"200": PAGE},
    ),
    (
        "/access/decisions",
        "post",
        "Ask the access policy one question, or many",
        "access",
        [],
        {"application/json": {"schema": one_or_many("Question")}},
        {"200": one_or_many("Decision")},
    ),
    (
        "/audit/checkpoint",
        "get",
        "Read the last checkpoint of the audit log, to keep elsewhere",
        "access",
        [],
        None,
        {"200": CHECKPOINT},
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
