"""Where in a TOML file something stands: readers of TOML don't tell, and a mistake without its line is a search."""

import tomllib
from collections.abc import Sequence
from typing import Any


class Lines:
    """The lines of a file that is valid TOML.

    A part from its start either is TOML too, or ends inside a value of several lines. So the line of an entry is the
    first after the longest part that is TOML and doesn't have it: no second reader of the format is needed.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        self._read: dict[int, Any] = {0: {}}

    def line_of(self, path: Sequence[str]) -> int | None:
        """Give the line, from 1, at which an entry or the nearest around it begins; nothing where none is there."""
        for length in range(len(path), 0, -1):
            if self._has(len(self._lines), path[:length]):
                return self._first_with(path[:length])
        return None

    def _first_with(self, path: Sequence[str]) -> int:
        without, having = 0, len(self._lines)
        while having - without > 1:
            middle = (without + having) // 2
            if self._has(middle, path):
                having = middle
            else:
                without = middle
        return self._whole(having - 1) + 1

    def _has(self, count: int, path: Sequence[str]) -> bool:
        found = self._read[self._whole(count)]
        for key in path:
            if isinstance(found, list):
                found = {str(number): one for number, one in enumerate(found)}
            if not isinstance(found, dict) or key not in found:
                return False
            found = found[key]
        return True

    def _whole(self, count: int) -> int:
        """Give how many of the first lines are TOML together."""
        while count not in self._read:
            try:
                self._read[count] = tomllib.loads("".join(self._lines[:count]))
            except tomllib.TOMLDecodeError:
                count -= 1
        return count
