"""Searching in a real browser, by keyboard alone: the field, what is found under it, and the page on a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.services.cases import items
from hub.services.views.viewer import Viewer
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain
from tests.browser.looks import violations
from tests.browser.real_hub import RealHub
from tests.personas import MARLOES
from workers.demo_people import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[RealHub]:
    running = RealHub(tmp_path_factory.mktemp("search"))
    yield running
    running.close()


@pytest.fixture
def window(browser: Browser, real: RealHub) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a browser profile of its own at the page to sign in."""
    contexts: list[BrowserContext] = []

    def go(width: int = 1440, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{real.address}/inloggen")
        return page

    yield go
    for context in contexts:
        context.close()


def sign_in(page: Page, username: str = "marloes") -> None:
    """Sign in without a mouse."""
    page.locator("#gebruikersnaam").focus()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/werkvoorraad")


def test_by_keyboard_alone_one_finds_a_client_and_no_address_holds_the_name(
    real: RealHub, window: Callable[..., Page]
) -> None:
    page = window()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    sign_in(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    page.keyboard.press("/")
    field, found = page.locator("#zoek"), page.locator(".zoek__uit")
    expect(field).to_be_focused()
    page.keyboard.type("smuld")
    expect(field).to_have_value("smuld")
    first = found.get_by_role("link").first
    expect(first).to_contain_text("Karin Smulders")
    expect(first.locator("mark")).to_have_text("Smulders")
    expect(page.locator("[data-omroep]")).to_contain_text("resulta")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    assert first.evaluate("link => getComputedStyle(link).outlineStyle") != "none"
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inwoners/{real.karin()}")
    assert not [one for one in addresses if "smul" in one.casefold()]


def test_the_key_can_be_switched_off_and_is_a_letter_like_any_other_in_a_field(window: Callable[..., Page]) -> None:
    page = window()
    sign_in(page)
    page.keyboard.press("/")
    page.keyboard.press("/")
    expect(page.locator("#zoek")).to_have_value("/")
    page.goto(page.url.replace("/werkvoorraad", "/account"))
    page.get_by_role("button", name="Zet uit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Staat uit in deze browser.")).to_be_visible()
    assert violations(page) == []
    page.goto(page.url.replace("/account", "/werkvoorraad"))
    expect(page.locator(".zoek kbd")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#zoek")).not_to_be_focused()


def test_on_a_phone_the_page_of_its_own_finds_and_stays_inside_its_edges(window: Callable[..., Page]) -> None:
    page = window(390)
    sign_in(page)
    page.keyboard.press("/")
    page.wait_for_url("**/zoeken")
    expect(page.locator("#vraag")).to_be_focused()
    page.keyboard.type("smulders")
    expect(page.locator(".zoekvak__uit mark").first).to_have_text("Smulders")
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
    page.locator("#vraag").fill("wulpenkamp")
    expect(page.locator(".zoekvak__uit")).to_contain_text("Niemand gevonden met ‘wulpenkamp’")


def test_without_scripts_the_same_form_leads_to_a_page_with_what_was_found(window: Callable[..., Page]) -> None:
    page = window(java_script_enabled=False)
    sign_in(page)
    page.locator("#zoek").fill("smulders")
    page.locator("#zoek").press("Enter")
    page.wait_for_url("**/zoeken")
    expect(page.get_by_role("link", name="Karin Smulders").first).to_be_visible()
    expect(page.locator("#vraag")).to_have_value("smulders")


def test_a_hit_leads_to_where_it_stands_opens_what_it_is_in_and_has_the_focus(
    real: RealHub, window: Callable[..., Page]
) -> None:
    places = {
        "wulpenpad": write(real, ItemKind.GOAL, {"title": "Ik wil naar het wulpenpad."}, settle=ItemState.STOPPED),
        "wulpenhof": write(real, ItemKind.REMARK, {"text": "Wie kent de wulpenhof?"}, about="case"),
        "wulpenlaan": write(real, ItemKind.AGREEMENT, {"text": "Marloes belt de wulpenlaan."}),
        "wulpensteeg": write(real, ItemKind.SCORE, {"score": 2, "note": "Het kan in de wulpensteeg."}),
        "wulpenplein": write(real, ItemKind.DECISION, {"text": "Wij kiezen het wulpenplein."}),
    }
    page = window()
    sign_in(page)
    for word, kind in places.items():
        page.goto(f"{real.address}/zoeken")
        page.fill("#vraag", word)
        page.keyboard.press("Enter")
        page.locator(".zoekvak__uit").get_by_role("link").filter(has_text=word).first.click()
        page.wait_for_url("**/inwoners/**")
        here = page.locator(":target")
        expect(here).to_be_visible()
        if kind is not ItemKind.DECISION:  # which stands on the timeline alone
            expect(here).to_contain_text(word)
            expect(here).to_be_focused()


def write(
    real: RealHub,
    kind: ItemKind,
    words: dict[str, object],
    *,
    settle: ItemState | None = None,
    about: str | None = None,
) -> ItemKind:
    """Let Marloes write something down about Karin."""
    marloes: Viewer = real.person(MARLOES, "marloes")  # type: ignore[assignment]
    domains = () if about else (LifeDomain.FINANCES,)
    new = NewItem(kind=kind, content=words, about=about, life_domains=domains)
    with real.hub.store.writing() as work:
        item = items.add(work, real.hub.config, marloes, real.karin(), new)
        if settle is not None:
            items.settle(work, real.hub.config, marloes, item.id, settle, item.version)
    return kind
