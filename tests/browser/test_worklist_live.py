"""A work list in a real browser: it becomes what a reload gives, and nothing moves under pointer, focus or eye."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_server import LiveServer
from tests.browser.made_up import GREEN, KADE, WORK, line, work

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
BEFORE = tuple(replace(one, case_id=f"c-{number}") for number, one in enumerate(WORK["p-marloes"]))
NEW = replace(work("Fatima Zahra", "answer", "today", replace(GREEN, id="r-new")), case_id="c-new")


@pytest.fixture
def page(visit: Visit, server: LiveServer) -> Page:
    server.work_changes(*BEFORE)
    opened = visit("marloes", "/werkvoorraad")
    expect(opened.locator("[data-live]")).to_have_text("Live")
    return opened


def rows(page: Page) -> list[str]:
    return [str(one) for one in page.locator("[data-rij]").evaluate_all("rows => rows.map(row => row.id)")]


def top(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("item => item.getBoundingClientRect().top"))


def test_a_new_row_comes_at_its_place_is_marked_and_said_once(page: Page, server: LiveServer) -> None:
    before = rows(page)
    server.work_changes(BEFORE[0], NEW, *BEFORE[1:])
    expect(page.locator("#inwoner-c-new .nieuw-label")).to_have_text("Nieuw")
    expect(page.locator("[data-omroep]")).to_have_text("Nieuw in uw lijst: Fatima Zahra")
    assert rows(page) == [before[0], "inwoner-c-new", *before[1:]]
    expect(page.locator("#aantal-inwoners")).to_have_text(str(len(BEFORE) + 1))
    expect(page.locator("#inwoner-c-new .nieuw-label")).to_have_count(0, timeout=8000)


def test_a_row_that_is_more_pressing_now_keeps_its_place_until_the_next_visit(page: Page, server: LiveServer) -> None:
    before = rows(page)
    pressing = replace(
        BEFORE[-1], urgency="late", reason="answer", referral=line(4999, "Begeleiding thuis", KADE, "sent")
    )
    server.work_changes(pressing, *BEFORE[:-1])
    expect(page.locator(f"#{before[-1]} .nieuw-label")).to_have_text("Gewijzigd")
    assert rows(page) == before
    page.reload()
    assert rows(page)[0] == before[-1]


def test_of_who_left_the_list_nothing_stays_and_nothing_moves(page: Page, server: LiveServer) -> None:
    below = top(page, "#inwoner-c-2")
    server.work_changes(BEFORE[0], *BEFORE[2:])
    expect(page.locator("#inwoner-c-1")).to_have_text("Staat niet meer in uw lijst")
    assert "Karin Smulders" not in page.content()
    assert abs(top(page, "#inwoner-c-2") - below) < 2


@pytest.mark.parametrize("how", ["pointer", "focus"])
def test_what_is_under_pointer_or_focus_stays_there(page: Page, server: LiveServer, how: str) -> None:
    here = page.locator("#inwoner-c-3 a.naam")
    if how == "pointer":
        here.hover()
    else:
        here.focus()
    was = top(page, "#inwoner-c-3")
    server.work_changes(NEW, *BEFORE)
    expect(page.locator("#inwoner-c-new")).to_be_attached()
    assert abs(top(page, "#inwoner-c-3") - was) < 2
    if how == "focus":
        expect(here).to_be_focused()


def test_after_a_lost_connection_the_banner_says_from_when_the_page_is_and_then_it_catches_up(
    page: Page, server: LiveServer
) -> None:
    server.accepts = False
    server.drop()
    expect(page.get_by_text("Live bijwerken staat even stil.")).to_be_visible()
    server.work_changes(NEW, *BEFORE, told=False)
    server.accepts = True
    expect(page.locator("#inwoner-c-new")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Live bijwerken staat even stil.")).to_be_hidden()


def test_who_is_signed_out_elsewhere_keeps_nothing_on_the_screen(page: Page, server: LiveServer) -> None:
    server.services.ended.add("token-p-marloes")
    server.socketio.emit("worklist", {"ended": "signed_out"}, namespace="/live")
    page.wait_for_url("**/inloggen*")
    assert "Karin Smulders" not in page.content()


def test_a_first_client_replaces_the_empty_list(visit: Visit, server: LiveServer) -> None:
    server.work_changes()
    page = visit("marloes", "/werkvoorraad")
    expect(page.get_by_text("Nog geen inwoners")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_text("Live")
    server.work_changes(NEW)
    expect(page.get_by_role("link", name="Fatima Zahra", exact=True)).to_be_visible()
    expect(page.get_by_text("Nog geen inwoners")).to_have_count(0)
