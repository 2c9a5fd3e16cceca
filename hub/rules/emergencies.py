"""Emergency access in figures: who may ask for it, how long it lasts, and which clocks start with it."""

import datetime as dt
from dataclasses import dataclass

from hub.rules.access_tables import Role
from hub.rules.working_days import add_working_days

ROLES = frozenset({Role.PRACTITIONER, Role.SOCIAL_WORKER, Role.TEAM_COORDINATOR})
"""Who rule A11 knows: nobody of income, enforcement or placement."""
LASTS = dt.timedelta(minutes=60)
SHORTEST_REASON = 20
LONGEST_REASON = 1_000
DANGERS = ("life", "violence", "child", "crisis")
VERDICTS = ("justified", "not_justified")
REVIEW_ABOVE = 3
MONTH = dt.timedelta(days=31)


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """What must have happened by when after an emergency began."""

    until: dt.datetime
    verdict_by: dt.datetime
    tell_client_by: dt.datetime


def clocks(since: dt.datetime) -> Clocks:
    """Give the end of the access (an hour), the verdict (one working day) and telling the client (three)."""
    return Clocks(
        until=since + LASTS,
        verdict_by=add_working_days(since, 1),
        tell_client_by=add_working_days(since, 3),
    )


def is_reason(text: str) -> bool:
    """Tell whether a reason says something: twenty characters or more, and more than one key held down."""
    said = " ".join(text.split())
    return SHORTEST_REASON <= len(said) <= LONGEST_REASON and len(set(said.casefold())) >= 6
