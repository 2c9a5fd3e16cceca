"""The rights of a client on the pages: asked, carried by two people, opened without an account, and erased."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def look_at(page: Page, folder: Path, name: str) -> None:
    """Take pictures wide and narrow, and ask whether all can be read."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        found = Axe().run(page)
        assert found.response["violations"] == [], (name, width, found.generate_report())
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_client_gets_everything_by_a_file_and_a_code_of_two_people(
    real: RealHub, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    home = f"/inwoners/{real.karin()}/rechten"
    marloes, fatima = open_page("marloes", home), open_page("fatima", "/rechten")
    marloes.get_by_role("button", name="Karin vraagt om inzage").click()
    expect(marloes.get_by_text("Wacht op de code")).to_be_visible()
    look_at(marloes, tmp_path, "rechten")
    fatima.reload()
    fatima.get_by_role("button", name="Code maken").click()
    code = fatima.locator(".code-groot code").inner_text()
    look_at(fatima, tmp_path, "rechten-officer")
    marloes.reload()
    with marloes.expect_download() as coming:
        marloes.get_by_role("button", name="Bestand ophalen").click()
    file = tmp_path / "inzage.schakel"
    coming.value.save_as(file)
    karin = open_page(None, "/inzage/openen")
    look_at(karin, tmp_path, "openen")
    karin.set_input_files("#bestand", file)
    karin.fill("#code", "VERKEERD")
    karin.get_by_role("button", name="Lezen").click()
    expect(karin.get_by_role("alert")).to_contain_text("Deze code hoort niet bij dit bestand")
    karin.set_input_files("#bestand", file)
    karin.fill("#code", code.lower())
    karin.get_by_role("button", name="Lezen").click()
    expect(karin.get_by_role("heading", level=1)).to_contain_text("Alles wat")
    expect(karin.locator("main")).to_contain_text("Smulders")
    look_at(karin, tmp_path, "gegevens")


def test_what_is_wrong_is_asked_decided_and_shown_to_the_owner(
    real: RealHub, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    marloes = open_page("marloes", f"/inwoners/{real.karin()}")
    marloes.get_by_role("link", name="Rechten", exact=True).last.click()
    marloes.select_option("#about", "/given_name")
    marloes.fill("#right", "Karina")
    marloes.get_by_role("button", name="Verzoek versturen").click()
    expect(marloes.get_by_text("Vul in waarom het niet klopt.")).to_be_visible()
    look_at(marloes, tmp_path, "correctie-fout")
    marloes.fill("#why", "Zo staat het in het paspoort.")
    marloes.get_by_role("button", name="Verzoek versturen").click()
    marloes.get_by_role("link", name="Naar uw verzoeken").click()
    look_at(marloes, tmp_path, "correctie-besluit")
    marloes.get_by_role("button", name="Verbeteren en iedereen vertellen").click()
    expect(marloes.get_by_role("status").filter(has_text="Verbeterd")).to_be_visible()
    look_at(marloes, tmp_path, "correctie-klaar")
    marloes.goto(f"{real.address}/inwoners/{real.karin()}")
    expect(marloes.get_by_role("heading", level=1)).to_contain_text("Karina")


def test_an_erasure_shows_the_officer_the_law_and_the_operator_only_numbers(
    real: RealHub, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    marloes = open_page("marloes", f"/inwoners/{real.karin()}/rechten")
    marloes.get_by_role("button", name="Karin wil gewist worden").click()
    expect(marloes.get_by_text("Wacht op besluit")).to_be_visible()
    fatima = open_page("fatima", "/rechten")
    look_at(fatima, tmp_path, "vergetelheid")
    bas = open_page("bas", "/rechten")
    bas.get_by_role("button", name="Opnieuw tellen").click()
    expect(bas.get_by_role("status").filter(has_text="opnieuw geteld")).to_be_visible()
    look_at(bas, tmp_path, "termijnen")
    assert real.karin() not in bas.content()
