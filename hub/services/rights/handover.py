"""Hand all that is kept about a client to the client (AVG article 15), past the walls between those who work there.

One person has the sealed file, another the code: neither reads what is inside. The file opens with its code alone, on a
page without account; the hub keeps neither.
"""

import hashlib
import hmac
import json
import secrets
import zlib
from base64 import b32encode
from dataclasses import dataclass
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, Disclosure
from hub.services.errors import Forbidden, Invalid, NotFound, NotNow
from hub.services.record.case_keys import in_case
from hub.services.rights.rights import FORMAT, inzage, to_json
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id, short_reference

PRIVACY_OFFICER = "privacy_officer"
MAGIC = b"SCHAKEL-INZAGE-1"
SMALLEST = 2**20  # bytes; the next sizes are four times the one before, so that a size tells next to nothing
_SALT, _NONCE, _MARK = 16, 12, 32
_HEAD = len(MAGIC) + _SALT + _NONCE
_CODE_BYTES = 15  # 120 bits: 24 characters of base32


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One request for inzage, and how far its handing over is: ``asked``, ``coded`` or ``taken``."""

    id: str
    case_id: str
    reference: str
    asked_by: str
    asked_at: Any
    taken_at: Any
    state: str


def _shown(row: Disclosure) -> Handover:
    state = "taken" if row.taken_at is not None else "coded" if row.code_at is not None else "asked"
    return Handover(
        id=row.id,
        case_id=row.case_id,
        reference=row.reference,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        taken_at=row.taken_at,
        state=state,
    )


def _of_regisseur(work: Session | UnitOfWork, actor: Viewer, case_id: str) -> None:
    session = work.session if isinstance(work, UnitOfWork) else work
    case = session.get(Case, case_id)
    if case is None or case.regisseur_id is None or case.regisseur_id != actor.id:
        raise NotFound("There is no such case.")


def ask(work: UnitOfWork, actor: Viewer, case_id: str) -> Handover:
    """Ask for everything about a client, as the client's case director; a request that still stands is given again."""
    _of_regisseur(work, actor, case_id)
    standing = select(Disclosure).where(Disclosure.case_id == case_id, Disclosure.taken_at.is_(None))
    found = work.session.scalars(standing.with_for_update()).first()
    if found is None:
        made = new_id()
        found = Disclosure(
            id=made, case_id=case_id, reference=short_reference(made), asked_by=actor.id, asked_at=work.now
        )
        work.session.add(found)
        work.session.flush()
    return _shown(found)


def of_case(session: Session, actor: Viewer, case_id: str) -> list[Handover]:
    """Give the requests of one client for its case director, newest first."""
    _of_regisseur(session, actor, case_id)
    rows = select(Disclosure).where(Disclosure.case_id == case_id).order_by(Disclosure.asked_at.desc())
    return [_shown(row) for row in session.scalars(rows.limit(20))]


def open_requests(session: Session, actor: Viewer) -> list[Handover]:
    """Give the requests that nobody has taken yet, for the privacy officer; to anyone else there are none."""
    if actor.role != PRIVACY_OFFICER:
        return []
    rows = select(Disclosure).where(Disclosure.taken_at.is_(None)).order_by(Disclosure.asked_at)
    return [_shown(row) for row in session.scalars(rows.limit(100))]


def new_code() -> str:
    """Give a code of 120 random bits, in groups of four that can be read out and typed."""
    letters = b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def key_of(code: str, salt: bytes) -> bytes:
    """Stretch a code to a key of 256 bits (argon2id, 64 MiB, three rounds: RFC 9106, second recommended choice)."""
    plain = "".join(code.split()).replace("-", "").upper().encode()
    return hash_secret_raw(plain, salt, time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, type=Type.ID)


def give_code(work: UnitOfWork, actor: Viewer, disclosure_id: str, code: str) -> Handover:
    """Bind a code to a request, as the privacy officer. A code that nobody used yet makes way for the new one.

    Whoever asked, never has the code: ``Forbidden``. What is kept is the key that the code gives, under the case's own.
    """
    if actor.role != PRIVACY_OFFICER:
        raise NotFound("There is no such request.")
    row = _standing(work, disclosure_id)
    if row.asked_by == actor.id:
        raise Forbidden("Whoever asked for the package does not get its code.")
    salt = secrets.token_bytes(_SALT)
    row.seal = in_case(work, row.case_id, {"salt": salt.hex(), "key": key_of(code, salt).hex()})
    row.code_by, row.code_at = actor.id, work.now
    work.session.flush()
    return _shown(row)


def _standing(work: UnitOfWork, disclosure_id: str) -> Disclosure:
    asked = select(Disclosure).where(Disclosure.id == disclosure_id, Disclosure.taken_at.is_(None))
    row = work.session.scalars(asked.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such request.")
    return row


def take(
    work: UnitOfWork, config: Configuration, actor: Viewer, disclosure_id: str, case_id: str, mark_key: bytes
) -> bytes:
    """Give the sealed package, once, to the client's case director; after it nobody here can open or make it again.

    ``NotNow`` where there is no code yet, ``Forbidden`` for whoever saw the code. Nothing of the content is returned.
    """
    _of_regisseur(work, actor, case_id)
    row = _standing(work, disclosure_id)
    if row.case_id != case_id:
        raise NotFound("There is no such request.")
    if row.code_by == actor.id:
        raise Forbidden("Whoever saw the code does not get the package.")
    if not row.seal:
        raise NotNow("The privacy officer has made no code yet.")
    salt, key = bytes.fromhex(row.seal["salt"]), bytes.fromhex(row.seal["key"])
    row.seal, row.taken_by, row.taken_at = None, actor.id, work.now
    work.session.flush()
    document = to_json(inzage(work.session, config, case_id, work.now))
    return seal(document, salt, key, mark_key)


def mark_key_of(secret_key: str) -> bytes:
    """Give the key by which the hub knows its own packages again."""
    return hashlib.sha256(b"schakel inzage\x1f" + secret_key.encode()).digest()


def _padded(plain: bytes) -> bytes:
    """Fill up to one of few sizes: that somebody has much in a file would tell something of what is in it."""
    size = SMALLEST
    while len(plain) + 8 > size:
        size *= 4
    return len(plain).to_bytes(8, "big") + plain + bytes(size - len(plain) - 8)


def seal(document: dict[str, Any], salt: bytes, key: bytes, mark_key: bytes) -> bytes:
    """Seal a document: head, AES-256-GCM over the filled up JSON, and a mark that only this hub makes."""
    head = MAGIC + salt + secrets.token_bytes(_NONCE)
    plain = _padded(zlib.compress(json.dumps(document, ensure_ascii=False).encode()))
    whole = head + AESGCM(key).encrypt(head[-_NONCE:], plain, head)
    return whole + hmac.digest(mark_key, whole, "sha256")


def open_package(package: bytes, code: str, mark_key: bytes) -> dict[str, Any]:
    """Open a package of this hub with its code. ``Invalid``, with ``field``: ``file`` or ``code``.

    The mark is looked at first, so that a file of somebody else costs no work and shows nothing on a page of ours.
    """
    whole, mark = package[:-_MARK], package[-_MARK:]
    if not package.startswith(MAGIC) or not hmac.compare_digest(hmac.digest(mark_key, whole, "sha256"), mark):
        raise Invalid("This is no package of this hub, or it was changed.", field="file")
    head, sealed = whole[:_HEAD], whole[_HEAD:]
    try:
        plain = AESGCM(key_of(code, head[len(MAGIC) : len(MAGIC) + _SALT])).decrypt(head[-_NONCE:], sealed, head)
    except InvalidTag as error:
        raise Invalid("The code does not fit this package.", field="code") from error
    document: dict[str, Any] = json.loads(zlib.decompress(plain[8 : 8 + int.from_bytes(plain[:8], "big")]))
    if document.get("format") != FORMAT:
        raise Invalid("This package has another form.", field="file")
    return document
