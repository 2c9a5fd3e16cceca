"""Making a referral in a browser: by keyboard alone, wide and narrow, and with a draft that outlives a session."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from hub.models import Referral
from tests.browser.looks import violations
from tests.browser.real_hub import RealHub
from workers.demo_people import PASSWORD

PRACTICAL = ("praktische-hulp", "praktische-hulp-broekhoven")


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealHub]:
    running = RealHub(tmp_path)
    yield running
    running.close()


@pytest.fixture
def open_page(browser: Browser, real: RealHub) -> Iterator[Callable[..., Page]]:
    """Give a function that signs someone in and opens a page."""
    contexts: list[BrowserContext] = []

    def go(username: str, path: str, width: int = 1440, *, scripts: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{real.address}/inloggen")
        sign_in(page, username)
        page.goto(real.address + path)
        return page

    yield go
    for context in contexts:
        context.close()


def sign_in(page: Page, username: str) -> None:
    page.fill("#gebruikersnaam", username)
    page.fill("#wachtwoord", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "/inloggen" not in address)


def focus_by_tab(page: Page, wanted: str) -> None:
    """Press Tab until the wanted element has the focus; it must be reached in the order of the page."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"Tab never reached {wanted}")


def sound(page: Page) -> None:
    """Look for what axe finds, and for what stands out at the side; from the top, where no bar lies over a box."""
    page.evaluate("scrollTo(0, 0)")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_referral_to_several_is_made_by_keyboard_alone(real: RealHub, open_page: Callable[..., Page]) -> None:
    page = open_page("marloes", f"/verwijzingen/nieuw?inwoner={real.karin()}")
    cards = page.locator("[data-aanbod]:visible")
    expect(cards).to_have_count(0)
    focus_by_tab(page, "input[value=finances]")
    page.keyboard.press("Space")
    expect(cards.first).to_be_visible()
    focus_by_tab(page, "#nodig")
    page.keyboard.type("Prak")
    expect(cards).to_have_count(len(PRACTICAL))
    expect(cards.first).to_contain_text("antwoord vandaag")
    focus_by_tab(page, "[name=meer]")
    page.keyboard.press("Space")
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.name") != "service":
            page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
    expect(page.get_by_role("heading", name=re.compile("Dit krijgt"))).to_have_count(2)
    expect(page.get_by_role("radio", name="Vandaag, ik bel ook")).to_be_checked()
    focus_by_tab(page, "#reason")
    page.keyboard.type("De stroom wordt vrijdag afgesloten.")
    focus_by_tab(page, "[name=basis]")
    page.keyboard.press("Space")
    focus_by_tab(page, "#evidence")
    page.keyboard.type("Mondeling, vandaag")
    expect(page.locator("[data-voorbeeld] [data-veld=evidence]")).to_have_count(2)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        sound(page)
    focus_by_tab(page, "[data-verstuur]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/verwijzingen/[^/]+-"))
    expect(page.get_by_role("heading", name="Gevraagd aan meer organisaties tegelijk")).to_be_visible()
    sound(page)
    with real.hub.store.reading() as session:
        made = session.scalars(select(Referral).where(Referral.bundle_id.is_not(None))).all()
    assert {one.service for one in made} == set(PRACTICAL)
    assert page.evaluate("Object.keys(sessionStorage).filter((one) => one.startsWith('verwijzing:'))") == []


def test_a_draft_outlives_the_session_for_who_wrote_it(real: RealHub, open_page: Callable[..., Page]) -> None:
    path = f"/verwijzingen/nieuw?inwoner={real.karin()}"
    page = open_page("marloes", path)
    page.check("input[value=work_education]")
    page.check("input[value=orientatie-groen]")
    page.fill("#reason", "Een dagdeel meelopen.")
    expect(page.locator("[data-concept]")).to_contain_text("Concept bewaard om")
    kept = page.evaluate("Object.values(sessionStorage).join()")
    assert "meelopen" not in kept, "a draft is sealed"
    page.context.clear_cookies()
    page.get_by_role("button", name="Verwijzing versturen").click()
    expect(page.locator("#reason")).to_have_count(0)
    page.goto(f"{real.address}/inloggen")
    sign_in(page, "marloes")
    page.goto(real.address + path)
    expect(page.locator("[data-concept]")).to_contain_text("teruggezet")
    expect(page.locator("#reason")).to_have_value("Een dagdeel meelopen.")
    expect(page.locator("input[value=orientatie-groen]")).to_be_checked()


def test_without_scripts_the_need_chooses_too(real: RealHub, open_page: Callable[..., Page]) -> None:
    page = open_page("marloes", f"/verwijzingen/nieuw?inwoner={real.karin()}", 390, scripts=False)
    page.check("input[value=finances]")
    page.get_by_role("button", name="Toon wie past").click()
    expect(page.locator("input[value=hulp-bij-post]")).to_be_visible()
    expect(page.locator("input[value=ggz-kennismaking]")).to_be_hidden()
    page.get_by_role("button", name="Toon ook wat minder past").click()
    expect(page.locator("input[value=ggz-kennismaking]")).to_be_visible()
