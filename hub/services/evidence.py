"""What was said to whom, as it can be shown to others: the messages of a referral, signed, with their receipts."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import CaseKey, OutboxRecord, Referral
from hub.services import signatures
from hub.services.errors import Invalid, NotFound
from hub.settings import Configuration

FORMAT = 1


def bundle_of(session: Session, config: Configuration, referral_id: str) -> dict[str, Any]:
    """Give the signed messages of a referral with the public keys; ``NotFound`` where there is none.

    The messages hold content: who may have it is for who asks to know. Of an erased case the signatures are left.
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
    keys = session.scalars(select(CaseKey.key).where(CaseKey.owner.startswith(signatures.signing_owner("")))).all()
    return {
        "format": FORMAT,
        "referral_id": referral_id,
        "keys": [_key(config, key.owner.removeprefix(signatures.signing_owner("")), key) for key in keys],
        "messages": [_message(config, row, purpose) for _key_of_case, row in rows],
    }


def _key(config: Configuration, organisation: str, key: Any) -> dict[str, Any]:
    jwk = signatures.public_key(key, signatures.kid_of(organisation, key))
    return {"of": signatures.party(config, organisation), "jwk": jwk}


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
        },
    }


def verify_bundle(bundle: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what was found of each message of a bundle: ``sound``, with the key's id, or why not.

    ``Invalid`` where it is no bundle. Receipts are the hub's own word; no signature covers them.
    """
    try:
        if bundle["format"] != FORMAT:
            raise Invalid("This bundle has another format.", field="format")
        keys = {key["jwk"]["kid"]: (key["of"], key["jwk"]) for key in bundle["keys"]}
        return [(str(message["id"]), _finding(message, keys)) for message in bundle["messages"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Invalid("This is not a bundle of evidence.", field="file") from error


def _finding(message: Mapping[str, Any], keys: Mapping[str, tuple[str, Mapping[str, str]]]) -> str:
    if message["document"] is None:
        return "erased: only the signature is left"
    owners = {kid: owner for kid, (owner, _jwk) in keys.items()}
    kid = signatures.kid_in(message["signature"])
    try:
        signatures.verify(
            message["signature"],
            message["document"],
            keys,
            issuer=owners.get(kid, ""),
            audience=message["receiver"],
            purpose=message["purpose"],
            now=dt.datetime.fromisoformat(message["signed_at"]),
        )
    except Invalid as error:
        return f"NOT SOUND: {error.message}"
    return f"sound, signed with {kid}"
