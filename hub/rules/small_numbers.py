"""Small numbers: how counts of people are told so that nobody is found in them, nor by subtracting one from another.

A group of 1 to ``least`` - 1 people is small; a group of nobody is about nobody and is told. Cells are given as the
people in them (ids, of which only the number counts). A row of cells that make up a known total is told by ``merged``;
a table of rows, of which all totals are known, by ``together``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

People = frozenset[str]
OWN_WORK = 5
"""The smallest group told of one's own organisation's work."""
OUTSIDE = 10
"""The smallest group in statistics about the work of others (rule A13 of the access policy)."""


def is_small(people: People, least: int) -> bool:
    """Whether so few people are in a group that telling its size tells of someone."""
    return 0 < len(people) < least


def union(groups: Iterable[People]) -> People:
    """Give the people of several groups together."""
    return frozenset[str]().union(*groups)


def merged(cells: Sequence[Sequence[People]], least: int) -> tuple[range, ...]:
    """Merge cells of an ordered row with their neighbours until none of what is told is small.

    A cell may hold several groups (who came, who left), of which none may be small. Where even all together are too
    few one run is left, that is small itself: the caller tells nothing of it.
    """
    runs = [range(place, place + 1) for place in range(len(cells))]
    while len(runs) > 1:
        sizes = [_sizes(cells, run) for run in runs]
        small = next((place for place, size in enumerate(sizes) if any(0 < one < least for one in size)), None)
        if small is None:
            break
        around = [place for place in (small - 1, small + 1) if 0 <= place < len(runs)]
        other = min(around, key=lambda place: (max(sizes[place]) == 0, max(sizes[place])))
        first, last = sorted((small, other))
        runs[first : last + 1] = [range(runs[first].start, runs[last].stop)]
    return tuple(runs)


def _sizes(cells: Sequence[Sequence[People]], run: range) -> list[int]:
    return [len(union(cells[place][kind] for place in run)) for kind in range(len(cells[run.start]))]


def named_small(cells: Sequence[People], run: range, least: int) -> frozenset[int]:
    """Give the cells of a merged run that may be called small: each may then still hold any number of 1 to least - 1.

    None where the sum would tell more than that.
    """
    small = frozenset(place for place in run if is_small(cells[place], least))
    large = any(len(cells[place]) >= least for place in run)
    enough = (least - 1) + max(0, len(small) - 1) * (least - 1) + least
    return small if large and sum(len(cells[place]) for place in run) >= enough else frozenset()


def with_rest(rows: Sequence[People], least: int) -> tuple[tuple[int, ...], ...]:
    """Give the rows of a table whose totals are told: small ones go together in one, the last, with others if need be.

    One small row is left where all rows together are too few.
    """
    order = sorted(range(len(rows)), key=lambda place: (len(rows[place]), place))
    rest: list[int] = [place for place in order if len(rows[place]) < least]
    large = [place for place in order if len(rows[place]) >= least]
    while rest and is_small(union(rows[place] for place in rest), least) and large:
        rest.append(large.pop(0))
    apart = [(place,) for place in sorted(large)]
    return (*apart, tuple(sorted(rest))) if rest else tuple(apart)


@dataclass(frozen=True, kw_only=True)
class Told:
    """How the rows of a table are told: some with their cells, others by their totals and their cells together.

    Neither: the cells of nobody are told, only totals of rows.
    """

    apart: frozenset[int]
    grouped: frozenset[int]


def together(rows: Sequence[Sequence[People]], least: int) -> Told:
    """Say which rows of a table show their cells, where the totals of all rows are known and none is small.

    A row with a small cell goes with at least one other: of those the totals are told, and the cells of all of them
    together. What one cell of them may be then spans at least ``least`` numbers, whatever is subtracted from what.
    """
    everything = frozenset(range(len(rows)))
    grouped = {place for place in everything if any(is_small(cell, least) for cell in rows[place])}
    if not grouped:
        return Told(apart=everything, grouped=frozenset())
    others = sorted(everything - grouped, key=lambda place: (len(union(rows[place])), place))
    while len(grouped) < 2 or _any_small(rows, grouped, least):
        if not others:
            return Told(apart=frozenset(), grouped=frozenset())
        grouped.add(others.pop(0))
    return Told(apart=everything - grouped, grouped=frozenset(grouped))


def _any_small(rows: Sequence[Sequence[People]], places: Iterable[int], least: int) -> bool:
    chosen = [rows[place] for place in places]
    return any(is_small(union(row[column] for row in chosen), least) for column in range(len(chosen[0])))
