"""Organisations and their systems, for the operator: how they are reached, and what they prove themselves with."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, g, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from hub.services.errors import Invalid, NotFound
from hub.services.messages import managed_systems
from hub.services.people.management import OPERATOR
from hub.store.database import UnitOfWork
from hub.web.screens.management import changed, given, now, the_hub

slice_ = Blueprint("management_systems", __name__)
_LONGEST_KEY = 20_000


@slice_.get("/beheer/organisaties")
def organisations() -> ResponseReturnValue:
    """Show the organisations of the configuration file, and how their connections do."""
    _check()
    with the_hub().store.reading() as session:
        lines = managed_systems.organisations(session, the_hub().config, g.viewer, now())
    return render_template("management/organisations.html", organisations=lines)


@slice_.get("/beheer/systemen")
def systems() -> ResponseReturnValue:
    """Show the system of each organisation."""
    _check()
    with the_hub().store.reading() as session:
        lines = managed_systems.managed_systems(session, the_hub().config, g.viewer, now())
    return render_template("management/systems.html", systems=lines)


@slice_.get("/beheer/systemen/<organisation_code>")
def system(organisation_code: str) -> ResponseReturnValue:
    """Show the system of one organisation."""
    _check()
    return _system(organisation_code)


def _check() -> None:
    if g.viewer.role != OPERATOR:
        abort(404)


def _system(
    code: str, *, secret: str | None = None, kind: str = "", wrong: str | None = None, status: int = 200
) -> ResponseReturnValue:
    try:
        with the_hub().store.reading() as session:
            found = managed_systems.managed_system(session, the_hub().config, g.viewer, code, now())
    except NotFound:
        abort(404)
    page = render_template("management/system.html", one=found, secret=secret, kind=kind, wrong=wrong)
    return make_response(page, status)


def _add_key(work: UnitOfWork, code: str) -> None:
    managed_systems.add_key(work, g.viewer, code, given("sleutel", _LONGEST_KEY))


def _new_secret(work: UnitOfWork, code: str) -> str:
    return managed_systems.new_secret(work, the_hub().config, g.viewer, code, at_once=given("meteen") == "ja")


_Step = Callable[[UnitOfWork, str], object]
_STEPS: dict[str, tuple[str, _Step]] = {
    "geheim": ("system_secret", _new_secret),
    "ondertekening": ("webhook_secret", lambda w, code: managed_systems.new_webhook_secret(w, g.viewer, code)),
    "sleutel": ("key_added", _add_key),
    "sleutel-eind": ("key_ended", lambda w, code: managed_systems.end_key(w, g.viewer, code, given("kenmerk"))),
    "blokkeer": ("disabled", lambda w, code: managed_systems.set_active(w, g.viewer, code, active=False)),
    "toelaten": ("enabled", lambda w, code: managed_systems.set_active(w, g.viewer, code, active=True)),
}


@slice_.post("/beheer/systemen/<organisation_code>/<step>")
def act(organisation_code: str, step: str) -> ResponseReturnValue:
    """Change what a system proves itself with, block it or let it in; a new secret is shown this once."""
    _check()
    if step not in _STEPS or the_hub().config.organisation(organisation_code) is None:
        abort(404)
    what, change = _STEPS[step]
    try:
        done = changed(what, organisation_code, lambda work: change(work, organisation_code))
    except Invalid as error:
        return _system(organisation_code, wrong=error.field or "key", status=422)
    if isinstance(done, str):
        return _system(organisation_code, secret=done, kind=step)
    flash(step)
    return redirect(f"/beheer/systemen/{organisation_code}", 303)
