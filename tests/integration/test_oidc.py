"""Signing in at an OpenID provider: a small one of our own, and tokens that were tampered with."""

import base64
import dataclasses
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import update
from werkzeug.test import TestResponse

from hub.models import Person
from hub.services.people.oidc import ProviderFault, checked_claims
from hub.sign_in_settings import Provider, read_sign_in
from hub.wiring import Hub
from tests.integration.callers import Site
from tests.personas import MARLOES

KEY = ECKey.generate_key("P-256", {"kid": "k1"})
WRONG = ECKey.generate_key("P-256", {"kid": "k1"})
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
NOW = int(time.time())
PROVIDER = Provider(
    name="eigen",
    label="Tilburg",
    issuer="https://login.example",
    client_id="schakel",
    client_secret="s",
    second_factor=("mfa",),
    algorithms=("ES256",),
)


def claims(**changes: Any) -> dict[str, Any]:
    given = {"iss": PROVIDER.issuer, "aud": "schakel", "sub": "u-1", "nonce": "n-1", "amr": ["pwd", "mfa"]}
    given |= {"iat": NOW, "exp": NOW + 300}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def token(key: Any = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": "k1", **(header or {})}, claims(**changes), key, algorithms=["ES256"])


def by_hand(header: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims())]
    made = signature(b".".join(parts))
    return b".".join([*parts, base64.urlsafe_b64encode(made).rstrip(b"=")]).decode()


def public_key_as_secret(message: bytes) -> bytes:
    return hmac.digest(KEY.as_pem(private=False), message, "sha256")


TAMPERED: dict[str, Callable[[], Any]] = {
    "another issuer": lambda: token(iss="https://login.example.evil"),
    "the issuer with a slash": lambda: token(iss=PROVIDER.issuer + "/"),
    "no issuer": lambda: token(iss=None),
    "another audience": lambda: token(aud="another"),
    "no audience": lambda: token(aud=None),
    "two audiences without a party": lambda: token(aud=["schakel", "another"]),
    "two audiences for another party": lambda: token(aud=["schakel", "another"], azp="another"),
    "another party": lambda: token(azp="another"),
    "expired": lambda: token(exp=NOW - 120),
    "no end": lambda: token(exp=None),
    "an end that is text": lambda: token(exp="tomorrow"),
    "made in the future": lambda: token(iat=NOW + 600),
    "made long ago": lambda: token(iat=NOW - 7200),
    "not yet valid": lambda: token(nbf=NOW + 600),
    "another nonce": lambda: token(nonce="n-2"),
    "no nonce": lambda: token(nonce=None),
    "no subject": lambda: token(sub=None),
    "only a password": lambda: token(amr=["pwd"]),
    "a key of somebody else": lambda: token(key=WRONG),
    "an unknown key id": lambda: token(header={"kid": "k2"}),
    "its own key": lambda: token(key=WRONG, header={"kid": "k9", "jwk": WRONG.as_dict(private=False)}),
    "no algorithm": lambda: by_hand({"alg": "none"}, lambda _message: b""),
    "the public key as a secret": lambda: by_hand({"alg": "HS256", "kid": "k1"}, public_key_as_secret),
    "a changed body": lambda: token().replace(".", ".e30", 1),
    "no signature": lambda: token().rsplit(".", 1)[0] + ".",
    "no token": lambda: None,
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_token_that_was_tampered_with_is_refused(what: str) -> None:
    with pytest.raises(ProviderFault):
        checked_claims(PROVIDER, KEYS, TAMPERED[what](), "n-1", NOW)


def test_a_token_that_holds_is_taken() -> None:
    assert len(TAMPERED) >= 20
    assert checked_claims(PROVIDER, KEYS, token(), "n-1", NOW)["sub"] == "u-1"


def test_a_provider_without_tls_or_with_a_weak_algorithm_stops_the_start() -> None:
    entry = {"issuer": "https://x.example", "client_id": "c", "client_secret_variable": "S"}
    for wrong in ({"issuer": "http://x.example"}, {"algorithms": ["HS256"]}, {"client_secret_variable": "GONE"}):
        with pytest.raises(ValueError):
            read_sign_in({"oidc": {"x": {**entry, **wrong}}}, {"S": "secret"})


def test_two_providers_can_not_both_name_the_same_people() -> None:
    entry = {"issuer": "https://x.example", "client_id": "c", "client_secret_variable": "S"}
    by_name = {**entry, "match": "username"}
    assert read_sign_in({"oidc": {"x": by_name}}, {"S": "secret"}).providers["x"].match == "username"
    assert len(read_sign_in({"oidc": {"x": entry, "y": entry}}, {"S": "secret"}).providers) == 2
    with pytest.raises(ValueError, match="one provider only"):
        read_sign_in({"oidc": {"x": by_name, "y": entry}}, {"S": "secret"})


class OwnProvider:
    """A provider on this computer that vouches for whoever a test names."""

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}
        self.subject = "u-marloes"
        self.amr = ["pwd", "mfa"]
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("/openid-configuration"):
                    ends = {
                        name: f"{outer.issuer}/{name}"
                        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                    }
                    self.answer({"issuer": outer.issuer, **ends})
                else:
                    self.answer({"keys": [KEY.as_dict(private=False)]})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest())
                assert challenge.rstrip(b"=").decode() == outer.asked["code_challenge"]
                now = int(time.time())  # not that of the import: a whole run takes longer than a token lives
                who = {"iss": outer.issuer, "sub": outer.subject, "nonce": outer.asked["nonce"], "amr": outer.amr}
                made = token(**who, iat=now, exp=now + 300)
                self.answer({"id_token": made, "access_token": "x", "token_type": "Bearer"})

            def answer(self, body: dict[str, Any]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def provider() -> Iterator[OwnProvider]:
    made = OwnProvider()
    yield made
    made.close()


@pytest.fixture
def site(database_hub: Hub, provider: OwnProvider) -> Site:
    known = dataclasses.replace(PROVIDER, issuer=provider.issuer)
    sign_in = dataclasses.replace(database_hub.config.sign_in, providers={"eigen": known})
    config = dataclasses.replace(database_hub.config, sign_in=sign_in)
    with database_hub.store.writing() as work:
        work.execute(update(Person).where(Person.id == MARLOES.id).values(external_id="eigen|u-marloes"))
    hub = Hub(settings=database_hub.settings, config=config, store=database_hub.store, broker=database_hub.broker)
    return Site(hub)


def return_from(site: Site, provider: OwnProvider, **changes: str) -> tuple[FlaskClient, TestResponse]:
    http = site.web.app.test_client()
    went = http.get("/inloggen/met/eigen?verder=/account")
    provider.asked = {name: value[0] for name, value in parse_qs(urlsplit(went.location).query).items()}
    query = {"code": "c-1", "state": provider.asked["state"], **changes}
    return http, http.get("/inloggen/terug/eigen", query_string=query)


def test_who_comes_back_from_the_provider_is_signed_in_and_goes_on(site: Site, provider: OwnProvider) -> None:
    assert "Inloggen met Tilburg" in site.anyone.get("/inloggen").text
    http, answer = return_from(site, provider)
    assert provider.asked["code_challenge_method"] == "S256"
    assert answer.status_code == 200, "a page: a redirect from another site would come without the strict cookie"
    assert "url=/account" in answer.text
    assert "Marloes Verhoeven" in http.get("/account").text


def test_a_provider_that_gives_itself_another_name_is_not_asked(site: Site, provider: OwnProvider) -> None:
    known = provider.issuer
    for another in (known + "/", known.replace("127.0.0.1", "localhost"), "https://login.example"):
        provider.issuer = another
        answer = site.anyone.get("/inloggen/met/eigen")
        assert (answer.status_code, answer.location) == (401, None)
    provider.issuer = known
    assert site.anyone.get("/inloggen/met/eigen").status_code == 303


def test_an_answer_of_one_provider_does_not_pass_for_one_of_another(site: Site, provider: OwnProvider) -> None:
    one = site.hub.config.sign_in.providers["eigen"]
    providers = {"eigen": one, "ander": dataclasses.replace(one, name="ander", issuer="https://ander.example")}
    sign_in = dataclasses.replace(site.hub.config.sign_in, providers=providers)
    both = Site(dataclasses.replace(site.hub, config=dataclasses.replace(site.hub.config, sign_in=sign_in)))
    http = both.web.app.test_client()
    went = http.get("/inloggen/met/eigen")
    provider.asked = {name: value[0] for name, value in parse_qs(urlsplit(went.location).query).items()}
    assert provider.asked["redirect_uri"].endswith("/inloggen/terug/eigen")
    query = {"code": "c-1", "state": provider.asked["state"]}
    assert http.get("/inloggen/terug/ander", query_string=query).status_code == 401
    assert http.get("/inloggen/terug/eigen", query_string=query).status_code == 401, "the ticket is spent"


def test_a_link_of_another_site_signs_nobody_in(site: Site) -> None:
    answer = site.anyone.get("/inloggen/met/eigen", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.location) == (303, "/inloggen")


def test_an_answer_is_taken_once_and_only_by_the_browser_that_asked(site: Site, provider: OwnProvider) -> None:
    http, answer = return_from(site, provider)
    assert answer.status_code == 200
    again = {"code": "c-1", "state": provider.asked["state"]}
    assert http.get("/inloggen/terug/eigen", query_string=again).status_code == 401
    assert site.anyone.get("/inloggen/terug/eigen", query_string=again).status_code == 401
    assert return_from(site, provider, state="another")[1].status_code == 401


def test_who_is_not_known_here_stays_out_with_a_clear_page(site: Site, provider: OwnProvider) -> None:
    provider.subject = "u-nobody"
    http, answer = return_from(site, provider)
    assert (answer.status_code, "nog geen account" in answer.text) == (403, True)
    assert http.get("/account").status_code == 302


def test_without_the_second_step_that_we_ask_for_nobody_comes_in(site: Site, provider: OwnProvider) -> None:
    provider.amr = ["pwd"]
    answer = return_from(site, provider)[1]
    assert (answer.status_code, "tweede stap" in answer.text) == (401, True)


def test_a_provider_that_is_gone_is_told_in_plain_words(site: Site, provider: OwnProvider) -> None:
    provider._server.server_close()
    provider._server.shutdown()
    site.web.app.extensions["schakel-accounts"].providers.known = {
        "eigen": dataclasses.replace(PROVIDER, issuer="http://127.0.0.1:9")
    }
    answer = site.anyone.get("/inloggen/met/eigen")
    assert (answer.status_code, "Inloggen lukte niet" in answer.text) == (401, True)
