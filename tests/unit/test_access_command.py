"""The command that decides a table of questions: what it prints, and which files it refuses."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.access import access

CASES = Path(__file__).parent / "access_cases.csv"
EXAMPLES = Path(__file__).parents[3] / "shared" / "access-examples.csv"
LINES = CASES.read_text(encoding="utf-8").splitlines()
HEADER, FIRST = LINES[0], LINES[1]


def run(file: Path) -> Result:
    return CliRunner().invoke(access, ["decide", str(file)])


def run_text(tmp_path: Path, text: str | bytes) -> Result:
    file = tmp_path / "questions.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(file)


def without(column: str) -> str:
    rows = list(csv.DictReader(io.StringIO("\n".join(LINES[:3]))))
    out = io.StringIO()
    names = [name for name in rows[0] if name != column]
    writer = csv.DictWriter(out, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("file", [CASES, EXAMPLES], ids=lambda file: file.name)
def test_every_row_gets_the_answer_it_expects(file: Path) -> None:
    if not file.exists():
        pytest.skip(f"{file.name} is not here")
    result = run(file)
    assert (result.exit_code, result.stderr) == (0, "")
    with file.open(newline="", encoding="utf-8") as lines:
        expected = [(row["id"], row["decision"], row["mask"], row["rule"]) for row in csv.DictReader(lines)]
    printed = [tuple(row) for row in csv.reader(io.StringIO(result.stdout))]
    assert printed == [("id", "decision", "mask", "rule"), *expected]


@pytest.mark.parametrize("column", ["decision", "mask", "rule", "scenario", "recipient_org", "recipient_purpose"])
def test_a_column_that_is_not_needed_may_be_absent(tmp_path: Path, column: str) -> None:
    result = run_text(tmp_path, without(column))
    assert result.exit_code == 0
    assert result.stdout == "id,decision,mask,rule\nC001,deny,,D01\nC002,deny,,D01\n"


@pytest.mark.parametrize("column", ["id", "actor_org", "law", "in_scope", "flags"])
def test_a_column_that_decides_is_missed_by_name(tmp_path: Path, column: str) -> None:
    result = run_text(tmp_path, without(column))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"line 1, column {column}: missing" in result.stderr


def test_more_columns_blank_lines_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    text = f"\ufeff{HEADER},remark\r\n\r\n{FIRST},hello\r\n"
    assert run_text(tmp_path, text).stdout == "id,decision,mask,rule\nC001,deny,,D01\n"


def test_a_table_without_questions_gives_a_table_without_answers(tmp_path: Path) -> None:
    result = run_text(tmp_path, HEADER + "\n")
    assert (result.exit_code, result.stdout) == (0, "id,decision,mask,rule\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column id: the file is empty"),
        ("\n\n", "line 1, column id: the file is empty"),
        (f"{HEADER}\n{FIRST}\nC2,only,three\n", "line 3, column actor_role: missing"),
        (f"{HEADER}\n{FIRST},more\n", "line 2, column 24: one value too many"),
        (f"{HEADER}\n,{FIRST.split(',', 1)[1]}\n", "line 2, column id: empty"),
        (f"{HEADER},flags\n{FIRST},\n", "line 1, column flags: more than once"),
        (f'{HEADER}\n{FIRST}\nC2,"never closed\n\n', "line 3: unexpected end of data"),
        (f'{HEADER}\nC2,"a"b,\n', "line 2: "),
        (f"{HEADER}\n{FIRST}\n".encode() + b"\xff\n", "line 3, byte "),
        (f"{HEADER}\nC2,{'x' * 200_000}\n", "line 2: field larger"),
        (b"PK\x03\x04\x00\x00", "line 1, column id: missing"),
    ],
    ids=[f"refused {number}" for number in range(11)],
)
def test_a_file_that_is_no_table_is_refused_with_its_line_and_column(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    result = run_text(tmp_path, text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "questions.csv: " in result.stderr


def test_a_line_number_counts_lines_within_quotes(tmp_path: Path) -> None:
    text = f'{HEADER}\n"C1","two\nlines"{FIRST.split(",", 2)[2].join((",", ""))}\nC2,short\n'
    assert "line 4, column actor_org: missing" in run_text(tmp_path, text).stderr


def test_a_word_nobody_knows_is_denied_with_the_rule(tmp_path: Path) -> None:
    rows = [line for line in LINES if ",allow," in line and ",job_coach," in line]
    text = "\n".join([HEADER, rows[0].replace(",job_coach,", ",jobcoach,"), rows[0].replace(",yes,", ",ja,")])
    printed = run_text(tmp_path, text).stdout.splitlines()[1:]
    assert [line.split(",")[1:3] for line in printed] == [["deny", ""], ["deny", ""]]
    assert printed[0].endswith(",D03")


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    assert run(tmp_path / "nothing.csv").exit_code == 2


def test_an_id_that_a_spreadsheet_takes_for_a_formula_is_printed_as_a_text(tmp_path: Path) -> None:
    result = run_text(tmp_path, f"{HEADER}\n=1+1{FIRST.removeprefix('C001')}\n")
    assert result.stdout.splitlines()[1].startswith("'=1+1,")
