"""Tokens for systems: OAuth 2.0 client credentials (RFC 6749 section 4.4)."""

import base64
import binascii
import hashlib
import hmac
import threading
import time
from typing import Any

from flask import Response, current_app, request

from hub.api.blueprint import TOKEN_SECONDS, hub, new_token, thumbprint, tokens
from hub.api.problems import problem
from hub.services import identity
from hub.services.systems import ASSERTION_TYPE, certificate_fits, client_of_assertion
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
    """Give a bearer token for client credentials: a secret, an assertion (RFC 7523) or a certificate (RFC 8705)."""
    if request.form.get("grant_type") != "client_credentials":
        return _token_error(400, "unsupported_grant_type")
    if "client_assertion" in request.form:
        return _for_assertion()
    certificate = thumbprint()
    client_id, secret = _credentials()
    if certificate is not None and client_id and not secret:
        return _for_certificate(client_id, certificate)
    return _check_secret(client_id, secret) or _given(client_id, certificate)


def _given(client_id: str, certificate: str | None = None) -> dict[str, Any]:
    return {"access_token": new_token(client_id, certificate), "token_type": "Bearer", "expires_in": TOKEN_SECONDS}


def _for_assertion() -> Response | dict[str, Any]:
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        return _token_error(400, "invalid_request")
    own = hub().settings.origins or (request.host_url.rstrip("/"),)
    with hub().store.writing() as work:
        client_id = client_of_assertion(
            work, request.form["client_assertion"], frozenset(f"{origin}/oauth/token" for origin in own)
        )
    if client_id is None or request.form.get("client_id", client_id) != client_id:
        return _token_error(401, "invalid_client")
    return _given(client_id, thumbprint())


def _for_certificate(client_id: str, certificate: str) -> Response | dict[str, Any]:
    with hub().store.reading() as session:
        fits = certificate_fits(session, client_id, certificate)
    return _given(client_id, certificate) if fits else _token_error(401, "invalid_client")


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
