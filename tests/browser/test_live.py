"""The live page in a real browser: whatever happens to the connection, it becomes what a reload gives."""

import datetime as dt
import random
import re
from collections.abc import Callable
from dataclasses import replace
from difflib import unified_diff

import pytest
from playwright.sync_api import Page, expect

from hub.services.views.case import EntryView
from hub.web.words.sentences import SENTENCES
from schemas.vocabulary import Event, Status
from tests.browser.comparable import comparable, reloaded
from tests.browser.live_server import LiveServer
from tests.browser.made_up import GREEN, KADE, KARIN, MASKED, SPOEL, ago, entry, line

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
FAST = 400  # the first wait of a browser that has to ask again, in milliseconds


@pytest.fixture
def page(visit: Visit) -> Page:
    opened = visit("marloes", "/inwoners/karin")
    expect(opened.locator("[data-live]")).to_be_visible()
    return opened


def next_entry(server: LiveServer, kind: str = "ask", **more: object) -> EntryView:
    at = dt.datetime.now(dt.UTC)
    given = {"referral": GREEN, "actor": "Tom van Riel", "organisation_name": SPOEL, **more}
    return entry(server.view.position + 1, kind, at, **given)  # type: ignore[arg-type]


def wait_for_position(page: Page, position: int) -> None:
    expect(page.locator("[data-case]")).to_have_attribute("data-position", str(position), timeout=60_000)


def same_as_reloaded(page: Page) -> None:
    live, anew = comparable(page).splitlines(), reloaded(page).splitlines()
    assert "\n".join(unified_diff(live, anew, "live", "reloaded", lineterm="", n=6)) == ""


def test_an_untouched_page_is_what_a_reload_gives(page: Page, server: LiveServer) -> None:
    same_as_reloaded(page)
    assert server.asked == [10]


def test_after_every_kind_of_event_the_page_is_what_a_reload_gives(page: Page, server: LiveServer) -> None:
    changed = replace(GREEN, mark=Status.ACCEPTED, next_who=SPOEL, next_what="start", due_at=ago(days=-9))
    said = {"note": "Fijn <b>plan</b>", "outcome": "partly", "reason": "no_capacity"}
    for number, kind in enumerate((*SENTENCES, "unheard_of"), start=1):
        referral = None if kind == "case_opened" else changed
        server.happen(next_entry(server, kind, referral=referral, data=said))
        wait_for_position(page, server.view.position)
        if number % 6 == 0 or kind == "unheard_of":
            page.wait_for_timeout(100)
            same_as_reloaded(page)


def test_the_first_referral_and_the_first_entry_replace_the_empty_states(visit: Visit, server: LiveServer) -> None:
    server.view = replace(KARIN, referrals=(), entries=(), position=0)
    page = visit("marloes", "/inwoners/karin")
    expect(page.get_by_text("Nog geen verwijzingen")).to_be_visible()
    server.happen(next_entry(server, "send"))
    expect(page.get_by_text("Nog geen verwijzingen")).to_be_hidden()
    expect(page.locator("#verwijzing-r-4817")).to_be_visible()
    same_as_reloaded(page)


def test_a_new_referral_a_masked_one_and_an_entry_of_an_earlier_day_find_their_place(
    page: Page, server: LiveServer
) -> None:
    server.happen(next_entry(server, "send", referral=line(4900, "Begeleiding thuis", KADE, "sent")))
    server.happen(next_entry(server, "send", referral=line(4700, "Begeleiding thuis", KADE, "sent")))
    server.happen(next_entry(server, "masked", referral=replace(MASKED, id="r-99")))
    server.happen(replace(next_entry(server, "accept"), at=ago(days=30)))
    server.happen(replace(next_entry(server, "start"), at=ago(days=1, hours=1)))
    wait_for_position(page, 15)
    expect(page.locator("#h-verw [data-telt=verwijzingen]")).to_have_text("7")
    same_as_reloaded(page)


def test_an_entry_that_comes_twice_or_late_is_applied_once(page: Page, server: LiveServer) -> None:
    first = next_entry(server)
    server.happen(first)
    for _ in range(3):
        server.push(server.pushed(first))
    server.happen(next_entry(server, "answer"))
    server.push(server.pushed(first))
    wait_for_position(page, 12)
    expect(page.locator("#gebeurtenis-11")).to_have_count(1)
    same_as_reloaded(page)


def test_a_gap_is_filled_by_asking_again_from_where_the_page_is(page: Page, server: LiveServer) -> None:
    server.happen(next_entry(server), push=False)
    server.happen(next_entry(server, "answer"))
    wait_for_position(page, 12)
    assert server.asked == [10, 10]
    same_as_reloaded(page)


def test_after_three_mismatches_it_asks_for_all_and_never_in_a_hot_loop(page: Page, server: LiveServer) -> None:
    server.happen(next_entry(server), push=False)
    server.answers = [{"position": 12, "entries": []}] * 3  # says there is more, and does not give it
    server.happen(next_entry(server, "answer"))
    page.wait_for_timeout(FAST // 4)
    assert len(server.asked) <= 3
    wait_for_position(page, 12)
    assert server.asked[-1] is None
    assert len(server.asked) <= 6
    same_as_reloaded(page)


def test_a_server_that_counts_lower_leads_to_a_snapshot(page: Page, server: LiveServer) -> None:
    server.view = replace(KARIN, position=3, entries=KARIN.entries[:3])
    server.drop()
    wait_for_position(page, 3)
    same_as_reloaded(page)


def test_after_a_lost_connection_it_catches_up_by_the_same_way(page: Page, server: LiveServer) -> None:
    server.accepts = False
    server.drop()
    banner = page.get_by_text("Live bijwerken staat even stil.")
    expect(banner).to_be_visible()
    expect(page.locator("[data-live]")).to_have_text("Staat stil")
    server.happen(next_entry(server))
    server.happen(next_entry(server, "answer"))
    server.accepts = True
    wait_for_position(page, 12)
    expect(banner).to_be_hidden()
    expect(page.locator("[data-live]")).to_have_text("Live")
    same_as_reloaded(page)


@pytest.mark.parametrize("seconds", [15, 3600])
def test_after_a_quarter_of_a_minute_or_an_hour_away_everything_that_happened_is_there(
    visit: Visit, server: LiveServer, seconds: int
) -> None:
    page = visit("marloes", "/werkvoorraad")
    page.clock.install()
    page.goto(f"{server.address}/inwoners/karin")
    expect(page.locator("[data-live]")).to_have_text("Live")
    options = "{timeZone: 'Europe/Amsterdam', timeStyle: 'short'}"
    stood = page.evaluate(f"() => new Date().toLocaleTimeString('nl-NL', {options})")
    server.accepts = False
    server.drop()
    expect(page.get_by_text("Live bijwerken staat even stil.")).to_be_visible()
    page.clock.fast_forward(seconds * 1000)
    shown = page.locator("[data-stand]").inner_text()
    assert abs(int(shown[:2]) * 60 + int(shown[3:]) - int(stood[:2]) * 60 - int(stood[3:])) <= 1, (
        "not the time it is now"
    )
    changed = replace(GREEN, mark=Status.ACCEPTED, next_who=SPOEL, next_what="start")
    for kind in SENTENCES:
        server.happen(next_entry(server, kind, referral=None if kind == "case_opened" else changed), push=False)
    server.happen(next_entry(server, "masked", referral=replace(MASKED, id="r-99")), push=False)
    if seconds > 60:  # too much to send one by one
        server.answers = [{"position": server.view.position, "snapshot": {"regions": server.regions()}}]
    server.accepts = True
    here = page.locator("[data-case]")
    while here.get_attribute("data-position") != str(server.view.position):
        page.clock.fast_forward(20_000)  # the wait before the next try
        page.wait_for_timeout(200)
    expect(page.get_by_text("Live bijwerken staat even stil.")).to_be_hidden()
    page.clock.fast_forward(500)
    expect(page.locator("[data-omroep]")).to_have_text(re.compile(r"^\d+ nieuwe gebeurtenissen in de tijdlijn$"))
    same_as_reloaded(page)


def test_the_page_stays_full_while_the_connection_is_away(page: Page, server: LiveServer) -> None:
    before = comparable(page)
    server.accepts = False
    server.drop()
    expect(page.get_by_text("Live bijwerken staat even stil.")).to_be_visible()
    assert comparable(page) == before


def test_an_entry_that_overtakes_the_answer_waits_for_its_turn(visit: Visit, server: LiveServer) -> None:
    late = replace(next_entry(server), position=11)
    server.before_answer = lambda: server.push(server.pushed(late)) if len(server.asked) == 1 else None
    server.view = replace(KARIN, position=10)
    page = visit("marloes", "/inwoners/karin")
    wait_for_position(page, 11)
    server.view = replace(KARIN, position=11, entries=(*KARIN.entries, late))
    same_as_reloaded(page)


def test_a_large_gap_is_answered_with_a_snapshot(page: Page, server: LiveServer) -> None:
    for _ in range(5):
        server.happen(next_entry(server), push=False)
    server.answers = [{"position": 15, "snapshot": {"regions": server.regions()}}]
    server.drop()
    wait_for_position(page, 15)
    expect(page.locator("#gebeurtenis-15 .nieuw-label")).to_be_visible()
    same_as_reloaded(page)


def test_a_temporary_error_is_tried_again_later(page: Page, server: LiveServer) -> None:
    server.happen(next_entry(server), push=False)
    server.answers = [{"error": "try_later"}, {"error": "try_later"}]
    server.drop()
    wait_for_position(page, 11)
    same_as_reloaded(page)


@pytest.mark.parametrize("reason", ["no_longer_allowed", "consent_withdrawn", "signed_out", '"]<img>'])
def test_when_the_right_ends_nothing_of_the_person_stays(page: Page, server: LiveServer, reason: str) -> None:
    page.get_by_role("link", name="Waarom zie ik dit?").click()
    server.tell("closed", reason=reason)
    expect(page.get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible()
    everything = page.content() + page.title()
    assert "Karin" not in everything
    assert "Oriëntatie" not in everything
    server.happen(next_entry(server))
    page.wait_for_timeout(200)
    assert "Oriëntatie" not in page.content()
    expect(page.locator("p[data-reden]:visible")).to_have_count(1)


def test_a_case_that_may_not_be_watched_any_more_is_wiped(page: Page, server: LiveServer) -> None:
    server.answers = [{"error": "not_found"}]
    server.drop()
    expect(page.get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible()
    assert "Karin" not in page.content()


def test_when_what_may_be_seen_changes_all_of_it_is_asked_anew(page: Page, server: LiveServer) -> None:
    server.view = replace(KARIN, position=1, entries=KARIN.entries[:1], referrals=KARIN.referrals[1:])
    server.tell("closed", reason="changed")
    wait_for_position(page, 1)
    assert "Wmo-begeleiding" not in page.content()
    same_as_reloaded(page)


def test_when_what_may_be_seen_changes_and_nothing_comes_the_page_is_wiped(page: Page, server: LiveServer) -> None:
    server.answers = [{"error": "busy"}] * 20
    server.tell("closed", reason="changed")
    expect(page.get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible(timeout=3000)


def test_a_row_whose_mask_changes_brings_a_snapshot(page: Page, server: LiveServer) -> None:
    server.happen(next_entry(server, "accept", referral=replace(GREEN, masked="A12")))
    wait_for_position(page, 11)
    page.wait_for_timeout(200)
    assert server.asked == [10, None]
    same_as_reloaded(page)


def test_new_is_marked_until_it_has_been_seen_for_five_seconds(page: Page, server: LiveServer) -> None:
    server.happen(next_entry(server))
    item, row = page.locator("#gebeurtenis-11"), page.locator("#verwijzing-r-4817")
    expect(item.locator(".nieuw-label")).to_have_text("Nieuw")
    expect(row.locator(".nieuw-label")).to_have_text("Nieuw")
    expect(item.locator(".nieuw-label")).to_have_count(0, timeout=60_000)
    row.scroll_into_view_if_needed()
    expect(row.locator(".nieuw-label")).to_have_count(0, timeout=60_000)
    assert "gb--nieuw" not in (item.get_attribute("class") or "")


def test_with_reduced_motion_nothing_moves(visit: Visit, server: LiveServer) -> None:
    page = visit("marloes", "/inwoners/karin", reduced_motion="reduce")
    server.happen(next_entry(server))
    item = page.locator("#gebeurtenis-11")
    expect(item.locator(".nieuw-label")).to_be_visible()
    assert item.evaluate("item => item.getAnimations({subtree: true}).length") == 0


def test_what_happens_is_said_once_and_counted_when_it_is_much(page: Page, server: LiveServer) -> None:
    said = page.locator("[data-omroep]")
    server.happen(next_entry(server, "answer"))
    expect(said).to_have_text(
        "Nieuw in de tijdlijn: Leerwerkbedrijf De Spoel beantwoordt de vraag bij Oriëntatie groen"
    )
    for _ in range(4):
        server.happen(next_entry(server))
    wait_for_position(page, 15)
    page.wait_for_timeout(500)
    expect(said).to_contain_text("beantwoordt de vraag")
    expect(said).to_have_text("4 nieuwe gebeurtenissen in de tijdlijn", timeout=12_000)


@pytest.mark.parametrize("width", [390, 1440])
def test_what_one_reads_stays_where_it_is(visit: Visit, server: LiveServer, width: int) -> None:
    page = visit("marloes", "/inwoners/karin", width)
    page.set_viewport_size({"width": width, "height": 500})
    page.locator("#gebeurtenis-3").scroll_into_view_if_needed()
    page.mouse.wheel(0, 150)
    page.wait_for_timeout(300)
    reading = page.locator("#gebeurtenis-3")
    reading.hover()
    before = reading.bounding_box()
    for _ in range(2):
        server.happen(next_entry(server))
    wait_for_position(page, 12)
    page.wait_for_timeout(200)
    after = reading.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2
    button = page.get_by_role("button", name="2 nieuw, naar boven")
    expect(button).to_be_visible()
    button.click()
    expect(page.locator("#gebeurtenis-12")).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_a_replaced_row_keeps_the_focus(page: Page, server: LiveServer) -> None:
    page.locator("#verwijzing-r-4817 a").focus()
    server.happen(next_entry(server, "answer", referral=replace(GREEN, mark="received")))
    wait_for_position(page, 11)
    expect(page.locator("#verwijzing-r-4817 a")).to_be_focused()


def test_who_else_looks_is_shown_as_text(page: Page, server: LiveServer) -> None:
    server.tell("presence", people=[{"name": "Naima <i>Bouzid", "organisation": "De Kade"}])
    expect(page.locator("[data-aanwezig]")).to_contain_text("Naima (De Kade)")
    expect(page.locator("[data-aanwezig] i")).to_have_count(0)
    server.tell("presence", people=[])
    expect(page.locator("[data-aanwezig]")).to_be_hidden()


def test_news_of_another_case_is_left_alone(page: Page, server: LiveServer) -> None:
    server.socketio.emit("closed", {"case": "other", "reason": "ended"}, namespace="/live")
    server.push({**server.pushed(next_entry(server)), "case": "other"})
    page.wait_for_timeout(200)
    wait_for_position(page, 10)
    same_as_reloaded(page)


def test_after_midnight_the_page_asks_for_the_words_of_the_new_day(visit: Visit, server: LiveServer) -> None:
    page = visit("marloes", "/werkvoorraad")
    page.clock.install()
    page.goto(f"{server.address}/inwoners/karin")
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.clock.fast_forward(24 * 60 * 60 * 1000)
    page.clock.fast_forward(60_000)
    page.wait_for_timeout(300)
    page.clock.fast_forward(60_000)
    expect.set_options(timeout=10_000)
    for _ in range(50):
        if None in server.asked:
            break
        page.wait_for_timeout(200)
    assert None in server.asked


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_network_does_it_becomes_what_a_reload_gives(page: Page, server: LiveServer, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        number = chance.choice([4817, 4831, 4900, 4901])
        referral = line(number, "Oriëntatie groen", SPOEL, chance.choice([*Status]))
        happening = next_entry(server, chance.choice([*Event]), referral=referral)
        lost, twice = chance.random() < 0.2, chance.random() < 0.2
        server.happen(happening, push=not lost)
        if twice:
            server.push(server.pushed(happening))
        if chance.random() < 0.08:
            server.drop()
        page.wait_for_timeout(chance.choice([0, 5, 60]))
    server.happen(next_entry(server))
    wait_for_position(page, 51)
    page.wait_for_timeout(200)
    same_as_reloaded(page)
