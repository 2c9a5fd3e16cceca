"""The chain of the audit log: how records hang together, and how to find the first one that does not.

Pure, and without a database: the same code checks the live log and an export at someone else's.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.rules.retention import Kind, due_at

FIRST = "0" * 64
"""What stands before the first record of a chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A sealed record: its place in a chain, and its body as it was written (canonical JSON, RFC 8785).

    ``mac`` is made with the key over ``hash``: without the key nobody can write the rest of a chain anew. ``columns``
    are what the database keeps beside the body for finding it; nothing in an export.
    """

    chain: str
    seq: int
    prev: str
    hash: str
    body: str
    mac: str = ""
    columns: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed statement: at this moment the chain had this many records and ended in this hash."""

    chain: str
    number: int
    count: int
    hash: str
    at: str
    key: str
    signature: str

    def signed_text(self) -> bytes:
        """Give what the signature is over."""
        told = {"at": self.at, "chain": self.chain, "count": self.count, "hash": self.hash, "number": self.number}
        return canonical(told).encode()


def checkpoint_of(told: Any) -> Checkpoint:
    """Read a checkpoint that was kept as JSON; ``ValueError`` where it is not one."""
    try:
        found = Checkpoint(**told)
    except TypeError as error:
        raise ValueError("not a checkpoint") from error
    texts = (found.chain, found.hash, found.at, found.key, found.signature)
    if not all(isinstance(one, str) for one in texts) or type(found.count) is not int or type(found.number) is not int:
        raise ValueError("not a checkpoint")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first record that is not as it was written: its place, its id where it has one, and what is wrong."""

    chain: str
    seq: int
    why: str
    record: str | None = None

    def told(self) -> str:
        """Say it in one sentence."""
        named = f" (id {self.record})" if self.record else ""
        return f"chain {self.chain}, record {self.seq}{named}: {self.why}"


_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False)


def canonical(value: Any) -> str:
    """Give the one form of a value of text, whole numbers, booleans, lists and objects with ASCII names (RFC 8785)."""
    return _CANONICAL.encode(value)


def link_hash(chain: str, seq: int, prev: str, body: str) -> str:
    """Give the hash of a record in its place (SHA-256). Nothing before the body can hold a line end."""
    return hashlib.sha256(f"{chain}\n{seq}\n{prev}\n{body}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What whoever verifies can check: everyone the signatures, only who holds the key the macs."""

    signature: Callable[[Checkpoint], bool]
    mac: Callable[[str, str], bool] | None = None


def first_fault(links: Iterable[Link], checkpoints: Sequence[Checkpoint], checks: Checks) -> Fault | None:
    """Give the first fault of one chain, or nothing. The links come in the order of their places."""
    bad = _bad_checkpoint(checkpoints, checks)
    by_count: dict[int, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        by_count.setdefault(checkpoint.count, []).append(checkpoint)
    chain = checkpoints[0].chain if checkpoints else ""
    count, last, sealed = 0, FIRST, 0
    for link in links:
        chain = link.chain
        fault = _fault_of(link, count + 1, last, checks)
        if fault is not None:
            return _earlier(fault, bad)
        count, last = link.seq, link.hash
        for checkpoint in by_count.get(count, ()):
            if checkpoint.hash != last and (bad is None or checkpoint is not bad[0]):
                why = f"checkpoint {checkpoint.number} knows another history of the records from here to {count}"
                return _earlier(Fault(chain=chain, seq=sealed + 1, why=why), bad)
            sealed = count
    known = max((one.count for one in checkpoints if bad is None or one is not bad[0]), default=0)
    if known > count:
        why = f"missing, with all that came after it: checkpoints know {known} records"
        return _earlier(Fault(chain=chain, seq=count + 1, why=why), bad)
    return bad[1] if bad is not None else None


def removal_fault(
    chain: str, links: Iterable[Link], checkpoints: Sequence[Checkpoint], checks: Checks, now: dt.datetime
) -> Fault | None:
    """Give what is wrong with a chain that is said to be removed: whole, after its term, and its checkpoints stay."""
    if not is_over(chain, now):
        return Fault(chain=chain, seq=1, why="missing: said to be removed, before its term was over")
    for link in links:
        return Fault(chain=chain, seq=link.seq, why="stands in a chain that is said to be removed")
    bad = _bad_checkpoint(checkpoints, checks)
    return bad[1] if bad is not None else None


def is_over(chain: str, now: dt.datetime) -> bool:
    """Whether the term of the last record that a chain may hold is over. A chain is named after its month."""
    try:
        year, month = (int(part) for part in chain[-7:].split("-"))
        end = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
    except ValueError:
        return False
    return due_at(Kind.AUDIT, end) <= now


def _fault_of(link: Link, expected: int, last: str, checks: Checks) -> Fault | None:
    """Give what is wrong with one record at its place."""
    if link.seq > expected:
        return Fault(chain=link.chain, seq=expected, why=f"missing: record {link.seq} comes next")
    why = None
    if link.seq < expected:
        why = "stands here twice, or out of order"
    elif link.prev != last:
        why = "does not follow on the record before it"
    elif link_hash(link.chain, link.seq, link.prev, link.body) != link.hash:
        why = "was changed after it was sealed"
    elif checks.mac is not None and not checks.mac(link.hash, link.mac):
        why = "was sealed without the key"
    elif link.columns is not None and (wrong := _wrong_columns(link.body, link.columns)):
        why = f"is filed under another {', '.join(wrong)} than it holds"
    return Fault(chain=link.chain, seq=link.seq, why=why, record=_id_of(link.body)) if why else None


def _wrong_columns(body: str, columns: Mapping[str, str | None]) -> list[str]:
    # Most often the columns stand in the text as they are, and it need not be taken apart: a quote can't stand in a
    # value unescaped, so a name with its value is never part of another value.
    for name, value in columns.items():
        if (f'"{name}":' in body) if value is None else (f'"{name}":"{value}"' not in body):
            break
    else:
        return []
    told = json.loads(body)
    return [name for name, value in columns.items() if told.get(name) != value]


def _id_of(body: str) -> str | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    found = told.get("id") if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _earlier(fault: Fault, bad: tuple[Checkpoint, Fault] | None) -> Fault:
    """Give the earlier fault. A record names itself; a checkpoint only says that one of those before it is bad."""
    return bad[1] if bad is not None and bad[0].count < fault.seq else fault


def _bad_checkpoint(checkpoints: Sequence[Checkpoint], checks: Checks) -> tuple[Checkpoint, Fault] | None:
    """Give the first checkpoint that is not ours, or not in its place, with the fault that this is."""
    count, number = 0, 0
    for checkpoint in checkpoints:
        why = None
        if not checks.signature(checkpoint):
            why = f"checkpoint {checkpoint.number} is not signed with our key"
        elif checkpoint.number > number + 1:
            why = f"checkpoint {number + 1} is missing"
        elif checkpoint.number <= number or checkpoint.count <= count:
            why = f"checkpoint {checkpoint.number} is an older one, or stands out of order"
        if why is not None:
            return checkpoint, Fault(chain=checkpoint.chain, seq=count + 1, why=why)
        count, number = checkpoint.count, checkpoint.number
    return None
