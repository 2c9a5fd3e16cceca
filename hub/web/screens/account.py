"""One's own account: the post one works in, one's sessions, password and second factor."""

import io

import segno
from flask import Blueprint, Response, abort, flash, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from hub.rules.passwords import Weakness
from hub.services.overview.alert_views import may_be_called
from hub.services.people.sessions import SignedIn, Stage
from hub.web.accounts import accounts
from hub.web.backend import Entered, Refused
from hub.web.door import session_cookie
from hub.web.door.devices import device_of
from hub.web.door.shortcuts import keep_shortcuts
from hub.web.door.sign_in import NEXT_STEP, after, wait_words
from hub.web.drawing import start_path
from hub.web.translations import keep, known

slice_ = Blueprint("account", __name__)


def _me() -> SignedIn:
    found: SignedIn = g.signed_in
    return found


def _here() -> tuple[str, str]:
    return request.remote_addr or "", device_of(request)


def _onward(entered: Entered) -> Response:
    """Hand over the new token, and go on to what comes next."""
    to = session.pop("verder", "") if entered.session.stage is Stage.FULL else ""
    return session_cookie.give(make_response(redirect(after(entered.session, to), 303)), entered.token)


@slice_.get("/account")
def show() -> ResponseReturnValue:
    """Show one's own account."""
    return _page()


def _page(*, wrong_mail: str | None = None) -> str:
    me = _me()
    return render_template(
        "account/account.html",
        me=me,
        posts=accounts().posts(me),
        sessions=accounts().own_sessions(me),
        factor=accounts().factor(me),
        names={code: one.name for code, one in accounts().organisations().items()},
        can_mail=accounts().can_mail and may_be_called(me.viewer),
        mail=accounts().mail(me) if wrong_mail is None else wrong_mail,
        wrong_mail=wrong_mail is not None,
    )


@slice_.post("/account/functie")
def switch() -> ResponseReturnValue:
    """Go on in another post."""
    entered = accounts().switch(_me(), request.form.get("functie", ""), *_here())
    if isinstance(entered, Refused):
        abort(404)
    session.clear()  # a form that is still open elsewhere was written in the other post, for the eyes of its readers
    return session_cookie.give(make_response(redirect(start_path(entered.session.viewer), 303)), entered.token)


@slice_.post("/account/taal")
def choose_language() -> ResponseReturnValue:
    """Have the screen speak another language."""
    code = known(request.form.get("taal"))
    if code is None:
        abort(404)
    accounts().choose_language(_me(), code)
    return keep(make_response(redirect("/account", 303)), code)


@slice_.post("/account/mail")
def choose_mail() -> ResponseReturnValue:
    """Have oneself told by mail that something waits, or no more."""
    if not accounts().can_mail:
        abort(404)
    address = request.form.get("adres", "").strip() if request.form.get("aan") == "ja" else ""
    if not accounts().choose_mail(_me(), address or None):
        return _page(wrong_mail=address[:200]), 422
    flash("mail_on" if address else "mail_off")
    return redirect("/account", 303)


@slice_.post("/account/sessies")
def end_others() -> ResponseReturnValue:
    """End one session of one's own, or all others."""
    chosen = request.form.get("sessie", "")
    if chosen:
        accounts().end_own(_me(), chosen)
    else:
        accounts().end_others(_me())
    flash("session_ended")
    return redirect("/account", 303)


@slice_.post("/account/sneltoetsen")
def switch_shortcuts() -> ResponseReturnValue:
    """Switch the keys of one letter on or off in this browser."""
    return keep_shortcuts(make_response(redirect("/account", 303)), on=request.form.get("aan") == "ja")


@slice_.get("/account/wachtwoord")
def password_form() -> ResponseReturnValue:
    """Show the form for another password."""
    return _password_form(200)


@slice_.post("/account/wachtwoord")
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    old, new, again = (request.form.get(name, "")[:1000] for name in ("wachtwoord", "nieuw", "nogmaals"))
    if new != again:
        return _password_form(422, wrong="different")
    done = accounts().change_password(_me(), old, new, *_here())
    if isinstance(done, Weakness):
        return _password_form(422, wrong=done)
    if isinstance(done, Refused):
        return _password_form(429 if done.wait else 422, wrong="wait" if done.wait else "old", wait=done.wait)
    flash("password_changed")
    return _onward(done)


def _password_form(status: int, *, wrong: str | None = None, wait: int = 0) -> Response:
    page = render_template("account/password.html", me=_me(), wrong=wrong, wait=wait_words(wait))
    return make_response(page, status)


@slice_.get("/inloggen/code")
def code_form() -> ResponseReturnValue:
    """Ask for the code of the authenticator."""
    return render_template("sign_in/code.html", wrong=None, wait="")


@slice_.post("/inloggen/code")
def give_code() -> ResponseReturnValue:
    """Finish the sign-in with a code."""
    code = request.form.get("code", "").strip()[:40]
    if not code:
        return render_template("sign_in/code.html", wrong="empty", wait=""), 422
    done = accounts().give_code(_me(), code, *_here())
    if isinstance(done, Entered):
        return _onward(done)
    answer = make_response(
        render_template("sign_in/code.html", wrong="wrong", wait=wait_words(done.wait)), 429 if done.wait else 401
    )
    if done.wait:
        answer.headers["Retry-After"] = str(done.wait)
    return answer


@slice_.get("/account/tweede-stap")
def factor_page() -> ResponseReturnValue:
    """Show how it stands with the second step, or what must be scanned."""
    return _factor_page(200)


def _factor_page(status: int, *, wrong: str | None = None, wait: int = 0) -> Response:
    me = _me()
    page = render_template(
        "account/factor.html", me=me, factor=accounts().factor(me), wrong=wrong, wait=wait_words(wait)
    )
    return make_response(page, status)


@slice_.post("/account/tweede-stap")
def begin_factor() -> ResponseReturnValue:
    """Begin with a second step."""
    if accounts().factor(_me()).in_use:
        abort(404)
    accounts().begin_factor(_me())
    return redirect("/account/tweede-stap", 303)


@slice_.get("/account/tweede-stap/plaatje.svg")
def picture() -> ResponseReturnValue:
    """Give what the authenticator reads, as long as it is not confirmed."""
    address = accounts().factor(_me()).address
    if address is None:
        abort(404)
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=5, border=4, light="white", xmldecl=False)
    return Response(drawn.getvalue(), content_type="image/svg+xml")


@slice_.post("/account/tweede-stap/code")
def confirm_factor() -> ResponseReturnValue:
    """Take the second step into use; the recovery codes are shown this once."""
    done, codes = accounts().confirm_factor(_me(), request.form.get("code", "").strip()[:40], *_here())
    if isinstance(done, Refused):
        return _factor_page(429 if done.wait else 422, wrong="wait" if done.wait else "code", wait=done.wait)
    g.viewer = done.session.viewer
    page = render_template("account/codes.html", codes=codes, onward=after(done.session, session.pop("verder", "")))
    return session_cookie.give(make_response(page), done.token)


@slice_.post("/account/tweede-stap/opnieuw")
def drop_factor() -> ResponseReturnValue:
    """Set up another second step: on another telephone, for instance."""
    password, code = request.form.get("wachtwoord", "")[:1000], request.form.get("code", "").strip()[:40]
    done = accounts().drop_factor(_me(), password, code, *_here())
    if isinstance(done, Refused):
        return _factor_page(429 if done.wait else 422, wrong="wait" if done.wait else "drop", wait=done.wait)
    return session_cookie.give(make_response(redirect(NEXT_STEP[Stage.ENROL], 303)), done.token)
