"""What must come back of a message that went there and back, and what a dialect may say in other words."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.protocol import AddressBook
from schemas.message import Message
from schemas.vocabulary import OrganisationKind

TOLD = frozenset({"event", "status", "implies", "dropped_fields"})
"""What the kind of a message says too: what happened, and what the hub itself keeps."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give each value of a message's data with its path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value


def is_lost(path: str, lost: tuple[str, ...]) -> bool:
    """Whether a path, what holds it or a part of it is named as lost."""
    named = [one.removeprefix("data.") for one in lost]
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) or one.startswith(f"{path}[") for one in named)


def mismatches(sent: Message, came: Message, lost: tuple[str, ...], book: AddressBook) -> dict[str, tuple[Any, Any]]:
    """Give what changed without being named: path to what was sent and what came."""
    after = dict(leaves(came.to_json().get("data", {})))
    if sent.data.referral_id in came.data.correlation.values():  # where a dialect has one place for a key
        after["referral_id"] = sent.data.referral_id
    found = {
        path: (value, after.get(path))
        for path, value in leaves(sent.to_json().get("data", {}))
        if path.split(".")[0] not in TOLD and not is_lost(path, lost) and not _same(path, value, after.get(path))
    }
    if came.kind is not sent.kind and not is_lost("type", lost):
        found["type"] = (sent.kind, came.kind)
    for side in ("sender", "receiver"):
        if not _same_party(getattr(sent, side), getattr(came, side), book) and not is_lost(side, lost):
            found[side] = (getattr(sent, side), getattr(came, side))
    return found


def _same(path: str, sent: Any, came: Any) -> bool:
    if path == "occurred_at" and isinstance(came, str):  # a dialect of days knows no hours
        return sent == came or abs(_day(sent) - _day(came)) <= 1
    if path == "client.initials" and isinstance(came, str):
        return re.sub(r"[^\w]", "", sent) == re.sub(r"[^\w]", "", came)
    if path == "assignments" and isinstance(came, list):  # a snapshot that is read lists what it tells of too
        return all(any(_within(one, other) for other in came) for one in sent)
    return bool(sent == came)


def _within(part: Any, whole: Any) -> bool:
    """Whether all that a part says is said by the whole, which may say more."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(_within(value, whole.get(name)) for name, value in part.items())
    return bool(part == whole)


def _day(moment: str) -> int:
    return dt.date.fromisoformat(moment[:10]).toordinal()


def _same_party(sent: str, came: str, book: AddressBook) -> bool:
    """A dialect may know the municipality alone, not which of its organisations it is."""
    party = book.party(came) if sent != book.partner.code else None
    return sent == came or (party is not None and party.kind is OrganisationKind.MUNICIPALITY)
