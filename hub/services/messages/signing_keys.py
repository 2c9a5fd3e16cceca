"""The keys with which organisations sign: published for all to verify with, and replaced by a next one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from hub.models import ApiClient, ApiClientKey, CaseKey, DestroyedKey, SigningKey
from hub.models.shelf import KEPT_SECONDS, ContentKey
from hub.rules.retention import Kind, counted_before
from hub.services.errors import Invalid
from hub.services.messages import signatures
from hub.services.record import case_keys
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas import strict_json

_KEYS, _DESTROYED = table_of(CaseKey), table_of(DestroyedKey)
_STILL_USED = dt.timedelta(seconds=2 * KEPT_SECONDS)
"""For how long other processes may sign with a key that was replaced: they look anew after half of it."""


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """A public key, whose it is (the name of its organisation in signatures), and when it signs."""

    of: str
    jwk: Mapping[str, str]
    begins_at: dt.datetime
    ends_at: dt.datetime | None

    @property
    def kid(self) -> str:
        """Give its id."""
        return str(self.jwk["kid"])

    def told(self) -> dict[str, Any]:
        """Give it as it is published: a JWK with whose it is and when it signs."""
        ends = self.ends_at.isoformat() if self.ends_at is not None else None
        return {**self.jwk, "use": "sig", "of": self.of, "from": self.begins_at.isoformat(), "until": ends}


def key_told(told: Mapping[str, Any]) -> KnownKey:
    """Read a published key; ``Invalid`` where it is none."""
    try:
        known = KnownKey(
            of=str(told["of"]),
            jwk={name: str(told[name]) for name in _OF_A_JWK if name in told},
            begins_at=dt.datetime.fromisoformat(told["from"]),
            ends_at=dt.datetime.fromisoformat(told["until"]) if told["until"] is not None else None,
        )
        if not known.kid or known.begins_at.tzinfo is None or (known.ends_at and known.ends_at.tzinfo is None):
            raise Invalid("A key has no id, or a moment has no time zone.", field="keys")
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("This is not a list of published keys.", field="keys") from error
    return known


_OF_A_JWK = ("kty", "crv", "x", "y", "kid", "alg")


def published(session: Session, config: Configuration, now: dt.datetime) -> list[KnownKey]:
    """Give the keys of all organisations: those that sign, and those that signed what may still be evidence."""
    ours = select(SigningKey).where(
        or_(SigningKey.ends_at.is_(None), SigningKey.ends_at > counted_before(Kind.EVIDENCE, now))
    )
    found = [
        KnownKey(
            of=signatures.party(config, row.organisation),
            jwk=signatures.jwk_of(row.kid, row.public),
            begins_at=row.begins_at,
            ends_at=row.ends_at,
        )
        for row in session.scalars(ours.order_by(SigningKey.organisation, SigningKey.begins_at))
    ]
    theirs = (
        select(ApiClient.organisation, ApiClientKey.kid, ApiClientKey.material, ApiClientKey.added_at)
        .add_columns(ApiClientKey.ended_at)
        .join(ApiClient, ApiClient.id == ApiClientKey.client_id)
        .where(ApiClientKey.kind == "jwk")
        .where(or_(ApiClientKey.ended_at.is_(None), ApiClientKey.ended_at > counted_before(Kind.EVIDENCE, now)))
        .order_by(ApiClient.organisation, ApiClientKey.added_at)
    )
    return found + [_of_partner(config, row) for row in session.execute(theirs) if _signs(row.material)]


def _signs(material: str) -> bool:
    return strict_json.loads(material.encode()).get("kty") in ("OKP", "EC")


def _of_partner(config: Configuration, row: Any) -> KnownKey:
    material = strict_json.loads(row.material.encode())
    jwk = {name: str(material[name]) for name in _OF_A_JWK if name in material} | {"kid": row.kid}
    of = signatures.party(config, row.organisation)
    return KnownKey(of=of, jwk=jwk, begins_at=row.added_at, ends_at=row.ended_at)


def signing_organisations(session: Session) -> list[str]:
    """Give the organisations for which the hub signs already."""
    asked = select(SigningKey.organisation).where(SigningKey.ends_at.is_(None)).distinct()
    return sorted(session.scalars(asked))


def replace_key(work: UnitOfWork, organisation: str) -> ContentKey:
    """Let a new key sign for an organisation. Of the one before only the public half stays."""
    owner = signatures.signing_owner(organisation)
    gone = work.execute(delete(_KEYS).where(_KEYS.c.owner == owner).returning(_KEYS.c.key_id)).scalars().all()
    for key_id in gone:
        work.execute(insert(_DESTROYED), {"key_id": bytes(key_id), "owner": owner, "destroyed_at": work.now})
        work.destroyed_keys.append(bytes(key_id))
    work.execute(
        update(SigningKey)
        .where(SigningKey.organisation == organisation, SigningKey.ends_at.is_(None))
        .values(ends_at=work.now + _STILL_USED)
    )
    return signatures.publish(work, organisation, case_keys.make(work, owner))
