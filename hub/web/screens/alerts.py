"""What waits for me: who named me, who answered me, what is asked of us. Each leads to the place where it stands."""

from flask import Blueprint, abort, g, redirect, render_template
from flask.typing import ResponseReturnValue

from hub.services.overview.alert_views import may_be_called
from hub.web.backend import backend

slice_ = Blueprint("alerts", __name__)
_READ_SHOWN = 30


@slice_.get("/meldingen")
def show() -> ResponseReturnValue:
    """Show what waits for the viewer, and under it what was read."""
    if not may_be_called(g.viewer):
        abort(404)
    found = backend().waiting(g.viewer)
    unread = [one for one in found if not one.read]
    read = [one for one in found if one.read]
    g.waiting = len(unread)
    return render_template("worklist/alerts.html", unread=unread, read=read[:_READ_SHOWN])


@slice_.post("/meldingen/gelezen")
def read_all() -> ResponseReturnValue:
    """Mark all as read."""
    if not may_be_called(g.viewer):
        abort(404)
    backend().read_all(g.viewer)
    return redirect("/meldingen", 303)


def waiting_count() -> int:
    """Give how much waits for the viewer of this page; asked once for a page, and on a page of an error not at all."""
    viewer = g.get("viewer")
    if viewer is None or g.get("failed") or not may_be_called(viewer):
        return 0
    if "waiting" not in g:
        g.waiting = backend().waiting_count(viewer)
    return int(g.waiting)
