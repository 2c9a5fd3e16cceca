"""How long who tries to sign in must wait. A try counts before it is looked at: many at once gain nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = dt.timedelta(minutes=15)
# An address from which someone signed in before has tries of its own: who guesses elsewhere can't use them up.
KNOWN_FOR = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many tries a window holds, and how many seconds must lie after the first, the second..."""

    tries: int
    pauses: tuple[int, ...] = ()


# Five from known addresses and five from all others: at most ten looked at for each account in any window.
ACCOUNT = Limit(tries=5, pauses=(0, 0, 5, 20))
CODE = Limit(tries=5, pauses=(0, 0, 5, 20))
# Secrets of systems are long and random: no pauses, for a system does not read what a page says.
SYSTEM = Limit(tries=5)
# An office shares one address, so this only stops who tries many accounts.
ADDRESS = Limit(tries=60)


def wait(limit: Limit, tries: Sequence[dt.datetime], now: dt.datetime) -> dt.timedelta:
    """Give how long the next try must wait, nothing where it may be now; ``tries`` are earlier ones, oldest first."""
    recent = [moment for moment in tries if moment > now - WINDOW]
    if not recent:
        return dt.timedelta(0)
    if len(recent) >= limit.tries:
        free_at = recent[-limit.tries] + WINDOW
    else:
        pause = limit.pauses[len(recent) - 1] if len(recent) <= len(limit.pauses) else 0
        free_at = recent[-1] + dt.timedelta(seconds=pause)
    return max(free_at - now, dt.timedelta(0))
