"""What was said to whom, as it can be shown to others: the messages of a referral, signed, with their receipts."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from hub.models import CaseKey, InboxRecord, Intake, OutboxRecord, Referral
from hub.services.errors import Invalid, NotFound
from hub.services.messages import intake_proof, signatures
from hub.services.messages.signatures import Digest, Signed
from hub.services.messages.signing_keys import KnownKey, key_told, published
from hub.settings import Configuration

FORMAT = 2
_SLACK = dt.timedelta(minutes=2)


def bundle_of(session: Session, config: Configuration, referral_id: str) -> dict[str, Any]:
    """Give the signed messages of a referral with the public keys; ``NotFound`` where there is none.

    The messages hold content: who may have it is for who asks to know. Of an erased case the signatures are left. Of a
    partner's payloads only digests are told: a payload may hold what is of another.
    """
    purpose = session.execute(select(Referral.purpose).where(Referral.id == referral_id)).scalar_one_or_none()
    if purpose is None:
        raise NotFound("There is no such referral.")
    rows = session.execute(
        select(CaseKey.key, OutboxRecord)
        .select_from(OutboxRecord)
        .outerjoin(CaseKey, CaseKey.owner == OutboxRecord.case_id)
        .where(OutboxRecord.referral_id == referral_id, OutboxRecord.signature.is_not(None))
        .order_by(OutboxRecord.id)
    ).all()
    return {
        "format": FORMAT,
        "referral_id": referral_id,
        "keys": [key.told() for key in published(session, config, dt.datetime.now(dt.UTC))],
        "messages": [_message(config, row, purpose) for _key_of_case, row in rows],
        "payloads": [_payload(config, row) for row in _payloads(session, referral_id)],
    }


def _message(config: Configuration, row: OutboxRecord, purpose: str) -> dict[str, Any]:
    return {
        "id": row.message_id,
        "receiver": signatures.party(config, row.receiver or ""),
        "purpose": purpose,
        "signed_at": row.created_at.isoformat(),
        "signature": row.signature,
        "document": json.loads(row.body) if row.body else None,
        "receipts": {
            "technical": row.delivered_at and row.delivered_at.isoformat(),
            "functional": row.processed_at and row.processed_at.isoformat(),
            "state": row.state,
            "reference": row.reference,
            "codes": row.codes,
            "answer": row.answer_digest,
        },
    }


def _payloads(session: Session, referral_id: str) -> Iterable[Any]:
    """Give the payloads that were about a referral; their bytes stay sealed."""
    applied = select(InboxRecord.intake_id).where(InboxRecord.referral_id == referral_id)
    about = or_(Intake.id.in_(applied), cast(Intake.referral_ids, String).contains(referral_id))
    columns = (Intake.id, Intake.organisation, Intake.body_hash, Intake.signature, Intake.answer_digest, Intake.receipt)
    return session.execute(select(*columns, Intake.received_at).where(about).order_by(Intake.received_at)).all()


def _payload(config: Configuration, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "sender": signatures.party(config, row.organisation),
        "receiver": signatures.party(config, config.municipality.code),
        "received_at": row.received_at.isoformat(),
        "digest": str(intake_proof.digest_kept(row.body_hash)),
        "signature": row.signature,
        "answer": row.answer_digest,
        "receipt": row.receipt,
    }


def verify_bundle(bundle: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """Give what was found of each message and payload: ``sound``, with the key's id, or why not.

    ``given`` is a list of keys as ``GET /api/v1/keys`` gives it; then the bundle's own keys are not looked at.
    ``Invalid`` where it is no bundle. What a message's receipts tell is the hub's own word; no signature covers it.
    """
    try:
        if bundle["format"] != FORMAT:
            raise Invalid("This bundle has another format.", field="format")
        keys = {key.kid: key for key in map(key_told, (bundle if given is None else given)["keys"])}
        found = [(str(message["id"]), _of_message(message, keys)) for message in bundle["messages"]]
        for payload in bundle["payloads"]:
            found += [(f"{payload['id']} {what}", told) for what, told in _of_payload(payload, keys)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Invalid("This is not a bundle of evidence.", field="file") from error
    return found


def _of_message(message: Mapping[str, Any], keys: Mapping[str, KnownKey]) -> str:
    if message["document"] is None:
        return "erased: only the signature is left"
    return _finding(message["signature"], message["document"], keys, message, None, message["signed_at"])


def _of_payload(payload: Mapping[str, Any], keys: Mapping[str, KnownKey]) -> Iterable[tuple[str, str]]:
    digest, at = Digest(payload["digest"]), payload["received_at"]
    if payload["signature"] is not None:
        asked = {"receiver": payload["receiver"], "purpose": intake_proof.PURPOSE}
        yield "brought", _finding(payload["signature"], digest, keys, asked, payload["sender"], at)
    if payload["receipt"] is not None:
        told = intake_proof.receipt_of(_first_id(payload), str(digest), payload["answer"])
        asked = {"receiver": payload["sender"], "purpose": intake_proof.RECEIPT_PURPOSE}
        yield "taken", _finding(payload["receipt"], told, keys, asked, payload["receiver"], at)


def _first_id(payload: Mapping[str, Any]) -> str:
    """Give the id of the payload that the receipt was given for: a duplicate has the receipt of the first."""
    return str(signatures.claims_in(payload["receipt"])["jti"])


def _finding(
    token: str, signed: Signed, keys: Mapping[str, KnownKey], asked: Mapping[str, Any], issuer: str | None, at: str
) -> str:
    """Verify one signature at the moment it was made for; without ``issuer`` of whoever the key is."""
    try:
        kid = signatures.kid_in(token)
        key = keys.get(kid)
        claims = signatures.verify(
            token,
            signed,
            {known.kid: (known.of, known.jwk) for known in keys.values()},
            issuer=issuer or (key.of if key is not None else ""),
            audience=asked["receiver"],
            purpose=asked["purpose"],
            now=dt.datetime.fromisoformat(at),
            algorithms=signatures.ALGORITHMS,
        )
        if key is not None:
            _check_term(key, dt.datetime.fromtimestamp(claims["iat"], dt.UTC))
    except Invalid as error:
        return f"NOT SOUND: {error.message}"
    return f"sound, signed with {kid}"


def _check_term(key: KnownKey, signed_at: dt.datetime) -> None:
    if signed_at < key.begins_at - _SLACK or (key.ends_at is not None and signed_at > key.ends_at + _SLACK):
        raise Invalid("The key did not sign yet, or no more, at that moment.", field="kid")


def case_of(session: Session, referral_id: str) -> str | None:
    """Give the case whose messages a bundle holds, for who writes down that it was taken out."""
    return session.execute(select(Referral.case_id).where(Referral.id == referral_id)).scalar_one_or_none()
