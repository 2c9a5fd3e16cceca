"""Put the pages on an application: routes, sign-in, security headers and error pages."""

import datetime as dt
import logging
import secrets
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, TooManyRequests

from hub.limits import limit
from hub.services.errors import Erased, Forbidden, NotFound
from hub.services.overview.alert_views import may_be_called
from hub.services.overview.reporting import may_have_figures
from hub.services.overview.search_reach import may_search
from hub.services.people.sessions import SignedIn, Stage
from hub.services.record.idempotency import KnownKey
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.web.backend import EXTENSION, Backend, backend
from hub.web.door import elsewhere, reports, session_cookie, sign_in
from hub.web.door.front_door import NONCE
from hub.web.door.shortcuts import shortcuts_work
from hub.web.drawing import set_up_templates, start_path
from hub.web.screens import (
    access,
    account,
    alerts,
    appointments,
    audit_log,
    clients,
    consents,
    differences,
    documents,
    inbox,
    items,
    management,
    management_systems,
    meetings,
    message_forms,
    messages,
    new_referral,
    own_words,
    package,
    referrals,
    reporting,
    rights,
    room,
    scores,
    search,
    worklist,
)
from hub.web.screens.item_form import way_back
from hub.web.static_files import add_static_files, pack_page
from hub.web.translations import language, set_up_languages, speaking
from hub.web.words.dates import clock

_SLICES = (
    access,
    sign_in,
    elsewhere,
    account,
    alerts,
    audit_log,
    worklist,
    inbox,
    room,
    search,
    clients,
    consents,
    items,
    meetings,
    appointments,
    documents,
    own_words,
    referrals,
    new_referral,
    messages,
    differences,
    message_forms,
    rights,
    scores,
    package,
    management,
    management_systems,
    reporting,
)
_OTHERS = ("/api/", "/oauth/", "/health", "/metrics", "/static/")
_OPEN_TO_ALL = (
    "web.static",
    "web.sign_in.form",
    "web.sign_in.enter",
    "web.elsewhere.go",
    "web.elsewhere.back",
    "web.package.form",
    "web.package.unseal",
)
_OF_STAGE = {
    Stage.CODE: ("web.sign_in.leave", "web.account.code_form", "web.account.give_code"),
    Stage.ENROL: (
        "web.sign_in.leave",
        "web.account.factor_page",
        "web.account.begin_factor",
        "web.account.picture",
        "web.account.confirm_factor",
    ),
    Stage.PASSWORD: ("web.sign_in.leave", "web.account.password_form", "web.account.change_password"),
}
_log = logging.getLogger(__name__)


def register_pages(app: Flask, services: Backend, *, secure_cookies: bool = False) -> None:
    """Serve the pages from an application made with ``static_folder=None``."""
    app.extensions[EXTENSION] = services
    app.config.update(
        # A browser takes a name with this prefix only from this very host, over https (RFC 6265bis, 4.1.3.2).
        SESSION_COOKIE_NAME="__Host-schakel" if secure_cookies else "schakel",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        PERMANENT_SESSION_LIFETIME=dt.timedelta(minutes=30),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    csrf = CSRFProtect(app)
    web = Blueprint("web", __name__, template_folder="templates")
    add_static_files(web)
    for part in _SLICES:
        web.register_blueprint(part.slice_)
    web.before_request(csrf.protect)
    web.before_request(_require_sign_in)
    web.context_processor(_always_there)
    web.register_error_handler(NotFound, not_there)
    web.register_error_handler(Forbidden, not_there)
    web.register_error_handler(Erased, not_there)
    web.register_error_handler(KnownKey, done_before)
    app.register_blueprint(web)
    app.after_request(pack_page)
    app.register_blueprint(reports.slice_)  # browsers send these by themselves, without a sign-in or a form
    set_up_templates(app)
    set_up_languages(app)  # after the words: the templates' own gettext must win
    of_the_header = {"may_search": may_search, "may_have_figures": may_have_figures, "shortcuts_work": shortcuts_work}
    of_the_bell = {"may_be_called": may_be_called, "waiting_count": alerts.waiting_count}
    app.jinja_env.globals.update(of_the_header, **of_the_bell, nonce=_nonce)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(StoreUnavailable, unavailable)
    app.register_error_handler(Exception, unexpected_error)


def _require_sign_in() -> ResponseReturnValue | None:
    """Let nobody past without an open session; who was signed out comes back where he was."""
    if request.endpoint in _OPEN_TO_ALL:
        return None
    found = _signed_in()
    if found is None:
        session.clear()
        here = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(f"/inloggen?verder={quote(here, safe='')}" if here not in ("", "/") else "/inloggen")
    limit("person", found.person_id)
    g.signed_in = found
    if found.stage is not Stage.FULL:
        return None if request.endpoint in _OF_STAGE[found.stage] else redirect(sign_in.NEXT_STEP[found.stage], 303)
    if request.endpoint in ("web.account.code_form", "web.account.give_code"):
        return redirect(start_path(found.viewer), 303)  # nothing to finish any more
    g.viewer = found.viewer
    return None


def _signed_in() -> SignedIn | None:
    token = session_cookie.token()
    return backend().signed_in(token) if token else None


def _viewer() -> Viewer | None:
    found = _signed_in()
    return found.viewer if found is not None and found.stage is Stage.FULL else None


def _always_there() -> dict[str, Any]:
    return {"viewer": g.get("viewer"), "traffic_stopped": backend().traffic_stopped, "now": clock()}


def _nonce() -> str:
    """Give the nonce of this answer: a script that carries it may run."""
    return str(request.environ[NONCE])


def not_there(_error: NotFound | Forbidden | Erased) -> ResponseReturnValue:
    """Give the page for what is not there, or not there for who asks."""
    return _error_page("missing", 404)


def done_before(_error: KnownKey) -> ResponseReturnValue:
    """Answer a form that was sent and done before as it was answered then: back to where that was asked."""
    return redirect(way_back(request.form, "/".join(request.path.split("/")[:3])), 303)


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Give the page for an error; missing and forbidden look the same. Programs get theirs from the API."""
    if request.path.startswith(_OTHERS):
        return error
    code = error.code or 500
    if code < 400:
        return error
    kind = (
        "expired"
        if isinstance(error, CSRFError)
        else {403: "missing", 404: "missing", 413: "large", 429: "busy"}.get(code, "other")
    )
    page = _error_page(kind, 404 if code == 403 else code)
    if isinstance(error, TooManyRequests):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


def unavailable(_error: StoreUnavailable) -> ResponseReturnValue:
    """Give the page for when the database or the log of who looks can't be written: nothing is shown."""
    _log.warning("page waits for the database", extra={"endpoint": request.endpoint})
    answer = make_response(
        render_template("error.html", kind="unavailable", about_person=False, number=None, viewer=None), 503
    )
    answer.headers["Retry-After"] = "5"
    return answer


def unexpected_error(error: Exception) -> ResponseReturnValue:
    """Give the page for a fault of ours, with a number that stands in the log."""
    number = f"F-{secrets.token_hex(3).upper()}"
    _log.error("page failed", exc_info=error, extra={"fault": number, "endpoint": request.endpoint})
    return _error_page("fault", 500, number)


def _error_page(kind: str, code: int, number: str | None = None) -> Response:
    g.failed = True  # the header asks nothing more
    about_person = request.path.startswith(("/inwoners/", "/verwijzingen/"))
    viewer = g.get("viewer") or (None if kind == "fault" else _viewer())
    with speaking(viewer.language if viewer is not None else language()):  # an address of nobody asked for no sign-in
        page = render_template("error.html", kind=kind, about_person=about_person, number=number, viewer=viewer)
    return make_response(page, code)
