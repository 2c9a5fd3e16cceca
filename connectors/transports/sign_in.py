"""How we prove to a partner's address who we are."""

import base64
import datetime as dt
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote_plus

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from connectors.errors import TransportError
from schemas import strict_json

ALGORITHMS = ("ES256", "PS256", "RS256", "EdDSA")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY = 30.0
"""Seconds before its end from which a token is not used any more: it must live until the partner looks at it."""
UNTOLD_LIFE = 300.0
LARGEST_TOKEN = 20_000


class SignIn(Protocol):
    """What is put on each request to say who we are."""

    def headers(self) -> Mapping[str, str]:
        """Give the headers of this request; ``TransportError`` where they can't be had now."""
        ...

    def renew(self) -> bool:
        """Throw away what was refused with 401; whether another try may go better."""
        ...


@dataclass(frozen=True, kw_only=True)
class FixedHeader:
    """The same header each time: HTTP Basic (RFC 7617), or a key in a header of the partner's own."""

    name: str
    value: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """Give the header."""
        return {self.name: self.value}

    def renew(self) -> bool:
        """There is no other."""
        return False


def basic(user: str, password: str) -> FixedHeader:
    """Give HTTP Basic, in UTF-8."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return FixedHeader(name="Authorization", value=f"Basic {pair}")


class ClientProof(Protocol):
    """How a client proves itself at a token endpoint."""

    def put_on(self, form: dict[str, str], headers: dict[str, str]) -> None:
        """Add the proof to a request for a token."""
        ...


@dataclass(frozen=True, kw_only=True)
class SecretProof:
    """``client_secret_basic`` (RFC 6749, 2.3.1): both parts form-encoded first."""

    client_id: str
    secret: str = field(repr=False)

    def put_on(self, form: dict[str, str], headers: dict[str, str]) -> None:
        """Add the header."""
        headers |= basic(quote_plus(self.client_id), quote_plus(self.secret)).headers()


@dataclass(frozen=True, kw_only=True)
class KeyProof:
    """``private_key_jwt`` (RFC 7523, 2.2): an assertion of one minute, another one at each request."""

    client_id: str
    audience: str
    algorithm: str
    key: Key = field(repr=False)
    key_id: str | None = None

    def put_on(self, form: dict[str, str], headers: dict[str, str]) -> None:
        """Add the assertion."""
        now = int(dt.datetime.now(dt.UTC).timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.audience, "iat": now, "exp": now + 60}
        header = {"alg": self.algorithm, "typ": "JWT", **({"kid": self.key_id} if self.key_id else {})}
        form["client_id"], form["client_assertion_type"] = self.client_id, ASSERTION_TYPE
        form["client_assertion"] = jwt.encode(
            header, {**claims, "jti": secrets.token_urlsafe(16)}, self.key, algorithms=list(ALGORITHMS)
        )


def private_key(text: str, algorithm: str) -> Key:
    """Read a private key in PEM or as a JWK; ``ValueError`` where it is none, or not one of this algorithm."""
    kind = {"ES256": "EC", "EdDSA": "OKP"}.get(algorithm, "RSA")
    try:
        if text.lstrip().startswith("{"):
            key: Key = JWKRegistry.import_key(strict_json.loads(text.encode()))
        else:
            key = JWKRegistry.import_key(text, kind)
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError("the private key can't be read") from error
    if key.key_type != kind or not key.is_private:
        raise ValueError(f"the private key is none for {algorithm}")
    return key


class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4). A token is kept until shortly before its end."""

    def __init__(
        self, client: httpx.Client, url: httpx.URL, proof: ClientProof, *, form: Mapping[str, str] | None = None
    ) -> None:
        """``client`` reaches the token endpoint alone; ``form`` is what the partner asks beside the grant."""
        self._client, self._url, self._proof = client, url, proof
        self._form = dict(form or {})
        self._token, self._until = "", 0.0

    def headers(self) -> Mapping[str, str]:
        """Give the token that is kept, or a new one."""
        if not self._token or time.monotonic() >= self._until:
            self._token, life = self._ask()
            self._until = time.monotonic() + max(life - EARLY, 0.0)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Throw the token away: the partner may have forgotten it."""
        self._token = ""
        return True

    def _ask(self) -> tuple[str, float]:
        form, headers = {"grant_type": "client_credentials", **self._form}, {"Accept": "application/json"}
        self._proof.put_on(form, headers)
        try:
            with self._client.stream("POST", self._url, data=form, headers=headers) as response:
                body = _bounded(response)
        except (httpx.HTTPError, ValueError) as error:  # also an address out of reach
            raise TransportError("The partner's token endpoint can't be reached.", permanent=False) from error
        if not response.is_success:
            text = f"The partner's token endpoint answered {response.status_code}."
            raise TransportError(text, permanent=False)
        return _token_in(body)


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for part in response.iter_raw(4_096):
        body += part
        if len(body) > LARGEST_TOKEN:
            raise ValueError("the answer is too large")
    return bytes(body)


def _token_in(body: bytes) -> tuple[str, float]:
    """Read the answer (RFC 6749, 5.1); nothing of it is repeated where it can't be used."""
    unusable = TransportError("The partner's token endpoint gave no token that can be used.", permanent=False)
    try:
        document: Any = strict_json.loads(body)
    except ValueError as error:
        raise unusable from error
    token = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token or " " in token:
        raise unusable
    if str(document.get("token_type", "")).lower() != "bearer":
        raise unusable
    life = document.get("expires_in", UNTOLD_LIFE)
    usable = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
    return token, float(life) if usable else UNTOLD_LIFE
