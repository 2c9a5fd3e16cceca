"""One referral: where it is, what was sent, and what the viewer can do now."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.errors import StateForbids
from hub.services.referrals import plan_reviews, trouble
from hub.web.backend import backend
from hub.web.desk import desk
from hub.web.door.ahead import fetched_ahead
from hub.web.drawing import referral_path
from hub.web.screens import inbox
from hub.web.screens.referral_page import facts_of
from hub.web.screens.steps import Errors, read_step

slice_ = Blueprint("referrals", __name__)


@slice_.get("/verwijzingen/<referral_id>")
def show(referral_id: str) -> ResponseReturnValue:
    """Show a referral; for a page that is open already, only the parts that may have changed."""
    return _page(referral_id, errors={}, values={})


@slice_.post("/verwijzingen/<referral_id>/stap")
def act(referral_id: str) -> ResponseReturnValue:
    """Record what the viewer does, and go back to where he did it; what is wrong comes back with the form as it was."""
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    values = {name: value.strip() for name, value in request.form.items() if name != "csrf_token"}
    from_inbox = values.pop("terug", "") == inbox.HERE
    choice = next((action for action in view.actions if action.event == values.get("event")), None)
    errors: Errors = {"event": "too_late"}
    if choice is not None:
        errors, new = read_step(choice, values, backend().services_on_offer(g.viewer))
        if new is not None:
            refused = backend().record_event(g.viewer, referral_id, new)
            if refused is None:
                return _done(referral_id, new.event, from_inbox=from_inbox)
            errors = {refused.field: "missing"} if refused.field else {"event": "too_late"}
    return _again(referral_id, errors, values if choice is not None else {}, from_inbox=from_inbox)


@slice_.post("/verwijzingen/<referral_id>/bekeken")
def review(referral_id: str) -> ResponseReturnValue:
    """Record that the help was looked at together; what is wrong comes back with the form as it was."""
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    note, from_inbox = request.form.get("note", "").strip(), request.form.get("terug") == inbox.HERE
    errors: Errors = {"note": "too_long"} if len(note) > plan_reviews.LONGEST_NOTE else {}
    if not errors:
        try:
            with desk().changing(g.viewer, Deed.REFERRAL_EVENT, referral_id, case_id=view.case_id) as work:
                done = plan_reviews.tell_of_review(work, g.viewer, referral_id, note)
        except StateForbids:
            errors = {"event": "too_late"}
    if errors:
        return _again(referral_id, errors, {"event": view.review or "", "note": note}, from_inbox=from_inbox)
    return _done(referral_id, done, from_inbox=from_inbox)


@slice_.post("/verwijzingen/<referral_id>/bezorging")
def hurry(referral_id: str) -> ResponseReturnValue:
    """Do what the sender of a referral that has not arrived can do: have it tried at once, or say that they called."""
    action = request.form.get("actie", "")
    if action not in _ABOUT_DELIVERY:
        abort(400)
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    try:
        with desk().changing(g.viewer, Deed.REFERRAL_EVENT, referral_id, case_id=view.case_id) as work:
            _ABOUT_DELIVERY[action](work, g.viewer, referral_id)
    except StateForbids:
        action = "te-laat"
    flash(action, "bezorging")
    return redirect(referral_path(referral_id), 303)


_ABOUT_DELIVERY = {"nu": trouble.try_at_once, "gebeld": trouble.tell_of_call}


def _again(referral_id: str, errors: Errors, values: dict[str, str], *, from_inbox: bool) -> ResponseReturnValue:
    page = inbox.detail_page if from_inbox else _page
    return page(referral_id, errors=errors, values=values), 409 if "event" in errors else 422


def _done(referral_id: str, event: str, *, from_inbox: bool) -> ResponseReturnValue:
    flash(event, inbox.DONE)
    return redirect(inbox.path_after(referral_id, event) if from_inbox else referral_path(referral_id), 303)


def _page(referral_id: str, *, errors: Errors, values: dict[str, str]) -> str:
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    part = inbox.FRAGMENT in request.headers  # of a page that is open, looked at or not
    if request.method == "GET" and not part and not fetched_ahead():
        backend().opened(g.viewer, view)
    template = "referral/regions.html" if part else "referral/referral.html"
    return render_template(template, **facts_of(view), errors=errors, values=values)
