"""Make a referral: the form, the preview of what is shared, and sending it once."""

import secrets

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.views import CaseView, ServiceOffer
from hub.web.backend import FieldError, backend
from hub.web.drawing import referral_path
from hub.web.referral_form import ReferralForm, as_far_as_it_is, error_of

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
        errors = {error_of(one): "needed" if one.field == "share" else one.code for one in sent}
    return _page(view, offers, filled, errors, 422)


@slice_.post("/verwijzingen/nieuw/voorbeeld")
def preview() -> ResponseReturnValue:
    """Draw what the receiver would get by the form as it stands."""
    view, offers = _about(request.form.get("inwoner", ""))
    filled = ReferralForm.read(request.form)
    return render_template("fragments/release.html", **_release(view, offers, filled))


def _release(view: CaseView, offers: tuple[ServiceOffer, ...], form: ReferralForm) -> dict[str, object]:
    """Give what the preview shows: the fields, or which choice stands in the way."""
    new = as_far_as_it_is(form, offers)
    found = backend().preview(g.viewer, new) if new is not None else ()
    chosen = next((offer for offer in offers if offer.code == form.service), None)
    hidden = () if form.basis else ("basis", "law", "evidence")
    fields = () if isinstance(found, FieldError) else tuple(one for one in found if one[0] not in hidden)
    return {"release": fields, "chosen": chosen, "stuck": isinstance(found, FieldError), "view": view}


def _about(case_id: str) -> tuple[CaseView, tuple[ServiceOffer, ...]]:
    view = backend().case(g.viewer, case_id) if case_id else None
    if view is None or not view.may_refer:
        abort(404)
    return view, backend().services_on_offer(g.viewer)


def _page(
    view: CaseView, offers: tuple[ServiceOffer, ...], form: ReferralForm, errors: dict[str, str], code: int = 200
) -> ResponseReturnValue:
    release = _release(view, offers, form)
    page = render_template("referral_new.html", offers=offers, form=form, errors=errors, **release)
    return page, code
