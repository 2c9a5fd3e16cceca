"""Moments in the words of the reader: Amsterdam time, in the language that is spoken."""

import datetime as dt
from zoneinfo import ZoneInfo

from hub.rules.languages import DUTCH
from hub.web.translations import Words, gettext, language, ngettext

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_DAYS = {
    "nl": ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_LONG_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december".split(),  # noqa: SIM905
    "en": "January February March April May June July August September October November December".split(),  # noqa: SIM905
}
# The usual short forms; cutting at three letters would give "maa".
_SHORT_MONTHS = {
    "nl": ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_NEAR = Words({0: "vandaag", 1: "gisteren"})
_LETTERS_OF_A_DAY = {"nl": 2, "en": 3}


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
    return f"{_DAYS[language()][day.weekday()]} {day.day} {_LONG_MONTHS[language()][day.month - 1]}{year}"


def short_day(day: dt.date) -> str:
    """Give a day in short: di 24 nov."""
    year = "" if day.year == today().year else f" {day.year}"
    spoken = language()
    weekday = _DAYS[spoken][day.weekday()][: _LETTERS_OF_A_DAY[spoken]]
    return f"{weekday} {day.day} {_SHORT_MONTHS[spoken][day.month - 1]}{year}"


def plain_day(day: dt.date) -> str:
    """Give a day without its weekday, with the year: 11 juni 2026."""
    return f"{day.day} {_LONG_MONTHS[language()][day.month - 1]} {day.year}"


def month(day: dt.date) -> str:
    """Give the month of a day with its year: november 2026."""
    return f"{_LONG_MONTHS[language()][day.month - 1]} {day.year}"


def short_month(day: dt.date) -> str:
    """Give the month of a day in short: nov."""
    return _SHORT_MONTHS[language()][day.month - 1]


def day_heading(day: dt.date) -> str:
    """Give the heading of a day in a timeline: Vandaag, dinsdag 24 november.

    It changes at midnight; an open page asks for a fresh snapshot then, so push and reload keep saying the same.
    """
    word = _NEAR.get((today() - day).days)
    return capitalised(f"{word}, {long_day(day)}" if word else long_day(day))


def appointed(at: dt.datetime) -> str:
    """Give for when something was agreed: Vrijdag 27 november, 10:30. Nine sharp is what stands for no time chosen."""
    day, clock_time = long_day(local(at).date()), time_of_day(at)
    return capitalised(day if clock_time == "09:00" else f"{day}, {clock_time}")


def moment(at: dt.datetime) -> str:
    """Give a day and time in short: vandaag, 10:41 or di 17 nov, 10:42."""
    day = local(at).date()
    word = _NEAR.get((today() - day).days) or short_day(day)
    return f"{word}, {time_of_day(at)}"


def term(due: dt.datetime | None, *, overdue: bool) -> tuple[str, str]:
    """Give a term in words and its tone (``laat``, ``vandaag`` or nothing)."""
    if due is None:
        return "–", ""
    late = (today() - local(due).date()).days
    if overdue or late > 0:
        if late < 1:
            return gettext("Te laat"), "laat"
        return ngettext("%(num)d dag te laat", "%(num)d dagen te laat", late), "laat"
    if late == 0:
        return capitalised(f"{_NEAR[0]}, {time_of_day(due)}"), "vandaag"
    return capitalised(short_day(local(due).date())), ""


def since(at: dt.datetime) -> str:
    """Give how long ago something was: 40 seconden, 2 uur en 28 minuten, 3 dagen."""
    seconds = max(0, int((clock() - at).total_seconds()))
    if seconds < 60:
        return ngettext("%(num)d seconde", "%(num)d seconden", seconds)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours < 1:
        return ngettext("%(num)d minuut", "%(num)d minuten", minutes)
    if days < 1:
        whole, rest = ngettext("%(num)d uur", "%(num)d uur", hours), minutes % 60
        if not rest:
            return whole
        return gettext(
            "%(hours)s en %(minutes)s", hours=whole, minutes=ngettext("%(num)d minuut", "%(num)d minuten", rest)
        )
    return ngettext("%(num)d dag", "%(num)d dagen", days)


def until(at: dt.datetime) -> str:
    """Give how long it takes until something: over 2 minuten; nu where it is past."""
    seconds = int((at - clock()).total_seconds())
    if seconds <= 0:
        return gettext("nu")
    if seconds < 60:
        return gettext("binnen een minuut")
    if seconds < 3600:
        return ngettext("over %(num)d minuut", "over %(num)d minuten", round(seconds / 60))
    return moment(at)


def capitalised(text: str) -> str:
    """Give the text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def decimal(number: float) -> str:
    """Give a number with one decimal, with the comma or the point of the language."""
    return f"{number:.1f}".replace(".", "," if language() == DUTCH else ".")
