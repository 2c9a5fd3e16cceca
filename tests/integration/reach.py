"""All that one person or one system can lay hands on: every address there is, every push, every queue and file.

Addresses come from the application's own map: a new page or call is tried without anybody thinking of it.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient
from flask_socketio.test_client import SocketIOTestClient

from hub.app import WebProcess
from hub.live import NAMESPACE
from hub.settings import RATES, Rate
from hub.wiring import Hub
from tests.integration.callers import Site

PASSWORD = "secret"  # of the fixed people of the tests
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
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
        paths = [rule.rule]
        for argument in sorted(rule.arguments):
            part = re.compile(rf"<(?:[a-z]+:)?{argument}>")
            paths = [part.sub(value, path) for path in paths for value in ids[argument]]
        yield from paths


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
    return "\n".join([answer.status, *(f"{name}: {value}" for name, value in answer.headers), answer.get_data(True)])


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

    def listen(self) -> None:
        """Keep what was pushed since."""
        self.got += [repr(one) for one in self._socket.get_received(NAMESPACE)]
