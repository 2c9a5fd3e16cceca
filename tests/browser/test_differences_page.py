"""Differences in a real browser: Bas sees that a partner's books say something else, and sets it right."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from hub.models import Referral
from hub.services.messages import digest_book
from schemas.digest import DigestLine
from schemas.vocabulary import Status
from tests.browser.looks import look
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def tell(real: RealHub, *lines: DigestLine) -> None:
    with real.hub.store.writing() as work:
        work.session.execute(update(Referral).values(changed_at=work.now - dt.timedelta(hours=1)))
        work.session.flush()
    with real.hub.store.writing() as work:
        digest_book.receive(work, real.hub.config, "de-spoel", lines)


def test_bas_takes_over_a_state_and_marloes_reads_until_then_that_it_differs(
    real: RealHub, enter: Callable[..., Page]
) -> None:
    referral, other = real.send(), real.send()
    tell(
        real,
        DigestLine(status=Status.STARTED, referral_id=referral.id),
        DigestLine(status=Status.SENT, number=other.number),
        DigestLine(status=Status.STARTED, reference="SPOEL-2026-114"),
    )
    marloes, bas = enter("marloes"), enter("bas")
    marloes.goto(f"{real.address}/verwijzingen/{referral.id}")
    expect(marloes.get_by_text("Bij Leerwerkbedrijf De Spoel staat dit anders: gestart.")).to_be_visible()
    look(marloes, "verwijzing-staat-anders")
    bas.goto(f"{real.address}/berichten")
    look(bas, "berichten-met-verschillen")
    bas.get_by_role("link", name="Bekijk de verschillen").click()
    expect(bas.get_by_role("heading", name="Verschillen", exact=True)).to_be_visible()
    look(bas, "verschillen")
    assert "Smulders" not in bas.content()
    row = bas.locator("li.doodbericht").filter(has_text=str(referral.number))
    expect(row).to_contain_text("Bij ons: Verzonden. Bij Leerwerkbedrijf De Spoel: Gestart.")
    row.get_by_role("button", name="Hun stand overnemen").click()
    expect(bas.locator(".melding--goed")).to_contain_text("De stand is overgenomen")
    expect(bas.locator("li.doodbericht").filter(has_text=str(referral.number))).to_have_count(0)
    look(bas, "overgenomen")
    marloes.reload()
    expect(marloes.get_by_text("staat dit anders")).to_have_count(0)
    assert "Gestart" in marloes.locator(".paginakop__stand").inner_text()


def test_closing_without_a_reason_asks_for_one(real: RealHub, enter: Callable[..., Page]) -> None:
    tell(real, DigestLine(status=Status.STARTED, reference="SPOEL-2026-115"))
    bas = enter("bas")
    bas.goto(f"{real.address}/berichten/verschillen")
    row = bas.locator("li.doodbericht").filter(has_text="SPOEL-2026-115")
    row.locator("summary").click()
    row.get_by_role("button", name="Verschil sluiten").click()
    expect(row.get_by_text("Schrijf een reden van hooguit 300 tekens.")).to_be_visible()
    look(bas, "reden-ontbreekt")
    row.get_by_role("textbox").fill("Is van vóór Schakel.")
    row.get_by_role("button", name="Verschil sluiten").click()
    expect(bas.locator(".melding--goed")).to_contain_text("Het verschil is gesloten")
    expect(bas.get_by_text("SPOEL-2026-115")).to_have_count(0)
