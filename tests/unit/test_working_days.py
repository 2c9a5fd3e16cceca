"""Dutch working days: the holidays that count, the clock changes, and the arithmetic."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import working_days
from hub.rules.working_days import (
    AMSTERDAM,
    WORKED_ON,
    add_working_days,
    days_off,
    is_working_day,
    local_day,
    working_days_between,
)

DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2060, 12, 31), timezones=st.just(UTC))
COUNTS = st.integers(-60, 60)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    "day",
    [
        *("2026-01-01", "2026-04-06", "2026-04-27", "2026-05-14", "2026-05-25", "2026-12-25"),
        *("2025-04-21", "2025-05-05", "2025-05-29", "2025-06-09", "2025-12-25", "2025-12-26"),
        *("2030-05-30", "2024-04-01", "2024-12-26", "2021-04-27", "2020-05-05"),
    ],
)
def test_a_holiday_is_no_working_day(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert not is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-05-05", "2024-05-06", "2023-05-05", "2022-05-05", "2027-05-05"])
def test_liberation_day_is_a_working_day_outside_lustrum_years(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2024-03-29", "2025-04-18", "2026-04-03"])
def test_good_friday_is_a_working_day(day: str) -> None:
    assert is_working_day(date.fromisoformat(day))


def test_kings_day_is_kept_on_saturday_when_the_27th_is_a_sunday() -> None:
    assert date(2025, 4, 26) in days_off(2025)
    assert date(2025, 4, 27) not in days_off(2025)
    assert is_working_day(date(2025, 4, 25))
    assert is_working_day(date(2025, 4, 28))


def test_queens_day_was_another_day() -> None:
    assert is_working_day(date(2015, 4, 30))
    assert not is_working_day(date(2015, 4, 27))


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-22", "2025-04-26"])
def test_a_weekend_is_no_working_day(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))


def test_the_calendar_has_good_friday_and_the_holidays_off_and_nothing_else() -> None:
    known = holidays.country_holidays("NL", years=range(2020, 2031), language="nl")
    assert {name.casefold() for day in known for name in known.get_list(day)} == {
        *("nieuwjaarsdag", "eerste paasdag", "tweede paasdag", "koningsdag", "bevrijdingsdag", "hemelvaartsdag"),
        *("eerste pinksterdag", "tweede pinksterdag", "eerste kerstdag", "tweede kerstdag"),
        *WORKED_ON,
    }


def test_good_friday_is_off_where_offices_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_days, "WORKED_ON", frozenset())
    days_off.cache_clear()
    assert not is_working_day(date(2026, 4, 3))
    days_off.cache_clear()


def test_the_names_do_not_turn_with_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in ("en_US", "nl_NL", "uk", "C"):
        monkeypatch.setenv("LANGUAGE", language)
        days_off.cache_clear()
        assert len(days_off(2026)) == 9


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-11-20T10:00", 1, "2026-11-23T10:00"),  # over a weekend
        ("2026-11-21T10:00", 1, "2026-11-23T10:00"),  # from a Saturday
        ("2026-11-22T23:59", 1, "2026-11-23T23:59"),
        ("2026-11-23T00:00", -1, "2026-11-20T00:00"),
        ("2026-11-21T10:00", 0, "2026-11-21T10:00"),
        ("2024-03-28T16:30", 1, "2024-03-29T16:30"),  # Good Friday
        ("2024-03-28T16:30", 2, "2024-04-02T16:30"),  # and Easter
        ("2025-04-25T09:00", 1, "2025-04-28T09:00"),  # King's Day on Saturday
        ("2025-12-24T12:00", 1, "2025-12-29T12:00"),  # Christmas on Thursday
        ("2026-12-24T12:00", 1, "2026-12-28T12:00"),  # Christmas on Friday
        ("2026-12-31T12:00", 1, "2027-01-04T12:00"),  # into another year
        ("2026-05-13T12:00", 1, "2026-05-15T12:00"),  # Ascension
        ("2026-03-27T02:30", 1, "2026-03-30T02:30"),  # a time the night between does not have
        ("2026-11-02T10:00", 42, "2026-12-31T10:00"),
    ],
)
def test_working_days_later_is_the_same_local_time(start: str, n: int, end: str) -> None:
    assert add_working_days(local(start), n) == local(end)
    assert add_working_days(local(start), n).tzinfo is AMSTERDAM


def test_the_night_the_clock_goes_forward_takes_an_hour() -> None:
    start = local("2026-03-27T10:00")
    end = add_working_days(start, 1)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(days=3, hours=-1)


def test_the_night_the_clock_goes_back_gives_an_hour() -> None:
    start = local("2026-10-23T10:00")
    end = add_working_days(start, 1)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(days=3, hours=1)


@pytest.mark.parametrize("fold", [0, 1])
def test_from_an_hour_that_comes_twice_both_end_at_the_same_moment(fold: int) -> None:
    start = local("2026-10-25T02:30").replace(fold=fold)
    end = add_working_days(start, 1)
    assert (end, end.fold) == (local("2026-10-26T02:30"), 0)


def test_the_day_is_counted_in_amsterdam_and_not_in_the_zone_of_the_moment() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday 00:30 in Amsterdam
    assert local_day(late) == date(2026, 11, 23)
    assert add_working_days(late, 1) == local("2026-11-24T00:30")
    far = late.astimezone(timezone(timedelta(hours=-8)))
    assert add_working_days(far, 1) == local("2026-11-24T00:30")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        add_working_days(datetime(2026, 11, 23), 1)


def test_a_moment_is_no_day() -> None:
    with pytest.raises(TypeError, match="local_day"):
        is_working_day(datetime(2026, 11, 23, tzinfo=UTC))


def test_between_counts_after_the_first_up_to_the_last() -> None:
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 20)) == 0
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 22)) == 0
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 20)) == -1
    assert working_days_between(date(2025, 12, 24), date(2026, 1, 2)) == 4


@given(MOMENTS, COUNTS)
def test_between_undoes_adding(moment: datetime, n: int) -> None:
    later = add_working_days(moment, n)
    assert working_days_between(local_day(moment), local_day(later)) == n


@given(MOMENTS, COUNTS.filter(bool))
def test_adding_ends_on_a_working_day_at_the_same_time_of_day(moment: datetime, n: int) -> None:
    later = add_working_days(moment, n)
    assert is_working_day(local_day(later))
    assert later.time() == moment.astimezone(AMSTERDAM).time()
    assert (later > moment) is (n > 0)
    assert later == later.astimezone(UTC).astimezone(AMSTERDAM)


@given(MOMENTS, st.integers(1, 30), st.integers(1, 30))
def test_adding_in_two_steps_is_adding_at_once(moment: datetime, a: int, b: int) -> None:
    assert add_working_days(add_working_days(moment, a), b) == add_working_days(moment, a + b)


@given(DAYS, DAYS, DAYS)
def test_between_counts_no_day_twice(a: date, b: date, c: date) -> None:
    first, middle, last = sorted((a, b, c))
    whole = working_days_between(first, last)
    assert whole == working_days_between(first, middle) + working_days_between(middle, last)
    assert 0 <= whole <= (last - first).days


@given(DAYS)
def test_no_stretch_without_work_is_longer_than_five_days(day: date) -> None:
    assert any(is_working_day(day + timedelta(days=i)) for i in range(6))


@given(st.integers(2015, 2099))
def test_every_year_has_nine_or_ten_holidays_off(year: int) -> None:
    assert 9 <= len(days_off(year)) <= 10


@given(DAYS)
def test_a_working_day_later_than_midnight_is_midnight(day: date) -> None:
    midnight = datetime.combine(day, time(), tzinfo=AMSTERDAM)
    assert add_working_days(midnight, 1).time() == time()
