"""The case discussion of a Toegangsteam: its meetings, the agenda, and the table for one client."""

from contextlib import suppress

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.cases import agreements, items, meeting_views, meetings
from hub.services.cases.case_view import case_view
from hub.services.errors import Forbidden, Invalid, NotFound, Outdated
from hub.services.overview.table_watch import mark_of_tables
from hub.services.views.meeting import Table
from hub.web.desk import desk
from hub.web.drawing import case_path
from hub.web.screens.item_form import changes, moment_of, new_item, version, way_back
from hub.web.words.meeting_words import meeting_path
from schemas.items import ItemChange
from schemas.vocabulary import ItemKind, ItemState, LifeDomain

slice_ = Blueprint("meetings", __name__)
_MINUTES = ("5", "10", "15", "20", "30", "45", "60")


@slice_.get("/overleg")
def show() -> ResponseReturnValue:
    """Show the meetings of the viewer's team, where the viewer sits at the table, and what was agreed there."""
    return _list({}, 200)


@slice_.post("/overleg")
def plan() -> ResponseReturnValue:
    """Plan a meeting of the own team."""
    form = request.form
    try:
        starts_at = moment_of(form)
        if starts_at is None:
            raise Invalid("Say on which day.", field="at_day")
        minutes = int(form.get("minutes", "")) if form.get("minutes", "").isdecimal() else 0
        place = form.get("place", "").strip()[:120] or None
        with desk().changing(g.viewer, Deed.MEETING_PLAN) as work:
            made = meetings.plan(work, desk().config, g.viewer, starts_at, minutes, place).id
    except Invalid as error:
        return _list({error.field or "": True}, 422)
    return redirect(meeting_path(made), 303)


def _list(errors: dict[str, bool], code: int) -> ResponseReturnValue:
    now = desk().now
    with desk().looking() as session:
        mark = mark_of_tables(session, desk().config, g.viewer, now)  # before the rest: what changes meanwhile is told
        found = meeting_views.meetings(session, desk().config, g.viewer, now)
        agreed = agreements.open_agreements(session, desk().config, g.viewer, now)
    page = render_template(
        "meeting/meetings.html", meetings=found, agreed=agreed, errors=errors, form=request.form, mark=mark
    )
    return page, code


@slice_.get("/overleg/<meeting_id>")
def agenda(meeting_id: str) -> ResponseReturnValue:
    """Show the agenda of a meeting, as far as the viewer sits at its tables."""
    now = desk().now
    with desk().looking() as session:
        mark = mark_of_tables(session, desk().config, g.viewer, now)
        found = meeting_views.agenda(session, desk().config, g.viewer, meeting_id, now)
    return render_template("meeting/agenda.html", agenda=found, mark=mark)


@slice_.get("/overleg/<meeting_id>/<item_id>")
def table(meeting_id: str, item_id: str) -> ResponseReturnValue:
    """Show the table for one client: the question, what is noted, what is decided and agreed."""
    return _table(meeting_id, item_id, {}, 200)


@slice_.post("/overleg/<meeting_id>/<item_id>")
def write(meeting_id: str, item_id: str) -> ResponseReturnValue:
    """Write a note, a decision or an agreement at the table for one client."""
    found = _found(meeting_id, item_id)
    try:
        new = meetings.at_this_table(new_item(request.form, ()), found.topic.item)
        with desk().changing(g.viewer, Deed.ITEM_WRITE, case_id=found.case_id) as work:
            items.add(work, desk().config, g.viewer, found.case_id, new)
    except Invalid as error:
        return _table(meeting_id, item_id, {error.field or "": True}, 422)
    part = "notities" if new.kind is ItemKind.MINUTE else "uitkomsten"
    return redirect(f"{meeting_path(meeting_id, item_id)}#{part}", 303)


@slice_.post("/overleg/<meeting_id>/<item_id>/blokken/<block_id>")
def rewrite(meeting_id: str, item_id: str, block_id: str) -> ResponseReturnValue:
    """Change a block of notes: each has one writer, so nobody is ever overwritten by another."""
    found = _found(meeting_id, item_id)
    if not any(one.id == block_id for one in found.minutes):
        raise NotFound("There is no such item.")
    try:
        asked = ItemChange(version=version(request.form), changes=changes(request.form, ItemKind.MINUTE, ()))
        with desk().changing(g.viewer, Deed.ITEM_CHANGE, block_id, case_id=found.case_id) as work:
            items.change(work, desk().config, g.viewer, block_id, asked)
    except (Invalid, Outdated):
        return _table(meeting_id, item_id, {"text": True}, 422)
    return redirect(f"{meeting_path(meeting_id, item_id)}#notities", 303)


@slice_.post("/overleg/<meeting_id>/<item_id>/besproken")
def discussed(meeting_id: str, item_id: str) -> ResponseReturnValue:
    """Say that a client was discussed, and go to the next; who was late finds it said already."""
    found = _found(meeting_id, item_id)
    with suppress(Outdated), desk().changing(g.viewer, Deed.ITEM_CHANGE, item_id, case_id=found.case_id) as work:
        items.settle(work, desk().config, g.viewer, item_id, ItemState.DONE, version(request.form))
    after = found.next_topic
    return redirect(meeting_path(meeting_id, after.item.id if after is not None else ""), 303)


@slice_.post("/overleg/<meeting_id>/<item_id>/naam")
def name(meeting_id: str, item_id: str) -> ResponseReturnValue:
    """Say that the client is fine with being discussed by name, or not any more."""
    found = _found(meeting_id, item_id)
    with suppress(Outdated), desk().changing(g.viewer, Deed.MEETING_SEAT, item_id, case_id=found.case_id) as work:
        named = request.form.get("akkoord") == "ja"
        items.name_client(work, desk().config, g.viewer, item_id, version(request.form), named=named)
    return redirect(meeting_path(meeting_id, item_id), 303)


@slice_.post("/overleg/<meeting_id>/<item_id>/aan-tafel")
def seat(meeting_id: str, item_id: str) -> ResponseReturnValue:
    """Invite someone to the table for one client, or end a seat there."""
    person, way = request.form.get("person", ""), meetings.leave if request.form.get("weg") else meetings.invite
    found = _found(meeting_id, item_id)
    try:
        with desk().changing(g.viewer, Deed.MEETING_SEAT, item_id, case_id=found.case_id) as work:
            way(work, desk().config, g.viewer, item_id, person)
    except (Invalid, Forbidden):
        return _table(meeting_id, item_id, {"person": True}, 422)
    left = request.form.get("weg") and person == g.viewer.id
    return redirect(meeting_path(meeting_id) if left else meeting_path(meeting_id, item_id), 303)


@slice_.post("/afspraken/<item_id>/stand")
def settle(item_id: str) -> ResponseReturnValue:
    """Say how far it is with what was agreed; who was late finds it said already."""
    back = way_back(request.form, "/overleg#afspraken")
    state = ItemState.DONE if request.form.get("state") == "done" else ItemState.OPEN
    with desk().looking() as session:
        case_id = agreements.case_of(session, g.viewer, item_id)
    with (
        suppress(Invalid, Outdated),
        desk().changing(g.viewer, Deed.ITEM_CHANGE, item_id, case_id=case_id) as work,
    ):
        items.settle(work, desk().config, g.viewer, item_id, state, version(request.form))
    return redirect(back, 303)


def _found(meeting_id: str, item_id: str) -> Table:
    with desk().looking() as session:
        found = meeting_views.table(session, desk().config, g.viewer, item_id, desk().now)
    if found.meeting.id != meeting_id:
        raise NotFound("There is no such item.")
    return found


def _table(meeting_id: str, item_id: str, errors: dict[str, bool], code: int) -> ResponseReturnValue:
    with desk().looking() as session:
        mark = mark_of_tables(session, desk().config, g.viewer, desk().now)
    found = _found(meeting_id, item_id)
    return render_template("meeting/table.html", table=found, errors=errors, form=request.form, mark=mark), code


@slice_.get("/inwoners/<case_id>/overleg")
def bring_in_form(case_id: str) -> ResponseReturnValue:
    """Show the form that puts a client on the agenda of a meeting."""
    return _bring_in(case_id, "", 200)


@slice_.post("/inwoners/<case_id>/overleg")
def bring_in(case_id: str) -> ResponseReturnValue:
    """Put a client on the agenda of a meeting."""
    form = request.form
    meeting_id = form.get("meeting_id", "")
    try:
        domains = [LifeDomain(code) for code in form.getlist("life_domains")]
        with desk().changing(g.viewer, Deed.ITEM_WRITE, case_id=case_id) as work:
            made = meetings.bring_in(
                work,
                desk().config,
                g.viewer,
                case_id,
                meeting_id,
                question=form.get("c_question", ""),
                why=form.get("c_why", ""),
                domains=domains,
                agreed=form.get("akkoord") == "ja",
                minutes=int(form["c_minutes"]) if form.get("c_minutes") in _MINUTES else meetings.USUAL_MINUTES,
            )
            place = meeting_path(meeting_id, made.id)
    except ValueError:
        return _bring_in(case_id, "life_domains", 422)
    except Invalid as error:
        return _bring_in(case_id, error.field or "", 422)
    return redirect(place, 303)


def _bring_in(case_id: str, fault: str, code: int) -> ResponseReturnValue:
    with desk().looking() as session:
        view = case_view(session, desk().config, g.viewer, case_id, desk().now)
        open_for = meeting_views.to_come(session, desk().config, desk().now)
    page = render_template(
        "meeting/bring_in.html",
        view=view,
        meetings=open_for,
        fault=fault,
        form=request.form,
        back=case_path(case_id),
        minutes=_MINUTES,
    )
    return page, code
