"""What a message is made of: values, parts, and shapes that hold parts in the order of the standard."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from schemas.fields import EARLIEST, LATEST


@dataclass(frozen=True, kw_only=True)
class Value:
    """A simple value: what it is called, how the standard wants it, and what is taken in reading where that is wider.

    ``words`` is the code list of each family, where they differ.
    """

    what: str
    pattern: str
    tolerated: str | None = None
    day: bool = False
    words: Mapping[str, Collection[str]] = field(default_factory=dict)

    def fits(self, text: str, family: str, *, strict: bool) -> bool:
        """Whether a text may stand here."""
        pattern = self.pattern if strict or self.tolerated is None else self.tolerated
        if not re.fullmatch(pattern, text, re.ASCII):
            return False
        if self.day and not _is_day(text):
            return False
        return not self.words or text in self.words[family]


def _is_day(text: str) -> bool:
    try:
        return EARLIEST <= dt.date.fromisoformat(text) < LATEST
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class Part:
    """One element inside a shape. ``lost`` says why the canonical message has no place for it."""

    name: str
    holds: "Value | Shape"
    required: bool = True
    many: bool = False
    lost: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """An element with elements inside, in order.

    ``base`` says that its parts stand in the namespace of the shared schema; ``judged`` that a return message gives
    return codes at its end.
    """

    parts: tuple[Part, ...]
    base: bool = False
    judged: bool = False

    def part(self, name: str) -> Part | None:
        """Find a part by the name of its element."""
        return next((part for part in self.parts if part.name == name), None)


def one(name: str, holds: Value | Shape, lost: str | None = None) -> Part:
    """Give a part that must be there."""
    return Part(name=name, holds=holds, lost=lost)


def maybe(name: str, holds: Value | Shape, lost: str | None = None) -> Part:
    """Give a part that may be there."""
    return Part(name=name, holds=holds, required=False, lost=lost)


def some(name: str, holds: Shape) -> Part:
    """Give a part that is there once or more."""
    return Part(name=name, holds=holds, many=True)


def base(*parts: Part) -> Shape:
    """Give a shape of the shared schema."""
    return Shape(parts=parts, base=True)


def plain(*parts: Part) -> Shape:
    """Give a shape of one message."""
    return Shape(parts=parts)


def judged(*parts: Part) -> Shape:
    """Give a shape of one message that gets return codes."""
    return Shape(parts=parts, judged=True)
