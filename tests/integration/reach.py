"""All that one person or one system can lay hands on: every address there is, every push, every queue and file.

Addresses come from the application's own map: a new page or call is tried without anybody thinking of it.
"""

import base64
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient
from flask_socketio.test_client import SocketIOTestClient
from sqlalchemy import select

from hub.app import WebProcess
from hub.live import NAMESPACE
from hub.models import InboxRecord, OutboxRecord
from hub.settings import RATES, Rate
from hub.wiring import Hub
from tests.integration.callers import Site

PASSWORD = "secret"  # of the fixed people of the tests
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_MESSAGE = ("referral_id", "message_id")
_NOT_OF_PERSONS = ("/static/", "/health/", "/metrics", "/oauth/")


def unhurried(hub: Hub) -> Hub:
    """Give a hub that lets anyone ask as often as he likes: what is refused for haste proves nothing."""
    rates = {kind: Rate(per_second=1e5, burst=10**6) for kind in RATES}
    return dataclasses.replace(hub, settings=dataclasses.replace(hub.settings, rates=rates))


def addresses(web: WebProcess, ids: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Give each address that can be read, with each known id filled in.

    ``KeyError`` names a part of an address that nobody gave ids for: a new kind of page is not passed by in silence.
    """
    for rule in web.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(_NOT_OF_PERSONS):
            continue
        paths, left = [rule.rule], set(rule.arguments)
        if set(_MESSAGE) <= left:  # a message is looked for where it is, and not under each other referral too
            left -= set(_MESSAGE)
            paths = [_filled(path, _MESSAGE, pair.split()) for path in paths for pair in ids[" ".join(_MESSAGE)]]
        for argument in sorted(left):
            paths = [_filled(path, [argument], [value]) for path in paths for value in ids[argument]]
        yield from paths


def _filled(path: str, arguments: Sequence[str], values: Sequence[str]) -> str:
    for argument, value in zip(arguments, values, strict=True):
        path = re.sub(rf"<(?:[a-z]+:)?{argument}>", value, path)
    return path


def messages_of(hub: Hub, referral_ids: Sequence[str]) -> list[str]:
    """Give each message about these referrals, with its referral, as ``addresses`` takes them; in their order."""
    put_out = select(OutboxRecord.referral_id, OutboxRecord.message_id).where(
        OutboxRecord.referral_id.in_(referral_ids), OutboxRecord.receiver.is_not(None)
    )
    brought = select(InboxRecord.referral_id, InboxRecord.intake_id).where(InboxRecord.referral_id.in_(referral_ids))
    with hub.store.reading() as session:
        rows = session.execute(put_out.order_by(OutboxRecord.id)).all()
        rows += session.execute(brought.order_by(InboxRecord.received_at)).all()
    return [f"{referral_id} {message_id}" for referral_id, message_id in rows]


def signed_in(web: WebProcess, username: str) -> FlaskClient:
    """Sign someone in by the form, as a browser does."""
    http = web.app.test_client()
    form = http.get("/inloggen").get_data(as_text=True)
    found = _CSRF.search(form)
    fields = {"gebruikersnaam": username, "wachtwoord": PASSWORD, "csrf_token": found.group(1) if found else ""}
    answer = http.post("/inloggen", data=fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return http


def pages_of(web: WebProcess, username: str, ids: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Read every page as someone, whatever is answered; give the answers by address, with their headers."""
    http = signed_in(web, username)
    return {path: _read(http.get(path)) for path in addresses(web, ids) if not path.startswith("/api/")}


def calls_of(site: Site, organisation: str, ids: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Make every reading call of the API as an organisation's system; give the answers by address."""
    paths = (path.removeprefix("/api/v1") for path in addresses(site.web, ids) if path.startswith("/api/v1"))
    return {path: _read(site.get(path, organisation)) for path in paths}


def _read(answer: Any) -> str:
    assert answer.status_code not in (429, 500, 503), answer.get_data(True)
    body = answer.get_data(True)
    if answer.is_json and isinstance(answer.json, dict) and "forms" in answer.json:
        body = opened(answer)
    return "\n".join([answer.status, *(f"{name}: {value}" for name, value in answer.headers), body])


def opened(answer: Any) -> str:
    """Give what the API tells of a message with its forms in the clear: in base64 no word would be found."""
    told = dict(answer.json)
    forms = [f"{name}: {base64.b64decode(form['body']).decode()}" for name, form in sorted(told.pop("forms").items())]
    return "\n".join([json.dumps(told, ensure_ascii=False), *forms])


class Onlooker:
    """Someone whose browser stands open on cases, and keeps all that is pushed to it."""

    def __init__(self, web: WebProcess, username: str) -> None:
        self._socket = SocketIOTestClient(
            web.app, web.live.socketio, namespace=NAMESPACE, flask_test_client=signed_in(web, username)
        )
        self.got: list[str] = []

    def watch(self, case_ids: Sequence[str]) -> None:
        """Watch cases; what is answered is kept."""
        for case_id in case_ids:
            asked = {"case": case_id, "after": None}
            self.got.append(repr(self._socket.emit("watch", asked, namespace=NAMESPACE, callback=True)))

    def stand_by(self) -> None:
        """Have the number of the bell, the own list and the tables told; what is answered is kept."""
        for event, asked in (("watch_bell", {}), ("watch_worklist", {"of": "tables"})):
            self.got.append(repr(self._socket.emit(event, asked, namespace=NAMESPACE, callback=True)))

    def listen(self) -> None:
        """Keep what was pushed since."""
        self.got += [repr(one) for one in self._socket.get_received(NAMESPACE)]
