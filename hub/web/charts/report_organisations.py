"""The charts of a report that have a row for each organisation: how far its referrals are, and how soon it answers."""

from collections.abc import Sequence

from hub.rules.reporting import Phase
from hub.services.overview.report_view import AnswerRow, OrganisationRow, Report
from hub.settings import Configuration
from hub.web.charts.report_chart import (
    Bar,
    Chart,
    Segment,
    Table,
    no_referrals,
    nothing,
    pieces,
    referrals,
    scale_of,
    share,
    told,
)
from hub.web.translations import gettext as _
from hub.web.words import dates
from hub.web.words.report_words import PHASES


def _name(config: Configuration, codes: Sequence[str], *, sent_by: bool = False) -> str:
    if len(codes) > 1:
        return _("%(count)s kleinere samen", count=len(codes))
    organisation = config.organisation(codes[0])
    name = organisation.name if organisation is not None else codes[0]
    return _("Van %(name)s", name=name) if sent_by else name


def organisations_chart(config: Configuration, report: Report) -> Chart:
    """Give how far the referrals with each organisation are."""
    rows, least = report.organisations.rows, report.least
    scale = scale_of(row.total.count for row in rows)
    bars = [
        Bar(
            name=_name(config, row.codes, sent_by=row.sent_by),
            value=str(row.total.count),
            unit=_("verwijzingen"),
            segments=pieces(_tones(report, row), scale),
        )
        for row in rows
    ]
    if report.care is not None:
        bars.append(
            Bar(
                name=_("Zorg en gezondheid"),
                value=str(report.care.count) if report.care.count is not None else "–",
                unit=_("verwijzingen") if report.care.count is not None else told(report.care, least),
                segments=pieces([("v-samen", min(report.care.count or 0, int(scale)))], scale),
            )
        )
    legend = [_column(phases) for phases in report.organisations.columns]
    if report.care is not None or any(not row.parts for row in rows):
        legend.append(("v-samen", _("alleen het aantal")))
    return Chart(
        key="organisaties",
        title=_("Verwijzingen per organisatie"),
        lead=_("Verstuurd in deze periode, naar stand van nu"),
        bars=tuple(bars),
        scale=scale,
        legend=tuple(legend),
        foot=_foot(report),
        notes=_notes_of_organisations(report),
        tables=(_table_of_organisations(config, report),),
        empty="" if rows or report.care is not None else nothing(report.stands.total, least, no_referrals()),
    )


def _foot(report: Report) -> str:
    if report.care is None or not report.care.count:
        return referrals(report.stands.total)
    return _(
        "%(count)s verwijzingen, en %(care)s over zorg en gezondheid",
        count=report.stands.total.count or 0,
        care=report.care.count,
    )


def _column(phases: Sequence[Phase]) -> tuple[str, str]:
    return PHASES["+".join(phases)]


def _tones(report: Report, row: OrganisationRow) -> list[tuple[str, int | None]]:
    if not row.parts:
        return [("v-samen", row.total.count)]
    columns = report.organisations.columns
    return [(_column(phases)[0], figure.count) for phases, figure in zip(columns, row.parts, strict=True)]


def _notes_of_organisations(report: Report) -> tuple[str, ...]:
    found = []
    if any(not row.parts for row in report.organisations.rows):
        found.append(
            _(
                "Waar een aantal zou gaan over minder dan %(least)s inwoners, staat alleen het totaal."
                " De verdeling van die organisaties staat in één regel bij elkaar.",
                least=report.least,
            )
        )
    if report.care is not None:
        found.append(
            _(
                "Van verwijzingen over zorg en gezondheid ziet uw organisatie alleen het aantal."
                " Ze tellen in de andere cijfers op deze pagina niet mee."
            )
        )
    return tuple(found)


def _table_of_organisations(config: Configuration, report: Report) -> Table:
    least, found = report.least, report.organisations
    rows = []
    for row in found.rows:
        cells = [told(figure, least) for figure in row.parts] or [_("niet apart")] * len(found.columns)
        rows.append((_name(config, row.codes, sent_by=row.sent_by), *cells, told(row.total, least)))
    if found.grouped:
        total = sum(row.total.count or 0 for row in found.rows if not row.parts)
        rows.append((_("Wat niet apart staat, samen"), *(told(one, least) for one in found.grouped), str(total)))
    if report.care is not None:
        rows.append((_("Zorg en gezondheid"), *["–"] * len(found.columns), told(report.care, least)))
    words = [dates.capitalised(_column(phases)[1]) for phases in found.columns]
    return Table(headings=(_("Organisatie"), *words, _("Totaal")), rows=tuple(rows))


def answers_chart(config: Configuration, report: Report) -> Chart:
    """Give how long each organisation took to answer."""
    rows, least = report.answers, report.least
    scale = scale_of(row.three_quarters for row in rows)
    bars = tuple(
        Bar(
            name=_name(config, row.codes),
            value=str(row.middle),
            unit=_("werkdagen"),
            segments=_spread(row, scale),
        )
        for row in rows
    )
    return Chart(
        key="antwoorden",
        title=_("Hoe lang duurt het tot een antwoord"),
        lead=_("Werkdagen van verzenden tot antwoord, op een schaal van 0 tot %(end)s", end=int(scale)),
        kind="spread",
        bars=bars,
        scale=scale,
        legend=(("v1 blok--streep", _("middelste verwijzing")), ("v3", _("de helft daaromheen"))),
        foot=_answered(rows),
        notes=(
            _(
                "Antwoorden die in deze periode zijn gegeven:"
                " geaccepteerd, afgewezen, op de wachtlijst of een ander voorstel."
            ),
            _(
                "De tijd dat een vraag bij de verwijzer ligt, telt niet mee. De tijd dat een bericht niet bezorgd kon"
                " worden wel: voor de inwoner is dat ook wachten."
                " Wat nog wacht, staat bij Verwijzingen per organisatie."
            ),
            _(
                "De afspraak is het aantal werkdagen dat bij de dienst staat;"
                " bij spoed is dat 1 werkdag of dezelfde dag."
            ),
        ),
        tables=(_answers_table(config, rows, least),) if rows else (),
        empty="" if rows else _("Er zijn in deze periode nog te weinig antwoorden om te tonen."),
    )


def _answers_table(config: Configuration, rows: Sequence[AnswerRow], least: int) -> Table:
    return Table(
        headings=(
            _("Organisatie"),
            _("Kwart sneller dan"),
            _("Middelste"),
            _("Kwart langer dan"),
            _("Binnen de afspraak"),
            _("Antwoorden"),
        ),
        rows=tuple(
            (
                _name(config, row.codes),
                str(row.quarter),
                str(row.middle),
                str(row.three_quarters),
                _kept(row),
                told(row.count, least) if row.count.count is not None else _("%(least)s of meer", least=least),
            )
            for row in rows
        ),
    )


def _answered(rows: Sequence[AnswerRow]) -> str:
    counts = [row.count.count for row in rows]
    known = [count for count in counts if count is not None]
    return _("%(count)s antwoorden", count=sum(known)) if rows and len(known) == len(counts) else ""


def _spread(row: AnswerRow, scale: float) -> tuple[Segment, ...]:
    thin = scale * 0.012
    width = max(row.three_quarters - row.quarter, thin)
    start = min(row.quarter, scale - width)
    middle = min(max(row.middle - thin / 2, 0), scale - thin)
    return (
        Segment(tone="v3", start=round(start, 3), size=round(width, 3)),
        Segment(tone="v1", start=round(middle, 3), size=round(thin, 3)),
    )


def _kept(row: AnswerRow) -> str:
    if row.kept.count is None or not row.count.count:
        return _("niet apart")
    return share(row.kept.count, row.count.count)
