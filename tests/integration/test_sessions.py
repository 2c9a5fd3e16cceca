"""Sessions live on the server: short, revocable, and in one post at a time."""

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from sqlalchemy import select, update

from hub.live import NAMESPACE
from hub.models import Case, Person, Post, SignIn
from hub.services.people import sessions
from hub.services.record.clients import find_or_open_case
from hub.wiring import Hub
from tests.builders import client
from tests.integration.callers import Site, enter, mark_of, plain_columns, sign_in_as
from tests.personas import MARLOES, PETER


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def entered(site: Site, username: str = "marloes") -> FlaskClient:
    http, answer = enter(site.web, username)
    assert answer.status_code == 303
    return http


def token_of(http: FlaskClient) -> str:
    cookie = http.get_cookie(sessions.COOKIE)
    assert cookie is not None
    return cookie.value


def inside(http: FlaskClient) -> bool:
    return http.get("/werkvoorraad").status_code == 200


def age(site: Site, **changes: Any) -> None:
    with site.hub.store.writing() as work:
        work.execute(update(SignIn).values(**changes))


def test_the_cookie_holds_a_random_token_and_the_database_only_its_hash(site: Site) -> None:
    token = token_of(entered(site))
    assert len(token) >= 43
    assert token != token_of(entered(site)), "a new one at each sign-in"
    assert all(token not in str(value) for _table, _column, value in plain_columns(site.hub))


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(site: Site) -> None:
    answer = enter(site.web, "marloes")[1]
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(sessions.COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Expires" not in cookie


def test_a_token_that_was_made_up_or_left_behind_opens_nothing(site: Site) -> None:
    http = entered(site)
    left = token_of(http)
    assert http.post("/uitloggen", data={"csrf_token": mark_of(http, "/werkvoorraad")}).status_code == 303
    for token in (left, "x" * 43, ""):
        other = site.web.app.test_client()
        other.set_cookie(sessions.COOKIE, token)
        assert not inside(other)


def test_signing_in_again_ends_the_session_before_it(site: Site) -> None:
    http = entered(site)
    before = token_of(http)
    enter(site.web, "marloes", http=http)
    other = site.web.app.test_client()
    other.set_cookie(sessions.COOKIE, before)
    assert inside(http)
    assert not inside(other)


def test_a_session_ends_when_it_is_not_used_and_at_the_end_of_the_day(site: Site) -> None:
    http, now = entered(site), dt.datetime.now(dt.UTC)
    age(site, seen_at=now - dt.timedelta(minutes=29))
    assert inside(http), "and this was a use"
    age(site, seen_at=now - dt.timedelta(minutes=31))
    assert not inside(http)
    again = entered(site)
    age(site, seen_at=now, ends_at=now - dt.timedelta(seconds=1))
    assert not inside(again)


def test_use_is_noted_once_a_minute(site: Site) -> None:
    http, now = entered(site), dt.datetime.now(dt.UTC)
    age(site, seen_at=now - dt.timedelta(minutes=5))
    inside(http)
    with site.hub.store.reading() as reading:
        assert reading.execute(select(SignIn.seen_at)).scalar_one() > now - dt.timedelta(seconds=5)


@pytest.mark.parametrize("what", ["blocked", "post ended", "post changed", "ended elsewhere"])
def test_an_open_page_is_closed_at_the_next_sweep(site: Site, what: str) -> None:
    with site.hub.store.writing() as work:
        case = find_or_open_case(work, site.hub.config.municipality.code, client())
        work.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    http = site.web.app.test_client()
    token = sign_in_as(site.hub, http, MARLOES.id)
    socket = SocketIOTestClient(site.web.app, site.web.live.socketio, namespace=NAMESPACE, flask_test_client=http)
    assert "snapshot" in socket.emit("watch", {"case": case.id, "after": None}, namespace=NAMESPACE, callback=True)
    with site.hub.store.writing() as work:
        if what == "blocked":
            work.execute(update(Person).where(Person.id == MARLOES.id).values(active=False))
        elif what == "post ended":
            yesterday = work.now.date() - dt.timedelta(days=1)
            work.execute(update(Post).where(Post.person_id == MARLOES.id).values(ends_on=yesterday))
        elif what == "post changed":
            work.execute(update(Post).where(Post.person_id == MARLOES.id).values(role="income_consultant"))
        else:
            sessions.end_session(work, sessions.id_of(token), "ended_elsewhere")
    site.web.live.sweep()
    told = [one["args"][0] for one in socket.get_received(NAMESPACE) if one["name"] == "closed"]
    assert told == [{"case": case.id, "reason": "signed_out"}]
    again = socket.emit("watch", {"case": case.id, "after": None}, namespace=NAMESPACE, callback=True)
    assert again == {"error": "signed_out"}


def test_one_session_that_ends_leaves_the_other_of_the_same_person_alone(site: Site) -> None:
    here, there = entered(site), entered(site)
    with site.hub.store.writing() as work:
        assert sessions.end_session(work, sessions.id_of(token_of(there)), "ended_elsewhere", person_id=MARLOES.id)
        assert not sessions.end_session(work, sessions.id_of(token_of(here)), "not hers", person_id=PETER.id)
    assert inside(here)
    assert not inside(there)


def test_behind_a_proxy_with_tls_the_cookie_is_bound_to_the_host(site: Site) -> None:
    site.web.app.config["SESSION_COOKIE_SECURE"] = True
    answer = enter(site.web, "marloes")[1]
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(sessions.SECURE_COOKIE))
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "Path=/" in cookie
