"""Column types of the house: moments in UTC, and content that is encrypted at rest."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only where the key is INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


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


class KeyRing:
    """The keys of encrypted fields, newest first: the first one writes, each one reads (AES-256-GCM)."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        raw = [base64.b64decode(key) for key in keys]
        self._ciphers = {hashlib.sha256(key).digest()[:4]: AESGCM(key) for key in raw}
        self._newest = hashlib.sha256(raw[0]).digest()[:4]
        # The oldest key finds people: it must stay when newer ones are put before it.
        self._index_key = hmac.new(raw[-1], b"schakel bsn index", hashlib.sha256).digest()

    def seal(self, plain: bytes) -> bytes:
        """Encrypt: four bytes of key name, twelve of nonce, then the cipher text."""
        nonce = os.urandom(12)
        return self._newest + nonce + self._ciphers[self._newest].encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt; ``LookupError`` where the key is not on the ring or the text was changed."""
        cipher = self._ciphers.get(sealed[:4])
        if cipher is None:
            raise LookupError("the key of an encrypted field is not in SCHAKEL_DATA_KEYS")
        try:
            return cipher.decrypt(sealed[4:16], sealed[16:], None)
        except InvalidTag as error:
            raise LookupError("an encrypted field does not open: it was changed, or the key is another") from error

    def bsn_index(self, municipality: str, bsn: str) -> str:
        """Give the keyed hash by which a client is found; without the key it tells nothing."""
        return hmac.new(self._index_key, f"{municipality}\x1f{bsn}".encode(), hashlib.sha256).hexdigest()


class _Ring:
    """Where the column types find the ring. Set once per process, by the wiring."""

    keys: KeyRing | None = None


def use_keys(ring: KeyRing) -> None:
    """Give the column types their key ring."""
    _Ring.keys = ring


def key_ring() -> KeyRing:
    """Give the key ring in use; ``RuntimeError`` where none was given."""
    if _Ring.keys is None:
        raise RuntimeError("no key ring: call use_keys first")
    return _Ring.keys


class Sealed(TypeDecorator[bytes]):
    """Bytes, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else key_ring().seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else key_ring().open(bytes(value))


class SealedJson(TypeDecorator[Any]):
    """A JSON value, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return key_ring().seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(key_ring().open(bytes(value)))
