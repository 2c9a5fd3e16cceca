"""The figures of a report, as one viewer may know them: decided and counted before, drawn elsewhere."""

import datetime as dt
from dataclasses import dataclass

from hub.rules.reporting import Period, Phase, Stand


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number of referrals (or clients); nothing where too few people are in it. ``small`` says that it is that."""

    count: int | None
    small: bool = False


@dataclass(frozen=True, kw_only=True)
class Together:
    """One figure of a row whose total is known: that of one code, or of several that were too small apart.

    ``small`` are those among them that may be called so.
    """

    codes: tuple[str, ...]
    figure: Figure
    small: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Stands:
    """The referrals sent in the period: how many there are of each stand, small ones merged with the one beside it.

    ``reached`` are those that came as far as a stand or further, where that may be told.
    """

    total: Figure
    parts: tuple[Together, ...]
    reached: tuple[tuple[Stand, Figure], ...]


@dataclass(frozen=True, kw_only=True)
class OrganisationRow:
    """The referrals with one organisation, by phase; without ``parts`` only their total is told.

    ``codes`` are its codes, several for the row of small ones. ``sent_by`` says that it sent them to the viewer's own.
    """

    codes: tuple[str, ...]
    sent_by: bool
    total: Figure
    parts: tuple[Figure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Organisations:
    """The referrals sent in the period by organisation, in ``columns`` of one phase or more.

    ``grouped`` are the parts of all rows without parts, together.
    """

    columns: tuple[tuple[Phase, ...], ...] = ()
    rows: tuple[OrganisationRow, ...] = ()
    grouped: tuple[Figure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """How long organisations took to answer, in working days: quarter, middle, three quarters.

    ``kept`` is how many answered within the promise, with ``count`` where both may be told.
    """

    codes: tuple[str, ...]
    count: Figure
    kept: Figure
    quarter: int
    middle: int
    three_quarters: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a total is made up of; without parts the total itself is too small."""

    total: Figure
    parts: tuple[Together, ...]


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """What came and went in one month, or several that were too small apart; ``open_after`` is what ran at the end.

    Where ``open_after`` is not told, ``left`` holds those that were finished or declined alone.
    """

    months: tuple[dt.date, ...]
    came: Figure
    left: Figure
    open_after: Figure


@dataclass(frozen=True, kw_only=True)
class CaseloadRow:
    """How many clients one regisseur has; nobody is named but the viewer (``own``)."""

    clients: Figure
    own: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """All figures of one period, as they were known at one moment.

    ``least`` is the smallest group told of; ``whole`` says that it is about the whole municipality. ``care`` counts the
    referrals about health of which the viewer may know no more than how many; nothing where there is no such wall.
    ``caseload`` is there for teams alone; empty for a team that is too small.
    """

    period: Period
    known_at: dt.datetime
    version: str
    least: int
    whole: bool
    organisation_name: str
    stands: Stands
    organisations: Organisations
    answers: tuple[AnswerRow, ...]
    outcomes: Parts
    reasons: Parts
    domains: Parts
    areas: Parts
    months: tuple[MonthRow, ...]
    care: Figure | None = None
    caseload: tuple[CaseloadRow, ...] | None = None
    team: int = 0
