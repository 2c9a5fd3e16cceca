"""The live view: who watches a case gets its new entries in order, each decided and drawn for that viewer alone.

The path at the start is the path after a lost connection: ``watch`` from a position gives what was missed, or a fresh
snapshot. A nudge only says that a case has grown; the entries come from the database. A lost nudge costs at most one
sweep.
"""

import datetime as dt
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import SocketIO
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub import telemetry
from hub.broker.protocol import INBOX, LIVE, BrokerUnavailable
from hub.limits import Limits
from hub.live.lists import Lists
from hub.services import proofs, sessions
from hub.services.audit import Occasion, looking, occasion
from hub.services.case_entries import entry_body
from hub.services.case_growth import Growth, Lost, growths
from hub.services.case_view import case_view, positions_of
from hub.services.errors import NotFound
from hub.services.referral_lines import line_body
from hub.services.views import CaseView, EntryView, Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub
from schemas.vocabulary import ItemKind

log = structlog.get_logger()

NAMESPACE = "/live"
REPLAY_LIMIT = 300
SWEEP = 2.0
PUSHERS = 6
MOST_WATCHES = 100  # cases that one connection follows
MOST_CONNECTIONS = 500  # of one account: a person has some tabs, a system may speak for many


@dataclass(kw_only=True)
class Watch:
    """One browser tab on one case. ``shape`` is what its positions rest on: when that changes, numbers do too."""

    viewer: Viewer
    position: int = 0
    shape: frozenset[tuple[str, bool]] = frozenset()
    names: frozenset[str] = frozenset()
    until: dt.datetime | None = None
    people: list[dict[str, str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How entries and pages become HTML; given by the application, so that live knows no templates."""

    entry: Callable[[EntryView, Viewer], str]
    touched: Callable[[CaseView, Iterable[ItemKind], Viewer], str]
    regions: Callable[[CaseView, Viewer], dict[str, str]]
    viewer_of_token: Callable[[str], Viewer | None]


@dataclass
class _Watched:
    """The watchers of one case; its lock orders what they are sent."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    watches: dict[str, Watch] = field(default_factory=dict)
    seen: int = 0


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
        self._app, self._hub, self._drawing = app, hub, drawing
        self._limits = limits
        self._cases: defaultdict[str, _Watched] = defaultdict(_Watched)
        self._grown: queue.Queue[str] = queue.Queue()
        self._heard: dict[str, int] = {}
        self._viewers: dict[str, Viewer] = {}
        self._stop = threading.Event()
        self._stopped = False
        self.lists = Lists(hub, self._tell_list)
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
            ("watch_worklist", self._watch_worklist),
        ):
            self.socketio.on_event(name, handler, namespace=NAMESPACE)

    # -- sign-in -------------------------------------------------------------------------------------------------

    def _connect(self, auth: Any = None) -> bool:
        if self._limits.kinds["address"].take(request.remote_addr or "").wait:
            return False
        viewer = self._who(auth)
        if viewer is None:
            return False
        if sum(other.id == viewer.id for other in list(self._viewers.values())) >= MOST_CONNECTIONS:
            log.warning("a connection too many was refused", viewer=viewer.id)
            return False
        self._viewers[_sid()] = viewer
        if self._stopped:
            self.socketio.emit("traffic", {"stopped": True}, to=_sid(), namespace=NAMESPACE)
        telemetry.WATCHERS.inc()
        return True

    def _who(self, auth: Any) -> Viewer | None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if isinstance(token, str) and token:
            return self._drawing.viewer_of_token(token)
        cookie = request.cookies.get(sessions.SECURE_COOKIE if self._hub.settings.behind_proxy else sessions.COOKIE)
        if not cookie:
            return None
        session_id = sessions.id_of(cookie)
        with self._hub.store.reading() as reading:
            return sessions.viewers_of(reading, self._hub.config, [session_id], dt.datetime.now(dt.UTC)).get(session_id)

    def _as_of_now(self, reading: Session, viewers: list[Viewer]) -> dict[str, Viewer | None]:
        """Give who signed in before as the database knows them now, by what each is bound to.

        Nothing where the session ended, or the account or the post did.
        """
        held = [viewer.session_id for viewer in viewers if viewer.session_id is not None]
        now: dict[str, Viewer | None] = {_line(viewer): None for viewer in viewers}
        if held:
            now.update(sessions.viewers_of(reading, self._hub.config, held, dt.datetime.now(dt.UTC)))
        for viewer in viewers:
            if viewer.session_id is None:
                now[_line(viewer)] = proofs.viewer(reading, self._hub.config, viewer.id, viewer.proof)
        return now

    def _disconnect(self, *_reason: Any) -> None:
        sid = _sid()
        self.lists.leave(sid)
        if self._viewers.pop(sid, None) is not None:
            telemetry.WATCHERS.dec()
        for case_id in [case_id for case_id, watched in list(self._cases.items()) if sid in watched.watches]:
            self._leave(case_id, sid)

    # -- watching ------------------------------------------------------------------------------------------------

    def _watch(self, asked: Any = None) -> dict[str, Any]:
        """Answer with what was missed since ``after``, or a snapshot; from then on entries come in order."""
        sid = _sid()
        known = self._viewers.get(sid)
        case_id, after = _asked(asked)
        if fault := self._fault(sid, case_id):
            log.info("watching was refused", viewer=known.id if known else None, why=fault)
            return {"error": fault}
        assert known is not None and case_id is not None  # else it was a fault
        with self._hub.store.reading() as reading:
            viewer = self._as_of_now(reading, [known]).get(_line(known))
        if viewer is None or viewer != known:  # blocked, or in another role: that begins with signing in
            return {"error": "signed_out"}
        watched = self._cases[case_id]
        try:
            with watched.lock, looking(self._hub.store, self._occasion()) as reading:
                view = case_view(reading, self._hub.config, viewer, case_id, dt.datetime.now(dt.UTC))
                watched.watches[sid] = _watch_of(view, viewer)
        except (NotFound, StoreUnavailable) as error:
            why = "not_found" if isinstance(error, NotFound) else "unavailable"
            log.info("watching was refused", viewer=viewer.id, why=why)
            self._leave(case_id, sid)  # the watch began before the log could not be written
            if not watched.watches:
                self._cases.pop(case_id, None)
            return {"error": why}
        self._tell_presence(case_id)
        if after is None or after > view.position or view.position - after > REPLAY_LIMIT:
            return {"position": view.position, "snapshot": self._snapshot(view, viewer)}
        return {"position": view.position, "entries": self._drawn(view.entries[after:], view, viewer)}

    def _fault(self, sid: str, case_id: str | None) -> str | None:
        """Give why a watch is not even looked up."""
        if self._limits.kinds["socket"].take(sid).wait:
            return "rate_limited"
        if sid not in self._viewers or case_id is None:
            return "invalid"
        others = sum(sid in one.watches for other, one in list(self._cases.items()) if other != case_id)
        return "too_many" if others >= MOST_WATCHES else None

    def _occasion(self) -> Occasion:
        return occasion(self._hub.config, "live")

    def _snapshot(self, view: CaseView, viewer: Viewer) -> dict[str, Any]:
        return {
            "regions": self._drawing.regions(view, viewer),
            "referrals": [line_body(line) for line in view.referrals],
            "withheld": [{"what": one.what, "rule": one.rule} for one in view.withheld],
        }

    def _drawn(self, entries: Sequence[EntryView], view: CaseView | None, viewer: Viewer) -> list[dict[str, Any]]:
        """Draw entries in order; the last brings the regions that show what was written down in any of them."""
        drawn = [self._entry(entry, viewer) for entry in entries]
        kinds = {entry.item.kind for entry in entries if entry.item is not None}
        if kinds and view is not None:
            drawn[-1]["html"] += self._drawing.touched(view, kinds, viewer)
        return drawn

    def _entry(self, entry: EntryView, viewer: Viewer) -> dict[str, Any]:
        return {**entry_body(entry), "html": self._drawing.entry(entry, viewer)}

    def _watch_worklist(self, asked: Any = None) -> dict[str, Any]:
        """Answer whether the list changed since it was drawn with this mark; from then on each change is told."""
        known = self._viewers.get(_sid())
        if self._limits.kinds["socket"].take(_sid()).wait:
            return {"error": "rate_limited"}
        mark = asked.get("mark") if isinstance(asked, dict) else None
        if known is None or known.session_id is None or not isinstance(mark, str | None):
            return {"error": "invalid"}  # systems ask the API
        try:
            with self._hub.store.reading() as reading:
                viewer = self._as_of_now(reading, [known]).get(_line(known))
            if viewer is None or viewer != known:
                return {"error": "signed_out"}
            return self.lists.watch(_sid(), viewer, mark)
        except (SQLAlchemyError, StoreUnavailable):
            self.lists.leave(_sid())
            return {"error": "unavailable"}

    def _tell_list(self, sid: str, news: dict[str, Any]) -> None:
        self.socketio.emit("worklist", news, to=sid, namespace=NAMESPACE)

    def _unwatch(self, asked: Any = None) -> None:
        case_id, _after = _asked(asked)
        if self._limits.kinds["socket"].take(_sid()).wait:
            return
        if case_id is not None and case_id in self._cases:
            self._leave(case_id, _sid())

    def _leave(self, case_id: str, sid: str) -> None:
        watched = self._cases.get(case_id)
        if watched is None or watched.watches.pop(sid, None) is None:
            return
        if watched.watches:
            self._tell_presence(case_id)
        else:
            self._cases.pop(case_id, None)

    def _close(self, case_id: str, sid: str, reason: str) -> None:
        self.socketio.emit("closed", {"case": case_id, "reason": reason}, to=sid, namespace=NAMESPACE)
        self._leave(case_id, sid)

    def _tell_presence(self, case_id: str) -> None:
        """Tell each viewer who else looks, of those organisations that this viewer knows of."""
        watched = self._cases.get(case_id)
        if watched is None:
            return
        watches = dict(watched.watches)
        for sid, watch in watches.items():
            people = {
                (other.viewer.name, other.viewer.organisation_name)
                for other in watches.values()
                if other.viewer.id != watch.viewer.id and other.viewer.organisation_name in watch.names
            }
            listed = [{"name": name, "organisation": organisation} for name, organisation in sorted(people)]
            if listed == watch.people:
                continue  # telling the same again would tell that somebody came whom this viewer may not know of
            watch.people = listed
            self.socketio.emit("presence", {"case": case_id, "people": listed}, to=sid, namespace=NAMESPACE)

    # -- pushing -------------------------------------------------------------------------------------------------

    def push(self, case_id: str) -> None:
        """Send every watcher of a case what is new for that viewer; close the watch of whoever lost the right."""
        watched = self._cases.get(case_id)
        if watched is None:
            return
        with watched.lock:
            watches = list(watched.watches.items())
            asked = [(watch.viewer, watch.position) for _sid, watch in watches]
            # What all watchers are about to see is written down in one statement, before any of it goes out.
            with looking(self._hub.store, self._occasion()) as reading:
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
            self._close(case_id, sid, "consent_withdrawn" if grown.by_consent else "no_longer_allowed")
        elif not still_fits(watch.shape, grown):
            self._close(case_id, sid, "changed")
        else:
            watch.shape = grown.shape
            return sid in self._watched_by(case_id)
        return False

    def _watched_by(self, case_id: str) -> dict[str, Watch]:
        found = self._cases.get(case_id)
        return found.watches if found is not None else {}

    def _send(self, grown: Growth, to: dict[str, Watch]) -> None:
        """Send what is new to all who see the same, drawn once for each language; what people wrote, for each alone."""
        alike: defaultdict[Viewer, list[str]] = defaultdict(list)
        for sid, watch in to.items():
            alike[watch.viewer if grown.view is not None else grown.seen_by].append(sid)
        for viewer, sids in alike.items():
            with self._app.app_context():
                drawn = self._drawn(grown.entries, grown.view, viewer)
            for entry in drawn:
                self.socketio.emit("entry", entry, to=sids, namespace=NAMESPACE)
            for sid in sids:
                to[sid].position += len(drawn)

    def sweep(self) -> None:
        """Find what a lost nudge left behind, and whose right ended without an entry."""
        watched = {case_id: one.seen for case_id, one in list(self._cases.items())}
        viewers = dict(self._viewers)
        if not viewers:
            return
        with self._hub.store.reading() as reading:
            rows = positions_of(reading, list(watched)) if watched else []
            active = self._as_of_now(reading, list(viewers.values()))
        for sid, viewer in viewers.items():
            if active.get(_line(viewer)) != viewer:
                self.lists.end(sid)
        for case_id, position in rows:
            one = self._cases.get(case_id)
            if one is None:
                continue
            for sid, watch in list(one.watches.items()):
                line = _line(watch.viewer)
                if line in active and active[line] != watch.viewer:
                    self._close(case_id, sid, "signed_out")
            self._end_emergencies(case_id, one)
            if position != one.seen:
                one.seen = position
                self.push(case_id)

    def _end_emergencies(self, case_id: str, watched: _Watched) -> None:
        """Decide anew for whoever watches by emergency access that is over: no entry tells of that."""
        now = dt.datetime.now(dt.UTC)
        over = [sid for sid, watch in watched.watches.items() if watch.until is not None and watch.until <= now]
        if over:
            self.push(case_id)
        for sid in over:
            if sid in watched.watches:
                self._close(case_id, sid, "changed")

    def start(self) -> None:
        """Listen for nudges, push what is new, and sweep, each in threads of its own."""
        for task in (self._listen, self._sweep_often, *[self._push_often] * PUSHERS):
            self.socketio.start_background_task(task)
        for run in (self.lists.run, self.lists.sweep_often):
            self.socketio.start_background_task(run, self._stop)

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()

    def _listen(self) -> None:
        consumer = self._hub.broker.consumer(LIVE)
        subscribed = 0
        while not self._stop.is_set():
            try:
                deliveries = consumer.take(500, 1.0)
                consumer.ack(deliveries)
                for delivery in deliveries:
                    case_id, _, position = delivery.body.decode().partition(":")
                    self._hear(case_id, int(position))
                if consumer.subscriptions != subscribed:  # what was said while we were away, we did not hear
                    subscribed = consumer.subscriptions
                    for case_id in list(self._cases):
                        self._hear(case_id, 0)
                    self.lists.hear_all()
            except BrokerUnavailable as error:
                log.warning("live waits", fault=type(error).__name__)
                time.sleep(1.0)
        consumer.close()

    def _hear(self, case_id: str, position: int) -> None:
        """Have a case pushed soon; one that waits for it already waits once."""
        self.lists.hear(case_id)
        if case_id not in self._cases:
            return
        waits = case_id in self._heard
        self._heard[case_id] = max(position, self._heard.get(case_id, 0))
        if not waits:
            self._grown.put(case_id)

    def _push_often(self) -> None:
        """Push one case at a time beside others: most of a push is waiting for the database."""
        while not self._stop.is_set():
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
            watched = self._cases.get(case_id)
            if watched is not None:  # the sweep need not look again for what was pushed
                watched.seen = max(watched.seen, position)

    def _sweep_often(self) -> None:
        while not self._stop.is_set():
            try:
                self.sweep()
            except (SQLAlchemyError, StoreUnavailable) as error:
                log.warning("the sweep waits", fault=type(error).__name__)
            if self._viewers:
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
            self.socketio.emit("traffic", {"stopped": stopped}, namespace=NAMESPACE)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO puts it there


def _line(viewer: Viewer) -> str:
    """Give what a viewer is bound to: a session of someone, or what a system asked its token with."""
    return viewer.session_id or f"{viewer.id} {viewer.proof}"


def _asked(asked: Any) -> tuple[str | None, int | None]:
    """Read what a client asked; anything but a case id and a whole number is not an answer."""
    if not isinstance(asked, dict):
        return None, None
    case_id, after = asked.get("case"), asked.get("after")
    if not isinstance(case_id, str) or not 0 < len(case_id) <= 36:
        return None, None
    if (
        isinstance(after, bool)
        or (after is not None and not isinstance(after, int))
        or (after is not None and after < 0)
    ):
        return None, None
    return case_id, after


def _watch_of(view: CaseView, viewer: Viewer) -> Watch:
    named = {line.organisation for line in view.referrals} | {line.sender for line in view.referrals}
    return Watch(
        viewer=viewer,
        position=view.position,
        shape=frozenset((line.id, line.number == "") for line in view.referrals)
        | {(one.id, False) for one in view.items},
        until=view.emergency_until,
        names=frozenset({viewer.organisation_name, view.contact_organisation or "", *named} - {""}),
    )


def still_fits(before: frozenset[tuple[str, bool]], grown: Growth) -> bool:
    """Whether the numbers that a viewer has still hold.

    All that was seen still is, and as before; and nothing that was not seen then stands among what the viewer has.
    """
    newly_seen = {id_ for id_, _masked in grown.shape} - {id_ for id_, _masked in before}
    return before <= grown.shape and newly_seen.isdisjoint(grown.told_before)
