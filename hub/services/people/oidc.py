"""Sign people in at an OpenID provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636)."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Person
from hub.sign_in_settings import Provider

LEEWAY = 60
_TIMEOUT = httpx.Timeout(5.0)
_KNOWN_FOR = 600.0


class ProviderFault(Exception):
    """The provider can't be reached, or says what can't be trusted; ``why`` is a code for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a browser takes along to the provider and must bring back: it ties the answer to this browser."""

    provider: str
    state: str
    nonce: str
    verifier: str


class Providers:
    """The providers of one web process, with what they publish of themselves, asked anew every ten minutes."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self.known = providers
        self._seen: dict[str, tuple[float, dict[str, Any], KeySet]] = {}

    def begin(self, name: str, redirect_uri: str) -> tuple[str, Ticket]:
        """Give the address at the provider, and the ticket to keep."""
        provider = self.known[name]
        document, _keys = self._published(provider)
        ticket = Ticket(
            provider=name,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        address = prepare_grant_uri(
            document["authorization_endpoint"],
            client_id=provider.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=provider.scopes,
            state=ticket.state,
            nonce=ticket.nonce,
            code_challenge=create_s256_code_challenge(ticket.verifier),
            code_challenge_method="S256",
        )
        return str(address), ticket

    def finish(self, ticket: Ticket, code: str, redirect_uri: str) -> dict[str, Any]:
        """Exchange the code and give the claims of the token; ``ProviderFault`` where anything does not fit."""
        provider = self.known[ticket.provider]
        document, keys = self._published(provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": ticket.verifier,
        }
        try:
            answer = httpx.post(
                document["token_endpoint"],
                data=form,
                auth=(provider.client_id, provider.client_secret),
                timeout=_TIMEOUT,
                follow_redirects=False,
                trust_env=False,
            )
            answer.raise_for_status()
            token = answer.json()["id_token"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ProviderFault("exchange") from error
        return checked_claims(provider, keys, token, ticket.nonce, int(time.time()))

    def _published(self, provider: Provider) -> tuple[dict[str, Any], KeySet]:
        at, document, keys = self._seen.get(provider.name, (0.0, {}, KeySet([])))
        if document and time.monotonic() - at < _KNOWN_FOR:
            return document, keys
        document = _get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != provider.issuer:
            raise ProviderFault("issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(str(document.get(name, ""))).scheme != urlsplit(provider.issuer).scheme:
                raise ProviderFault("endpoints")
        try:
            keys = KeySet.import_key_set(_get(document["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFault("keys") from error
        self._seen[provider.name] = (time.monotonic(), document, keys)
        return document, keys


def _get(address: str) -> dict[str, Any]:
    try:
        answer = httpx.get(address, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderFault("unreachable") from error
    if not isinstance(found, dict):
        raise ProviderFault("document")
    return found


def checked_claims(provider: Provider, keys: KeySet, token: object, nonce: str, now: int) -> dict[str, Any]:
    """Give the claims of an ID token that holds (OpenID Connect Core, section 3.1.3.7); else ``ProviderFault``."""
    if not isinstance(token, str) or len(token) > 20_000:
        raise ProviderFault("token")
    try:
        claims = jwt.decode(token, keys, algorithms=list(provider.algorithms)).claims
    except (JoseError, ValueError, TypeError, LookupError) as error:
        raise ProviderFault("signature") from error
    if claims.get("iss") != provider.issuer:
        raise ProviderFault("issuer")
    if not _for_us(provider.client_id, claims):
        raise ProviderFault("audience")
    if not _in_time(claims, now):
        raise ProviderFault("time")
    if not isinstance(claims.get("nonce"), str) or not secrets.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise ProviderFault("nonce")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise ProviderFault("subject")
    if provider.second_factor and not _strengths(claims) & set(provider.second_factor):
        raise ProviderFault("second_factor")
    return dict(claims)


def _for_us(client_id: str, claims: Mapping[str, Any]) -> bool:
    audience = claims.get("aud")
    if isinstance(audience, list):
        alone = audience == [client_id]
        return alone or (client_id in audience and claims.get("azp") == client_id)
    return audience == client_id and claims.get("azp", client_id) == client_id


def _in_time(claims: Mapping[str, Any], now: int) -> bool:
    moments = [claims.get("exp"), claims.get("iat"), claims.get("nbf", now)]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in moments):
        return False
    ends, made, begins = (float(one) for one in moments)
    return ends > now - LEEWAY and now - 3600 < made <= now + LEEWAY and begins <= now + LEEWAY


def _strengths(claims: Mapping[str, Any]) -> set[str]:
    """Give what the provider says of how someone proved who it is: ``acr`` and each of ``amr``."""
    listed = claims.get("amr")
    told = [claims.get("acr"), *(listed if isinstance(listed, list) else [])]
    return {one for one in told if isinstance(one, str)}


def person_of(session: Session, provider: Provider, claims: Mapping[str, Any]) -> Person | None:
    """Give who this is here, or nothing: nobody is added by signing in elsewhere."""
    value = claims.get(provider.person_claim)
    if not isinstance(value, str) or not value or "\0" in value:
        return None
    known_as = (
        Person.username == value if provider.match == "username" else (Person.external_id == f"{provider.name}|{value}")
    )
    return session.scalars(select(Person).where(known_as, Person.active)).one_or_none()
