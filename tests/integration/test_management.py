"""On /beheer the operator manages people and systems, who manages an organisation its own people, and nobody more."""

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hub.models import ApiClient, AuditRecord, Person, Post
from hub.services.people import identity, second_factor
from hub.wiring import Hub
from tests.integration.callers import KADE, Site, enter, mark_of, sign_in_as
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER

CONSULTANT = "wi-tilburg/income_consultant/income"
OFFICER = "gemeente-tilburg/privacy_officer/accountability"


@pytest.fixture
def site(database_hub: Hub) -> Site:
    return Site(database_hub)


def as_one(site: Site, person_id: str) -> FlaskClient:
    http = site.web.app.test_client()
    sign_in_as(site.hub, http, person_id)
    return http


def manager(site: Site) -> FlaskClient:
    """Sign in Marloes, who from now on manages the people of Work and Income."""
    with site.hub.store.writing() as work:
        work.execute(update(Post).where(Post.id == MARLOES.id).values(manages=True))
    return as_one(site, MARLOES.id)


def post(http: FlaskClient, path: str, **fields: str) -> TestResponse:
    return http.post(path, data={**fields, "csrf_token": mark_of(http, "/account")})


def act(http: FlaskClient, person_id: str, step: str, **fields: str) -> int:
    return post(http, f"/beheer/mensen/{person_id}/{step}", **fields).status_code


def shown(answer: TestResponse) -> str:
    found = re.search(r"data-geheim>([^<]+)<", answer.text)
    assert found is not None
    return found[1]


def told(site: Site, outcome: str = "ok") -> list[tuple[str, str, Any]]:
    """Give what the log tells of changed accounts: by whom, what, of whom."""
    with site.hub.store.reading() as reading:
        rows = reading.scalars(
            select(AuditRecord.body)
            .where(AuditRecord.deed == "account.change", AuditRecord.outcome == outcome)
            .order_by(AuditRecord.at)
        )
        return [(one["actor"], one.get("detail"), one.get("objects")) for one in map(json.loads, rows)]


def column(site: Site, person_id: str, name: str) -> Any:
    with site.hub.store.reading() as reading:
        return reading.execute(select(getattr(Person, name)).where(Person.id == person_id)).scalar_one()


STEPS = ("blokkeer", "toelaten", "wachtwoord", "tweede-stap", "sessies", "functie", "functie-eind")


def test_who_manages_nobody_finds_no_page_and_changes_nothing(site: Site) -> None:
    http = as_one(site, PETER.id)
    for path in ("/beheer", "/beheer/mensen/nieuw", f"/beheer/mensen/{MARLOES.id}"):
        assert http.get(path).status_code == 404, path
    for path in ("/beheer/organisaties", "/beheer/systemen", f"/beheer/systemen/{KADE}"):
        assert http.get(path).status_code == 404, path
    assert post(http, "/beheer/mensen/nieuw", naam="X Y", gebruikersnaam="xy", functie=CONSULTANT).status_code == 404
    assert {act(http, MARLOES.id, step, functie=CONSULTANT, kenmerk=MARLOES.id) for step in STEPS} == {404}
    assert post(http, f"/beheer/systemen/{KADE}/geheim").status_code == 404
    assert told(site) == []
    assert "Beheer" not in http.get("/werkvoorraad").text


def test_someone_who_is_added_signs_in_once_and_must_choose_a_password(site: Site) -> None:
    http = as_one(site, BAS.id)
    fields = {"naam": "Sanne Vos", "gebruikersnaam": "S.Vos", "functie": CONSULTANT, "titel": ""}
    answer = post(http, "/beheer/mensen/nieuw", **fields)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    password = shown(answer)
    entered, landed = enter(site.web, "s.vos", password)
    assert landed.headers["Location"] == "/account/wachtwoord"
    assert entered.get("/werkvoorraad").headers["Location"] == "/account/wachtwoord"
    with site.hub.store.reading() as reading:
        sanne = reading.execute(select(Person.id).where(Person.username == "s.vos")).scalar_one()
    assert told(site) == [(BAS.id, "person_added", [sanne])]
    assert password not in http.get(f"/beheer/mensen/{sanne}").text, "it was shown once"
    assert post(http, "/beheer/mensen/nieuw", **fields).status_code == 422, "the name is taken"


@pytest.mark.parametrize(
    "wrong",
    [
        {"gebruikersnaam": "<b>"},
        {"gebruikersnaam": ""},
        {"naam": ""},
        {"naam": "x" * 201},
        {"naam": "Sanne\u202eVos"},
        {"functie": ""},
        {"functie": "wi-tilburg/practitioner/treatment"},
        {"functie": "wi-tilburg/machine/guidance"},
        {"titel": "x" * 81},
    ],
)
def test_what_can_not_be_added_is_refused_with_the_field(site: Site, wrong: dict[str, str]) -> None:
    fields = {"naam": "Sanne Vos", "gebruikersnaam": "s.vos", "functie": CONSULTANT, "titel": "", **wrong}
    answer = post(as_one(site, BAS.id), "/beheer/mensen/nieuw", **fields)
    assert answer.status_code == 422
    assert f'href="#{next(iter(wrong))}"' in answer.text
    assert told(site) == []


def test_every_change_ends_what_it_must_and_is_written_down(site: Site) -> None:
    http = as_one(site, BAS.id)

    def out_after(step: str, **fields: str) -> bool:
        peter = as_one(site, PETER.id)
        assert peter.get("/werkvoorraad").status_code == 200
        assert act(http, PETER.id, step, **fields) in (200, 303)
        return peter.get("/werkvoorraad").status_code == 302

    assert out_after("sessies")
    assert out_after("wachtwoord")
    with site.hub.store.writing() as work:
        second_factor.begin(work, PETER.id)
        work.execute(update(Person).where(Person.id == PETER.id).values(factor_since=work.now))
    assert out_after("tweede-stap")
    assert column(site, PETER.id, "factor_secret") is None
    assert not out_after("functie", functie="wi-tilburg/job_matcher/placement", tot="2099-12-31")
    assert out_after("functie-eind", kenmerk=PETER.id), "he sat in that post"
    peter = as_one(site, PETER.id)
    assert peter.get("/werkvoorraad").status_code == 200, "in the other post"
    assert act(http, PETER.id, "blokkeer") == 303
    assert peter.get("/werkvoorraad").status_code == 302
    assert act(http, PETER.id, "toelaten") == 303
    assert column(site, PETER.id, "active")
    whats = "sessions_ended password_reset second_factor_reset post_added post_ended disabled enabled"
    assert told(site) == [(BAS.id, what, [PETER.id]) for what in whats.split()]


def test_a_new_password_replaces_the_old_one(site: Site) -> None:
    password = shown(post(as_one(site, BAS.id), f"/beheer/mensen/{PETER.id}/wachtwoord"))
    assert enter(site.web, PETER.id, "secret")[1].status_code == 401
    assert enter(site.web, PETER.id, password)[1].headers["Location"] == "/account/wachtwoord"


def test_who_manages_an_organisation_sees_and_changes_its_own_people_alone(site: Site) -> None:
    http = manager(site)
    listed = http.get("/beheer").text
    assert PETER.name in listed
    assert NAIMA.name not in listed
    assert "Systemen" not in listed
    assert http.get(f"/beheer/mensen/{PETER.id}").status_code == 200
    for stranger in (NAIMA.id, BAS.id, "nobody"):
        assert http.get(f"/beheer/mensen/{stranger}").status_code == 404
        assert {act(http, stranger, step, functie=CONSULTANT, kenmerk=stranger) for step in STEPS} == {404}
    for path in ("/beheer/organisaties", "/beheer/systemen", f"/beheer/systemen/{KADE}"):
        assert http.get(path).status_code == 404
    assert act(http, PETER.id, "sessies") == 303
    assert told(site) == [(MARLOES.id, "sessions_ended", [PETER.id])]
    assert len(told(site, "denied")) >= 3 * (len(STEPS) + 1) - 1


def test_who_manages_an_organisation_gives_no_posts_elsewhere_and_no_power_over_others(site: Site) -> None:
    http = manager(site)
    for other in ("mw-de-kade/social_worker/guidance", OFFICER, "gemeente-tilburg/functional_admin/operations"):
        assert act(http, PETER.id, "functie", functie=other) == 422
    assert act(http, PETER.id, "functie", functie=CONSULTANT, beheert="ja") == 404
    assert act(http, PETER.id, "functie", functie=CONSULTANT) == 303
    with site.hub.store.reading() as reading:
        assert reading.scalars(select(Post.manages).where(Post.person_id == PETER.id)).all() == [False, False]


def test_who_also_works_elsewhere_or_watches_over_others_is_the_operators(site: Site) -> None:
    http = manager(site)
    with site.hub.store.writing() as work:
        elsewhere = {"organisation": KADE, "role": "social_worker", "purpose": "guidance", "title": "x"}
        post_id = identity.add_post(work, PETER.id, **elsewhere)
    assert act(http, PETER.id, "wachtwoord") == 404, "with that password one could sign in at De Kade"
    with site.hub.store.writing() as work:
        work.execute(update(Post).where(Post.id == post_id).values(organisation="wi-tilburg", manages=True))
    assert act(http, PETER.id, "wachtwoord") == 404, "who manages too is not the other's to change"
    assert act(as_one(site, BAS.id), PETER.id, "wachtwoord") == 200


def test_nobody_changes_the_own_account_here(site: Site) -> None:
    for http, own in ((as_one(site, BAS.id), BAS.id), (manager(site), MARLOES.id)):
        assert "Dit is uw eigen account" in http.get(f"/beheer/mensen/{own}").text
        assert {act(http, own, step, functie=CONSULTANT, kenmerk=own) for step in STEPS} == {404}
    assert told(site) == []


def test_the_mark_of_a_manager_counts_in_the_post_that_has_it(site: Site) -> None:
    with site.hub.store.writing() as work:
        work.execute(update(Post).where(Post.id == ILSE.id).values(manages=True))
        plain = {
            "organisation": "ggz-de-leij",
            "role": "intake_worker",
            "purpose": "treatment",
            "title": "aanmeldbureau",
        }
        second = identity.add_post(work, ILSE.id, **plain)
    http = as_one(site, ILSE.id)
    assert http.get("/beheer").status_code == 200
    assert post(http, "/account/functie", functie=second).status_code == 303
    assert http.get("/beheer").status_code == 404


def test_organisations_are_shown_as_the_configuration_has_them(site: Site) -> None:
    text = as_one(site, BAS.id).get("/beheer/organisaties").text
    for organisation in site.hub.config.organisations.values():
        assert html.escape(organisation.name) in text
        assert organisation.oin in text
    assert ">Toegangsteam</td>" in text


def test_a_system_gets_secrets_and_keys_and_loses_them(site: Site) -> None:
    http = as_one(site, BAS.id)

    def step(name: str, **fields: str) -> TestResponse:
        return post(http, f"/beheer/systemen/{KADE}/{name}", **fields)

    def token(secret: str) -> int:
        data = {"grant_type": "client_credentials", "client_id": KADE, "client_secret": secret}
        return site.anyone.post("/oauth/token", data=data).status_code

    first = shown(step("geheim"))
    assert [token("secret"), token(first)] == [200, 200]
    second = shown(step("geheim", meteen="ja"))
    assert [token("secret"), token(first), token(second)] == [401, 401, 200]
    pair = ECKey.generate_key("P-256", {"kid": "kade-2026"})
    assert step("sleutel", sleutel=json.dumps(pair.as_dict(private=True))).status_code == 422
    assert step("sleutel", sleutel="no key").status_code == 422
    assert step("sleutel", sleutel=json.dumps(pair.as_dict(private=False))).status_code == 303
    assert "kade-2026" in http.get(f"/beheer/systemen/{KADE}").text
    assert step("sleutel-eind", kenmerk="kade-2026").status_code == 303
    assert step("sleutel-eind", kenmerk="kade-2026").status_code == 404
    assert shown(step("ondertekening")).startswith("whsec_")
    assert step("blokkeer").status_code == 303
    with site.hub.store.reading() as reading:
        assert not reading.get_one(ApiClient, KADE).active
    assert step("toelaten").status_code == 303
    assert step("verzonnen").status_code == 404
    assert post(http, "/beheer/systemen/nobody/geheim").status_code == 404
    whats = "system_secret system_secret key_added key_ended webhook_secret disabled enabled"
    assert told(site) == [(BAS.id, what, [KADE]) for what in whats.split()]
    assert second not in http.get(f"/beheer/systemen/{KADE}").text
