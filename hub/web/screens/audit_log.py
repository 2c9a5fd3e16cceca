"""Who looked at a client, and the review of who looked. Reading either is itself written down."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.web.backend import backend

slice_ = Blueprint("audit_log", __name__)


@slice_.get("/inwoners/<case_id>/gekeken")
def looks(case_id: str) -> ResponseReturnValue:
    """Show who looked at a client, without names."""
    return _looks(case_id, None)


@slice_.post("/inwoners/<case_id>/gekeken")
def names(case_id: str) -> ResponseReturnValue:
    """Show the names too, to who says for what."""
    return _looks(case_id, request.form.get("belang", ""))


def _looks(case_id: str, interest: str | None) -> ResponseReturnValue:
    view = backend().looks(g.viewer, case_id, interest)
    if view is None:
        abort(404)
    return render_template("audit_log/looks.html", view=view)


@slice_.get("/controle")
def reviews() -> ResponseReturnValue:
    """Show what this reviewer must judge."""
    view = backend().reviews(g.viewer)
    if view is None:
        abort(404)
    return render_template("audit_log/reviews.html", view=view)


@slice_.post("/controle/<review_id>")
def judge(review_id: str) -> ResponseReturnValue:
    """Keep a verdict."""
    done = backend().judge(g.viewer, review_id, request.form.get("oordeel", ""))
    flash("judged" if done else "gone")
    return redirect("/controle", 303)
