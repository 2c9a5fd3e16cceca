"""A whole referral and its answer without a mouse: at each stop one sees where one is."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.real_hub import RealHub
from workers.demo_people import PASSWORD

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
# Where the focus is: inside the window, and with an outline of its own or of the label that stands for it.
_SHOWS = """() => {
  const here = document.activeElement;
  const drawn = [here, here.closest('label'), here.nextElementSibling, here.parentElement].filter(Boolean);
  const outlined = drawn.some((one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
  });
  const { top, bottom, width } = here.getBoundingClientRect();
  const inside = here === document.body || (bottom > 0 && top < innerHeight && width > 0);
  return outlined && inside ? '' : here.outerHTML.slice(0, 200);
}"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    running = RealHub(tmp_path_factory.mktemp("keys"))
    yield running
    running.close()


@pytest.fixture
def enter(browser: Browser, real: RealHub) -> Iterator[Callable[[str], Page]]:
    """Give a function that signs somebody in by keys alone."""
    contexts: list[BrowserContext] = []

    def go(username: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        page = contexts[-1].new_page()
        page.goto(f"{real.address}/inloggen")
        page.locator("body").focus()
        to(page, "#gebruikersnaam")
        page.keyboard.type(username)
        to(page, "#wachtwoord")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/werkvoorraad")
        return page

    yield go
    for context in contexts:
        context.close()


def to(page: Page, wanted: str, most: int = 120) -> None:
    """Press Tab until the wanted element has the focus; at each stop on the way the focus must be seen."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(_SHOWS) == "", "the focus is not seen"
    raise AssertionError(f"Tab never reached {wanted}")


def press(page: Page, wanted: str, key: str = "Enter") -> None:
    to(page, wanted)
    page.keyboard.press(key)


def write(page: Page, wanted: str, text: str) -> None:
    to(page, wanted)
    page.keyboard.type(text)


def test_marloes_refers_and_tom_answers_by_keys_alone(real: RealHub, enter: Callable[[str], Page]) -> None:
    marloes, tom = enter("marloes"), enter("tom")
    marloes.keyboard.press("/")
    marloes.keyboard.type("smulders")
    expect(marloes.locator(".zoek__uit a").first).to_contain_text("Karin Smulders")
    marloes.keyboard.press("ArrowDown")
    marloes.keyboard.press("Enter")
    marloes.wait_for_url("**/inwoners/**")
    press(marloes, "a[href^='/verwijzingen/nieuw']")
    marloes.wait_for_url("**/verwijzingen/nieuw**")
    press(marloes, "input[value=work_education]", "Space")
    press(marloes, "input[value=orientatie-groen]", "Space")
    press(marloes, "input[value='Komt afspraken na']", "Space")
    write(marloes, "#reason", "Een dagdeel meelopen.")
    press(marloes, "[name=basis]", "Space")
    write(marloes, "#evidence", "Mondeling, vandaag")
    press(marloes, "[data-verstuur]")
    marloes.wait_for_url(re.compile("/verwijzingen/[^/?]+-[^/?]+$"))
    referral = marloes.url.rsplit("/", 1)[1]

    expect(tom.locator(f"#post-{referral}")).to_be_visible()
    press(tom, f"#post-{referral} a")
    tom.wait_for_url(f"**/werkvoorraad/{referral}")
    press(tom, "#ask > summary")
    write(tom, "#ask-note", "Op welke dagdelen kan het?")
    press(tom, "#ask form button[type=submit]")
    expect(tom.get_by_role("heading", name="Uw vraag is verstuurd")).to_be_visible()

    expect(marloes.locator("#gesprek")).to_contain_text("Op welke dagdelen kan het?")
    write(marloes, "#answer-note", "Op maandag.")
    press(marloes, "#answer button[type=submit]")
    expect(marloes.get_by_role("heading", name="Uw antwoord is verstuurd")).to_be_visible()
    expect(tom.locator("#gesprek")).to_contain_text("Op maandag.")
    press(tom, "#accept button")
    expect(tom.get_by_role("heading", name="Geaccepteerd")).to_be_visible()
