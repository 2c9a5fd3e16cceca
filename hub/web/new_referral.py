"""Make a referral: the form, the preview of what is shared, and sending it once."""

import secrets

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.views import CaseView, ServiceOffer
from hub.web.backend import backend
from hub.web.drawing import referral_path
from hub.web.referral_form import ReferralForm, error_of

slice_ = Blueprint("new_referral", __name__)


@slice_.get("/verwijzingen/nieuw")
def form() -> ResponseReturnValue:
    """Show the form, empty."""
    view, offers = _about(request.args.get("inwoner", ""))
    empty = ReferralForm(case_id=view.case_id, key=secrets.token_urlsafe(18), client_words=view.client_words or "")
    return _page(view, offers, empty, {})


@slice_.post("/verwijzingen/nieuw")
def send() -> ResponseReturnValue:
    """Send, or show what lacks. The hidden key makes a double click one referral."""
    view, offers = _about(request.form.get("inwoner", ""))
    filled = ReferralForm.read(request.form)
    if not filled.key:
        abort(400)
    if "bekijk" in request.form:
        return _page(view, offers, filled, {})
    errors = filled.errors(offers)
    if not errors:
        sent = backend().send_referral(g.viewer, filled.to_new(offers), filled.key)
        if isinstance(sent, str):
            return redirect(referral_path(sent), 303)
        errors = {error_of(problem): problem.code for problem in sent}
    return _page(view, offers, filled, errors, 422)


def _about(case_id: str) -> tuple[CaseView, tuple[ServiceOffer, ...]]:
    view = backend().case(g.viewer, case_id) if case_id else None
    if view is None or not view.may_refer:
        abort(404)
    return view, backend().services_on_offer(g.viewer)


def _page(
    view: CaseView, offers: tuple[ServiceOffer, ...], form: ReferralForm, errors: dict[str, str], code: int = 200
) -> ResponseReturnValue:
    chosen = next((offer for offer in offers if offer.code == form.service), None)
    page = render_template("referral_new.html", view=view, offers=offers, form=form, errors=errors, chosen=chosen)
    return page, code
