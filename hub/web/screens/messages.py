"""The message monitor: what is stuck and why. References only, never content."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.messages.monitor_views import MonitorView
from hub.web.backend import backend

slice_ = Blueprint("messages", __name__)


@slice_.get("/berichten")
def show() -> ResponseReturnValue:
    """Show the traffic."""
    return render_template("message/messages.html", view=_view(), wrong=None, reason="")


@slice_.post("/berichten/<line_id>")
def handle(line_id: str) -> ResponseReturnValue:
    """Try a message again, or close it with a reason; nothing is ever thrown away."""
    view = _view()
    action, reason = request.form.get("actie", ""), request.form.get("reden", "").strip()
    if action not in ("retry", "settle"):
        abort(400)
    if action == "settle" and not 0 < len(reason) <= 500:
        return render_template("message/messages.html", view=view, wrong=line_id, reason=reason), 422
    done = backend().handle_quarantined(g.viewer, line_id, action, reason)
    flash(action if done else "gone")
    return redirect("/berichten", 303)


def _view() -> MonitorView:
    view = backend().monitor(g.viewer)
    if view is None:
        abort(403)
    return view
