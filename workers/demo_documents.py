"""The papers in the file of Karin when the demo begins: each a real PDF of one page."""

from dataclasses import dataclass

from hub.services.cases.documents import Brought
from schemas.vocabulary import LifeDomain


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper: how many days ago who kept it, what it is called, what it says, and what it is about."""

    days_ago: int
    by: str
    name: str
    lines: tuple[str, ...]
    domains: tuple[LifeDomain, ...] = ()


PAPERS = (
    Paper(
        days_ago=50,
        by="naima",
        name="Overzicht schulden.pdf",
        lines=("Overzicht schulden", "Energie: 412 euro", "Zorgverzekering: 268 euro", "Postorder: 1.150 euro"),
        domains=(LifeDomain.FINANCES,),
    ),
    Paper(
        days_ago=12,
        by="marloes",
        name="Plan van Karin, versie 3.pdf",
        lines=("Plan van Karin", "Ik wil weer een dag met iets erin.", "Ik wil niet meer schrikken van de post."),
    ),
)


def brought(paper: Paper) -> Brought:
    """Give a paper as somebody brings it."""
    return Brought(name=paper.name, body=page(paper.lines), life_domains=paper.domains)


def page(lines: tuple[str, ...]) -> bytes:
    """Give a PDF of one page (ISO 32000-1, annex H.3), with these lines."""
    words = " T* ".join(f"({line.translate({40: 91, 41: 93, 92: 47})}) Tj" for line in lines)
    text = f"BT /F1 14 Tf 72 760 Td 22 TL {words} ET".encode("cp1252")
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    ends = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + b"xref\n0 6\n0000000000 65535 f \n" + table + ends
