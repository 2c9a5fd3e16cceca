"""The judge of a drill finds what is planted: one that can't fail would prove nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.vocabulary import Event, MessageKind
from workers.drill.checker import Findings, Told, check
from workers.drill.driver import marker
from workers.drill.evidence import EntryRow, Evidence, LedgerRow, ReferralRow, SentRow
from workers.drill.plan import COMPLETED, SOCIAL_WORK, WITHDRAWN, PlannedReferral, Story
from workers.drill.script import Accepted

LANE = f"case|{SOCIAL_WORK}"
COMPLETED_ENTRIES = ("send", "delivered", "receive", "accept", "start", "complete")
WITHDRAWN_ENTRIES = ("send", "delivered", "withdraw")


def accepted(number: int, story: Story) -> Accepted:
    planned = PlannedReferral(
        index=number, at=0, bsn="999990019", to=SOCIAL_WORK, story=story, sender_after=0, answer_after=0
    )
    return Accepted(planned=planned, referral_id=f"referral-{number}", number=number)


def sent(row_id: int, number: int, kind: MessageKind) -> SentRow:
    return SentRow(
        id=row_id,
        keys=frozenset((f"message-{row_id}",)),
        lane=LANE,
        kind=kind,
        referral_id=f"referral-{number}",
        receiver=SOCIAL_WORK,
        open=False,
        delay=0.5,
    )


def row(number: int, story: Story) -> ReferralRow:
    return ReferralRow(
        id=f"referral-{number}",
        reason=marker(number),
        case_id="case",
        status=story.status,
        delivery="processed",
        version=1 + len(story.events),
    )


TOLD = Told(
    attempted=5,
    referrals=(accepted(1, COMPLETED), accepted(2, WITHDRAWN)),
    events=frozenset({("referral-1", Event.START), ("referral-1", Event.COMPLETE), ("referral-2", Event.WITHDRAW)}),
)
_KINDS = [(kind, "referral-1") for kind in COMPLETED_ENTRIES] + [(kind, "referral-2") for kind in WITHDRAWN_ENTRIES]
GOOD = Evidence(
    referrals=(row(1, COMPLETED), row(2, WITHDRAWN)),
    sent=(sent(1, 1, MessageKind.SENT), sent(2, 2, MessageKind.SENT), sent(3, 2, MessageKind.WITHDRAWN)),
    entries=tuple(
        EntryRow(case_id="case", position=position, kind=kind, referral_id=referral)
        for position, (kind, referral) in enumerate(_KINDS, start=1)
    ),
    counters=(("case", len(_KINDS)),),
    ledgers=(
        (
            SOCIAL_WORK,
            tuple(LedgerRow(place=place, key=f"message-{place}", wire=2 if place == 1 else 1) for place in (1, 2, 3)),
        ),
    ),
)


def ledger(*rows: tuple[int, str]) -> tuple[tuple[str, tuple[LedgerRow, ...]], ...]:
    return ((SOCIAL_WORK, tuple(LedgerRow(place=place, key=key, wire=1) for place, key in rows)),)


def entries(change: Callable[[list[EntryRow]], None]) -> tuple[EntryRow, ...]:
    """Change the timeline and number it anew, so that only the planted fault is in it."""
    rows = list(GOOD.entries)
    change(rows)
    return tuple(replace(entry, position=position) for position, entry in enumerate(rows, start=1))


def with_entries(change: Callable[[list[EntryRow]], None]) -> Evidence:
    rows = entries(change)
    return replace(GOOD, entries=rows, counters=(("case", len(rows)),))


def test_a_clean_drill_is_found_well_and_every_effect_is_counted() -> None:
    found = check(TOLD, GOOD)
    assert found.well, list(found.sentences())
    assert (found.attempted, found.accepted, found.effects, found.wire_duplicates) == (5, 5, 5, 1)
    assert found.max_delay == 0.5


PLANTED: dict[str, tuple[Evidence, str]] = {
    "a message that the partner never got": (
        replace(GOOD, ledgers=ledger((1, "message-1"), (2, "message-2"))),
        "lost",
    ),
    "an accepted referral that is not in the books": (replace(GOOD, referrals=GOOD.referrals[1:]), "lost"),
    "an accepted referral without a message": (replace(GOOD, sent=GOOD.sent[1:]), "lost"),
    "a partner's answer without an effect": (with_entries(lambda rows: rows.pop(5)), "lost"),
    "a sender's event without an effect": (with_entries(lambda rows: rows.pop()), "lost"),
    "the same planned referral twice": (
        replace(GOOD, referrals=(*GOOD.referrals, replace(GOOD.referrals[0], id="another"))),
        "duplicated",
    ),
    "an answer that had its effect twice": (with_entries(lambda rows: rows.insert(5, rows[4])), "duplicated"),
    "a delivery told twice": (with_entries(lambda rows: rows.insert(2, rows[1])), "duplicated"),
    "one message under two names in the partner's books": (
        replace(
            GOOD,
            sent=(replace(GOOD.sent[0], keys=frozenset(("message-1", "short-1"))), *GOOD.sent[1:]),
            ledgers=ledger((1, "message-1"), (2, "message-2"), (3, "message-3"), (4, "short-1")),
        ),
        "duplicated",
    ),
    "a withdrawal that overtook its referral": (
        replace(GOOD, ledgers=ledger((1, "message-1"), (2, "message-3"), (3, "message-2"))),
        "out_of_order",
    ),
    "a first message that came last": (
        replace(GOOD, ledgers=ledger((9, "message-1"), (2, "message-2"), (3, "message-3"))),
        "out_of_order",
    ),
    "an end before its start": (
        with_entries(lambda rows: rows.insert(4, rows.pop(5))),
        "out_of_order",
    ),
    "a message that the hub never sent": (
        replace(GOOD, ledgers=ledger((1, "message-1"), (2, "message-2"), (3, "message-3"), (4, "stranger"))),
        "unexpected",
    ),
    "an event that nobody told": (
        with_entries(lambda rows: rows.append(replace(rows[0], kind="pause"))),
        "unexpected",
    ),
    "a payload in quarantine": (replace(GOOD, intake_states=(("quarantined", 1),)), "unexpected"),
    "a hole in the timeline": (
        replace(GOOD, entries=(*GOOD.entries[:1], *GOOD.entries[2:])),
        "gaps",
    ),
    "a counter beyond the last entry": (replace(GOOD, counters=(("case", len(_KINDS) + 1),)), "gaps"),
    "a state that an update was lost from": (
        replace(GOOD, referrals=(replace(GOOD.referrals[0], status="started"), GOOD.referrals[1])),
        "lost_updates",
    ),
    "a version that an update was lost from": (
        replace(GOOD, referrals=(replace(GOOD.referrals[0], version=2), GOOD.referrals[1])),
        "lost_updates",
    ),
    "a delivery that nobody told": (
        replace(GOOD, referrals=(replace(GOOD.referrals[0], delivery="under_way"), GOOD.referrals[1])),
        "lost_updates",
    ),
}


@pytest.mark.parametrize(("evidence", "where"), PLANTED.values(), ids=PLANTED.keys())
def test_the_judge_finds(evidence: Evidence, where: str) -> None:
    found = check(TOLD, evidence)
    assert getattr(found, where), f"not found; {list(found.sentences())}"
    assert not found.well


@pytest.mark.parametrize("figure", ["unfinished", "hidden", "dead_letters"])
def test_what_waits_at_the_end_is_not_well(figure: str) -> None:
    found: Findings = check(TOLD, replace(GOOD, **{figure: 1}))
    assert not found.well


def test_an_effect_without_a_seen_acceptance_is_recovered_and_no_fault() -> None:
    one_less = replace(TOLD, referrals=TOLD.referrals[:1], events=frozenset(e for e in TOLD.events if e[0][-1] == "1"))
    found = check(one_less, GOOD)
    assert found.well, list(found.sentences())
    assert found.recovered == 1
