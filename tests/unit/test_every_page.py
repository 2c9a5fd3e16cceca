"""No page is left out where all of them are looked at."""

from tests.browser.every_page import STOPS, not_listed
from tests.browser.made_up import Remembering, make_app


def test_every_page_is_looked_at_or_says_why_not() -> None:
    assert not_listed(make_app(Remembering())) == [], "add a Stop to tests/browser/every_page.py"


def test_each_stop_has_a_name_of_its_own() -> None:
    assert len({stop.name for stop in STOPS}) == len(STOPS)
