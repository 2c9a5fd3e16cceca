"""The figures of the work: to learn from together, never about one person. On screen, on paper and as a file."""

import csv
import datetime as dt
import io
import re

from flask import Blueprint, abort, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.reporting import Period, half_year_of, month_of, months_between, next_month
from hub.rules.working_days import local_day
from hub.services.overview.report_view import Report
from hub.services.overview.reporting import ADVISER, asked_by, report
from hub.services.views.viewer import Viewer
from hub.web.charts.report_chart import Chart
from hub.web.charts.report_charts import charts
from hub.web.desk import desk
from hub.web.translations import gettext as _
from hub.web.words import dates

slice_ = Blueprint("reporting", __name__)
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_USUAL = 6  # months
_CHOICES = 24
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@slice_.get("/rapportage")
def show() -> ResponseReturnValue:
    """Show the figures of a period."""
    viewer: Viewer = g.viewer
    found = _report(viewer, export=False)
    return render_template(
        "report/report.html",
        report=found,
        charts=charts(desk().config, found),
        months=_months(found.period),
        halves=_halves(found.period) if found.whole else (),
        period_words=period_words(found.period),
        known_on=local_day(found.known_at),
        month_words=dates.month,
    )


@slice_.get("/rapportage/cijfers.csv")
def take() -> ResponseReturnValue:
    """Give the same figures as a file for a spreadsheet."""
    viewer: Viewer = g.viewer
    found = _report(viewer, export=True)
    answer = make_response(_file(found, charts(desk().config, found)))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="rapportage-{found.period.first:%Y-%m}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _report(viewer: Viewer, *, export: bool) -> Report:
    now = desk().now
    period = _period(viewer, local_day(now))
    asked = asked_by(viewer, period, _day("bekend"), now, export=export)
    with desk().looking() as session:
        return report(session, desk().config, viewer, asked)


def _period(viewer: Viewer, today: dt.date) -> Period:
    """Give the period that was asked for; without one the last half year, or the half of this year."""
    last = _month("tot") or month_of(today)
    if viewer.role == ADVISER:
        return half_year_of(_month("van") or last)
    return months_between(_month("van") or next_month(last, 1 - _USUAL), last)


def _month(name: str) -> dt.date | None:
    given = request.args.get(name, "")
    if given and not _MONTH.fullmatch(given):
        abort(404)
    return dt.date.fromisoformat(f"{given}-01") if given else None


def _day(name: str) -> dt.date | None:
    given = request.args.get(name, "")
    try:
        return dt.date.fromisoformat(given) if given else None
    except ValueError:
        abort(404)


def period_words(period: Period) -> str:
    """Give a period in words: 1 juni tot en met 30 november 2026."""
    last = period.after - dt.timedelta(days=1)
    return _("%(first)s tot en met %(last)s", first=dates.plain_day(period.first), last=dates.plain_day(last))


def _months(period: Period) -> list[dt.date]:
    """Give the months to choose from, newest first."""
    newest = max(dates.today().replace(day=1), next_month(period.after, -1))
    return [next_month(newest, -place) for place in range(_CHOICES)]


def _halves(period: Period) -> list[tuple[dt.date, str]]:
    """Give the half years to choose from, newest first."""
    first = max(half_year_of(dates.today()).first, period.first)
    return [(day, period_words(half_year_of(day))) for day in (next_month(first, -6 * place) for place in range(4))]


def _file(found: Report, drawn: tuple[Chart, ...]) -> bytes:
    """Write all tables below each other: one number a line, with the byte order mark by which Excel knows UTF-8."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow([_("Onderdeel"), _("Regel"), _("Kolom"), _("Waarde")])
    about = (
        (_("Periode"), period_words(found.period)),
        (_("Zoals bekend op"), dates.local(found.known_at).strftime("%Y-%m-%d %H:%M")),
        (_("Definities"), _("versie %(version)s", version=found.version)),
        (_("Gaat over"), _("de hele gemeente") if found.whole else found.organisation_name),
    )
    for name, value in about:
        lines.writerow([_("Over deze cijfers"), name, "", harmless(value)])
    for chart in drawn:
        for table in chart.tables:
            for row in table.rows:
                for heading, value in zip(table.headings[1:], row[1:], strict=True):
                    lines.writerow([harmless(str(part)) for part in (chart.title, row[0], heading, value)])
    return "\N{ZERO WIDTH NO-BREAK SPACE}".encode() + text.getvalue().encode()


def harmless(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
