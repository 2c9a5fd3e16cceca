"""Signatures of messages between organisations: who said what to whom, for which purpose (JWS, RFC 7515; Ed25519).

A signature covers the digest of the message's canonical form (RFC 8785), so it can be kept and shown without a word of
content, and still fits one message only.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64encode

from hub.models.ring import KeyMissing
from hub.models.shelf import ContentKey
from hub.services import case_keys
from hub.services.errors import Invalid
from hub.settings import Configuration
from hub.store.database import UnitOfWork

ALGORITHM = "Ed25519"
TYPE = "schakel-message+jws"
VALID_DAYS = 6
"""Days in which a signature may arrive: as long as we try to deliver, and one more."""
_SKEW = dt.timedelta(minutes=2)
_CLAIMS = frozenset({"jti", "iss", "aud", "iat", "exp", "purpose", "digest"})
_HEADERS = frozenset({"alg", "kid", "typ"})


def party(config: Configuration, organisation: str) -> str:
    """Give the name under which an organisation signs and is signed to: its OIN."""
    known = config.organisation(organisation)
    return f"urn:nld:oin:{known.oin}" if known is not None else f"urn:schakel:{organisation}"


def digest_of(document: Mapping[str, Any]) -> str:
    """Give the digest of a message's canonical form."""
    return f"sha-256={hashlib.sha256(rfc8785.dumps(dict(document))).hexdigest()}"


def sign(
    key: ContentKey,
    kid: str,
    document: Mapping[str, Any],
    *,
    issuer: str,
    audience: str,
    purpose: str,
    now: dt.datetime,
) -> str:
    """Sign a message: a compact JWS, written out here without a library since it stands in the way of each referral."""
    claims = {
        "jti": document["id"],
        "iss": issuer,
        "aud": audience,
        "iat": int(now.timestamp()),
        "exp": int((now + dt.timedelta(days=VALID_DAYS)).timestamp()),
        "purpose": purpose,
        "digest": digest_of(document),
    }
    parts = [_part({"alg": ALGORITHM, "kid": kid, "typ": TYPE}), _part(claims)]
    signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(b".".join(parts))
    return b".".join([*parts, urlsafe_b64encode(signature)]).decode()


def _part(value: Mapping[str, Any]) -> bytes:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode())


def verify(
    token: str,
    document: Mapping[str, Any],
    keys: Mapping[str, tuple[str, Mapping[str, str]]],
    *,
    issuer: str,
    audience: str,
    purpose: str,
    now: dt.datetime,
    seen: Collection[str] = (),
) -> Mapping[str, Any]:
    """Give the claims of a signature that fits this message; ``Invalid`` with the reason where it does not.

    ``keys`` are the public keys that we know, by their id, each with whose it is: a key that comes with the token, or
    an address where one is to be had, is never looked at. ``seen`` are the message ids that were taken before.
    """
    try:
        header = jws.extract_compact(token.encode()).headers()
        if set(header) != _HEADERS or header["alg"] != ALGORITHM or header["typ"] != TYPE:
            raise Invalid("The signature is not of the kind that was agreed.", field="header")
        owner, public = keys.get(str(header["kid"]), ("", {}))
        if owner != issuer:
            raise Invalid("The signature is not of a key of the sender.", field="kid")
        found = jws.deserialize_compact(token, OKPKey.import_key(dict(public)), algorithms=[ALGORITHM])
        claims = json.loads(found.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Invalid("The signature is not sound.", field="signature") from error
    _check_claims(claims, document, issuer=issuer, audience=audience, purpose=purpose, now=now)
    if claims["jti"] in seen:
        raise Invalid("This message was taken before.", field="jti")
    return dict(claims)


def _check_claims(
    claims: Any, document: Mapping[str, Any], *, issuer: str, audience: str, purpose: str, now: dt.datetime
) -> None:
    if not isinstance(claims, dict) or set(claims) != _CLAIMS:
        raise Invalid("A claim is missing or not known.", field="claims")
    expected = {
        "jti": document.get("id"),
        "iss": issuer,
        "aud": audience,
        "purpose": purpose,
        "digest": digest_of(document),
    }
    for name, value in expected.items():
        if claims[name] != value:
            raise Invalid("The signature is of something else.", field=name)
    if not all(type(claims[name]) is int for name in ("iat", "exp")):
        raise Invalid("A time is not a number.", field="iat")
    if claims["iat"] > (now + _SKEW).timestamp():
        raise Invalid("The signature is of the future.", field="iat")
    if not now.timestamp() < claims["exp"] <= claims["iat"] + VALID_DAYS * 86_400:
        raise Invalid("The signature is too old, or claims to hold too long.", field="exp")


def public_key(key: ContentKey, kid: str) -> dict[str, str]:
    """Give the public half of a signing key as a JWK (RFC 8037)."""
    raw = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(raw).decode(), "kid": kid, "alg": ALGORITHM}


def signing_owner(organisation: str) -> str:
    """Give the name under which an organisation's signing key is kept."""
    return f"sign:{organisation}"


def signing_key(work: UnitOfWork, organisation: str) -> ContentKey:
    """Give the key with which the hub signs for an organisation, made when it is first asked for."""
    owner = signing_owner(organisation)
    try:
        return work.shelf.named(owner)
    except KeyMissing:
        key = case_keys.living(work, owner)
    if key is None:
        raise Invalid("The signing key of this organisation was destroyed.")
    return key


def kid_of(organisation: str, key: ContentKey) -> str:
    """Give the id of a signing key; a new key has another."""
    return f"{organisation}.{key.id.hex()[:12]}"


def kid_in(token: str) -> str:
    """Give the id of the key that a signature names, believed or not; ``Invalid`` where it names none."""
    try:
        return str(jws.extract_compact(token.encode()).headers()["kid"])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Invalid("The signature is not sound.", field="signature") from error
