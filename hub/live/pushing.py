"""What is new goes to who watches, each decided for and drawn in the viewer's own language, in order."""

import datetime as dt
import queue
import threading
from collections import defaultdict

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hub.live.drawing import Drawing
from hub.live.room import Emit, Room, Watch, still_fits
from hub.services.cases.case_growth import Growth, Lost, growths
from hub.services.record.audit import looking, occasion
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()


class Pushing:
    """The way out: cases that grew wait here for a push."""

    def __init__(self, app: Flask, hub: Hub, room: Room, drawing: Drawing, emit: Emit) -> None:
        self._app, self._hub, self._room, self._drawing, self._emit = app, hub, room, drawing, emit
        self._grown: queue.Queue[str] = queue.Queue()
        self._heard: dict[str, int] = {}

    def push(self, case_id: str) -> None:
        """Send every watcher of a case what is new for that viewer; close the watch of whoever lost the right."""
        watched = self._room.cases.get(case_id)
        if watched is None:
            return
        with watched.lock:
            watches = list(watched.watches.items())
            asked = [(watch.viewer, watch.position) for _sid, watch in watches]
            # What all watchers are about to see is written down in one statement, before any of it goes out.
            with looking(self._hub.store, occasion(self._hub.config, "live")) as reading:
                found = growths(reading, self._hub.config, asked, case_id, dt.datetime.now(dt.UTC))
            together: defaultdict[int, list[str]] = defaultdict(list)
            for (sid, watch), grown in zip(watches, found, strict=True):
                if self._stays(case_id, sid, watch, grown):
                    together[id(grown)].append(sid)
            for grown in {id(one): one for one in found}.values():
                if isinstance(grown, Growth) and together[id(grown)]:
                    self._send(grown, {sid: watched.watches[sid] for sid in together[id(grown)]})

    def _stays(self, case_id: str, sid: str, watch: Watch, grown: Growth | Lost) -> bool:
        """Whether a watch goes on; close it where the right ended or what was seen before is not seen any more."""
        if isinstance(grown, Lost):
            self._room.close(case_id, sid, "consent_withdrawn" if grown.by_consent else "no_longer_allowed")
        elif not still_fits(watch.shape, grown):
            self._room.close(case_id, sid, "changed")
        else:
            watch.shape = grown.shape
            return sid in self._room.watches_of(case_id)
        return False

    def _send(self, grown: Growth, to: dict[str, Watch]) -> None:
        """Send what is new to all who see the same, drawn once for each language; what people wrote, for each alone."""
        alike: defaultdict[Viewer, list[str]] = defaultdict(list)
        for sid, watch in to.items():
            alike[watch.viewer if grown.view is not None else grown.seen_by].append(sid)
        for viewer, sids in alike.items():
            with self._app.app_context():
                drawn = self._drawing.entries(grown.entries, grown.view, viewer)
            for entry in drawn:
                self._emit("entry", entry, to=sids)
            for sid in sids:
                to[sid].position += len(drawn)
                to[sid].place = max((entry.place for entry in grown.entries), default=to[sid].place)

    def tell_way(self, case_id: str, referral_id: str) -> None:
        """Tell who sees a referral that its messages came further; the page asks for what it shows of that."""
        to = [sid for sid, one in list(self._room.watches_of(case_id).items()) if (referral_id, False) in one.shape]
        if to:
            self._emit("way", {"case": case_id, "referral": referral_id}, to=to)

    def hear(self, case_id: str, position: int) -> None:
        """Have a case pushed soon; one that waits for it already waits once."""
        if case_id not in self._room.cases:
            return
        waits = case_id in self._heard
        self._heard[case_id] = max(position, self._heard.get(case_id, 0))
        if not waits:
            self._grown.put(case_id)

    def run(self, stop: threading.Event) -> None:
        """Push one case at a time beside others: most of a push is waiting for the database."""
        while not stop.is_set():
            try:
                case_id = self._grown.get(timeout=1.0)
            except queue.Empty:
                continue
            position = self._heard.pop(case_id, 0)
            try:
                self.push(case_id)
            except (SQLAlchemyError, StoreUnavailable) as error:
                log.warning("a push waits for the next sweep", fault=type(error).__name__)
                continue
            watched = self._room.cases.get(case_id)
            if watched is not None:  # the sweep need not look again for what was pushed
                watched.seen = max(watched.seen, position)
