"""What may be kept as a document: a few kinds of file, known by their name and their content alike.

A document is never opened here and never shown as a page: who takes it, opens it elsewhere. So what may run there is
refused: programs, scripts, macros, pages of the web; and what may hide something: archives, and one file that is two.
"""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import puremagic

from hub.rules.document_names import clean_name, suffix_of
from hub.services.cases.document_packages import check_office, check_open_document
from hub.services.cases.document_pdf import check_pdf
from hub.services.errors import Invalid

MOST_PIXELS = 100_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_WEB = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?php|\?xml)", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!")
_START = 1_024  # bytes in which a reader looks for what a file is
# Why a file is refused, by what its name says; of what stands nowhere, only that it is none of the kinds we take.
_REFUSED: dict[str, Iterable[str]] = {
    "doc_macro": ("docm", "dotm", "dotx", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppsm"),
    "doc_old_office": ("doc", "dot", "xls", "xlt", "ppt", "pps", "rtf", "mdb"),
    "doc_web": ("html", "htm", "xhtml", "svg", "xml", "mht", "mhtml", "js", "css", "php", "hta"),
    "doc_archive": ("zip", "rar", "7z", "gz", "tar", "tgz", "bz2", "xz", "iso", "cab", "jar"),
    "doc_program": ("exe", "msi", "bat", "cmd", "com", "scr", "ps1", "vbs", "sh", "py", "lnk", "dll", "apk", "app"),
}


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A document that may be kept: its name as it is kept, and the kind of file that it is."""

    name: str
    media_type: str


def judged(name: str, body: bytes, most: int) -> Sound:
    """Give how a file is kept; ``Invalid`` names, as its field, why it is not taken."""
    clean = clean_name(name)
    suffix = suffix_of(clean)
    if suffix not in _KINDS:
        raise _refused(next((why for why, suffixes in _REFUSED.items() if suffix in suffixes), "doc_kind"))
    if not body:
        raise _refused("doc_empty")
    if len(body) > most:
        raise _refused("doc_large")
    media_type, known_as, check = _KINDS[suffix]
    if known_as and known_as not in _looks_like(body):
        raise _refused(_what_else(body))
    check(body)
    return Sound(name=clean, media_type=media_type)


def _refused(why: str) -> Invalid:
    return Invalid("This file is not taken.", field=why)


def _looks_like(body: bytes) -> frozenset[str]:
    """Give the kinds of file that the content may be."""
    try:
        return frozenset(match.extension.removeprefix(".") for match in puremagic.magic_string(body))
    except (puremagic.PureError, ValueError):
        return frozenset()


def _what_else(body: bytes) -> str:
    """Say what a file is that is not what its name says."""
    if body.startswith(_PROGRAMS):
        return "doc_program"
    return "doc_web" if _WEB.search(body[:_START]) else "doc_other"


def _check_single(body: bytes) -> None:
    """Refuse a picture that is a second file too."""
    start = body[:_START]
    if zipfile.is_zipfile(io.BytesIO(body)) or b"%PDF-" in start or _WEB.search(start):
        raise _refused("doc_double")


def _check_png(body: bytes) -> None:
    """Walk over the blocks of a PNG: they must fill the file, and the picture must fit in memory."""
    _check_single(body)
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        if place + 12 > len(body):
            raise _refused("doc_broken")
        length, kind = struct.unpack(">I4s", body[place : place + 8])
        if kind == b"IHDR":
            wide, high = struct.unpack(">II", body[place + 8 : place + 16])
            if wide * high > MOST_PIXELS:
                raise _refused("doc_bomb")
        place += 12 + length
    if not body.startswith(_PNG) or body[12:16] != b"IHDR":
        raise _refused("doc_broken")
    if place != len(body):
        raise _refused("doc_double")


def _check_jpeg(body: bytes) -> None:
    _check_single(body)
    if not body.startswith(b"\xff\xd8\xff"):
        raise _refused("doc_broken")
    if not body.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise _refused("doc_double")


def _check_pdf_file(body: bytes) -> None:
    if zipfile.is_zipfile(io.BytesIO(body)) or _WEB.search(body[:_START].split(b"%PDF-", 1)[0]):
        raise _refused("doc_double")
    check_pdf(body)


def _check_text(body: bytes) -> None:
    """Take a text that is nothing but text: no signs that only computers use, and no page or script."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _refused("doc_other")
    if any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        raise _refused("doc_other")
    if _WEB.search(body[:_START]) or text.lstrip().startswith(("#!", "%PDF", "%!", "{\\rtf")):
        raise _refused("doc_web")


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_WORD, _SHEET = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
# By what a name ends in: the kind of file, what its content must look like, and how it is judged.
_KINDS: dict[str, tuple[str, str, Callable[[bytes], None]]] = {
    "pdf": ("application/pdf", "pdf", _check_pdf_file),
    "jpg": ("image/jpeg", "jpg", _check_jpeg),
    "jpeg": ("image/jpeg", "jpg", _check_jpeg),
    "png": ("image/png", "png", _check_png),
    "txt": ("text/plain", "", _check_text),
    "docx": (_WORD, "docx", lambda body: check_office(body, _WORD)),
    "xlsx": (_SHEET, "xlsx", lambda body: check_office(body, _SHEET)),
    "odt": (f"{_OPEN}text", "", lambda body: check_open_document(body, f"{_OPEN}text")),
    "ods": (f"{_OPEN}spreadsheet", "", lambda body: check_open_document(body, f"{_OPEN}spreadsheet")),
}
SUFFIXES = tuple(_KINDS)
"""What the name of a document may end in."""
