"""Naima is named: her bell says so at once, she opens it, and it is read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.services.cases import items
from schemas.items import NewItem
from schemas.vocabulary import Event, ItemKind
from tests.browser.looks import look
from tests.browser.real_hub import RealHub
from tests.personas import MARLOES, NAIMA

pytestmark = pytest.mark.browser


def test_who_is_named_hears_it_at_once_opens_it_and_has_read_it(real: RealHub, open_page: Callable[..., Page]) -> None:
    sent = real.send(to="mw-de-kade")
    for event in (Event.RECEIVE, Event.ACCEPT):
        real.record(sent.id, event, NAIMA, "naima")
    page = open_page("naima", "/werkvoorraad")
    page.set_default_timeout(60_000)
    expect(page.locator("[data-live]")).to_have_text("Live", timeout=60_000)
    bell = page.locator("[data-bel]")
    before = int(bell.locator("[data-bel-aantal]").inner_text() or 0)
    with real.hub.store.writing() as work:
        new = NewItem(kind=ItemKind.REMARK, about="case", content={"text": "Belt u haar, @Naima Bouzid?"})
        items.add(work, real.hub.config, real.person(MARLOES, "marloes"), real.karin(), new)  # type: ignore[arg-type]
    expect(bell.locator("[data-bel-aantal]")).to_have_text(str(before + 1), timeout=60_000)
    expect(bell).to_have_accessible_name(f"Meldingen: {before + 1} nog niet gelezen")
    bell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/meldingen")
    named = page.get_by_role("link", name="Marloes Verhoeven noemt u in een bericht").first
    expect(named).to_be_visible()
    look(page, "meldingen")
    named.click()
    page.wait_for_url("**/inwoners/**")
    expect(page.locator(".bericht__tekst", has_text="Belt u haar")).to_be_visible()
    expect(page.locator("[data-bel-aantal]")).to_have_text(str(before))
    page.goto(f"{real.address}/meldingen")
    expect(page.locator("#meldingen-nieuw [data-rij]")).to_have_count(before)
    expect(page.locator("#gelezen")).to_contain_text("Belt u haar")
