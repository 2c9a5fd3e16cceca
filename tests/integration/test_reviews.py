"""Who looked, and the review of it, on the pages and on real databases."""

import datetime as dt
from typing import Any

import pytest

from hub.models import AuditReview
from hub.services.record.audit_seal import seal_all
from hub.services.record.audit_verify import verify
from hub.services.record.reviews import late_reviews, pick_looks
from hub.wiring import Hub
from tests.integration.callers import GGZ, KADE, Site, mark_of, sign_in_as
from tests.integration.conftest import add_viewer
from tests.integration.test_audit_log import of_marloes, records, signed_in
from tests.personas import person

FATIMA = person("fatima", "Fatima Idrissi", "gemeente-tilburg", "Gemeente", "privacy_officer", "accountability")


@pytest.fixture
def site(database_hub: Hub) -> Site:
    with database_hub.store.writing() as work:
        add_viewer(work, FATIMA)
    return Site(database_hub)


def post(site: Site, who: str, path: str, **form: str) -> Any:
    browser = site.web.app.test_client()
    mark = mark_of(browser)
    sign_in_as(site.hub, browser, who)
    return browser.post(path, data={**form, "csrf_token": mark_of(browser, "/account") or mark})


def test_the_regisseur_reads_who_looked_and_that_is_a_look_too(site: Site) -> None:
    made = of_marloes(site)
    site.get(f"/cases/{made['case_id']}", KADE)
    before = len(records(site.hub))
    page = signed_in(site, "marloes").get(f"/inwoners/{made['case_id']}/gekeken")
    assert page.status_code == 200
    assert "Maatschappelijk werk De Kade" in page.text
    assert [one["deed"] for one in records(site.hub)[before:]] == ["audit.view"]
    assert signed_in(site, "naima").get(f"/inwoners/{made['case_id']}/gekeken").status_code == 404
    assert records(site.hub)[-1]["outcome"] == "denied"


def test_of_a_masked_organisation_the_regisseur_reads_nothing_and_the_privacy_officer_all(site: Site) -> None:
    made = of_marloes(site)
    again = site.send(
        to=GGZ,
        client={"case_id": made["case_id"]},
        life_domains=["mental_health"],
        ground={"basis": "public_task", "law": "participatiewet", "purpose": "guidance"},
    )
    assert again.status_code == 201
    site.get(f"/cases/{made['case_id']}", GGZ)
    path = f"/inwoners/{made['case_id']}/gekeken"
    assert "GGZ De Leij" not in signed_in(site, "marloes").get(path).text
    assert "GGZ De Leij" in signed_in(site, "fatima").get(path).text


def test_names_are_given_to_who_says_for_what_and_that_is_kept(site: Site) -> None:
    made = of_marloes(site)
    signed_in(site, "marloes").get(f"/inwoners/{made['case_id']}")
    path = f"/inwoners/{made['case_id']}/gekeken"
    assert "Marloes Verhoeven, " not in signed_in(site, "fatima").get(path).text
    page = post(site, "fatima", path, belang="client_asks")
    assert page.status_code == 200
    assert "Marloes Verhoeven, " in page.text
    last = [one for one in records(site.hub) if one["deed"] == "audit.names"]
    assert [one["detail"] for one in last] == ["client_asks"]


def test_a_run_of_refusals_comes_on_the_reviewers_list_with_a_clock_and_a_verdict_ends_it(site: Site) -> None:
    for _ in range(4):
        made = of_marloes(site)
        assert signed_in(site, "ilse").get(f"/inwoners/{made['case_id']}").status_code == 404
    now = dt.datetime.now(dt.UTC)
    with site.hub.store.writing() as work:
        assert pick_looks(work, now) == 1
    with site.hub.store.writing() as work:
        assert pick_looks(work, now) == 0, "picking again adds nothing"
        assert late_reviews(work.session, now) == 0
        assert late_reviews(work.session, now + dt.timedelta(days=8)) == 1
    page = signed_in(site, "fatima").get("/controle").text
    assert "Ilse Brands" in page
    assert "kort na elkaar" in page
    assert signed_in(site, "ilse").get("/controle").status_code == 404
    with site.hub.store.reading() as session:
        review = session.query(AuditReview).one()
    assert post(site, "ilse", f"/controle/{review.id}", oordeel="in_order").status_code == 303
    assert "Ilse Brands" in signed_in(site, "fatima").get("/controle").text, "nobody judges the own looks"
    assert post(site, "fatima", f"/controle/{review.id}", oordeel="talked").status_code == 303
    assert "Ilse Brands" not in signed_in(site, "fatima").get("/controle").text
    assert [one["detail"] for one in records(site.hub) if one["deed"] == "review.verdict" and one["outcome"] == "ok"]


def test_who_looks_at_a_client_of_the_same_family_name_is_asked_about_it(site: Site) -> None:
    made = of_marloes(site, client={**{"bsn": "999990019", "birth_date": "1974-03-08"}, "family_name": "Verhoeven"})
    signed_in(site, "marloes").get(f"/inwoners/{made['case_id']}")
    with site.hub.store.writing() as work:
        assert pick_looks(work, dt.datetime.now(dt.UTC)) >= 1
        reasons = [review.reasons for review in work.session.query(AuditReview)]
    assert ["same_name"] in [[one for one in some if one == "same_name"] for some in reasons]


def test_signing_in_failing_and_out_are_written_down_and_the_log_stays_whole(site: Site) -> None:
    from tests.integration.callers import enter

    before = len(records(site.hub))
    _browser, wrong = enter(site.web, "marloes", "not it")
    assert wrong.status_code == 401
    browser, right = enter(site.web, "marloes")
    assert right.status_code == 303
    browser.post("/uitloggen", data={"csrf_token": mark_of(browser, "/account")})
    told = [(one["deed"], one["outcome"]) for one in records(site.hub)[before:]]
    assert told == [("sign_in", "failed"), ("sign_in", "ok"), ("sign_out", "ok")]
    assert records(site.hub)[-1]["actor"] == "marloes"
    seal_all(site.hub.store, None)
    with site.hub.store.reading() as session:
        assert verify(session, []).fault is None
