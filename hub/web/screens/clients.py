"""The live page of one client, what happened earlier, and the plan on paper."""

from flask import Blueprint, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.record.windows import NEWEST, Window
from hub.services.views.case import CaseView
from hub.web.backend import backend
from hub.web.door.ahead import fetched_ahead

slice_ = Blueprint("clients", __name__)
EARLIER = 40


@slice_.get("/inwoners/<case_id>")
def show(case_id: str) -> ResponseReturnValue:
    """Show what this viewer may see of a client, with what happened since the last visit; this is a visit too."""
    view = _case(case_id)
    since = backend().visit(g.viewer, view, looked=not fetched_ahead())
    return render_template("client/client.html", view=view, since=since)


@slice_.get("/inwoners/<case_id>/tijdlijn")
def earlier(case_id: str) -> ResponseReturnValue:
    """Show what happened before an entry; the client's page puts it under what it has."""
    before = request.args.get("voor", 0, type=int)
    view = _case(case_id, Window(before=before, most=EARLIER))
    if not 1 < before <= view.position + 1:
        abort(404)
    first = max(1, before - EARLIER)
    entries = [entry for entry in view.entries if first <= entry.position < before]
    return render_template("client/earlier.html", view=view, entries=entries, first=first)


@slice_.get("/inwoners/<case_id>/plan")
def plan(case_id: str) -> ResponseReturnValue:
    """Show the plan as it is printed and taken home: the client's own words first."""
    return render_template("client/plan.html", view=_case(case_id))


def _case(case_id: str, window: Window = NEWEST) -> CaseView:
    view = backend().case(g.viewer, case_id, window)
    if view is None:
        abort(404)
    return view
