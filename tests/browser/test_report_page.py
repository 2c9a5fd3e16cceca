"""The figures in a real browser: drawn from zero with their numbers beside them, by keyboard, narrow and on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looks import look
from tests.browser.real_hub import RealHub
from workers.demo_people import PASSWORD

pytestmark = pytest.mark.browser
SHARE_OF_THE_SCALE = """bars => bars.map(bar => {
    const track = bar.querySelector('svg').getBoundingClientRect(), drawn = bar.querySelector('rect');
    return [drawn.getBoundingClientRect().left - track.left, drawn.getBoundingClientRect().width / track.width];
})"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[RealHub]:
    running = RealHub(tmp_path_factory.mktemp("hub"), past=True)
    yield running
    running.close()


def enter(browser: Browser, real: RealHub, username: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{real.address}/inloggen")
    page.fill("#gebruikersnaam", username)
    page.fill("#wachtwoord", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    return page


def look_open(page: Page, name: str) -> None:
    """Look at the page with all its numbers open."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    look(page, name)


def test_a_regisseur_reads_the_figures_of_her_team_and_takes_them_along(real: RealHub, browser: Browser) -> None:
    page = enter(browser, real, "marloes")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{real.address}/rapportage")
    expect(page.get_by_role("heading", level=2)).to_have_count(8)
    look_open(page, "rapportage")
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = false })")
    team = page.get_by_role("region", name="Inwoners per regisseur")
    expect(team.get_by_text("Regisseur", exact=False)).not_to_contain_text(["Verhoeven"])
    bars = team.locator(".staven li")
    values = [int(bars.nth(one).locator("b").inner_text().split()[0]) for one in range(bars.count())]
    drawn = bars.evaluate_all(SHARE_OF_THE_SCALE)
    assert len(values) == 6
    for value, (start, width) in zip(values, drawn, strict=True):
        assert abs(start) < 1, "a bar begins at zero"
        assert abs(width / drawn[0][1] - value / values[0]) < 0.05, "and is as long as its number"
    summary = team.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(team.get_by_role("rowheader", name="Regisseur A")).to_be_visible()
    page.get_by_label("Van", exact=True).select_option(index=1)
    page.get_by_role("button", name="Tonen").click()
    page.wait_for_url("**/rapportage?van=*")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Downloaden").click()
    assert "Inwoners per regisseur" in Path(str(taken.value.path())).read_text(encoding="utf-8-sig")
    assert said == []


def test_on_paper_no_chart_is_cut_in_two_and_what_cannot_be_used_there_is_gone(real: RealHub, browser: Browser) -> None:
    page = enter(browser, real, "tom")
    page.goto(f"{real.address}/rapportage")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Hoe ver verwijzingen komen")).to_be_visible()
    for gone in (".kop", ".rapport__keuze", ".grafiek details"):
        expect(page.locator(gone).first).to_be_hidden()
    assert page.locator(".grafiek").first.evaluate("one => getComputedStyle(one).breakInside") == "avoid"


def test_a_policy_adviser_starts_at_the_figures_of_the_whole(real: RealHub, browser: Browser) -> None:
    page = enter(browser, real, "hanna")
    expect(page).to_have_url(f"{real.address}/rapportage")
    expect(page.get_by_text("De hele gemeente")).to_be_visible()
    expect(page.get_by_role("region", name="Inwoners per regisseur")).to_have_count(0)
    look_open(page, "beleid")
