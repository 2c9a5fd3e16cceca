"""Write down what a client says: own words, wishes, strengths."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.cases import client_words
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid, Outdated
from hub.services.views.case import CaseView
from hub.web.desk import desk
from hub.web.drawing import case_path
from hub.web.screens.item_form import changes, version
from hub.web.words.record_words import own_words
from schemas.vocabulary import ItemKind

slice_ = Blueprint("own_words", __name__)


@slice_.post("/inwoners/<case_id>/eigen-woorden")
def record(case_id: str) -> ResponseReturnValue:
    """Write down a client's own words; who comes too late sees both texts, and nothing is overwritten."""
    back, view = case_path(case_id), _case(case_id)
    try:
        asked = changes(request.form, ItemKind.OWN_WORDS, ())
        read = version(request.form)
        with desk().changing(g.viewer, Deed.ITEM_CHANGE, case_id=case_id) as work:
            client_words.record(
                work,
                desk().config,
                g.viewer,
                case_id,
                version=read,
                words=asked.get("content", {}),
                at=asked.get("at"),
            )
    except Outdated:
        now = own_words(_case(case_id))
        return render_template("item/conflict.html", view=view, item=now, form=request.form, back=back), 409
    except Invalid as error:
        page = render_template(
            "item/again.html", view=view, item=None, field=error.field or "", form=request.form, back=back
        )
        return page, 422
    return redirect(back, 303)


def _case(case_id: str) -> CaseView:
    with desk().looking() as session:
        return case_view(session, desk().config, g.viewer, case_id, desk().now)
