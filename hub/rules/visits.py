"""Coming back to a case: when a visit begins, how far it has read, and what of what happened is worth a line."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from hub.rules.working_days import AMSTERDAM, SATURDAY, local_day

PAUSE = dt.timedelta(minutes=30)
"""After so long away, looking again is another visit."""
TOUCH_EVERY = dt.timedelta(minutes=1)
# What systems do along the way: the timeline has it, nobody comes back for it.
_QUIET = frozenset({"delivered", "processed", "delayed", "sent_again"})
# What is written in a meeting stands there, not in the timeline.
_ELSEWHERE = "minute_"


@dataclass(frozen=True, kw_only=True)
class Read:
    """How far someone has read a case, in positions of the whole case.

    ``position`` and ``at`` are where and when the visit before this one ended, ``began`` where this one began, ``seen``
    and ``seen_at`` how far and when was read last. So what is new stays the same as long as the visit lasts.
    """

    position: int
    at: dt.datetime
    began: int
    seen: int
    seen_at: dt.datetime


def looked(before: Read | None, place: int, now: dt.datetime) -> Read:
    """Give how far someone has read who looks now, at a case that has grown to ``place``."""
    if before is None:
        return Read(position=place, at=now, began=place, seen=place, seen_at=now)
    if now - before.seen_at > PAUSE:
        return Read(position=before.seen, at=before.seen_at, began=place, seen=max(before.seen, place), seen_at=now)
    return replace(before, seen=max(before.seen, place), seen_at=now)


def worth_writing(before: Read | None, after: Read) -> bool:
    """Whether a look changes what is kept: how far was read, or when, by more than a minute."""
    if before is None or before.seen != after.seen or before.began != after.began:
        return True
    return after.seen_at - before.seen_at >= TOUCH_EVERY


def last_working_day(now: dt.datetime) -> dt.date:
    """Give the working day before today: on Monday that is Friday."""
    day = local_day(now) - dt.timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day -= dt.timedelta(days=1)
    return day


def start_of(day: dt.date) -> dt.datetime:
    """Give the moment at which a local day begins."""
    return dt.datetime.combine(day, dt.time(), AMSTERDAM).astimezone(dt.UTC)


class Happened(Protocol):
    """What is known of something that happened, before any of its words."""

    @property
    def kind(self) -> str:
        """Give what happened."""

    @property
    def actor(self) -> str | None:
        """Give who did it."""

    @property
    def organisation(self) -> str | None:
        """Give where that is."""

    @property
    def referral_id(self) -> str | None:
        """Give the referral that it is about."""

    @property
    def item_id(self) -> str | None:
        """Give what was written down that it is about."""


_Head = TypeVar("_Head", bound=Happened)


def news(heads: Iterable[_Head], name: str, organisation: str) -> list[_Head]:
    """Give what is worth a line to someone: of each thing the last that happened to it, newest first.

    ``heads`` are what this one sees, oldest first. What one did oneself is no news, and what came and went neither.
    """
    last: dict[str, _Head] = {}
    came: set[str] = set()
    for head in heads:
        if head.kind in _QUIET or head.kind.startswith(_ELSEWHERE):
            continue
        about = head.item_id or head.referral_id or head.kind
        if head.actor == name and head.organisation == organisation:
            last.pop(about, None)
            continue
        if head.kind.endswith("_added"):
            came.add(about)
        last.pop(about, None)  # what happened last goes last
        last[about] = head
    gone = {about for about, head in last.items() if head.kind.endswith("_removed") and about in came}
    return [head for about, head in reversed(last.items()) if about not in gone]
