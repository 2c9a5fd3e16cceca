"""Style sheets, scripts, letters and icons: packed for the line, and kept by browsers while they stay the same.

Their address begins with a mark of all of them together, so that what is imported from one another keeps that address
too. Under that mark a file never changes; under another, or none, a browser asks each time whether it did.
"""

import gzip
import hashlib
import mimetypes
import re
import secrets
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request
from werkzeug.security import safe_join

FOLDER = Path(__file__).resolve().parent / "static"
STYLE = "schakel.css"
# What every page needs, in this order, as one file: on a slow line each further one costs a journey there and back.
_STYLES = (
    "vendor/fonts/fonts.css",
    "vendor/nl-design-system/components.css",
    "styles/tokens.css",
    "vendor/nl-design-system/mapping.css",
    "styles/base.css",
    "styles/cases.css",
    "styles/work.css",
    "styles/narrow.css",
    "styles/pages.css",
    "styles/search.css",
)
_PACKED = frozenset({".css", ".js", ".svg"})
_ADDRESS = re.compile(rb"url\((['\"]?)(?!data:|#|/|['\"])")
_IMPORT = re.compile(r"""^import\b[^'"]*['"](\.\.?/[^'"]+)['"]""", re.MULTILINE)
_A_YEAR = "public, max-age=31536000, immutable"
_SMALL = 1_000


@dataclass(frozen=True)
class _File:
    plain: bytes
    packed: bytes | None
    mark: str
    kind: str


def _mark() -> str:
    found = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(FOLDER)).encode() + path.read_bytes())
    return found.hexdigest()[:8]


MARK = _mark()


def asset(name: str) -> str:
    """Give the address of a static file."""
    return f"/static/{MARK}/{name}"


@cache
def imports_of(name: str) -> tuple[str, ...]:
    """Give the modules that a script imports, and what those import: a browser may ask for all of them at once."""
    found: dict[str, None] = {}
    open_ends = [name]
    while open_ends:
        here = FOLDER / open_ends.pop()
        for imported in _IMPORT.findall(here.read_text(encoding="utf-8")):
            path = (here.parent / imported).resolve().relative_to(FOLDER).as_posix()
            if path not in found:
                found[path] = None
                open_ends.append(path)
    return tuple(found)


def add_static_files(web: Blueprint) -> None:
    """Serve the files to everyone: they tell of nobody."""

    @web.get("/static/<path:filename>", endpoint="static")
    def static(filename: str) -> Response:
        mark, _, rest = filename.partition("/")
        marked = mark == MARK and bool(rest)
        wanted = rest if marked or re.fullmatch(r"[0-9a-f]{8}", mark) else filename
        file = _bundle() if wanted == STYLE else _read(wanted)
        return _answer(file, takes_packed(), kept=marked)


def takes_packed() -> bool:
    """Whether the browser takes gzip."""
    return request.accept_encodings.quality("gzip") > 0


def _answer(file: _File, may_pack: bool, *, kept: bool) -> Response:
    packed = file.packed if may_pack else None
    answer = Response(packed or file.plain, content_type=file.kind)
    answer.headers["Cache-Control"] = _A_YEAR if kept else "no-cache"
    answer.set_etag(file.mark + ("-z" if packed else ""))
    if file.packed:
        answer.vary.add("Accept-Encoding")
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.make_conditional(request)
    return answer


def _read(name: str) -> _File:
    path = safe_join(str(FOLDER), name)
    if path is None or not Path(path).is_file():
        abort(404)
    return _load(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=300)
def _load(path: str, _changed: int) -> _File:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return _file(Path(path).read_bytes(), Path(path).suffix, kind)


def _bundle() -> _File:
    return _joined(max((FOLDER / name).stat().st_mtime_ns for name in _STYLES))


@lru_cache(maxsize=2)
def _joined(_changed: int) -> _File:
    """Put the style sheets together; what one names beside itself is found from where the whole stands."""
    parts = []
    for name in _STYLES:
        folder = Path(name).parent.as_posix()
        before = b"" if folder == "." else f"{folder}/".encode()
        parts.append(_ADDRESS.sub(rb"url(\1" + before, (FOLDER / name).read_bytes()))
    return _file(b"\n".join(parts), ".css", "text/css")


def _file(plain: bytes, suffix: str, kind: str) -> _File:
    packed = gzip.compress(plain, 9, mtime=0) if suffix in _PACKED else None
    whole = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return _File(plain, packed, hashlib.sha256(plain).hexdigest()[:16], whole)


def pack_page(answer: Response) -> Response:
    """Pack a page for the line, where the browser takes that.

    Its length tells nothing of the secrets in it (the proof in its forms): each answer is longer by a random number.
    """
    if answer.mimetype != "text/html" or answer.direct_passthrough or "Content-Encoding" in answer.headers:
        return answer
    answer.vary.add("Accept-Encoding")
    body = answer.get_data()
    if len(body) < _SMALL or not takes_packed():
        return answer
    answer.set_data(_packed(body))
    answer.headers["Content-Encoding"] = "gzip"
    return answer


_NAMED = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"  # RFC 1952: a header that holds a name


def _packed(body: bytes) -> bytes:
    whole = gzip.compress(body, 5, mtime=0)
    name = secrets.token_hex(64)[: secrets.randbelow(129)].encode()
    return _NAMED + name + b"\0" + whole[10:]
