"""What a document of an office program may hold: a zip of parts, judged by its directory before a part is read."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal
from hub.services.errors import Invalid

MOST_PARTS, MOST_BYTES, MOST_RATIO = 2_000, 100_000_000, 300
_MOST_XML = 5_000_000
_SMALL = 1_000_000  # bytes: what is this small may be packed as tight as it likes
_END = b"PK\x05\x06"
_MACRO = re.compile(r"vbaproject|vbadata|macrosheets|\Abasic/|\Ascripts/|dialogsheets", re.IGNORECASE)
_INSIDE = re.compile(
    r"embeddings/|activex|oleobject|\Aobject [0-9]|connections\.xml|querytables"
    r"|\.(zip|rar|7z|jar|exe|dll|scr|js|vbs|bat|cmd|ps1|lnk|hta|html?|docm|xlsm)\Z",
    re.IGNORECASE,
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, ValueError, OSError)
_HARMLESS = re.compile(r"/hyperlink\Z")
_HOLDS = re.compile(r"/(afchunk|oleobject|package|control|activexcontrolbinary|subdocument|frame)\Z", re.IGNORECASE)
_HREF = re.compile(rb"""href\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CLICKED = re.compile(rb"<(?:[\w.-]+:)?a[\s/>]")
_ELSEWHERE = re.compile(rb"\A\s*(?:[a-z][a-z0-9+.-]*:|//|\\|\.\./)|&", re.IGNORECASE)


def check_office(body: bytes, kind: str) -> None:
    """Judge a document of Word or Excel of this kind."""
    with _package(body) as package:
        types = _xml(package, "[Content_Types].xml")
        named = [str(one.get("ContentType", "")).lower() for one in types.iterchildren("{*}Override", "{*}Default")]
        if any("macroenabled" in one or "vba" in one for one in named):
            raise _refused("doc_macro")
        if f"{kind}.main+xml".lower() not in named:
            raise _refused("doc_other")
        for name in package.namelist():
            if name.lower().endswith(".rels"):  # names of parts are the same in small letters and in capitals
                _check_links(_xml(package, name))


def check_open_document(body: bytes, kind: str) -> None:
    """Judge a document of LibreOffice of this kind."""
    with _package(body) as package:
        first = package.infolist()[0]
        if first.filename != "mimetype" or first.file_size > 100 or package.read(first) != kind.encode():
            raise _refused("doc_other")
        if b"encryption-data" in _read(package, "META-INF/manifest.xml"):
            raise _refused("doc_locked")
        for name in {"content.xml", "styles.xml"} & set(package.namelist()):
            # Without the zeros of an encoding in two bytes: what is looked for stands in it either way.
            body = _read(package, name).replace(b"\0", b"")
            if b"script:event-listener" in body:
                raise _refused("doc_macro")
            _check_fetched(body)


def _refused(why: str) -> Invalid:
    return Invalid("This document is not taken.", field=why)


def _package(body: bytes) -> zipfile.ZipFile:
    """Open a package of which the directory is in order, and of which every part was read once."""
    if body.rfind(_END) != len(body) - 22 or not body.startswith(b"PK\x03\x04"):
        raise _refused("doc_double" if zipfile.is_zipfile(io.BytesIO(body)) else "doc_other")
    try:
        package = zipfile.ZipFile(io.BytesIO(body))
        _check_directory(package.infolist())
        if package.testzip() is not None:  # reads no more of a part than the directory says, and compares its sum
            raise _refused("doc_broken")
    except _BROKEN as error:
        raise _refused("doc_broken") from error
    return package


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if min((part.header_offset for part in parts), default=1) != 0:
        raise _refused("doc_double")
    tight = any(part.file_size > max(_SMALL, MOST_RATIO * part.compress_size) for part in parts)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES or tight:
        raise _refused("doc_bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise _refused("doc_locked")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        raise _refused("doc_broken")
    _check_names(names)


def _check_names(names: Iterable[str]) -> None:
    found = list(names)
    if len({name.lower() for name in found}) < len(found):
        raise _refused("doc_double")
    if any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in found):
        raise _refused("doc_broken")
    if any(_MACRO.search(name) for name in found):
        raise _refused("doc_macro")
    if any(_INSIDE.search(name) for name in found):
        raise _refused("doc_inside")


def _check_links(links: etree._Element) -> None:
    """Refuse what is fetched from elsewhere when the document is opened; a link that somebody clicks may be there.

    What it holds inside is known by what it is to the document, whatever its part is called.
    """
    for link in links.iterchildren("{*}Relationship"):
        if _HOLDS.search(str(link.get("Type", ""))):
            raise _refused("doc_inside")
        outside = str(link.get("TargetMode", "")).lower() == "external"
        if outside and not _HARMLESS.search(str(link.get("Type", ""))):
            raise _refused("doc_links")


def _check_fetched(body: bytes) -> None:
    """Refuse what is fetched from elsewhere once it is opened: all that points outside, but a link to click on."""
    for found in _HREF.finditer(body):
        begins = body.rfind(b"<", 0, found.start())
        if _ELSEWHERE.search(found[1] or found[2] or b"") and not _CLICKED.match(body, max(begins, 0)):
            raise _refused("doc_links")


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        return package.read(name)
    except _BROKEN as error:
        raise _refused("doc_broken") from error


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    try:
        return safe_xml.loads(_read(package, name), max_bytes=_MOST_XML)
    except Refusal as error:
        raise _refused("doc_broken") from error
