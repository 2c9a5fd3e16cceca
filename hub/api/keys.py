"""The public keys with which signatures are verified (JWKS, RFC 7517): open to all, for they hold no secret."""

import datetime as dt
import json

from flask import Response

from hub.api.blueprint import api, hub
from hub.services.messages.signing_keys import published

_FRESH_SECONDS = 300


@api.get("/keys")
def read_keys() -> Response:
    """Give the keys that sign for organisations, each with whose it is and from when until when it signs."""
    with hub().store.reading() as session:
        keys = published(session, hub().config, dt.datetime.now(dt.UTC))
    answer = Response(json.dumps({"keys": [key.told() for key in keys]}), content_type="application/json")
    answer.headers["Cache-Control"] = f"public, max-age={_FRESH_SECONDS}"
    return answer
