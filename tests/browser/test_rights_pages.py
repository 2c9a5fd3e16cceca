"""The rights of a client on the pages: asked, carried by two people, opened without an account, and erased."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import look
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def test_a_client_gets_everything_by_a_file_and_a_code_of_two_people(
    real: RealHub, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    home = f"/inwoners/{real.karin()}/rechten"
    marloes, fatima = open_page("marloes", home), open_page("fatima", "/rechten")
    marloes.get_by_role("button", name="Karin vraagt om inzage").click()
    expect(marloes.get_by_text("Wacht op de code")).to_be_visible()
    look(marloes, "rechten")
    fatima.reload()
    fatima.get_by_role("button", name="Code maken").click()
    code = fatima.locator(".code-groot code").inner_text()
    look(fatima, "rechten-officer")
    marloes.reload()
    with marloes.expect_download() as coming:
        marloes.get_by_role("button", name="Bestand ophalen").click()
    file = tmp_path / "inzage.schakel"
    coming.value.save_as(file)
    karin = open_page(None, "/inzage/openen")
    look(karin, "openen")
    karin.set_input_files("#bestand", file)
    karin.fill("#code", "VERKEERD")
    karin.get_by_role("button", name="Lezen").click()
    expect(karin.get_by_role("alert")).to_contain_text("Deze code hoort niet bij dit bestand")
    karin.set_input_files("#bestand", file)
    karin.fill("#code", code.lower())
    karin.get_by_role("button", name="Lezen").click()
    expect(karin.get_by_role("heading", level=1)).to_contain_text("Alles wat")
    expect(karin.locator("main")).to_contain_text("Smulders")
    look(karin, "gegevens")


def test_what_is_wrong_is_asked_decided_and_shown_to_the_owner(real: RealHub, open_page: Callable[..., Page]) -> None:
    marloes = open_page("marloes", f"/inwoners/{real.karin()}")
    marloes.locator("#meer > summary").click()
    marloes.get_by_role("link", name="Rechten", exact=True).last.click()
    marloes.select_option("#about", "/given_name")
    marloes.fill("#right", "Karina")
    marloes.get_by_role("button", name="Verzoek versturen").click()
    expect(marloes.get_by_text("Vul in waarom het niet klopt.")).to_be_visible()
    look(marloes, "correctie-fout")
    marloes.fill("#why", "Zo staat het in het paspoort.")
    marloes.get_by_role("button", name="Verzoek versturen").click()
    marloes.get_by_role("link", name="Naar uw verzoeken").click()
    look(marloes, "correctie-besluit")
    marloes.get_by_role("button", name="Verbeteren en iedereen vertellen").click()
    expect(marloes.get_by_role("status").filter(has_text="Verbeterd")).to_be_visible()
    look(marloes, "correctie-klaar")
    marloes.goto(f"{real.address}/inwoners/{real.karin()}")
    expect(marloes.get_by_role("heading", level=1)).to_contain_text("Karina")


def test_an_erasure_shows_the_officer_the_law_and_the_operator_only_numbers(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    marloes = open_page("marloes", f"/inwoners/{real.karin()}/rechten")
    marloes.get_by_role("button", name="Karin wil gewist worden").click()
    expect(marloes.get_by_text("Wacht op besluit")).to_be_visible()
    fatima = open_page("fatima", "/rechten")
    look(fatima, "vergetelheid")
    bas = open_page("bas", "/rechten")
    bas.get_by_role("button", name="Opnieuw tellen").click()
    expect(bas.get_by_role("status").filter(has_text="opnieuw geteld")).to_be_visible()
    look(bas, "termijnen")
    assert real.karin() not in bas.content()
