"""In English the pages look as good as in Dutch: nothing runs out of a telephone, and axe finds nothing."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.real_hub import RealHub
from workers.demo import PASSWORD

pytestmark = pytest.mark.browser

PAGES = {
    "marloes": ("/werkvoorraad", "/inwoners/{karin}", "/verwijzingen/nieuw?inwoner={karin}", "/account", "/rechten"),
    "tom": ("/werkvoorraad", "/verwijzingen/{referral}"),
    "bas": ("/berichten", "/beheer"),
    "fatima": ("/toegang", "/controle"),
}


def sign_in(page: Page, address: str, username: str) -> None:
    """Choose English on the sign-in page, as someone does who can't read the other."""
    page.goto(f"{address}/inloggen")
    page.get_by_role("link", name="English").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_english_fits_a_telephone_and_axe_finds_nothing(tmp_path: Path, browser: Browser) -> None:
    real = RealHub(tmp_path)
    try:
        names = {"karin": real.karin(), "referral": real.send().id}
        for username, paths in PAGES.items():
            context = browser.new_context(viewport={"width": 390, "height": 844}, locale="nl-NL")
            page = context.new_page()
            sign_in(page, real.address, username)
            for path in paths:
                page.goto(real.address + path.format(**names))
                expect(page.locator("html")).to_have_attribute("lang", "en")
                too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert too_wide <= 0, (path, too_wide)
                found = Axe().run(page)
                assert found.response["violations"] == [], (path, found.generate_report())
            context.close()
    finally:
        real.close()
