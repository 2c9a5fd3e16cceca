"""Make a referral: choose by need, fill in the form, look at what is shared, and send it once."""

import secrets

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.room import Room
from hub.services.access.bundles import HELPING
from hub.services.access.directory import Running
from hub.services.views.case import CaseView
from hub.services.views.referral import ServiceOffer
from hub.web.backend import FieldError, backend
from hub.web.door.drafts import draft_key
from hub.web.drawing import referral_path
from hub.web.screens.choice import Choice
from hub.web.screens.referral_form import ReferralForm, Want, as_far_as_it_is, error_of
from hub.web.screens.search import REFERRING
from schemas.vocabulary import LifeDomain

slice_ = Blueprint("new_referral", __name__)


@slice_.get("/verwijzingen/nieuw")
def form() -> ResponseReturnValue:
    """Show the form with what the case knows already; ``leefgebied`` and ``dienst`` in the address are chosen.

    Who comes from the work list has nobody in mind yet: he searches for the client first.
    """
    if not request.args.get("inwoner"):
        return redirect(f"/zoeken?voor={REFERRING}")
    view, offers = _about(request.args.get("inwoner", ""))
    empty = ReferralForm(
        case_id=view.case_id,
        key=secrets.token_urlsafe(18),
        want=Want(near=bool(view.area)),
        life_domains=tuple(code for code in request.args.getlist("leefgebied") if code in list(LifeDomain)),
        services=tuple(offer.code for offer in offers if offer.code in request.args.getlist("dienst")),
        client_words=view.client_words or "",
        strengths=view.strengths,
    )
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
    already = _already(view, filled.chosen(offers))
    errors = filled.errors(offers, already=bool(already))
    if not errors:
        sent = backend().send_referrals(g.viewer, filled.to_new(offers), filled.key)
        if isinstance(sent, str):
            return redirect(referral_path(sent), 303)
        errors = {error_of(one): "needed" if one.field == "share" else one.code for one in sent}
    return _page(view, offers, filled, errors, 422)


@slice_.post("/verwijzingen/nieuw/voorbeeld")
def preview() -> ResponseReturnValue:
    """Draw what the receivers would get by the form as it stands."""
    view, offers = _about(request.form.get("inwoner", ""))
    filled = ReferralForm.read(request.form)
    return render_template("referral/release.html", releases=_releases(offers, filled), view=view)


def _releases(
    offers: tuple[ServiceOffer, ...], form: ReferralForm
) -> list[tuple[ServiceOffer, tuple[tuple[str, str], ...] | None]]:
    """Give for each chosen service what the preview shows: the fields, or nothing where a choice stands in the way."""
    hidden = () if form.basis else ("basis", "law", "evidence")
    shown: list[tuple[ServiceOffer, tuple[tuple[str, str], ...] | None]] = []
    for offer, new in zip(form.chosen(offers), as_far_as_it_is(form, offers), strict=True):
        found = backend().preview(g.viewer, new)
        stuck = isinstance(found, FieldError)
        shown.append((offer, None if stuck else tuple(one for one in found if one[0] not in hidden)))  # type: ignore[union-attr]
    return shown


def _about(case_id: str) -> tuple[CaseView, tuple[ServiceOffer, ...]]:
    view = backend().case(g.viewer, case_id) if case_id else None
    if view is None or not view.may_refer:
        abort(404)
    return view, backend().services_on_offer(g.viewer, view.area)


def _already(view: CaseView, chosen: tuple[ServiceOffer, ...]) -> list[Running]:
    """Give what runs already with the chosen organisations, as far as this viewer may know."""
    asked = {offer.organisation for offer in chosen}
    return [one for one in backend().running(g.viewer, view) if one.organisation in asked]


def _page(
    view: CaseView, offers: tuple[ServiceOffer, ...], form: ReferralForm, errors: dict[str, str], code: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "referral/new.html",
        view=view,
        choice=Choice(offers=offers, form=form, known=_known(view)),
        running=backend().running(g.viewer, view),
        form=form,
        errors=errors,
        releases=_releases(offers, form),
        waits=_waits(form.chosen(offers)),
        draft=draft_key(g.viewer),
    )
    return page, code


def _known(view: CaseView) -> frozenset[str]:
    """Give the organisations that help the client, or did: as far as this viewer may know."""
    return frozenset(line.organisation for line in view.referrals if line.number and line.mark in HELPING)


def _waits(chosen: tuple[ServiceOffer, ...]) -> bool:
    """Whether all that was chosen has no room: then what is sent asks for a place on the waiting list."""
    return bool(chosen) and all(offer.room.room is Room.NONE for offer in chosen)
