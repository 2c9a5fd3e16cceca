"""Moments in the words of the reader: Amsterdam time, plain Dutch."""

import datetime as dt
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
# The usual short forms; cutting at three letters would give "maa" and "jun".
SHORT_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


def clock() -> dt.datetime:
    """Give the present moment."""
    return dt.datetime.now(dt.UTC)


def local(at: dt.datetime) -> dt.datetime:
    """Give the moment as a clock in Amsterdam shows it."""
    return at.astimezone(AMSTERDAM)


def today() -> dt.date:
    """Give the day it is in Amsterdam."""
    return local(clock()).date()


def time_of_day(at: dt.datetime) -> str:
    """Give the time, for instance 10:42."""
    return f"{local(at):%H:%M}"


def long_day(day: dt.date) -> str:
    """Give a day in full, with the year where it is not this year: dinsdag 24 november."""
    year = "" if day.year == today().year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def short_day(day: dt.date) -> str:
    """Give a day in short: di 24 nov."""
    year = "" if day.year == today().year else f" {day.year}"
    return f"{DAYS[day.weekday()][:2]} {day.day} {SHORT_MONTHS[day.month - 1]}{year}"


def plain_day(day: dt.date) -> str:
    """Give a day without its weekday, with the year: 11 juni 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_heading(day: dt.date) -> str:
    """Give the heading of a day in a timeline: Vandaag, dinsdag 24 november.

    It changes at midnight; an open page asks for a fresh snapshot then, so push and reload keep saying the same.
    """
    word = {0: "Vandaag, ", 1: "Gisteren, "}.get((today() - day).days, "")
    return capitalised(word + long_day(day))


def moment(at: dt.datetime) -> str:
    """Give a day and time in short: vandaag, 10:41 or di 17 nov, 10:42."""
    day = local(at).date()
    word = {0: "vandaag", 1: "gisteren"}.get((today() - day).days) or short_day(day)
    return f"{word}, {time_of_day(at)}"


def term(due: dt.datetime | None, *, overdue: bool) -> tuple[str, str]:
    """Give a term in words and its tone (``laat``, ``vandaag`` or nothing)."""
    if due is None:
        return "–", ""
    late = (today() - local(due).date()).days
    if overdue or late > 0:
        if late < 1:
            return "Te laat", "laat"
        return f"{late} {'dag' if late == 1 else 'dagen'} te laat", "laat"
    if late == 0:
        return f"Vandaag, {time_of_day(due)}", "vandaag"
    return capitalised(short_day(local(due).date())), ""


def since(at: dt.datetime) -> str:
    """Give how long ago something was: 40 seconden, 2 uur en 28 minuten, 3 dagen."""
    seconds = max(0, int((clock() - at).total_seconds()))
    if seconds < 60:
        return _counted(seconds, "seconde", "seconden")
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours < 1:
        return _counted(minutes, "minuut", "minuten")
    if days < 1:
        rest = minutes % 60
        return f"{hours} uur" + (f" en {_counted(rest, 'minuut', 'minuten')}" if rest else "")
    return _counted(days, "dag", "dagen")


def until(at: dt.datetime) -> str:
    """Give how long it takes until something: over 2 minuten; nu where it is past."""
    seconds = int((at - clock()).total_seconds())
    if seconds <= 0:
        return "nu"
    if seconds < 60:
        return "binnen een minuut"
    if seconds < 3600:
        return "over " + _counted(round(seconds / 60), "minuut", "minuten")
    return moment(at)


def capitalised(text: str) -> str:
    """Give the text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
