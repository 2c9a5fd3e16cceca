"""The second factor of a local account: codes of an authenticator (RFC 6238), each of them taken once."""

import base64
import hashlib
import hmac
import secrets

import pyotp
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from hub.models import Person, RecoveryCode
from hub.services.errors import NotFound
from hub.store.database import UnitOfWork

STEP = 30
# One step to either side: clocks of telephones are some seconds off (RFC 6238 section 5.2).
_DRIFT = (0, -1, 1)
_RECOVERY_CODES = 10


def begin(work: UnitOfWork, person_id: str) -> None:
    """Make a secret that counts once a code of it has come; ``NotFound`` where a second factor is in use already."""
    made = work.execute(
        update(Person)
        .where(Person.id == person_id, Person.factor_since.is_(None))
        .values(factor_secret=pyotp.random_base32().encode(), factor_step=0)
    )
    if not made.rowcount:
        raise NotFound("A second factor is in use already.")


def shown_secret(session: Session, person_id: str) -> str | None:
    """Give the secret while it is not confirmed; afterwards nobody gets to see it any more."""
    secret = session.execute(
        select(Person.factor_secret).where(Person.id == person_id, Person.factor_since.is_(None))
    ).scalar_one_or_none()
    return secret.decode() if secret is not None else None


def address_of(secret: str, username: str) -> str:
    """Give what the picture says to an authenticator."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Schakel")


def confirm(work: UnitOfWork, person_id: str, code: str) -> list[str] | None:
    """Take the second factor into use by its first code; give the recovery codes, or nothing where it is wrong."""
    if not _take_code(work, person_id, code, in_use=False):
        return None
    work.execute(update(Person).where(Person.id == person_id).values(factor_since=work.now))
    return _new_recovery_codes(work, person_id)


def accept(work: UnitOfWork, person_id: str, code: str) -> bool:
    """Whether this is a code of the authenticator, or a recovery code, that was not taken before; now it is."""
    return _take_code(work, person_id, code, in_use=True) or _take_recovery_code(work, person_id, code)


def reset(work: UnitOfWork, person_id: str) -> None:
    """Take the second factor away, with its recovery codes: it is to be set up anew."""
    work.execute(
        update(Person).where(Person.id == person_id).values(factor_secret=None, factor_since=None, factor_step=0)
    )
    work.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _take_code(work: UnitOfWork, person_id: str, code: str, *, in_use: bool) -> bool:
    confirmed = Person.factor_since.is_not(None) if in_use else Person.factor_since.is_(None)
    secret = work.execute(select(Person.factor_secret).where(Person.id == person_id, confirmed)).scalar_one_or_none()
    given = "".join(code.split())
    if secret is None or len(given) != 6 or not (given.isascii() and given.isdigit()):
        return False
    authenticator, now = pyotp.TOTP(secret.decode()), int(work.now.timestamp()) // STEP
    fits = [now + drift for drift in _DRIFT if hmac.compare_digest(authenticator.generate_otp(now + drift), given)]
    if not fits:
        return False
    # One statement: of two who bring the same code at once, one is too late.
    later = Person.factor_step < min(fits)
    taken = work.execute(update(Person).where(Person.id == person_id, later).values(factor_step=min(fits)))
    return bool(taken.rowcount)


def _new_recovery_codes(work: UnitOfWork, person_id: str) -> list[str]:
    """Give new recovery codes of 120 random bits; only their hashes are kept (enough bits for a plain hash)."""
    work.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    raw = [base64.b32encode(secrets.token_bytes(15)).decode() for _ in range(_RECOVERY_CODES)]
    work.execute(insert(RecoveryCode), [{"person_id": person_id, "code_hash": _hash(one)} for one in raw])
    return ["-".join(one[at : at + 4] for at in range(0, 24, 4)) for one in raw]


def _take_recovery_code(work: UnitOfWork, person_id: str, code: str) -> bool:
    given = "".join(letter for letter in code.upper() if letter.isalnum())
    taken = work.execute(
        update(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.code_hash == _hash(given))
        .where(RecoveryCode.used_at.is_(None))
        .values(used_at=work.now)
    )
    return bool(taken.rowcount)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
