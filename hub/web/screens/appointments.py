"""The calendar file of an appointment."""

from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue

from hub.services.cases.case_view import case_view
from hub.services.cases.item_views import of_kind
from hub.services.errors import NotFound
from hub.web.desk import desk
from hub.web.screens.calendar_file import calendar_file
from schemas.vocabulary import ItemKind

slice_ = Blueprint("appointments", __name__)


@slice_.get("/inwoners/<case_id>/afspraken/<item_id>.ics")
def take(case_id: str, item_id: str) -> ResponseReturnValue:
    """Give an appointment for somebody's own calendar."""
    with desk().looking() as session:
        view = case_view(session, desk().config, g.viewer, case_id, desk().now)
    found = next((one for one in of_kind(view.items, ItemKind.APPOINTMENT) if one.id == item_id and one.at), None)
    if found is None:
        raise NotFound("There is no such appointment.")
    answer = Response(calendar_file(found), content_type="text/calendar; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename="afspraak.ics")
    return answer
