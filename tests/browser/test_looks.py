"""Single parts of the pages in a real browser: letters, dialogs, previews. test_every_page.py looks at whole pages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_server import LiveServer
from tests.browser.looks import violations

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def test_the_icons_and_letters_are_there(visit: Visit) -> None:
    page = visit("marloes", "/inwoners/karin")
    page.wait_for_timeout(300)
    assert page.evaluate(
        "document.fonts.check('16px \"Source Sans 3\"') && document.fonts.check('16px \"Source Serif 4\"')"
    )
    box = page.locator(".gb__ic .icoon use").first.evaluate("use => use.getBoundingClientRect().width")
    assert box > 5


def test_the_preview_follows_the_form_letter_by_letter(visit: Visit) -> None:
    page = visit("marloes", "/verwijzingen/nieuw?inwoner=karin")
    preview = page.locator("[data-voorbeeld]")
    page.get_by_role("checkbox", name="Werk en opleiding").check()
    expect(page.get_by_text("GGZ De Leij: kennismaking en behandeling")).to_be_hidden()
    page.get_by_role("button", name="Toon ook wat minder past").click()
    expect(page.get_by_text("GGZ De Leij: kennismaking en behandeling")).to_be_visible()
    page.get_by_role("radio", name="Leerwerkbedrijf De Spoel").check()
    page.get_by_label("Welke hulp is er nodig?").fill("Eén dagdeel <b>meelopen</b>")
    page.get_by_label("Groene vingers").check()
    page.get_by_label("Karin vindt dit goed").check()
    page.get_by_label("Hoe en wanneer is dit besproken?").fill("Mondeling, vandaag")
    for words in ("Leerwerkbedrijf De Spoel", "Eén dagdeel <b>meelopen</b>", "Groene vingers", "Mondeling, vandaag"):
        expect(preview).to_contain_text(words)
    expect(preview.get_by_text("eindigt op 019")).to_be_hidden()
    expect(page.get_by_label("Welke wet?")).to_be_hidden()


def test_a_double_click_sends_one_referral(visit: Visit, server: LiveServer) -> None:
    page = visit("marloes", "/verwijzingen/nieuw?inwoner=karin")
    page.get_by_role("checkbox", name="Werk en opleiding").check()
    page.get_by_role("radio", name="Leerwerkbedrijf De Spoel").check()
    page.get_by_label("Welke hulp is er nodig?").fill("Eén dagdeel meelopen")
    page.get_by_label("Groene vingers").check()
    page.get_by_label("Karin vindt dit goed").check()
    page.get_by_label("Hoe en wanneer is dit besproken?").fill("Mondeling, vandaag")
    page.get_by_role("button", name="Verwijzing versturen").dblclick()
    page.wait_for_url("**/verwijzingen/r-4817")
    assert len(server.services.sent) == 1


def test_a_form_that_lacks_something_is_accessible_and_leads_to_it(visit: Visit) -> None:
    page = visit("marloes", "/verwijzingen/nieuw?inwoner=karin")
    page.get_by_role("button", name="Verwijzing versturen").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("De verwijzing is nog niet verzonden")
    assert violations(page) == []
    alert.get_by_role("link", name="Welke hulp is er nodig").click()
    expect(page.get_by_label("Welke hulp is er nodig?")).to_be_focused()


def test_the_dialog_opens_closes_and_gives_the_focus_back(visit: Visit) -> None:
    page = visit("marloes", "/inwoners/karin")
    link = page.get_by_role("link", name="Waarom zie ik dit?")
    link.click()
    expect(page.get_by_role("heading", name="Waarom zie ik dit?")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_why_one_sees_something_is_asked_with_the_keyboard_and_read_aloud(visit: Visit) -> None:
    page = visit("marloes", "/inwoners/karin")
    entry = page.locator("#gebeurtenis-10")
    question = entry.locator("summary")
    assert question.text_content() == "Waarom zie ik dit? Leerwerkbedrijf De Spoel stelt een vraag"
    question.focus()
    page.keyboard.press("Enter")
    expect(entry.locator("details p")).to_be_visible()
    expect(entry.locator("details p")).to_contain_text("Regel A02")
    page.keyboard.press("Space")
    expect(entry.locator("details p")).to_be_hidden()
    for details in page.locator("details.waaromzie").all():
        details.evaluate("one => { one.open = true }")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


def test_what_is_withheld_says_so_and_why_and_not_whether_it_is_there(visit: Visit) -> None:
    page = visit("peter", "/inwoners/karin")
    words = page.locator("[data-gebied=eigen-woorden]")
    expect(words).to_contain_text("Niet zichtbaar voor uw organisatie")
    words.get_by_text("Waarom zie ik dit niet?").click()
    expect(words).to_contain_text("Regel D02")
    expect(page.locator("#verwijzing-r-4809")).to_contain_text("Niet zichtbaar voor uw organisatie")


def test_a_referral_says_of_each_part_why_it_is_seen(visit: Visit) -> None:
    page = visit("marloes", "/verwijzingen/r-4831")
    asked = [summary.text_content() for summary in page.locator("details.waaromzie summary").all()]
    assert asked == [
        "Waarom zie ik dit? Wie de inwoner is",
        "Waarom zie ik dit? De stand",
        "Waarom zie ik dit? De bezorging",
        "Waarom zie ik dit? De inhoud",
        "Waarom zie ik dit? De stappen",
        "Waarom zie ik dit niet? Wat anderen schrijven",
    ]


def test_declining_works_without_scripts(visit: Visit, server: LiveServer) -> None:
    page = visit("tom", "/verwijzingen/r-4822", java_script_enabled=False)
    page.get_by_text("Afwijzen", exact=True).click()
    page.get_by_label("Geen plek").check()
    page.get_by_role("button", name="Afwijzing versturen").click()
    page.wait_for_load_state()
    assert [(new.event, new.reason) for _, new in server.services.events] == [("decline", "no_capacity")]
