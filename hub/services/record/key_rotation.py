"""Change the ring key under which everything is wrapped, while reading and writing go on; and keep keys elsewhere.

Rotation goes in batches, each a short unit of work of its own. It only ever makes what stands under an older key stand
under the newest, so it can stop anywhere and be done again.
"""

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, bindparam, delete, func, insert, select, type_coerce, update
from sqlalchemy.orm import Session

from hub.models import CaseKey, DestroyedKey, Record
from hub.models.columns import BY_RING, is_sealed, resealed, rewrapped, unwrapped
from hub.models.ring import NAME, key_ring
from hub.services.errors import Invalid
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

_KEYS, _DESTROYED = table_of(CaseKey), table_of(DestroyedKey)
_RAW_KEY = type_coerce(_KEYS.c.key, LargeBinary).label("raw")
_OLD = (
    select(_KEYS.c.key_id, _RAW_KEY)
    .where(_KEYS.c.ring_key != bindparam("newest"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_WRAP = (
    update(_KEYS)
    .where(_KEYS.c.key_id == bindparam("which"))
    .values(key=type_coerce(bindparam("raw", type_=LargeBinary), LargeBinary), ring_key=bindparam("newest"))
)
FORMAT = 1


def rewrap_some(work: UnitOfWork, most: int) -> int:
    """Wrap some keys that stand under an older ring key anew; give how many, nought where none is left."""
    newest = key_ring().newest.hex()
    old = work.execute(_OLD, {"newest": newest, "most": most}).all()
    if old:
        work.execute(
            _WRAP,
            [{"which": bytes(row.key_id), "raw": rewrapped(bytes(row.raw)), "newest": newest} for row in old],
        )
    return len(old)


def reseal_some(work: UnitOfWork, most: int) -> int:
    """Seal some values that the ring itself sealed with an older key anew; give how many.

    A value that was changed meanwhile is left: it was written under the newest key.
    """
    done = 0
    for table, column in _sealed_columns():
        raw = type_coerce(column, LargeBinary)
        keys = list(table.primary_key.columns)
        rows = work.execute(select(*keys, raw.label("raw")).where(_by_old_key(column)).limit(most - done)).all()
        for row in rows:
            same = [key == row._mapping[key] for key in keys]
            work.execute(
                update(table)
                .where(*same, raw == row.raw)
                .values({column: type_coerce(resealed(bytes(row.raw), column), LargeBinary)})
            )
        done += len(rows)
        if done >= most:
            break
    return done


def _sealed_columns() -> list[tuple[Table, Column[Any]]]:
    tables = Record.metadata.sorted_tables
    return [(table, column) for table in tables for column in table.columns if is_sealed(column.type)]


def _by_old_key(column: Column[Any]) -> Any:
    raw = type_coerce(column, LargeBinary)
    by_ring = func.substr(raw, 1, 1, type_=LargeBinary) == BY_RING
    return by_ring & (func.substr(raw, 2, NAME, type_=LargeBinary) != key_ring().newest)


def keys_by_ring_key(session: Session) -> dict[str, int]:
    """Give how many keys each ring key wraps, by the ring key's name."""
    counted = session.execute(select(_KEYS.c.ring_key, func.count()).group_by(_KEYS.c.ring_key))
    return {row[0]: row[1] for row in counted}


def values_by_old_ring_keys(session: Session) -> int:
    """Give how many values are still sealed by an older ring key itself."""
    counts = [
        session.execute(select(func.count()).select_from(table).where(_by_old_key(column))).scalar_one()
        for table, column in _sealed_columns()
    ]
    return sum(counts)


def export_keys(session: Session, now: dt.datetime) -> dict[str, Any]:
    """Give every living key, wrapped, and the marks of those destroyed: what is kept beside back-ups of content.

    Only the newest export may be kept: an older one still holds keys that were destroyed since.
    """
    living = session.execute(select(_KEYS.c.key_id, _KEYS.c.owner, _RAW_KEY, _KEYS.c.ring_key, _KEYS.c.created_at))
    gone = session.execute(select(_DESTROYED))
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "keys": [
            {
                "id": bytes(row.key_id).hex(),
                "owner": row.owner,
                "key": base64.b64encode(bytes(row.raw)).decode(),
                "ring_key": row.ring_key,
                "created_at": row.created_at.isoformat(),
            }
            for row in living
        ],
        "destroyed": [
            {"id": bytes(row.key_id).hex(), "owner": row.owner, "at": row.destroyed_at.isoformat()} for row in gone
        ],
    }


def import_keys(work: UnitOfWork, document: Mapping[str, Any]) -> tuple[int, int]:
    """Put the keys of an export in this database; give how many came and how many were destroyed.

    A key that was destroyed, here or where the export was made, never comes back. ``Invalid`` where it is no export,
    ``KeyMissing`` where the ring does not open it.
    """
    try:
        if document["format"] != FORMAT:
            raise Invalid("This export has another format.", field="format")
        keys = [_key_row(entry) for entry in document["keys"]]
        marks = [_mark_row(entry) for entry in document["destroyed"]]
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("This is not an export of keys.", field="file") from error
    destroyed = _bury(work, marks)
    gone = {bytes(key_id) for key_id in work.execute(select(_DESTROYED.c.key_id)).scalars()}
    here = {bytes(key_id) for key_id in work.execute(select(_KEYS.c.key_id)).scalars()}
    coming = [row for row in keys if row["key_id"] not in gone]
    _check(coming)
    fresh = [row for row in coming if row["key_id"] not in here]
    known = [row for row in coming if row["key_id"] in here]
    if fresh:
        # A key of the same name with another id was made since, for an empty database: it opens nothing.
        work.execute(delete(_KEYS).where(_KEYS.c.owner.in_([row["owner"] for row in fresh])))
        work.execute(insert(_KEYS), [{**row, "key": unwrapped(row["key"])} for row in fresh])
    if known:
        work.execute(_WRAP, [{"which": row["key_id"], "raw": row["key"], "newest": row["ring_key"]} for row in known])
    return len(coming), destroyed


def _check(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        key = unwrapped(row["key"])
        if (key.id, key.owner) != (row["key_id"], row["owner"]):
            raise Invalid("A key of this export is not the one that it is said to be.", field="keys")


def _bury(work: UnitOfWork, marks: list[dict[str, Any]]) -> int:
    known = {bytes(key_id) for key_id in work.execute(select(_DESTROYED.c.key_id)).scalars()}
    fresh = [mark for mark in marks if mark["key_id"] not in known]
    if not fresh:
        return 0
    work.execute(insert(_DESTROYED), fresh)
    ids = [mark["key_id"] for mark in fresh]
    work.destroyed_keys += ids
    return sum(work.execute(delete(_KEYS).where(_KEYS.c.key_id == key_id)).rowcount for key_id in ids)


def _key_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key_id": bytes.fromhex(entry["id"]),
        "owner": str(entry["owner"]),
        "key": base64.b64decode(entry["key"], validate=True),
        "ring_key": str(entry["ring_key"]),
        "created_at": dt.datetime.fromisoformat(entry["created_at"]),
    }


def _mark_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    at = dt.datetime.fromisoformat(entry["at"])
    return {"key_id": bytes.fromhex(entry["id"]), "owner": str(entry["owner"]), "destroyed_at": at}
