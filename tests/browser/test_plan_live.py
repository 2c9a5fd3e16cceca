"""What people write down in a case, live: whoever looks sees it at once, and nobody loses what he types."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hub.models import CaseItem
from hub.services.cases import client_words, documents, items
from hub.services.views.viewer import Viewer
from schemas.items import CLIENT, ItemChange, NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain
from tests.browser.comparable import comparable, reloaded
from tests.browser.looks import violations
from tests.browser.real_hub import RealHub
from tests.personas import MARLOES
from tests.unit.test_document_checks import PDF
from workers.demo_people import PASSWORD

pytestmark = pytest.mark.browser
MONEY = (LifeDomain.FINANCES,)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, chromium: Path) -> Iterator[RealHub]:
    running = RealHub(tmp_path_factory.mktemp("plan"))
    yield running
    running.close()


@pytest.fixture
def marloes(browser: Browser, real: RealHub) -> Iterator[Callable[..., Page]]:
    """Give a function that opens the page of Karin as Marloes, each time in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def go(width: int = 1440) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{real.address}/inloggen")
        page.fill("#gebruikersnaam", "marloes")
        page.fill("#wachtwoord", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/werkvoorraad")
        page.goto(f"{real.address}/inwoners/{real.karin()}")
        expect(page.locator("[data-live]")).to_have_text("Live", timeout=60_000)
        return page

    yield go
    for context in contexts:
        context.close()


def writer(real: RealHub) -> Viewer:
    return real.person(MARLOES, "marloes")  # type: ignore[return-value]


def add(real: RealHub, kind: ItemKind, words: dict[str, Any], **more: Any) -> CaseItem:
    with real.hub.store.writing() as work:
        new = NewItem(kind=kind, content=words, **more)
        return items.add(work, real.hub.config, writer(real), real.karin(), new)


def change(real: RealHub, item: CaseItem, **changes: Any) -> None:
    with real.hub.store.writing() as work:
        now, _who = items.load(work, real.hub.config, writer(real), item.id)
        items.change(work, real.hub.config, writer(real), item.id, ItemChange(version=now.version, changes=changes))


def settle(real: RealHub, item: CaseItem, *states: ItemState) -> None:
    for state in states:
        with real.hub.store.writing() as work:
            now, _who = items.load(work, real.hub.config, writer(real), item.id)
            items.settle(work, real.hub.config, writer(real), item.id, state, now.version)


def plan_with_a_step(real: RealHub, goal: str, step: str, **more: Any) -> tuple[CaseItem, CaseItem]:
    whole = add(real, ItemKind.GOAL, {"title": goal}, life_domains=MONEY)
    return whole, add(real, ItemKind.STEP, {"text": step}, parent_id=whole.id, life_domains=MONEY, **more)


def follows(page: Page, real: RealHub) -> None:
    """Wait until a page stands where the server says that its viewer's case stands."""
    fresh = page.context.new_page()
    fresh.goto(page.url)
    position = fresh.locator("[data-case]").get_attribute("data-position")
    fresh.close()
    expect(page.locator("[data-case]")).to_have_attribute("data-position", str(position), timeout=60_000)


def everything_happens(real: RealHub) -> None:
    """Let every kind of thing be written down, changed and brought through its states."""
    today = dt.datetime.now(dt.UTC)
    goal, first = plan_with_a_step(
        real,
        "Rust in mijn hoofd <b>en</b> huis.",
        "Alle post op een stapel",
        due_on=today.date() - dt.timedelta(days=4),
    )
    add(
        real,
        ItemKind.STEP,
        {"text": "Daarna bellen", "after": [first.id]},
        parent_id=goal.id,
        life_domains=MONEY,
        holder=CLIENT,
    )
    for score in (1, 3, 2):
        add(real, ItemKind.SCORE, {"score": score, "note": f"Nu {score}"}, life_domains=MONEY)
    change(real, first, content={"text": "Alle post op één stapel"}, due_on=None)
    settle(real, first, ItemState.BUSY, ItemState.DONE, ItemState.OPEN, ItemState.REMOVED)
    change(real, goal, content={"title": "Rust."})
    settle(real, goal, ItemState.DONE, ItemState.OPEN, ItemState.STOPPED)
    words: list[tuple[ItemKind, dict[str, Any], dict[str, Any]]] = [
        (ItemKind.REMARK, {"text": "Wie belt er?"}, {"about": "case"}),
        (ItemKind.AGREEMENT, {"text": "Marloes belt."}, {}),
        (ItemKind.DECISION, {"text": "Wij wachten een week."}, {}),
        (ItemKind.CONTACT, {"how": "phone", "minutes": 12, "reached": True, "text": "Het gaat goed."}, {}),
        (ItemKind.NOTE, {"text": "Alleen voor mij."}, {}),
        (ItemKind.APPOINTMENT, {"what": "Koffie", "place": "thuis"}, {"at": today + dt.timedelta(days=2)}),
    ]
    for kind, content, more in words:
        item = add(real, kind, content, **more)
        settle(real, item, ItemState.REMOVED)
    add(real, ItemKind.CONTACT, {"how": "visit", "people": "Karin", "agreed": "Woensdag weer."})
    coffee = add(real, ItemKind.APPOINTMENT, {"what": "Koffie", "minutes": 30}, at=today + dt.timedelta(days=3))
    change(real, coffee, at=today + dt.timedelta(days=4))
    with real.hub.store.writing() as work:
        brought = documents.Brought(name="brief.pdf", body=PDF)
        documents.add(work, real.hub.config, writer(real), real.karin(), brought)
        words = {"client_words": "Ik wil <rust>.", "wishes": "slapen\neen hond"}
        client_words.record(work, real.hub.config, writer(real), real.karin(), version=0, words=words)


def test_whatever_is_written_down_the_page_is_what_a_reload_gives(real: RealHub, marloes: Callable[..., Page]) -> None:
    page = marloes()
    everything_happens(real)
    follows(page, real)
    assert comparable(page) == reloaded(page)
    expect(page.locator("#leefgebied-finances .zrm__stand").first).to_contain_text("was 1")


def test_a_step_is_done_in_one_click_and_somebody_else_sees_it(real: RealHub, marloes: Callable[..., Page]) -> None:
    _goal, step = plan_with_a_step(real, "Ik wil slapen.", "Om elf uur naar bed", holder="wi-tilburg")
    mine, other = marloes(), marloes(390)
    mine.evaluate("window.sameDocument = true")
    mine.locator(f"#stap-{step.id}").get_by_role("button", name="Klaar").click()
    for page in (mine, other):
        expect(page.locator(f"#stap-{step.id}")).to_have_class("stap stap--klaar", timeout=60_000)
    assert mine.evaluate("window.sameDocument === true"), "nothing was loaded anew"
    assert mine.evaluate("document.activeElement.closest('.stap')?.id") == f"stap-{step.id}"


def test_two_people_in_one_step_lose_nothing(real: RealHub, marloes: Callable[..., Page]) -> None:
    _goal, step = plan_with_a_step(real, "Ik wil naar buiten.", "Een blokje om")
    page = marloes()
    own = page.locator(f"#stap-{step.id}")
    own.locator(".stap__meer > summary").click()
    own.get_by_label("De stap").fill("Twee blokjes om")
    own.get_by_label("De stap").evaluate("field => { field.focus(); field.setSelectionRange(3, 3); }")
    change(real, step, content={"text": "Elke dag een blokje om"})
    expect(own.locator(".stap__wat")).to_contain_text("Elke dag een blokje om", timeout=60_000)
    expect(own.get_by_label("De stap")).to_have_value("Twee blokjes om")
    expect(own.get_by_label("De stap")).to_be_focused()
    expect(own.get_by_text("Iemand anders heeft dit net veranderd.")).to_be_visible()
    own.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_role("heading", name="Iemand was u net voor")).to_be_visible()
    expect(page.get_by_text("Elke dag een blokje om")).to_be_visible()
    expect(page.get_by_text("Twee blokjes om")).to_be_visible()


def test_an_appointment_and_a_document_stand_on_another_screen_at_once_and_a_note_does_not(
    real: RealHub, marloes: Callable[..., Page]
) -> None:
    mine, other = marloes(), marloes(390)
    mine.evaluate("window.sameDocument = true")
    mine.locator("#nieuwe-afspraak > summary").focus()
    mine.keyboard.press("Enter")
    form = mine.locator("#nieuwe-afspraak form")
    for label, value in (("Dag", "2031-11-27"), ("Van", "10:00"), ("Tot", "11:15")):
        form.get_by_label(label, exact=True).fill(value)
    form.get_by_label("Waar gaat het over").fill("Gesprek over werk")
    mine.keyboard.press("Enter")
    for page in (mine, other):
        expect(page.locator("#contact .regel").filter(has_text="Gesprek over werk")).to_contain_text(
            "10:00 tot 11:15", timeout=60_000
        )
    assert mine.evaluate("window.sameDocument === true"), "nothing was loaded anew"
    mine.locator("#nieuw-document > summary").click()
    mine.set_input_files("#document-nieuw", {"name": "schulden.pdf", "mimeType": "application/pdf", "buffer": PDF})
    mine.get_by_role("button", name="Document bewaren").click()
    with other.expect_download() as taken:
        other.get_by_role("link", name="schulden.pdf").click(timeout=60_000)
    assert taken.value.suggested_filename == "schulden.pdf"
    mine.locator("#nieuwe-aantekening > summary").click()
    mine.fill("#aantekening-nieuw", "Vraag naar de hond.")
    mine.get_by_role("button", name="Aantekening bewaren").click()
    expect(mine.locator("#aantekeningen .regel__tekst")).to_have_text("Vraag naar de hond.")
    mine.locator("#nieuw-document > summary").click()
    mine.set_input_files(
        "#document-nieuw", {"name": "schulden.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}
    )
    mine.get_by_role("button", name="Document bewaren").click()
    expect(mine.get_by_role("alert").filter(has_text="Dit is een webpagina")).to_be_visible()
    assert violations(mine) == []
    assert "Vraag naar de hond." not in other.content()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_with_a_plan_is_accessible_with_everything_open(
    real: RealHub, marloes: Callable[..., Page], width: int
) -> None:
    add(real, ItemKind.SCORE, {"score": 2, "note": "Het gaat wel."}, life_domains=(LifeDomain.HOUSING,))
    plan_with_a_step(real, "Ik wil rust.", "Post openen", due_on=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=3))
    page = marloes(width)
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_an_old_case_is_as_short_as_a_new_one_and_gives_what_was_earlier_when_asked(
    real: RealHub, marloes: Callable[..., Page]
) -> None:
    for number in range(45):
        add(real, ItemKind.DECISION, {"text": f"Besluit {number}"})
    page = marloes()
    shown = page.locator('#tijdlijn li[id^="gebeurtenis-"]')
    assert shown.count() <= 20
    page.get_by_role("link", name="Toon eerdere gebeurtenissen").click()
    expect(page.get_by_text("Besluit 3", exact=True)).to_be_visible()
    assert shown.count() > 40
