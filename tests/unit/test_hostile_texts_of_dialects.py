"""Encodings, numbers, addresses and packed texts with a second meaning: every dialect reads one way or refuses."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import NOT_THE_SENDER, Refusal
from connectors.protocol import Reading
from connectors.registry import NAMES
from tests.contract.partners import book_of, pairs
from tests.unit.test_hostile_dialects import brought, said

IN = [(name, theirs) for name in NAMES for theirs, _ours in pairs(name, "in") if theirs.suffix in (".json", ".xml")]
JSON = [(name, theirs) for name, theirs in IN if theirs.suffix == ".json"]
NOTICE, EVENT = (
    next(theirs for name, theirs in JSON if theirs.name == wanted)
    for wanted in ("in-notification.json", "in-cloudevent.json")
)
ENVELOPE = next(theirs for _name, theirs in IN if theirs.name == "in-wmo305-ggk.xml")


def named(found: list[tuple[str, Path]]) -> dict[str, Any]:
    return {"argvalues": found, "ids": [path.name for _name, path in found]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
@pytest.mark.parametrize(("name", "path"), **named(IN))
def test_another_encoding_is_refused(name: str, path: Path, encoding: str) -> None:
    assert isinstance(brought(name, path.read_text("utf-8").encode(encoding, "replace")), Refusal)


@pytest.mark.parametrize(("name", "path"), **named(IN))
def test_the_mark_of_utf_8_says_nothing(name: str, path: Path) -> None:
    plain = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    marked, good = brought(name, b"\xef\xbb\xbf" + plain), brought(name, plain)
    assert isinstance(marked, Reading)
    assert isinstance(good, Reading)
    # a message that bears no key of its own is known by its bytes
    assert [one.data for one in marked.messages] == [one.data for one in good.messages]


@pytest.mark.parametrize(
    "value",
    [
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 5_000,
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud800":1}',
        b"01",
        b"+1",
        b"'a'",
        b'"\x01"',
        b"/**/1",
    ],
    ids=lambda value: value[:14].decode(),
)
@pytest.mark.parametrize(("name", "path"), **named(JSON))
def test_what_is_no_json_everywhere_is_refused_wherever_it_stands(name: str, path: Path, value: bytes) -> None:
    body = path.read_bytes().rstrip()
    assert body.endswith(b"}")
    assert isinstance(brought(name, body[:-1] + b',"odd":' + value + b"}"), Refusal)


@pytest.mark.parametrize(("name", "path"), **named(JSON))
def test_a_key_that_stands_twice_is_refused_however_it_is_written(name: str, path: Path) -> None:
    text = path.read_text("utf-8")
    first = re.search(r'"([A-Za-z])([A-Za-z]+)"\s*:', text)
    assert first is not None
    other = f'{{"\\u{ord(first[1]):04x}{first[2]}": "x",'
    assert isinstance(brought(name, text.replace("{", other, 1).encode()), Refusal)


# -- addresses of a register -----------------------------------------------------------------------------------------

ZAAK = "/zaken/api/v1/zaken/8d5b6f3a-8f1e-4a53-9b1c-2f6a3e0c7d11"


def addresses(good: str) -> list[str]:
    """Give what looks like an address at the partner's own host and leads elsewhere."""
    host = good.split("/")[2]
    bare, port = host.partition(":")[0], "8443"
    places = [
        f"user@{host}", f"user:pass@{host}", f"{host}@127.0.0.1", f"{bare}:{port}", f"{bare}.", f"{bare}.evil.example",
        f"evil-{bare}", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[fe80::1%25eth0]", "[::ffff:127.0.0.1]",
        "localhost", bare.replace("a", "\u0430", 1), bare.replace(".", "\u3002", 1), f"{host}\\@127.0.0.1",
        f"{host}%2f@127.0.0.1", f"{host}#.evil.example", f"{host}\t", f" {host}",
    ]  # fmt: skip
    return [f"https://{place}{ZAAK}" for place in places if place != host]


PATHS = (
    "/zaken/../../admin", "/zaken/%2e%2e/8d5b6f3a-8f1e-4a53-9b1c-2f6a3e0c7d11", "/zaken/8d5b6f3a/../x", "/zaken/",
    f"{ZAAK}/../../../rollen", f"{ZAAK}?x=1", f"{ZAAK}/", f"{ZAAK};x", f"{ZAAK}%00", "/zaken/" + "-" * 36 + "x",
)  # fmt: skip


def good_address() -> str:
    return str(json.loads(NOTICE.read_bytes())["hoofdObject"])


def with_address(path: Path, address: str) -> Reading | Refusal:
    document = json.loads(path.read_bytes())
    holder = document.get("data", document)
    holder["hoofdObject"] = address
    return brought("access_team", json.dumps(document).encode())


@pytest.mark.parametrize("path", [NOTICE, EVENT], ids=["notification", "event"])
@pytest.mark.parametrize("address", addresses(good_address()))
def test_only_the_partners_own_host_is_ever_asked(path: Path, address: str) -> None:
    assert isinstance(with_address(path, address), Refusal)


@pytest.mark.parametrize("path", [NOTICE, EVENT], ids=["notification", "event"])
@pytest.mark.parametrize("tail", PATHS)
def test_only_a_zaak_is_ever_asked(path: Path, tail: str) -> None:
    host = "/".join(good_address().split("/")[:3])
    assert isinstance(with_address(path, host + tail), Refusal)


def event(**changes: Any) -> Reading | Refusal:
    document = {**json.loads(EVENT.read_bytes()), **changes}
    return brought("access_team", json.dumps({name: value for name, value in document.items() if value != ""}).encode())


def test_a_source_written_otherwise_is_another_source() -> None:
    own = json.loads(EVENT.read_bytes())["source"]
    others = [
        own.upper(),
        own.replace("urn:", "URN:"),
        own.replace(":", "%3a"),
        f"x {own}",
        f"{own}\u200b",
        own + "/../x",
    ]
    others.append(own.replace("000000", "\uff10" * 6, 1))
    for other in others:
        found = event(source=other)
        assert isinstance(found, Refusal), other
        assert found.dialect_code == NOT_THE_SENDER
    for other in ([own], {"a": own}, 1, True, None):
        assert isinstance(event(source=other), Refusal)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "", "data_base64": base64.b64encode(b'{"hoofdObject":"https://127.0.0.1/zaken/x"}').decode()},
        {"data": "", "dataref": f"http://169.254.169.254{ZAAK}"},
        {"data": "", "dataref": "file:///etc/passwd"},
        {"data": [good_address()]},
        {"data": {"hoofdObject": [good_address()]}},
        {"type": ["nl.zaken"]},
        {"id": 1},
        {"specversion": 1.0},
        {"specversion": "0.3"},
        {"Source": "x"},
        {"subject": "999990019"},
    ],
    ids=str,
)
def test_an_event_of_odd_types_or_with_its_data_elsewhere_is_refused(changes: dict[str, Any]) -> None:
    assert isinstance(event(**changes), Refusal)


# -- a message in base64 ---------------------------------------------------------------------------------------------


def packed(change: Any) -> Reading | Refusal:
    text = ENVELOPE.read_text("utf-8")
    found = re.search(r"(<(?:\w+:)?xmlBestand[^>]*>)([^<]+)<", text)
    assert found is not None
    return brought("social_work", text.replace(found[2], change("".join(found[2].split()))).encode())


def test_white_space_in_base64_says_nothing() -> None:
    good = said(brought("social_work", ENVELOPE.read_bytes()))
    assert good
    assert said(packed(lambda text: "\r\n\t ".join(re.findall(".{1,3}", text)))) == good


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "=",
        lambda text: text + "====",
        lambda text: text[:-5],
        lambda text: "QQ==" + text,
        lambda text: text + "QQ==",
        lambda text: text.replace("A", "-", 1),
        lambda text: text[:40] + "\u200b" + text[40:],
        lambda text: "data:application/xml;base64," + text,
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(ENVELOPE.read_bytes()).decode(),
        lambda text: base64.b64encode(b"<a>" * 5_000).decode(),
        lambda text: base64.b64encode(b"x" * 1_000_001).decode(),
        lambda text: base64.b64encode(base64.b64decode(text).decode().encode("utf-16")).decode(),
        lambda text: "",
    ],
)
def test_base64_with_a_second_meaning_is_refused(change: Any) -> None:
    assert isinstance(packed(change), Refusal)


# -- files of lines --------------------------------------------------------------------------------------------------

HEADING = b"registratienummerRv;status;datum;toelichting\r\n"
LINE = b"20260117;gestart;2026-11-02;Eerste dag\r\n"


def lines(body: bytes) -> Reading | Refusal:
    return brought("reintegration", body)


@pytest.mark.parametrize(
    "body",
    [
        HEADING + b"20260117;gestart;2026-11-02;a\x00b\r\n",
        HEADING + b'20260117;gestart;2026-11-02;"never closed' + b"\r\nx;y" * 1_000,
        HEADING + b"\r\n" * 100_000,
        HEADING + b";" * 1_000_000,
        b";".join([b"status"] * 300_000),
        HEADING.rstrip() + b";status" * 100_000,
        HEADING + b"20260117;gestart;2026-11-02;" + b"x" * 1_500_000,
        HEADING + LINE * 200_000,
        "\ufeff\ufeff".encode() + HEADING + LINE,
        "\ufeff".encode("utf-16-le") + (HEADING + LINE).decode().encode("utf-16-le"),
        b"+/v8-" + HEADING + LINE,
    ],
    ids=range(11),
)
def test_a_file_of_lines_without_a_line_is_refused(body: bytes) -> None:
    assert isinstance(lines(body), Refusal)


def test_lines_that_end_in_cr_alone_are_lines() -> None:
    good = said(lines(HEADING + LINE))
    assert good
    assert said(lines((HEADING + LINE).replace(b"\r\n", b"\r"))) == good


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t=", "\r=", "\uff1d", "\uff0b", "=cmd|'/C calc'!A0", "@SUM(1)"])
def test_what_a_spreadsheet_would_run_is_kept_as_a_text_and_nothing_else(mark: str) -> None:
    found = lines(HEADING + f'20260117;gestart;2026-11-02;"{mark}1+1"\r\n'.encode())
    assert isinstance(found, Reading)
    assert found.messages[0].data.note == f"{mark}1+1".strip()


def test_a_separator_inside_quotes_moves_no_name_into_another_column() -> None:
    found = lines(HEADING + b'20260117;gestart;2026-11-02;"a;b"";c"\r\n20260118;gestart;2026-11-02;a;b\r\n')
    assert isinstance(found, Reading)
    assert [one.data.note for one in found.messages] == ['a;b";c']
    assert [one.field for one in found.rejected] == ["regel 3"]


def test_the_books_of_the_samples_name_their_own_hosts() -> None:
    assert good_address().split("/")[2] in book_of("access_team").dialect["hosts"]
