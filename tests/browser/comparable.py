"""A page as it is compared: live updating must leave what a reload gives.

Left out: marks of what is new (they go away by themselves) and of what one reads, and what tells of the connection.
"""

import time
from difflib import unified_diff

from playwright.sync_api import Page

_TAKE = """(html) => {
  const whole = html === null ? document : new DOMParser().parseFromString(html, 'text/html');
  const root = whole.querySelector('[data-case]').cloneNode(true);
  const aside = '.nieuw-label, [data-veranderd], [data-verbroken], [data-verkeer], [data-meer-nieuw], [data-aanwezig]';
  for (const part of root.querySelectorAll(aside)) part.remove();
  for (const link of root.querySelectorAll('.subnav [aria-current]')) link.removeAttribute('aria-current');
  for (const item of root.querySelectorAll('[data-nieuw]')) {
    item.removeAttribute('data-nieuw');
    item.classList.remove('gb--nieuw', 'gb--binnen', 'rij--nieuw', 'rij--binnen');
    if (!item.classList.length) item.removeAttribute('class');
  }
  for (const proof of root.querySelectorAll('[name="csrf_token"]')) proof.removeAttribute('value');
  root.removeAttribute('data-now');
  const shape = (node) => {
    if (node.nodeType === 3) return node.data.trim() === '' ? null : node.data.replace(/\\s+/g, ' ');
    if (node.nodeType !== 1) return null;
    const names = [...node.attributes].map((a) => `${a.name}=${a.value}`).sort();
    const inside = [...(node.content ?? node).childNodes].map(shape).filter((part) => part !== null);
    return [node.localName, names, inside];
  };
  return JSON.stringify(shape(root), null, 1);
}"""
_GONE = "() => !!document.querySelector('[data-case] [data-reden]')"


def comparable(page: Page) -> str:
    """Give the page's tree: elements, attributes and words."""
    return str(page.evaluate(_TAKE, None))


def reloaded(page: Page) -> str:
    """Give the tree of the same page, opened anew in a second tab."""
    other = page.context.new_page()
    for script in ("**/live/client.js", "**/case-forms.js"):
        other.route(script, lambda route: route.abort())  # what the server drew, untouched
    other.goto(page.url)
    other.wait_for_selector("[data-case]")
    tree = comparable(other)
    other.close()
    return tree


def drawn_anew(page: Page, parser: Page) -> str | None:
    """Give the tree of the page as the server draws it now, read by an empty page; nothing where it is not there."""
    answer = page.request.get(page.url)
    return str(parser.evaluate(_TAKE, answer.text())) if answer.ok else None


def becomes_what_a_reload_gives(page: Page, parser: Page, after: str) -> None:
    """Wait until the page that stayed open is what the server draws now, or is emptied where that is not there."""
    deadline = time.monotonic() + 60
    while True:
        anew = drawn_anew(page, parser)
        if anew is None and page.evaluate(_GONE):
            return
        live = comparable(page)
        if live == anew:
            return
        if time.monotonic() > deadline:
            told = unified_diff(live.splitlines(), (anew or "").splitlines(), "live", "reloaded", lineterm="", n=6)
            raise AssertionError(f"after {after}:\n" + "\n".join(told))
        page.wait_for_timeout(40)
