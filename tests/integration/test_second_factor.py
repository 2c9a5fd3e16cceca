"""The second factor: each code once, recovery codes once, a picture that nobody sees twice; and another post."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub.models import AuditRecord, Person, RecoveryCode, SignIn
from hub.services.errors import NotFound
from hub.services.people import identity, people, second_factor, sessions
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from tests.integration.callers import Site, enter, mark_of, sign_in_as
from tests.personas import MARLOES, PETER

START = dt.datetime(2026, 1, 5, 9, 0, 10, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=30)


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


@contextmanager
def at(hub: Hub, steps: int = 0) -> Iterator[UnitOfWork]:
    """Open a unit of work so many times thirty seconds after the start."""
    with hub.store.writing(START + steps * STEP) as work:
        yield work


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(START + steps * STEP)


def enrolled(hub: Hub) -> tuple[str, list[str]]:
    """Set up the second factor of Marloes at the start; give its secret and the recovery codes."""
    with at(hub) as work:
        second_factor.begin(work, MARLOES.id)
    with hub.store.reading() as reading:
        secret = second_factor.shown_secret(reading, MARLOES.id)
    assert secret is not None
    with at(hub) as work:
        codes = second_factor.confirm(work, MARLOES.id, code_of(secret))
    assert codes is not None
    return secret, codes


def accepted(hub: Hub, code: str, steps: int, person_id: str = MARLOES.id) -> bool:
    with at(hub, steps) as work:
        return second_factor.accept(work, person_id, code)


def test_a_second_factor_counts_only_after_its_first_code(database_hub: Hub) -> None:
    with at(database_hub) as work:
        second_factor.begin(work, MARLOES.id)
    with database_hub.store.reading() as reading:
        secret = second_factor.shown_secret(reading, MARLOES.id)
        assert not identity.has_factor(reading, MARLOES.id)
    assert secret is not None
    assert not accepted(database_hub, code_of(secret), 0), "it is not in use"
    with at(database_hub) as work:
        assert second_factor.confirm(work, MARLOES.id, "000000" if code_of(secret) != "000000" else "111111") is None
        assert second_factor.confirm(work, MARLOES.id, code_of(secret)) is not None
    with database_hub.store.reading() as reading:
        assert identity.has_factor(reading, MARLOES.id)
        assert second_factor.shown_secret(reading, MARLOES.id) is None, "nobody sees it any more"
    with pytest.raises(NotFound), at(database_hub) as work:
        second_factor.begin(work, MARLOES.id)


def test_a_code_is_taken_once_and_no_earlier_one_after_it(database_hub: Hub) -> None:
    secret, _ = enrolled(database_hub)
    assert not accepted(database_hub, code_of(secret), 0), "it confirmed the factor already"
    assert accepted(database_hub, code_of(secret, 3), 3)
    assert not accepted(database_hub, code_of(secret, 3), 3)
    assert not accepted(database_hub, code_of(secret, 2), 3), "within the drift, and older than what was taken"
    assert accepted(database_hub, code_of(secret, 4), 4)


def test_a_clock_may_be_one_step_off_and_no_more(database_hub: Hub) -> None:
    secret, _ = enrolled(database_hub)
    assert not accepted(database_hub, code_of(secret, 8), 10)
    assert not accepted(database_hub, code_of(secret, 12), 10)
    assert accepted(database_hub, code_of(secret, 9), 10)
    assert accepted(database_hub, code_of(secret, 12), 11)


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "-12345"])
def test_what_is_no_code_is_refused(database_hub: Hub, given: str) -> None:
    enrolled(database_hub)
    assert not accepted(database_hub, given, 5)


def test_spaces_in_a_code_do_not_matter_and_a_code_of_someone_else_does(database_hub: Hub) -> None:
    secret, _ = enrolled(database_hub)
    code = code_of(secret, 5)
    assert not accepted(database_hub, code, 5, PETER.id)
    assert accepted(database_hub, f" {code[:3]} {code[3:]} ", 5)


def test_a_recovery_code_works_once_however_it_is_written(database_hub: Hub) -> None:
    _, codes = enrolled(database_hub)
    assert len(set(codes)) == 10
    assert not accepted(database_hub, codes[0], 5, PETER.id)
    assert accepted(database_hub, codes[0].lower().replace("-", " "), 5)
    assert not accepted(database_hub, codes[0], 5)
    assert accepted(database_hub, codes[1], 5)
    with database_hub.store.reading() as reading:
        kept = reading.scalars(select(RecoveryCode.code_hash)).all()
    assert not set(kept) & {code.replace("-", "") for code in codes}, "only hashes are kept"


def test_resetting_takes_the_factor_its_codes_and_every_session_away(site: Site) -> None:
    secret, codes = enrolled(site.hub)
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    assert http.get("/werkvoorraad").status_code == 200
    with at(site.hub, 5) as work:
        people.reset(work, MARLOES.id, "zeven groene fietsen", second_factor=True)
    assert http.get("/werkvoorraad").status_code == 302
    assert not accepted(site.hub, code_of(secret, 6), 6)
    assert not accepted(site.hub, codes[0], 6)
    with site.hub.store.reading() as reading:
        assert not identity.has_factor(reading, MARLOES.id)


def post(http: FlaskClient, path: str, page: str, **fields: str) -> int:
    return http.post(path, data={**fields, "csrf_token": mark_of(http, page)}).status_code


def now_code(secret: str, later: int = 0) -> str:
    return pyotp.TOTP(secret).at(dt.datetime.now(dt.UTC) + later * STEP)


def test_with_a_second_factor_a_password_alone_opens_nothing(site: Site) -> None:
    secret, codes = enrolled(site.hub)
    http, answer = enter(site.web, MARLOES.id)
    assert answer.headers["Location"] == "/inloggen/code"
    before = http.get_cookie(sessions.COOKIE)
    for path in ("/werkvoorraad", "/account", "/account/tweede-stap", "/account/wachtwoord"):
        assert http.get(path).headers["Location"] == "/inloggen/code", path
    assert post(http, "/inloggen/code", "/inloggen/code", code="no code") == 401
    assert post(http, "/inloggen/code", "/inloggen/code", code=now_code(secret)) == 303
    after = http.get_cookie(sessions.COOKIE)
    assert http.get("/werkvoorraad").status_code == 200
    assert before is not None
    assert after is not None
    assert before.value != after.value, "what it may do grew, so it is another token"
    other = site.web.app.test_client()
    other.set_cookie(sessions.COOKIE, before.value)
    assert other.get("/werkvoorraad").headers["Location"].startswith("/inloggen?")
    again, _ = enter(site.web, MARLOES.id)
    assert post(again, "/inloggen/code", "/inloggen/code", code=codes[0]) == 303
    assert again.get("/werkvoorraad").status_code == 200


def test_codes_are_guessed_a_few_times_and_then_even_the_right_one_must_wait(site: Site) -> None:
    secret, _ = enrolled(site.hub)
    http, _ = enter(site.web, MARLOES.id)
    said = [post(http, "/inloggen/code", "/inloggen/code", code=f"no-{number}") for number in range(6)]
    assert said[:3] == [401, 401, 401]
    assert said[-1] == 429
    assert post(http, "/inloggen/code", "/inloggen/code", code=now_code(secret)) == 429


def test_the_pages_set_it_up_and_end_the_other_sessions(site: Site) -> None:
    here, there = enter(site.web, MARLOES.id)[0], enter(site.web, MARLOES.id)[0]
    assert post(here, "/account/tweede-stap", "/account/tweede-stap") == 303
    with site.hub.store.reading() as reading:
        secret = second_factor.shown_secret(reading, MARLOES.id)
    assert secret is not None
    assert here.get("/account/tweede-stap/plaatje.svg").content_type == "image/svg+xml"
    answer = here.post(
        "/account/tweede-stap/code",
        data={"code": now_code(secret), "csrf_token": mark_of(here, "/account/tweede-stap")},
    )
    assert answer.text.count("<li><code>") == 10
    assert "no-store" in answer.headers["Cache-Control"]
    assert here.get("/account/tweede-stap/plaatje.svg").status_code == 404
    assert secret not in here.get("/account/tweede-stap").text
    assert here.get("/werkvoorraad").status_code == 200
    assert there.get("/werkvoorraad").status_code == 302


def test_taking_it_off_asks_the_password_and_a_code(site: Site) -> None:
    _, codes = enrolled(site.hub)
    http, _ = enter(site.web, MARLOES.id)
    assert post(http, "/inloggen/code", "/inloggen/code", code=codes[0]) == 303
    path = "/account/tweede-stap/opnieuw"
    assert post(http, path, "/account/tweede-stap", wachtwoord="wrong", code=codes[1]) == 422
    assert post(http, path, "/account/tweede-stap", wachtwoord="secret", code=codes[0]) == 422
    assert post(http, path, "/account/tweede-stap", wachtwoord="secret", code=codes[1]) == 303
    assert http.get("/werkvoorraad").headers["Location"] == "/account/tweede-stap", "another must be set up first"


def with_two_posts(hub: Hub) -> str:
    with hub.store.writing() as work:
        return identity.add_post(
            work,
            MARLOES.id,
            organisation="wi-tilburg",
            role="income_consultant",
            purpose="income",
            title="inkomensconsulent",
        )


def test_another_post_is_another_session_bound_to_that_post_and_told_to_the_log(site: Site) -> None:
    second = with_two_posts(site.hub)
    http = site.web.app.test_client()
    first_token = sign_in_as(site.hub, http, MARLOES.id)
    open_form = {"csrf_token": mark_of(http, "/account"), "aan": "ja"}
    with site.hub.store.reading() as reading:
        ends = reading.get_one(SignIn, sessions.id_of(first_token)).ends_at
    assert post(http, "/account/functie", "/account", functie=second) == 303
    cookie = http.get_cookie(sessions.COOKIE)
    assert cookie is not None
    assert cookie.value != first_token
    assert http.post("/account/sneltoetsen", data=open_form).status_code == 400, "written in the other post"
    with site.hub.store.reading() as reading:
        now = dt.datetime.now(dt.UTC)
        found = sessions.signed_in(reading, site.hub.config, cookie.value, now)
        gone = sessions.signed_in(reading, site.hub.config, first_token, now)
        told = [json.loads(body) for body in reading.scalars(select(AuditRecord.body))]
    assert gone is None
    assert found is not None
    assert (found.post_id, found.viewer.role, found.viewer.purpose) == (second, "income_consultant", "income")
    assert found.ends_at == ends, "changing posts makes no day longer"
    changed = [one for one in told if one.get("detail", "").startswith("other_post")]
    assert [(one["actor"], one["role"]) for one in changed] == [(MARLOES.id, "income_consultant")]


def test_a_post_of_someone_else_or_one_that_ended_can_not_be_chosen(site: Site) -> None:
    second = with_two_posts(site.hub)
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    assert post(http, "/account/functie", "/account", functie=PETER.id) == 404
    with site.hub.store.writing() as work:
        people.end_post(work, MARLOES.id, second)
    assert post(http, "/account/functie", "/account", functie=second) == 404
    assert http.get("/werkvoorraad").status_code == 200, "and the session in the first post goes on"


def test_a_session_is_ended_elsewhere_by_its_owner_alone(site: Site) -> None:
    here, there = site.web.app.test_client(), site.web.app.test_client()
    sign_in_as(site.hub, here, MARLOES.id)
    other = sessions.id_of(sign_in_as(site.hub, there, MARLOES.id))
    stranger = site.web.app.test_client()
    sign_in_as(site.hub, stranger, PETER.id)
    post(stranger, "/account/sessies", "/account", sessie=other)
    assert there.get("/werkvoorraad").status_code == 200
    post(here, "/account/sessies", "/account", sessie=other)
    assert there.get("/werkvoorraad").status_code == 302
    third = site.web.app.test_client()
    sign_in_as(site.hub, third, MARLOES.id)
    post(here, "/account/sessies", "/account")
    assert third.get("/werkvoorraad").status_code == 302
    assert here.get("/werkvoorraad").status_code == 200


def test_who_has_a_password_for_once_must_choose_another_after_the_code(site: Site) -> None:
    _, codes = enrolled(site.hub)
    with site.hub.store.writing() as work:
        work.execute(update(Person).where(Person.id == MARLOES.id).values(password_once=True))
    http, _ = enter(site.web, MARLOES.id)
    assert post(http, "/inloggen/code", "/inloggen/code", code=codes[0]) == 303
    assert http.get("/werkvoorraad").headers["Location"] == "/account/wachtwoord"
    new = "zeven groene fietsen"
    path = "/account/wachtwoord"
    assert post(http, path, path, wachtwoord="secret", nieuw=new, nogmaals="anders dan dit") == 422
    assert post(http, path, path, wachtwoord="secret", nieuw=new, nogmaals=new) == 303
    assert http.get("/werkvoorraad").status_code == 200
