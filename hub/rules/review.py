"""Which looks a person should judge: rules over who looked at whom and when. They point; they never accuse or block.

What no rule can see, that somebody of the right organisation looks out of curiosity, is what the random sample is for.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo


class Doubt(StrEnum):
    """Why a look is put before a person."""

    EMERGENCY = "emergency"
    SAME_NAME = "same_name"
    AFTER_END = "after_end"
    DENIED_RUN = "denied_run"
    DENIED_OFTEN = "denied_often"
    MANY_CLIENTS = "many_clients"
    AT_NIGHT = "at_night"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look by a person. ``subject`` is the client's pseudonym; ``same_name``: both bear one family name."""

    id: str
    at: dt.datetime
    actor: str
    organisation: str
    subject: str | None
    denied: bool = False
    emergency: bool = False
    same_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Looks of one person on one day that raise the same doubts; the first stands for them."""

    look: Look
    doubts: tuple[Doubt, ...]
    looks: int


RUN, RUN_WITHIN = 3, dt.timedelta(hours=1)
OFTEN, OFTEN_WITHIN = 4, dt.timedelta(days=7)
MOST_CLIENTS = 50
NIGHT_BEGINS, NIGHT_ENDS = 23, 6
NIGHTS_THAT_ARE_A_HABIT = 3
REVIEW_WITHIN = dt.timedelta(days=7)
SAMPLE_SHARE, SAMPLE_LEAST = 100, 50
_HERE = ZoneInfo("Europe/Amsterdam")


def doubts(looks: Iterable[Look]) -> dict[str, tuple[Doubt, ...]]:
    """Give the doubts of each look that raises any, by its id. Give some weeks at once: habits count."""
    found: defaultdict[str, set[Doubt]] = defaultdict(set)
    by_actor: defaultdict[str, list[Look]] = defaultdict(list)
    for look in sorted(looks, key=lambda look: look.at):
        by_actor[look.actor].append(look)
        if look.emergency:
            found[look.id].add(Doubt.EMERGENCY)
        if look.same_name:
            found[look.id].add(Doubt.SAME_NAME)
    for own in by_actor.values():
        for doubt, rule in _OF_ONE_PERSON.items():
            for look in rule(own):
                found[look.id].add(doubt)
    return {look_id: tuple(sorted(raised)) for look_id, raised in found.items()}


def _after_end(own: Sequence[Look]) -> Iterator[Look]:
    """A client that this person could see before, and no longer may."""
    known = set()
    for look in own:
        if look.subject is None:
            continue
        if look.denied and look.subject in known:
            yield look
        elif not look.denied:
            known.add(look.subject)


def _denied(own: Sequence[Look], count: int, within: dt.timedelta) -> Iterator[Look]:
    """So many different clients refused within so long."""
    refused = [look for look in own if look.denied]
    start = told = 0
    clients: Counter[str] = Counter()
    for index, last in enumerate(refused):
        clients[last.subject or last.id] += 1
        while last.at - refused[start].at > within:
            gone = refused[start].subject or refused[start].id
            clients[gone] -= 1
            if not clients[gone]:
                del clients[gone]
            start += 1
        if len(clients) >= count:
            yield from refused[max(start, told) : index + 1]
            told = index + 1


def _many_clients(own: Sequence[Look]) -> Iterator[Look]:
    """More clients on one day than anyone's work asks."""
    days: defaultdict[dt.date, list[Look]] = defaultdict(list)
    for look in own:
        days[look.at.astimezone(_HERE).date()].append(look)
    for day in days.values():
        if len({look.subject for look in day}) > MOST_CLIENTS:
            yield from day


def _at_night(own: Sequence[Look]) -> Iterator[Look]:
    """At night, by who seldom works at night."""
    nights: defaultdict[dt.date, list[Look]] = defaultdict(list)
    for look in own:
        local = look.at.astimezone(_HERE)
        if local.hour >= NIGHT_BEGINS or local.hour < NIGHT_ENDS:
            nights[(local - dt.timedelta(hours=NIGHT_ENDS)).date()].append(look)
    if len(nights) <= NIGHTS_THAT_ARE_A_HABIT:
        for night in nights.values():
            yield from night


_OF_ONE_PERSON = {
    Doubt.AFTER_END: _after_end,
    Doubt.DENIED_RUN: lambda own: _denied(own, RUN, RUN_WITHIN),
    Doubt.DENIED_OFTEN: lambda own: _denied(own, OFTEN, OFTEN_WITHIN),
    Doubt.MANY_CLIENTS: _many_clients,
    Doubt.AT_NIGHT: _at_night,
}


def picks(looks: Sequence[Look], since: dt.datetime) -> list[Pick]:
    """Give what a person must judge of the looks since a moment; the earlier ones only tell what is a habit."""
    raised = doubts(looks)
    groups: defaultdict[tuple[str, dt.date, tuple[Doubt, ...]], list[Look]] = defaultdict(list)
    for look in sorted(looks, key=lambda look: look.at):
        if look.id in raised and look.at >= since:
            groups[look.actor, look.at.astimezone(_HERE).date(), raised[look.id]].append(look)
    return [Pick(look=same[0], doubts=why, looks=len(same)) for (_actor, _day, why), same in groups.items()]


def sample(looks: Sequence[Look], rank: dict[str, str]) -> list[Pick]:
    """Give the random part of a week's looks: 1 %, at least fifty. ``rank`` is a keyed hash that nobody can foresee."""
    count = max(SAMPLE_LEAST, -(-len(looks) // SAMPLE_SHARE))
    chosen = sorted(looks, key=lambda look: rank[look.id])[:count]
    return [Pick(look=look, doubts=(Doubt.SAMPLE,), looks=1) for look in chosen]
