"""When a delivery is tried again, and for how long (five days, the horizon of Digikoppeling)."""

import datetime as dt
import random

_FIRST = (0, 5, 30, 120, 600, 1800, 7200, 18_000, 36_000)
_THEN = 43_200
HORIZON = dt.timedelta(days=5)
JITTER = 0.2
AMBER_AFTER = dt.timedelta(minutes=15)
RED_AFTER = dt.timedelta(hours=4)


def delay_after(
    attempts: int, *, retry_after: float | None = None, jitter: random.Random | None = None
) -> dt.timedelta:
    """Give how long to wait after this many tries; never sooner than the partner asks (``retry_after``, seconds)."""
    seconds = float(_FIRST[attempts] if attempts < len(_FIRST) else _THEN)
    seconds *= 1 + JITTER * ((jitter or random).uniform(-1, 1))
    return dt.timedelta(seconds=max(seconds, retry_after or 0.0))


def given_up(first_tried_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether the horizon has passed: from here a person decides."""
    return now - first_tried_at > HORIZON
