"""What every page must hold: read aloud, found with the keyboard, inside its edges, wide and narrow."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_EVERY_WIDTH = bool(os.environ.get("SCHAKEL_TEST_EVERY_WIDTH"))
_PICTURES = os.environ.get("SCHAKEL_TEST_PICTURES")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # telling of each thing that is well takes as long as looking at it
}
# Of what lies in a box that hides what does not fit: the text that is cut off there, unless dots say so.
_CUT_OFF = """() => {
  const found = [];
  for (const box of document.querySelectorAll('body *')) {
    if (box.scrollWidth <= box.clientWidth + 1 || box.closest('svg, .vh') || !box.textContent.trim()) continue;
    const style = getComputedStyle(box);
    if (!['hidden', 'clip'].includes(style.overflowX) || style.textOverflow === 'ellipsis') continue;
    if (style.clipPath !== 'none' || box.clientWidth <= 1 || !box.checkVisibility()) continue;
    found.push(box.outerHTML.slice(0, 160));
  }
  return found;
}"""


def violations(page: Page) -> list[str]:
    """Give what axe finds, each with the place where it stands."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def outside(page: Page) -> list[str]:
    """Give what stands out at the side of a page, and what is cut off inside it."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return ([f"{over} px too wide"] if over > 0 else []) + list(page.evaluate(_CUT_OFF))


def look(page: Page, name: str) -> None:
    """See that a page is inside its edges at each width, and accessible.

    axe takes seconds: it looks at the narrow page, unless SCHAKEL_TEST_EVERY_WIDTH says all. Pictures are kept in the
    folder that SCHAKEL_TEST_PICTURES names, if any.
    """
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert outside(page) == [], (name, width)
        if width == 390 or _EVERY_WIDTH:
            assert violations(page) == [], (name, width)
        if _PICTURES:
            page.screenshot(path=Path(_PICTURES) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
