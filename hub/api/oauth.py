"""Tokens for systems: OAuth 2.0 client credentials (RFC 6749 section 4.4)."""

import base64
import binascii
import hashlib
import hmac
import threading
import time
from typing import Any

from flask import Response, current_app, request

from hub.api.blueprint import TOKEN_SECONDS, hub, new_token, tokens
from hub.api.problems import problem
from hub.services import identity
from hub.services.throttling import Wait, give_back, take_turn

_FITS_FOR = 600.0


class _Proven:
    """Secrets that were looked at just now: a system asks often, and argon2 is slow on purpose.

    It holds keyed hashes of this process alone, and a secret that was replaced has another row to fit.
    """

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.known: dict[str, tuple[float, bytes]] = {}


def _proven() -> _Proven:
    found: _Proven = current_app.extensions.setdefault("schakel-proven-secrets", _Proven())
    return found


@tokens.post("/oauth/token")
def token() -> Response | dict[str, Any]:
    """Give a bearer token for client credentials, by HTTP Basic or form."""
    if request.form.get("grant_type") != "client_credentials":
        return _token_error(400, "unsupported_grant_type")
    client_id, secret = _credentials()
    refusal = _check_secret(client_id, secret)
    if refusal is not None:
        return refusal
    return {"access_token": new_token(client_id), "token_type": "Bearer", "expires_in": TOKEN_SECONDS}


def _check_secret(client_id: str, secret: str) -> Response | None:
    """Give the refusal, or nothing where the secret fits. One at a time: the first of many proves it for all."""
    with hub().store.reading() as session:
        stored = identity.secrets_of(session, client_id)
    mark = _mark(secret, stored)
    with _proven().turn:
        at, known = _proven().known.get(client_id, (0.0, b""))
        if stored and time.monotonic() - at < _FITS_FOR and hmac.compare_digest(known, mark):
            return None
        return _try_secret(client_id, secret, stored, mark)


def _try_secret(client_id: str, secret: str, stored: tuple[str, ...], mark: bytes) -> Response | None:
    with hub().store.writing() as work:
        turn = take_turn(work, "system", client_id, request.remote_addr or "")
    if isinstance(turn, Wait):
        answer = problem(429, "too_many_tries", "Too many tries with a wrong secret. Wait, and try again.")
        answer.headers["Retry-After"] = str(int(turn.time.total_seconds()) + 1)
        return answer
    if not identity.secret_fits(stored, secret):
        return _token_error(401, "invalid_client")
    with hub().store.writing() as work:
        give_back(work, "system", turn)
    _proven().known[client_id] = (time.monotonic(), mark)
    return None


def _mark(secret: str, stored: tuple[str, ...]) -> bytes:
    key = hub().settings.secret_key.encode()
    return hmac.new(key, "\x1f".join((secret, *stored)).encode(errors="replace"), hashlib.sha256).digest()


def _credentials() -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, secret
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def _token_error(status: int, error: str) -> Response:
    answer = problem(status, error, "No token was given.", error=error)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="schakel"'
    return answer
