"""Systems prove who they are: signed assertions, certificates, two secrets at a time, and signed payloads."""

import base64
import dataclasses
import datetime as dt
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from freezegun import freeze_time
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import update
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from hub.models import ApiClient
from hub.services.errors import Invalid
from hub.services.people import identity, systems
from hub.wiring import Hub
from schemas.identifiers import new_id
from tests.integration.callers import KADE, WI, Site
from tests.personas import SHARED

PAIR = ECKey.generate_key("P-256", {"kid": "kade-2026", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "wi-2026"})
ENDPOINT = "http://localhost/oauth/token"
SAMPLE = Path(__file__).parents[2] / "connectors" / "social_work" / "samples" / "in-wmo315.xml"


@pytest.fixture
def site(database_hub: Hub) -> Iterator[Site]:
    with database_hub.store.writing() as work:
        systems.add_key(work, KADE, json.dumps(PAIR.as_dict(private=False)))
        systems.add_key(work, WI, json.dumps(OTHER.as_dict(private=False)))
    yield Site(database_hub)


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"iss": KADE, "sub": KADE, "aud": ENDPOINT, "exp": now + 120, "iat": now, "jti": new_id()}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def signed(key: Any = PAIR, alg: str = "ES256", header: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode({"alg": alg, "kid": "kade-2026", **(header or {})}, claims(**changes), key, algorithms=[alg])


def ask(site: Site, assertion: str, **more: str) -> TestResponse:
    data = {
        "grant_type": "client_credentials",
        "client_assertion_type": systems.ASSERTION_TYPE,
        "client_assertion": assertion,
        **more,
    }
    return site.web.app.test_client().post("/oauth/token", data=data)


def test_a_signed_assertion_gives_a_token_that_works(site: Site) -> None:
    answer = ask(site, signed())
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert site.anyone.get("/api/v1/referrals", headers=headers).status_code == 200


NOW = int(time.time())
FORGED = {
    "an audience that is not ours": lambda: signed(aud="https://elsewhere.example/oauth/token"),
    "two audiences": lambda: signed(aud=[ENDPOINT, "https://elsewhere.example"]),
    "no audience": lambda: signed(aud=None),
    "another issuer": lambda: signed(iss=WI),
    "another subject": lambda: signed(sub=WI),
    "both of another": lambda: signed(iss=WI, sub=WI),
    "expired": lambda: signed(exp=int(time.time()) - 60),
    "valid too long": lambda: signed(exp=int(time.time()) + 3600),
    "no end": lambda: signed(exp=None),
    "an end that is text": lambda: signed(exp="9999999999"),
    "from the future": lambda: signed(iat=int(time.time()) + 600),
    "not yet valid": lambda: signed(nbf=int(time.time()) + 600),
    "no identification": lambda: signed(jti=None),
    "another key under our key id": lambda: signed(key=OTHER),
    "an unknown key id": lambda: signed(header={"kid": "made-up"}),
    "its own key in the header": lambda: signed(key=OTHER, header={"kid": "x", "jwk": OTHER.as_dict(private=False)}),
    "an address of keys in the header": lambda: signed(key=OTHER, header={"jku": "https://elsewhere.example/jwks"}),
    "an HMAC with the public key": lambda: _keyed().strip(),
    "no signature": lambda: signed().rsplit(".", 1)[0] + ".",
    "a changed body": lambda: _changed(signed()),
    "no token at all": lambda: "x.y.z",
}


def _keyed() -> str:
    parts = [{"alg": "HS256", "kid": "kade-2026"}, claims()]
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    made = hmac.digest(PAIR.as_pem(private=False), head + b"." + body, "sha256")
    return b".".join((head, body, base64.urlsafe_b64encode(made).rstrip(b"="))).decode()


def _changed(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{signature}"


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_forged_assertion_gives_no_token(site: Site, what: str) -> None:
    answer = ask(site, FORGED[what]())
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_an_assertion_is_taken_once(site: Site) -> None:
    assertion = signed()
    assert [ask(site, assertion).status_code for _ in range(3)] == [200, 401, 401]


def test_a_key_that_is_out_of_use_and_a_blocked_system_get_nothing(site: Site) -> None:
    with site.hub.store.writing() as work:
        systems.end_key(work, KADE, "kade-2026")
        systems.set_active(work, WI, active=False)
    assert ask(site, signed()).status_code == 401
    assert ask(site, signed(key=OTHER, header={"kid": "wi-2026"}, iss=WI, sub=WI)).status_code == 401


def test_a_private_key_a_shared_key_and_a_used_key_id_are_refused(site: Site) -> None:
    with site.hub.store.writing() as work:
        for text in (
            json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
            json.dumps({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}),
            json.dumps({**OTHER.as_dict(private=False), "kid": "kade-2026"}),
            "no key",
        ):
            with pytest.raises(Invalid):
                systems.add_key(work, WI, text)


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "de-kade.example")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=900))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def behind_proxy(site: Site) -> Site:
    sign_in = dataclasses.replace(site.hub.config.sign_in, certificate_header="X-Client-Cert")
    config = dataclasses.replace(site.hub.config, sign_in=sign_in)
    settings = dataclasses.replace(site.hub.settings, behind_proxy=True)
    return Site(Hub(settings=settings, config=config, store=site.hub.store, broker=site.hub.broker))


def test_a_certificate_gives_a_token_that_works_with_that_certificate_only(site: Site) -> None:
    own, other = certificate(), certificate()
    with site.hub.store.writing() as work:
        systems.add_key(work, KADE, own)
    proxied = behind_proxy(site)
    data = {"grant_type": "client_credentials", "client_id": KADE}

    def asks(pem: str | None) -> TestResponse:
        headers = {"X-Client-Cert": quote(pem)} if pem else {}
        return proxied.web.app.test_client().post("/oauth/token", data=data, headers=headers)

    assert [asks(None).status_code, asks(other).status_code, asks("broken").status_code] == [401, 401, 401]
    token = asks(own).json["access_token"]

    def reads(pem: str | None) -> int:
        headers = {"Authorization": f"Bearer {token}", **({"X-Client-Cert": quote(pem)} if pem else {})}
        return proxied.web.app.test_client().get("/api/v1/referrals", headers=headers).status_code

    assert [reads(own), reads(other), reads(None)] == [200, 401, 401]


def test_who_is_not_behind_our_proxy_can_not_claim_a_certificate(site: Site) -> None:
    own = certificate()
    with site.hub.store.writing() as work:
        systems.add_key(work, KADE, own)
    data = {"grant_type": "client_credentials", "client_id": KADE}
    answer = site.anyone.post("/oauth/token", data=data, headers={"X-Client-Cert": quote(own)})
    assert answer.status_code == 401


def test_two_secrets_are_valid_while_one_takes_over_and_no_more_than_two(site: Site) -> None:
    def fits(secret: str) -> bool:
        data = {"grant_type": "client_credentials", "client_id": KADE, "client_secret": secret}
        return site.anyone.post("/oauth/token", data=data).status_code == 200

    with site.hub.store.writing() as work:
        identity.add_client(work, KADE, "the-second")
    assert fits("secret")
    assert fits("the-second")
    with site.hub.store.writing() as work:
        identity.add_client(work, KADE, "the-third")
    assert not fits("secret"), "also where it was proven a moment ago"
    assert fits("the-second")
    with site.hub.store.writing() as work:
        work.execute(update(ApiClient).values(previous_until=work.now - dt.timedelta(seconds=1)))
    assert not fits("the-second")
    assert fits("the-third")


# -- signed payloads -------------------------------------------------------------------------------------------------


def bring(site: Site, body: bytes, headers: dict[str, str], organisation: str = KADE) -> TestResponse:
    headers = {"Content-Type": "application/xml", **headers}
    return site.web.app.test_client().post(f"/api/v1/intake/{organisation}", data=body, headers=headers)


def signature(secret: str, body: bytes, at: dt.datetime | None = None, id_: str = "msg_1") -> dict[str, str]:
    at = at or dt.datetime.now(dt.UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body.decode()),
    }


def cases() -> list[str]:
    path = SHARED / "bad-inputs" / "webhook-bad-signatures.json"
    return [one["change"] for one in json.loads(path.read_text())["cases"]] if path.exists() else []


def test_every_way_to_fail_a_signature_is_refused_and_a_replay_has_one_effect(site: Site) -> None:
    body, now, ten = SAMPLE.read_bytes(), dt.datetime.now(dt.UTC), dt.timedelta(minutes=10)
    with site.hub.store.writing() as work:
        secret = systems.new_webhook_secret(work, KADE)
        others = systems.new_webhook_secret(work, WI)
    good = signature(secret, body)
    value = good["webhook-signature"].removeprefix("v1,")
    wrong = " ".join(signature(others, body, id_=f"m{n}")["webhook-signature"] for n in range(1000))
    bad = {
        "no signature header": (body, {}),
        "one bit of the body": (body[:-3] + bytes([body[-3] ^ 1]) + body[-2:], good),
        "timestamp 10 minutes old": (body, signature(secret, body, now - ten)),
        "timestamp 10 minutes ahead": (body, signature(secret, body, now + ten)),
        "other partner's secret": (body, signature(others, body)),
        "signature list of 1,000 wrong ones": (body, {**good, "webhook-signature": wrong}),
        "v1a label with an HMAC": (body, {**good, "webhook-signature": f"v1a,{value}"}),
    }
    known = set(bad) | {"same id sent twice, correctly signed"}
    assert set(cases()) <= known
    before = site.counts()
    for what, (payload, headers) in bad.items():
        assert bring(site, payload, headers).status_code == 401, what
    assert site.counts() == before
    assert [bring(site, body, good).status_code for _ in range(2)] == [200, 200]
    after = site.counts()
    assert after["outbox"] - before["outbox"] == 1, "one effect"


def test_while_a_secret_changes_both_count_and_then_the_new_one_alone(site: Site) -> None:
    body = SAMPLE.read_bytes()
    made = []
    for at_once in (True, False, False):
        with site.hub.store.writing() as work:
            made.append(systems.new_webhook_secret(work, KADE, at_once=at_once))
    given = [bring(site, body, signature(secret, body)).status_code for secret in made]
    assert given == [401, 200, 200], "the last two count"
    both = f"{signature(made[1], body)['webhook-signature']} {signature(made[2], body)['webhook-signature']}"
    assert bring(site, body, {**signature(made[2], body), "webhook-signature": both}).status_code == 200
    with freeze_time(dt.datetime.now(dt.UTC) + dt.timedelta(days=8), tick=True):
        given = [bring(site, body, signature(secret, body)).status_code for secret in made]
    assert given == [401, 401, 200], "a week is over"
    with site.hub.store.writing() as work:
        systems.new_webhook_secret(work, KADE, at_once=True)
    assert bring(site, body, signature(made[2], body)).status_code == 401


@pytest.mark.parametrize("header", ["v1", "v1,", "v1,!!!", ",", " ", "v1,é", "v1,AAAA,BBBB"])
def test_a_broken_signature_is_refused_and_no_fault(site: Site, header: str) -> None:
    with site.hub.store.writing() as work:
        secret = systems.new_webhook_secret(work, KADE)
    body = SAMPLE.read_bytes()
    headers = {**signature(secret, body), "webhook-signature": header.encode().decode("latin-1")}
    assert bring(site, body, headers).status_code == 401
    assert bring(site, b"\xff\xfe", signature(secret, b"x")).status_code == 401


def test_a_signature_opens_nothing_but_the_own_intake(site: Site) -> None:
    with site.hub.store.writing() as work:
        secret = systems.new_webhook_secret(work, KADE)
    body = SAMPLE.read_bytes()
    assert bring(site, body, signature(secret, body), WI).status_code == 401
    assert site.anyone.get("/api/v1/referrals", headers=signature(secret, b"")).status_code == 401
    with site.hub.store.writing() as work:
        systems.set_active(work, KADE, active=False)
    assert bring(site, body, signature(secret, body)).status_code == 401
