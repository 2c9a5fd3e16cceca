"""Who is at the table for a client at this moment, and who is writing there: told to those at that table alone.

Who has no seat any more is told nothing: seats are looked up at each telling, for a table is small.
"""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.services.cases.meeting_views import sits_at
from hub.services.cases.table_seats import who_sits
from hub.services.views.viewer import Viewer
from hub.wiring import Hub


@dataclass(kw_only=True)
class _Place:
    """One open page of a table."""

    viewer: Viewer
    item: str
    writes: bool = False


class Tables:
    """The open tables of one web process."""

    def __init__(self, hub: Hub, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._hub, self._tell = hub, tell
        self._places: dict[str, _Place] = {}
        self._one_at_a_time = threading.Lock()

    def sit(self, sid: str, viewer: Viewer, item: str) -> dict[str, Any]:
        """Take one's seat, and tell the others; who has none there is told that there is no such table."""
        self.leave(sid)
        with self._hub.store.reading() as reading:
            sits = sits_at(reading, self._hub.config, viewer, item, dt.datetime.now(dt.UTC))
        if not sits:
            return {"error": "not_found"}
        self._places[sid] = _Place(viewer=viewer, item=item)
        self._tell_all(item)
        return {"watching": True}

    def write(self, sid: str, *, writes: bool) -> None:
        """Say that somebody is writing, or stopped."""
        place = self._places.get(sid)
        if place is not None and place.writes != writes:
            place.writes = writes
            self._tell_all(place.item)

    def leave(self, sid: str) -> None:
        """Leave the table."""
        place = self._places.pop(sid, None)
        if place is not None:
            self._tell_all(place.item)

    def _tell_all(self, item: str) -> None:
        with self._one_at_a_time:
            at_it = {sid: place for sid, place in list(self._places.items()) if place.item == item}
            if not at_it:
                return
            with self._hub.store.reading() as reading:
                sits = who_sits(reading, item, dt.datetime.now(dt.UTC))
            there = {sid: place for sid, place in at_it.items() if place.viewer.id in sits}
            here = sorted({place.viewer.id for place in there.values()})
            writing = sorted({place.viewer.id for place in there.values() if place.writes})
            for sid in there:
                self._tell(sid, {"item": item, "here": here, "writing": writing})
