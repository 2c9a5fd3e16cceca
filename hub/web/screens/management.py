"""Manage the people who sign in, for the operator and for who manages an organisation: nothing of clients."""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, abort, current_app, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed, Outcome
from hub.services.errors import Forbidden, Invalid, NotFound
from hub.services.people import management
from hub.services.record import audit
from hub.store.database import UnitOfWork
from hub.wiring import EXTENSION, Hub

slice_ = Blueprint("management", __name__)
_DEED = Deed.ACCOUNT_CHANGE
Result = TypeVar("Result")
# What a form calls a field that the services name.
_FIELDS = {"username": "gebruikersnaam", "name": "naam", "post": "functie", "title": "titel", "until": "tot"}


def the_hub() -> Hub:
    """Give the installation."""
    found: Hub = current_app.extensions[EXTENSION]
    return found


def occasion() -> audit.Occasion:
    """Give this request as an occasion for the audit log."""
    return audit.occasion(the_hub().config, "web", traceparent=request.headers.get("traceparent"))


def changed(what: str, about: str, change: Callable[[UnitOfWork], Result]) -> Result:
    """Change something and write it down, in one unit of work; to who may not, it is not there."""
    where = occasion()
    try:
        with audit.changing(the_hub().store, where, g.viewer, _DEED, *([about] if about else [])) as work:
            done = change(work)
            whom = done.id if isinstance(done, management.Added) else about
            audit.write(work, where, [audit.Entry(viewer=g.viewer, deed=_DEED, objects=(whom,), detail=what)])
    except (NotFound, Forbidden):
        abort(404)
    return done


def given(name: str, most: int = 200) -> str:
    """Give a field of the form."""
    return request.form.get(name, "")[: most + 1].strip()


def now() -> dt.datetime:
    """Give this moment."""
    return dt.datetime.now(dt.UTC)


@slice_.get("/beheer")
def show() -> ResponseReturnValue:
    """Show the people whom this viewer manages; to anyone else the page is not there."""
    try:
        with the_hub().store.reading() as session:
            lines = management.managed(session, the_hub().config, g.viewer, now())
    except NotFound:
        abort(404)
    return render_template("management/management.html", people=lines)


@slice_.get("/beheer/mensen/nieuw")
def new_form() -> ResponseReturnValue:
    """Ask who is to be added."""
    if not management.may_manage(g.viewer):
        abort(404)
    return _new_form(200)


def _new_form(status: int, wrong: str | None = None) -> Response:
    page = render_template("management/new.html", wrong=wrong, offers=_offers())
    return make_response(page, status)


def _offers() -> list[tuple[str, list[management.Offer]]]:
    """Give the posts that may be given, by the name of their organisation."""
    found: dict[str, list[management.Offer]] = {}
    for one in management.offers(the_hub().config, g.viewer):
        found.setdefault(the_hub().config.organisations[one.organisation].name, []).append(one)
    return list(found.items())


@slice_.post("/beheer/mensen/nieuw")
def add() -> ResponseReturnValue:
    """Add someone, and show the password this once."""

    def change(work: UnitOfWork) -> management.Added:
        return management.add(
            work,
            the_hub().config,
            g.viewer,
            username=given("gebruikersnaam"),
            name=given("naam"),
            post=given("functie"),
            title=given("titel"),
        )

    try:
        added = changed("person_added", "", change)
    except Invalid as error:
        return _new_form(422, _FIELDS.get(error.field or "", "gebruikersnaam"))
    return _person(added.id, password=added.password)


@slice_.get("/beheer/mensen/<person_id>")
def person(person_id: str) -> ResponseReturnValue:
    """Show one of the people whom this viewer manages."""
    return _person(person_id)


def _person(
    person_id: str, *, password: str | None = None, wrong: str | None = None, status: int = 200
) -> ResponseReturnValue:
    try:
        with the_hub().store.reading() as session:
            found = management.managed_person(session, the_hub().config, g.viewer, person_id.replace("\0", ""), now())
    except NotFound:
        audit.record(
            the_hub().store,
            occasion(),
            [audit.Entry(viewer=g.viewer, deed=_DEED, outcome=Outcome.DENIED, detail="person")],
        )
        abort(404)
    page = render_template("management/person.html", one=found, offers=_offers(), password=password, wrong=wrong)
    return make_response(page, status)


def _add_post(work: UnitOfWork, person_id: str) -> None:
    day = given("tot", 10)
    try:
        ends_on = dt.date.fromisoformat(day) if day else None
    except ValueError as error:
        raise Invalid("The last day is no date.", field="until") from error
    management.add_post(
        work,
        the_hub().config,
        g.viewer,
        person_id,
        post=given("functie"),
        title=given("titel"),
        manages=given("beheert") == "ja",
        ends_on=ends_on,
    )


def _end_post(work: UnitOfWork, person_id: str) -> None:
    management.end_post(work, the_hub().config, g.viewer, person_id, given("kenmerk", 36))


_Step = Callable[[UnitOfWork, str], object]
_STEPS: dict[str, tuple[str, _Step]] = {
    "blokkeer": ("disabled", lambda w, p: management.set_active(w, the_hub().config, g.viewer, p, active=False)),
    "toelaten": ("enabled", lambda w, p: management.set_active(w, the_hub().config, g.viewer, p, active=True)),
    "wachtwoord": ("password_reset", lambda w, p: management.new_password(w, the_hub().config, g.viewer, p)),
    "tweede-stap": ("second_factor_reset", lambda w, p: management.drop_factor(w, the_hub().config, g.viewer, p)),
    "sessies": ("sessions_ended", lambda w, p: management.end_sessions(w, the_hub().config, g.viewer, p)),
    "functie": ("post_added", _add_post),
    "functie-eind": ("post_ended", _end_post),
}


@slice_.post("/beheer/mensen/<person_id>/<step>")
def act(person_id: str, step: str) -> ResponseReturnValue:
    """Change something of someone's account; a new password is shown this once."""
    if step not in _STEPS or not management.may_manage(g.viewer):
        abort(404)
    what, change = _STEPS[step]
    person_id = person_id.replace("\0", "")
    try:
        done = changed(what, person_id, lambda work: change(work, person_id))
    except Invalid as error:
        return _person(person_id, wrong=_FIELDS.get(error.field or "", "functie"), status=422)
    if isinstance(done, str):
        return _person(person_id, password=done)
    flash(step)
    return redirect(f"/beheer/mensen/{person_id}", 303)
