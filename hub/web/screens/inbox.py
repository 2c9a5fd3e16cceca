"""The inbox of an organisation: what came in, by term, with one referral beside the list and the answers to it.

A referral belongs to the organisation, so each colleague has the same list. On a phone list and referral are two pages.
"""

import datetime as dt
from dataclasses import dataclass

from flask import Blueprint, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.rules.lifecycle import ENDED
from hub.services.views.work import WorkLine
from hub.web.backend import backend
from hub.web.door.ahead import fetched_ahead
from hub.web.drawing import inbox_path, referral_path
from hub.web.screens.referral_page import facts_of
from hub.web.screens.steps import Errors
from hub.web.words.turns import works_on_clients
from schemas.vocabulary import Event, Status

slice_ = Blueprint("inbox", __name__)
HERE = "postvak"
"""What a form says that was drawn in the inbox."""
DONE = "stap"
"""The kind of message that tells on the next page what was done."""
PAST = "afgehandeld"
FRAGMENT = "X-Fragment"
LIST = "1"
"""What a page that is open already asks in this header for the list; anything else asks for the chosen referral."""
STANDS = {
    "nieuw": frozenset({Status.SENT, Status.RECEIVED}),
    "vraag": frozenset({Status.QUESTION, Status.REDIRECT_PROPOSED}),
    "wachtlijst": frozenset({Status.WAITLISTED}),
    "gepland": frozenset({Status.ACCEPTED, Status.PLANNED}),
    "loopt": frozenset({Status.STARTED, Status.PAUSED}),
}
_SOON = frozenset({"late", "today", "week"})
# What a partner must do first, however far away the term is.
_ALWAYS = frozenset({"open", "decide", "plan_first_contact"})
# After these the referral is no longer work: back to the list.
_ENDS = frozenset({Event.DECLINE, Event.COMPLETE, Event.CLIENT_STOPS, Event.END, Event.MARK_ERROR})


_RUNNING = 8


@dataclass(frozen=True, kw_only=True)
class InboxList:
    """The list as it is drawn: the groups, how many there are of each stand, the new ones, and the chosen stand.

    ``mark`` is what it was drawn from: a page that keeps it can ask whether it still holds.
    """

    groups: dict[str, list[WorkLine]]
    counts: dict[str, int]
    new: list[WorkLine]
    mark: str
    stand: str | None = None
    past: bool = False

    @property
    def total(self) -> int:
        """Give how many there are of all stands."""
        return sum(self.counts.values())

    def shown(self, group: str, chosen: str | None = None) -> list[WorkLine]:
        """Give the lines of a group that are drawn: of what runs some and the chosen, unless one asked for it."""
        lines = self.groups[group]
        if group != "running" or self.stand is not None:
            return lines
        return [line for place, line in enumerate(lines) if place < _RUNNING or _is(line, chosen)]

    @property
    def first(self) -> WorkLine | None:
        """Give the line on top."""
        return next((line for lines in self.groups.values() for line in lines), None)


@slice_.get("/werkvoorraad/<referral_id>")
def detail(referral_id: str) -> ResponseReturnValue:
    """Show one referral of the inbox beside the list; what did not come in here has a page of its own."""
    if works_on_clients(g.viewer):
        return redirect(referral_path(referral_id))
    return detail_page(referral_id, errors={}, values={})


def list_page() -> str:
    """Draw the inbox without a chosen referral; for a page that is open already only the list."""
    if FRAGMENT in request.headers:
        return render_template("inbox/list.html", box=_box(), chosen=None)
    rooms = backend().own_room(g.viewer)
    sent = _sent(backend().sent_work(g.viewer))
    facts: dict[str, object] = {"view": None, "chosen": None, "errors": {}, "values": {}}
    return render_template("inbox/inbox.html", box=_box(), rooms=rooms, sent=sent, **facts)


def _sent(lines: tuple[WorkLine, ...] | None) -> dict[str, list[WorkLine]] | None:
    """Part what one's own organisation sent: what waits for it, what came back, and what runs elsewhere."""
    if lines is None:
        return None
    groups: dict[str, list[WorkLine]] = {"us": [], "back": [], "runs": []}
    for line in sorted(lines, key=by_term):
        over = line.referral is not None and line.referral.mark in ENDED
        waits = line.reason not in ("waiting", "None") and not over
        groups["back" if over else "us" if waits else "runs"].append(line)
    return groups


def detail_page(referral_id: str, *, errors: Errors, values: dict[str, str]) -> str:
    """Draw the inbox with one referral chosen; for a page that is open already only that referral, or only the list."""
    asked = request.headers.get(FRAGMENT)
    if asked == LIST:
        return render_template("inbox/list.html", box=_box(), chosen=referral_id)
    view = backend().referral(g.viewer, referral_id)
    if view is None or not view.viewer_received:
        abort(404)
    facts = {**facts_of(view), "chosen": referral_id, "errors": errors, "values": values, "back_to": HERE}
    if asked is not None:
        return render_template("inbox/detail.html", **facts)
    if request.method == "GET" and not fetched_ahead():
        backend().opened(g.viewer, view)
    return render_template("inbox/inbox.html", box=_box(), rooms=backend().own_room(g.viewer), **facts)


def path_after(referral_id: str, event: str) -> str:
    """Give where one goes on in the inbox after a step."""
    return "/werkvoorraad" if event in _ENDS else inbox_path(referral_id)


def _box() -> InboxList:
    stand = request.args.get("stand")
    mark = backend().worklist_mark(g.viewer)  # before the list: what changes meanwhile is told, and not missed
    lines = sorted(backend().worklist(g.viewer), key=by_term)
    new = [line for line in lines if stand_of(line) == "nieuw"]
    counts = {name: sum(stand_of(line) == name for line in lines) for name in STANDS}
    if stand == PAST:
        past = list(backend().past_work(g.viewer))
        return InboxList(groups={"past": past}, counts=counts, new=new, mark=mark, stand=PAST, past=True)
    if stand not in STANDS:
        stand = None
    groups: dict[str, list[WorkLine]] = {"you": [], "other": [], "running": []}
    for line in lines:
        if stand is None or stand_of(line) == stand:
            groups[group_of(line)].append(line)
    return InboxList(groups=groups, counts=counts, new=new, mark=mark, stand=stand)


def stand_of(line: WorkLine) -> str | None:
    """Give the filter that a line falls under; what is no referral falls under none."""
    mark = line.referral.mark if line.referral is not None else None
    return next((name for name, marks in STANDS.items() if mark in marks), None)


def _is(line: WorkLine, referral_id: str | None) -> bool:
    return line.referral is not None and line.referral.id == referral_id


def group_of(line: WorkLine) -> str:
    """Give under which heading a line stands: what waits for the viewer, for another, or what runs."""
    if line.urgency in _SOON or line.reason in _ALWAYS:
        return "you"
    return "other" if stand_of(line) in ("nieuw", "vraag", "wachtlijst") else "running"


def by_term(line: WorkLine) -> tuple[dt.datetime, str]:
    """Sort by term, the shortest first; of one moment in a fixed order."""
    due = line.referral.due_at if line.referral is not None else line.due_at
    return due or dt.datetime.max.replace(tzinfo=dt.UTC), line.referral.number if line.referral is not None else ""
