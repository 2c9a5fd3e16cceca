"""The live page of one client."""

from flask import Blueprint, abort, g, render_template
from flask.typing import ResponseReturnValue

from hub.web.backend import backend

slice_ = Blueprint("clients", __name__)


@slice_.get("/inwoners/<case_id>")
def show(case_id: str) -> ResponseReturnValue:
    """Show what this viewer may see of a client."""
    view = backend().case(g.viewer, case_id)
    if view is None:
        abort(404)
    return render_template("client.html", view=view)
