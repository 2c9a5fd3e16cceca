"""Guessing gains nothing: many tries at once, at people and at systems, over threads and both databases."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from hub.services.people import identity
from hub.services.people.throttling import Turn, Wait, take_turn
from hub.wiring import Hub
from tests.integration.callers import WI, Site, enter
from tests.personas import MARLOES

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def tries(site: Site, username: str, password: str, address: str = "203.0.113.7") -> TestResponse:
    return enter(site.web, username, password, address)[1]


def test_of_a_thousand_guesses_at_once_at_most_ten_are_looked_at(database_hub: Hub) -> None:
    def guess(number: int) -> bool:
        with database_hub.store.writing() as work:
            return isinstance(take_turn(work, "person", "marloes", f"198.51.100.{number % 250}"), Turn)

    with ThreadPoolExecutor(16) as pool:
        taken = sum(pool.map(guess, range(1000)))
    assert 1 <= taken <= 10


def test_guesses_at_once_over_the_page_are_mostly_not_looked_at_and_say_how_long_to_wait(site: Site) -> None:
    with mock.patch.object(identity, "check_password", wraps=identity.check_password) as looked:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda n: tries(site, "marloes", f"guess-{n}"), range(60)))
        assert 1 <= looked.call_count <= 10
    assert {answer.status_code for answer in answers} == {401, 429}
    late = next(answer for answer in answers if answer.status_code == 429)
    assert int(late.headers["Retry-After"]) > 0
    assert "Wacht " in late.text


def test_the_right_password_is_not_looked_at_while_one_must_wait(site: Site) -> None:
    while tries(site, "marloes", "wrong").status_code == 401:
        pass
    with mock.patch.object(identity, "check_password") as looked:
        assert tries(site, "marloes", "secret").status_code == 429
    looked.assert_not_called()


def test_an_outsider_can_not_lock_someone_out_of_the_own_office(site: Site) -> None:
    assert tries(site, "marloes", "secret", "192.0.2.10").status_code == 303
    for number in range(30):
        tries(site, "marloes", "wrong", f"203.0.113.{number}")
    assert tries(site, "marloes", "secret", "203.0.113.99").status_code == 429
    assert tries(site, "marloes", "secret", "192.0.2.10").status_code == 303


def test_in_any_quarter_of_an_hour_no_more_than_ten_tries_are_taken(database_hub: Hub) -> None:
    taken: list[dt.datetime] = []
    for second in range(0, 3600, 7):
        now = START + dt.timedelta(seconds=second)
        with database_hub.store.writing(now) as work:
            if isinstance(take_turn(work, "person", "marloes", f"198.51.100.{second % 200}"), Turn):
                taken.append(now)
    assert len(taken) > 10, "waiting helps"
    for moment in taken:
        assert sum(moment <= other < moment + dt.timedelta(minutes=15) for other in taken) <= 10


def test_a_name_that_nobody_has_gets_the_same_answers(site: Site) -> None:
    def without_marks(text: str) -> str:
        own = ("csrf_token", "gebruikersnaam", "nonce")
        return "\n".join(line for line in text.splitlines() if not any(one in line for one in own))

    told = [tries(site, "marloes", "wrong") for _ in range(4)]
    unknown = [tries(site, "nobody-at-all", "wrong", "203.0.113.8") for _ in range(4)]
    assert [one.status_code for one in told] == [one.status_code for one in unknown]
    assert without_marks(told[0].text) == without_marks(unknown[0].text)


def test_guesses_at_a_system_must_wait_and_the_right_secret_goes_on_from_where_it_came_before(site: Site) -> None:
    def ask(secret: str, address: str) -> int:
        data = {"grant_type": "client_credentials", "client_id": WI, "client_secret": secret}
        return site.anyone.post("/oauth/token", data=data, environ_base={"REMOTE_ADDR": address}).status_code

    assert ask("secret", "192.0.2.10") == 200
    answers = [ask(f"guess-{number}", "203.0.113.7") for number in range(20)]
    assert answers.count(401) == 5
    assert answers.count(429) == 15
    assert ask("secret", "192.0.2.10") == 200


def test_right_answers_use_up_no_tries(site: Site) -> None:
    for _ in range(15):
        assert tries(site, "marloes", "secret").status_code == 303


def test_a_try_that_must_wait_is_told_how_long(database_hub: Hub) -> None:
    waits = []
    for _ in range(6):
        with database_hub.store.writing(START) as work:
            turn = take_turn(work, "person", MARLOES.id, "192.0.2.1")
        waits.append(turn.time if isinstance(turn, Wait) else None)
    assert waits[:3] == [None, None, None]
    assert waits[3] == dt.timedelta(seconds=5)
