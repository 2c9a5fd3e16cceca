"""A new referral on the page: chosen by need, asked again only on purpose, and of several the first gets it."""

from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hub.models import Case, Referral
from hub.services.access import directory
from hub.services.access.capacity import set_capacity
from hub.services.cases import case_view
from hub.services.record import audit
from hub.services.referrals import sending
from hub.services.views.viewer import Viewer
from hub.web.door.drafts import draft_key
from hub.wiring import Hub
from schemas.vocabulary import Event, LifeDomain, Urgency
from tests.builders import new_referral
from tests.integration.callers import GGZ, KADE, SPOEL, Site, mark_of, now
from tests.integration.conftest import add_viewer
from tests.integration.test_audit_log import of_marloes, signed_in
from tests.integration.test_several import ELS, act
from tests.personas import MARLOES, NAIMA, TOM

FORM = "/verwijzingen/nieuw"


@pytest.fixture
def site(database_hub: Hub) -> Site:
    with database_hub.store.writing() as work:
        add_viewer(work, ELS)
    return Site(database_hub)


@pytest.fixture
def case_id(site: Site) -> str:
    """Give a client of Marloes who lives in Broekhoven and has a referral to De Kade."""
    case_id = str(of_marloes(site)["case_id"])
    with site.hub.store.writing() as work:
        work.session.execute(update(Case).where(Case.id == case_id).values(area="Broekhoven"))
    return case_id


def post(browser: FlaskClient, case_id: str, **changes: Any) -> TestResponse:
    filled: dict[str, Any] = {
        "csrf_token": mark_of(browser, "/account"),
        "inwoner": case_id,
        "sleutel": "k-1",
        "life_domains": ["work_education"],
        "service": ["orientatie-groen"],
        "reason": "Een dagdeel meelopen.",
        "strengths": ["Groene vingers"],
        "urgency": "routine",
        "basis": "consent",
        "evidence": "Mondeling, vandaag.",
    }
    return browser.post(FORM, data={**filled, **changes})


def offered(page: str) -> dict[str, bool]:
    """Give the services of a page in their order, and whether each is shown."""
    cards = page.split("data-aanbod")[1:]
    return {
        card.split('name="service" value="')[1].split('"')[0]: " hidden" not in card.split(">")[0] for card in cards
    }


def sent(site: Site, case_id: str) -> list[Referral]:
    with site.hub.store.reading() as session:
        return list(session.scalars(select(Referral).where(Referral.case_id == case_id).order_by(Referral.created_at)))


def test_services_are_chosen_by_need_before_anything_is_filled_in(site: Site, case_id: str) -> None:
    with site.hub.store.writing() as work:
        for code, actor, places, days in (
            ("hulp-bij-post", NAIMA, 0, 42),
            ("maatschappelijk-werk", NAIMA, None, 7),
            ("casusoverleg-broekhoven", ELS, 1, None),
        ):
            set_capacity(work, actor, site.hub.config.services[code], places, days)
    browser = signed_in(site, "marloes")
    empty = unescape(browser.get(f"{FORM}?inwoner={case_id}").text)
    assert not any(offered(empty).values())
    assert "Kies eerst waarover het gaat" in empty
    page = unescape(browser.get(f"{FORM}?inwoner={case_id}&leefgebied=finances").text)
    shown = [code for code, is_shown in offered(page).items() if is_shown]
    assert shown[:2] == ["casusoverleg-broekhoven", "maatschappelijk-werk"]
    assert shown[-1] == "hulp-bij-post"
    assert "casusoverleg-zuid" not in shown, "the client lives elsewhere"
    assert "ggz-kennismaking" not in shown, "it helps with something else"
    for words in ("1 plek vrij", "Plek over 1 week", "Nu geen plek", "wachtlijst: ongeveer 6 weken", "daar woont"):
        assert words in page
    everywhere = {"bekijk": "1", "life_domains": ["finances"], "service": [], "alles": "1", "nodig": "triage"}
    wide = offered(unescape(post(browser, case_id, **everywhere).text))
    assert wide["casusoverleg-zuid"]
    assert wide["ggz-kennismaking"]
    practical = {**everywhere, "nodig": "practical", "waar": "dichtbij"}
    del practical["alles"]
    found = offered(unescape(post(browser, case_id, **practical).text))
    assert {code for code, is_shown in found.items() if is_shown} == {"praktische-hulp", "praktische-hulp-broekhoven"}
    assert sorted(code for code in found if code.startswith("casusoverleg")) == sorted(
        code for code in site.hub.config.services if code.startswith("casusoverleg")
    )


def test_what_runs_already_is_told_with_when_and_by_whom_and_asked_again_only_on_purpose(
    site: Site, case_id: str
) -> None:
    browser = signed_in(site, "marloes")
    to_kade = {"service": ["hulp-bij-post"], "life_domains": ["finances"]}
    refused = post(browser, case_id, **to_kade)
    told = unescape(refused.text)
    assert refused.status_code == 422
    assert "Er loopt al een verwijzing naar Maatschappelijk werk De Kade" in told
    assert "door Werk & Inkomen Tilburg" in told
    assert "Vink aan dat u toch verwijst" in told
    assert len(sent(site, case_id)) == 1
    assert post(browser, case_id, **to_kade, again="1").status_code == 303
    assert len(sent(site, case_id)) == 2


def test_only_what_the_viewer_may_know_of_counts_as_running(site: Site, case_id: str) -> None:
    known = sent(site, case_id)[0].id
    with site.hub.store.writing() as work:
        care = new_referral(case_id=case_id, to=GGZ, life_domains=(LifeDomain.MENTAL_HEALTH,))
        sending.send_referral(work, site.hub.config, MARLOES, care)
    assert running(site, NAIMA, case_id) == {known}
    act(site.hub, MARLOES, known, Event.WITHDRAW)
    assert running(site, NAIMA, case_id) == set(), "what ended runs no more"


def running(site: Site, who: Viewer, case_id: str) -> set[str]:
    with audit.looking(site.hub.store, audit.occasion(site.hub.config, "test")) as session:
        view = case_view.case_view(session, site.hub.config, who, case_id, now())
        return {one.id for one in directory.running(session, view)}


def test_practical_help_has_todays_clock_and_may_be_asked_of_several(site: Site, case_id: str) -> None:
    browser = signed_in(site, "marloes")
    both = {"service": ["praktische-hulp", "praktische-hulp-broekhoven"], "life_domains": ["finances"], "again": "1"}
    alone = post(browser, case_id, **both)
    assert alone.status_code == 422, "several are asked on purpose"
    assert post(browser, case_id, **both, meer="1", strengths=[]).status_code == 303
    made = sent(site, case_id)[1:]
    assert {one.urgency for one in made} == {Urgency.TODAY}
    assert len({one.bundle_id for one in made}) == 1
    assert {one.receiver for one in made} == {KADE, ELS.organisation}
    again = post(browser, case_id, **both, meer="1", strengths=[])
    assert again.status_code == 303, "the same form is one click"
    assert len(sent(site, case_id)) == 3


def test_each_page_tells_who_was_first_as_far_as_its_viewer_may_know(site: Site, case_id: str) -> None:
    marloes = signed_in(site, "marloes")
    both = {"service": ["wmo-begeleiding", "orientatie-groen"], "life_domains": ["daytime_activities"], "again": "1"}
    assert post(marloes, case_id, **both, meer="1").status_code == 303
    kade, spoel = (next(one.id for one in sent(site, case_id)[1:] if one.receiver == to) for to in (KADE, SPOEL))
    asked = marloes.get(f"/verwijzingen/{kade}").text
    assert "Gevraagd aan meer organisaties tegelijk" in asked
    assert "Leerwerkbedrijf De Spoel" in asked
    for who, first in ((NAIMA, kade), (TOM, spoel)):
        act(site.hub, who, first, Event.RECEIVE)
    act(site.hub, TOM, spoel, Event.ACCEPT)
    naima = signed_in(site, "naima")
    too_late = naima.post(
        f"/verwijzingen/{kade}/stap", data={"event": "accept", "csrf_token": mark_of(naima, "/account")}
    )
    assert too_late.status_code == 409
    for page in (too_late.text, naima.get(f"/verwijzingen/{kade}").text):
        assert "Een andere organisatie was eerder" in page
        assert "De Spoel" not in page
    assert "Leerwerkbedrijf De Spoel" in marloes.get(f"/verwijzingen/{kade}").text


def test_a_draft_is_sealed_for_one_person_in_one_organisation(site: Site) -> None:
    with site.web.app.app_context():
        assert draft_key(MARLOES) == draft_key(MARLOES)
        elsewhere = replace(MARLOES, organisation=KADE)
        assert len({draft_key(one) for one in (MARLOES, NAIMA, elsewhere)}) == 3
