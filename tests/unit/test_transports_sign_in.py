"""How we prove who we are to a partner's HTTPS address: a real server with TLS, a token endpoint, a webhook."""

import base64
import datetime as dt
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme
from joserfc import jwt
from joserfc.jwk import ECKey
from standardwebhooks import Webhook

from connectors import transports
from connectors.errors import TransportError
from connectors.protocol import Handover, Payload
from connectors.transports import open_transport

PAYLOAD = Payload(body='{"a": "é"}'.encode(), content_type="application/json")


class Partner(ThreadingHTTPServer):
    """A partner with an address and a token endpoint. ``good`` are the tokens that it takes."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.good: set[str] | None = None
        self.token: dict[str, Any] | bytes = {"token_type": "Bearer", "expires_in": 3600}
        self.token_status, self.given = 200, 0
        self.scheme = "https" if context else "http"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def handle_error(self, *_args: Any) -> None:
        return  # a client that does not believe us hangs up

    def url(self, path: str = "/in") -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}{path}"

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def posts(self, path: str = "/in") -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for at, headers, body in self.seen if at == path]


class Handler(BaseHTTPRequestHandler):
    server: Partner
    timeout = 5

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        if self.path == "/token":
            self.server.given += 1
            given = self.server.token
            words = (
                given if isinstance(given, bytes) else json.dumps({"access_token": f"t{self.server.given}", **given})
            )
            self._say(self.server.token_status, words if isinstance(words, bytes) else words.encode())
            return
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        self._say(200 if self.server.good is None or token in self.server.good else 401, b"")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def partner() -> Iterator[Partner]:
    made = Partner()
    yield made
    made.close()


def settings_of(partner: Partner, **more: Any) -> dict[str, Any]:
    return {"kind": "http", "url": partner.url(), "inside": True, **more}


def deliver(settings: dict[str, Any], times: int = 1, payload: Payload = PAYLOAD) -> Handover:
    assert transports.mistakes(settings) == []
    transport: Any = open_transport(settings)
    try:
        for number in range(times):
            handover = transport.deliver(payload, message_id=f"m-{number}")
        return handover  # type: ignore[no-any-return]
    finally:
        transport.close()


def failure(settings: dict[str, Any]) -> TransportError:
    with pytest.raises(TransportError) as caught:
        deliver(settings)
    return caught.value


# -- HTTP Basic and keys ---------------------------------------------------------------------------------------------


def test_basic_and_a_key_in_a_header_are_sent(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DE_SPOEL_SECRET", "pässword")
    (tmp_path / "key").write_text("the-key\n")
    deliver(settings_of(partner, sign_in={"how": "basic", "user": "u", "password": "env:DE_SPOEL_SECRET"}))
    key = {"how": "api_key", "header": "X-API-Key", "key": f"file:{tmp_path / 'key'}"}
    deliver(settings_of(partner, sign_in=key))
    first, second = (headers for headers, _body in partner.posts())
    assert base64.b64decode(first["Authorization"].removeprefix("Basic ")).decode() == "u:pässword"
    assert second["X-API-Key"] == "the-key"


def test_a_missing_secret_names_its_variable_at_opening_and_no_value(partner: Partner) -> None:
    settings = settings_of(partner, sign_in={"how": "basic", "user": "u", "password": "env:NOT_THERE"})
    assert transports.mistakes(settings) == []
    with pytest.raises(ValueError, match=r"The environment has no NOT_THERE\."):
        open_transport(settings)
    findings = [(one.what, one.finding) for one in transports.look(settings)]
    assert findings == [("settings", "The environment has no NOT_THERE.")]


# -- OAuth 2.0 client credentials ------------------------------------------------------------------------------------


@pytest.fixture
def oauth(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("OAUTH_SECRET", "s/cret")
    return {"how": "oauth2", "token_url": partner.url("/token"), "client_id": "sch akel", "secret": "env:OAUTH_SECRET"}


def test_a_token_is_asked_once_and_kept(partner: Partner, oauth: dict[str, Any]) -> None:
    handover = deliver(settings_of(partner, sign_in={**oauth, "scope": "referrals"}), times=3)
    ((headers, body),) = partner.posts("/token")
    assert parse_qs(body.decode()) == {"grant_type": ["client_credentials"], "scope": ["referrals"]}
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"sch+akel:s%2Fcret"
    assert [one["Authorization"] for one, _body in partner.posts()] == ["Bearer t1"] * 3
    assert "t1" not in repr(handover)


def test_a_token_is_renewed_shortly_before_its_end(partner: Partner, oauth: dict[str, Any]) -> None:
    partner.token = {"token_type": "bearer", "expires_in": 30}
    deliver(settings_of(partner, sign_in=oauth), times=2)
    assert [one["Authorization"] for one, _body in partner.posts()] == ["Bearer t1", "Bearer t2"]


def test_a_token_that_is_refused_is_renewed_once(partner: Partner, oauth: dict[str, Any]) -> None:
    partner.good = {"t2"}
    deliver(settings_of(partner, sign_in=oauth))
    assert [one["X-Message-ID"] for one, _body in partner.posts()] == ["m-0", "m-0"]
    partner.good = set()
    error = failure(settings_of(partner, sign_in=oauth))
    assert (error.permanent, error.unknown) == (False, False)
    assert len(partner.posts()) == 4


@pytest.mark.parametrize(
    ("status", "token"),
    [
        (401, {}),
        (500, b"<html>"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, {"access_token": ""}),
        (200, {"access_token": "a\r\nX: y", "token_type": "Bearer"}),
        (200, {"token_type": "mac"}),
        (200, b"x" * 30_000),
        (302, b""),
    ],
)
def test_a_token_endpoint_that_gives_none_is_a_temporary_fault_and_nothing_is_sent(
    partner: Partner, oauth: dict[str, Any], status: int, token: Any
) -> None:
    partner.token_status, partner.token = status, token
    error = failure(settings_of(partner, sign_in=oauth))
    assert (error.permanent, error.unknown) == (False, False)
    assert "s/cret" not in error.message and partner.posts() == []


def test_a_signed_assertion_stands_for_a_secret(partner: Partner, tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", private=True)
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    sign_in = {"how": "oauth2", "token_url": partner.url("/token"), "client_id": "schakel", "key_id": "k1"}
    deliver(settings_of(partner, sign_in={**sign_in, "private_key": f"file:{tmp_path / 'key.pem'}"}))
    ((headers, body),) = partner.posts("/token")
    form = parse_qs(body.decode())
    assert form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
    token = jwt.decode(form["client_assertion"][0], key, algorithms=["ES256"])
    assert token.header["kid"] == "k1"
    assert (token.claims["iss"], token.claims["sub"]) == ("schakel", "schakel")
    assert token.claims["aud"] == partner.url("/token")
    assert token.claims["exp"] - token.claims["iat"] == 60
    assert "Authorization" not in headers


def test_a_key_of_another_kind_or_no_key_at_all_is_refused_at_opening(partner: Partner, tmp_path: Path) -> None:
    file = tmp_path / "key"
    sign_in = {"how": "oauth2", "token_url": partner.url("/token"), "client_id": "c", "private_key": f"file:{file}"}
    for text in ("no key", ECKey.generate_key("P-256").as_pem(private=False).decode()):
        file.write_text(text)
        with pytest.raises(ValueError, match="the private key"):
            open_transport(settings_of(partner, sign_in=sign_in))


@pytest.mark.parametrize("url", ["http://169.254.169.254/token", "https://10.0.0.1/token", "http://partner.example/t"])
def test_a_token_endpoint_stands_under_the_same_guard_as_the_address(url: str) -> None:
    sign_in = {"how": "oauth2", "token_url": url, "client_id": "c", "secret": "env:X"}
    settings = {"kind": "http", "url": "https://partner.example/", "sign_in": sign_in}
    assert [one.key for one in transports.mistakes(settings)] == ["sign_in.token_url"]


# -- TLS in both directions ------------------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def served(authority: trustme.CA, *, asks: bool = False, **certificate: Any) -> Partner:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **certificate).configure_cert(context)
    if asks:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return Partner(context)


def files_of(authority: trustme.CA, folder: Path, **certificate: Any) -> dict[str, str]:
    authority.cert_pem.write_to_path(folder / "ca.pem")
    own = authority.issue_cert("schakel.example", **certificate)
    own.private_key_pem.write_to_path(folder / "key.pem")
    own.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return {"ca": str(folder / "ca.pem"), "certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}


def test_a_partner_that_asks_for_our_certificate_gets_it(authority: trustme.CA, tmp_path: Path) -> None:
    tls, partner = files_of(authority, tmp_path), served(authority, asks=True)
    try:
        deliver(settings_of(partner, tls=tls))
        assert len(partner.posts()) == 1
        error = failure(settings_of(partner, tls={"ca": tls["ca"]}))
        assert not error.permanent
        assert len(partner.posts()) == 1
    finally:
        partner.close()


def test_a_partner_that_we_do_not_believe_gets_nothing(authority: trustme.CA, tmp_path: Path) -> None:
    partner, other = served(authority), files_of(trustme.CA(), tmp_path)
    try:
        for tls in ({}, {"ca": other["ca"]}):
            error = failure(settings_of(partner, tls=tls))
            assert (error.permanent, error.unknown) == (False, False)
        assert partner.seen == []
        findings = {one.what: one.finding for one in transports.look(settings_of(partner, tls={"ca": other["ca"]}))}
        assert findings["certificate"].startswith("is not believed")
    finally:
        partner.close()


def test_files_that_are_not_there_or_do_not_fit_are_named_at_opening(authority: trustme.CA, tmp_path: Path) -> None:
    tls = files_of(authority, tmp_path)
    address = {"kind": "http", "url": "https://partner.example/"}
    for change in ({"ca": "/not/there.pem"}, {"certificate": "/not/there.pem"}, {"key": tls["ca"]}):
        with pytest.raises(ValueError, match="can't be used"):
            open_transport({**address, "tls": {**tls, **change}})
    alone = {"certificate": tls["certificate"]}
    assert [one.key for one in transports.mistakes({**address, "tls": alone})] == ["tls.certificate"]


@pytest.mark.parametrize(("days", "finding"), [(90, "well"), (10, "ends in 9 days"), (-1, None)])
def test_a_look_tells_how_long_certificates_last_and_posts_nothing(
    authority: trustme.CA, tmp_path: Path, days: int, finding: str | None
) -> None:
    ends = {"not_after": dt.datetime.now(dt.UTC) + dt.timedelta(days=days)}
    tls, partner = files_of(authority, tmp_path, **ends), served(authority, **ends)
    try:
        found = {one.what: one.finding for one in transports.look(settings_of(partner, tls=tls))}
        assert found["our certificate"] == (finding or "has ended")
        assert found["certificate"] == finding if finding else found["certificate"].startswith("is not believed")
        assert partner.seen == []
    finally:
        partner.close()


def test_a_look_asks_for_a_token_and_posts_nothing(partner: Partner, oauth: dict[str, Any]) -> None:
    settings = settings_of(partner, sign_in=oauth)
    assert {one.what: one.finding for one in transports.look(settings)} == {"address": "well", "sign-in": "well"}
    partner.token_status = 401
    assert {one.what: one.finding for one in transports.look(settings)}["sign-in"].endswith("answered 401.")
    assert partner.posts() == []


# -- webhooks --------------------------------------------------------------------------------------------------------

OLD, NEW = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def test_a_webhook_bears_signatures_that_the_library_of_any_receiver_checks(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_NEW", NEW)
    monkeypatch.setenv("HOOK_OLD", OLD)
    settings = settings_of(partner, webhook={"secrets": ["env:HOOK_NEW", "env:HOOK_OLD"]})
    handover = deliver(settings, payload=Payload(**{**vars(PAYLOAD), "headers": {"webhook-id": "forged"}}))
    ((headers, body),) = partner.posts()
    lowered = {name.lower(): value for name, value in headers.items()}
    assert lowered["webhook-id"] == "m-0"
    for secret in (OLD, NEW):
        Webhook(secret).verify(body, lowered, json_parse=False)
    assert handover.sent is not None
    assert handover.sent.headers["webhook-signature"] == lowered["webhook-signature"]
    assert handover.sent.body == PAYLOAD.body


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", OLD.removeprefix("whsec_"), "whsec_?" + "A" * 60])
def test_a_weak_secret_of_a_webhook_is_refused_at_opening(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("HOOK", secret)
    with pytest.raises(ValueError, match="the secret of a webhook") as caught:
        open_transport(settings_of(partner, webhook={"secrets": ["env:HOOK"]}))
    assert secret.removeprefix("whsec_")[:5] not in str(caught.value) or secret == "whsec_"


def test_what_is_not_utf_8_is_not_sent_as_a_webhook(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", NEW)
    transport: Any = open_transport(settings_of(partner, webhook={"secrets": ["env:HOOK"]}))
    with pytest.raises(TransportError) as caught:
        transport.deliver(Payload(body=b"\xff", content_type="text/xml"), message_id="m")
    transport.close()
    assert caught.value.permanent and partner.seen == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"sign_in": {"how": "magic"}}, "sign_in.how"),
        ({"sign_in": {"how": "basic", "user": "u", "password": "hunter2"}}, "sign_in.password"),
        ({"sign_in": {"how": "api_key", "header": "X: y", "key": "env:K"}}, "sign_in.header"),
        ({"sign_in": {"how": "oauth2", "token_url": "https://p.example/", "client_id": "c"}}, "sign_in.secret"),
        ({"webhook": {"secrets": []}}, "webhook.secrets"),
        ({"tls": {"verify": False}}, "tls.verify"),
        ({"read_seconds": 0}, "read_seconds"),
        ({"sign_in": "basic"}, "sign_in"),
    ],
)
def test_wrong_settings_are_named_and_secrets_not_repeated(change: dict[str, Any], key: str) -> None:
    found = transports.mistakes({"kind": "http", "url": "https://partner.example/", **change})
    assert [one.key for one in found] == [key]
    assert "hunter2" not in f"{found}"
