"""Consent on the pages: what is shown is what goes, and a withdrawal wipes the receiver's page at once."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from hub.models import OutboxRecord
from schemas.vocabulary import LifeDomain, MessageKind
from tests.browser.looks import look
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def test_withdrawing_on_the_page_wipes_the_receivers_page_and_shows_what_cant_be_undone(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    case = real.karin()
    marloes = open_page("marloes", f"/verwijzingen/nieuw?inwoner={case}")
    marloes.check("input[value=mental_health]")
    marloes.check("input[value=ggz-kennismaking]")
    marloes.fill("textarea[name=reason]", "Karin slaapt slecht en wil daar hulp bij.")
    marloes.check("input[value='Komt afspraken na']")
    marloes.uncheck("input[name=share][value=birth_date]")
    marloes.check("input[name=basis][value=consent]")
    marloes.fill("input[name=evidence]", "mondeling, vandaag")
    preview = marloes.locator("[data-voorbeeld]")
    expect(preview.locator("[data-veld=evidence]")).to_contain_text("mondeling, vandaag", timeout=20_000)
    expect(preview.locator("[data-veld=birth_date]")).to_have_count(0)
    shown = set(preview.locator("[data-veld]").evaluate_all("all => all.map(one => one.dataset.veld)"))
    marloes.get_by_role("button", name="Verwijzing versturen").click()
    marloes.wait_for_url("**/verwijzingen/*-*")
    with real.hub.store.reading() as session:
        query = select(OutboxRecord).where(OutboxRecord.case_id == case, OutboxRecord.kind == MessageKind.SENT)
        sent = session.scalars(query.order_by(OutboxRecord.id.desc())).first()
    assert sent is not None
    data = json.loads(sent.body or b"")["data"]
    told = {*data["client"], *data["ground"], *(set(data) & {"reason", "client_words", "strengths", "service"})}
    assert shown - {"life_domains", "urgency"} == told
    assert LifeDomain.MENTAL_HEALTH in data["life_domains"]
    ilse = open_page("ilse", f"/inwoners/{case}")
    expect(ilse.locator("[data-case]")).to_be_visible(timeout=20_000)
    marloes.goto(f"{real.address}/inwoners/{case}/toestemming")
    marloes.get_by_role("button", name="Toestemming intrekken voor GGZ De Leij").first.click()
    expect(ilse.get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible(timeout=20_000)
    expect(marloes.get_by_role("heading", name="Wat niet meer terug te draaien is")).to_be_visible()
    expect(marloes.locator("body")).to_contain_text("GGZ De Leij")
    look(marloes, "toestemming")
