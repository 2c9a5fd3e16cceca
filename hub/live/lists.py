"""Who has a work list open is told that it changed, and fetches it: nothing of anybody goes over this line.

A signal is decided anew at every push: only who would see something different hears of it, at most once a second.
"""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.services.overview.list_watch import mark_of_all, whose_list
from hub.services.overview.table_watch import AnyList, all_listed, all_marks, tables_of
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()

QUIET = 1.0  # seconds between two signals to one connection
SWEEP = 10.0  # seconds that a lost nudge costs at most


@dataclass(kw_only=True)
class _Reader:
    """One open list. ``known`` is what it shows of each of its cases, with how far the case had grown."""

    viewer: Viewer
    mine: AnyList
    known: dict[str, tuple[int, str | None]] | None = None
    missed: set[str] = field(default_factory=set)


class Lists:
    """The open work lists of one web process."""

    def __init__(self, hub: Hub, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._hub, self._tell = hub, tell
        self._readers: dict[str, _Reader] = {}
        self._heard: set[str] = set()
        self._hearing = threading.Lock()
        self._awake = threading.Event()

    def watch(self, sid: str, viewer: Viewer, mark: str | None, *, tables: bool = False) -> dict[str, Any]:
        """Begin to watch a list, or the tables of meetings; say whether it changed since this mark was drawn."""
        mine = tables_of(viewer) if tables else whose_list(viewer)
        reader = self._readers[sid] = _Reader(viewer=viewer, mine=mine)
        with self._hub.store.reading() as reading:
            cases = all_listed(reading, [mine], _now())[mine]
            shown = all_marks(reading, self._hub.config, {(viewer, mine): cases}, _now())[viewer, mine]
        reader.known = {case_id: (position, shown.get(case_id)) for case_id, position in cases.items()}
        for case_id in reader.missed:  # it grew while we looked
            self.hear(case_id)
        return {"watching": True, "changed": mark_of_all(shown) != mark}

    def leave(self, sid: str) -> None:
        """Watch no more."""
        self._readers.pop(sid, None)

    def end(self, sid: str) -> None:
        """Shut out who is signed out."""
        if self._readers.pop(sid, None) is not None:
            self._tell(sid, {"ended": "signed_out"})

    def hear(self, case_id: str) -> None:
        """Look at a case soon."""
        if self._readers:
            with self._hearing:
                self._heard.add(case_id)
            self._awake.set()

    def hear_all(self) -> None:
        """Look at every case soon: nudges may have been missed."""
        for reader in list(self._readers.values()):
            for case_id in list(reader.known or ()):
                self.hear(case_id)

    def run(self, stop: threading.Event) -> None:
        """Tell what was heard, in rounds: so nobody is told more than once a second."""
        while not stop.is_set():
            if not self._awake.wait(1.0):
                continue
            self._awake.clear()
            with self._hearing:
                heard, self._heard = self._heard, set()
            try:
                self.look(heard)
            except (SQLAlchemyError, StoreUnavailable) as error:
                log.warning("lists wait", fault=type(error).__name__)
                for case_id in heard:
                    self.hear(case_id)
            stop.wait(QUIET)

    def sweep_often(self, stop: threading.Event) -> None:
        """Find what a lost nudge left behind, and who came into a list without one."""
        while not stop.wait(SWEEP):
            try:
                self.sweep()
            except (SQLAlchemyError, StoreUnavailable) as error:
                log.warning("the sweep of lists waits", fault=type(error).__name__)

    def sweep(self) -> None:
        """Hear of each case that grew, came or went since it was last looked at."""
        readers = [one for one in list(self._readers.values()) if one.known is not None]
        if not readers:
            return
        with self._hub.store.reading() as reading:
            found = all_listed(reading, {one.mine for one in readers}, _now())
        for reader in readers:
            there, known = found[reader.mine], reader.known or {}
            for case_id in there.keys() | known.keys():
                if there.get(case_id) != known.get(case_id, (None, None))[0]:
                    self.hear(case_id)

    def look(self, cases: set[str]) -> None:
        """Decide for every reader whether the list shows any of these cases differently, and say so."""
        readers = dict(self._readers)
        if not readers or not cases:
            return
        with self._hub.store.reading() as reading:
            found = all_listed(reading, {one.mine for one in readers.values()}, _now(), cases)
            known = (one for one in readers.values() if one.known is not None)
            asked = {(one.viewer, one.mine): found[one.mine] for one in known}
            shown = all_marks(reading, self._hub.config, asked, _now())
        for sid, reader in readers.items():
            place = (reader.viewer, reader.mine)
            if place not in asked or reader.known is None:
                reader.missed |= cases
            elif _differs(reader.known, cases, found[reader.mine], shown[place]):
                self._tell(sid, {"changed": True})


def _differs(
    known: dict[str, tuple[int, str | None]], cases: set[str], there: dict[str, int], shown: dict[str, str]
) -> bool:
    """Whether a list shows any of these cases differently than was known; from now on this is known."""
    before = {case_id: known.pop(case_id)[1] for case_id in cases & known.keys()}
    known.update({case_id: (position, shown.get(case_id)) for case_id, position in there.items()})
    return any(before.get(case_id) != shown.get(case_id) for case_id in before.keys() | there.keys())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
