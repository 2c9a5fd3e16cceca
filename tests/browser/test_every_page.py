"""Every page, as each person who opens it sees it: in both languages, wide, narrow and enlarged, axe finds nothing.

axe looks at the Dutch page wide and narrow, and at the English one wide: its tree is the same on a phone. Whether
something stands out at the side or is cut off depends on the words, so that is asked of both wide and narrow.
"""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.every_page import STOPS, Stop
from tests.browser.furnished import furnish, signed_in
from tests.browser.looks import outside, violations
from tests.browser.real_hub import RealHub

pytestmark = pytest.mark.browser
# By language: at these widths axe looks, and at these it is asked what stands out. 720 is 1440 enlarged twice. Of the
# two languages each is looked at on another width; SCHAKEL_TEST_EVERY_WIDTH has axe look at both on both.
_BOTH = (1440, 390) if os.environ.get("SCHAKEL_TEST_EVERY_WIDTH") else ()
WIDTHS = {"nl": (_BOTH or (1440,), (1440, 720, 390, 320)), "en": (_BOTH or (390,), (1440, 390))}


class Visitors:
    """Everybody's own browser profile in each language, signed in once."""

    def __init__(self, browser: Browser, real: RealHub, names: dict[str, str]) -> None:
        self.address, self.names = real.address, names
        self._browser, self._pages = browser, dict[tuple[str | None, str], Page]()
        self.said: list[str] = []
        self._tried: set[str] = set()

    def open(self, stop: Stop, language: str) -> Page:
        """Open a page as the one who may."""
        page = self._pages.get((stop.who, language)) or self._enter(stop.who, language)
        page.set_viewport_size({"width": 1440, "height": 900})
        self.said.clear()
        path = stop.path.format(**self.names)
        if stop.who is None:
            path += f"?taal={language}"
        answer = page.goto(self.address + path)
        assert answer is not None
        assert answer.status == (404 if stop.missing else 200), (stop.name, answer.status)
        stop.do(page)
        return page

    def dead_ends(self, page: Page) -> list[str]:
        """Give the links to a part of this page or another that is not there; one of each kind is tried."""
        found = []
        for address in page.evaluate("[...document.querySelectorAll('a[href*=\"#\"]')].map((link) => link.href)"):
            path, _, part = str(address).partition("#")
            kind = re.sub(r"[0-9a-f-]{36}", "*", path) + "#" + re.sub(r"[0-9a-f-]{36}", "*", part)
            if path == page.url.partition("#")[0]:
                there = bool(page.evaluate("part => document.getElementById(part) !== null", part))
            elif kind in self._tried:
                continue
            else:
                self._tried.add(kind)
                there = f'id="{part}"' in page.context.request.get(path).text()
            if not there:
                found.append(kind)
        return found

    def _enter(self, who: str | None, language: str) -> Page:
        page = self._browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        if who is not None:
            signed_in(page, self.address, who, language)
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        own = (self.address, self.address.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(own) else self.said.append(f"left: {asked.url}"))
        self._pages[who, language] = page
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Visitors]:
    real = RealHub(tmp_path_factory.mktemp("every-page"), history=True)
    try:
        everyone = Visitors(browser, real, furnish(real, browser))
        yield everyone
        everyone.close()
    finally:
        real.close()


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
@pytest.mark.parametrize("language", WIDTHS)  # one language after the other: it is remembered with the account
def test_a_page_can_be_read_by_everyone(visitors: Visitors, stop: Stop, language: str) -> None:
    page = visitors.open(stop, language)
    assert page.locator("html").get_attribute("lang") == language
    assert visitors.dead_ends(page) == []
    axed, measured = WIDTHS[language]
    for width in measured:
        page.set_viewport_size({"width": width, "height": 900})
        assert outside(page) == [], width
        if width in axed:
            assert violations(page) == [], width
    # A browser says of itself that a page was not there (404) or lacked something (422).
    assert [one for one in visitors.said if "status of 404" not in one and "status of 422" not in one] == []
