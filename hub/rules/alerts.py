"""What waits for one person: kinds of alerts, and who is named in a text."""

from collections.abc import Iterable
from enum import StrEnum

_MOST_WORDS = 6
_END = ".,;:!?)]}'\"’”"


class AlertKind(StrEnum):
    """Why something waits: one is named, answered in the conversation, answered or asked at a referral."""

    MENTION = "mention"
    REPLY = "reply"
    ANSWER = "answer"
    QUESTION = "question"


ABOUT_ITEMS = frozenset({AlertKind.MENTION, AlertKind.REPLY})


def may_be_named(text: str) -> frozenset[str]:
    """Give the names that may stand behind an @ in a text: of each the first word, the first two, and so on."""
    found = set()
    for rest in text.split("@")[1:]:
        words = rest.split()[:_MOST_WORDS] if rest[:1].strip() else []
        for number in range(1, len(words) + 1):
            name = " ".join(words[:number])
            found |= {name, name.rstrip(_END)}
    return frozenset(found - {""})


def named(text: str, names: Iterable[str]) -> frozenset[str]:
    """Give who of these people is named in a text: of names that begin alike, the longest that stands there."""
    rest, found = " ".join(text.split()), set()
    for name in sorted(set(names), key=len, reverse=True):
        if f"@{name}" in rest:
            found.add(name)
            rest = rest.replace(f"@{name}", "")
    return frozenset(found)
