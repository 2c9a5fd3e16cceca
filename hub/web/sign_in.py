"""Sign in with a local account, and out again."""

import re

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from hub.web.backend import backend
from hub.web.drawing import start_path

slice_ = Blueprint("sign_in", __name__)
# A path on this host. Not "//elsewhere" nor "/\elsewhere": browsers read those as another host.
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


@slice_.get("/inloggen")
def form() -> ResponseReturnValue:
    """Show the form."""
    return render_template("sign_in.html", onward=_onward(request.args.get("verder")), username="", wrong=None)


@slice_.post("/inloggen")
def enter() -> ResponseReturnValue:
    """Sign in; the answer does not tell whether the name or the password was wrong."""
    username, password = request.form.get("gebruikersnaam", "").strip(), request.form.get("wachtwoord", "")
    onward = _onward(request.form.get("verder"))
    missing = "empty" if not username or not password else None
    viewer = None if missing else backend().sign_in(username[:200], password[:1000])
    if viewer is None:
        page = render_template("sign_in.html", onward=onward, username=username, wrong=missing or "wrong")
        return page, 422 if missing else 401
    session.clear()  # nothing of before the sign-in lives on, the form's own mark neither
    session.permanent = True
    session["person"] = viewer.id
    return redirect(onward or start_path(viewer), 303)


@slice_.post("/uitloggen")
def leave() -> ResponseReturnValue:
    """Sign out; the browser throws away what it kept of the pages."""
    session.clear()
    answer = redirect("/inloggen", 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _onward(path: str | None) -> str:
    return path if path and _OWN_PATH.fullmatch(path) else ""
