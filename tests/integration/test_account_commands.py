"""People and systems are managed from the command line, and each change ends what it must and is written down."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import ECKey
from sqlalchemy import select

from hub.models import ApiClient, Person, Post
from hub.services.people import identity
from hub.wiring import Hub
from tests.integration.callers import Site, sign_in_as
from tests.integration.conftest import KEY, open_test_hub
from tests.personas import MARLOES
from workers.command import main


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    url, broker = f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db"
    values = {"DATABASE_URL": url, "BROKER_URL": broker, "SECRET_KEY": "0123456789abcdef0123456789abcdef-test"}
    for name, value in {**values, "DATA_KEYS": KEY}.items():
        monkeypatch.setenv(f"SCHAKEL_{name}", value)
    with closing(open_test_hub(url, broker)) as made:
        yield made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["accounts", *words])


def test_someone_who_is_blocked_is_out_at_once_and_can_be_let_in_again(hub: Hub) -> None:
    http = Site(hub).web.app.test_client()
    sign_in_as(hub, http, MARLOES.id)
    assert http.get("/werkvoorraad").status_code == 200
    assert run("disable", "marloes").exit_code == 0
    assert http.get("/werkvoorraad").status_code == 302
    assert run("enable", "marloes").exit_code == 0
    assert http.get("/werkvoorraad").status_code == 302, "the session stays ended"


def test_a_new_password_works_once_and_ends_every_session(hub: Hub) -> None:
    http = Site(hub).web.app.test_client()
    sign_in_as(hub, http, MARLOES.id)
    told = run("reset-password", "marloes", "--second-factor")
    assert http.get("/werkvoorraad").status_code == 302
    password = told.output.split("password ")[1].split(",")[0]
    with hub.store.reading() as reading:
        person = identity.check_password(reading, "marloes", password)
    assert person is not None
    assert person.password_once


def test_a_second_post_is_added_only_where_the_policy_knows_it(hub: Hub) -> None:
    fits = ["post", "marloes", "--organisation", "wi-tilburg", "--role", "income_consultant", "--until", "2030-01-01"]
    assert run(*fits).exit_code == 0
    assert run("post", "marloes", "--organisation", "wi-tilburg", "--role", "practitioner").exit_code == 2
    with hub.store.reading() as reading:
        held = reading.scalars(select(Post.role).where(Post.person_id == MARLOES.id)).all()
    assert set(held) == {"case_director", "income_consultant"}
    assert "marloes  wi-tilburg  income_consultant  income  active  password only" in run("list").output


def test_a_post_that_ends_takes_its_sessions_along_and_leaves_the_other(hub: Hub) -> None:
    http = Site(hub).web.app.test_client()
    sign_in_as(hub, http, MARLOES.id)
    run("post", "marloes", "--organisation", "wi-tilburg", "--role", "income_consultant")
    assert http.get("/werkvoorraad").status_code == 200
    assert run("end-post", "marloes", "--organisation", "wi-tilburg", "--role", "case_director").exit_code == 0
    assert http.get("/werkvoorraad").status_code == 302
    assert run("end-post", "marloes", "--organisation", "wi-tilburg", "--role", "case_director").exit_code == 2
    listed = run("list").output
    assert "marloes  wi-tilburg  income_consultant" in listed
    assert "marloes  wi-tilburg  case_director" not in listed


def test_systems_get_keys_secrets_and_an_end(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(ECKey.generate_key("P-256", {"kid": "k-1"}).as_dict(private=False)))
    assert run("key", "mw-de-kade", str(file)).exit_code == 0
    assert run("key", "mw-de-kade", str(file)).exit_code == 2
    assert run("end-key", "mw-de-kade", "k-1").exit_code == 0
    assert run("end-key", "mw-de-kade", "k-1").exit_code == 2
    assert "whsec_" in run("webhook-secret", "mw-de-kade").output
    assert run("disable", "mw-de-kade", "--system").exit_code == 0
    with hub.store.reading() as reading:
        assert not reading.get_one(ApiClient, "mw-de-kade").active


def test_someone_is_linked_to_one_provider_value_that_nobody_else_has(hub: Hub) -> None:
    assert run("link", "marloes", "tilburg", "u-1").exit_code == 0
    assert run("link", "peter", "tilburg", "u-1").exit_code == 2
    assert run("link", "nobody", "tilburg", "u-2").exit_code == 2
    with hub.store.reading() as reading:
        assert reading.get_one(Person, MARLOES.id).external_id == "tilburg|u-1"


def test_who_was_added_must_choose_a_password_first(hub: Hub) -> None:
    told = run("person", "sanne", "--name", "Sanne Vos", "--organisation", "mw-de-kade", "--role", "social_worker")
    assert told.exit_code == 0
    with hub.store.reading() as reading:
        person = identity.check_password(reading, "sanne", told.output.split("password ")[1].strip())
    assert person is not None
    assert person.password_once
