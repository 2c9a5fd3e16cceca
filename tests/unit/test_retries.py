"""When a delivery is tried again: the schedule, its spread, and where it ends."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.retries import AMBER_AFTER, HORIZON, JITTER, RED_AFTER, delay_after, given_up

SECONDS = (0, 5, 30, 120, 600, 1800, 7200, 18_000, 36_000)
TWELVE_HOURS = 43_200
START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
attempts = st.integers(min_value=0, max_value=500)
dice = st.integers().map(random.Random)


class Even(random.Random):
    """Dice that always fall in the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def usual(tried: int) -> float:
    return float(SECONDS[tried]) if tried < len(SECONDS) else TWELVE_HOURS


@pytest.mark.parametrize(("tried", "seconds"), [*enumerate(SECONDS), (9, TWELVE_HOURS), (10, TWELVE_HOURS)])
def test_the_waits_grow_from_seconds_to_half_a_day(tried: int, seconds: int) -> None:
    assert delay_after(tried, jitter=Even()) == dt.timedelta(seconds=seconds)


@given(tried=attempts, jitter=dice)
def test_no_wait_is_more_than_a_fifth_off_its_schedule(tried: int, jitter: random.Random) -> None:
    wait = delay_after(tried, jitter=jitter).total_seconds()
    assert usual(tried) * (1 - JITTER) - 0.001 <= wait <= usual(tried) * (1 + JITTER) + 0.001


@given(tried=st.integers(min_value=1, max_value=500))
def test_two_rows_that_failed_together_do_not_come_back_together(tried: int) -> None:
    assert delay_after(tried, jitter=random.Random(1)) != delay_after(tried, jitter=random.Random(2))


@given(tried=attempts, asked=st.floats(min_value=0, max_value=86_400), jitter=dice)
def test_it_is_never_sooner_than_the_partner_asks(tried: int, asked: float, jitter: random.Random) -> None:
    assert delay_after(tried, retry_after=asked, jitter=jitter) >= dt.timedelta(seconds=asked) - dt.timedelta.resolution


@given(tried=attempts, seed=st.integers())
def test_a_partner_that_asks_for_less_does_not_shorten_the_wait(tried: int, seed: int) -> None:
    plain = delay_after(tried, jitter=random.Random(seed))
    assert delay_after(tried, retry_after=0.0, jitter=random.Random(seed)) == plain


def test_a_wait_needs_no_dice_of_its_own() -> None:
    assert dt.timedelta(seconds=4) <= delay_after(1) <= dt.timedelta(seconds=6)


@pytest.mark.parametrize(
    ("age", "over"),
    [
        (dt.timedelta(), False),
        (HORIZON, False),
        (HORIZON + dt.timedelta.resolution, True),
        (dt.timedelta(days=400), True),
    ],
)
def test_after_five_days_a_person_decides(age: dt.timedelta, over: bool) -> None:
    assert given_up(START, START + age) is over


def test_the_horizon_is_five_days_and_an_operator_knows_long_before() -> None:
    assert dt.timedelta(days=5) == HORIZON
    assert AMBER_AFTER < RED_AFTER < HORIZON


@given(jitter=dice)
def test_a_partner_that_stays_away_is_tried_some_seventeen_times_before_that(jitter: random.Random) -> None:
    now, tried = START, 1
    while not given_up(START, now):
        now += delay_after(tried, jitter=jitter)
        tried += 1
    assert 16 <= tried <= 20
