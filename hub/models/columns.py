"""Column types of the house: moments in UTC, and content that is encrypted at rest.

A sealed value begins with the kind of key that seals it: the ring itself (what is of no case), or a key of its own
(content of a case or of a partner's payload). Who writes content says whose it is; a column of cases refuses what
comes without.
"""

import datetime as dt
import json
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from hub.models.ring import KeyMissing, key_ring
from hub.models.shelf import KEY_ID, ContentKey, shelf_of

# SQLite numbers rows by itself only where the key is INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")

BY_RING = b"\x01"
BY_KEY = b"\x02"
_WRAPPED = "case_keys.key"


class UtcMoment(TypeDecorator[dt.datetime]):
    """An aware moment, kept as UTC; SQLite forgets the zone, so it is given back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class OwnedJson(dict[str, Any]):
    """A JSON object with the key of its owner; without a key it was erased, and is empty."""

    key: ContentKey | None

    def __init__(self, value: dict[str, Any], key: ContentKey | None) -> None:
        super().__init__(value)
        self.key = key

    @property
    def erased(self) -> bool:
        """Whether its key was destroyed."""
        return self.key is None


class OwnedBytes(bytes):
    """Bytes with the key of their owner; without a key they were erased, and are empty."""

    key: ContentKey | None

    @staticmethod
    def of(value: bytes, key: ContentKey | None) -> "OwnedBytes":
        """Give bytes that know their owner."""
        owned = OwnedBytes(value)
        owned.key = key
        return owned

    @property
    def erased(self) -> bool:
        """Whether their key was destroyed."""
        return self.key is None


class IdsOnly(bytes):
    """Bytes of no case in a column of cases: ids and nothing else (a nudge). The ring seals them."""


def owner_of(value: Any) -> str | None:
    """Give whose a value read from a sealed column is: a case's id, for instance; nothing for what was erased."""
    return value.key.owner if value is not None and value.key is not None else None


class _Sealed(TypeDecorator[Any]):
    """What sealed columns share. ``where`` names table and column (``name_places``), and is bound to each value."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, where: str = "") -> None:
        super().__init__()
        self.where = where


def name_places(tables: MetaData) -> None:
    """Tell each sealed column where it stands, once all tables are known."""
    for table in tables.tables.values():
        for column in table.columns:
            if isinstance(column.type, _Sealed):
                column.type.where = f"{table.name}.{column.name}"


class Sealed(_Sealed):
    """Bytes of no case, sealed by the ring."""

    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else BY_RING + key_ring().seal(value, self.where)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else _open_by_ring(bytes(value), self.where)


class SealedOfCase(_Sealed):
    """Bytes of a case or of a partner's payload, sealed by the key of their owner."""

    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if isinstance(value, IdsOnly):
            return BY_RING + key_ring().seal(value, self.where)
        return BY_KEY + _key_of(value, self.where).seal(value, self.where)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else self.opened(bytes(value), dialect)

    def opened(self, sealed: bytes, dialect: Dialect) -> bytes:
        """Open a value that was read as it stands."""
        if sealed[:1] == BY_RING:
            return IdsOnly(_open_by_ring(sealed, self.where))
        key, plain = _open_by_key(sealed, self.where, dialect)
        return OwnedBytes.of(plain, key)


class SealedJsonOfCase(_Sealed):
    """A JSON object of a case, sealed by the key of the case."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return BY_KEY + _key_of(value, self.where).seal(_json(value), self.where)

    def process_result_value(self, value: Any, dialect: Dialect) -> OwnedJson | None:
        if value is None:
            return None
        key, plain = _open_by_key(bytes(value), self.where, dialect)
        return OwnedJson(json.loads(plain) if key else {}, key)


class WrappedKey(TypeDecorator[ContentKey]):
    """A key of content, wrapped by the ring; it says itself which it is and whose.

    Whoever reads one has it on the shelf: a query that names the key before the content it opens, asks nothing twice.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: ContentKey | None, dialect: Dialect) -> bytes | None:
        return None if value is None else wrapped(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> ContentKey | None:
        if value is None:
            return None
        key = unwrapped(bytes(value))
        shelf_of(dialect).put(key)
        return key


def wrapped(key: ContentKey) -> bytes:
    """Wrap a key with the newest key of the ring; the first bytes name that key."""
    return key_ring().seal(key.id + key.secret + key.owner.encode(), _WRAPPED)


def unwrapped(value: bytes) -> ContentKey:
    """Unwrap a key; ``KeyMissing`` where the ring does not hold what wrapped it."""
    plain = key_ring().open(value, _WRAPPED)
    return ContentKey.of(plain[:KEY_ID], plain[KEY_ID + 32 :].decode(), plain[KEY_ID : KEY_ID + 32])


def rewrapped(value: bytes) -> bytes:
    """Wrap a wrapped key with the newest key of the ring instead."""
    return key_ring().seal(key_ring().open(value, _WRAPPED), _WRAPPED)


def is_sealed(kind: Any) -> bool:
    """Whether a column of this type holds sealed content."""
    return isinstance(kind, _Sealed)


def resealed(value: bytes, column: Column[Any]) -> bytes:
    """Seal what the ring sealed for this column with its newest key instead."""
    where = f"{column.table}.{column.name}"
    return BY_RING + key_ring().seal(_open_by_ring(value, where), where)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _key_of(value: Any, where: str) -> ContentKey:
    key = getattr(value, "key", None)
    if not isinstance(key, ContentKey):
        raise RuntimeError(f"{where}: say whose this is (case_keys.in_case) before it is stored")  # noqa: TRY004 - a forgotten step, not a wrong type
    return key


def _open_by_ring(sealed: bytes, where: str) -> bytes:
    if sealed[:1] != BY_RING:
        raise KeyMissing("an encrypted field is not sealed as its column asks")
    return key_ring().open(sealed[1:], where)


def _open_by_key(sealed: bytes, where: str, dialect: Dialect) -> tuple[ContentKey | None, bytes]:
    if sealed[:1] != BY_KEY:
        raise KeyMissing("an encrypted field is not sealed as its column asks")
    key = shelf_of(dialect).find(sealed[1 : 1 + KEY_ID])
    return key, key.open(sealed[1:], where) if key is not None else b""
