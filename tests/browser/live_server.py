"""A web process for the browser to talk to: the real pages, and a live side that does what a test tells it."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import request
from flask_socketio import SocketIO
from werkzeug.serving import make_server

from hub.services.people.sessions import COOKIE
from hub.services.views.case import CaseView, EntryView
from hub.services.views.work import WorkLine
from hub.web.fragments import render_entry, render_regions
from tests.browser.made_up import MARLOES, Remembering, make_app
from workers.serve import closing


class LiveServer:
    """Serves the case of Karin to Marloes. ``answers`` overrules what the next calls of ``watch`` get."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.services = Remembering()
        self.app = make_app(self.services)
        self.asked: list[int | None] = []
        self.answers: list[dict[str, Any]] = []
        self.accepts = True
        self.before_answer: Callable[[], None] = lambda: None
        self.socketio = SocketIO(self.app, async_mode="threading")
        self.socketio.on_event("connect", self._connect, namespace="/live")
        self.socketio.on_event("watch", self._watch, namespace="/live")
        self.socketio.on_event("watch_worklist", self._watch_worklist, namespace="/live")
        self._lines: list[socket.socket] = []
        self._server = make_server("127.0.0.1", 0, closing(self.app), threaded=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def view(self) -> CaseView:
        return self.services.cases["p-marloes", "karin"]

    @view.setter
    def view(self, view: CaseView) -> None:
        self.services.cases["p-marloes", "karin"] = view

    def close(self) -> None:
        self.drop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _connect(self, _auth: object = None) -> bool:
        if self.accepts:
            self._lines.append(request.environ["werkzeug.socket"])
        return self.accepts

    def _watch(self, asked: dict[str, Any]) -> dict[str, Any]:
        after = asked["after"]
        self.asked.append(after)
        self.before_answer()
        if self.answers:
            return self.answers.pop(0)
        if request.cookies.get(COOKIE) != f"token-{MARLOES.id}":
            return {"position": after, "entries": []}
        if after is None:
            return {"position": self.view.position, "snapshot": {"regions": self.regions()}}
        later = [entry for entry in self.view.entries if entry.position > after]
        return {"position": self.view.position, "entries": [self.pushed(entry) for entry in later]}

    def _watch_worklist(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"watching": True, "changed": asked["mark"] != self.services.worklist_mark(MARLOES)}

    def regions(self) -> dict[str, str]:
        with self.app.app_context():
            return render_regions(self.view, MARLOES)

    def pushed(self, entry: EntryView) -> dict[str, Any]:
        with self.app.app_context():
            html = render_entry(entry, MARLOES)
        return {
            "case": "karin",
            "position": entry.position,
            "kind": entry.kind,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "organisation": entry.organisation,
            "data": dict(entry.data),
            "html": html,
        }

    def happen(self, entry: EntryView, *, push: bool = True) -> None:
        """Let something happen: the case grows, its referral is as the entry says, and watchers hear of it."""
        referrals = self.view.referrals
        if entry.referral is not None:
            others = tuple(line for line in referrals if line.id != entry.referral.id)
            referrals = (*others, entry.referral)
        entries = (*self.view.entries, entry)
        self.view = replace(self.view, position=entry.position, entries=entries, referrals=referrals)
        if push:
            self.push(self.pushed(entry))

    def work_changes(self, *lines: WorkLine, told: bool = True) -> None:
        """Let the work list of Marloes be these lines."""
        self.services.work[MARLOES.id] = lines
        if told:
            self.socketio.emit("worklist", {"changed": True}, namespace="/live")

    def push(self, pushed: dict[str, Any]) -> None:
        self.socketio.emit("entry", pushed, namespace="/live")

    def tell(self, name: str, **news: object) -> None:
        self.socketio.emit(name, {"case": "karin", **news}, namespace="/live")

    def drop(self) -> None:
        """Cut every connection under the hands of both sides, as a lost network does."""
        while self._lines:
            with contextlib.suppress(OSError):  # it may have gone by itself
                self._lines.pop().shutdown(socket.SHUT_RDWR)
