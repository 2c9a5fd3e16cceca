"""The day of a Toegangsteam: the next meeting and its preparation, what was agreed, and what waits for the team."""

from flask import g, render_template

from hub.services.cases import agreements, meeting_views
from hub.services.overview.table_watch import mark_of_tables
from hub.web.backend import backend
from hub.web.desk import desk
from hub.web.screens.inbox import by_term, group_of


def page() -> str:
    """Draw the team's day."""
    viewer, now = g.viewer, desk().now
    lines = (line for line in backend().worklist(viewer) if line.referral is not None)
    waiting = sorted((line for line in lines if group_of(line) == "you"), key=by_term)
    with desk().looking() as session:
        mark = mark_of_tables(session, desk().config, viewer, now)  # before the rest: what changes meanwhile is told
        planned = meeting_views.meetings(session, desk().config, viewer, now)
        coming = next((one for one in planned if not one.over and one.team == viewer.organisation), None)
        found = coming and meeting_views.agenda(session, desk().config, viewer, coming.id, now)
        agreed = agreements.open_agreements(session, desk().config, viewer, now)
    return render_template("meeting/team_day.html", agenda=found, agreed=agreed, waiting=waiting, mark=mark)
