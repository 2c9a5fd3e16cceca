"""The outer edge: what every answer carries, and what is refused before any part reads it."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from werkzeug.test import TestResponse

from hub.app import create_web
from hub.limits import Allowance
from hub.live import NAMESPACE
from hub.live.watching import MOST_WATCHES
from hub.settings import RATES, Rate, SettingsError, from_environment
from hub.wiring import Hub
from tests.integration.callers import KADE, WI, Site, listening, sign_in_as
from tests.integration.conftest import KEY, open_test_hub
from tests.personas import MARLOES

PLACES = re.compile(r"<[^>]+>")
STRICT = (
    "default-src 'none'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "report-uri /csp-meldingen",
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Reporting-Endpoints": 'csp="/csp-meldingen"',
}
ELSEWHERE = "https://elders.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("edge")
    with closing(open_test_hub(f"sqlite:///{folder}/hub.db", f"embedded:///{folder}/broker.db")) as hub:
        yield Site(hub)


def again(site: Site, **settings: Any) -> Site:
    """Give another web process over the same hub, with other settings."""
    import dataclasses

    hub = site.hub
    other = dataclasses.replace(hub.settings, **settings)
    return Site(Hub(settings=other, config=hub.config, store=hub.store, broker=hub.broker))


def routes(site: Site) -> list[tuple[str, str]]:
    found = [
        (method, PLACES.sub("x", rule.rule))
        for rule in site.web.app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]
    return [*found, ("GET", "/bestaat-niet"), ("GET", "/api/v1/bestaat-niet"), ("GET", "/socket.io/?EIO=4"),
            ("POST", "/socket.io/?EIO=4&transport=polling"), ("GET", "/static/page.js"), ("PUT", "/inloggen"),
            ("TRACE", "/"), ("GET", "/" + "x" * 5_000), ("GET", "/inloggen?x=%ff%00")]  # fmt: skip


def check_headers(answer: TestResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert {part for part in STRICT if part not in policy} == set()
    scripts = r"'nonce-[A-Za-z0-9_-]{24}'" if answer.mimetype == "text/html" else "'none'"
    assert re.search(rf"script-src {scripts};", policy)
    assert "unsafe" not in policy
    assert "*" not in policy
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_every_answer_of_every_route_carries_the_headers(site: Site) -> None:
    tried = routes(site)
    assert len(tried) > 60
    for method, path in tried:
        for headers in ({}, {"Authorization": f"Bearer {site.token(WI)}"}):
            answer = site.web.app.test_client().open(path, method=method, headers=headers)
            assert answer.status_code < 500 or "/health" in path, (method, path)
            check_headers(answer)
            stored = answer.headers["Cache-Control"]
            kept = path.startswith("/static/") or path == "/api/v1/keys"  # of no person; the rest is kept by nobody
            assert stored == "no-store" or (kept and answer.status_code in (200, 304)), (method, path)
            answer.close()


def test_a_fault_of_ours_carries_the_headers_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> Any:
        raise RuntimeError("by the test")

    monkeypatch.setattr("hub.api.intake.feed", fail)
    monkeypatch.setattr("hub.web.door.sign_in.render_template", fail)
    for path in ("/api/v1/feed", "/inloggen"):
        answer = site.anyone.get(path, headers={"Authorization": f"Bearer {site.token(WI)}"})
        assert answer.status_code == 500
        check_headers(answer)


def test_each_answer_has_a_nonce_of_its_own(site: Site) -> None:
    policies = {site.anyone.get("/inloggen").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(policies) == 5


def test_behind_tls_browsers_are_told_to_stay_there_and_the_cookie_is_bound_to_the_host(site: Site) -> None:
    behind = again(site, behind_proxy=True)
    answer = behind.anyone.get("/inloggen", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-schakel=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain=" not in cookie
    assert "Strict-Transport-Security" not in site.anyone.get("/inloggen").headers


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "get"])
@pytest.mark.parametrize(
    "path", ["/", "/inloggen", "/api/v1/referrals", "/static/page.js", "/health/live", "/socket.io/"]
)
def test_a_method_that_nothing_needs_is_refused(site: Site, method: str, path: str) -> None:
    assert site.anyone.open(path, method=method, headers={"X-Secret": "echo"}).status_code == 405


def test_a_packed_body_two_lengths_and_endless_addresses_are_refused(site: Site) -> None:
    for headers, status in (
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Encoding": "br"}, 415),
        ({"Transfer-Encoding": "chunked", "Content-Length": "5"}, 400),
        ({"X-Long": "x" * 70_000}, 431),
    ):
        answer = site.call("POST", "/referrals", headers={**headers, "Idempotency-Key": "k"}, body=b"{}{}{")
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert site.anyone.get("/inloggen?verder=/" + "x" * 5_000).status_code == 414


@pytest.mark.parametrize(
    "path",
    ["/.git/HEAD", "/.env", "/static/", "/static/vendor/", "/static/../settings.py", "/static/%2e%2e/app.py",
     "/hub/app.py", "/deploy/organisations.toml", "/requirements.lock", "/var/checkpoints.log"],
)  # fmt: skip
def test_neither_source_nor_settings_nor_a_list_of_files_is_served(site: Site, path: str) -> None:
    for http in (site.anyone, signed_in(site)):
        assert http.get(path).status_code in (302, 303, 404)


def signed_in(site: Site) -> FlaskClient:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    return http


def test_looking_changes_nothing(site: Site) -> None:
    """Every address asked for with GET leaves all as it is, but for the log of who looked and how far one has read."""
    made = site.send().json
    http = signed_in(site)
    before = site.counts()
    values = {"case_id": made["case_id"], "referral_id": made["id"]}
    for rule in site.web.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        path = PLACES.sub(lambda place: values.get(place[0].strip("<>").rpartition(":")[2], "x"), rule.rule)
        for headers in ({}, {"Authorization": f"Bearer {site.token(WI)}"}):
            http.get(path, headers=headers).close()
    after = site.counts()
    assert {name for name in before if before[name] != after[name]} == {"visits"}


# -- other sites -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/inloggen", "/uitloggen", "/verwijzingen/x/stap", "/verwijzingen/nieuw"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": "http://localhost.elders.example"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(site: Site, path: str, headers: dict[str, str]) -> None:
    answer = site.anyone.post(path, headers=headers)
    assert answer.status_code == 403
    assert answer.json["code"] == "cross_site"


def test_a_form_of_our_own_is_not(site: Site) -> None:
    for headers in ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}):
        assert site.anyone.post("/uitloggen", headers=headers).status_code != 403


HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


def test_a_socket_of_another_site_is_refused_before_it_begins(site: Site) -> None:
    refused = ({"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    for headers in refused:
        for extra in ({}, {"Upgrade": "websocket", "Connection": "Upgrade"}):
            answer = site.anyone.get(HANDSHAKE, headers={**headers, **extra})
            assert answer.status_code == 403
            assert "Set-Cookie" not in answer.headers
    assert site.anyone.get(HANDSHAKE, headers={"Origin": "http://localhost"}).status_code == 200
    assert site.anyone.get(HANDSHAKE).status_code == 200, "a system has no origin; it needs a token"


def test_where_the_own_origins_are_set_no_other_counts_as_own(site: Site) -> None:
    strict = again(site, origins=("https://schakel.example",))
    assert strict.anyone.get(HANDSHAKE, headers={"Origin": "http://localhost"}).status_code == 403
    assert strict.anyone.get(HANDSHAKE, headers={"Origin": "https://schakel.example"}).status_code == 200
    assert strict.anyone.post("/uitloggen", headers={"Origin": "http://localhost"}).status_code == 403


# -- how often -------------------------------------------------------------------------------------------------------


def test_who_asks_too_often_waits_and_others_do_not(site: Site) -> None:
    busy = again(site, rates={**RATES, "system": Rate(per_second=0.01, burst=5)})
    answers = [busy.get("/referrals?limit=1") for _ in range(12)]
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    refused = answers[-1]
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert refused.json["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 100
    assert refused.headers["RateLimit-Limit"] == "5"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert busy.get("/referrals?limit=1", KADE).status_code == 200


def test_guessing_at_the_door_is_slowed_and_the_page_says_so_in_dutch(site: Site) -> None:
    busy = again(site, rates={**RATES, "door": Rate(per_second=0.01, burst=3)})
    answers = [busy.anyone.post("/oauth/token", data={"grant_type": "client_credentials"}) for _ in range(5)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    page = busy.anyone.post("/inloggen", data={})
    assert page.status_code == 429
    assert "Even wachten" in page.text
    assert busy.anyone.get("/inloggen").status_code == 200


def test_the_allowance_comes_back_evenly() -> None:
    now = [0.0]
    allowance = Allowance(Rate(per_second=2, burst=4), clock=lambda: now[0])
    assert [allowance.take("a").left for _ in range(4)] == [3, 2, 1, 0]
    assert allowance.take("a").wait == pytest.approx(0.5)
    assert allowance.take("b").left == 3
    now[0] = 0.5
    assert allowance.take("a").wait == 0
    assert allowance.take("a").wait == pytest.approx(0.5)
    now[0] = 100.0
    assert allowance.take("a").left == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCHAKEL_RATES", "system=0/5"),
        ("SCHAKEL_RATES", "nobody=1/5"),
        ("SCHAKEL_RATES", "system=many"),
        ("SCHAKEL_ORIGINS", "https://schakel.example/pad"),
        ("SCHAKEL_ORIGINS", "*"),
        ("SCHAKEL_METRICS_TOKEN", "short"),
    ],
)
def test_a_wrong_setting_of_the_edge_stops_the_start(name: str, value: str) -> None:
    env = {"SCHAKEL_SECRET_KEY": "0123456789abcdef0123456789abcdef", "SCHAKEL_DATA_KEYS": KEY}
    with pytest.raises(SettingsError, match=name):
        from_environment({**env, name: value})
    assert from_environment({**env, "SCHAKEL_RATES": "door=2/9"}).rates["door"] == Rate(per_second=2, burst=9)


# -- figures and reports ---------------------------------------------------------------------------------------------


def test_figures_are_for_this_machine_or_for_who_has_the_token(site: Site) -> None:
    token = "0123456789abcdef0123456789abcdef"
    known = again(site, metrics_token=token)
    outside = {"REMOTE_ADDR": "203.0.113.7"}
    for here in (site, known):
        assert here.anyone.get("/metrics").status_code == 200
        assert here.anyone.get("/metrics", environ_base=outside).status_code == 404
        assert here.anyone.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
        assert "parts" in here.anyone.get("/health/ready").json
        assert set(here.anyone.get("/health/ready", environ_base=outside).json) == {"status"}
    for given, status in ((token, 200), (token + "x", 404), ("é", 404), ("", 404)):
        headers = {"Authorization": f"Bearer {given}".encode().decode("latin-1")}
        assert known.anyone.get("/metrics", environ_base=outside, headers=headers).status_code == status
    assert site.anyone.get("/metrics", environ_base=outside, headers={"Authorization": "Bearer "}).status_code == 404


def test_a_report_of_a_browser_is_one_line_without_anything_of_the_page(site: Site) -> None:
    report = (
        b'{"csp-report": {"document-uri": "https://h/inwoners/3f2c?naam=Smulders", "effective-directive": "script-src",'
    )
    report += b' "blocked-uri": "https://h/?bsn=999990019", "script-sample": "Smulders"}}'
    with listening() as heard:
        answer = site.anyone.post("/csp-meldingen", data=report, content_type="application/csp-report")
    assert answer.status_code == 204
    told = [line for line in heard.lines if "a browser stopped something" in line]
    assert len(told) == 1
    assert "script-src" in told[0]
    assert "/inwoners" in told[0]
    assert not re.search("Smulders|999990019|3f2c", told[0])


@pytest.mark.parametrize("body", [b"", b"[" * 9000, b'[{"body": 1}]', b'{"csp-report": []}', b"\xff", b"x" * 20_000])
def test_a_broken_report_harms_nothing(site: Site, body: bytes) -> None:
    assert site.anyone.post("/csp-meldingen", data=body).status_code in (204, 413)


# -- the live side ---------------------------------------------------------------------------------------------------


def watcher(site: Site) -> SocketIOTestClient:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    return SocketIOTestClient(site.web.app, site.web.live.socketio, namespace=NAMESPACE, flask_test_client=http)


def ask(socket: SocketIOTestClient, case: str) -> Any:
    return socket.emit("watch", {"case": case, "after": None}, namespace=NAMESPACE, callback=True)


def test_a_connection_that_asks_too_often_is_told_to_wait(site: Site) -> None:
    busy = again(site, rates={**RATES, "socket": Rate(per_second=0.01, burst=3)})
    socket = watcher(busy)
    assert [ask(socket, "x")["error"] for _ in range(5)] == ["not_found"] * 3 + ["rate_limited"] * 2
    assert socket.is_connected(NAMESPACE)
    socket.disconnect(NAMESPACE)


def test_a_connection_follows_no_more_cases_than_a_person_can(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_WATCHES == 100
    monkeypatch.setattr("hub.live.watching.MOST_WATCHES", 1)
    cases = [site.send().json["case_id"] for _ in range(2)]
    socket = SocketIOTestClient(
        site.web.app, site.web.live.socketio, namespace=NAMESPACE, auth={"token": site.token(WI)}
    )
    assert "error" not in ask(socket, cases[0])
    assert ask(socket, cases[1]) == {"error": "too_many"}
    assert "error" not in ask(socket, cases[0]), "the same one again is not one more"
    socket.disconnect(NAMESPACE)


def test_an_account_has_no_more_connections_than_it_can_use(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.live.side.MOST_CONNECTIONS", 2)
    sockets = [watcher(site) for _ in range(3)]
    assert [socket.is_connected(NAMESPACE) for socket in sockets] == [True, True, False]
    for socket in sockets[:2]:
        socket.disconnect(NAMESPACE)


def test_the_scripts_make_html_of_text_in_one_place_only() -> None:
    """Trusted types let one policy make HTML: it stands in one file."""
    folder = Path(create_web.__code__.co_filename).parent / "web" / "static"
    sinks = re.compile(
        r"\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|createPolicy|DOMParser|eval\(|setHTML"
    )
    ours = {path for path in folder.rglob("*.js") if "vendor" not in path.parts}
    holding = {path.name for path in ours if sinks.search(path.read_text(encoding="utf-8"))}
    assert holding == {"server-html.js"}
