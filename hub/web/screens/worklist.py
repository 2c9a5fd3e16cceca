"""The work list: who needs you, and what you can do."""

import datetime as dt

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.overview.worklist import TELL_EMERGENCY
from hub.services.views.work import WorkLine
from hub.web.backend import backend
from hub.web.drawing import start_path
from hub.web.screens import inbox, team_day
from hub.web.words.meeting_words import has_team_day
from hub.web.words.turns import works_on_clients
from hub.web.words.worklist_words import CHIP_NAMES, CHIPS

slice_ = Blueprint("worklist", __name__)
_SHOWN = 8  # of those with whom all goes as agreed
_CLIENT_GROUPS = {"late": "today", "today": "today", "week": "week"}


@slice_.get("/")
def start() -> ResponseReturnValue:
    """Go where the viewer's work starts."""
    return redirect(start_path(g.viewer))


@slice_.get("/werkvoorraad")
def show() -> ResponseReturnValue:
    """Show the clients of a regisseur, the day of a Toegangsteam, or the referrals of a partner."""
    if has_team_day(g.viewer) and "stand" not in request.args:
        return team_day.page()
    if not works_on_clients(g.viewer):
        return inbox.list_page()
    mark = backend().worklist_mark(g.viewer)  # before the list: what changes meanwhile is told, and not missed
    lines = backend().worklist(g.viewer)
    return _clients_page(lines, mark)


def _clients_page(lines: tuple[WorkLine, ...], mark: str) -> ResponseReturnValue:
    tasks = [line for line in lines if line.reason == TELL_EMERGENCY]
    clients = tuple(line for line in lines if line.reason != TELL_EMERGENCY)
    chosen = request.args.get("toon", "")
    chosen = chosen if chosen in CHIP_NAMES else ""
    by_chip = {code: tuple(line for line in clients if _is_in(code, line)) for code in CHIP_NAMES}
    planned = sorted(((one, line) for line in clients for one in line.planned), key=lambda pair: pair[0].at)
    happened = sorted(((one, line) for line in clients for one in line.happened), key=lambda pair: pair[0].at)
    groups = _grouped(by_chip[chosen], _CLIENT_GROUPS, "running")
    rest = 0 if chosen else max(0, len(groups["running"]) - _SHOWN)
    return render_template(
        "worklist/clients.html",
        groups=groups,
        shown=len(groups["running"]) - rest,
        rest=rest,
        counts={name: len(group) for name, group in _grouped(clients, _CLIENT_GROUPS, "running").items()},
        chips=[(code, CHIP_NAMES[code], len(found)) for code, found in by_chip.items() if found or code == chosen],
        chosen=chosen,
        total=len(clients),
        tasks=sorted(tasks, key=_due),
        planned=planned,
        happened=happened[::-1],
        mark=mark,
    )


def _is_in(chip: str, line: WorkLine) -> bool:
    if chip == "vandaag":
        return line.urgency in ("late", "today")
    if chip == "loopt":
        return line.urgency == "running"
    return chip == "" or bool(CHIPS[chip] & {line.reason, *line.also})


def _due(line: WorkLine) -> dt.datetime:
    due = line.referral.due_at if line.referral else line.due_at
    return due or dt.datetime.max.replace(tzinfo=dt.UTC)


def _grouped(lines: tuple[WorkLine, ...], groups: dict[str, str], rest: str) -> dict[str, list[WorkLine]]:
    """Give the lines by group, in their own order; a group without lines is there and empty."""
    found: dict[str, list[WorkLine]] = {name: [] for name in (*dict.fromkeys(groups.values()), rest)}
    for line in lines:
        found[groups.get(line.urgency, rest)].append(line)
    return found
