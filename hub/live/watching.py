"""A watch begins with what was missed, or with a snapshot: the path at the start is the path after a lost line."""

import datetime as dt
from typing import Any

import structlog

from hub.limits import Limits
from hub.live.drawing import Drawing
from hub.live.reading import saw_live
from hub.live.room import Room, watch_of
from hub.live.signed_in import as_of_now, line_of
from hub.services.cases.case_view import case_view
from hub.services.errors import NotFound
from hub.services.record.audit import looking, occasion
from hub.services.record.windows import Window
from hub.services.views.case import CaseView
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()

REPLAY_LIMIT = 300
MOST_WATCHES = 100  # cases that one connection follows


class Watching:
    """Answers who asks to watch a case."""

    def __init__(self, hub: Hub, room: Room, drawing: Drawing, limits: Limits) -> None:
        self._hub, self._room, self._drawing, self._limits = hub, room, drawing, limits

    def watch(self, sid: str, asked: Any) -> dict[str, Any]:
        """Answer with what was missed since ``after``, or a snapshot; from then on entries come in order."""
        known = self._room.viewers.get(sid)
        case_id, after = read_asked(asked)
        if fault := self._fault(sid, case_id):
            log.info("watching was refused", viewer=known.id if known else None, why=fault)
            return {"error": fault}
        assert known is not None and case_id is not None  # else it was a fault
        with self._hub.store.reading() as reading:
            viewer = as_of_now(self._hub, reading, [known]).get(line_of(known))
        if viewer is None or viewer != known:  # blocked, or in another role: that begins with signing in
            return {"error": "signed_out"}
        try:
            view = self._begin(sid, viewer, case_id, after)
        except (NotFound, StoreUnavailable) as error:
            why = "not_found" if isinstance(error, NotFound) else "unavailable"
            log.info("watching was refused", viewer=viewer.id, why=why)
            self._room.leave(case_id, sid)  # the watch began before the log could not be written
            if not self._room.watches_of(case_id):
                self._room.cases.pop(case_id, None)
            return {"error": why}
        self._room.tell_presence(case_id)
        if after is None or after > view.position or view.position - after > REPLAY_LIMIT:
            return {"position": view.position, "snapshot": self._drawing.snapshot(view, viewer)}
        missed = [entry for entry in view.entries if entry.position > after]
        return {"position": view.position, "entries": self._drawing.entries(missed, view, viewer)}

    def _begin(self, sid: str, viewer: Viewer, case_id: str, after: int | None) -> CaseView:
        watched = self._room.cases[case_id]
        missed = Window(since=None if after is None else after + 1, most=REPLAY_LIMIT)
        with watched.lock, looking(self._hub.store, occasion(self._hub.config, "live")) as reading:
            view = case_view(reading, self._hub.config, viewer, case_id, dt.datetime.now(dt.UTC), window=missed)
            watched.watches[sid] = watch_of(view, viewer)
        return view

    def _fault(self, sid: str, case_id: str | None) -> str | None:
        """Give why a watch is not even looked up."""
        if self._limits.kinds["socket"].take(sid).wait:
            return "rate_limited"
        if sid not in self._room.viewers or case_id is None:
            return "invalid"
        return "too_many" if self._room.count_of(sid, but=case_id) >= MOST_WATCHES else None

    def unwatch(self, sid: str, asked: Any) -> None:
        """End a watch, as asked."""
        case_id, _after = read_asked(asked)
        if self._limits.kinds["socket"].take(sid).wait:
            return
        if case_id is not None and case_id in self._room.cases:
            self._room.leave(case_id, sid)

    def seen(self, sid: str, asked: Any) -> None:
        """Keep that someone saw what came in on a page, up to this entry; a person, for a system reads nothing."""
        case_id, after = read_asked(asked)
        watch = self._room.watches_of(case_id or "").get(sid)
        if self._limits.kinds["socket"].take(sid).wait or watch is None or watch.position != after:
            return  # what is under way is seen later
        if case_id is not None and watch.viewer.session_id is not None:
            items = [item for item, _masked in watch.shape]
            saw_live(self._hub, watch.viewer, case_id, watch.place, items)


def read_asked(asked: Any) -> tuple[str | None, int | None]:
    """Read what a client asked; anything but a case id and a whole number is not an answer."""
    if not isinstance(asked, dict):
        return None, None
    case_id, after = asked.get("case"), asked.get("after")
    if not isinstance(case_id, str) or not 0 < len(case_id) <= 36:
        return None, None
    if isinstance(after, bool) or (after is not None and (not isinstance(after, int) or after < 0)):
        return None, None
    return case_id, after
