"""Write down, change, say how far it is: one way for all that people write down in a case."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.cases import items
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid, NotFound, Outdated
from hub.services.views.case import CaseView, ItemView
from hub.web.desk import desk
from hub.web.drawing import case_path
from hub.web.screens.item_form import changes, new_item, version, way_back
from schemas.items import ItemChange
from schemas.vocabulary import ItemState

slice_ = Blueprint("items", __name__)


@slice_.post("/inwoners/<case_id>/vastleggen")
def add(case_id: str) -> ResponseReturnValue:
    """Write something down in a case, and go back to where that was asked."""
    back = way_back(request.form, case_path(case_id))
    view = _case(case_id)
    try:
        new = new_item(request.form, view.colleagues)
        with desk().changing(g.viewer, Deed.ITEM_WRITE, case_id=case_id) as work:
            items.add(work, desk().config, g.viewer, case_id, new)
    except Invalid as error:
        return _again(view, None, error.field, back)
    return redirect(back, 303)


@slice_.post("/inwoners/<case_id>/onderdelen/<item_id>")
def change(case_id: str, item_id: str) -> ResponseReturnValue:
    """Change something that was written down; who comes too late sees both texts, and nothing is overwritten."""
    back = way_back(request.form, case_path(case_id))
    view = _case(case_id)
    now = _item(view, item_id)
    try:
        asked = ItemChange(version=version(request.form), changes=changes(request.form, now.kind, view.colleagues))
        with desk().changing(g.viewer, Deed.ITEM_CHANGE, item_id, case_id=case_id) as work:
            items.change(work, desk().config, g.viewer, item_id, asked)
    except Outdated:
        return _conflict(case_id, item_id, back)
    except Invalid as error:
        return _again(view, now, error.field, back)
    return redirect(back, 303)


@slice_.post("/inwoners/<case_id>/onderdelen/<item_id>/stand")
def settle(case_id: str, item_id: str) -> ResponseReturnValue:
    """Say how far it is with something that was written down."""
    back = way_back(request.form, case_path(case_id))
    view = _case(case_id)
    now = _item(view, item_id)
    try:
        state = ItemState(request.form.get("state", ""))
        with desk().changing(g.viewer, Deed.ITEM_CHANGE, item_id, case_id=case_id) as work:
            items.settle(work, desk().config, g.viewer, item_id, state, version(request.form))
    except Outdated:
        return _conflict(case_id, item_id, back)
    except ValueError:
        return _again(view, now, "state", back)
    except Invalid as error:
        return _again(view, now, error.field, back)
    return redirect(back, 303)


def _case(case_id: str) -> CaseView:
    with desk().looking() as session:
        return case_view(session, desk().config, g.viewer, case_id, desk().now)


def _item(view: CaseView, item_id: str) -> ItemView:
    found = next((item for item in view.items if item.id == item_id), None)
    if found is None:
        raise NotFound("There is no such item.")
    return found


def _conflict(case_id: str, item_id: str, back: str) -> ResponseReturnValue:
    view = _case(case_id)
    page = render_template("item/conflict.html", view=view, item=_item(view, item_id), form=request.form, back=back)
    return page, 409


def _again(view: CaseView, item: ItemView | None, field: str | None, back: str) -> ResponseReturnValue:
    """Give the form once more with all that was typed, and the field that can't be used."""
    page = render_template("item/again.html", view=view, item=item, field=field or "", form=request.form, back=back)
    return page, 422
