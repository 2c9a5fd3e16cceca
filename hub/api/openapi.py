"""The description of the API, made from the same marshmallow schemas that check the bodies."""

import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response
from marshmallow import Schema

from connectors.social_work.aanmelding_form import URN as AANMELDING
from connectors.social_work.aanmelding_form import AanmeldingSchema
from hub.api.blueprint import VERSION, api
from hub.api.gate import GateSchema
from hub.services.errors import NotFound
from schemas.access import DecisionSchema, DecisionsSchema, QuestionSchema, QuestionsSchema
from schemas.consent import ConsentsSchema, NewConsentSchema
from schemas.correction import (
    CorrectionDecisionSchema,
    CorrectionSchema,
    CorrectionsSchema,
    NewCorrectionSchema,
)
from schemas.digest import DigestLineSchema
from schemas.message import DATA_SCHEMA, MessageDataSchema, MessageSchema
from schemas.referral import NewEventSchema, NewReferralSchema, ReferralSchema
from schemas.vocabulary import MessageKind

_PROBLEM = {
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
_EXAMPLE: dict[str, Any] = {
    "client": {"bsn": "999990019", "family_name": "Smulders", "birth_date": "1974-03-08"},
    "to": "mw-de-kade",
    "service": "hulp-bij-post",
    "life_domains": ["finances"],
    "reason": "Samen de post openen.",
    "ground": {"basis": "consent", "purpose": "guidance", "evidence": "besproken op 20 november"},
}
_ID = _path("id", "The referral's id.")
# path -> method -> (summary, tag, parameters, request body, answers: status -> schema name or inline schema)
_CALLS: tuple[tuple[str, str, str, str, list[dict[str, Any]], Any, dict[str, Any]], ...] = (
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


_REFUSALS = {
    "400": "The call can't be read.",
    "401": "No valid token.",
    "429": "Too many calls at once.",
    "default": "Refused, and why.",
}
_SCHEMES: dict[str, dict[str, Any]] = {
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


def openapi() -> dict[str, Any]:
    """Give the OpenAPI 3.0 document."""
    spec = APISpec(
        title="Schakel",
        version=VERSION,
        openapi_version="3.0.3",
        plugins=[MarshmallowPlugin()],
        info={
            "description": "The hub between organisations that help the same person.",
            "contact": {"name": "Schakel", "url": "https://schakel.example", "email": "beheer@schakel.example"},
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/nl/"},
        },
        servers=[{"url": "/api/v1"}],
        tags=[
            {"name": "referrals", "description": "Send referrals and follow them."},
            {"name": "messages", "description": "Bring and fetch messages."},
            {"name": "cases", "description": "The shared view of one client."},
            {"name": "access", "description": "The access policy: who may see what, and by which rule."},
        ],
        security=[{"oauth": []}],
    )
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    spec.components.schema("Problem", _PROBLEM)
    for name, schema in (
        ("NewReferral", NewReferralSchema),
        ("NewEvent", NewEventSchema),
        ("Referral", ReferralSchema),
        ("NewConsent", NewConsentSchema),
        ("Consents", ConsentsSchema),
        ("NewCorrection", NewCorrectionSchema),
        ("CorrectionDecision", CorrectionDecisionSchema),
        ("Correction", CorrectionSchema),
        ("Corrections", CorrectionsSchema),
        ("Gate", GateSchema),
        ("DigestLine", DigestLineSchema),
        ("Message", MessageSchema),
        ("Question", QuestionSchema),
        ("Questions", QuestionsSchema),
        ("Decision", DecisionSchema),
        ("Decisions", DecisionsSchema),
    ):
        spec.components.schema(name, schema=schema)
    for path, method, summary, tag, parameters, body, answers in _CALLS:
        spec.path(path, operations={method: _operation(path, method, summary, tag, parameters, body, answers)})
    document = dict(spec.to_dict())
    for schema in document["components"]["schemas"].values():
        _say_several_types(schema.get("properties", {}))
    return document


def _say_several_types(properties: dict[str, Any]) -> None:
    """Write a field that takes several types as OpenAPI 3.0 wants it: without a type of its own, null in the first."""
    for name, known in properties.items():
        if "type" in known and known["type"] is None:
            first, *others = known["anyOf"]
            properties[name] = {"anyOf": [{**first, "nullable": True}, *others]}


def _operation(
    path: str, method: str, summary: str, tag: str, parameters: list[dict[str, Any]], body: Any, answers: dict[str, Any]
) -> dict[str, Any]:
    kind = "application/schema+json" if path.startswith("/schemas/") else "application/json"
    operation: dict[str, Any] = {
        "operationId": method + path.replace("/", "_").replace("{", "").replace("}", ""),
        "summary": summary,
        "description": summary + ".",
        "tags": [tag],
        "parameters": parameters,
        "responses": {status: _content(schema, "Done.", kind) for status, schema in answers.items()},
    }
    for status, why in _REFUSALS.items():
        operation["responses"][status] = _content("Problem", why, "application/problem+json")
    operation["responses"]["429"]["headers"]["Retry-After"] = {
        "description": "Seconds to wait before the next call.",
        "schema": {"type": "integer"},
    }
    if any(parameter["name"] == "If-None-Match" for parameter in parameters):
        operation["responses"]["304"] = {"description": "Not changed since.", "headers": _content("", "")["headers"]}
    if path == "/intake/{organisation}" and method == "post":  # each dialect answers in its own format
        operation["security"] = [{"oauth": []}, {"webhook": []}]
        own: dict[str, Any] = {"*/*": {"schema": {}}}
        for status in ("200", "413", "422"):
            answer = _content("Problem", "The dialect's own answer.", "application/problem+json")
            problem = answer["content"] if status != "200" else {}  # for who asks for JSON
            operation["responses"][status] = {**answer, "content": {**own, **problem}}
        operation["responses"]["500"] = {
            "description": "A SOAP Fault, to who sent text/xml: refused, as 422.",
            "headers": operation["responses"]["422"]["headers"],
            "content": {"text/xml": {"schema": {}}, **_content("Problem", "", "application/problem+json")["content"]},
        }
    if path.startswith("/connectors/"):
        operation["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    if isinstance(body, str):
        content: dict[str, Any] = {"schema": body}
        if body == "NewReferral":
            content["example"] = _EXAMPLE
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    elif body:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _content(schema: Any, description: str, kind: str = "application/json") -> dict[str, Any]:
    return {
        "description": description,
        "headers": {"API-Version": {"description": "The version that answered.", "schema": {"type": "string"}}},
        "content": {kind: {"schema": schema}},
    }


def asyncapi() -> dict[str, Any]:
    """Give the AsyncAPI 3.0 document: every canonical message, one shape."""
    messages = {
        kind.name.lower(): {
            "name": kind.value,
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": "#/components/schemas/Message"},
        }
        for kind in MessageKind
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Schakel",
            "version": VERSION,
            "license": {"name": "EUPL-1.2"},
            "externalDocs": {"description": "JSON Schema of every message.", "url": "/api/v1/schemas/message.json"},
        },
        "channels": {"partner": {"address": "partner.{organisation}", "messages": messages}},
        "operations": {"deliver": {"action": "send", "channel": {"$ref": "#/channels/partner"}}},
        "components": {"schemas": openapi()["components"]["schemas"]},
    }


_SHAPES: dict[str, tuple[str, type[Schema]]] = {
    "message.json": ("urn:nl:schakel:schema:message:1", MessageSchema),
    "aanmelding.json": (AANMELDING, AanmeldingSchema),
    "referral.json": (DATA_SCHEMA, MessageDataSchema),  # what a message's ``dataschema`` names
}


def json_schema(name: str) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a canonical message or of its data; ``KeyError`` for another name."""
    urn, shape = _SHAPES[name]
    spec = APISpec(title="Schakel", version=VERSION, openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    spec.components.schema("Shape", schema=shape)
    # OpenAPI keeps parts under another name than JSON Schema does; the shapes are the same.
    text = json.dumps(spec.to_dict()["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    parts: dict[str, Any] = json.loads(text)
    own = parts.pop("Shape")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": urn, **own, "$defs": parts}


@api.get("/openapi.json")
def openapi_document() -> Response:
    """Give the description of the API."""
    return Response(json.dumps(openapi()), content_type="application/json")


@api.get("/schemas/<name>")
def schema_document(name: str) -> Response:
    """Give the JSON Schema of the messages, or of what they carry."""
    if name not in _SHAPES:
        raise NotFound("There is no such schema.")
    return Response(json.dumps(json_schema(name)), content_type="application/schema+json")


@api.get("/asyncapi.json")
def asyncapi_document() -> Response:
    """Give the description of the messages."""
    return Response(json.dumps(asyncapi()), content_type="application/json")
