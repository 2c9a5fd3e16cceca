"""Dates and times of StUF: digits without separators and without a zone, incomplete in ways of their own."""

import calendar
import datetime as dt
import re
from zoneinfo import ZoneInfo

from connectors.protocol import Loss
from connectors.work_and_income.tree import Node, broken
from schemas.fields import EARLIEST, LATEST

LOCAL = ZoneInfo("Europe/Amsterdam")
_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_MOMENT = re.compile(r"([0-9]{8})([0-9]{2})?([0-9]{2})?([0-9]{2})?([0-9]{1,3})?", re.ASCII)
# How much of JJJJ-MM-DD is known, by indOnvolledigeDatum (StUF 03.01): J nothing, M the year, D year and month.
_KNOWN = {None: 10, "V": 10, "D": 7, "M": 4, "J": 0}
_INCOMPLETE = {10: None, 7: "D", 4: "M"}


def day(node: Node, name: str, namespace: str) -> str | None:
    """Read a date as far as it is known; ``""`` where it has no value or is wholly unknown, ``None`` where not told."""
    found = node.one(name, namespace)
    digits = node.text(name, namespace)
    if found is None or not digits:
        return digits
    known = found.attribute("indOnvolledigeDatum")
    if known not in _KNOWN:
        raise broken(found.path, "An incomplete date is marked J, M, D or V.")
    if not _DAY.fullmatch(digits):
        raise broken(found.path, "A date has eight digits.")
    # what is not known is filled with anything: zeros too
    told = (digits[:4], digits[4:6] if _KNOWN[known] > 4 else "01", digits[6:] if _KNOWN[known] > 7 else "01")
    if _KNOWN[known] == 0:
        return ""
    return _existing("".join(told), found.path).isoformat()[: _KNOWN[known]]


def moment(text: str, path: str) -> dt.datetime:
    """Read a time of 8 to 17 digits: a day, an hour, ... to a thousandth of a second, in the Netherlands."""
    found = _MOMENT.fullmatch(text)
    if not found or (found[5] and not found[4]) or (found[4] and not found[3]) or (found[3] and not found[2]):
        raise broken(path, "A time has 8, 10, 12 or 14 to 17 digits.")
    hours, minutes, seconds = (int(found[place] or 0) for place in (2, 3, 4))
    if hours > 23 or minutes > 59 or seconds > 59:
        raise broken(path, "There is no such time.")
    part = int((found[5] or "0").ljust(6, "0"))
    local = dt.datetime.combine(_existing(found[1], path), dt.time(hours, minutes, seconds, part), LOCAL)
    if local.date() == EARLIEST:
        raise broken(path, "This is not a moment of this time.")  # in UTC it lies before our calendar
    return local.astimezone(dt.UTC)


def _existing(digits: str, path: str) -> dt.date:
    try:
        found = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError as error:
        raise broken(path, "There is no such day.") from error
    if not EARLIEST <= found < LATEST:
        raise broken(path, "This is not a day of this time.")
    return found


def digits_of(moment: dt.datetime) -> str:
    """Write a moment in 17 digits."""
    local = moment.astimezone(LOCAL)
    return local.strftime("%Y%m%d%H%M%S") + f"{local.microsecond // 1000:03}"


def status_digits(moment: dt.datetime) -> str:
    """Write a moment as the suites write ``datumStatusGezet``: to a hundredth of a second, in 16 digits."""
    return digits_of(moment)[:16]


def day_of(moment: dt.datetime) -> str:
    """Write the day of a moment in the Netherlands."""
    return digits_of(moment)[:8]


def birth_digits(partial: str) -> tuple[str, str | None]:
    """Write a birth date that may be incomplete, with its ``indOnvolledigeDatum``."""
    return (partial + "-01-01")[:10].replace("-", ""), _INCOMPLETE[len(partial)]


def whole_day(partial: str, field: str, losses: list[Loss], *, last: bool = False) -> str:
    """Write a full date; one known to the month or year becomes its first or last day, and that is told."""
    if len(partial) < 10:
        which = "last" if last else "first"
        losses.append(Loss(field=field, why=f"a case has full dates; sent as the {which} day"))
    if not last or len(partial) == 10:
        return (partial + "-01-01")[:10].replace("-", "")
    year, month = int(partial[:4]), int(partial[5:7] or 12)
    return f"{year:04}{month:02}{calendar.monthrange(year, month)[1]:02}"
