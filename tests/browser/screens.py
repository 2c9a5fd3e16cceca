"""``python -m tests.browser.screens``: a picture of every page, wide and on a phone, into docs/screens."""

import base64
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from hub.telemetry import configure_logging
from tests.browser.every_page import STOPS, WITHOUT_PICTURE, Stop, not_listed
from tests.browser.furnished import furnish, signed_in
from tests.browser.real_hub import RealHub
from workers.demo_people import PEOPLE
from workers.drill.services import find_chromium

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
WIDTHS = (1440, 390)
_DESK: ViewportSize = {"width": 1440, "height": 900}
# A field for a date in the order of the page's language; else in that of the language packs that are installed.
_AS_THE_PAGE = "--enable-blink-features=LangAttributeAwareFormControlUI"
# A page holds few colours: the most frequent of each small cube of the colour space, the nearest of them for the rest.
_INDEXED = """async ({ png, most }) => {
  const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const one of pixels) counts.set(one, (counts.get(one) ?? 0) + 1);
  const cube = (c) => ((c & 0xf0) >> 4) | ((c >> 8) & 0xf0) | ((c >> 12) & 0xf00);
  const ordered = [...counts].sort((a, b) => b[1] - a[1]);
  const chosen = ordered.slice(0, most / 4).map(([c]) => c);
  const cubes = new Set(chosen.map(cube));
  for (const [c] of ordered) {
    if (chosen.length >= most) break;
    if (!cubes.has(cube(c))) { cubes.add(cube(c)); chosen.push(c); }
  }
  const parts = (c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255];
  const palette = chosen.map(parts);
  const nearest = new Map(chosen.map((c, place) => [c, place]));
  for (const [c] of ordered) {
    if (nearest.has(c)) continue;
    const [r, g, b] = parts(c);
    let best = 0, least = Infinity;
    palette.forEach(([x, y, z], place) => {
      const away = 2 * (x - r) ** 2 + 4 * (y - g) ** 2 + 3 * (z - b) ** 2;
      if (away < least) { least = away; best = place; }
    });
    nearest.set(c, best);
  }
  const index = new Uint8Array(pixels.length);
  for (let place = 0; place < pixels.length; place += 1) index[place] = nearest.get(pixels[place]);
  const reader = new FileReader();
  const read = new Promise((done) => { reader.onload = () => done(reader.result.split(',')[1]); });
  reader.readAsDataURL(new Blob([index]));
  return { width, height, palette: palette.flat(), index: await read };
}"""


def main() -> int:
    """Take all pictures, and write the list of them."""
    wanted = sys.argv[1:]
    configure_logging("text")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        real = RealHub(Path(folder), history=True, past=True)
        try:
            missing = not_listed(real.running.web.app)
            if missing:
                print(f"Neither a picture nor a reason in tests/browser/every_page.py: {', '.join(missing)}")
                return 1
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", _AS_THE_PAGE])
            stops = [stop for stop in STOPS if stop.picture and (not wanted or stop.name in wanted)]
            _take(browser, real, stops, fresh=not wanted)
            browser.close()
        finally:
            real.close()
    _list()
    return 0


def _take(browser: Browser, real: RealHub, stops: Sequence[Stop], *, fresh: bool) -> None:
    names = furnish(real, browser)
    if fresh and FOLDER.exists():
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages: dict[str | None, Page] = {}
    tool = browser.new_page()
    for stop in stops:
        if stop.who not in pages:
            pages[stop.who] = browser.new_context(viewport=_DESK, locale="nl-NL").new_page()
            if stop.who is not None:
                signed_in(pages[stop.who], real.address, stop.who)
        for width in WIDTHS:
            file = FOLDER / f"{stop.name}-{width}.png"
            file.write_bytes(_picture(pages[stop.who], tool, real.address, stop, names, width))
            print(f"{file.name}  {file.stat().st_size // 1024} kB", flush=True)


def _picture(page: Page, tool: Page, address: str, stop: Stop, names: Mapping[str, str], width: int) -> bytes:
    page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 844})
    page.goto(address + stop.path.format(**names))
    stop.do(page)
    page.evaluate("document.fonts.ready")
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    if width < 1000:  # the menu stays at the foot of a phone: as tall as the page, that is where it is seen
        page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    drawn = tool.evaluate(_INDEXED, {"png": base64.b64encode(page.screenshot(full_page=True)).decode(), "most": 128})
    return _png(drawn["width"], drawn["height"], bytes(drawn["palette"]), base64.b64decode(drawn["index"]))


def _png(width: int, height: int, palette: bytes, index: bytes) -> bytes:
    """Give a picture of indexed colours (PNG, colour type 3)."""
    rows = b"".join(b"\0" + index[at : at + width] for at in range(0, width * height, width))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def _list() -> None:
    """Write what each picture shows and who sees it."""
    people = {one.username: f"{one.name}, {one.title}" for one in PEOPLE}
    lines = [
        f"| {stop.what} | {people[stop.who] if stop.who else 'anybody'} | "
        f"[1440]({stop.name}-1440.png) [390]({stop.name}-390.png) |"
        for stop in STOPS
        if stop.picture
    ]
    others = [f"- `{endpoint.removeprefix('web.')}`: {reason}" for endpoint, reason in WITHOUT_PICTURE.items()]
    text = [
        "# Every page",
        "",
        "`make screens` takes these pictures anew, of the demo's people in the demo's hub. Everybody is made up.",
        "A new page wants a line in `tests/browser/every_page.py`, or the reason why it has none.",
        "",
        "| What it is | Who sees it | Pictures |",
        "|---|---|---|",
        *lines,
        "",
        "Without a picture:",
        "",
        *others,
    ]
    (FOLDER / "README.md").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
