"""Days without a time, as a register keeps them: by the clock of the Netherlands."""

import datetime as dt
from zoneinfo import ZoneInfo

_HERE = ZoneInfo("Europe/Amsterdam")


def day_of(moment: dt.datetime) -> str:
    """Give the day of a moment: half past midnight on Tuesday is not Monday's any more."""
    return moment.astimezone(_HERE).date().isoformat()
