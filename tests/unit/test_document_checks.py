"""Which files are kept as a document, and why the others are not."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from openpyxl import Workbook

from hub.rules.document_names import clean_name, renamed
from hub.services.cases import document_packages
from hub.services.cases.document_checks import judged
from hub.services.errors import Invalid

MOST = 1_000_000
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
JPG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\x11" * 40 + b"\xff\xd9"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def block(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(wide: int = 1, high: int = 1) -> bytes:
    head = block(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + block(b"IDAT", zlib.compress(b"\0\0")) + block(b"IEND", b"")


def packed(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, body in parts.items():
            made.writestr(name, body)
    return out.getvalue()


def types(kind: str = f"{WORD}.main+xml") -> str:
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<Types xmlns="{space}"><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'


def docx(more: Mapping[str, bytes | str] | None = None, **changed: str) -> bytes:
    parts = {"[Content_Types].xml": types(), "word/document.xml": "<a/>"} | changed
    return packed({**parts, **(more or {})})


def links(kind: str, mode: str) -> dict[str, bytes | str]:
    one = f'<Relationship Id="r1" Type="http://x/{kind}" Target="http://elders.example/x" TargetMode="{mode}"/>'
    return {"word/_rels/document.xml.rels": f'<Relationships xmlns="http://p">{one}</Relationships>'}


def odt(content: str = "<a/>", manifest: str = "<m/>") -> bytes:
    parts = {"mimetype": ODT, "content.xml": content, "META-INF/manifest.xml": manifest}
    return packed(parts, zipfile.ZIP_STORED)


def xlsx() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def pdf_with(objects: bytes) -> bytes:
    return PDF.replace(b"trailer", objects + b"\ntrailer")


def hidden_in_objects(said: bytes, *, times: int = 1) -> bytes:
    """Give a PDF whose objects stand packed in a stream, as most programs write them."""
    stream = zlib.compress(b"7 0 8 30 " + said * times)
    return pdf_with(b"9 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream endobj")


def lies_about_its_size() -> bytes:
    """Give a package that says of a part of ten million bytes that it has ten."""
    body = bytearray(docx({"word/media/x.xml": b"0" * 10_000_000}))
    for found in (body.find(struct.pack("<I", 10_000_000)), body.rfind(struct.pack("<I", 10_000_000))):
        body[found : found + 4] = struct.pack("<I", 10)
    return bytes(body)


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("brief.pdf", PDF, "application/pdf"),
        ("foto.JPG", JPG, "image/jpeg"),
        ("foto.jpeg", JPG, "image/jpeg"),
        ("scan.png", png(), "image/png"),
        ("lijst.txt", "Één lijst:\r\n- post\n".encode(), "text/plain"),
        ("oud.txt", "Één lijst".encode("cp1252"), "text/plain"),
        ("brief.docx", docx(), WORD),
        ("klik.docx", docx(links("hyperlink", "External")), WORD),
        ("sommen.xlsx", xlsx(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("brief.odt", odt(), ODT),
        ("klik.odt", odt('<t><text:a xlink:href="https://x/?a=1&amp;b"/><d xlink:href="Pictures/1.png"/></t>'), ODT),
    ],
)
def test_what_people_keep_is_kept_as_what_it_is(name: str, body: bytes, media_type: str) -> None:
    assert judged(name, body, MOST).media_type == media_type


REFUSED: list[tuple[str, str, bytes]] = [
    ("doc_empty", "brief.pdf", b""),
    ("doc_large", "brief.pdf", PDF + b" " * MOST),
    ("doc_kind", "film.mp4", b"\0\0\0\x18ftypmp42"),
    ("doc_kind", "zondernaam", PDF),
    ("doc_macro", "brief.docm", docx()),
    ("doc_old_office", "brief.doc", b"\xd0\xcf\x11\xe0"),
    ("doc_web", "pagina.html", b"<html>"),
    ("doc_web", "tekening.svg", b"<svg/>"),
    ("doc_archive", "alles.zip", packed({"brief.pdf": PDF})),
    ("doc_program", "factuur.pdf.exe", b"MZ"),
    # The name says one thing, the content another.
    ("doc_program", "factuur.pdf", b"MZ" + b"\0" * 200),
    ("doc_web", "brief.pdf", b"<html><script>alert(1)</script>"),
    ("doc_other", "foto.png", JPG),
    ("doc_other", "brief.pdf", packed({"brief.pdf": PDF})),
    ("doc_other", "brief.docx", PDF),
    ("doc_other", "brief.docx", docx(**{"[Content_Types].xml": types("text/plain")})),
    ("doc_other", "sommen.xlsx", docx()),
    ("doc_other", "brief.odt", docx()),
    ("doc_other", "brief.txt", b"MZ\0\0\1"),
    ("doc_web", "brief.txt", b"  <!DOCTYPE html><p>"),
    ("doc_web", "brief.txt", b"#!/bin/sh\nrm"),
    # One file that is two.
    ("doc_double", "foto.jpg", JPG + packed({"a.class": b"x"})),
    ("doc_double", "brief.pdf", PDF + packed({"a.class": b"x"})),
    ("doc_double", "scan.png", png() + b"<script>"),
    ("doc_double", "foto.jpg", JPG[:24] + PDF + JPG[24:]),
    ("doc_double", "foto.jpg", JPG[:24] + b"<script>alert(1)</script>" + JPG[24:]),
    ("doc_double", "brief.docx", docx() + b"more"),
    ("doc_program", "brief.docx", b"MZ" + docx()),
    # What becomes too much once it is opened.
    ("doc_bomb", "scan.png", png(60_000, 60_000)),
    ("doc_bomb", "brief.docx", docx({"word/media/x.xml": b"0" * 5_000_000})),
    ("doc_bomb", "brief.pdf", hidden_in_objects(b"0" * 1_000, times=40_000)),
    ("doc_broken", "brief.docx", lies_about_its_size()),
    # What may do something.
    ("doc_active", "brief.pdf", pdf_with(b"<< /S /JavaScript /JS (app.alert(1)) >>")),
    ("doc_active", "brief.pdf", pdf_with(b"<< /S /Java#53cript >>")),
    ("doc_active", "brief.pdf", hidden_in_objects(b"<< /S /Launch /F (cmd.exe) >>")),
    ("doc_active", "brief.pdf", pdf_with(b"<< /Type /EmbeddedFile >>")),
    ("doc_locked", "brief.pdf", pdf_with(b"<< /Encrypt 4 0 R >>")),
    ("doc_macro", "brief.docx", docx({"word/vbaProject.bin": b"x"})),
    (
        "doc_macro",
        "brief.docx",
        docx(**{"[Content_Types].xml": types("application/vnd.ms-word.document.macroEnabled.main+xml")}),
    ),
    ("doc_macro", "brief.odt", packed({"mimetype": ODT, "Basic/x.xml": "<a/>"}, zipfile.ZIP_STORED)),
    ("doc_macro", "brief.odt", odt('<a xmlns:script="s"><script:event-listener/></a>')),
    ("doc_links", "beeld.odt", odt('<t><draw:image\nxlink:href = "https://elders.example/x.png"/></t>')),
    ("doc_links", "beeld.odt", odt("<t><s:section-source b='>' x:href='&#102;ile:///c/x'/></t>")),
    ("doc_links", "lijst.odt", odt('<a-bron xlink:href="\\\\elders\\x"/>')),
    ("doc_links", "hoofd.docx", docx({"word/_rels/document.xml.RELS": links("image", "External").popitem()[1]})),
    ("doc_inside", "stuk.docx", docx(links("aFChunk", "Internal"))),
    ("doc_locked", "brief.odt", odt(manifest="<m><encryption-data/></m>")),
    ("doc_inside", "brief.docx", docx({"word/embeddings/x.bin": b"x"})),
    ("doc_inside", "brief.docx", docx({"word/media/x.exe": b"x"})),
    ("doc_links", "brief.docx", docx(links("attachedTemplate", "External"))),
    ("doc_broken", "brief.docx", docx({"../weg.xml": b"x"})),
    ("doc_broken", "scan.png", png()[:40]),
    ("doc_broken", "brief.pdf", b"%PDF-1.7\nhalf"),
]


@pytest.mark.parametrize(
    ("why", "name", "body"), REFUSED, ids=[f"{why}-{place}" for place, (why, *_) in enumerate(REFUSED)]
)
def test_what_may_harm_or_hide_is_refused_and_said_why(why: str, name: str, body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        judged(name, body, MOST)
    assert refused.value.field == why


def test_a_package_with_more_parts_than_a_document_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_packages, "MOST_PARTS", 3)
    with pytest.raises(Invalid) as refused:
        judged("brief.docx", docx({f"word/{number}.xml": b"x" for number in range(3)}), MOST)
    assert refused.value.field == "doc_bomb"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\Naima\\brief.pdf", "brief.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("  Overzicht   schulden .pdf ", "Overzicht schulden.pdf"),
        ("fac\u202etxt.exe\u202c.pdf", "factxt.exe.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a-b Set-Cookie- x.pdf"),
        ("..pdf", "pdf"),
        ("", "document"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_plain_before_it_is_kept(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_another_name_leaves_the_kind_of_file_as_it_is() -> None:
    assert renamed("brief.pdf", "Brief van de deurwaarder") == "Brief van de deurwaarder.pdf"
    assert renamed("brief.pdf", "brief.exe") == "brief.exe.pdf"
    assert renamed("brief.pdf", "nieuw.PDF") == "nieuw.PDF"
