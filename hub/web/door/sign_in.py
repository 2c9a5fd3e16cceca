"""Sign in with a local account, and out again."""

import re

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from hub.services.people.sessions import SignedIn, Stage
from hub.web.accounts import accounts
from hub.web.backend import Entered, backend
from hub.web.door import session_cookie
from hub.web.door.devices import device_of
from hub.web.drawing import start_path
from hub.web.translations import asked, keep, ngettext

slice_ = Blueprint("sign_in", __name__)
# A path on this host. Not "//elsewhere" nor "/\elsewhere": browsers read those as another host.
_OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
NEXT_STEP = {
    Stage.CODE: "/inloggen/code",
    Stage.ENROL: "/account/tweede-stap",
    Stage.PASSWORD: "/account/wachtwoord",
}


@slice_.get("/inloggen")
def form() -> ResponseReturnValue:
    """Show the form."""
    return _form(onward(request.args.get("verder")), 200)


@slice_.post("/inloggen")
def enter() -> ResponseReturnValue:
    """Sign in; the answer does not tell whether the name or the password was wrong."""
    username, password = request.form.get("gebruikersnaam", "").strip(), request.form.get("wachtwoord", "")
    to = onward(request.form.get("verder"))
    if not username or not password:
        return _form(to, 422, username=username, wrong="empty")
    entered = backend().sign_in(username[:200], password[:1000], request.remote_addr or "", device_of(request))
    if isinstance(entered, Entered):
        return welcome(entered, to)
    answer = _form(to, 429 if entered.wait else 401, username=username, wrong="wrong", wait=entered.wait)
    if entered.wait:
        answer.headers["Retry-After"] = str(entered.wait)
    return answer


def _form(to: str, status: int, *, username: str = "", wrong: str | None = None, wait: int = 0) -> Response:
    chosen = asked()
    answer = make_response(
        render_template(
            "sign_in/sign_in.html",
            onward=to,
            chosen=chosen,
            username=username,
            wrong=wrong,
            wait=wait_words(wait),
            providers=current_app.config.get("SCHAKEL_PROVIDERS", ()),
        ),
        status,
    )
    return keep(answer, chosen) if chosen is not None else answer


def welcome(entered: Entered, to: str) -> Response:
    """Give the browser its new token and send it on: to the page that was asked for, or to what must be done first."""
    earlier = session_cookie.token()
    if earlier:
        backend().sign_out(earlier)
    session.clear()  # nothing of before the sign-in lives on, the form's own mark neither
    session["verder"] = to
    spoken, chosen = entered.session.viewer.language, asked()
    if chosen is not None and chosen != spoken:  # what someone chose while signing in, he means for what comes next
        accounts().choose_language(entered.session, chosen)
    answer = keep(make_response(redirect(after(entered.session, to), 303)), chosen or spoken)
    return session_cookie.give(answer, entered.token)


def after(signed_in: SignedIn, to: str = "") -> str:
    """Give the page that comes next."""
    return NEXT_STEP.get(signed_in.stage) or to or start_path(signed_in.viewer)


@slice_.post("/uitloggen")
def leave() -> ResponseReturnValue:
    """Sign out; the browser throws away what it kept of the pages."""
    backend().sign_out(session_cookie.token())
    session.clear()
    answer = session_cookie.take_away(make_response(redirect("/inloggen", 303)))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def onward(path: str | None) -> str:
    """Give a path where it is one of this host."""
    return path if path and _OWN_PATH.fullmatch(path) else ""


def wait_words(seconds: int) -> str:
    """Say how long to wait, or nothing."""
    if not seconds:
        return ""
    if seconds < 60:
        return ngettext("%(num)d seconde", "%(num)d seconden", seconds)
    return ngettext("%(num)d minuut", "%(num)d minuten", -(-seconds // 60))
