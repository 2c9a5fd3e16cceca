"""The API that a re-integration partner offers, and that Schakel calls: described from the schemas that check bodies.

In line with the NL API Design Rules 2.2: kebab-case paths, the version in the address and in ``API-Version``,
``problem+json``, ``info.contact``. ``python -m connectors.reintegration.openapi`` writes the file beside this one.
"""

import json
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from connectors.reintegration.shapes import ProgressSchema, ReceiptSchema, ReferralSchema

VERSION = "1.0.0"
FILE = Path(__file__).with_name("openapi.json")
Json = dict[str, Any]


class WrongFieldSchema(Schema):
    """A field that is wrong."""

    field = fields.String(required=True, metadata={"description": "De plaats in het bericht, nooit de waarde."})
    message = fields.String(required=True)


class ProblemSchema(Schema):
    """Why a message was refused (RFC 9457)."""

    type = fields.String()
    status = fields.Integer(required=True)
    title = fields.String(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Blijft gelijk: programma's mogen erop bouwen."})
    errors = fields.List(fields.Nested(WrongFieldSchema))
    betreftBericht = fields.String(metadata={"description": "Het berichtId van het bericht."})  # noqa: N815


_ABOUT = {"registratienummerRv": "20260117", "verzondenOp": "2026-11-24T09:31:00.000Z", "versie": "1"}
_RECEIPT: Json = {
    "berichtId": "7d9f4f5e-0000-4000-8000-00000000c006",
    "soort": "ontvangstbevestiging",
    "verzondenOp": "2026-11-24T09:31:02.000Z",
    "betreftBericht": "0b6a2a52-0000-4000-8000-00000000b001",
    "uitkomst": "verwerkt",
}
_EXAMPLES: dict[str, Json] = {
    "Verwijzing": {
        **_ABOUT,
        "berichtId": "0b6a2a52-0000-4000-8000-00000000b001",
        "soort": "verwijzing",
        "client": {"achternaam": "Smulders", "voorletters": "K.M.", "geboortedatum": "1974-03-08"},
        "leefgebieden": ["werk_en_opleiding"],
        "aanleiding": "Wil weer ritme en werkervaring opdoen.",
        "urgentie": "gewoon",
        "voorziening": {"DatBRv": "2026-12-01", "CdTypeRvGsd": "07", "OmsRv": "Oriëntatie groen"},
        "grondslag": {"grond": "publieke_taak", "doel": "plaatsing", "wet": "Participatiewet, artikel 7"},
    },
    "Voortgang": {
        **_ABOUT,
        "berichtId": "0b6a2a52-0000-4000-8000-00000000b002",
        "soort": "voortgang",
        "status": "antwoord",
        "toelichting": "Op maandag en woensdag.",
    },
    "Ontvangstbevestiging": _RECEIPT,
}
_CALLS = (
    ("/verwijzingen", "Verwijzing", "Ontvang een verwijzing"),
    ("/voortgang", "Voortgang", "Ontvang hoe het met een verwijzing gaat"),
    ("/ontvangstbevestigingen", "Ontvangstbevestiging", "Ontvang wat er met een bericht gebeurde"),
)
_REFUSALS = {
    "400": "Het bericht is niet te lezen.",
    "401": "Geen geldig token.",
    "409": "Dit berichtId is eerder gebruikt, voor een ander bericht.",
    "413": "Het bericht is te groot.",
    "422": "Het bericht is gelezen en geweigerd.",
    "429": "Te veel berichten tegelijk.",
    "default": "Geweigerd, met de reden.",
}


def description() -> Json:
    """Give the OpenAPI 3.0 document."""
    spec = APISpec(
        title="Verwijzingen ontvangen",
        version=VERSION,
        openapi_version="3.0.3",
        plugins=[MarshmallowPlugin()],
        info={
            "description": "De API die een re-integratiepartner aanbiedt om verwijzingen en voortgang van Schakel te "
            "ontvangen. Een bericht dat opnieuw komt, met hetzelfde berichtId, heeft geen tweede gevolg en krijgt "
            "hetzelfde antwoord. De namen van de voorziening zijn die van SuwiML GSDDossierReintegratie v0200.",
            "contact": {"name": "Schakel", "url": "https://schakel.example", "email": "beheer@schakel.example"},
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/nl/"},
        },
        servers=[{"url": "https://partner.example/v1", "description": "Het adres van de partner."}],
        tags=[{"name": "berichten", "description": "Wat Schakel aan de partner stuurt."}],
        security=[{"oauth": []}],
    )
    flow = {"clientCredentials": {"tokenUrl": "https://partner.example/oauth/token", "scopes": {}}}
    spec.components.security_scheme("oauth", {"type": "oauth2", "flows": flow})
    spec.components.schema("Verwijzing", schema=ReferralSchema)
    spec.components.schema("Voortgang", schema=ProgressSchema)
    spec.components.schema("Ontvangstbevestiging", schema=ReceiptSchema)
    spec.components.schema("Probleem", schema=ProblemSchema)
    for path, name, summary in _CALLS:
        spec.path(path, operations={"post": _operation(path, name, summary)})
    return dict(spec.to_dict())


def _operation(path: str, name: str, summary: str) -> Json:
    responses = {
        "200": _answer("Eerder ontvangen; er gebeurt niets opnieuw.", "Ontvangstbevestiging"),
        "201": _answer("Ontvangen en verwerkt: `uitkomst` is `verwerkt`.", "Ontvangstbevestiging"),
        "202": _answer("Ontvangen; de verwerking volgt: `uitkomst` is `ontvangen`.", "Ontvangstbevestiging"),
    }
    for status, why in _REFUSALS.items():
        responses[status] = _answer(why, "Probleem", "application/problem+json")
    return {
        "operationId": "post" + path.replace("/", "_"),
        "summary": summary,
        "description": summary + ".",
        "tags": ["berichten"],
        "parameters": [_header("Idempotency-Key"), _header("X-Message-ID")],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": name, "example": _EXAMPLES[name]}},
        },
        "responses": responses,
    }


def _header(name: str) -> Json:
    text = "Het nummer van het bericht bij Schakel; bij een nieuwe poging hetzelfde."
    return {"name": name, "in": "header", "description": text, "schema": {"type": "string", "maxLength": 100}}


def _answer(description: str, schema: str, kind: str = "application/json") -> Json:
    return {
        "description": description,
        "headers": {"API-Version": {"description": "De hele versie van deze API.", "schema": {"type": "string"}}},
        "content": {kind: {"schema": schema}},
    }


def text() -> str:
    """Give the file as it stands beside this module."""
    return json.dumps(description(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
