"""A day of four people who help Karin, each on a screen of their own: what one does, the others see without a reload.

Two in one step: test_plan_live.py. A connection that is away for a quarter of a minute or an hour: test_live.py.
"""

import itertools
import re
import statistics
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.comparable import becomes_what_a_reload_gives, comparable, reloaded
from tests.browser.furnished import signed_in
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)
ON_SCREEN = ("de-spoel", "toegang-broekhoven", "ggz-de-leij")  # their people work here, no system of theirs
QUESTION, ANSWER = "Kan Karin ook op woensdag?", "Ja, woensdag is juist haar vaste dag."
_CLICKS = """addEventListener('click', () => told(performance.timeOrigin + performance.now()), { capture: true })"""
_SHOWN = """([place, words]) => new Promise((done) => {
  const there = () => {
    const one = document.querySelector(place);
    if (one && one.innerText.includes(words)) done(performance.timeOrigin + performance.now());
    else requestAnimationFrame(there);
  };
  there();
})"""


class Day:
    """The screens of some people, and how long what one did took to reach another."""

    def __init__(self, browser: Browser, real: RealHub) -> None:
        self.browser, self.real = browser, real
        self.waits: list[tuple[str, float]] = []
        self._clicked = 0.0
        self._contexts: list[BrowserContext] = []

    def screen(self, username: str, path: str) -> Page:
        """Sign somebody in, in a browser of their own, and open a page that is live."""
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        self._contexts.append(context)
        context.expose_function("told", self._note)
        context.add_init_script(_CLICKS)
        page = signed_in(context.new_page(), self.real.address, username)
        page.goto(self.real.address + path)
        return is_live(page)

    def _note(self, at: float) -> None:
        self._clicked = at

    def reaches(self, what: str, press: Locator, other: Page, place: str, words: str) -> None:
        """Press a button, and wait until the words stand at their place on the other screen."""
        assert words not in other.locator(place).all_inner_texts(), "it is not there yet"
        press.click()
        shown = float(other.evaluate(_SHOWN, [place, words]))
        self.waits.append((what, shown - self._clicked))

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        waits = sorted(ms for _what, ms in self.waits)
        if waits:
            print(f"\nclick -> the other screen: p50 {statistics.median(waits):.0f} ms, p99 {waits[-1]:.0f} ms")
            print("\n".join(f"  {what}: {ms:.0f} ms" for what, ms in self.waits))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    running = RealHub(tmp_path_factory.mktemp("days"), history=True, on_screen=ON_SCREEN)
    yield running
    running.close()


@pytest.fixture
def day(browser: Browser, real: RealHub) -> Iterator[Day]:
    going = Day(browser, real)
    yield going
    going.close()


def is_live(page: Page) -> Page:
    expect(page.locator("[data-live]")).to_have_text("Live")
    return page


def refer(page: Page, case_id: str, need: str, service: str, reason: str) -> str:
    """Make a referral by what is needed; give its id."""
    page.goto(re.sub(r"^(\w+://[^/]+).*", r"\1", page.url) + f"/inwoners/{case_id}")
    page.get_by_role("link", name="Nieuwe verwijzing").first.click()
    page.get_by_role("checkbox", name=need).check()
    page.locator(f"input[value={service}]").check()
    page.get_by_label("Welke hulp is er nodig?").fill(reason)
    page.get_by_label("Komt afspraken na").check()
    page.get_by_label("Karin vindt dit goed").check()
    page.get_by_label("Hoe en wanneer is dit besproken?").fill("Mondeling, vandaag")
    again = page.get_by_label("Ik verwijs toch, dit is iets anders")
    if again.is_visible():
        again.check()
    page.get_by_role("button", name="Verwijzing versturen").click()
    page.wait_for_url(re.compile(r"/verwijzingen/[^/?]+-[^/?]+$"))
    return page.url.rsplit("/", 1)[1]


def test_marloes_finds_what_stalls_refers_and_talks_with_tom_who_accepts(day: Day) -> None:
    karin = day.real.karin()
    marloes, tom = day.screen("marloes", "/werkvoorraad"), day.screen("tom", "/werkvoorraad")
    row = marloes.locator(f"#inwoner-{karin}")
    expect(row).to_contain_text("Stap staat stil")
    row.get_by_role("link", name="Karin Smulders", exact=True).click()
    stalled = marloes.locator(".stap--telaat", has_text="Aanmelden bij Schuldhulp Tilburg")
    expect(stalled.get_by_text("Maak de stap kleiner")).to_be_visible()

    referral = refer(marloes, karin, "Werk en opleiding", "orientatie-groen", "Een dagdeel meelopen.")
    is_live(marloes)
    new = tom.locator(f"#post-{referral}")
    expect(new.locator(".nieuw-label")).to_have_text("Nieuw")
    new.get_by_role("link").click()
    is_live(tom)
    tom.locator("#ask > summary").click()
    tom.get_by_label("Wat wilt u weten?").fill(QUESTION)
    ask = tom.get_by_role("button", name="Vraag versturen")
    day.reaches("a question", ask, marloes, "#gesprek", QUESTION)
    is_live(tom)
    marloes.get_by_label("Uw antwoord aan Leerwerkbedrijf De Spoel").fill(ANSWER)
    answer = marloes.get_by_role("button", name="Antwoord versturen")
    day.reaches("an answer", answer, tom, "#gesprek", ANSWER)
    is_live(marloes)
    accept = tom.get_by_role("button", name="Accepteren")
    day.reaches("an acceptance", accept, marloes, "#deel-kop .status", "Geaccepteerd")
    watching = day.screen("marloes", f"/inwoners/{karin}")
    expect(watching.locator(f"#verwijzing-{referral}")).to_contain_text("Geaccepteerd")


def test_ilse_answers_for_mental_health_and_peter_learns_nothing_of_it(day: Day) -> None:
    """The policy gives who decides on benefits no part of what mental health care does: no row, no count, no entry."""
    karin = day.real.karin()
    peter = day.screen("peter", f"/inwoners/{karin}")
    before = comparable(peter)
    marloes, ilse = day.screen("marloes", "/werkvoorraad"), day.screen("ilse", "/werkvoorraad")
    referral = refer(marloes, karin, "Geestelijke gezondheid", "ggz-kennismaking", "Karin slaapt slecht.")
    is_live(marloes)
    ilse.locator(f"#post-{referral}").get_by_role("link").click()
    is_live(ilse)
    accept = ilse.get_by_role("button", name="Accepteren")
    day.reaches("an acceptance of care", accept, marloes, "#deel-kop .status", "Geaccepteerd")
    assert comparable(peter) == before
    assert comparable(peter) == reloaded(peter)
    answer = peter.goto(f"{day.real.address}/verwijzingen/{referral}")
    assert answer is not None
    assert answer.status == 404


def test_what_is_said_agreed_and_done_in_the_plan_stands_on_a_colleagues_screen(day: Day) -> None:
    path = f"/inwoners/{day.real.karin()}"
    marloes, naima = day.screen("marloes", path), day.screen("naima", path)
    marloes.locator("#opsteller-tekst").fill("Wie belt Karin morgen?")
    day.reaches(
        "a remark", marloes.locator("#opsteller button[type=submit]"), naima, "#gesprek", "Wie belt Karin morgen?"
    )
    thread = naima.locator(".draad", has_text="Wie belt Karin morgen?")
    thread.locator("summary", has_text="Afspraak maken").click()
    thread.get_by_label("Wat spreken we af").fill("Naima belt Karin om tien uur")
    keep = thread.get_by_role("button", name="Afspraak bewaren")
    day.reaches("an agreement", keep, marloes, "#afspraken", "Naima belt Karin om tien uur")
    goal = marloes.locator(".doel", has_text="Ik wil niet meer schrikken van de post.")
    goal.locator("summary", has_text="Stap toevoegen").click()
    goal.get_by_label("De stap").last.fill("Samen de brief van het CAK lezen")
    day.reaches(
        "a step", goal.get_by_role("button", name="Stap bewaren"), naima, "#plan", "Samen de brief van het CAK lezen"
    )
    parser = marloes.context.browser.new_page()  # type: ignore[union-attr]
    for page in (marloes, naima):
        becomes_what_a_reload_gives(page, parser, "what was said, agreed and planned")
    parser.close()


@pytest.mark.parametrize("username", ["marloes", "tom"])
def test_what_is_said_aloud_is_at_most_one_sentence_in_ten_seconds(day: Day, username: str) -> None:
    pages: dict[str, Callable[[], Page]] = {
        "marloes": lambda: day.screen("marloes", f"/inwoners/{day.real.karin()}"),
        "tom": lambda: day.screen("tom", "/werkvoorraad"),
    }
    page = pages[username]()
    page.evaluate(
        """() => {
          globalThis.heard = [];
          const note = () => heard.push(performance.now());
          for (const place of document.querySelectorAll('[aria-live], [role=status]')) {
            new MutationObserver(note).observe(place, { childList: true, characterData: true, subtree: true });
          }
        }"""
    )
    for number in range(6):
        day.real.send(to="de-spoel", service="orientatie-groen", reason=f"Een dagdeel meelopen, {number}.")
    expect(page.locator("[data-omroep]")).not_to_be_empty()
    page.wait_for_function("() => performance.now() - heard[0] > 11_000", timeout=60_000)
    moments = [float(at) for at in page.evaluate("heard")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments) if later - earlier > 100]
    assert all(gap >= 9_900 for gap in gaps), moments
