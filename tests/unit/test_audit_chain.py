"""Every way to tamper with the audit log is found, at every place, and the first bad record is named."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.models.audit_keys import AuditKeys, signature_fits
from hub.rules.audit_chain import FIRST, Checkpoint, Checks, Link, canonical, first_fault, link_hash

OURS, THEIRS = AuditKeys(b"ours" * 8), AuditKeys(b"theirs" * 8)
SIZE, EVERY, TIMES = 250, 7, 4
CHAIN = "gemeente-tilburg-2026-11"
Log = tuple[list[Link], list[Checkpoint]]


def sealed(bodies: list[str], keys: AuditKeys = OURS) -> list[Link]:
    links, last = [], FIRST
    for seq, body in enumerate(bodies, start=1):
        fresh = link_hash(CHAIN, seq, last, body)
        links.append(Link(chain=CHAIN, seq=seq, prev=last, hash=fresh, body=body, mac=keys.mac(fresh)))
        last = fresh
    return links


def checkpoint(number: int, link: Link, keys: AuditKeys = OURS) -> Checkpoint:
    at = (dt.datetime(2026, 11, 1) + dt.timedelta(seconds=number)).isoformat()
    bare = Checkpoint(chain=CHAIN, number=number, count=link.seq, hash=link.hash, at=at, key=keys.public, signature="")
    return replace(bare, signature=keys.sign(bare.signed_text()))


def body_of(number: int) -> str:
    return canonical({"id": f"r{number}", "actor": "marloes", "deed": "case.view", "subject": f"s{number % 50}"})


LINKS = sealed([body_of(number) for number in range(1, SIZE + 1)])
POINTS = [checkpoint(number, LINKS[count - 1]) for number, count in enumerate(range(EVERY, SIZE + 1, EVERY), start=1)]
if POINTS[-1].count < SIZE:
    POINTS.append(checkpoint(len(POINTS) + 1, LINKS[-1]))


def signed(one: Checkpoint) -> bool:
    return one.key == OURS.public and signature_fits(OURS.public, one.signed_text(), one.signature)


_SIGNED = {one: signed(one) for one in POINTS}  # verified once: a signature costs more than all the rest


def known(one: Checkpoint) -> bool:
    found = _SIGNED.get(one)
    return signed(one) if found is None else found


PUBLIC = Checks(signature=known)
OWNER = Checks(signature=known, mac=OURS.mac_fits)


def byte_changed(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    links, points = log
    link = links[place]
    name = chance.choice(["body", "prev", "hash", "mac"])
    text = getattr(link, name)
    at = chance.randrange(len(text))
    changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
    return ([*links[:place], replace(link, **{name: changed}), *links[place + 1 :]], points), place + 1


def row_gone(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    links, points = log
    return (links[:place] + links[place + 1 :], points), place + 1


def swapped(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    links, points = list(log[0]), log[1]
    other = chance.choice([at for at in range(SIZE) if at != place])
    one, two = links[place], links[other]
    links[place], links[other] = replace(two, seq=one.seq), replace(one, seq=two.seq)
    return (links, points), min(place, other) + 1


def inserted(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    links, points = log
    before = links[place - 1].hash if place else FIRST
    body = body_of(10_000 + place)
    fresh = link_hash(CHAIN, place + 1, before, body)
    extra = Link(chain=CHAIN, seq=place + 1, prev=before, hash=fresh, body=body, mac=THEIRS.mac(fresh))
    later = [replace(link, seq=link.seq + 1) for link in links[place:]]
    return ([*links[:place], extra, *later], points), place + 1


def tail_cut(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    return (log[0][:place], log[1]), place + 1


def rehashed(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    """Take a record out, and write all that comes after it anew without the key, its place in the chain too."""
    links, points = log
    bodies = [link.body for link in links]
    bodies[place] = bodies[place].replace("marloes", "peter", 1)
    anew = sealed(bodies, THEIRS)
    return (links[:place] + anew[place:], points), place + 1


def foreign_checkpoint(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    """Write the tail anew and sign it with another key."""
    (links, points), first = rehashed(log, place, chance)
    theirs = [one if one.count < first else checkpoint(one.number, links[one.count - 1], THEIRS) for one in points]
    return (links, theirs), first


def older_checkpoint(log: Log, place: int, chance: random.Random) -> tuple[Log, int]:
    """Cut the tail and let the last checkpoint be an older one, given as if it were new."""
    links, points = log
    old = [one for one in points if one.count <= place]
    replayed = old[chance.randrange(len(old))] if old else points[0]
    return (links[:place], [*old, replayed, *points[len(old) + 1 :]]), place + 1


KINDS = [byte_changed, row_gone, swapped, inserted, tail_cut, rehashed, foreign_checkpoint, older_checkpoint]


def test_an_untouched_log_has_no_fault() -> None:
    assert first_fault(LINKS, POINTS, OWNER) is None
    assert first_fault(LINKS, POINTS, PUBLIC) is None
    assert first_fault([], [], OWNER) is None


@pytest.mark.parametrize("tamper", KINDS, ids=lambda kind: kind.__name__)
def test_a_tamper_is_found_at_every_place_a_thousand_times_and_the_first_bad_record_named(
    tamper: Callable[[Log, int, random.Random], tuple[Log, int]],
) -> None:
    chance = random.Random(20261122)
    for place in [place for place in range(SIZE) for _ in range(TIMES)]:
        (links, points), first = tamper((LINKS, POINTS), place, chance)
        fault = first_fault(links, points, OWNER)
        assert fault is not None, f"{tamper.__name__} at {place}"
        if tamper is older_checkpoint:  # a replayed checkpoint is named by the records that it should have told of
            before = max([one.count for one in POINTS if one.count <= place], default=0)
            assert before + 1 <= fault.seq <= first, (place, fault)
        else:
            assert fault.seq == first, (place, fault)


@pytest.mark.parametrize("tamper", KINDS, ids=lambda kind: kind.__name__)
def test_with_the_public_key_alone_a_tamper_is_found_and_named_to_the_checkpoint(
    tamper: Callable[[Log, int, random.Random], tuple[Log, int]],
) -> None:
    chance = random.Random(20261122)
    for place in range(SIZE):
        (links, points), first = tamper((LINKS, POINTS), place, chance)
        if links == LINKS or [replace(link, mac="") for link in links] == [replace(link, mac="") for link in LINKS]:
            continue  # only a mac was changed: who does not hold the key can't see it, and nothing else was touched
        fault = first_fault(links, points, PUBLIC)
        assert fault is not None, f"{tamper.__name__} at {place}"
        # A record that was put in hangs together with those before it: the next one is the first that does not.
        assert first - EVERY < fault.seq <= first + (tamper is inserted), (place, fault)


_TEXTS = st.text(max_size=20)
_VALUES = _TEXTS | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.lists(_TEXTS, max_size=3)


_NAMES = st.text(alphabet=st.characters(max_codepoint=127), max_size=5)


@given(st.recursive(_VALUES | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner)))
def test_our_canonical_form_is_that_of_rfc_8785(value: object) -> None:
    try:
        theirs = rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError:  # a lone surrogate has no canonical form
        return
    assert canonical(value).encode() == theirs
