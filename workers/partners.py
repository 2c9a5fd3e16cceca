"""Partners that are not there: they take messages in their own format, keep their own books, and answer like real ones.

A simulator reads and writes with the same connector as the hub, in the partner's role. Its ledger is its own: it tells
what really arrived, each message once, and how often the wire brought it.
"""

import datetime as dt
import heapq
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import structlog
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Payload, Verdict
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind, Status

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger()


class Ledger:
    """The partner's own books: one row per message, in the order in which they first came."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS effects"
            " (place INTEGER PRIMARY KEY AUTOINCREMENT, identification TEXT UNIQUE, kind TEXT, wire INTEGER)"
        )

    def first_time(self, identification: str, kind: str) -> bool:
        """Write a message down; whether it was not there yet."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO effects (identification, kind, wire) VALUES (?, ?, 1)"
                " ON CONFLICT (identification) DO UPDATE SET wire = wire + 1",
                (identification, kind),
            )
            found = self._connection.execute("SELECT wire FROM effects WHERE identification = ?", (identification,))
            return bool(found.fetchone()[0] == 1)

    def rows(self) -> list[tuple[int, str, str, int]]:
        """Give (place, identification, kind, times on the wire) of each message."""
        with self._lock:
            return self._connection.execute(
                "SELECT place, identification, kind, wire FROM effects ORDER BY place"
            ).fetchall()

    def close(self) -> None:
        """Close the books."""
        self._connection.close()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a partner does with a referral, and how long after the step before."""

    after: float
    event: Event
    note: str | None = None
    reason: Coded | None = None


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a partner answers: one of these series for each referral, in turn."""

    series: Sequence[Sequence[Reply]]


DEMO_MANNERS = {
    "mental_health": Manner(
        series=(
            (Reply(after=2.5, event=Event.ACCEPT), Reply(after=20, event=Event.PLAN)),
            (
                Reply(after=3, event=Event.RECEIVE),
                Reply(after=4, event=Event.ASK, note="Is er al contact met de huisarts geweest?"),
            ),
            (Reply(after=5, event=Event.ACCEPT), Reply(after=30, event=Event.START)),
        )
    ),
    "social_work": Manner(
        series=(
            (Reply(after=4, event=Event.START), Reply(after=60, event=Event.COMPLETE)),
            (Reply(after=8, event=Event.START),),
        )
    ),
}


@dataclass(order=True)
class _Due:
    at: dt.datetime
    place: int
    work: Callable[[], bool] = field(compare=False)


class Partner:
    """One partner: an address of its own on this machine, its books, and a hand that answers."""

    def __init__(
        self,
        organisation: str,
        connector: Connector,
        book: AddressBook,
        manner: Manner,
        *,
        ledger: Ledger | None = None,
        port: int = 0,
    ) -> None:
        self._organisation = organisation
        self._connector = connector
        self._book = book
        self._manner = manner
        self.ledger = ledger or Ledger()
        self._hub_url = ""
        self._turn = itertools.cycle(manner.series) if manner.series else None
        self._due: list[_Due] = []
        self._places = itertools.count()
        self._change = threading.Condition()
        self._closing = False
        self._token = ""
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self._serve, threaded=True, request_handler=_Quiet
        )
        self._threads = [
            threading.Thread(target=self._server.serve_forever, name=f"partner {organisation}", daemon=True),
            threading.Thread(target=self._answer_when_due, name=f"answers of {organisation}", daemon=True),
        ]

    @property
    def url(self) -> str:
        """Give the partner's address."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def start(self, hub_url: str) -> None:
        """Open the door, and know where the hub is."""
        self._hub_url = hub_url
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Close the door."""
        self._server.shutdown()
        self._server.server_close()
        with self._change:
            self._closing = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()
        self.ledger.close()

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return self._take(Request(environ))(environ, start_response)

    def _take(self, request: Request) -> Response:
        payload = Payload(body=request.get_data(), content_type=request.content_type or "")
        now = dt.datetime.now(dt.UTC)
        try:
            reading = self._connector.read(payload, self._book, now)
        except Refusal as refusal:
            answer = self._connector.acknowledge(payload, Verdict.REFUSED, refusal, self._book, now)
            return _response(answer, 200 if answer else 400)
        kinds = ",".join(message.kind.name for message in reading.messages)
        if self.ledger.first_time(reading.identification, kinds):
            for message in reading.messages:
                self._think_about(message)
        return _response(self._connector.acknowledge(payload, Verdict.ACCEPTED, None, self._book, now), 200)

    def _think_about(self, message: Message) -> None:
        if message.kind is MessageKind.SENT and self._turn is not None:
            wait = 0.0
            for step, reply in enumerate(next(self._turn)):
                wait += reply.after
                self._later(wait, self._answering(message, reply, step))
        elif message.kind is MessageKind.ANSWERED:
            self._later(3.0, self._answering(message, Reply(after=3, event=Event.ACCEPT), 90))

    def _answering(self, about: Message, reply: Reply, step: int) -> Callable[[], bool]:
        now = dt.datetime.now(dt.UTC)
        answer = Message(
            id=derived_id("partner", self._organisation, about.id, str(step)),
            kind=KIND_OF_EVENT[reply.event],
            source=source_of(self._book.partner.oin, self._organisation),
            time=now,
            sender=self._organisation,
            receiver=about.sender,
            data=MessageData(
                referral_id=about.data.referral_id,
                referral_number=about.data.referral_number,
                correlation=about.data.correlation,
                event=reply.event,
                status=_STATUS_AFTER.get(reply.event),
                occurred_at=now,
                note=reply.note,
                status_reason=reply.reason,
                client=about.data.client,
                service=about.data.service,
                starts_on=about.data.starts_on or now.date().isoformat(),
            ),
        )
        payload = self._connector.write(answer, self._book, now).payload
        return lambda: self._bring(payload)

    def _later(self, seconds: float, work: Callable[[], bool]) -> None:
        with self._change:
            at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
            heapq.heappush(self._due, _Due(at, next(self._places), work))
            self._change.notify_all()

    def _answer_when_due(self) -> None:
        while True:
            with self._change:
                if self._closing:
                    return
                now = dt.datetime.now(dt.UTC)
                if not self._due or self._due[0].at > now:
                    wait = (self._due[0].at - now).total_seconds() if self._due else None
                    self._change.wait(wait)
                    continue
                due = heapq.heappop(self._due)
            if not due.work() and not self._closing:
                self._later(1.0, due.work)

    def _bring(self, payload: Payload) -> bool:
        """Bring a message to the hub; false where it must be brought again."""
        try:
            with httpx.Client(base_url=self._hub_url, timeout=10) as http:
                if not self._token:
                    form = {"grant_type": "client_credentials"}
                    secret = (self._organisation, f"demo-{self._organisation}")
                    self._token = (
                        http.post("/oauth/token", data=form, auth=secret).raise_for_status().json()["access_token"]
                    )
                answer = http.post(
                    f"/api/v1/intake/{self._organisation}",
                    content=payload.body,
                    headers={"Content-Type": payload.content_type, "Authorization": f"Bearer {self._token}"},
                )
        except httpx.HTTPError:
            return False
        if answer.status_code == 401:
            self._token = ""
        return answer.status_code < 500 and answer.status_code not in (401, 429)


_STATUS_AFTER = {
    Event.RECEIVE: Status.RECEIVED,
    Event.ASK: Status.QUESTION,
    Event.ACCEPT: Status.ACCEPTED,
    Event.PLAN: Status.PLANNED,
    Event.START: Status.STARTED,
    Event.COMPLETE: Status.COMPLETED,
    Event.DECLINE: Status.DECLINED,
}


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_args: object) -> None:
        """Say nothing: an address line is no event."""


def _response(answer: Payload | None, status: int) -> Response:
    if answer is None:
        return Response(status=202 if status < 400 else status)
    return Response(answer.body, status=status, content_type=answer.content_type)
