"""Why a viewer sees something or not, as it is told on the screen and in an answer."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Why somebody sees something, or does not (``allowed``): the rule, and the question that it answered.

    ``since`` and ``granted_by`` are left out where only the state may be known: they would tell more than it does.
    """

    allowed: bool = True
    rule: str
    reason: str
    purpose: str
    relation: str
    basis: str
    law: str
    since: dt.datetime | None = None
    granted_by: str | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """A kind of thing that is never shown to this viewer, whether it exists or not, with the rule and its reason."""

    what: str
    rule: str
    reason: str
