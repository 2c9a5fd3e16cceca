"""How much room an organisation's own services have: what colleagues elsewhere see when they choose."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.access import capacity
from hub.services.errors import Invalid, NotFound
from hub.web.backend import backend
from hub.web.desk import desk

slice_ = Blueprint("room", __name__)
ROOM = "ruimte"
"""The kind of message that tells that room was kept."""
_NUMBERS = ("places", "waiting_days")


@slice_.get("/ruimte")
def form() -> ResponseReturnValue:
    """Show the room of each own service; to who has none the page is not there."""
    return _page({}, {}, "")


@slice_.post("/ruimte")
def save() -> ResponseReturnValue:
    """Keep the room of one service; what can't be comes back with what was filled in."""
    code = request.form.get("service", "")
    service = desk().config.services.get(code)
    if service is None:
        abort(404)
    values = {name: request.form.get(name, "").strip() for name in (*_NUMBERS, "note")}
    errors = {name: "number" for name in _NUMBERS if values[name] and not values[name].isdecimal()}
    if not errors:
        places, days = (int(values[name][:6]) if values[name] else None for name in _NUMBERS)
        try:
            with desk().changing(g.viewer, Deed.CAPACITY_CHANGE, code) as work:
                capacity.set_capacity(work, g.viewer, service, places, days, values["note"])
        except NotFound:
            abort(404)
        except Invalid as wrong:
            errors = {wrong.field or "note": "wrong"}
    if errors:
        return _page(errors, values, code), 422
    flash(service.name, ROOM)
    return redirect("/ruimte", 303)


def _page(errors: dict[str, str], values: dict[str, str], code: str) -> str:
    rooms = backend().own_room(g.viewer)
    if not rooms:
        abort(404)
    return render_template("inbox/room.html", rooms=rooms, errors=errors, values=values, code=code)
