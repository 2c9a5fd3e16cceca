"""How two digests differ, and which event would bring one side to the other."""

from enum import StrEnum

from hub.rules import lifecycle
from hub.rules.lifecycle import Part
from schemas.vocabulary import Event, Status


class Kind(StrEnum):
    """In what the two sides differ."""

    UNKNOWN_THERE = "unknown_there"
    UNKNOWN_HERE = "unknown_here"
    STATE = "state"
    NUMBER = "number"


class Repair(StrEnum):
    """What a person may do about it."""

    SEND_AGAIN = "send_again"
    TAKE_OVER = "take_over"
    ASK = "ask"
    CLOSE = "close"


# What says something to a person besides the new state: without those words it is no statement of the partner.
_WORDLESS = frozenset(Event) - {
    Event.SEND, Event.ASK, Event.ANSWER, Event.PROPOSE_REDIRECT, Event.CONFIRM_REDIRECT, Event.MARK_ERROR
}  # fmt: skip


def event_towards(ours: Status, theirs: Status, parts: frozenset[Part]) -> Event | None:
    """Give the event by which who has these parts brings a referral to a state in one step; nothing where none does.

    Steps that the state proves (received, accepted, started) may lie in between.
    """
    for row in lifecycle.TRANSITIONS:
        if row.target is not theirs or not row.by & parts or row.event not in _WORDLESS:
            continue
        try:
            lifecycle.implied_steps(ours, row.event, lifecycle.INFERABLE)
        except lifecycle.NotAllowedNow:
            continue
        return row.event
    return None


def repairs(kind: Kind, *, known: bool, event: Event | None) -> tuple[Repair, ...]:
    """Give what may be done about a difference; ``known`` says that there is a referral of ours to send again."""
    found = [Repair.SEND_AGAIN] if known and kind in (Kind.UNKNOWN_THERE, Kind.STATE) else []
    if kind is Kind.STATE and event is not None:
        found.append(Repair.TAKE_OVER)
    return (*found, Repair.ASK, Repair.CLOSE)
