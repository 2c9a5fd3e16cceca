"""Who has a page open sees at once how much waits: decided anew each time, by the rules of the place where it stands.

Only a number goes over this line, and only when it changed.
"""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.services.overview.alert_views import waits
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()

QUIET = 0.5  # seconds between two looks
SWEEP = 15.0  # seconds that a lost nudge, or a right that ended without one, costs at most


@dataclass(kw_only=True)
class _Bell:
    """One open page. ``waits`` is what was counted last: the case and the subject of each."""

    viewer: Viewer
    waits: frozenset[str] = frozenset()


class Bells:
    """The bells of one web process."""

    def __init__(self, hub: Hub, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._hub, self._tell = hub, tell
        self._bells: dict[str, _Bell] = {}
        self._heard: set[str] = set()
        self._hearing = threading.Lock()
        self._awake = threading.Event()

    def watch(self, sid: str, viewer: Viewer) -> dict[str, Any]:
        """Begin to watch; give how much waits now."""
        bell = self._bells[sid] = _Bell(viewer=viewer)
        with self._hub.store.reading() as reading:
            bell.waits = waits(reading, self._hub.config, viewer, _now())
        return {"count": len(bell.waits)}

    def leave(self, sid: str) -> None:
        """Watch no more."""
        self._bells.pop(sid, None)

    def hear(self, person_id: str) -> None:
        """Count soon for one person."""
        if any(bell.viewer.id == person_id for bell in list(self._bells.values())):
            with self._hearing:
                self._heard.add(person_id)
            self._awake.set()

    def hear_case(self, case_id: str) -> None:
        """Count soon for those for whom something waits in a case: it may be gone, or may not be seen any more."""
        for bell in list(self._bells.values()):
            if any(one.startswith(f"{case_id} ") for one in bell.waits):
                self.hear(bell.viewer.id)

    def run(self, stop: threading.Event) -> None:
        """Count for whom was heard, in rounds."""
        while not stop.is_set():
            if not self._awake.wait(1.0):
                continue
            self._awake.clear()
            with self._hearing:
                heard, self._heard = self._heard, set()
            self._look_or_wait(heard)
            stop.wait(QUIET)

    def sweep_often(self, stop: threading.Event) -> None:
        """Count again for whom something waits, and for whom a nudge was lost."""
        while not stop.wait(SWEEP):
            self._look_or_wait({bell.viewer.id for bell in list(self._bells.values())})

    def _look_or_wait(self, people: set[str]) -> None:
        try:
            self.look(people)
        except (SQLAlchemyError, StoreUnavailable) as error:
            log.warning("the bells wait", fault=type(error).__name__)
            for person_id in people:
                self.hear(person_id)

    def look(self, people: set[str]) -> None:
        """Count for each open page of these people, and tell those that show another number."""
        there = {sid: bell for sid, bell in list(self._bells.items()) if bell.viewer.id in people}
        if not there:
            return
        known: dict[Viewer, frozenset[str]] = {}
        with self._hub.store.reading() as reading:
            for viewer in {bell.viewer for bell in there.values()}:
                known[viewer] = waits(reading, self._hub.config, viewer, _now())
        for sid, bell in there.items():
            before, bell.waits = bell.waits, known[bell.viewer]
            if before != bell.waits:
                self._tell(sid, {"count": len(bell.waits)})


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
