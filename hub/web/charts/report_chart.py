"""How a chart is put together: bars from zero, with the same numbers in a table. Drawn by ``report.html``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.services.overview.report_view import Figure, Parts, Together
from hub.web.translations import gettext as _

_GAP = 0.004  # of the scale, between two parts of a bar


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of a bar, in the units of its scale."""

    tone: str
    start: float
    size: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row: its name, what is drawn, and the number in words. ``unit`` is read out, not shown."""

    name: str
    value: str
    segments: tuple[Segment, ...] = ()
    unit: str = ""
    under: str = ""
    own: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """The numbers of a chart: headings, the first of the rows' names, and rows of words."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart. ``kind`` is ``bars``, ``spread``, ``columns`` or ``share``; ``empty`` says why there is nothing.

    ``marks`` are lines across all bars, ``legend`` pairs of tone and words; ``more`` are bars of the same total, parted
    otherwise, under ``more_title``.
    """

    key: str
    title: str
    lead: str
    kind: str = "bars"
    bars: tuple[Bar, ...] = ()
    scale: float = 1
    marks: tuple[float, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    more_title: str = ""
    more: tuple[Bar, ...] = ()
    foot: str = ""
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    empty: str = ""


def scale_of(counts: Iterable[int | None]) -> float:
    """Give the end of a scale that begins at zero and holds all of these."""
    return max([1, *(count for count in counts if count is not None)])


def pieces(parts: Sequence[tuple[str, int | None]], scale: float) -> tuple[Segment, ...]:
    """Lay pieces next to each other, with a thin gap; what is not told or nothing is not drawn."""
    start, found = 0.0, []
    for tone, count in parts:
        if count:
            found.append(Segment(tone=tone, start=start, size=round(max(count - _GAP * scale, scale * _GAP), 3)))
            start += count
    return tuple(found)


def told(figure: Figure, least: int) -> str:
    """Give a number in words; one of too few people is not told."""
    if figure.count is not None:
        return str(figure.count)
    return fewer(least) if figure.small else _("niet apart")


def fewer(least: int) -> str:
    """Give the words for a group that is too small."""
    return _("minder dan %(least)s", least=least)


def too_few(least: int) -> str:
    """Say that nothing is told since all together are too few."""
    return _("Het gaat om minder dan %(least)s inwoners. Dan tonen we geen cijfers.", least=least)


def joined(names: Sequence[str]) -> str:
    """Give several names as one that fits beside a bar."""
    return _("%(count)s andere samen", count=len(names)) if len(names) > 2 else " + ".join(names)


def rows_of(parts: Sequence[Together], names: Mapping[str, str], least: int) -> tuple[tuple[str, str], ...]:
    """Give a row for each part; where some were put together, those that may be called small and then the sum."""
    found: list[tuple[str, str]] = []
    for part in parts:
        found += [(names.get(code, code), fewer(least)) for code in part.codes if code in part.small]
        found.append((" + ".join(names.get(code, code) for code in part.codes), told(part.figure, least)))
    return tuple(found)


def share(count: int, total: int) -> str:
    """Give a part of a total, in whole percents."""
    return f"{round(100 * count / total)}%"


def part_name(part: Together, names: Mapping[str, str]) -> str:
    """Give the name of what is drawn as one."""
    return joined([names.get(code, code) for code in part.codes])


def nothing(total: Figure, least: int, none: str) -> str:
    """Say why there is nothing to draw: there is nothing, or too little."""
    if total.small:
        return too_few(least)
    return none if not total.count else ""


def no_referrals() -> str:
    """Say that there are none."""
    return _("Er zijn geen verwijzingen in deze periode.")


def referrals(figure: Figure) -> str:
    """Give a number of referrals in words; nothing where it is not told."""
    return _("%(count)s verwijzingen", count=figure.count) if figure.count is not None else ""


def counted(parts: Parts) -> list[tuple[Together, int]]:
    """Give the parts of which the number is told and not zero."""
    return [(part, part.figure.count) for part in parts.parts if part.figure.count]
