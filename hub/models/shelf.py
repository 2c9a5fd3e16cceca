"""Keys of content while they are in use: a case's key, and the shelf on which unwrapped keys stand for a moment."""

import os
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Dialect

from hub.models.ring import NONCE, KeyMissing, opened

# The key of the house itself: it hashes the numbers by which people are found, and draws the numbers of referrals.
HOUSE = "bsn-index"
KEY_ID = 16
KEPT_SECONDS = 30.0
MOST = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ContentKey:
    """The key of one owner's content: a case (``owner`` is its id), a payload of a partner, or the house itself."""

    id: bytes
    owner: str
    secret: bytes
    cipher: AESGCM

    @staticmethod
    def new(owner: str) -> "ContentKey":
        """Make a key."""
        return ContentKey.of(os.urandom(KEY_ID), owner, os.urandom(32))

    @staticmethod
    def of(key_id: bytes, owner: str, secret: bytes) -> "ContentKey":
        """Give a key from its parts."""
        return ContentKey(id=key_id, owner=owner, secret=secret, cipher=AESGCM(secret))

    def seal(self, plain: bytes, where: str) -> bytes:
        """Encrypt: id of the key, nonce, cipher text; bound to the place and to the owner."""
        nonce = os.urandom(NONCE)
        return self.id + nonce + self.cipher.encrypt(nonce, plain, f"{where}|{self.owner}".encode())

    def open(self, sealed: bytes, where: str) -> bytes:
        """Decrypt what ``seal`` gave for the same place; ``KeyMissing`` where it is something else."""
        return opened(self.cipher, sealed[KEY_ID:], f"{where}|{self.owner}")


Fetch = Callable[[Collection[bytes]], dict[bytes, ContentKey | None]]
Named = Callable[[str], ContentKey | None]


class KeyShelf:
    """Unwrapped keys of one database, by their id, for half a minute; a destroyed key stands here as ``None``.

    Only by id: a key that was made in a transaction that failed is found by nobody.
    """

    def __init__(self, fetch: Fetch, named: Named) -> None:
        self._fetch = fetch
        self._fetch_named = named
        self._named: dict[str, tuple[float, ContentKey]] = {}
        self._turn = threading.Lock()
        self._keys: dict[bytes, tuple[float, ContentKey | None]] = {}

    def put(self, key: ContentKey) -> None:
        """Put a key on the shelf; the one that stands there longest makes room."""
        self._put(key.id, key)

    def _put(self, key_id: bytes, key: ContentKey | None) -> None:
        with self._turn:
            self._keys.pop(key_id, None)
            while len(self._keys) >= MOST:
                del self._keys[next(iter(self._keys))]
            self._keys[key_id] = (time.monotonic() + KEPT_SECONDS, key)

    def find(self, key_id: bytes) -> ContentKey | None:
        """Give a key, or ``None`` where it was destroyed; ``KeyMissing`` where it is not known."""
        known = self._keys.get(key_id)
        if known is None or known[0] < time.monotonic():
            return self.find_all([key_id])[key_id]
        return known[1]

    def find_all(self, key_ids: Collection[bytes]) -> dict[bytes, ContentKey | None]:
        """Give several keys, with at most one question to the database; ``KeyMissing`` where one is not known."""
        now = time.monotonic()
        found = {key_id: known[1] for key_id in key_ids if (known := self._keys.get(key_id)) and known[0] >= now}
        missing = set(key_ids) - set(found)
        if missing:
            fetched = self._fetch(missing)
            if missing - set(fetched):
                raise KeyMissing("the key of an encrypted field is not in this database")
            for key_id, key in fetched.items():
                self._put(key_id, key)
            found |= fetched
        return found

    def named(self, owner: str) -> ContentKey:
        """Give a key of the house itself, by its name; ``KeyMissing`` where it was never made."""
        known = self._named.get(owner)
        if known is not None and known[0] >= time.monotonic():
            return known[1]
        key = self._fetch_named(owner)
        if key is None:
            raise KeyMissing(f"the key {owner} is not in this database")
        self._named[owner] = (time.monotonic() + KEPT_SECONDS, key)
        return key

    def forget(self, key_ids: Collection[bytes]) -> None:
        """Take keys off the shelf."""
        with self._turn:
            for key_id in key_ids:
                self._keys.pop(key_id, None)
            self._named = {owner: known for owner, known in self._named.items() if known[1].id not in key_ids}


# The column types know of the database that they serve nothing but its dialect; each engine has its own.
_SHELVES: WeakKeyDictionary[Dialect, KeyShelf] = WeakKeyDictionary()


def put_up(dialect: Dialect, shelf: KeyShelf) -> None:
    """Give the column types of one database their shelf."""
    _SHELVES[dialect] = shelf


def shelf_of(dialect: Dialect) -> KeyShelf:
    """Give the shelf of the database with this dialect."""
    return _SHELVES[dialect]
