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
from hub.services.people import identity, proofs
from hub.services.people.systems import ASSERTION_TYPE, certificate_fits, client_of_assertion
from hub.services.people.throttling import Wait, give_back, take_turn

_FITS_FOR = 600.0


class _Proven:
    """Secrets that were looked at just now: a system asks often, and argon2 is slow on purpose.

    It holds keyed hashes of this process alone, and a secret that was replaced has another row to fit.
    """

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.known: dict[str, tuple[float, bytes, str]] = {}


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
    proof = _check_secret(client_id, secret)
    return _given(client_id, proof, certificate) if isinstance(proof, str) else proof


def _given(client_id: str, proof: str, certificate: str | None = None) -> dict[str, Any]:
    token = new_token(client_id, proof, certificate)
    return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}


def _for_assertion() -> Response | dict[str, Any]:
    if request.form.get("client_assertion_type") != ASSERTION_TYPE:
        return _token_error(400, "invalid_request")
    own = hub().settings.origins or (request.host_url.rstrip("/"),)
    with hub().store.writing() as work:
        found = client_of_assertion(
            work, request.form["client_assertion"], frozenset(f"{origin}/oauth/token" for origin in own)
        )
    if found is None or request.form.get("client_id", found[0]) != found[0]:
        return _token_error(401, "invalid_client")
    client_id, kid = found
    return _given(client_id, proofs.of_key(kid), thumbprint())


def _for_certificate(client_id: str, certificate: str) -> Response | dict[str, Any]:
    with hub().store.reading() as session:
        fits = certificate_fits(session, client_id, certificate)
    return _given(client_id, proofs.of_key(certificate), certificate) if fits else _token_error(401, "invalid_client")


def _check_secret(client_id: str, secret: str) -> Response | str:
    """Give the proof where the secret fits, else the refusal. One at a time: the first of many proves it for all."""
    with hub().store.reading() as session:
        stored = identity.secrets_of(session, client_id)
    mark = _mark(secret, stored)
    with _proven().turn:
        at, known, proof = _proven().known.get(client_id, (0.0, b"", ""))
        if stored and time.monotonic() - at < _FITS_FOR and hmac.compare_digest(known, mark):
            return proof
        return _try_secret(client_id, secret, stored, mark)


def _try_secret(client_id: str, secret: str, stored: tuple[str, ...], mark: bytes) -> Response | str:
    with hub().store.writing() as work:
        turn = take_turn(work, "system", client_id, request.remote_addr or "")
    if isinstance(turn, Wait):
        answer = problem(429, "too_many_tries", "Too many tries with a wrong secret. Wait, and try again.")
        answer.headers["Retry-After"] = str(int(turn.time.total_seconds()) + 1)
        return answer
    fits = identity.fitting(stored, secret)
    if fits is None:
        return _token_error(401, "invalid_client")
    with hub().store.writing() as work:
        give_back(work, "system", turn)
    proof = proofs.of_secret(fits)
    _proven().known[client_id] = (time.monotonic(), mark, proof)
    return proof


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
