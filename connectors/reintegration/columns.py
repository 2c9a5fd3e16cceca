"""The columns of a file: what stands in a document under a path, flat. One table, both ways."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from connectors.protocol import Loss
from connectors.reintegration.words import Sort
from schemas.cells import as_said
from schemas.identifiers import derived_id

Json = dict[str, Any]
LOCAL = ZoneInfo("Europe/Amsterdam")
SEVERAL = "|"
DATE = "datum"
# Column -> path in the document.
COLUMNS: dict[str, str] = {
    "soort": "soort",
    "berichtId": "berichtId",
    "verzondenOp": "verzondenOp",
    "afzender": "afzender.organisatie",
    "ontvanger": "ontvanger.organisatie",
    "verwijzingId": "verwijzingId",
    "registratienummerRv": "registratienummerRv",
    "kenmerk": "kenmerk",
    "status": "status",
    DATE: "tijdstip",
    **{name: f"client.{name}" for name in ("bsn", "clientnummer", "achternaam", "voorvoegsel", "voorletters")},
    **{name: f"client.{name}" for name in ("voornamen", "geboortedatum", "geboortedatumPrecisie", "geslacht")},
    **{name: f"voorziening.{name}" for name in ("DatBRv", "DatERv", "CdTypeRvGsd", "OmsRv", "CdDoelRv")},
    **{name: f"voorziening.{name}" for name in ("CdArbeidsvermogen", "PercLoonwaardeTovWml")},
    "dienst": "dienst.code",
    "dienstCodestelsel": "dienst.codestelsel",
    "dienstOmschrijving": "dienst.omschrijving",
    "leefgebieden": "leefgebieden",
    "aanleiding": "aanleiding",
    "woordenClient": "woordenClient",
    "sterkePunten": "sterkePunten",
    "urgentie": "urgentie",
    **{name: f"grondslag.{name}" for name in ("grond", "doel", "wet", "bewijs")},
    "behandelaar": "behandelaar",
    "toelichting": "toelichting",
    "reden": "reden.code",
    "redenCodestelsel": "reden.codestelsel",
    "redenOmschrijving": "reden.omschrijving",
    "redenEinde": "redenEinde.code",
    "redenEindeCodestelsel": "redenEinde.codestelsel",
    "redenEindeOmschrijving": "redenEinde.omschrijving",
    "resultaat": "resultaat",
    "betreftBericht": "betreftBericht",
    "uitkomst": "uitkomst",
    "codes": "codes",
}
LISTS = frozenset({"leefgebieden", "sterkePunten"})
CODES = "codes"
_COLUMN_OF = {path: column for column, path in COLUMNS.items()}


def column_of(path: str) -> str:
    """Give the column for a path that the schema names; a place in a list is the list."""
    parts = [part for part in path.split(".") if not part.isdigit()]
    while parts:
        found = _COLUMN_OF.get(".".join(parts))
        if found is not None:
            return found
        parts.pop()
    return next((column for column, known in COLUMNS.items() if known.startswith(f"{path}.")), "")


def document_of_row(columns: Sequence[str], cells: Sequence[str], partner: str) -> Json:
    """Give the document that a row says; what is left empty is left out.

    Without a ``berichtId`` the row is known by what it says: the same row in another file is the same message.
    """
    said = {name: as_said(cell.strip()) for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    document: Json = {"soort": Sort.PROGRESS.value}
    for name, text in said.items():
        value: Any = text
        if name in LISTS:
            value = [part.strip() for part in text.split(SEVERAL)]
        elif name == CODES:
            value = [{"code": part.strip()} for part in text.split(SEVERAL)]
        elif name == DATE:
            value = _moment(text)
        _put(document, COLUMNS[name].split("."), value)
    document.setdefault("verzondenOp", document.get("tijdstip"))
    key = "\x1e".join(f"{name}\x1f{said[name]}" for name in sorted(said))
    document.setdefault("berichtId", derived_id("reintegration-line", partner, key))
    return document


def _put(document: Json, path: list[str], value: Any) -> None:
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document[path[-1]] = value


def _moment(text: str) -> str:
    """Give a day as the begin of it in the Netherlands; anything else as it stands, for the schema to judge."""
    try:
        day = dt.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return text
    return day.replace(tzinfo=LOCAL).isoformat()


def row_of_document(document: Mapping[str, Any], losses: list[Loss]) -> dict[str, str]:
    """Give the cells of a document, by column, in the order of the table."""
    row = {}
    for column, path in COLUMNS.items():
        value: Any = document
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list):
            value = _several(column, value, losses)
        if value is not None:
            row[column] = str(value)
    return row


def _several(column: str, values: list[Any], losses: list[Loss]) -> str:
    texts = [str(value["code"] if isinstance(value, dict) else value) for value in values]
    if any(SEVERAL in text for text in texts):
        losses.append(Loss(field=column, why=f"a {SEVERAL} in it is written as /"))
    if any(isinstance(value, dict) and len(value) > 1 for value in values):
        losses.append(Loss(field=column, why="a cell holds codes, not their lists and words"))
    return f" {SEVERAL} ".join(text.replace(SEVERAL, "/") for text in texts)
