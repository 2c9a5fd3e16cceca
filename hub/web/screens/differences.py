"""Where organisations' own books say something else than ours: references and states, and what can be done."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.differences import Repair
from hub.services.referrals.differences import DifferencesView
from hub.web.backend import backend

slice_ = Blueprint("differences", __name__)


@slice_.get("/berichten/verschillen")
def show() -> ResponseReturnValue:
    """Show what differs."""
    return render_template("message/differences.html", view=_view(), wrong=None, reason="")


@slice_.post("/berichten/verschillen/<difference_id>")
def act(difference_id: str) -> ResponseReturnValue:
    """Do something about one difference."""
    view = _view()
    how, reason = request.form.get("actie", ""), request.form.get("reden", "").strip()
    if how not in list(Repair):
        abort(400)
    refused = backend().repair_difference(g.viewer, difference_id, how, reason)
    if refused is not None and refused.field:
        return render_template("message/differences.html", view=view, wrong=difference_id, reason=reason), 422
    flash(how if refused is None else refused.code)
    return redirect("/berichten/verschillen", 303)


def _view() -> DifferencesView:
    view = backend().differences(g.viewer)
    if view is None:
        abort(403)
    return view
