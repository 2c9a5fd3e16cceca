"""One of the viewers is a real browser: notes when the page of a client has each new entry in its document.

Reads its settings as JSON in the first line of standard input, says ``watching`` when the page is live, and writes
(position, moment) pairs when standard input ends, the moments in milliseconds of the machine's clock.
"""

import json
import sys

from playwright.sync_api import sync_playwright

_NOTE = """() => {
  const page = document.querySelector('[data-case]');
  globalThis.came = [];
  new MutationObserver(() => came.push([Number(page.dataset.position), performance.timeOrigin + performance.now()]))
    .observe(page, { attributes: true, attributeFilter: ['data-position'] });
  return Number(page.dataset.position);
}"""


def main() -> None:
    """Look until standard input ends."""
    asked = json.loads(sys.stdin.readline())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked["chromium"], args=["--no-sandbox"])
        context = browser.new_context()
        name, value = asked["cookie"].split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": asked["url"]}])
        page = context.new_page()
        page.goto(f"{asked['url']}/inwoners/{asked['case']}")
        page.wait_for_selector("[data-live]:not([hidden])")
        page.wait_for_function("() => document.querySelector('[data-live-woord]').textContent === 'Live'")
        page.wait_for_timeout(1000)
        at_first = page.evaluate(_NOTE)
        print("watching", flush=True)
        sys.stdin.read()
        page.wait_for_timeout(1000)
        print(json.dumps({"came": page.evaluate("() => came"), "at_first": at_first}), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
