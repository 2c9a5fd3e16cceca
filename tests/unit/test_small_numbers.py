"""Small numbers: nothing that is told is small, and nothing that is not told can be worked out from it."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.small_numbers import OUTSIDE, OWN_WORK, People, is_small, merged, named_small, together, union, with_rest

leasts = st.sampled_from([OWN_WORK, OUTSIDE, 3])
counts = st.integers(min_value=0, max_value=14)


def crowds(sizes: list[int]) -> list[People]:
    """Give groups of these sizes, of people who are in one group only: then people and referrals are as many."""
    numbers = itertools.count()
    return [frozenset(str(next(numbers)) for _one in range(size)) for size in sizes]


def small(size: int, least: int) -> bool:
    return 0 < size < least


@settings(deadline=None)
@given(sizes=st.lists(counts, min_size=1, max_size=8), least=leasts)
def test_merged_cells_keep_their_order_hold_everyone_once_and_none_is_small(sizes: list[int], least: int) -> None:
    runs = merged([(one,) for one in crowds(sizes)], least)
    assert [place for run in runs for place in run] == list(range(len(sizes)))
    sums = [sum(sizes[place] for place in run) for run in runs]
    assert not any(small(one, least) for one in sums) or (len(runs) == 1 and small(sum(sizes), least))


@settings(deadline=None)
@given(came=st.lists(counts, min_size=1, max_size=8), data=st.data(), least=leasts)
def test_what_came_and_what_left_are_merged_by_the_same_months(
    came: list[int], data: st.DataObject, least: int
) -> None:
    left = data.draw(st.lists(counts, min_size=len(came), max_size=len(came)))
    groups = crowds([*came, *left])
    runs = merged(list(zip(groups[: len(came)], groups[len(came) :], strict=True)), least)
    for run in runs if len(runs) > 1 else ():
        assert not small(sum(came[one] for one in run), least)
        assert not small(sum(left[one] for one in run), least)


@settings(deadline=None)
@given(sizes=st.lists(counts, min_size=2, max_size=6), least=leasts)
def test_a_cell_that_is_called_small_may_still_be_any_small_number(sizes: list[int], least: int) -> None:
    """The sum of the run is known, and for each cell whether it was called small."""
    cells = crowds(sizes)
    for run in merged([(one,) for one in cells], least):
        named = named_small(cells, run, least)
        others = len(run) - len(named)
        assert named <= {place for place in run if small(sizes[place], least)}
        for values in itertools.product(range(1, least), repeat=min(len(named), 2)) if named else ():
            rest = [least - 1] * max(0, len(named) - 2)
            left_over = sum(sizes[place] for place in run) - sum(values) - sum(rest)
            assert others >= 1
            assert left_over >= least, "one of the others can be what remains, and would not be called small"


@settings(deadline=None)
@given(sizes=st.lists(counts, min_size=1, max_size=8), least=leasts)
def test_small_rows_go_together_with_others_until_they_are_no_longer_small(sizes: list[int], least: int) -> None:
    rows = with_rest(crowds(sizes), least)
    assert sorted(place for row in rows for place in row) == list(range(len(sizes)))
    sums = [sum(sizes[place] for place in row) for row in rows]
    assert not any(small(one, least) for one in sums) or len(rows) == 1


tables = st.integers(min_value=2, max_value=4).flatmap(
    lambda width: st.lists(st.lists(counts, min_size=width, max_size=width), min_size=1, max_size=5)
)


@settings(max_examples=300, deadline=None)
@given(table=tables, least=leasts)
def test_no_hidden_cell_can_be_worked_out_from_the_totals(table: list[list[int]], least: int) -> None:
    """Of rows without cells all totals are known, of them alone the totals of columns: the bounds are Fréchet's."""
    rows = [row for row in table if sum(row) >= least]
    if not rows:
        return
    groups = crowds([cell for row in rows for cell in row])
    width = len(rows[0])
    told = together([groups[place * width : (place + 1) * width] for place in range(len(rows))], least)
    for place in told.apart:
        assert not any(small(cell, least) for cell in rows[place])
    hidden = [rows[place] for place in told.grouped]
    columns = [sum(column) for column in zip(*hidden, strict=True)]
    assert not any(small(one, least) for one in columns)
    assert len(hidden) != 1
    for row in hidden:
        for column, cell in zip(columns, row, strict=True):
            most = min(sum(row), column)
            fewest = max(0, sum(row) + column - sum(columns))
            assert fewest <= cell <= most
            if small(cell, least):
                assert most - fewest >= least
                assert most >= least, "it need not be small at all"


@settings(deadline=None)
@given(sizes=st.lists(counts, min_size=1, max_size=5), least=leasts)
def test_who_is_in_two_groups_counts_once_when_they_are_put_together(sizes: list[int], least: int) -> None:
    cells = [frozenset(str(one) for one in range(size)) for size in sizes]  # each holds the one before
    runs = merged([(one,) for one in cells], least)
    for run in runs if len(runs) > 1 else ():
        assert not is_small(union(cells[place] for place in run), least)
