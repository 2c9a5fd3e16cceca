"""The key ring: the keys from outside the database that wrap all others, newest first (AES-256-GCM)."""

import base64
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAME = 4
NONCE = 12
_LOOK_AGAIN = 1.0


class KeyMissing(LookupError):
    """A sealed value does not open: its key is not here, or it is not what was sealed there."""


class KeyRing:
    """The first key seals, each one opens. ``where`` is bound to the sealed value, so that it opens nowhere else.

    ``reread`` gives the keys as they are now, where they can change while we run (a file).
    """

    def __init__(self, keys: Sequence[str], reread: Callable[[], Sequence[str] | None] | None = None) -> None:
        self._reread = reread
        self._looked = time.monotonic()
        self._turn = threading.Lock()
        self._take(keys)

    def _take(self, keys: Sequence[str]) -> None:
        raw = [base64.b64decode(key) for key in keys]
        ciphers = {hashlib.sha256(key).digest()[:NAME]: AESGCM(key) for key in raw}
        # Until version 0.1 the hash of BSNs had this key; the migration keeps it beside the others.
        self.first_index_key = hmac.new(raw[-1], b"schakel bsn index", hashlib.sha256).digest()
        # So was the audit log sealed before it had a secret of its own.
        self.first_audit_secret = hashlib.sha256(f"audit {keys[-1]}".encode()).digest()
        self._ring = (next(iter(ciphers)), ciphers)  # one assignment: a reader sees the old ring or the new one

    def look_again(self, *, now: bool = False) -> None:
        """Take the keys as they are in their file now; at most once a second, unless ``now``."""
        if self._reread is None or (not now and time.monotonic() - self._looked < _LOOK_AGAIN):
            return
        with self._turn:
            self._looked = time.monotonic()
            keys = self._reread()
            if keys is not None:
                self._take(keys)

    @property
    def newest(self) -> bytes:
        """Give the name of the key that seals: the first bytes of its hash."""
        self.look_again()
        return self._ring[0]

    @property
    def names(self) -> tuple[bytes, ...]:
        """Give the names of all keys, newest first."""
        self.look_again()
        return tuple(self._ring[1])

    def seal(self, plain: bytes, where: str) -> bytes:
        """Encrypt: name of the key, nonce, cipher text."""
        self.look_again()
        newest, ciphers = self._ring
        nonce = os.urandom(NONCE)
        return newest + nonce + ciphers[newest].encrypt(nonce, plain, where.encode())

    def open(self, sealed: bytes, where: str) -> bytes:
        """Decrypt; ``KeyMissing`` where the key is not on the ring, or the text was changed or moved."""
        name = sealed[:NAME]
        if name not in self._ring[1]:
            self.look_again(now=True)
        cipher = self._ring[1].get(name)
        if cipher is None:
            raise KeyMissing("the key of an encrypted field is not in SCHAKEL_DATA_KEYS")
        return opened(cipher, sealed[NAME:], where)

    def open_unbound(self, sealed: bytes) -> bytes:
        """Decrypt what version 0.1 sealed, which was bound to no place."""
        cipher = self._ring[1].get(sealed[:NAME])
        if cipher is None:
            raise KeyMissing("the key of an encrypted field is not in SCHAKEL_DATA_KEYS")
        return opened(cipher, sealed[NAME:], None)


def opened(cipher: AESGCM, sealed: bytes, where: str | None) -> bytes:
    """Decrypt nonce and cipher text; ``KeyMissing`` where they are not what was sealed there."""
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None if where is None else where.encode())
    except InvalidTag as error:
        raise KeyMissing("an encrypted field does not open: it was changed, or moved") from error


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
