"""Where the shelf of keys gets what it does not hold."""

from collections.abc import Collection

from sqlalchemy import BindParameter, Engine, LargeBinary, bindparam, select, type_coerce

from hub.models import CaseKey, DestroyedKey
from hub.models.columns import unwrapped
from hub.models.ring import KeyMissing
from hub.models.shelf import ContentKey, KeyShelf
from hub.store.tables import table_of

_KEYS, _DESTROYED = table_of(CaseKey), table_of(DestroyedKey)
_ASKED: BindParameter[bytes] = bindparam("key_ids", expanding=True)
_FIND = select(type_coerce(_KEYS.c.key, LargeBinary)).where(_KEYS.c.key_id.in_(_ASKED))
_GONE = select(_DESTROYED.c.key_id).where(_DESTROYED.c.key_id.in_(_ASKED))
_NAMED = select(type_coerce(_KEYS.c.key, LargeBinary)).where(_KEYS.c.owner == bindparam("owner"))
QUEUES = "queues:"
_QUEUES = select(type_coerce(_KEYS.c.key, LargeBinary)).where(_KEYS.c.owner.startswith(QUEUES))
_MOST = 500


def queue_secrets(engine: Engine) -> list[bytes]:
    """Give the secrets of queues, oldest first; ``KeyMissing`` where there is none."""
    with engine.connect() as connection:
        keys = [unwrapped(bytes(value)) for value in connection.execute(_QUEUES).scalars()]
    if not keys:
        raise KeyMissing("the secret of the queues is not in this database: run schakel migrate")
    return [key.secret for key in sorted(keys, key=lambda key: int(key.owner.removeprefix(QUEUES)))]


def shelf_for(engine: Engine) -> KeyShelf:
    """Give a shelf that asks this engine: one of its own, so that nobody waits for a connection while holding one."""

    def fetch(key_ids: Collection[bytes]) -> dict[bytes, ContentKey | None]:
        found: dict[bytes, ContentKey | None] = {}
        asked = sorted(key_ids)
        with engine.connect() as connection:
            for start in range(0, len(asked), _MOST):
                part = {"key_ids": asked[start : start + _MOST]}
                keys = [unwrapped(bytes(value)) for value in connection.execute(_FIND, part).scalars()]
                found |= {key.id: key for key in keys}
                if len(keys) < len(part["key_ids"]):
                    found |= {bytes(key_id): None for key_id in connection.execute(_GONE, part).scalars()}
        return found

    def named(owner: str) -> ContentKey | None:
        with engine.connect() as connection:
            value = connection.execute(_NAMED, {"owner": owner}).scalar_one_or_none()
        return unwrapped(bytes(value)) if value is not None else None

    return KeyShelf(fetch, named)
