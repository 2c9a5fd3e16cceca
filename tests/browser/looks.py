"""What every page must hold: read aloud, found with the keyboard, inside its edges, wide and narrow."""

from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
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


def look(page: Page, folder: Path, name: str, widths: Sequence[int] = (1440, 390)) -> None:
    """See that a page is accessible and inside its edges at each width, and keep a picture of it."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert violations(page) == [], (name, width)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    page.set_viewport_size({"width": 1440, "height": 900})
