"""Who looked, and the review of it, in a real browser: read, asked for names, judged; wide and narrow."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.services.record.reviews import pick_looks
from tests.browser.looks import look
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def test_the_regisseur_reads_who_looked_and_the_names_for_what(real: RealHub, enter: Callable[[str], Page]) -> None:
    case = real.karin()
    tom, marloes = enter("tom"), enter("marloes")
    tom.goto(f"{real.address}/inwoners/{case}")
    for _ in range(3):
        marloes.goto(f"{real.address}/inwoners/{case}")
    marloes.goto(f"{real.address}/inwoners/{case}/gekeken")
    own = marloes.get_by_role("row").filter(has_text="Dossier bekeken").filter(has_text="regisseur").first
    assert int(own.get_by_role("cell").last.inner_text()) >= 3, "each time it was opened, on one line"
    look(marloes, "gekeken")
    expect(marloes.get_by_text("Marloes Verhoeven, ")).to_have_count(0)
    marloes.get_by_label("Waarvoor heeft u de namen nodig?").select_option(label="De inwoner vraagt erom")
    marloes.get_by_role("button", name="Namen tonen").click()
    expect(marloes.get_by_text("Marloes Verhoeven, ").first).to_be_visible()
    look(marloes, "gekeken-namen")


def test_the_privacy_officer_judges_a_run_of_refusals(real: RealHub, enter: Callable[[str], Page]) -> None:
    ilse = enter("ilse")
    for number in range(4):
        ilse.goto(f"{real.address}/inwoners/00000000-0000-4000-8000-00000000000{number}")
    fatima = enter("fatima")
    with real.hub.store.writing() as work:
        assert pick_looks(work, work.now) >= 1
    fatima.goto(f"{real.address}/controle")
    line = fatima.get_by_role("listitem").filter(has_text="Ilse Brands")
    expect(line).to_contain_text("kort na elkaar")
    look(fatima, "controle")
    line.get_by_label("Oordeel over Ilse Brands").select_option(label="Niet nodig, besproken")
    line.get_by_role("button", name="Oordeel bewaren over Ilse Brands").click()
    expect(fatima.get_by_text("Uw oordeel is bewaard")).to_be_visible()
    expect(fatima.get_by_role("listitem").filter(has_text="Ilse Brands")).to_have_count(0)
    look(fatima, "controle-leeg")
