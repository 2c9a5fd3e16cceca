"""Where the routes hang, who calls, and what every answer carries."""

import hashlib
import time
from contextlib import AbstractContextManager
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnsupportedMediaType

from hub.api.problems import HANDLERS, TYPE, WrongQuery, from_status, problem
from hub.limits import limit, rate_headers
from hub.services.errors import NotFound
from hub.services.people import proofs, systems
from hub.services.record.audit import Occasion, looking, occasion
from hub.services.views.viewer import Viewer
from hub.wiring import EXTENSION, Hub
from schemas import strict_json

VERSION = "1.0.0"
TOKEN_SECONDS = 3600
HUB = EXTENSION
_SIGNER = "schakel-token-signer"
_KNOWN_FOR = 2.0
_LONGEST_NUMBER = 18

api = Blueprint("api", __name__, url_prefix="/api/v1")
tokens = Blueprint("tokens", __name__)
for _kind, _handler in HANDLERS:
    api.register_error_handler(_kind, _handler)
    tokens.register_error_handler(_kind, _handler)


def hub() -> Hub:
    """Give the installation that the running application was wired with."""
    found: Hub = current_app.extensions[HUB]
    return found


def _signer() -> URLSafeTimedSerializer:
    """Give the signer of tokens, made once: it derives its keys anew each time it is made."""
    signer: URLSafeTimedSerializer | None = current_app.extensions.get(_SIGNER)
    if signer is None:
        how = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        signer = URLSafeTimedSerializer(hub().settings.secret_key, salt="api-token", signer_kwargs=how)
        current_app.extensions[_SIGNER] = signer
    return signer


def new_token(client_id: str, proof: str, thumbprint: str | None = None) -> str:
    """Give a bearer token for a system, which lives no longer than what it was asked with.

    One with a thumbprint works with that certificate only (RFC 8705).
    """
    return str(_signer().dumps([client_id, proof, thumbprint or ""]))


def thumbprint() -> str | None:
    """Give the thumbprint of the caller's certificate, as a proxy of ours tells it; believed from nobody else."""
    header = hub().config.sign_in.certificate_header
    if not hub().settings.behind_proxy or header is None or not request.headers.get(header):
        return None
    return systems.thumbprint_of(request.headers[header])


def _known() -> dict[tuple[str, str | None], tuple[float, Viewer]]:
    """Give the systems seen just now: a blocked one is out within two seconds, like a person."""
    found: dict[tuple[str, str | None], tuple[float, Viewer]]
    found = current_app.extensions.setdefault("schakel-known-systems", {})
    return found


def viewer_of_token(token: str) -> Viewer | None:
    """Give the system behind a bearer token.

    Nothing where the token is not ours or too old, the system was blocked, or its secret or key was withdrawn.
    """
    try:
        told = _signer().loads(token, max_age=TOKEN_SECONDS)
    except BadSignature:
        return None
    if not isinstance(told, list) or len(told) != 3:  # of an earlier version: it asks for a new one
        return None
    client_id, proof, bound = (str(one) for one in told)
    if bound and thumbprint() != bound:
        return None
    return _viewer_of_system(client_id, proof)


def _viewer_of_system(client_id: str, proof: str | None = None) -> Viewer | None:
    seen = _known().get((client_id, proof))
    if seen is not None and time.monotonic() - seen[0] < _KNOWN_FOR:
        return seen[1]
    with hub().store.reading() as session:
        viewer = proofs.viewer(session, hub().config, client_id, proof)
    if viewer is not None:
        _known()[client_id, proof] = (time.monotonic(), viewer)
    return viewer


_OPEN_TO_ALL = frozenset(
    {
        *("api.openapi_document", "api.asyncapi_document", "api.schema_document", "api.connector_document"),
        "api.read_keys",
    }
)


@api.before_request
def authenticate() -> Response | None:
    """Know who calls before anything else happens."""
    if request.endpoint in _OPEN_TO_ALL:
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    viewer = viewer_of_token(token) if scheme.lower() == "bearer" and token else _viewer_of_signature()
    if viewer is None:
        answer = problem(401, "unauthorised", "A valid bearer token is needed; POST /oauth/token gives one.")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if "\0" in request.path:  # nothing has such a name, and PostgreSQL refuses the question
        raise NotFound("There is no such thing.")
    for name, value in request.args.items(multi=True):
        if "\0" in value:
            raise WrongQuery(name, "Holds a character that can't be used.")
    limit("system", viewer.id)
    g.viewer = viewer
    return None


def _viewer_of_signature() -> Viewer | None:
    """Give the system that signed a payload (Standard Webhooks); such a payload needs no token."""
    if request.endpoint != "api.take_payload" or "webhook-signature" not in request.headers:
        return None
    client_id = str((request.view_args or {}).get("organisation_code", ""))
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("webhook-")}
    body = request.get_data()
    with hub().store.reading() as session:
        fits = systems.webhook_fits(session, client_id, body, headers)
    return _viewer_of_system(client_id) if fits else None


@api.after_app_request
def _as_api(response: Response) -> Response:
    """Put the version on every answer, and the form of an error on what routing refused: that reaches no blueprint."""
    if not request.path.startswith(("/api/", "/oauth/")):
        return response
    if response.status_code >= 400 and response.mimetype == "text/html":
        plain = from_status(response.status_code)
        response.set_data(plain.get_data())
        response.content_type = TYPE
    response.headers["API-Version"] = VERSION
    response.headers.update(rate_headers())
    return response


def where() -> Occasion:
    """Give this call as an occasion for the audit log."""
    found: Occasion | None = g.get("occasion")
    if found is None:
        found = occasion(hub().config, "api", traceparent=request.headers.get("traceparent"))
        g.occasion = found
    return found


def looking_here() -> AbstractContextManager[Session]:
    """Open a session in which people's data are read; what was seen is written down at its end."""
    return looking(hub().store, where())


def caller() -> Viewer:
    """Give who calls."""
    found: Viewer = g.viewer
    return found


def json_body() -> Any:
    """Read the body with the hardened loader; a body that says to be something else is not read as JSON."""
    kind = request.mimetype
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType
    return strict_json.loads(request.get_data(cache=False))


def whole_number(name: str, default: int, largest: int) -> int:
    """Read a whole number from the query. One that can't be read is refused: a wrong cursor must not begin again."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise WrongQuery(name, "Must be a whole number.")
    return min(int(text), largest)
