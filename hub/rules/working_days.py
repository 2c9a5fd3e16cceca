"""Dutch working days: the clock of every term that counts werkdagen. Local means Europe/Amsterdam."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SATURDAY = 5
_DAY = timedelta(days=1)

WORKED_ON = frozenset({"goede vrijdag"})
"""Public holidays in the calendar on which offices work all the same; empty it to skip Good Friday too, which the
Algemene termijnenwet (article 3) equates to a holiday. Liberation Day is off in lustrum years alone (2025, 2030)."""


@lru_cache(maxsize=256)
def days_off(year: int) -> frozenset[date]:
    """The holidays of a year that are no working day, on the date they are kept (King's Day never on a Sunday)."""
    kept = holidays.country_holidays("NL", years=year, language="nl")  # named, or the machine's language is taken
    return frozenset(day for day in kept if {name.casefold() for name in kept.get_list(day)} - WORKED_ON)


def is_working_day(day: date) -> bool:
    """Tell whether offices work on this local day."""
    if isinstance(day, datetime):
        raise TypeError("a working day is a date; use local_day(moment)")
    return day.weekday() < SATURDAY and day not in days_off(day.year)


def local_day(moment: datetime) -> date:
    """The day a moment falls on in Amsterdam."""
    return _local(moment).date()


def add_working_days(moment: datetime, n: int) -> datetime:
    """The same local time ``n`` working days later (earlier when negative), in Amsterdam time.

    From a day off the count starts at the next working day; with ``n`` = 0 the moment stays where it is. The clock
    changes on Sundays, so the local time of a working day always exists and exists once.
    """
    local = _local(moment)
    if n == 0:
        return local
    step = _DAY if n > 0 else -_DAY
    day, left = local.date(), abs(n)
    while left:
        day += step
        left -= is_working_day(day)
    return datetime.combine(day, local.time().replace(fold=0), tzinfo=AMSTERDAM)


def working_days_between(start: date, end: date) -> int:
    """How many working days ``end`` is after ``start``: those after the one up to the other; negative when before.

    For n other than 0, ``working_days_between(day, n working days later)`` is n.
    """
    if end < start:
        return -sum(is_working_day(end + i * _DAY) for i in range((start - end).days))
    return sum(is_working_day(start + i * _DAY) for i in range(1, (end - start).days + 1))


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(AMSTERDAM)
