"""How a system proves who it is beside a secret: a signed assertion, a certificate, a signature under what it sends."""

import base64
import binascii
import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from standardwebhooks import Webhook, WebhookVerificationError

from hub.models import ApiClient, ApiClientKey, SpentId
from hub.services.errors import Invalid, NotFound
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.strict_json import InvalidJson
from schemas.strict_json import loads as strict_loads

ALGORITHMS = ("ES256", "EdDSA", "PS256", "RS256")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION = dt.timedelta(minutes=5)
_LEEWAY = dt.timedelta(seconds=30)
_MOST_SIGNATURES = 10
_TAKES_OVER_IN = dt.timedelta(days=7)
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_HEX = re.compile(r"[0-9a-fA-F]{64}")


def client_of_assertion(work: UnitOfWork, assertion: str, audiences: Collection[str]) -> tuple[str, str] | None:
    """Give the client id that an assertion proves (RFC 7523 section 3), and by which key; each is taken once.

    Signed by a registered key with an algorithm of ours, for our token endpoint, and valid five minutes at most.
    """
    if len(assertion) > 8_000:
        return None
    try:
        token = jwt.decode(assertion, lambda guest: _key_of(work.session, guest), algorithms=ALGORITHMS)
    except (JoseError, ValueError, LookupError, TypeError):
        return None
    claims = token.claims
    client_id = claims.get("iss")
    if not isinstance(client_id, str) or claims.get("sub") != client_id or not _for_us(claims.get("aud"), audiences):
        return None
    if _owner(work.session, token.header) != client_id or not _in_time(claims, work.now):
        return None
    spent = claims.get("jti")
    if not isinstance(spent, str) or not 8 <= len(spent) <= 200:
        return None
    first = _spend(work, f"jti\x1f{client_id}\x1f{spent}", work.now + 2 * LONGEST_ASSERTION)
    return (client_id, str(token.header["kid"])) if first else None


def _key_of(session: Session, guest: Any) -> Key:
    """Give the registered key that an assertion names; what it brings itself (``jwk``, ``jku``) is not looked at."""
    row = _registered(session, guest.headers())
    if row is None:
        raise LookupError("no such key")
    return JWKRegistry.import_key(strict_loads(row.material.encode()))


def _owner(session: Session, header: Mapping[str, Any]) -> str | None:
    row = _registered(session, header)
    return row.client_id if row is not None else None


def _registered(session: Session, header: Mapping[str, Any]) -> Any:
    kid = header.get("kid")
    if not isinstance(kid, str):
        return None
    return session.execute(
        select(ApiClientKey.client_id, ApiClientKey.material)
        .join(ApiClient, ApiClient.id == ApiClientKey.client_id)
        .where(ApiClientKey.kid == kid, ApiClientKey.kind == "jwk", ApiClientKey.ended_at.is_(None), ApiClient.active)
        .limit(1)
    ).one_or_none()


def _for_us(audience: Any, audiences: Collection[str]) -> bool:
    return (isinstance(audience, str) and audience in audiences) or (
        isinstance(audience, list) and (len(audience) == 1 and audience[0] in audiences)
    )


def _in_time(claims: Mapping[str, Any], now: dt.datetime) -> bool:
    moments = [claims.get("exp"), claims.get("iat", now.timestamp()), claims.get("nbf", now.timestamp())]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in moments):
        return False
    ends, made, begins = (float(one) for one in moments)
    at, leeway = now.timestamp(), _LEEWAY.total_seconds()
    return at - leeway < ends <= at + LONGEST_ASSERTION.total_seconds() + leeway and max(made, begins) <= at + leeway


def _spend(work: UnitOfWork, what: str, until: dt.datetime) -> bool:
    """Whether this is the first time; of two at once one is too late."""
    make = postgresql.insert(SpentId) if work.dialect == "postgresql" else sqlite.insert(SpentId)
    key = hashlib.sha256(what.encode()).hexdigest()
    # Not by the count of rows: psycopg does not tell it for such a statement, and "unknown" would pass for "one".
    made = work.execute(make.values(id=key, until=until).on_conflict_do_nothing().returning(SpentId.id))
    return made.scalar_one_or_none() is not None


def forget_spent(work: UnitOfWork) -> None:
    """Throw away identifications that are too old to be brought again."""
    work.execute(delete(SpentId).where(SpentId.until < work.now))


def thumbprint_of(header: str) -> str | None:
    """Give the SHA-256 of a client certificate, base64url (RFC 8705 section 3.1), from what the proxy tells of it.

    A proxy gives the certificate itself (PEM, perhaps percent-encoded) or its SHA-256 in hexadecimal digits.
    """
    bare = header.strip().replace(":", "")
    if _HEX.fullmatch(bare):
        return _unpadded(bytes.fromhex(bare))
    try:
        certificate = x509.load_pem_x509_certificate(unquote(header).encode())
    except ValueError:
        return None
    return _unpadded(certificate.fingerprint(hashes.SHA256()))


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def certificate_fits(session: Session, client_id: str, thumbprint: str) -> bool:
    """Whether a certificate is registered for a system."""
    found = session.execute(
        select(ApiClientKey.id)
        .join(ApiClient, ApiClient.id == ApiClientKey.client_id)
        .where(ApiClientKey.client_id == client_id.replace("\0", ""), ApiClientKey.kid == thumbprint)
        .where(ApiClientKey.kind == "certificate", ApiClientKey.ended_at.is_(None), ApiClient.active)
    )
    return found.first() is not None


def webhook_fits(session: Session, client_id: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether a payload bears a signature of this system (Standard Webhooks: id, time within five minutes, body)."""
    kept = session.execute(
        select(ApiClient.webhook_secret).where(ApiClient.id == client_id.replace("\0", ""), ApiClient.active)
    ).scalar_one_or_none()
    if kept is None or headers.get("webhook-signature", "").count(" ") >= _MOST_SIGNATURES:
        return False
    return any(_signed_with(secret, body, headers) for secret in _in_use(kept, dt.datetime.now(dt.UTC)))


def _signed_with(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError, binascii.Error):
        return False
    return True


def _in_use(kept: bytes, now: dt.datetime) -> list[str]:
    """Give the secrets that count now: the first line is the newest, the second the one before it and until when."""
    newest, _, before = kept.decode().partition("\n")
    secret, _, until = before.partition(" ")
    return [newest, *([secret] if until and dt.datetime.fromisoformat(until) > now else [])]


def new_webhook_secret(work: UnitOfWork, client_id: str, *, at_once: bool = True) -> str:
    """Give a system a new secret to sign with, shown once. The one before it ends, or stays good for a week."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    kept = work.session.execute(select(ApiClient.webhook_secret).where(ApiClient.id == client_id)).scalar_one_or_none()
    lines = [secret]
    if kept is not None and not at_once:
        lines.append(f"{_in_use(kept, work.now)[0]} {(work.now + _TAKES_OVER_IN).isoformat()}")
    _change(work, client_id, webhook_secret="\n".join(lines).encode())
    return secret


def add_key(work: UnitOfWork, client_id: str, text: str) -> str:
    """Register a public key (a JWK) or a certificate (PEM) of a system, and give its name; ``Invalid`` where neither.

    A certificate of another system, and a key id that is in use, are refused.
    """
    if work.session.get(ApiClient, client_id) is None:
        raise NotFound("There is no such system.")
    kind, kid, material = _certificate(text) if "BEGIN CERTIFICATE" in text else _public_key(text)
    if work.session.execute(select(ApiClientKey.id).where(ApiClientKey.kid == kid)).first() is not None:
        raise Invalid("This key is registered already.", field="kid")
    work.session.add(
        ApiClientKey(id=new_id(), client_id=client_id, kind=kind, kid=kid, material=material, added_at=work.now)
    )
    work.session.flush()
    return kid


def _certificate(text: str) -> tuple[str, str, str]:
    thumbprint = thumbprint_of(text)
    if thumbprint is None:
        raise Invalid("The certificate can't be read.", field="certificate")
    return "certificate", thumbprint, thumbprint


def _public_key(text: str) -> tuple[str, str, str]:
    try:
        given = strict_loads(text.encode())
        key = JWKRegistry.import_key(given)
    except (InvalidJson, JoseError, ValueError, TypeError) as error:
        raise Invalid("The key is not a JWK.", field="key") from error
    if _PRIVATE & set(given):
        raise Invalid("This is a private key: register the public one, and make another pair.", field="key")
    kid = given.get("kid")
    if kid is not None and (not isinstance(kid, str) or not 1 <= len(kid) <= 100):
        raise Invalid("The key id must be text of at most 100 characters.", field="kid")
    return "jwk", kid or key.thumbprint(), text


def end_key(work: UnitOfWork, client_id: str, kid: str) -> None:
    """Take a key or certificate out of use."""
    done = work.execute(
        update(ApiClientKey)
        .where(ApiClientKey.client_id == client_id, ApiClientKey.kid == kid, ApiClientKey.ended_at.is_(None))
        .values(ended_at=work.now)
    )
    if not done.rowcount:
        raise NotFound("This system has no such key in use.")


def set_must_sign(work: UnitOfWork, client_id: str, *, must_sign: bool) -> None:
    """Say whether a system's payloads must be signed; ``Invalid`` where it has no key to sign with."""
    keys = select(ApiClientKey.id).where(ApiClientKey.client_id == client_id, ApiClientKey.kind == "jwk")
    if must_sign and work.execute(keys.where(ApiClientKey.ended_at.is_(None)).limit(1)).first() is None:
        raise Invalid("This system has no public key to sign with: register one first.", field="key")
    _change(work, client_id, must_sign=must_sign)


def set_active(work: UnitOfWork, client_id: str, *, active: bool) -> None:
    """Block a system, or let it in again; its tokens end within two seconds."""
    _change(work, client_id, active=active)


def _change(work: UnitOfWork, client_id: str, **values: Any) -> None:
    if not work.execute(update(ApiClient).where(ApiClient.id == client_id).values(**values)).rowcount:
        raise NotFound("There is no such system.")
