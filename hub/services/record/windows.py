"""How much of a timeline is read for a viewer: a page begins with the newest, and asks for the rest by its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.rules.blocks import first_shown


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The entries of a timeline that are read for a viewer, counted from ``first``, of so many that the viewer sees."""

    position: int = 0
    first: int = 1
    heads: Sequence[Any] = ()

    @property
    def span(self) -> dict[str, int]:
        """Give between which positions of the case they stand."""
        return {"since": self.heads[0].position, "until": self.heads[-1].position}


NOTHING = Shown()


@dataclass(frozen=True, kw_only=True)
class Window:
    """How much of a timeline is asked for: the newest blocks, and from ``since`` on where that is earlier.

    Where that would be more than ``most``, the newest blocks alone. With ``before`` it is what comes right before that
    entry, so many as ``most``. Numbers are the viewer's own.
    """

    since: int | None = None
    before: int | None = None
    most: int | None = None

    def of(self, heads: Sequence[Any]) -> Shown:
        """Give what of these, all that a viewer sees, is read."""
        position = len(heads)
        first, last = first_shown(position), position
        if self.before is not None:
            last = min(max(self.before - 1, 0), position)
            first = max(1, last - (self.most or last) + 1)
        elif self.since is not None and (self.most is None or position - self.since < self.most):
            first = max(1, min(first, self.since))
        return Shown(position=position, first=first, heads=heads[first - 1 : last])


NEWEST = Window()
WHOLE = Window(since=1)
