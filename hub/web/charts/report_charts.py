"""Turn the figures of a report into charts, with the words of the screen."""

from hub.rules.reporting import AMBER, NORM, Stand
from hub.rules.working_days import local_day
from hub.services.overview.report_view import Figure, Report
from hub.services.overview.reporting import UNKNOWN
from hub.settings import Configuration
from hub.web.charts.report_chart import (
    Bar,
    Chart,
    Segment,
    Table,
    counted,
    no_referrals,
    nothing,
    part_name,
    pieces,
    referrals,
    rows_of,
    scale_of,
    share,
    told,
)
from hub.web.charts.report_organisations import answers_chart, organisations_chart
from hub.web.translations import gettext as _
from hub.web.words import dates
from hub.web.words.report_words import OUTCOMES, REACHED, STANDS
from hub.web.words.words import LIFE_DOMAINS, REASONS


def charts(config: Configuration, report: Report) -> tuple[Chart, ...]:
    """Give the charts of a report, in their order."""
    found = [
        _stands(report),
        organisations_chart(config, report),
        answers_chart(config, report),
        _outcomes(report),
        _reasons(report),
        _months(report),
    ]
    if report.caseload is not None:
        found.append(_caseload(report))
    return tuple(found)


def _stands(report: Report) -> Chart:
    stands, least = report.stands, report.least
    scale = scale_of([figure.count for _stand, figure in stands.reached])
    bars = tuple(
        Bar(
            name=REACHED[stand],
            value=str(figure.count),
            unit=_("verwijzingen"),
            segments=pieces([("v3" if stand is Stand.SENT else "v1", figure.count)], scale),
        )
        for stand, figure in stands.reached
        if figure.count is not None
    )
    notes = (
        _("Elke stap telt ook wat al verder is. Afgewezen en ingetrokken verwijzingen tellen tot en met gelezen mee."),
        _("Ingetrokken of gestopt is niet hetzelfde als afgerond."),
        *((_("Een stap die te weinig verschilt van die ernaast, staat er niet bij."),) * (len(bars) < len(REACHED))),
    )
    rows = rows_of(stands.parts, STANDS, least)
    return Chart(
        key="standen",
        title=_("Hoe ver verwijzingen komen"),
        lead=_("Verwijzingen die in deze periode zijn verstuurd, en hoe ver ze nu zijn"),
        bars=bars,
        scale=scale,
        foot=referrals(stands.total),
        notes=notes,
        tables=(Table(headings=(_("Stand van nu"), _("Verwijzingen")), rows=rows),) if rows else (),
        empty=nothing(stands.total, least, no_referrals()),
    )


def _outcomes(report: Report) -> Chart:
    parts, least = report.outcomes, report.least
    names = {code: words for code, (_tone, words) in OUTCOMES.items()}
    total = parts.total.count or 0
    bars = tuple(
        Bar(
            name=part_name(part, names),
            value=str(count),
            under=share(count, total),
            segments=pieces([(OUTCOMES[part.codes[0]][0], count)], total),
        )
        for part, count in counted(parts)
    )
    rows = tuple((name[:1].upper() + name[1:], value) for name, value in rows_of(parts.parts, names, least))
    return Chart(
        key="uitkomsten",
        title=_("Wat de hulp heeft opgeleverd"),
        lead=_("Verwijzingen die in deze periode zijn afgerond, naar resultaat"),
        kind="share",
        bars=bars,
        scale=float(max(total, 1)),
        foot=_("%(count)s afgeronde verwijzingen", count=total) if total else "",
        notes=(
            _("Het resultaat is wat de ontvanger bij het afronden vastlegde. Ingetrokken of gestopt is niet afgerond."),
            _(
                "Ter vergelijking: in de Tilburgse proef met persoonlijke begeleiding haalde 40 procent het eigen doel."
                " Dat was een andere groep, en het is geen norm."
            ),
        ),
        tables=(Table(headings=(_("Resultaat"), _("Verwijzingen")), rows=rows),) if rows else (),
        empty=nothing(parts.total, least, _("Er zijn in deze periode geen verwijzingen afgerond.")),
    )


def _reasons(report: Report) -> Chart:
    parts, least = report.reasons, report.least
    reasons: dict[str, str] = dict(REASONS)
    domains: dict[str, str] = {str(code): words[0] for code, words in LIFE_DOMAINS.items()}
    areas = {UNKNOWN: _("Niet bekend")}
    scale = scale_of(part.figure.count for part in (*parts.parts, *report.domains.parts))
    bars = tuple(
        _need(part_name(part, reasons), "v1" if part.codes[0] == "no_capacity" else "v3", count, scale)
        for part, count in counted(parts)
    )
    more = tuple(_need(part_name(part, domains), "v3", count, scale) for part, count in counted(report.domains))
    tables = [
        Table(headings=(heading, _("Afgewezen")), rows=rows_of(one.parts, names, least))
        for heading, one, names in (
            (_("Reden"), parts, reasons),
            (_("Leefgebied"), report.domains, domains),
            (_("Gebied"), report.areas, areas),
        )
        if one.parts
    ]
    return Chart(
        key="afgewezen",
        title=_("Welke hulp er niet kwam"),
        lead=_("Afgewezen in deze periode, naar reden. Zo wordt zichtbaar welke hulp ontbreekt."),
        bars=bars,
        scale=scale,
        foot=_("%(count)s afgewezen verwijzingen", count=parts.total.count) if parts.total.count else "",
        legend=(("v1", _("geen plek")), ("v3", _("andere redenen"))) if bars else (),
        more_title=_("Naar leefgebied") if more else "",
        more=more,
        notes=(
            _("Hieronder staat ook in welk deel van de gemeente de inwoners wonen."),
            _("Een verwijzing telt bij het eerste leefgebied dat erbij staat."),
        ),
        tables=tuple(tables),
        empty=nothing(parts.total, least, _("Er is in deze periode niets afgewezen.")),
    )


def _need(name: str, tone: str, count: int, scale: float) -> Bar:
    return Bar(name=name, value=str(count), unit=_("verwijzingen"), segments=pieces([(tone, count)], scale))


def _months(report: Report) -> Chart:
    rows, least = report.months, report.least
    scale = scale_of(count for row in rows for count in (row.came.count, row.left.count))
    known = any(row.came.count is not None for row in rows)
    names = [
        "–".join(dict.fromkeys((dates.short_month(row.months[0]), dates.short_month(row.months[-1])))) for row in rows
    ]
    bars = tuple(
        Bar(
            name=name,
            value=told(row.came, least),
            under=told(row.left, least) if row.left.count is not None else "–",
            unit=_("verwijzingen"),
            segments=(
                Segment(tone="v1", start=0, size=row.came.count or 0),
                Segment(tone="v3", start=0, size=row.left.count or 0),
            ),
        )
        for name, row in zip(names, rows, strict=True)
    )
    table = Table(
        headings=(_("Maand"), _("Verstuurd"), _("Geëindigd"), _("Loopt aan het eind")),
        rows=tuple(
            (name, told(row.came, least), told(row.left, least), told(row.open_after, least))
            for name, row in zip(names, rows, strict=True)
        ),
    )
    runs_on = local_day(report.known_at) < report.period.after
    last = dates.capitalised(dates.month(report.period.months[-1]))
    return Chart(
        key="maanden",
        title=_("Erbij en eraf per maand"),
        lead=_("Verstuurde en geëindigde verwijzingen. Onder elke maand wat eraf ging."),
        kind="columns",
        bars=bars if known else (),
        scale=scale,
        legend=(("v1", _("verstuurd")), ("v3", _("geëindigd"))) if known else (),
        foot=_("%(month)s loopt nog", month=last) if runs_on else "",
        notes=(
            _("Geëindigd is afgerond, afgewezen, ingetrokken of gestopt. Heropend telt niet als nieuw.")
            if any(row.open_after.count is not None for row in rows)
            else _(
                "Geëindigd is hier afgerond of afgewezen: wat werd ingetrokken of stopte, is te weinig om te tonen."
            ),
            _("Maanden met te kleine aantallen staan samen met de maand ernaast."),
        ),
        tables=(table,) if known else (),
        empty="" if known else nothing(report.stands.total, least, no_referrals()) or no_referrals(),
    )


def _caseload(report: Report) -> Chart:
    rows, least = report.caseload or (), report.least
    scale = scale_of([NORM * 1.2, *(row.clients.count for row in rows)])  # type: ignore[list-item]
    names = [
        _("Regisseur %(letter)s (u)", letter=chr(65 + place % 26))
        if row.own
        else _("Regisseur %(letter)s", letter=chr(65 + place % 26))
        for place, row in enumerate(rows)
    ]
    bars = tuple(
        Bar(
            name=name,
            value=str(row.clients.count) if row.clients.count is not None else "–",
            unit=_("inwoners") if row.clients.count is not None else told(row.clients, least),
            segments=pieces([("v1" if row.own else "v3", row.clients.count)], scale),
            own=row.own,
        )
        for name, row in zip(names, rows, strict=True)
    )
    all_known = rows and all(row.clients.count is not None for row in rows)
    total = sum(row.clients.count or 0 for row in rows)
    table = Table(
        headings=(_("Regisseur"), _("Inwoners"), _("Ruimte")),
        rows=tuple((name, told(row.clients, least), _room(row.clients)) for name, row in zip(names, rows, strict=True)),
    )
    return Chart(
        key="regisseurs",
        title=_("Inwoners per regisseur"),
        lead=_("Om werk eerlijk te verdelen. De streep staat bij %(norm)s: ongeveer dat is goed te doen.", norm=NORM),
        bars=bars,
        scale=scale,
        marks=(float(NORM),),
        foot=_("%(clients)s inwoners, %(team)s regisseurs", clients=total, team=report.team) if all_known else "",
        notes=(
            _("Er staan geen namen bij. U ziet alleen uzelf. Aantallen zeggen niets over hoeveel werk een inwoner is."),
            _("De stand is die van nu. Bij %(amber)s is het bijna vol.", amber=AMBER),
        ),
        tables=(table,) if rows else (),
        empty="" if rows else _("Uw team is kleiner dan 5 mensen. Dan zouden deze cijfers over één persoon gaan."),
    )


def _room(clients: Figure) -> str:
    if clients.count is None or clients.count < AMBER:
        return _("ruimte")
    return _("bijna vol") if clients.count <= NORM else _("boven %(norm)s", norm=NORM)
