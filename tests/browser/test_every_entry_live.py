"""Whatever happens in a case, a page that stays open becomes what a reload gives: every kind of entry there is."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.comparable import becomes_what_a_reload_gives
from tests.browser.happenings import Happenings, of_items, of_the_rest
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser
# Who looks, and how many entries go by between two comparisons: the regisseur sees nearly all of it.
OFTEN = {"marloes": 1, "tom": 3, "peter": 12}


@pytest.fixture
def happenings(real: RealHub) -> Happenings:
    """Give the case of Karin with one referral to De Spoel, so that its people have part in it."""
    real.send()
    return Happenings(real)


def stays_true(happenings: Happenings, open_page: Callable[..., Page], what: Iterator[str]) -> dict[str, Page]:
    """Compare the pages of several while it happens, and once more at the end."""
    pages = {who: open_page(who, f"/inwoners/{happenings.case}") for who in OFTEN}
    for page in pages.values():
        expect(page.locator("[data-live]")).to_have_text("Live", timeout=60_000)
        page.evaluate("window.sameDocument = true")
    parser = pages["marloes"].context.browser.new_page()  # type: ignore[union-attr]
    last = ""
    for number, last in enumerate(what, start=1):
        for who, page in pages.items():
            if number % OFTEN[who] == 0:
                becomes_what_a_reload_gives(page, parser, f"{last}, to {who}")
    for who, page in pages.items():
        becomes_what_a_reload_gives(page, parser, f"all, and {last}, to {who}")
        assert page.evaluate("window.sameDocument === true"), f"{who}: nothing was loaded anew"
    parser.close()
    return pages


def test_after_whatever_happens_to_referrals_the_open_page_is_what_a_reload_gives(
    happenings: Happenings, open_page: Callable[..., Page]
) -> None:
    stays_true(happenings, open_page, happenings.of_referrals())
    assert of_the_rest() - happenings.told() <= LATER, "each kind of entry about a referral has been seen to come in"


def test_after_whatever_people_write_down_or_withdraw_the_open_page_is_what_a_reload_gives(
    happenings: Happenings, open_page: Callable[..., Page]
) -> None:
    pages = stays_true(happenings, open_page, happenings.of_people())
    expect(pages["tom"].get_by_role("heading", name="U ziet dit dossier niet meer")).to_be_visible()
    expect(pages["marloes"].locator('tr[data-masker]:not([data-masker=""])')).to_have_count(1)
    assert (of_items() | LATER) - {"masked"} <= happenings.told(), "each other kind of entry has been seen to come in"


# What people's words and consents bring is in the second test; what is masked has no kind of its own.
LATER = {"case_opened", "client_words", "contact_changed", "consent_given", "consent_withdrawn", "consent_lapsed"} | {
    "corrected",
    "delivered_late",
    "masked",
}
