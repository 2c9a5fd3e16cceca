"""Count facts into figures: each group of people is asked about before its size is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from hub.rules.reporting import COLUMNS, PHASES, Period, Phase, Stand, next_month
from hub.rules.small_numbers import People, is_small, merged, named_small, together, union, with_rest
from hub.services.overview.report_view import (
    AnswerRow,
    Figure,
    MonthRow,
    OrganisationRow,
    Organisations,
    Parts,
    Stands,
    Together,
)
from hub.services.overview.reporting_facts import Fact

_WAY = (Stand.SENT, Stand.READ, Stand.ACCEPTED, Stand.STARTED, Stand.FINISHED)


def people(found: Iterable[Fact]) -> People:
    """Give who these referrals are about."""
    return frozenset(fact.person for fact in found)


@dataclass(frozen=True, kw_only=True)
class Counter:
    """How small a group may be, and whether one of this many people may be told of (the access policy's answer)."""

    least: int
    may_tell: Callable[[int], bool]

    def figure(self, found: Sequence[Fact]) -> Figure:
        """Give how many there are, where that may be told."""
        return self.told(people(found), len(found))

    def told(self, who: People, count: int) -> Figure:
        """Give a number about these people, where that may be told."""
        small = is_small(who, self.least) or (bool(who) and not self.may_tell(len(who)))
        return Figure(count=None if small else count, small=small)

    def stands(self, sent: Sequence[Fact]) -> Stands:
        """Tell how far referrals are; within a phase stands are merged first, so that phases stay apart."""
        total = self.figure(sent)
        if total.count is None:
            return Stands(total=total, parts=(), reached=())
        by_stand = _by(sent, lambda fact: fact.course.stand)
        runs = self._runs_of_stands(by_stand)
        parts = tuple(self._together(by_stand, stands) for stands in runs)
        return Stands(total=total, parts=parts, reached=tuple(self._reached(by_stand, runs)))

    def _runs_of_stands(self, by_stand: Mapping[str, Sequence[Fact]]) -> list[tuple[str, ...]]:
        units: list[tuple[Stand, ...]] = []
        for stands in PHASES.values():
            apart = not any(is_small(people(by_stand.get(one, ())), self.least) for one in stands)
            units += [(one,) for one in stands] if apart else [stands]
        cells = [(union(people(by_stand.get(one, ())) for one in unit),) for unit in units]
        return [tuple(one for place in run for one in units[place]) for run in merged(cells, self.least)]

    def _reached(
        self, by_stand: Mapping[str, Sequence[Fact]], runs: Sequence[tuple[str, ...]]
    ) -> Iterable[tuple[Stand, Figure]]:
        """Give how many came as far as each stand: sums of what is told, and of nothing else.

        What was declined or stopped is sent and no longer unread; how far it was before, is not told.
        """
        where = {stand: place for place, run in enumerate(runs) for stand in run}
        for place, stand in enumerate(_WAY):
            further = [*_WAY[place:], *((Stand.DECLINED, Stand.STOPPED) if place < 2 else ())]
            chosen = {where[one] for one in further}
            if {one for run in chosen for one in runs[run]} == set(further):
                count = sum(len(by_stand.get(one, ())) for one in further)
                yield stand, Figure(count=count)
            else:
                yield stand, Figure(count=None)

    def _together(self, by_code: Mapping[str, Sequence[Fact]], codes: Sequence[str]) -> Together:
        found = [fact for code in codes for fact in by_code.get(code, ())]
        cells = [people(by_code.get(code, ())) for code in codes]
        small = named_small(cells, range(len(cells)), self.least) if len(codes) > 1 else ()
        return Together(codes=tuple(codes), figure=self.figure(found), small=frozenset(codes[place] for place in small))

    def parts(self, found: Sequence[Fact], code_of: Callable[[Fact], str], order: Sequence[str] = ()) -> Parts:
        """Tell what a total is made up of: in this order, or the largest first."""
        total = self.figure(found)
        by_code = _by(found, code_of)
        if total.count is None:
            return Parts(total=total, parts=())
        codes = [*order] or sorted(by_code, key=lambda code: (-len(by_code[code]), code))
        runs = merged([(people(by_code.get(code, ())),) for code in codes], self.least)
        return Parts(total=total, parts=tuple(self._together(by_code, [codes[one] for one in run]) for run in runs))

    def organisations(self, sent: Sequence[Fact], row_of: Callable[[Fact], tuple[bool, str]]) -> Organisations:
        """Tell how far the referrals with each organisation are."""
        by_row: defaultdict[tuple[bool, str], list[Fact]] = defaultdict(list)
        for fact in sent:
            by_row[row_of(fact)].append(fact)
        keys = sorted(by_row, key=lambda key: (key[0], -len(by_row[key]), key[1]))
        places = with_rest([people(by_row[key]) for key in keys], self.least)
        rows = [[fact for place in row for fact in by_row[keys[place]]] for row in places]
        if not rows or any(is_small(people(row), self.least) for row in rows):
            return Organisations()
        tables = [_cells(rows, columns) for columns in COLUMNS]
        ways = [together([[people(cell) for cell in row] for row in table], self.least) for table in tables]
        best = max(range(len(ways)), key=lambda one: (len(ways[one].apart), -one))
        cells, told = tables[best], ways[best]
        found = tuple(
            OrganisationRow(
                codes=tuple(keys[one][1] for one in places[place]),
                sent_by=all(keys[one][0] for one in places[place]),
                total=self.figure(rows[place]),
                parts=self._row(cells[place]) if place in told.apart else (),
            )
            for place in range(len(rows))
        )
        grouped = [[fact for place in told.grouped for fact in cells[place][one]] for one in range(len(cells[0]))]
        return Organisations(
            columns=COLUMNS[best], rows=found, grouped=self._row(grouped) if told.apart and told.grouped else ()
        )

    def _row(self, cells: Sequence[Sequence[Fact]]) -> tuple[Figure, ...]:
        return tuple(self.figure(cell) for cell in cells)

    def answers(self, answered: Sequence[Fact], shown: frozenset[str]) -> tuple[AnswerRow, ...]:
        """Tell how long receivers took; how many is told of those alone whose stands are told (``shown``)."""
        by_receiver = _by(answered, lambda fact: fact.receiver)
        codes = sorted(by_receiver)
        rows = with_rest([people(by_receiver[code]) for code in codes], self.least)
        found = []
        for places in rows:
            row = [fact for place in places for fact in by_receiver[codes[place]]]
            if self.figure(row).count is not None:
                names = tuple(codes[place] for place in places)
                found.append(self._answer_row(names, row, counted=shown.issuperset(names)))
        return tuple(sorted(found, key=lambda one: (one.middle, one.codes)))

    def _answer_row(self, codes: tuple[str, ...], row: Sequence[Fact], *, counted: bool) -> AnswerRow:
        days = sorted(fact.course.answer_days for fact in row)
        kept = [fact for fact in row if fact.course.answer_days <= fact.promised]
        late = [fact for fact in row if fact.course.answer_days > fact.promised]
        both = counted and not is_small(people(kept), self.least) and not is_small(people(late), self.least)
        return AnswerRow(
            codes=codes,
            count=self.figure(row) if counted else Figure(count=None),
            kept=self.figure(kept) if both else Figure(count=None),
            quarter=days[(len(days) - 1) // 4],
            middle=median_low(days),
            three_quarters=days[-1 - (len(days) - 1) // 4],
        )

    def months(self, found: Sequence[Fact], period: Period) -> tuple[MonthRow, ...]:
        """Tell what came, what left and what ran at the end of each month."""
        months = [Period(first=first, after=next_month(first)) for first in period.months]
        came = [[fact for fact in found if month.holds(fact.course.sent_at)] for month in months]
        left = [[fact for fact in found if month.holds(fact.course.ended_at)] for month in months]
        open_after = [[fact for fact in found if _open_at(fact, month)] for month in months]
        # Who stopped is what is left of all ends, when those that have figures of their own are taken off.
        stopped = people(fact for month in left for fact in month if fact.course.stand is Stand.STOPPED)
        whole = not is_small(stopped, self.least)
        if not whole:
            left = [[fact for fact in month if fact.course.stand is not Stand.STOPPED] for month in left]
        runs = merged([(people(came[one]), people(left[one])) for one in range(len(months))], self.least)
        whole = whole and not any(is_small(people(open_after[run[-1]]), self.least) for run in runs)
        return tuple(
            MonthRow(
                months=tuple(months[one].first for one in run),
                came=self.figure([fact for one in run for fact in came[one]]),
                left=self.figure([fact for one in run for fact in left[one]]),
                open_after=self.figure(open_after[run[-1]]) if whole else Figure(count=None),
            )
            for run in runs
        )


def _cells(rows: Sequence[Sequence[Fact]], columns: Sequence[Sequence[Phase]]) -> list[list[list[Fact]]]:
    """Part each row into columns."""
    stands = [{stand for phase in phases for stand in PHASES[phase]} for phases in columns]
    return [[[fact for fact in row if fact.course.stand in one] for one in stands] for row in rows]


def _open_at(fact: Fact, month: Period) -> bool:
    """Whether a referral ran at the end of a month."""
    return fact.course.sent_at < month.end and (fact.course.ended_at is None or fact.course.ended_at >= month.end)


def _by(found: Iterable[Fact], code_of: Callable[[Fact], str]) -> dict[str, list[Fact]]:
    by_code: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in found:
        by_code[code_of(fact)].append(fact)
    return dict(by_code)
