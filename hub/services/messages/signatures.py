"""Signatures of messages between organisations: who said what to whom, for which purpose (JWS, RFC 7515; Ed25519).

A signature covers the digest of the message's canonical form (RFC 8785), so it can be kept and shown without a word of
content, and still fits one message only.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from joserfc.util import urlsafe_b64encode
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.models import SigningKey
from hub.models.ring import KeyMissing
from hub.models.shelf import ContentKey
from hub.services.errors import Invalid
from hub.services.record import case_keys
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

ALGORITHM = "Ed25519"
ALGORITHMS = ("Ed25519", "ES256")
"""With which partners may sign; we sign with the first."""
TYPE = "schakel-message+jws"
VALID_DAYS = 6
"""Days in which a signature may arrive: as long as we try to deliver, and one more."""
_LONGEST_ID = 200
_SKEW = dt.timedelta(minutes=2)
_PUBLISH = {
    "postgresql": postgresql_insert(table_of(SigningKey)).on_conflict_do_nothing(),
    "sqlite": sqlite_insert(table_of(SigningKey)).on_conflict_do_nothing(),
}
_CLAIMS = frozenset({"jti", "iss", "aud", "iat", "exp", "purpose", "digest"})
_HEADERS = frozenset({"alg", "kid", "typ"})


def party(config: Configuration, organisation: str) -> str:
    """Give the name under which an organisation signs and is signed to: its OIN."""
    known = config.organisation(organisation)
    return f"urn:nld:oin:{known.oin}" if known is not None else f"urn:schakel:{organisation}"


class Digest(str):
    """The digest of a payload that is not here itself."""

    __slots__ = ()


Signed = Mapping[str, Any] | bytes | Digest
"""What a signature is of: a message by its canonical form, a payload byte for byte, or what is left of one."""


def digest_of(signed: Signed) -> str:
    """Give the digest that a signature covers."""
    if isinstance(signed, Digest):
        return str(signed)
    whole = signed if isinstance(signed, bytes) else rfc8785.dumps(dict(signed))
    return f"sha-256={hashlib.sha256(whole).hexdigest()}"


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
    signature = _private(key.secret).sign(b".".join(parts))
    return b".".join([*parts, urlsafe_b64encode(signature)]).decode()


@lru_cache(maxsize=64)
def _private(secret: bytes) -> Ed25519PrivateKey:
    """Give a private key, made once: making it takes as long as signing with it."""
    return Ed25519PrivateKey.from_private_bytes(secret)


def _part(value: Mapping[str, Any]) -> bytes:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode())


def verify(
    token: str,
    document: Signed,
    keys: Mapping[str, tuple[str, Mapping[str, str]]],
    *,
    issuer: str,
    audience: str,
    purpose: str,
    now: dt.datetime,
    seen: Collection[str] = (),
    algorithms: Collection[str] = (ALGORITHM,),
) -> Mapping[str, Any]:
    """Give the claims of a signature that fits this message; ``Invalid`` with the reason where it does not.

    ``keys`` are the public keys that we know, by their id, each with whose it is: a key that comes with the token, or
    an address where one is to be had, is never looked at. ``seen`` are the message ids that were taken before.
    """
    try:
        header = jws.extract_compact(token.encode()).headers()
        if set(header) != _HEADERS or header["alg"] not in algorithms or header["typ"] != TYPE:
            raise Invalid("The signature is not of the kind that was agreed.", field="header")
        owner, public = keys.get(str(header["kid"]), ("", {}))
        if owner != issuer:
            raise Invalid("The signature is not of a key of the sender.", field="kid")
        key = JWKRegistry.import_key(dict(public))
        found = jws.deserialize_compact(token, key, algorithms=[str(header["alg"])])
        claims = json.loads(found.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Invalid("The signature is not sound.", field="signature") from error
    _check_claims(claims, document, issuer=issuer, audience=audience, purpose=purpose, now=now)
    if claims["jti"] in seen:
        raise Invalid("This message was taken before.", field="jti")
    return dict(claims)


def _check_claims(claims: Any, document: Signed, *, issuer: str, audience: str, purpose: str, now: dt.datetime) -> None:
    if not isinstance(claims, dict) or set(claims) != _CLAIMS:
        raise Invalid("A claim is missing or not known.", field="claims")
    expected = {
        "jti": document.get("id") if isinstance(document, Mapping) else claims["jti"],
        "iss": issuer,
        "aud": audience,
        "purpose": purpose,
        "digest": digest_of(document),
    }
    for name, value in expected.items():
        if claims[name] != value:
            raise Invalid("The signature is of something else.", field=name)
    if not isinstance(claims["jti"], str) or not 1 <= len(claims["jti"]) <= _LONGEST_ID:
        raise Invalid("The signature has no id.", field="jti")
    if not all(type(claims[name]) is int for name in ("iat", "exp")):
        raise Invalid("A time is not a number.", field="iat")
    if claims["iat"] > (now + _SKEW).timestamp():
        raise Invalid("The signature is of the future.", field="iat")
    if not now.timestamp() < claims["exp"] <= claims["iat"] + VALID_DAYS * 86_400:
        raise Invalid("The signature is too old, or claims to hold too long.", field="exp")


def public_part(key: ContentKey) -> str:
    """Give the public half of a signing key, base64url."""
    raw = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
    return urlsafe_b64encode(raw).decode()


def jwk_of(kid: str, public: str) -> dict[str, str]:
    """Give a public signing key as a JWK (RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "x": public, "kid": kid, "alg": ALGORITHM}


def public_key(key: ContentKey, kid: str) -> dict[str, str]:
    """Give the public half of a signing key as a JWK."""
    return jwk_of(kid, public_part(key))


def signing_owner(organisation: str) -> str:
    """Give the name under which an organisation's signing key is kept."""
    return f"sign:{organisation}"


def signing_key(work: UnitOfWork, organisation: str) -> ContentKey:
    """Give the key with which the hub signs for an organisation, made and published when it is first asked for."""
    owner = signing_owner(organisation)
    try:
        return work.shelf.named(owner)
    except KeyMissing:
        known = work.keys.get(owner)
        return known if known is not None else publish(work, organisation, case_keys.make(work, owner))


def publish(work: UnitOfWork, organisation: str, key: ContentKey) -> ContentKey:
    """Put the public half of a signing key in the list of keys, where it is not in it yet."""
    row = {"kid": kid_of(organisation, key), "organisation": organisation, "public": public_part(key)}
    work.execute(_PUBLISH[work.dialect], {**row, "begins_at": work.now, "ends_at": None})
    return key


def kid_of(organisation: str, key: ContentKey) -> str:
    """Give the id of a signing key; a new key has another."""
    return f"{organisation}.{key.id.hex()[:12]}"


def claims_in(token: str) -> Mapping[str, Any]:
    """Give what a signature claims, believed or not; ``Invalid`` where it claims nothing."""
    try:
        return dict(json.loads(jws.extract_compact(token.encode()).payload))
    except (JoseError, ValueError, TypeError) as error:
        raise Invalid("The signature is not sound.", field="signature") from error


def kid_in(token: str) -> str:
    """Give the id of the key that a signature names, believed or not; ``Invalid`` where it names none."""
    try:
        return str(jws.extract_compact(token.encode()).headers()["kid"])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Invalid("The signature is not sound.", field="signature") from error
