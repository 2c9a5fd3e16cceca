"""One referral: where it is, what was sent, and what the viewer can do now."""

import datetime as dt

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.views import ActionChoice, ReferralView
from hub.web.backend import backend
from hub.web.dates import AMSTERDAM, today
from hub.web.drawing import referral_path
from hub.web.words import ANSWERS, ASIDE, NEED_NOTE, TAKE_DATE, TAKE_OUTCOME
from schemas.referral import NewEvent
from schemas.vocabulary import Event, Outcome

slice_ = Blueprint("referrals", __name__)


@slice_.get("/verwijzingen/<referral_id>")
def show(referral_id: str) -> ResponseReturnValue:
    """Show a referral."""
    return _page(referral_id, errors={}, values={})


@slice_.post("/verwijzingen/<referral_id>/stap")
def act(referral_id: str) -> ResponseReturnValue:
    """Record what the viewer does; what is wrong comes back with the form as it was."""
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    values = {name: value.strip() for name, value in request.form.items() if name != "csrf_token"}
    choice = next((action for action in view.actions if action.event == values.get("event")), None)
    if choice is None:
        return _page(referral_id, errors={"event": "too_late"}, values={}, code=409)
    errors, new = _read(choice, values)
    if new is not None:
        refused = backend().record_event(g.viewer, referral_id, new)
        if refused is None:
            return redirect(referral_path(referral_id), 303)
        errors = {refused.field: "missing"} if refused.field else {"event": "too_late"}
    return _page(referral_id, errors=errors, values=values, code=409 if "event" in errors else 422)


def _read(choice: ActionChoice, values: dict[str, str]) -> tuple[dict[str, str], NewEvent | None]:
    """Give what is wrong with a form, or the event that it asks for."""
    event, errors = Event(choice.event), {}
    reason, note, outcome, day = (values.get(name, "") for name in ("reason", "note", "outcome", "date"))
    if choice.needs_reason and reason not in dict(choice.reasons) and (choice.reasons or not note):
        errors["reason" if choice.reasons else "note"] = "missing"
    if event in NEED_NOTE and not note:
        errors["note"] = "missing"
    if len(note) > 4000:
        errors["note"] = "too_long"
    at = _moment(day, values.get("time", ""))
    if event in TAKE_DATE and at is None:
        errors["date"] = "missing"
    if event in TAKE_OUTCOME and outcome not in list(Outcome):
        errors["outcome"] = "missing"
    if errors:
        return errors, None
    return {}, NewEvent(
        event=event,
        reason=reason or None,
        note=note or None,
        at=at if (event in TAKE_DATE and day != today().isoformat()) or event is Event.PLAN else None,
        outcome=Outcome(outcome) if event in TAKE_OUTCOME else None,
    )


def _moment(day: str, time: str) -> dt.datetime | None:
    """Give the chosen moment, nine in the morning where no time was chosen."""
    try:
        return dt.datetime.fromisoformat(f"{day}T{time or '09:00'}").replace(tzinfo=AMSTERDAM).astimezone(dt.UTC)
    except ValueError:
        return None


def _page(referral_id: str, *, errors: dict[str, str], values: dict[str, str], code: int = 200) -> ResponseReturnValue:
    view = backend().referral(g.viewer, referral_id)
    if view is None:
        abort(404)
    answers, aside = _in_order(view)
    page = render_template("referral.html", view=view, answers=answers, aside=aside, errors=errors, values=values)
    return page, code


def _in_order(view: ReferralView) -> tuple[list[ActionChoice], list[ActionChoice]]:
    """Give the actions: answers with the main one first, and those that stand apart."""
    rank = {event: place for place, event in enumerate(ANSWERS)}
    answers = [action for action in view.actions if action.event not in ASIDE]
    aside = [action for action in view.actions if action.event in ASIDE]
    return sorted(answers, key=lambda action: rank.get(Event(action.event), len(rank))), aside
