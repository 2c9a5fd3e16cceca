"""Passwords and codes of local accounts: how they are kept, taken and asked for."""

import dataclasses
import re
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from hub.models import ApiClient, Person, RecoveryCode
from hub.services.people import second_factor
from hub.services.people.identity import hash_secret
from hub.settings import DEMO_CONFIG, Settings
from hub.sign_in_settings import SignInSettings
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from tests.integration.callers import Site, enter, mark_of, sign_in_as
from tests.integration.conftest import KEY
from tests.personas import MARLOES

ODD = "  Spaties, HOOFDletters én 'tekens' 漢字 🙂  " + "lang " * 20


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def test_a_password_is_taken_exactly_as_it_was_given_however_long(site: Site) -> None:
    with site.hub.store.writing() as work:
        username = work.execute(select(Person.username).where(Person.id == MARLOES.id)).scalar_one()
        work.execute(update(Person).where(Person.id == MARLOES.id).values(password_hash=hash_secret(ODD)))
    assert len(ODD) > 100
    for wrong in (ODD.strip(), ODD[:72]):
        assert enter(site.web, username, wrong)[1].status_code == 401
    assert enter(site.web, username, ODD)[1].status_code == 303


def test_a_password_is_kept_as_argon2id_with_memory_and_a_salt_of_its_own() -> None:
    first, second = hash_secret("secret"), hash_secret("secret")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_password_fields_are_masked_and_leave_password_managers_alone(site: Site) -> None:
    http = site.web.app.test_client()
    pages = [http.get("/inloggen").text]
    sign_in_as(site.hub, http, MARLOES.id)
    pages.append(http.get("/account/wachtwoord").text)
    fields = [
        field for page in pages for field in re.findall(r"<input[^>]*(?:wachtwoord|nieuw|nogmaals)\"[^>]*>", page)
    ]
    assert len(fields) == 4
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "maxlength" not in field
        assert "onpaste" not in field


def test_every_page_of_who_is_signed_in_leads_out(site: Site) -> None:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    for path in ("/werkvoorraad", "/account", "/account/wachtwoord", "/bestaat-niet"):
        assert 'action="/uitloggen"' in http.get(path).text, path


def test_signing_out_has_the_browser_throw_away_what_it_kept(site: Site) -> None:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, MARLOES.id)
    mark = re.search(r'name="csrf_token" value="([^"]+)"', http.get("/account").text)
    assert mark is not None
    answer = http.post("/uitloggen", data={"csrf_token": mark[1]})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert http.get("/account").status_code == 302


def test_recovery_codes_have_120_random_bits_and_only_their_hashes_are_kept(site: Site) -> None:
    with site.hub.store.writing() as work:
        codes = second_factor._new_recovery_codes(work, MARLOES.id)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}", code) for code in codes)
    with site.hub.store.writing() as work:
        kept = work.session.scalars(select(RecoveryCode.code_hash)).all()
    assert not {code.replace("-", "") for code in codes} & set(kept)
    with site.hub.store.writing() as work:
        assert second_factor.accept(work, MARLOES.id, codes[0].lower())
    with site.hub.store.writing() as work:
        assert not second_factor.accept(work, MARLOES.id, codes[0])


def test_a_new_installation_has_no_account(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/hub.db",
        broker_url=f"embedded:///{tmp_path}/broker.db",
        config_path=DEMO_CONFIG,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
    )
    with closing(open_hub(settings)) as hub:
        migrate(hub.store)
        with hub.store.reading() as session:
            for kept in (Person, ApiClient):
                assert session.execute(select(func.count()).select_from(kept)).scalar_one() == 0


def test_a_change_of_password_asks_the_old_one_and_ends_other_sessions(site: Site) -> None:
    here, elsewhere = site.web.app.test_client(), site.web.app.test_client()
    for http in (here, elsewhere):
        sign_in_as(site.hub, http, MARLOES.id)
    new = "vier losse klinkende woorden 83"
    mark = mark_of(here, "/account/wachtwoord")
    for old, status in (("iets anders", 422), ("secret", 303)):
        form = {"wachtwoord": old, "nieuw": new, "nogmaals": new, "csrf_token": mark}
        assert here.post("/account/wachtwoord", data=form).status_code == status
        assert (elsewhere.get("/account").status_code == 200) is (status == 422)
    assert here.get("/account").status_code == 200


def test_where_a_second_factor_is_asked_nobody_works_before_setting_one_up(site: Site) -> None:
    assert SignInSettings().second_factor_required, "the default"
    sign_in = dataclasses.replace(site.hub.config.sign_in, second_factor_required=True)
    strict = Site(dataclasses.replace(site.hub, config=dataclasses.replace(site.hub.config, sign_in=sign_in)))
    http, answer = enter(strict.web, MARLOES.id)
    assert answer.location == "/account/tweede-stap"
    for path in ("/werkvoorraad", "/account", "/account/wachtwoord"):
        assert http.get(path).location == "/account/tweede-stap", path
