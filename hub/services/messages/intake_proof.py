"""Who said a payload: the partner's signature under it, and our receipt for it.

A partner puts a signature in a header beside the payload, which itself stays as its dialect wants it. The receipt says
what we took and what we answered, by their digests; the same payload again gets the same receipt.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.protocol import Payload
from hub.models import ApiClient, ApiClientKey, Intake
from hub.services.errors import Invalid
from hub.services.messages import signatures
from hub.services.messages.intake import Taken
from hub.services.messages.signatures import Digest
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas import strict_json

HEADER = "Schakel-Signature"
RECEIPT = "Schakel-Receipt"
PURPOSE, RECEIPT_PURPOSE = "intake", "receipt"
_LONGEST = 4_000


def check(
    session: Session, config: Configuration, caller: Viewer, body: bytes, token: str | None, now: dt.datetime
) -> None:
    """Refuse a payload that is not signed by the system that brings it, where it must be or says to be: ``Invalid``.

    Only keys count that are registered for this system and in use, whatever the signature itself brings.
    """
    rows = session.execute(
        select(ApiClient.must_sign, ApiClientKey.kid, ApiClientKey.material)
        .outerjoin(
            ApiClientKey,
            (ApiClientKey.client_id == ApiClient.id) & (ApiClientKey.kind == "jwk") & ApiClientKey.ended_at.is_(None),
        )
        .where(ApiClient.id == caller.id)
    ).all()
    if token is None:
        if any(row.must_sign for row in rows):
            raise Invalid("A payload of this system must be signed.", field="missing")
        return
    if len(token) > _LONGEST:
        raise Invalid("The signature is too long.", field="signature")
    us = signatures.party(config, config.municipality.code)
    them = signatures.party(config, caller.organisation)
    keys = {row.kid: (them, strict_json.loads(row.material.encode())) for row in rows if row.kid is not None}
    told: dict[str, Any] = {"issuer": them, "audience": us, "purpose": PURPOSE, "now": now}
    signatures.verify(token, body, keys, algorithms=signatures.ALGORITHMS, **told)


def must_sign(session: Session, organisation: str) -> bool:
    """Whether a system of an organisation must sign: then what comes by a way that bears no signature is refused."""
    asked = select(ApiClient.id).where(ApiClient.organisation == organisation, ApiClient.active, ApiClient.must_sign)
    return session.execute(asked.limit(1)).first() is not None


def give_receipt(
    work: UnitOfWork, config: Configuration, organisation: str, payload: Payload, taken: Taken, token: str | None
) -> str:
    """Sign for what was taken and answered, and keep it with the partner's own signature; give the receipt."""
    received = signatures.digest_of(payload.body)
    answered = signatures.digest_of(taken.answer.body) if taken.answer is not None else None
    earlier = _first_receipt(work, organisation, received, answered) if taken.state == "duplicate" else None
    receipt = earlier or _sign(work, config, organisation, taken.intake_id, received, answered)
    work.execute(
        update(Intake)
        .where(Intake.id == taken.intake_id)
        .values(signature=token, answer_digest=answered, receipt=receipt)
    )
    return receipt


def _first_receipt(work: UnitOfWork, organisation: str, received: str, answered: str | None) -> str | None:
    asked = (
        select(Intake.receipt)
        .where(Intake.organisation == organisation, Intake.body_hash == received.removeprefix("sha-256="))
        .where(Intake.receipt.is_not(None), Intake.answer_digest.is_not_distinct_from(answered))
        .order_by(Intake.received_at)
    )
    found: str | None = work.execute(asked.limit(1)).scalar_one_or_none()
    return found


def receipt_of(intake_id: str, received: str, answered: str | None) -> dict[str, Any]:
    """Give what a receipt signs: which payload we took, and what we answered."""
    return {"id": intake_id, "received": received, "answered": answered}


def _sign(
    work: UnitOfWork, config: Configuration, organisation: str, intake_id: str, received: str, answered: str | None
) -> str:
    ours = config.municipality.code
    key = signatures.signing_key(work, ours)
    return signatures.sign(
        key,
        signatures.kid_of(ours, key),
        receipt_of(intake_id, received, answered),
        issuer=signatures.party(config, ours),
        audience=signatures.party(config, organisation),
        purpose=RECEIPT_PURPOSE,
        now=work.now,
    )


def digest_kept(body_hash: str) -> Digest:
    """Give the digest of a payload as it stands beside it in the database."""
    return Digest(f"sha-256={body_hash}")
