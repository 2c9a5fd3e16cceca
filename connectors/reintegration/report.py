"""The answer to a file: what became of each line, in Dutch, as CSV; and such an answer of a partner, read."""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Payload, Reading
from connectors.reintegration import csvform
from connectors.reintegration.lines import Line, Row
from schemas.identifiers import derived_id
from schemas.message import Coded, Message, MessageData, Receipt, source_of
from schemas.vocabulary import MessageKind

HEADING = ["regel", "betreftBericht", "oordeel", "kolom", "reden"]
READ, REFUSED, SAME = "gelezen", "geweigerd", "dubbel"
_SAID = (
    (re.compile(r"Missing data for required field\."), "Verplicht, maar leeg."),
    (re.compile(r"Must be one of: (.*)\."), r"Kies een van: \1."),
    (re.compile(r"Longer than (\d+) characters\."), r"Langer dan \1 tekens."),
    (re.compile(r"Longer than maximum length (\d+)\."), r"Meer dan \1."),
    (re.compile(r"Must not be empty\."), "Mag niet leeg zijn."),
    (re.compile(r"Must be a date as (.*)\."), r"Schrijf een datum als \1."),
    (re.compile(r"Must be a moment as (.*)\."), r"Schrijf een moment als \1, of een datum als 2026-11-24."),
    (re.compile(r"Needs a time zone, as (.*)\."), r"Zonder tijdzone: schrijf \1."),
    (re.compile(r"There is no such (day|moment)\."), "Deze datum bestaat niet."),
    (re.compile(r"Is not a (date|moment) of this time\."), "Deze datum kan niet."),
    (re.compile(r"Is not a citizen service number.*"), "Geen geldig BSN."),
    (re.compile(r"Must be a UUID\."), "Schrijf een UUID."),
    (
        re.compile(r"Must be the number that Schakel gave, digits only\."),
        "Schrijf het nummer van Schakel, alleen cijfers.",
    ),
    (re.compile(r"Is no number that Schakel gives\."), "Dit nummer geeft Schakel niet."),
    (re.compile(r"Must be a percentage as (.*)\."), r"Schrijf een percentage als \1."),
    (re.compile(r"Must be a code of one .*"), "Schrijf één letter of cijfer."),
    (re.compile(r"Must be a code of two .*"), "Schrijf twee letters of cijfers."),
    (re.compile(r"Lies before DatBRv\."), "Ligt voor DatBRv."),
    (re.compile(r"The referral is not named\."), "De regel noemt geen verwijzing."),
    (re.compile(r"Holds characters that can't be seen.*"), "Bevat tekens die niet te zien zijn."),
    (re.compile(r"A field that this message does not have\."), "Hoort niet bij deze soort."),
    (re.compile(r"Has (\d+) columns where the heading has (\d+)\."), r"\1 kolommen; de kop heeft er \2."),
    (
        re.compile(r"Is not in the encoding of the file\."),
        "Niet in de codering van het bestand (UTF-8, of wat is afgesproken).",
    ),
    (re.compile(r"Says nothing that can be recorded\."), "Zegt niets dat vastgelegd kan worden."),
    (
        re.compile(r"A quotation mark is not closed.*"),
        "Een aanhalingsteken is niet gesloten: vanaf hier is niets gelezen.",
    ),
    (re.compile(r"A quotation mark stands .*"), "Een aanhalingsteken staat op een plek waar dat niet kan."),
    (re.compile(r"The heading of column (\d+) is none.*"), r"De kop van kolom \1 is onbekend."),
    (re.compile(r"The heading of column (\d+) stands twice\."), r"De kop van kolom \1 staat er tweemaal."),
    (re.compile(r"The heading lacks a column: (.*)\."), r"In de kop ontbreekt een kolom: \1."),
    (re.compile(r"The file is empty\."), "Het bestand is leeg."),
    (re.compile(r"The file holds no lines\."), "Het bestand heeft geen regels."),
    (re.compile(r"The file is in UTF-16.*"), "Bewaar het bestand als UTF-8."),
    (re.compile(r"A file holds (\d+) (lines|bytes) at most\."), r"Het bestand is te groot: hooguit \1."),
    (re.compile(r"A cell holds a formula\."), "De cel bevat een formule; schrijf de waarde."),
    (
        re.compile(r"This identification was used before.*"),
        "Dit bestand is al eerder aangeboden, met een andere inhoud.",
    ),
)
_OTHERWISE = "Dit kan niet gelezen worden."


def dutch(text: str) -> str:
    """Give the words of a refusal in Dutch."""
    for pattern, said in _SAID:
        found = pattern.fullmatch(text)
        if found:
            return found.expand(said).replace(" or ", " of ")
    return _OTHERWISE


def of_lines(lines: Iterable[Line]) -> Payload:
    """Report on each line of a file."""
    rows = []
    for line in lines:
        row = {"regel": str(line.line), "betreftBericht": line.reference, "oordeel": READ}
        if line.refusal is not None:
            row |= {"oordeel": REFUSED, "kolom": line.column, "reden": dutch(line.refusal.message)}
        elif line.same_as is not None:
            row |= {"oordeel": SAME, "reden": f"Zegt hetzelfde als regel {line.same_as}."}
        rows.append(row)
    return _payload(rows)


def of_refusal(refusal: Refusal | None) -> Payload:
    """Report that a whole file was refused."""
    row = {"regel": "1", "oordeel": REFUSED, "reden": dutch(refusal.message) if refusal else _OTHERWISE}
    return _payload([row])


def _payload(rows: list[dict[str, str]]) -> Payload:
    return Payload(body=csvform.written(HEADING, list(rows)), content_type=f"{csvform.MEDIA_TYPE}; charset=utf-8")


def is_report(heading: Row | None) -> bool:
    """Whether a file with this heading is an answer to one of ours."""
    return heading is not None and list(heading.cells) == HEADING


def read_report(rows: Iterable[Row], body: bytes, book: AddressBook, now: dt.datetime) -> Reading:
    """Read a partner's answer to a file: a receipt for each line that names a message of ours. Its words stay out."""
    identification = f"file:{hashlib.sha256(body).hexdigest()}"
    messages = []
    for row in rows:
        if len(row.cells) != len(HEADING):
            continue  # what is no line of an answer answers nothing
        said = dict(zip(HEADING, row.cells, strict=True))
        refused = said["oordeel"] == REFUSED
        codes = (Coded(code=said["kolom"][:80], system="reintegration:field"),) if refused and said["kolom"] else ()
        reference = said["betreftBericht"] or "unnamed"
        messages.append(
            Message(
                id=derived_id("reintegration", identification, str(row.line)),
                kind=MessageKind.REFUSED if refused else MessageKind.PROCESSED,
                source=source_of(book.partner.oin, "reintegratie"),
                time=now,
                sender=book.partner.code,
                receiver=book.municipality.code,
                data=MessageData(receipt=Receipt(reference=reference[:80], codes=codes)),
            )
        )
    return Reading(identification=identification, messages=tuple(messages))
