"""A meeting in real browsers: what one writes at the table stands with the others at once, as a task of who does it."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.services.cases import meetings
from hub.services.people.identity import person_viewer
from hub.services.views.viewer import Viewer
from schemas.identifiers import derived_id
from schemas.vocabulary import LifeDomain
from tests.browser.looks import violations
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
LONG = 60_000


def someone(real: RealHub, username: str) -> Viewer:
    with real.hub.store.reading() as session:
        found = person_viewer(session, real.hub.config, derived_id("person", username))
    assert found is not None
    return found


def brought_in(real: RealHub, *, agreed: bool = True) -> tuple[str, str]:
    """Have Karin on the agenda of Els' team, with Naima at the table; give the address of the table, and the item."""
    config, els, marloes = real.hub.config, someone(real, "els"), someone(real, "marloes")
    with real.hub.store.writing() as work:
        meeting = meetings.plan(work, config, els, work.now + dt.timedelta(days=1), 90, "Buurthuis")
        item = meetings.bring_in(
            work, config, marloes, real.karin(), meeting.id, question="Wie helpt met de post?", why="Zij vraagt erom.",
            domains=(LifeDomain.FINANCES,), agreed=agreed,
        )  # fmt: skip
        meetings.invite(work, config, els, item.id, someone(real, "naima").id)
        return f"/overleg/{meeting.id}/{item.id}", item.id


def live(page: Page) -> Page:
    expect(page.locator("[data-live]")).to_have_text("Live", timeout=LONG)
    return page


def test_what_els_agrees_is_on_the_table_and_on_the_list_of_who_does_it_at_once(
    real: RealHub, open_page: OpenPage
) -> None:
    table, _item = brought_in(real)
    els, naima = live(open_page("els", table)), live(open_page("naima", table, width=390))
    tasks = naima.context.new_page()
    tasks.goto(f"{real.address}/overleg")
    live(tasks)
    els.evaluate("window.sameDocument = true")
    naima.get_by_label("Nieuwe notitie").fill("Karin belt liever niet")
    expect(els.get_by_text("Naima schrijft nu ook")).to_be_visible(timeout=LONG)
    els.get_by_label("Nieuwe afspraak").fill("Samen de post openen")
    els.get_by_label("Wie doet dit").select_option(label="Naima Bouzid")
    els.get_by_role("button", name="Toevoegen").click()
    expect(naima.locator("#uitkomsten-lijst")).to_contain_text("Samen de post openen", timeout=LONG)
    expect(naima.get_by_label("Nieuwe notitie")).to_have_value("Karin belt liever niet")
    expect(tasks.locator("#afspraken-lijst")).to_contain_text("Samen de post openen", timeout=LONG)
    expect(els.locator("#uitkomsten-lijst")).to_contain_text("Naima Bouzid", timeout=LONG)
    naima.get_by_role("button", name="Notitie bewaren").last.click()
    expect(els.locator("#notities-lijst .notitie")).to_contain_text("Karin belt liever niet", timeout=LONG)
    tasks.get_by_role("button", name=re.compile("Klaar.*Samen de post openen")).click()
    expect(els.locator("#uitkomsten-lijst")).to_contain_text("klaar", timeout=LONG)
    assert els.evaluate("window.sameDocument === true"), "nothing was loaded anew"


def test_a_table_without_a_name_is_live_too_and_the_pages_of_a_meeting_are_accessible(
    real: RealHub, open_page: OpenPage
) -> None:
    table, item = brought_in(real, agreed=False)
    els = live(open_page("els", table))
    assert "Karin" not in els.content() and real.karin() not in els.content()
    with real.hub.store.writing() as work:
        meetings.leave(work, real.hub.config, someone(real, "els"), item, someone(real, "naima").id)
    expect(els.locator("#deel-tafel")).not_to_contain_text("Naima Bouzid", timeout=LONG)
    for path in ("/werkvoorraad", "/overleg", table.rpartition("/")[0], table):
        els.goto(real.address + path)
        els.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        for width in (1440, 390):
            els.set_viewport_size({"width": width, "height": 900})
            assert violations(els) == [], (path, width)
            assert els.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
