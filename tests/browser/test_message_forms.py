"""A message opened in its forms, in a real browser: readable by keyboard, wide and narrow, and nothing but text."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from hub.models import OutboxRecord
from schemas.vocabulary import Event
from tests.browser.looks import look
from tests.browser.real_hub import RealHub
from tests.personas import NAIMA

pytestmark = pytest.mark.browser


def taken(real: RealHub, page: Page, referral_id: str) -> None:
    """Wait until the partner's system took the message."""
    for _ in range(200):
        with real.hub.store.reading() as session:
            asked = select(OutboxRecord.delivered_at).where(OutboxRecord.referral_id == referral_id)
            if session.scalars(asked.order_by(OutboxRecord.id)).first() is not None:
                return
        page.wait_for_timeout(100)
    raise AssertionError("the partner's system did not take it")


def test_a_message_opens_from_the_trail_in_its_forms(real: RealHub, enter: Callable[[str], Page]) -> None:
    referral = real.send(to="mw-de-kade", reason="Samen de post openen <b>en ordenen</b>.")
    page = enter("marloes")
    taken(real, page, referral.id)
    page.goto(f"{real.address}/verwijzingen/{referral.id}")
    look(page, "trail")
    page.get_by_role("link", name="Bekijk het bericht").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verwijzing aan")
    expect(page.get_by_role("heading", name="Wat dit bericht niet kon dragen")).to_be_visible()
    expect(page.locator("#antwoord")).to_contain_text("Niet zichtbaar voor uw organisatie")
    canonical = page.locator("#canoniek pre").first
    expect(canonical).to_contain_text("Samen de post openen <b>en ordenen</b>.")
    expect(page.locator("#vertaald")).to_contain_text("alles wat de ontvanger voor deze inwoner doet")
    look(page, "message-sender")
    canonical.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('#canoniek pre').scrollTop > 0")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Canoniek bewaren, byte voor byte").click()
    assert kept.value.suggested_filename == "canoniek.bin"


def test_the_receiver_reads_its_own_systems_answer(real: RealHub, enter: Callable[[str], Page]) -> None:
    referral = real.send(to="mw-de-kade")
    page = enter("naima")
    taken(real, page, referral.id)
    for event in (Event.RECEIVE, Event.ACCEPT):
        real.record(referral.id, event, NAIMA, "naima")
    page.goto(f"{real.address}/verwijzingen/{referral.id}")
    page.get_by_role("link", name="Bekijk het bericht").last.click()
    expect(page.locator("#antwoord pre").first).to_be_visible()
    page.get_by_text("Precies zoals het is").first.click()
    look(page, "message-receiver")
