"""Files of lines: each line is a message, a bad one is named by its number, and no cell is a formula."""

import contextlib
import csv
import dataclasses
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload, Reading, Verdict
from connectors.reintegration import report
from connectors.reintegration.columns import COLUMNS, column_of
from connectors.reintegration.lines import MOST_LINES
from connectors.reintegration.shapes import SHAPES
from schemas.cells import as_said, harmless
from schemas.message import Coded, Message, MessageData, Receipt
from schemas.vocabulary import MessageKind
from tests.personas import SHARED
from tests.unit.test_mental_health_generated import HARD, MESSAGES
from tests.unit.test_reintegration_json import told
from tests.unit.test_reintegration_material import (
    BOOK,
    CONNECTOR,
    KINDS,
    NOW,
    SAMPLES,
    book,
    closing,
    full_referral,
    message,
    read,
    refused,
)  # fmt: skip

BAD = SHARED / "bad-inputs"
HEADING = "registratienummerRv;status;datum;toelichting"
GOOD = "20260117;gestart;2026-11-02;ok"
THEIRS = {"naam": "achternaam", "traject": "kenmerk", "startdatum": "datum", "opmerking": "toelichting"}


def a_file(*lines: str, heading: str = HEADING) -> bytes:
    return "\r\n".join([heading, *lines, ""]).encode()


def rejected(reading: Reading) -> list[tuple[str | None, str]]:
    return [(one.field, one.message) for one in reading.rejected]


def answered(body: bytes, known: Any = BOOK, verdict: Verdict = Verdict.ACCEPTED) -> list[dict[str, str]]:
    """The rows of our answer to a file."""
    answer = CONNECTOR.acknowledge(Payload(body=body, content_type="text/csv"), verdict, None, known, NOW)
    assert answer is not None
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), delimiter=";"))


# -- both ways -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
def test_each_kind_of_message_comes_back_as_it_went(kind: MessageKind, form: str) -> None:
    canonical = message(kind, note="=1+1 is een woord erbij.")
    writing = CONNECTOR.write(canonical, book(format=form), NOW)
    assert writing.losses == ()
    [found] = CONNECTOR.read(writing.payload, BOOK, NOW).messages
    assert (found.kind, found.sender, found.receiver, found.time) == (
        kind, canonical.sender, canonical.receiver, canonical.time,
    )  # fmt: skip
    assert found.data == told(canonical)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("canonical", [full_referral(), closing()], ids=["referral", "closing"])
def test_all_that_can_be_said_is_said(canonical: Message, form: str) -> None:
    writing = CONNECTOR.write(canonical, book(format=form), NOW)
    assert writing.losses == ()
    assert CONNECTOR.read(writing.payload, BOOK, NOW).messages[0].data == told(canonical)
    assert CONNECTOR.write(canonical, book(format=form), NOW).payload.body == writing.payload.body


@HARD
@given(canonical=MESSAGES)
def test_whatever_is_written_as_csv_is_read_back_or_told_as_lost(canonical: Message) -> None:
    original = Message.from_json(canonical.to_json())
    try:
        writing = CONNECTOR.write(original, book(format="csv"), NOW)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.CANNOT_EXPRESS
        return
    [found] = CONNECTOR.read(writing.payload, BOOK, NOW).messages
    lost = {COLUMN_FIELDS.get(loss.field, loss.field.split(".")[0]) for loss in writing.losses}
    expected = told(original) if not original.kind.is_receipt else original.data
    for field in dataclasses.fields(MessageData):
        if field.name not in lost | {"event", "status", "implies"}:
            assert getattr(found.data, field.name) == getattr(expected, field.name), field.name


COLUMN_FIELDS = {"sterkePunten": "strengths", "codes": "receipt", "leefgebieden": "life_domains"}


@HARD
@given(text=st.text(max_size=30))
def test_no_text_is_a_formula_and_every_text_comes_back(text: str) -> None:
    cell = harmless(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert as_said(cell) == text


def test_every_column_is_a_field_of_a_message() -> None:
    names = {name for shape in SHAPES.values() for name in shape.fields} - {"versie"}
    assert {path.split(".")[0] for path in COLUMNS.values()} == names
    assert all(column_of(path) == column for column, path in COLUMNS.items())


# -- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_separator_mark_and_line_end_may_differ(separator: str, mark: bytes, end: bytes) -> None:
    body = a_file(GOOD, GOOD.replace("gestart", "afgerond")).replace(b";", separator.encode()).replace(b"\r\n", end)
    reading = read(mark + body)
    assert [one.kind for one in reading.messages] == [MessageKind.STARTED, MessageKind.COMPLETED]
    assert reading.rejected == ()


def test_a_bad_line_is_named_and_the_others_go_on() -> None:
    body = a_file(
        GOOD,
        "20260117;begonnen;2026-11-02;",
        "20260118;gestart;2026-02-30;",
        ";gestart;2026-11-02;",
        "20260119;gestart;2026-11-02;te;veel",
        "",
        '20260120;gestart;2026-11-03;"over\r\ntwee regels; met een ""woord"""',
        "20260121;gestart",
    )
    reading = read(body)
    assert [one.data.referral_number for one in reading.messages] == [20260117, 20260120]
    assert reading.messages[1].data.note == 'over\r\ntwee regels; met een "woord"'
    assert [field for field, _why in rejected(reading)] == [
        "regel 3: status", "regel 4: datum", "regel 5: registratienummerRv", "regel 6", "regel 10",
    ]  # fmt: skip
    rows = answered(body)
    assert [(row["regel"], row["oordeel"], row["kolom"]) for row in rows] == [
        ("2", "gelezen", ""),
        ("3", "geweigerd", "status"),
        ("4", "geweigerd", "datum"),
        ("5", "geweigerd", "registratienummerRv"),
        ("6", "geweigerd", ""),
        ("8", "gelezen", ""),
        ("10", "geweigerd", ""),
    ]
    assert rows[1]["reden"].startswith("Kies een van: ontvangen, vraag,")
    assert rows[2]["reden"] == "Deze datum bestaat niet."
    assert rows[3]["reden"] == "De regel noemt geen verwijzing."
    assert rows[4]["reden"] == "5 kolommen; de kop heeft er 4."


def test_the_same_line_in_another_file_is_the_same_message_and_another_line_is_not() -> None:
    first, corrected = read(a_file(GOOD, "x;gestart;2026-11-02;")), read(a_file(GOOD.replace("ok", "goed"), GOOD))
    assert first.identification != corrected.identification
    assert first.messages[0] == corrected.messages[1]
    assert corrected.messages[0].id != corrected.messages[1].id
    other = CONNECTOR.read(
        Payload(body=a_file(GOOD), content_type=""), dataclasses.replace(BOOK), NOW.replace(year=2027)
    )
    assert other.messages[0] == first.messages[0], "what a line says has nothing to do with when it is read"


def test_the_order_of_the_columns_does_not_make_another_message() -> None:
    turned = a_file("gestart;20260117;ok;2026-11-02", heading="status;registratienummerRv;toelichting;datum")
    assert read(turned).messages == read(a_file(GOOD)).messages


def test_a_line_that_stands_twice_is_one_message() -> None:
    reading = read(a_file(GOOD, GOOD))
    assert len(reading.messages) == 1
    assert [loss.field for loss in reading.losses] == ["regel 3"]
    assert [row["oordeel"] for row in answered(a_file(GOOD, GOOD))] == ["gelezen", "dubbel"]


def test_a_quotation_mark_that_is_not_closed_ends_the_file_there() -> None:
    reading = read(a_file(GOOD, '20260118;gestart;2026-11-02;"open', GOOD.replace("ok", "later")))
    assert len(reading.messages) == 1
    assert [field for field, _why in rejected(reading)] == ["regel 3"]
    wrong = read(a_file('20260118;gestart;2026-11-02;"a"b', GOOD))
    assert ([field for field, _why in rejected(wrong)], len(wrong.messages)) == (["regel 2"], 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (a_file(GOOD, heading="registratienummerRv;stand;datum;toelichting"), "regel 1: kolom 2"),
        (a_file(GOOD, heading="registratienummerRv;status;datum;Status"), "regel 1: kolom 4"),
        (a_file("20260117;gestart", heading="registratienummerRv;status"), "regel 1"),
        (a_file("gestart;2026-11-02", heading="status;datum"), "regel 1"),
        (a_file(), "regel 2"),
        (a_file(GOOD).decode().encode("utf-16"), "regel 1"),
        (a_file(*[f"{n};gestart;2026-11-02;" for n in range(1, MOST_LINES + 2)]), "regel"),
        (a_file("x;gestart;2026-11-02;"), "regel 2: registratienummerRv"),
    ],
)
def test_a_file_is_refused_whole_for_its_heading_its_length_or_all_its_lines(body: bytes, field: str) -> None:
    assert refused(body).field == field


def test_a_partner_may_have_headings_of_its_own() -> None:
    known = book(columns=THEIRS)
    reading = read(
        a_file("T-1;onbekend;2026-11-02", "T-1;gestart;2026-11-02", heading="Traject;Status;Startdatum"), known
    )
    assert reading.messages[0].data.correlation == {"reintegration:kenmerk": "T-1"}
    assert [field for field, _why in rejected(reading)] == ["regel 2: Status"]


@pytest.mark.parametrize(
    ("dialect", "keys"),
    [
        ({}, []),
        ({"format": "csv", "encoding": "windows-1252", "columns": THEIRS}, []),
        ({"format": "xls", "encoding": "ebcdic", "kleur": "rood"}, ["kleur", "format", "encoding"]),
        ({"columns": {"naam": "name"}}, ["columns.naam"]),
        ({"columns": ["naam"]}, ["columns"]),
    ],
)
def test_the_settings_of_a_partner_are_checked(dialect: dict[str, Any], keys: list[str]) -> None:
    assert [mistake.key for mistake in CONNECTOR.check(dialect)] == keys


def test_windows_1252_is_read_where_the_partner_writes_it_and_utf_8_is_still_known() -> None:
    body = a_file("20260117;gestart;2026-11-02;café € 5")
    for raw in (body, body.decode().encode("cp1252")):
        assert read(raw, book(encoding="windows-1252")).messages[0].data.note == "café € 5"
    assert refused(body.decode().encode("cp1252")).field == "regel 2: toelichting"


# -- the index of bad inputs -----------------------------------------------------------------------------------------

bad = pytest.mark.skipif(not BAD.is_dir(), reason="the collected bad inputs are not on this computer")


@bad
def test_formulas_are_read_as_words_and_never_written_as_formulas() -> None:
    reading = read((BAD / "csv-formulas.csv").read_bytes(), book(columns=THEIRS))
    notes = [one.data.note for one in reading.messages]
    # the first holds quotation marks and separators of its own: as columns it is one too many
    assert [field for field, _why in rejected(reading)] == ["regel 2"]
    assert notes == ["+cmd|'/C calc'!A0", "@SUM(1+1)*cmd", "-2+3+cmd", "=1+1"]
    for one in reading.messages:
        told_on = dataclasses.replace(one, sender=one.receiver, receiver=one.sender)
        body = CONNECTOR.write(told_on, book(format="csv"), NOW).payload.body.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(body, newline=""), delimiter=";"):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@bad
def test_a_line_in_another_encoding_is_refused_by_its_number() -> None:
    reading = read((BAD / "csv-mixed-encoding.csv").read_bytes(), book(columns=THEIRS))
    assert [one.data.note for one in reading.messages] == ["café", "goed"]
    assert [field for field, _why in rejected(reading)] == ["regel 3: opmerking"]


@bad
def test_shifted_columns_are_refused_by_their_line_and_the_third_is_taken() -> None:
    reading = read((BAD / "csv-shifted-column.csv").read_bytes(), book(columns=THEIRS))
    assert [(one.data.client and one.data.client.bsn, one.data.note) for one in reading.messages] == [
        ("999900031", "goed")
    ]
    assert [field for field, _why in rejected(reading)] == ["regel 2", "regel 3"]


# -- answers ---------------------------------------------------------------------------------------------------------


def test_our_report_is_read_as_receipts_by_the_other_side() -> None:
    sent = CONNECTOR.write(message(), book(format="csv"), NOW)
    answer = CONNECTOR.acknowledge(sent.payload, Verdict.ACCEPTED, None, BOOK, NOW)
    assert answer is not None
    [receipt] = CONNECTOR.read(answer, BOOK, NOW).messages
    assert (receipt.kind, receipt.data.receipt) == (MessageKind.PROCESSED, Receipt(reference=sent.reference))


def test_a_refused_line_is_a_refusal_with_its_column() -> None:
    answer = CONNECTOR.acknowledge(
        Payload(body=a_file("1;begonnen;2026-11-02;"), content_type="text/csv"), Verdict.REFUSED, None, BOOK, NOW
    )
    assert answer is not None
    [receipt] = CONNECTOR.read(answer, BOOK, NOW).messages
    assert receipt.kind is MessageKind.REFUSED
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.codes == (Coded(code="status", system="reintegration:field"),)


def test_a_file_that_is_refused_for_another_reason_has_no_line_that_reads_as_taken() -> None:
    why = Refusal(RefusalCode.NOT_ALLOWED, "This identification was used before, for another message.")
    payload = Payload(body=a_file(GOOD), content_type="text/csv")
    answer = CONNECTOR.acknowledge(payload, Verdict.REFUSED, why, BOOK, NOW)
    assert answer is not None
    assert b"gelezen" not in answer.body and "al eerder aangeboden" in answer.body.decode()


def test_every_reason_of_a_refused_line_is_said_in_dutch() -> None:
    words: dict[str, str] = {
        "begonnen": "status", "2026-13-01": "datum", "x" * 20: "registratienummerRv", "999900007": "bsn",
        "ABC": "CdTypeRvGsd", "AB": "CdDoelRv", "200": "PercLoonwaardeTovWml", "geluk": "leefgebieden",
        "1": "berichtId", "12": "verzondenOp", "x" * 101: "OmsRv", "\u202e": "toelichting", "0": "registratienummerRv",
        "1800-01-01": "datum", "2026-11-24T10:00:00": "datum", "x" * 301: "kenmerk", "-": "DatBRv",
    }  # fmt: skip
    for text, column in words.items():
        given_row = {"registratienummerRv": "1", "status": "gestart", "datum": "2026-11-02", column: text}
        [row] = answered(a_file(";".join(given_row.values()), heading=";".join(given_row)), verdict=Verdict.REFUSED)
        assert (row["oordeel"], row["kolom"]) == ("geweigerd", column), column
        assert row["reden"] != report._OTHERWISE, column
        assert text not in row["reden"] or len(text) < 3


def test_the_template_is_a_file_that_can_be_read() -> None:
    path = SAMPLES.parent / "sjabloon.csv"
    reading = read(path.read_bytes())
    assert reading.rejected == () and len(reading.messages) == 2
    heading = path.read_text(encoding="utf-8-sig").splitlines()[0].split(";")
    assert set(heading) <= set(COLUMNS)


# -- fuzz ------------------------------------------------------------------------------------------------------------

_ROWS = st.lists(
    st.lists(st.text(max_size=12) | st.sampled_from(["20260117", "gestart", "2026-11-02"]), max_size=6), max_size=6
)


@HARD
@given(rows=_ROWS, separator=st.sampled_from(";,"))
def test_any_rows_are_read_or_refused_and_always_answered(rows: list[list[str]], separator: str) -> None:
    body = (HEADING.replace(";", separator) + "\n" + "\n".join(separator.join(row) for row in rows)).encode()
    with contextlib.suppress(Refusal):
        for one in read(body).messages:
            Message.from_json(json.loads(json.dumps(one.to_json())))
    assert answered(body)


@HARD
@given(tail=st.binary(max_size=200))
def test_any_bytes_after_the_heading_are_read_or_refused(tail: bytes) -> None:
    with contextlib.suppress(Refusal):
        read(HEADING.encode() + b"\n" + tail)
