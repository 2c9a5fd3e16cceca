"""The live view: who watches a case gets its new entries in order, each decided and drawn for that viewer alone.

The path at the start is the path after a lost connection: ``watch`` from a position gives what was missed, or a fresh
snapshot. A nudge only says that a case has grown; the entries come from the database. A lost nudge costs at most one
sweep.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import SocketIO
from sqlalchemy.exc import SQLAlchemyError

from hub import telemetry
from hub.broker.protocol import INBOX, LIVE, BrokerUnavailable
from hub.limits import Limits
from hub.live.bells import Bells
from hub.live.drawing import Drawing
from hub.live.lists import Lists
from hub.live.pushing import Pushing
from hub.live.room import Room, Watched
from hub.live.signed_in import as_of_now, line_of, who_connects
from hub.live.tables import Tables
from hub.live.watching import Watching
from hub.services.cases.case_view import positions_of
from hub.services.record.alerts import PERSON
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()

NAMESPACE = "/live"
SWEEP = 2.0
PUSHERS = 6
MOST_CONNECTIONS = 500  # of one account: a person has some tabs, a system may speak for many


class Live:
    """The Socket.IO side of one web process."""

    def __init__(
        self,
        app: Flask,
        hub: Hub,
        drawing: Drawing,
        *,
        async_mode: str,
        limits: Limits,
        is_own_origin: Callable[[Any, Any], bool],
    ) -> None:
        self._hub, self._drawing, self._limits = hub, drawing, limits
        self._stop = threading.Event()
        self._stopped = False
        self.room = Room(self.emit)
        self.lists = Lists(hub, lambda sid, news: self.emit("worklist", news, to=sid))
        self.tables = Tables(hub, lambda sid, news: self.emit("table", news, to=sid))
        self.bells = Bells(hub, lambda sid, news: self.emit("bell", news, to=sid))
        self.pushing = Pushing(app, hub, self.room, drawing, self.emit)
        self._watching = Watching(hub, self.room, drawing, limits)
        self.socketio = SocketIO(
            app,
            async_mode=async_mode,
            cors_allowed_origins=is_own_origin,
            max_http_buffer_size=100_000,
            ping_interval=20,
            ping_timeout=20,
        )
        for name, handler in (
            ("connect", self._connect),
            ("disconnect", self._disconnect),
            ("watch", self._watch),
            ("unwatch", self._unwatch),
            ("seen", self._seen),
            ("watch_worklist", self._watch_worklist),
            ("watch_bell", self._watch_bell),
            ("sit", self._sit),
            ("writing", self._writing),
        ):
            self.socketio.on_event(name, handler, namespace=NAMESPACE)

    def emit(self, event: str, news: Mapping[str, Any], *, to: str | Sequence[str] | None = None) -> None:
        """Send news to a connection, to several, or to all."""
        self.socketio.emit(event, news, to=to, namespace=NAMESPACE)

    # -- connections ---------------------------------------------------------------------------------------------

    def _connect(self, auth: Any = None) -> bool:
        if self._limits.kinds["address"].take(request.remote_addr or "").wait:
            return False
        viewer = who_connects(self._hub, auth, self._drawing.viewer_of_token)
        if viewer is None:
            return False
        if sum(other.id == viewer.id for other in list(self.room.viewers.values())) >= MOST_CONNECTIONS:
            log.warning("a connection too many was refused", viewer=viewer.id)
            return False
        self.room.viewers[_sid()] = viewer
        if self._stopped:
            self.emit("traffic", {"stopped": True}, to=_sid())
        telemetry.WATCHERS.inc()
        return True

    def _disconnect(self, *_reason: Any) -> None:
        sid = _sid()
        self.lists.leave(sid)
        self.bells.leave(sid)
        self.tables.leave(sid)
        if self.room.viewers.pop(sid, None) is not None:
            telemetry.WATCHERS.dec()
        self.room.leave_all(sid)

    def _watch(self, asked: Any = None) -> dict[str, Any]:
        return self._watching.watch(_sid(), asked)

    def _unwatch(self, asked: Any = None) -> None:
        self._watching.unwatch(_sid(), asked)

    def _seen(self, asked: Any = None) -> None:
        self._watching.seen(_sid(), asked)

    def _watch_worklist(self, asked: Any = None) -> dict[str, Any]:
        """Answer whether the list changed since it was drawn with this mark; from then on each change is told."""
        known = self.room.viewers.get(_sid())
        if self._limits.kinds["socket"].take(_sid()).wait:
            return {"error": "rate_limited"}
        given = asked if isinstance(asked, dict) else {}
        mark = given.get("mark")
        if known is None or known.session_id is None or not isinstance(mark, str | None):
            return {"error": "invalid"}  # systems ask the API
        tables = given.get("of") == "tables"
        return self._begin(
            known, lambda viewer: self.lists.watch(_sid(), viewer, mark, tables=tables), self.lists.leave
        )

    def _watch_bell(self, _asked: Any = None) -> dict[str, Any]:
        """Answer how much waits for someone; from then on each other number is told."""
        known = self.room.viewers.get(_sid())
        if self._limits.kinds["socket"].take(_sid()).wait:
            return {"error": "rate_limited"}
        if known is None or known.session_id is None:
            return {"error": "invalid"}
        return self._begin(known, lambda viewer: self.bells.watch(_sid(), viewer), self.bells.leave)

    def _sit(self, asked: Any = None) -> dict[str, Any]:
        """Answer whether someone has a seat at a table; from then on who is there is told."""
        known = self.room.viewers.get(_sid())
        if self._limits.kinds["socket"].take(_sid()).wait:
            return {"error": "rate_limited"}
        item = asked.get("item") if isinstance(asked, dict) else None
        if known is None or known.session_id is None or not isinstance(item, str) or not 0 < len(item) <= 36:
            return {"error": "invalid"}
        return self._begin(known, lambda viewer: self.tables.sit(_sid(), viewer, item), self.tables.leave)

    def _writing(self, asked: Any = None) -> None:
        if self._limits.kinds["socket"].take(_sid()).wait or not isinstance(asked, dict):
            return
        self.tables.write(_sid(), writes=asked.get("on") is True)

    def _begin(
        self, known: Viewer, watch: Callable[[Viewer], dict[str, Any]], leave: Callable[[str], None]
    ) -> dict[str, Any]:
        """Begin to watch something of one's own, as who the database knows one to be now."""
        try:
            with self._hub.store.reading() as reading:
                viewer = as_of_now(self._hub, reading, [known]).get(line_of(known))
            return watch(viewer) if viewer is not None and viewer == known else {"error": "signed_out"}
        except (SQLAlchemyError, StoreUnavailable):
            leave(_sid())
            return {"error": "unavailable"}

    # -- what happens --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen for nudges, push what is new, and sweep, each in threads of its own."""
        for task in (self._listen, self._sweep_often):
            self.socketio.start_background_task(task)
        own = (self.lists.run, self.lists.sweep_often, self.bells.run, self.bells.sweep_often)
        for run in (*[self.pushing.run] * PUSHERS, *own):
            self.socketio.start_background_task(run, self._stop)

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()

    def push(self, case_id: str) -> None:
        """Send every watcher of a case what is new for that viewer; close the watch of whoever lost the right."""
        self.pushing.push(case_id)

    def _listen(self) -> None:
        consumer = self._hub.broker.consumer(LIVE)
        subscribed = 0
        while not self._stop.is_set():
            try:
                deliveries = consumer.take(500, 1.0)
                consumer.ack(deliveries)
                for delivery in deliveries:
                    self._take(delivery.body.decode())
                if consumer.subscriptions != subscribed:  # what was said while we were away, we did not hear
                    subscribed = consumer.subscriptions
                    for case_id in list(self.room.cases):
                        self._hear(case_id, 0)
                    self.lists.hear_all()
            except BrokerUnavailable as error:
                log.warning("live waits", fault=type(error).__name__)
                time.sleep(1.0)
        consumer.close()

    def _take(self, nudge: str) -> None:
        """Read what a nudge says: ``case:position``, or ``case/referral:0`` where its messages came further.

        ``@person:0`` says that something waits for somebody, or does not any more.
        """
        about, _, position = nudge.partition(":")
        if about.startswith(PERSON):
            self.bells.hear(about.removeprefix(PERSON))
            return
        case_id, _, referral_id = about.partition("/")
        if referral_id:
            self.pushing.tell_way(case_id, referral_id)
        else:
            self._hear(case_id, int(position))

    def _hear(self, case_id: str, position: int) -> None:
        self.bells.hear_case(case_id)
        self.lists.hear(case_id)
        self.pushing.hear(case_id, position)

    # -- sweeping ------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Find what a lost nudge left behind, and whose right ended without an entry."""
        watched = {case_id: one.seen for case_id, one in list(self.room.cases.items())}
        viewers = dict(self.room.viewers)
        if not viewers:
            return
        with self._hub.store.reading() as reading:
            rows = positions_of(reading, list(watched)) if watched else []
            active = as_of_now(self._hub, reading, viewers.values())
        for sid, viewer in viewers.items():
            if active.get(line_of(viewer)) != viewer:
                self.lists.end(sid)
                self.bells.leave(sid)
                self.tables.leave(sid)
        for case_id, position in rows:
            one = self.room.cases.get(case_id)
            if one is None:
                continue
            for sid, watch in list(one.watches.items()):
                line = line_of(watch.viewer)
                if line in active and active[line] != watch.viewer:
                    self.room.close(case_id, sid, "signed_out")
            self._end_emergencies(case_id, one)
            if position != one.seen:
                one.seen = position
                self.push(case_id)

    def _end_emergencies(self, case_id: str, watched: Watched) -> None:
        """Decide anew for whoever watches by emergency access that is over: no entry tells of that."""
        now = dt.datetime.now(dt.UTC)
        over = [sid for sid, watch in watched.watches.items() if watch.until is not None and watch.until <= now]
        if over:
            self.push(case_id)
        for sid in over:
            if sid in watched.watches:
                self.room.close(case_id, sid, "changed")

    def _sweep_often(self) -> None:
        while not self._stop.is_set():
            try:
                self.sweep()
            except (SQLAlchemyError, StoreUnavailable) as error:
                log.warning("the sweep waits", fault=type(error).__name__)
            if self.room.viewers:
                self._tell_traffic()
            self._stop.wait(SWEEP)

    def _tell_traffic(self) -> None:
        """Tell every page when messages stop leaving the hub, and when they leave again."""
        try:
            self._hub.broker.health(INBOX)
            stopped = False
        except BrokerUnavailable:
            stopped = True
        if stopped != self._stopped:
            self._stopped = stopped
            self.emit("traffic", {"stopped": stopped})


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO puts it there
