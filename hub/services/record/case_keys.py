"""Keys of content: one for each case and one for each payload of a partner. Without its key, content is gone.

Content is stored as ``in_case(work, case_id, value)``. ``destroy`` makes all content of a case unreadable, in every
copy of the database; what is read of it afterwards is empty and says that it was erased.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, overload

from sqlalchemy import String, bindparam, cast, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import CaseKey, DestroyedKey, InboxRecord, Intake, Referral
from hub.models.columns import OwnedBytes, OwnedJson, owner_of
from hub.models.ring import KeyMissing, key_ring
from hub.models.shelf import HOUSE, ContentKey, KeyShelf, shelf_of
from hub.services.errors import Erased
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

_KEYS, _DESTROYED = table_of(CaseKey), table_of(DestroyedKey)
_MAKE = {
    "postgresql": postgresql_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key_id),
    "sqlite": sqlite_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key_id),
}
_FIND = select(_KEYS.c.key).where(_KEYS.c.owner == bindparam("owner"))
_WAS_DESTROYED = select(_DESTROYED.c.key_id).where(_DESTROYED.c.owner == bindparam("owner")).limit(1)


def intake_owner(intake_id: str) -> str:
    """Give the name under which the key of a partner's payload is kept."""
    return f"intake:{intake_id}"


def make(work: UnitOfWork, owner: str) -> ContentKey:
    """Give the key of a new owner, made in this transaction; of two at once, both have the first one's."""
    return keep(work, ContentKey.new(owner))


def keep(work: UnitOfWork, key: ContentKey) -> ContentKey:
    """Keep a new key; where its owner has one already, give that one."""
    owner = key.owner
    values = {"key_id": key.id, "owner": owner, "key": key, "ring_key": key_ring().newest.hex(), "created_at": work.now}
    if work.execute(_MAKE[work.dialect], values).scalar_one_or_none() is None:
        key = work.execute(_FIND, {"owner": owner}).scalar_one()
    work.keys[owner] = key
    work.shelf.put(key)
    return key


def living(work: UnitOfWork, owner: str) -> ContentKey | None:
    """Give the key of an owner, made where it has none yet; nothing where it was destroyed."""
    known = work.keys.get(owner)
    if known is not None:
        return known
    found: ContentKey | None = work.execute(_FIND, {"owner": owner}).scalar_one_or_none()
    if found is None:
        if work.execute(_WAS_DESTROYED, {"owner": owner}).scalar_one_or_none() is not None:
            return None
        return make(work, owner)
    work.keys[owner] = found
    return found


@overload
def in_case(work: UnitOfWork, case_id: str, value: bytes) -> OwnedBytes: ...
@overload
def in_case(work: UnitOfWork, case_id: str, value: dict[str, Any]) -> OwnedJson: ...
def in_case(work: UnitOfWork, case_id: str, value: Any) -> OwnedBytes | OwnedJson:
    """Say of content whose it is, as its column asks; ``case_id`` may be ``intake_owner(...)``.

    ``Erased`` where the key of the case was destroyed: nothing can be added to it.
    """
    key = living(work, case_id)
    if key is None:
        raise Erased("The content of this case was erased.")
    return OwnedBytes.of(value, key) if isinstance(value, bytes) else OwnedJson(value, key)


def check_owner(value: Any, case_id: str) -> None:
    """Refuse content that stands in another case's row than it was sealed for: ``KeyMissing``."""
    owner = owner_of(value)
    if owner is not None and owner != case_id:
        raise KeyMissing("an encrypted field is not of the case in whose row it stands")


def destroy(work: UnitOfWork, case_id: str) -> int:
    """Destroy the key of a case and of every payload that led to it; give how many keys.

    Their ids stay as a mark, so that no import brings a key back. The rows stay too; what was in them does not open.
    """
    return _destroy(work, [case_id, *map(intake_owner, payloads_of(work, case_id))])


def destroy_of_payloads(work: UnitOfWork, intake_ids: Sequence[str]) -> int:
    """Destroy the keys of payloads that are emptied: older copies of the database don't open them either."""
    return _destroy(work, [intake_owner(one) for one in intake_ids])


def _destroy(work: UnitOfWork, owners: Sequence[str]) -> int:
    keys: Sequence[Any] = work.execute(
        delete(_KEYS).where(_KEYS.c.owner.in_(owners)).returning(_KEYS.c.key_id, _KEYS.c.owner)
    ).all()
    if keys:
        gone = [{"key_id": bytes(key_id), "owner": owner, "destroyed_at": work.now} for key_id, owner in keys]
        work.execute(insert(_DESTROYED), gone)
    for key_id, owner in keys:
        work.keys.pop(owner, None)
        work.destroyed_keys.append(bytes(key_id))
    work.shelf.forget(work.destroyed_keys)
    return len(keys)


def is_destroyed(session: Session | UnitOfWork, case_id: str) -> bool:
    """Whether the content of a case was erased."""
    return session.execute(_WAS_DESTROYED, {"owner": case_id}).scalar_one_or_none() is not None


def payloads_of(work: UnitOfWork, case_id: str) -> list[str]:
    """Give the payloads that were about a case, those that came twice included."""
    referrals = list(work.session.scalars(select(Referral.id).where(Referral.case_id == case_id)))
    if not referrals:
        return []
    applied = select(InboxRecord.intake_id).where(InboxRecord.referral_id.in_(referrals))
    told = [cast(Intake.referral_ids, String).contains(referral_id) for referral_id in referrals]
    about = select(Intake.body_hash).where(or_(Intake.id.in_(applied), *told))
    return list(work.session.scalars(select(Intake.id).where(Intake.body_hash.in_(about))))


def shelf_here(work: Session | UnitOfWork) -> KeyShelf:
    """Give the shelf of keys of the database in which this is done."""
    return work.shelf if isinstance(work, UnitOfWork) else shelf_of(work.get_bind().dialect)


def bsn_index(work: Session | UnitOfWork, municipality: str, bsn: str) -> str:
    """Give the keyed hash by which a client is found; without its key it tells nothing."""
    return hmac.new(
        shelf_here(work).named(HOUSE).secret, f"{municipality}\x1f{bsn}".encode(), hashlib.sha256
    ).hexdigest()
