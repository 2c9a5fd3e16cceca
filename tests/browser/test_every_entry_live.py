"""Whatever happens in a case, a page that stays open becomes what a reload gives: every kind of entry there is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from schemas.vocabulary import LifeDomain
from tests.browser.comparable import becomes_what_a_reload_gives
from tests.browser.happenings import Happenings, vocabulary
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser


def test_after_every_kind_of_entry_the_open_page_is_what_a_reload_gives(
    real: RealHub, open_page: Callable[..., Page]
) -> None:
    happenings = Happenings(real)
    first = real.send(life_domains=(LifeDomain.WORK_EDUCATION,)).id
    # The regisseur sees nearly all, the receiver more and less with each step, who decides on income next to nothing.
    pages = {who: open_page(who, f"/inwoners/{happenings.case}") for who in ("marloes", "tom", "peter")}
    for page in pages.values():
        expect(page.locator("[data-live]")).to_have_text("Live", timeout=60_000)
        page.evaluate("window.sameDocument = true")
    parser = pages["marloes"].context.browser.new_page()  # type: ignore[union-attr]
    for what in happenings.all_of_it(first):
        for who, page in pages.items():
            becomes_what_a_reload_gives(page, parser, f"{what}, to {who}")
    expect(pages["tom"].get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible()
    expect(pages["marloes"].locator('tr[data-masker]:not([data-masker=""])')).to_have_count(1)
    assert vocabulary() - happenings.told() == {"masked"}, "each kind of entry that there is has been seen to come in"
    for who, page in pages.items():
        assert page.evaluate("window.sameDocument === true"), f"{who}: nothing was loaded anew"
    parser.close()
