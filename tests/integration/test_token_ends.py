"""A token ends with what it was asked with, and what only served a sign-in is thrown away in time."""

import datetime as dt
import json
import time
from collections.abc import Iterator

import pytest
from flask_socketio import SocketIOTestClient
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import func, insert, select, update

from hub.api import blueprint
from hub.live import NAMESPACE
from hub.models import ApiClient, Record, Referral, SignIn, SpentId, Throttle
from hub.services.people import identity, systems
from hub.services.people.sessions import id_of
from hub.services.people.throttling import take_turn
from hub.wiring import Hub
from schemas.identifiers import new_id
from tests.integration.callers import KADE, WI, Site, sign_in_as
from tests.personas import MARLOES
from workers.timers import Timers

PAIR = ECKey.generate_key("P-256", {"kid": "wi-2026"})


@pytest.fixture
def site(database_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(blueprint, "_KNOWN_FOR", 0.0)  # what is remembered for two seconds is not what is tested
    yield Site(database_hub)


def token_by_secret(site: Site, secret: str = "secret") -> str:
    data = {"grant_type": "client_credentials", "client_id": WI, "client_secret": secret}
    return str(site.anyone.post("/oauth/token", data=data).json["access_token"])


def token_by_key(site: Site) -> str:
    now = int(time.time())
    claims = {"iss": WI, "sub": WI, "aud": "http://localhost/oauth/token", "exp": now + 60, "jti": new_id()}
    assertion = jwt.encode({"alg": "ES256", "kid": "wi-2026"}, claims, PAIR)
    data = {
        "grant_type": "client_credentials",
        "client_assertion_type": systems.ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return str(site.anyone.post("/oauth/token", data=data).json["access_token"])


def opens(site: Site, token: str) -> bool:
    answer = site.anyone.get("/api/v1/referrals", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def give_secret(site: Site, secret: str, *, at_once: bool = False) -> None:
    with site.hub.store.writing() as work:
        identity.add_client(work, WI, secret, at_once=at_once)


def test_a_token_outlives_a_change_of_secret_and_not_its_withdrawal(site: Site) -> None:
    token = token_by_secret(site)
    give_secret(site, "second secret")
    assert opens(site, token), "for a week the first secret goes on"
    give_secret(site, "third secret", at_once=True)
    assert not opens(site, token)
    assert opens(site, token_by_secret(site, "third secret"))


def test_a_token_ends_when_the_week_of_its_secret_is_over(site: Site) -> None:
    token = token_by_secret(site)
    give_secret(site, "second secret")
    with site.hub.store.writing() as work:
        work.execute(update(ApiClient).values(previous_until=work.now - dt.timedelta(seconds=1)))
    assert not opens(site, token)


def test_a_key_that_is_withdrawn_takes_its_tokens_along_and_no_others(site: Site) -> None:
    with site.hub.store.writing() as work:
        systems.add_key(work, WI, json.dumps(PAIR.as_dict(private=False)))
    by_key, by_secret = token_by_key(site), token_by_secret(site)
    assert opens(site, by_key)
    with site.hub.store.writing() as work:
        systems.end_key(work, WI, "wi-2026")
    assert not opens(site, by_key)
    assert opens(site, by_secret)


def test_a_blocked_system_is_out_and_a_new_secret_brings_no_old_one_back(site: Site) -> None:
    token = token_by_secret(site)
    with site.hub.store.writing() as work:
        systems.set_active(work, WI, active=False)
    assert not opens(site, token)
    give_secret(site, "second secret")
    assert not opens(site, token), "the one before the block stays withdrawn"
    assert opens(site, token_by_secret(site, "second secret"))


def test_a_token_of_an_earlier_version_opens_nothing(site: Site) -> None:
    with site.web.app.app_context():
        signer = blueprint._signer()
        old = [str(signer.dumps(WI)), str(signer.dumps([WI, "x"])), str(signer.dumps([WI, "key:made-up", ""]))]
    assert not any(opens(site, token) for token in old)


def test_an_open_connection_of_a_system_is_closed_with_its_secret(site: Site) -> None:
    site.send(by=WI, to=KADE)
    with site.hub.store.reading() as reading:
        case_id = reading.execute(select(Referral.case_id)).scalar_one()
    socket = SocketIOTestClient(
        site.web.app, site.web.live.socketio, namespace=NAMESPACE, auth={"token": token_by_secret(site)}
    )
    watched = socket.emit("watch", {"case": case_id, "after": None}, namespace=NAMESPACE, callback=True)
    assert "snapshot" in watched
    site.web.live.sweep()
    assert not [one for one in socket.get_received(NAMESPACE) if one["name"] == "closed"]
    give_secret(site, "second secret", at_once=True)
    site.web.live.sweep()
    told = [one["args"][0] for one in socket.get_received(NAMESPACE) if one["name"] == "closed"]
    assert told == [{"case": case_id, "reason": "signed_out"}]


def rows(hub: Hub, table: type[Record]) -> int:
    with hub.store.reading() as reading:
        return reading.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_timers_forget_old_sessions_tries_and_marks_and_keep_what_counts(database_hub: Hub) -> None:
    hub, http = database_hub, Site(database_hub).web.app.test_client()
    old, fresh = sign_in_as(hub, http, MARLOES.id), sign_in_as(hub, http, MARLOES.id)
    with hub.store.writing() as work:
        month = work.now - dt.timedelta(days=31)
        work.execute(update(SignIn).where(SignIn.id == id_of(old)).values(ends_at=month))
        work.execute(insert(SpentId).values(id="a" * 64, until=work.now - dt.timedelta(seconds=1)))
        work.execute(insert(SpentId).values(id="b" * 64, until=work.now + dt.timedelta(minutes=5)))
        take_turn(work, "person", "marloes", "192.0.2.1")
        work.execute(update(Throttle).values(seen_at=month))
        take_turn(work, "person", "peter", "192.0.2.2")
    assert (rows(hub, SignIn), rows(hub, SpentId), rows(hub, Throttle)) == (2, 2, 4)
    Timers(hub.store, hub.config, hub.broker, []).step()
    assert (rows(hub, SignIn), rows(hub, SpentId), rows(hub, Throttle)) == (1, 1, 2)
    with hub.store.reading() as reading:
        assert reading.execute(select(SignIn.id)).scalar_one() == id_of(fresh)
