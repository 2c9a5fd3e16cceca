"""Consent of one client: who may know what, what the client said, and what can't be undone any more."""

import datetime as dt

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.referrals.consent_view import may_be_withdrawn, standing
from hub.web.backend import backend
from hub.web.drawing import case_path
from schemas.consent import NewConsent
from schemas.vocabulary import ConsentKind

slice_ = Blueprint("consents", __name__)
_KINDS = (ConsentKind.ASKED, ConsentKind.GIVEN, ConsentKind.REFUSED, ConsentKind.WITHDRAWN)


@slice_.get("/inwoners/<case_id>/toestemming")
def show(case_id: str) -> ResponseReturnValue:
    """Show what is known of consent."""
    return _page(case_id, {}, {})


@slice_.post("/inwoners/<case_id>/toestemming")
def register(case_id: str) -> ResponseReturnValue:
    """Register what the client said; what lacks comes back with the form as it was."""
    values = {name: request.form.get(name, "").strip() for name in ("to", "kind", "evidence")}
    errors = {name: "missing" for name in ("to", "kind") if not values[name]}
    if values["kind"] and values["kind"] not in list(_KINDS):
        errors["kind"] = "missing"
    if len(values["evidence"]) > 500:
        errors["evidence"] = "too_long"
    if not errors:
        new = NewConsent(to=values["to"], kind=ConsentKind(values["kind"]), evidence=values["evidence"] or None)
        problem = backend().register_consent(g.viewer, case_id, new)
        if problem is None:
            return redirect(f"{case_path(case_id)}/toestemming", 303)
        errors = {problem.field: problem.code}
    return _page(case_id, errors, values, 422)


def _page(case_id: str, errors: dict[str, str], values: dict[str, str], code: int = 200) -> ResponseReturnValue:
    view = backend().case(g.viewer, case_id)
    known = backend().consents(g.viewer, case_id) if view is not None else None
    if view is None or known is None:
        abort(404)
    now = dt.datetime.now(dt.UTC)
    said = [(event, may_be_withdrawn(event, now)) for event in standing(known.events)]
    ended = [release for release in known.releases if release.ended is not None]
    page = render_template(
        "access/consents.html", view=view, known=known, said=said, ended=ended, errors=errors, values=values,
        organisations=backend().organisations(g.viewer),
    )  # fmt: skip
    return page, code
