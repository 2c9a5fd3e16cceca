"""Files of the pages: packed where a browser takes that, kept while they are the same, and pages are packed too."""

import gzip
import re

import pytest

from hub.app import create_web
from hub.web.static_files import FOLDER, MARK, STYLE, asset, imports_of
from hub.wiring import Hub

PACKED = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("name", [STYLE, "styles/base.css", "live/client.js", "vendor/icons.svg"])
def test_a_file_comes_packed_and_is_kept_as_long_as_its_address_stands(hub: Hub, name: str) -> None:
    http = create_web(hub).app.test_client()
    plain, packed = http.get(asset(name)), http.get(asset(name), headers=PACKED)
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    for answer in (plain, packed):
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding"
    again = http.get(asset(name), headers={**PACKED, "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_under_another_mark_or_none_a_browser_asks_each_time(hub: Hub) -> None:
    http = create_web(hub).app.test_client()
    other = f"{int(MARK, 16) ^ 1:08x}"
    for path in ("/static/page.js", f"/static/{other}/page.js"):
        answer = http.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert answer.data == (FOLDER / "page.js").read_bytes()
    for path in (
        "/static/",
        f"/static/{MARK}",
        f"/static/{MARK}/",
        f"/static/{MARK}/../pages.py",
        f"/static/{MARK}/x.js",
    ):
        assert http.get(path).status_code == 404, path


def test_all_that_the_style_sheet_and_the_scripts_name_is_there(hub: Hub) -> None:
    http = create_web(hub).app.test_client()
    named = re.findall(r"url\(['\"]?(?!data:|#)([^)'\"]+)", http.get(asset(STYLE)).text)
    assert len(named) >= 4
    for name in (*named, *imports_of("live/client.js"), *imports_of("live/inbox.js")):
        assert http.get(asset(name)).status_code == 200, name
    assert "vendor/socket.io/socket.io.esm.min.js" in imports_of("live/client.js")


def test_a_page_comes_packed_and_its_length_tells_nothing(hub: Hub) -> None:
    http = create_web(hub).app.test_client()
    answers = [http.get("/inloggen", headers=PACKED) for _ in range(12)]
    assert {answer.headers["Content-Encoding"] for answer in answers} == {"gzip"}
    assert all(b"Inloggen" in gzip.decompress(answer.data) for answer in answers)
    assert len({len(answer.data) for answer in answers}) > 4, "the same page, each time as long as chance has it"
    assert "Content-Encoding" not in http.get("/inloggen").headers
    assert "Content-Encoding" not in http.get("/inloggen", headers={"Accept-Encoding": "gzip;q=0"}).headers
