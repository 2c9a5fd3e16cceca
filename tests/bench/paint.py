"""When the page of a client is first seen over a slow line (400 kbit/s, 400 ms there and back), and what it weighs.

Beside it the raw limit: what that line itself asks for, two journeys and the bytes without which nothing is drawn. Run
as a program it is the browser: reads its settings as JSON in the first line of standard input, writes what it saw.
"""

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tests.bench.goals import Goal, Part
from tests.bench.longcase import LONG, History
from tests.bench.site import ROOT, Site

BITS, JOURNEY = 400_000, 400
_SEEN = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const first = list.getEntriesByName('first-contentful-paint')[0];
    if (first) done(first.startTime);
  }).observe({ type: 'paint', buffered: true });
})"""


def paint(site: Site, chromium: str) -> Part:
    """Measure a first visit and a second one."""
    if not chromium:
        return Part(title="10. First paint over a slow line", lines=["no Chromium here: not measured"])
    history = History(site, site.clients[-3].case_id, LONG)
    entries = history.write()
    asked = {
        "chromium": chromium,
        "url": f"http://127.0.0.1:{site.web_port}",
        "cookie": history.cookie,
        "case": history.case,
    }
    command = [sys.executable, "-m", "tests.bench.paint"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(asked) + "\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the browser did not look: {done.stderr[-2000:]}")
    return _part(entries, json.loads(done.stdout.splitlines()[-1]))


def _part(entries: int, seen: dict[str, Any]) -> Part:
    cold = seen["first"]
    needed = cold["kb"].get("Document", 0) + cold["kb"].get("Stylesheet", 0)
    bare = 2 * JOURNEY + needed * 8_000 / BITS * 1_000
    lines = []
    for name, one in seen.items():
        weights = ", ".join(f"{kind.lower()} {kb:.0f}" for kind, kb in sorted(one["kb"].items()))
        lines.append(
            f"{name} visit: first paint {one['paint']:.0f} ms, live after {one['live']:.0f} ms; {one['requests']} "
            f"requests, {sum(one['kb'].values()):.0f} kB over the line ({weights})"
        )
    lines.append(f"raw: two journeys and {needed:.0f} kB without which nothing is drawn: {bare:.0f} ms")
    return Part(
        title=f"10. First paint of a client's page with {entries} entries at {BITS // 1000} kbit/s, {JOURNEY} ms",
        lines=[*lines, f"ratio {cold['paint'] / bare:.2f}"],
        goals=[
            Goal(name="first visit", value=cold["paint"], bound=3_000, at_least=False, unit=" ms"),
            Goal(name="next visit", value=seen["next"]["paint"], bound=1_500, at_least=False, unit=" ms"),
        ],
        values={"visits": seen, "bare_ms": bare},
    )


def _visit(context: BrowserContext, url: str) -> dict[str, Any]:
    page = context.new_page()
    wire = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    octets: defaultdict[str, float] = defaultdict(float)
    wire.on("Network.responseReceived", lambda told: kinds.__setitem__(told["requestId"], told["type"]))

    def finished(told: dict[str, Any]) -> None:
        octets[kinds.get(told["requestId"], "Other")] += told["encodedDataLength"] / 1000

    wire.on("Network.loadingFinished", finished)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": JOURNEY, "downloadThroughput": BITS / 8, "uploadThroughput": BITS / 8}
    wire.send("Network.emulateNetworkConditions", slow)
    page.goto(url, wait_until="commit", timeout=120_000)
    seen = page.evaluate(_SEEN)
    page.wait_for_function("() => document.querySelector('[data-live-woord]')?.textContent === 'Live'", timeout=120_000)
    live = page.evaluate("performance.now()")
    page.wait_for_load_state("networkidle")
    page.close()
    return {
        "paint": seen,
        "live": live,
        "requests": len(kinds),
        "kb": {kind: kb for kind, kb in octets.items() if kb > 0},
    }


def main() -> None:
    """Look twice, the second time with what the browser kept."""
    asked = json.loads(sys.stdin.readline())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked["chromium"], args=["--no-sandbox"])
        context = browser.new_context()
        name, value = asked["cookie"].split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": asked["url"]}])
        url = f"{asked['url']}/inwoners/{asked['case']}"
        print(json.dumps({visit: _visit(context, url) for visit in ("first", "next")}), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
