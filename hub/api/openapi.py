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
from hub.api.calls import CALLS, REFUSALS, SCHEMES
from hub.api.gate import GateSchema
from hub.api.shapes import EXAMPLE, PROBLEM
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
    for name, scheme in SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    spec.components.schema("Problem", PROBLEM)
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
    for path, method, summary, tag, parameters, body, answers in CALLS:
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
    for status, why in REFUSALS.items():
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
            content["example"] = EXAMPLE
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
