"""The rights of a client: everything on request, what is wrong put right, and to be forgotten."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.rules.retention import TERMS
from hub.services.access.actors import NO_PART
from hub.services.errors import Forbidden, Invalid, NotFound, NotNow, StateForbids
from hub.services.record import audit, retention
from hub.services.rights import correction_view, corrections, erasure, handover, rights_view
from hub.store.database import UnitOfWork
from hub.web.backend import backend
from hub.web.drawing import case_path
from hub.web.words.turns import runs_the_traffic
from hub.wiring import EXTENSION, Hub
from schemas.correction import CONTENT, PERSON

slice_ = Blueprint("rights", __name__)
_OFFICER = "privacy_officer"
_LONGEST = {"right": 20_000, "why": 2_000}
_NOT_DONE = (NotFound, Forbidden, Invalid, NotNow, StateForbids)


def _hub() -> Hub:
    found: Hub = current_app.extensions[EXTENSION]
    return found


def _where() -> audit.Occasion:
    found: audit.Occasion | None = g.get("occasion")
    if found is None:
        found = g.occasion = audit.occasion(_hub().config, "web", traceparent=request.headers.get("traceparent"))
    return found


def _do(deed: Deed, case_id: str | None, which: str, detail: str, change: Callable[[UnitOfWork], Any]) -> Any:
    """Do something to the rights of a client, written down in the same unit of work."""
    objects = (which[:36],) if which else ()
    with audit.changing(_hub().store, _where(), g.viewer, deed, *objects, case_id=case_id) as work:
        done = change(work)
        told = done.state if detail == "decide" else detail
        entry = audit.Entry(viewer=g.viewer, deed=deed, case_id=case_id, objects=objects, detail=told)
        audit.write(work, _where(), [entry])
    return done


# One client --------------------------------------------------------------------------------------------------------


@slice_.get("/inwoners/<case_id>/rechten")
def show(case_id: str) -> ResponseReturnValue:
    """Show what can be asked for a client, and what became of it."""
    return _client_page(case_id, {}, {})


def _client_page(
    case_id: str, errors: dict[str, str], given: dict[str, str], code: int = 200, wrong: str | None = None
) -> ResponseReturnValue:
    view = backend().case(g.viewer, case_id) if g.viewer.role not in NO_PART | {_OFFICER} else None
    if view is None:
        abort(404)
    now = dt.datetime.now(dt.UTC)
    known: dict[str, Any] = {"overview": None, "handovers": [], "erasures": []}
    try:
        with audit.looking(_hub().store, _where()) as session:
            known["corrections"] = correction_view.of_case(session, _hub().config, g.viewer, case_id, now)
            if g.viewer.role == "case_director" and view.contact_name == g.viewer.name:
                known["handovers"] = handover.of_case(session, g.viewer, case_id)
                known["erasures"] = erasure.of_case(session, g.viewer, case_id)
                known["overview"] = rights_view.overview(session, _hub().config, g.viewer, case_id, now)
    except NotFound:
        abort(404)
    page = render_template(
        "rights/rights.html", view=view, errors=errors, given=given, wrong=wrong, person_fields=PERSON,
        content_fields=CONTENT, **known,
    )  # fmt: skip
    return page, code


@slice_.post("/inwoners/<case_id>/rechten/correctie")
def ask_correction(case_id: str) -> ResponseReturnValue:
    """Put what is wrong before its owner; what lacks comes back with the form as it was."""
    given = {name: request.form.get(name, "").strip() for name in ("about", "right", "why")}
    errors = {name: "missing" for name, value in given.items() if not value}
    errors |= {name: "too_long" for name, most in _LONGEST.items() if len(given[name]) > most}
    about, _, field = given["about"].rpartition("/")
    if not errors:
        try:
            _do(Deed.CLIENT_CORRECT, case_id, about, "ask", lambda work: corrections.ask(
                work, _hub().config, g.viewer, case_id, field=field, value=given["right"], why=given["why"],
                referral_id=about or None,
            ))  # fmt: skip
        except Invalid as error:
            errors = {"right" if error.field == "value" else "about": "wrong"}
        except NotFound:
            errors = {"about": "unknown"}
    if errors:
        return _client_page(case_id, errors, given, 422)
    flash("correctie")
    return redirect(f"{case_path(case_id)}/rechten", 303)


@slice_.post("/inwoners/<case_id>/rechten/inzage")
def ask_package(case_id: str) -> ResponseReturnValue:
    """Ask for everything about a client."""
    return _asked(case_id, Deed.CLIENT_EXPORT, lambda work: handover.ask(work, g.viewer, case_id), "inzage")


@slice_.post("/inwoners/<case_id>/rechten/vergetelheid")
def ask_erasure(case_id: str) -> ResponseReturnValue:
    """Ask to erase a client's case."""
    return _asked(case_id, Deed.CLIENT_ERASE, lambda work: erasure.ask(work, g.viewer, case_id), "vergetelheid")


def _asked(case_id: str, deed: Deed, change: Callable[[UnitOfWork], Any], told: str) -> ResponseReturnValue:
    try:
        _do(deed, case_id, "", "ask", change)
    except NotFound:
        abort(404)
    flash(told)
    return redirect(f"{case_path(case_id)}/rechten", 303)


@slice_.post("/inwoners/<case_id>/rechten/bestand")
def take_package(case_id: str) -> ResponseReturnValue:
    """Give the sealed package, once; who takes it can't open it."""
    which = request.form.get("kenmerk", "")
    mark_key = handover.mark_key_of(_hub().settings.secret_key)
    try:
        package = _do(Deed.CLIENT_EXPORT, case_id, which, "package", lambda work: handover.take(
            work, _hub().config, g.viewer, which, case_id, mark_key
        ))  # fmt: skip
    except (NotFound, Forbidden, NotNow):
        return _client_page(case_id, {}, {}, 422, wrong="bestand")
    answer = Response(package, content_type="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename="inzage.schakel")
    return answer


# What waits for a decision -----------------------------------------------------------------------------------------


@slice_.get("/rechten")
def decide_page() -> ResponseReturnValue:
    """Show what waits for this viewer: corrections and erasures to decide, codes to give, terms that are over."""
    return _decide_page()


def _decide_page(code: int = 200, **told: Any) -> ResponseReturnValue:
    officer, operator = g.viewer.role == _OFFICER, runs_the_traffic(g.viewer)
    if g.viewer.role in NO_PART and not operator:
        abort(404)
    now = dt.datetime.now(dt.UTC)
    with audit.looking(_hub().store, _where()) as session:
        seen: dict[str, Any] = {
            "corrections": correction_view.of_organisation(session, _hub().config, g.viewer, now),
            "to_phone": correction_view.to_phone(session, _hub().config, g.viewer),
            "handovers": handover.open_requests(session, g.viewer),
            "previews": retention.previews(session, 5) if officer or operator else [],
        }
        erasures = erasure.requests(session) if officer else []
        seen["erasures"] = [(one, erasure.duties_of(session, one.case_id, now)) for one in erasures]
        page = render_template("rights/decide.html", officer=officer, operator=operator, terms=TERMS, **seen, **told)
    return page, code


def _own_correction(change: Callable[[UnitOfWork, str], Any], detail: str) -> Callable[[str, dict[str, str]], Any]:
    def act(which: str, given: dict[str, str]) -> Any:
        case_id = given.get("dossier", "")

        def checked(work: UnitOfWork) -> Any:
            corrections.check_of_case(work, which, case_id)
            return change(work, which)

        return _do(Deed.CLIENT_CORRECT, case_id, which, detail, checked)

    return act


def _decline(which: str, given: dict[str, str]) -> Any:
    reason = given.get("reden", "")
    return _own_correction(
        lambda work, one: corrections.decline(work, _hub().config, g.viewer, one, reason), "decline"
    )(which, given)


def _confirm(which: str, given: dict[str, str]) -> Any:
    code = given.get("wie", "")
    return _own_correction(lambda work, one: corrections.confirm(work, g.viewer, one, code), "confirm")(which, given)


def _erase(which: str, given: dict[str, str]) -> Any:
    case_id = given.get("dossier") or None
    return _do(
        Deed.CLIENT_ERASE, case_id, which, "decide",
        lambda work: erasure.decide(work, _hub().config, g.viewer, which),
    )  # fmt: skip


def _preview(_which: str, _given: dict[str, str]) -> Any:
    def count(work: UnitOfWork) -> Any:
        if g.viewer.role != _OFFICER and not runs_the_traffic(g.viewer):
            raise NotFound("There is no such page.")
        return retention.prepare(work, g.viewer.id)

    return _do(Deed.RETENTION_PREVIEW, None, "", "page", count)


_STEPS: dict[str, Callable[[str, dict[str, str]], Any]] = {
    "verbeter": _own_correction(lambda work, one: corrections.correct(work, _hub().config, g.viewer, one), "correct"),
    "afwijs": _decline,
    "bevestig": _confirm,
    "wis": _erase,
    "termijnen": _preview,
}


@slice_.post("/rechten/<step>")
def act(step: str) -> ResponseReturnValue:
    """Decide: put right, decline, confirm that a receiver knows, erase or refuse to, count what is kept too long."""
    if step not in _STEPS or (g.viewer.role in NO_PART and not runs_the_traffic(g.viewer)):
        abort(404)
    given = {name: value.strip()[:2000] for name, value in request.form.items()}
    try:
        _STEPS[step](given.get("kenmerk", "")[:36], given)
    except _NOT_DONE as error:
        lacks = isinstance(error, Invalid) and error.field == "reason"
        return _decide_page(422, wrong="reden" if lacks else "straks" if isinstance(error, NotNow) else step)
    flash(step)
    return redirect("/rechten", 303)


@slice_.post("/rechten/code")
def give_code() -> ResponseReturnValue:
    """Show the code of a package, once: it is kept nowhere, and asking again makes another."""
    which, case_id = request.form.get("kenmerk", "")[:36], request.form.get("dossier") or None
    code = handover.new_code()
    try:
        made = _do(Deed.CLIENT_EXPORT, case_id, which, "code", lambda work: handover.give_code(
            work, g.viewer, which, code
        ))  # fmt: skip
    except (NotFound, Forbidden):
        return _decide_page(422, wrong="code")
    return _decide_page(new_code=code, coded=made)
