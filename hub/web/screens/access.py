"""Who may see what, for whoever watches over it: emergencies, objections, closed files, and "can X ever see this?"."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules import access_tables, enumeration
from hub.rules.access_reach import WORDS, Who, reach
from hub.rules.audit import Deed
from hub.rules.emergencies import DANGERS, ROLES, VERDICTS
from hub.services.access.closed_files import close_file, closed_files, open_file
from hub.services.access.emergencies import (
    client_was_told,
    clients_to_tell,
    emergencies,
    end_emergencies,
    judge_emergency,
    open_emergency,
)
from hub.services.access.objections import OFFICER, lift_objection, register_objection, standing_objections
from hub.services.errors import Invalid, NotFound
from hub.services.record import audit
from hub.web.drawing import case_path
from hub.wiring import EXTENSION, Hub

slice_ = Blueprint("access", __name__)
_OVERSEERS = frozenset({OFFICER, "case_director"})


def _hub() -> Hub:
    found: Hub = current_app.extensions[EXTENSION]
    return found


def _where() -> audit.Occasion:
    found: audit.Occasion | None = g.get("occasion")
    if found is None:
        found = g.occasion = audit.occasion(_hub().config, "web", traceparent=request.headers.get("traceparent"))
    return found


@slice_.get("/toegang")
def show() -> ResponseReturnValue:
    """Show what this viewer has to watch over; to anyone else the page is not there."""
    if g.viewer.role not in _OVERSEERS:
        abort(404)
    return _page()


def _page(*, wrong: str | None = None, code: int = 200) -> ResponseReturnValue:
    with audit.looking(_hub().store, _where()) as session:
        seen: dict[str, Any] = {
            "emergencies": emergencies(session, g.viewer),
            "to_tell": clients_to_tell(session, g.viewer),
            "objections": standing_objections(session, g.viewer),
            "closed": closed_files(session, g.viewer),
        }
        cases = sorted({one.case_id for lines in seen.values() for one in lines})
        for case_id in cases or (None,):
            audit.seen(session, audit.Entry(viewer=g.viewer, deed=Deed.OVERSIGHT_VIEW, case_id=case_id))
    officer = g.viewer.role == OFFICER
    asked = _asked() if officer else None
    page = render_template(
        "access/access.html",
        officer=officer,
        asked=asked,
        found=reach(asked) if asked else None,
        choices=_CHOICES if officer else {},
        wrong=wrong,
        enumeration=enumeration,
        policy=audit.policy_version(),
        verdicts=VERDICTS,
        **seen,
    )
    return page, code


_CHOICES: dict[str, tuple[str, ...]] = {
    "wie": tuple(
        f"{org}/{role}/{purpose}"
        for role, row in access_tables.ROLES.items()
        for org in sorted(row.organisations)
        for purpose in sorted(row.purposes)
    ),
    "soort": WORDS["category"],
    "leefgebied": WORDS["domain"],
    "eigenaar": WORDS["owner"],
    "herkomst": WORDS["origin"],
    "handeling": WORDS["action"],
}


def _asked() -> Who | None:
    """Read the question from the address; a word of no list asks nothing."""
    if not request.args:
        return None
    chosen = {name: request.args.get(name, "") for name in _CHOICES}
    if any(chosen[name] not in _CHOICES[name] for name in _CHOICES):
        return None
    org, role, purpose = chosen["wie"].split("/")
    return Who(
        org=org,
        role=role,
        purpose=purpose,
        category=chosen["soort"],
        domain=chosen["leefgebied"],
        owner=chosen["eigenaar"],
        origin=chosen["herkomst"],
        action=chosen["handeling"],
    )


_STEPS = ("oordeel", "verteld", "bezwaar", "bezwaar-besluit", "sluit", "open")


@slice_.post("/toegang/<step>")
def act(step: str) -> ResponseReturnValue:
    """Record a verdict, that a client was told, an objection and its end, a file that closes and that opens."""
    if g.viewer.role not in _OVERSEERS or step not in _STEPS:
        abort(404)
    given = {name: value.strip() for name, value in request.form.items()}
    which, case_id = given.get("kenmerk", ""), given.get("dossier", "")
    try:
        deed, objects, about = Deed.CONFIGURATION_CHANGE, (which[:36],) if which else (), case_id or None
        with audit.changing(_hub().store, _where(), g.viewer, deed, *objects, case_id=about) as work:
            done = audit.Entry(viewer=g.viewer, deed=deed, case_id=about, objects=objects, detail=step)
            audit.write(work, _where(), [done])
            if step == "oordeel":
                judge_emergency(work, g.viewer, which, given.get("keuze", ""))
            elif step == "verteld":
                client_was_told(work, g.viewer, which)
            elif step == "bezwaar":
                register_objection(work, g.viewer, case_id)
            elif step == "bezwaar-besluit":
                lift_objection(work, g.viewer, which)
            elif step == "sluit":
                close_file(work, g.viewer, case_id, given.get("gebruiker", ""))
            else:
                open_file(work, g.viewer, case_id, which)
    except (NotFound, Invalid):
        return _page(wrong=step, code=422)
    flash(step)
    return redirect("/toegang", 303)


@slice_.get("/noodtoegang")
def emergency_form() -> ResponseReturnValue:
    """Ask for emergency access; to a role that never has it the page is not there."""
    _check_helper()
    return _emergency_page()


@slice_.post("/noodtoegang")
def emergency() -> ResponseReturnValue:
    """Open a case for an hour, or say what lacks; a case that is not there and one that stays closed look alike."""
    _check_helper()
    given = {name: request.form.get(name, "").strip() for name in ("wie", "gevaar", "reden")}
    try:
        with audit.changing(_hub().store, _where(), g.viewer, Deed.EMERGENCY_OPEN) as work:
            case_id = open_emergency(
                work, _hub().config, g.viewer, whom=given["wie"], danger=given["gevaar"], reason=given["reden"]
            )
            opened = audit.Entry(viewer=g.viewer, deed=Deed.EMERGENCY_OPEN, case_id=case_id, rule="A11")
            audit.write(work, _where(), [opened])
    except Invalid as error:
        return _emergency_page(given, {"danger": "gevaar", "reason": "reden"}.get(error.field or "", "wie"), 422)
    except NotFound:
        return _emergency_page(given, "wie", 422)
    return redirect(case_path(case_id), 303)


@slice_.post("/noodtoegang/<case_id>/stop")
def stop(case_id: str) -> ResponseReturnValue:
    """End one's own emergency access."""
    _check_helper()
    with _hub().store.writing() as work:
        end_emergencies(work, g.viewer, case_id)
        ended = audit.Entry(viewer=g.viewer, deed=Deed.EMERGENCY_OPEN, case_id=case_id, detail="ended")
        audit.write(work, _where(), [ended])
    return redirect("/werkvoorraad", 303)


def _check_helper() -> None:
    if g.viewer.role not in ROLES:
        abort(404)


def _emergency_page(
    given: dict[str, str] | None = None, wrong: str | None = None, code: int = 200
) -> ResponseReturnValue:
    page = render_template("access/emergency.html", given=given or {}, wrong=wrong, dangers=DANGERS)
    return page, code
