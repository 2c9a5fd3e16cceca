"""Take a turn at a lock, or hear how long to wait. The turns are rows: every process sees the same ones."""

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.models import Throttle
from hub.rules.throttling import ACCOUNT, ADDRESS, CODE, KNOWN_FOR, SYSTEM, WINDOW, wait
from hub.store.database import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One try that was counted: where, and when."""

    account: str
    address: str
    buckets: tuple[str, ...]
    at: float


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The try was not looked at; ``time`` is how long to wait."""

    time: dt.timedelta


def bucket(kind: str, *names: str) -> str:
    """Give the key of a row: a hash, so that it tells no name and no address."""
    return f"{kind}:{hashlib.sha256(chr(31).join(names).encode()).hexdigest()[:48]}"


def take_turn(work: UnitOfWork, kind: str, account: str, address: str) -> Turn | Wait:
    """Count a try at an account (``kind`` is ``person``, ``code`` or ``system``), or tell how long to wait.

    To be committed before the password is looked at.
    """
    known = _knows(work, bucket("seen", kind, account, address))
    limits = {
        bucket("address", address): ADDRESS,
        bucket("known" if known else "strange", kind, account): {"code": CODE, "system": SYSTEM}.get(kind, ACCOUNT),
    }
    # Always in one order, so that two tries never wait for each other.
    rows = {key: _locked(work, key) for key in sorted(limits)}
    longest = max(wait(limit, _moments(rows[key]), work.now) for key, limit in limits.items())
    if longest:
        return Wait(time=longest)
    for key, row in rows.items():
        _keep(work, key, [*_recent(row, work.now), work.now.timestamp()][-limits[key].tries :])
    return Turn(account=account, address=address, buckets=tuple(rows), at=work.now.timestamp())


def give_back(work: UnitOfWork, kind: str, turn: Turn) -> None:
    """Take a try back that turned out right, and remember the address as one of this account's own."""
    for key in sorted(turn.buckets):
        left = list(_locked(work, key))
        if turn.at in left:
            left.remove(turn.at)
            _keep(work, key, left)
    seen = bucket("seen", kind, turn.account, turn.address)
    _locked(work, seen)
    _keep(work, seen, [turn.at])


def forget_old(work: UnitOfWork) -> None:
    """Throw away what no longer counts."""
    work.execute(delete(Throttle).where(Throttle.seen_at < work.now - KNOWN_FOR))


def _knows(work: UnitOfWork, key: str) -> bool:
    seen_at = work.execute(select(Throttle.seen_at).where(Throttle.bucket == key)).scalar_one_or_none()
    return seen_at is not None and seen_at > work.now - KNOWN_FOR


def _locked(work: UnitOfWork, key: str) -> list[float]:
    """Give the tries of a row, which nobody else changes before this commits."""
    make = postgresql.insert(Throttle) if work.dialect == "postgresql" else sqlite.insert(Throttle)
    work.execute(make.values(bucket=key, tries=[], seen_at=work.now).on_conflict_do_nothing())
    tries: list[float] = work.execute(
        select(Throttle.tries).where(Throttle.bucket == key).with_for_update()
    ).scalar_one()
    return tries


def _keep(work: UnitOfWork, key: str, tries: list[float]) -> None:
    work.execute(update(Throttle).where(Throttle.bucket == key).values(tries=tries, seen_at=work.now))


def _recent(tries: list[float], now: dt.datetime) -> list[float]:
    return sorted(moment for moment in tries if moment > (now - WINDOW).timestamp())


def _moments(tries: list[float]) -> list[dt.datetime]:
    return [dt.datetime.fromtimestamp(moment, dt.UTC) for moment in sorted(tries)]
