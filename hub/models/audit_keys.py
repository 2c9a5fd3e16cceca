"""The keys of the audit log. In the database they are wrapped by the ring: who has but that can't seal."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.models.shelf import KeyShelf


class AuditKeys:
    """Three keys out of one secret: for macs, for pseudonyms, and to sign checkpoints (Ed25519, RFC 8032)."""

    def __init__(self, secret: bytes) -> None:
        def derived(label: bytes) -> bytes:
            return hmac.new(secret, b"schakel audit " + label, hashlib.sha256).digest()

        self._mac = derived(b"mac")
        self._subject = derived(b"subject")
        self._signing = Ed25519PrivateKey.from_private_bytes(derived(b"checkpoint"))
        self.public = self._signing.public_key().public_bytes_raw().hex()

    def mac(self, text: str) -> str:
        """Give the mac of a record's body before it is sealed, of its hash after."""
        return hmac.digest(self._mac, text.encode(), "sha256").hex()

    def mac_fits(self, text: str, mac: str) -> bool:
        """Whether a mac was made with our key."""
        return hmac.compare_digest(self.mac(text), mac)

    def pseudonym(self, case_id: str) -> str:
        """Give what stands for a client in the log: without the key and the case's own id it tells nothing."""
        return hmac.new(self._subject, case_id.encode(), hashlib.sha256).hexdigest()[:32]

    def sign(self, text: bytes) -> str:
        """Sign a checkpoint."""
        return self._signing.sign(text).hex()


def signature_fits(public: str, text: bytes, signature: str) -> bool:
    """Whether a signature over a text was made by the owner of a public key; both in hexadecimal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


class _Given:
    """Where a secret from outside the database stands. Set once per process, by the wiring."""

    keys: AuditKeys | None = None


OWNER = "audit"
_made = lru_cache(maxsize=8)(AuditKeys)


def use_audit_keys(keys: AuditKeys | None) -> None:
    """Let these seal the log, whatever secret the database holds; without any, that one does."""
    _Given.keys = keys


def audit_keys(shelf: KeyShelf) -> AuditKeys:
    """Give the keys of the log of the database with this shelf; ``KeyMissing`` where it has none yet."""
    return _Given.keys or _made(shelf.named(OWNER).secret)
