"""The gate over the API: a connector at the partner's site asks whether messages still may be handed over."""

import json

from flask import Response
from marshmallow import RAISE, Schema, fields, validate

from hub.api.blueprint import api, caller, hub, json_body
from hub.broker.protocol import partner_queue
from hub.store import outbox
from schemas.fields import Text


class GateSchema(Schema):
    """The body of ``POST /api/v1/gate``: the ids of messages that are about to be handed over."""

    class Meta:
        unknown = RAISE

    messages = fields.List(Text(longest=64), required=True, validate=validate.Length(1, 500))


_ASKED = GateSchema()


@api.post("/gate")
def ask_gate() -> Response:
    """Give those of the caller's messages that must not be handed over: the ground under them has ended."""
    asked = _ASKED.load(json_body())["messages"]
    with hub().store.reading() as session:
        withheld = outbox.withheld(session, partner_queue(caller().organisation), asked)
    return Response(json.dumps({"withheld": sorted(withheld)}), content_type="application/json")
