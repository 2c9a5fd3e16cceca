"""Systems that call the API, and what they would look for in the answers."""

import datetime as dt
import itertools
import json
import logging
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from connectors.protocol import Payload
from connectors.registry import connector
from hub.api.blueprint import new_token
from hub.app import WebProcess, create_web
from hub.models import Record, Referral
from hub.services.access.release import service_of
from hub.services.messages.address_book import address_book
from hub.services.people import identity, proofs, sessions
from hub.services.record.audit import looking, occasion
from hub.services.record.clients import find_case
from hub.wiring import Hub
from schemas.identifiers import bsn_is_valid
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event
from tests.builders import referral_body
from workers.inbox import InboxWorker
from workers.relay import Relay

_BSNS = (str(number) for number in itertools.count(999_900_100) if bsn_is_valid(str(number)))
_KEYS = itertools.count(1)
WI, KADE, GGZ, SPOEL, TEAM = "wi-tilburg", "mw-de-kade", "ggz-de-leij", "de-spoel", "toegang-centrum"


def new_bsn() -> str:
    """Give a BSN that no test used before."""
    return next(_BSNS)


def someone(**changes: Any) -> dict[str, Any]:
    """Give a person that no test used before, as the API asks for one."""
    return {"bsn": new_bsn(), "family_name": "Zomerplaag", "birth_date": "1980-05-17", **changes}


def now() -> dt.datetime:
    """Give this moment."""
    return dt.datetime.now(dt.UTC)


def sign_in_as(hub: Hub, http: FlaskClient, person_id: str) -> str:
    """Sign someone in without a password (argon2 is slow), in the first post; give the token."""
    with hub.store.writing() as work:
        post = identity.posts_of(work.session, person_id, work.now.date())[0]
        token = sessions.open_session(
            work,
            hub.config,
            post,
            sessions.Origin(address="0" * 64, device="test"),
            stage=sessions.Stage.FULL,
            how="password",
            second_factor=False,
        )
    http.set_cookie(sessions.COOKIE, token)
    return token


def mark_of(http: FlaskClient, path: str = "/inloggen") -> str:
    """Give the mark that a page's forms bear against forgery."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', http.get(path).text)
    assert found is not None, path
    return found[1]


def enter(
    web: WebProcess,
    username: str,
    password: str = "secret",
    address: str = "192.0.2.1",
    http: FlaskClient | None = None,
) -> tuple[FlaskClient, TestResponse]:
    """Fill in the form of the sign-in page, as a browser at an address."""
    http = http or web.app.test_client()
    data = {"gebruikersnaam": username, "wachtwoord": password, "csrf_token": mark_of(http)}
    return http, http.post("/inloggen", data=data, environ_base={"REMOTE_ADDR": address})


def looking_at(hub: Hub) -> AbstractContextManager[Session]:
    """Open a session in which people's data are read by a test, and written down like any other look."""
    return looking(hub.store, occasion(hub.config, "test"))


class Site:
    """One web process, and a client for each organisation's system."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.web = create_web(hub)
        self.anyone: FlaskClient = self.web.app.test_client()
        self._tokens: dict[str, str] = {}

    def token(self, organisation: str) -> str:
        """Give a bearer token; the ones of the token call itself are tried in tests of their own (argon2 is slow)."""
        if organisation not in self._tokens:
            with self.hub.store.reading() as reading:
                stored = identity.secrets_of(reading, organisation)
            with self.web.app.app_context():
                self._tokens[organisation] = new_token(organisation, proofs.of_secret("".join(stored[:1])))
        return self._tokens[organisation]

    def call(
        self,
        method: str,
        path: str,
        by: str = WI,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = "application/json",
    ) -> TestResponse:
        """Call the API as an organisation's system; ``body`` goes as it is where it is bytes, else as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        # A client of its own: threads may not share one.
        return self.web.app.test_client().open(
            f"/api/v1{path}",
            method=method,
            data=data,
            content_type=content_type if data is not None else None,
            headers={"Authorization": f"Bearer {self.token(by)}", **(headers or {})},
        )

    def get(self, path: str, by: str = WI, **headers: str) -> TestResponse:
        """Read."""
        return self.call("GET", path, by, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, by: str = WI, *, key: str | None = None, **changes: Any) -> TestResponse:
        """Send a referral for someone new, or as told."""
        body = referral_body(**{"client": someone(), **changes})
        return self.post(body, by, key=key)

    def post(self, body: Any, by: str = WI, *, key: str | None = None, **more: Any) -> TestResponse:
        """Post this body as a referral."""
        headers = {"Idempotency-Key": key or f"key-{next(_KEYS)}"}
        return self.call("POST", "/referrals", by, body=body, headers=headers, **more)

    def event(self, referral_id: str, event: str, by: str, **more: Any) -> TestResponse:
        """Record an event."""
        headers = more.pop("headers", None)
        return self.call("POST", f"/referrals/{referral_id}/events", by, body={"event": event, **more}, headers=headers)

    def bring(self, organisation: str, payload: bytes, content_type: str, **headers: str) -> TestResponse:
        """Bring a payload in the partner's own format."""
        return self.call(
            "POST", f"/intake/{organisation}", organisation, body=payload, content_type=content_type, headers=headers
        )

    def counts(self) -> dict[str, int]:
        """Give how many rows each table has, the log of who looked left out: it grows by every call."""
        with self.hub.store.reading() as session:
            return {
                table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
                for table in Record.metadata.sorted_tables
                if not table.name.startswith("audit_")
            }


def plain_columns(hub: Hub) -> list[tuple[str, str, Any]]:
    """Give every stored value as it stands in the database, without our keys: (table, column, value)."""
    found = []
    with hub.store.engine.connect() as connection:
        for table in inspect(hub.store.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                found += [(table, str(column), value) for column, value in row.items()]
    return found


def holding(values: list[tuple[str, str, Any]], markers: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Give where a marker stands in plain text: (table, column, marker)."""
    return [
        (table, column, marker)
        for table, column, value in values
        for marker in markers
        if marker in (bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value))
    ]


class Lines(logging.Handler):
    """Every log line of this process, of both ways of logging."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with its traceback."""
        self.lines.append(self.format(record))

    def record(self, _logger: Any, name: str, event_dict: Any) -> Any:
        """Keep an event of structlog."""
        self.lines.append(f"{name} {event_dict!r}")
        return event_dict


@contextmanager
def listening() -> Any:
    """Hear all that is logged meanwhile."""
    import structlog

    heard = Lines()
    root = logging.getLogger()
    before, level = structlog.get_config(), root.level
    structlog.configure(processors=[heard.record, *before["processors"]], cache_logger_on_first_use=False)
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
        structlog.configure(**before)


class Hands:
    """The relay and the inbox of a hub, turned by hand: what partners bring comes to its effect."""

    def __init__(self, hub: Hub) -> None:
        self._relay = Relay(hub.store, hub.broker)
        self._inbox = InboxWorker(hub.store, hub.config, hub.broker)

    def until_still(self) -> None:
        """Work until nothing moves for some turns."""
        idle = 0
        while idle < 3:
            idle = 0 if self._relay.step() + self._inbox.step(0.02) else idle + 1

    def close(self) -> None:
        """Stop."""
        self._relay.close()
        self._inbox.close()


def partner_says(hub: Hub, referral_id: str, event: Event, **data: Any) -> Payload:
    """Give what a receiver's own system sends about a referral, in its own format."""
    with hub.store.reading() as session:
        referral = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        person = find_case(session, referral.case_id).person
    organisation = hub.config.organisations[referral.receiver]
    told = {
        "referral_id": referral.id,
        "referral_number": referral.number,
        "event": event,
        "client": person,
        "service": service_of(hub.config, referral.service),
        "starts_on": "2026-11-02",
        "ends_on": "2026-11-20" if event is Event.COMPLETE else None,
        "occurred_at": dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        **data,
    }
    message = Message(
        id=f"{event}-{referral.id}"[:60],
        kind=KIND_OF_EVENT[event],
        source=source_of(organisation.oin, organisation.code),
        time=dt.datetime.now(dt.UTC),
        sender=organisation.code,
        receiver=referral.sender,
        data=MessageData(**told),
    )
    message = Message.from_json(message.to_json())  # as it travels
    translator = connector(str(organisation.connector))
    return translator.write(message, address_book(hub.config, organisation), message.time).payload
