"""One suite for every connector there is: what the hub relies on, whichever dialect it is.

A folder ``connectors/NAME`` with a ``connector.py`` is tried by itself. All it gives beside its code is its samples.
"""

import ast
import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Mistake, Payload, Reading, Verdict
from connectors.registry import NAMES, samples_folder
from schemas.message import Message, MessageData
from schemas.vocabulary import MessageKind
from tests.contract import battery
from tests.contract.partners import (
    CANONICAL,
    FOLDERS,
    NOW,
    book_for,
    book_of,
    canonical,
    pairs,
    payload_of,
    same_document,
    seeds,
    translator,
)
from tests.contract.survival import mismatches

LATER = NOW + dt.timedelta(minutes=7)
HEADINGS = ("Identifiers", "Settings", "What can't be said", "Samples")
NO_IO = {"socket", "ssl", "httpx", "requests", "urllib.request", "http.client", "subprocess", "paramiko", "smtplib"}
NO_IO |= {"imaplib", "ftplib", "sqlalchemy", "pika", "psycopg", "sqlite3", "tempfile", "shutil", "os", "threading"}
each_connector = pytest.mark.parametrize("name", NAMES)
each_in = pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [pytest.param(name, *pair, id=f"{name}:{pair[0].name}") for name in NAMES for pair in pairs(name, "in")],
)
each_out = pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [pytest.param(name, *pair, id=f"{name}:{pair[0].name}") for name in NAMES for pair in pairs(name, "out")],
)


def read(name: str, payload: Payload) -> Reading:
    return translator(name).read(payload, book_of(name), NOW)


def said_of(path: Path) -> set[str]:
    """Give the words of a sample that no refusal may repeat: numbers and texts about people."""
    found = set()
    for message in canonical(path):
        data, client = message.data, message.data.client
        found |= {data.note, data.reason, data.client_words, *data.strengths}
        found |= {client.bsn, client.family_name, client.birth_date} if client else set()
    return {text for text in found if text and len(text) > 4}


def try_to_read(name: str, payload: Payload, private: set[str]) -> Refusal | None:
    """Read, or give the refusal; anything else that is raised fails the test, and so does a repeated value."""
    try:
        read(name, payload)
    except Refusal as refusal:
        told = f"{refusal.message} {refusal.field} {refusal.dialect_code}"
        assert not [word for word in private if word in told], "a refusal repeats a value"
        assert isinstance(refusal.code, RefusalCode) and refusal.message.isprintable() and len(told) < 600
        return refusal
    return None


# Golden samples


@each_connector
def test_there_are_samples_both_ways_and_each_has_its_partner(name: str) -> None:
    assert pairs(name, "in") and pairs(name, "out"), (
        f"samples/ needs an in- and an out- sample, each with NAME{CANONICAL}"
    )
    known = {path for way in ("in", "out") for pair in pairs(name, way) for path in pair}
    beside = {path.name for path in samples_folder(name).iterdir() if path not in known}
    assert not beside - {"partner.toml"}, f"samples/: in-NAME.<ext> or out-NAME.<ext>, each with NAME{CANONICAL}"


@each_in
def test_what_the_partner_sends_is_read_as_the_sample_says(name: str, theirs: Path, ours: Path) -> None:
    assert [one.to_json() for one in read(name, payload_of(theirs)).messages] == [
        one.to_json() for one in canonical(ours)
    ]


@each_out
def test_what_we_send_is_written_as_the_sample_says(name: str, theirs: Path, ours: Path) -> None:
    (message,) = canonical(ours)
    body = translator(name).write(message, book_for(name, theirs), NOW).payload.body
    alike = same_document(body, theirs.read_bytes(), theirs.suffix)
    assert alike, f"what is written is not {theirs.name}: compare with `schakel translate --connector {name} out`"


# Both ways


@cache
def written(name: str) -> dict[str, tuple[Message, Payload, tuple[str, ...], str]]:
    """Give each seed that the connector can write: the message, the payload, the lost fields, the reference."""
    found = {}
    for number, message in enumerate(seeds(name)):
        try:
            writing = translator(name).write(message, book_of(name), NOW)
        except Refusal:
            continue
        lost = tuple(loss.field for loss in writing.losses)
        found[f"{number} {message.kind}"] = (message, writing.payload, lost, writing.reference)
    return found


@each_connector
def test_what_is_not_named_as_lost_survives_the_way_there_and_back(name: str) -> None:
    wrong = {}
    for seed, (message, payload, lost, _reference) in written(name).items():
        known = {one.referral_number for one in message.data.assignments} - {message.data.referral_number}
        messages = [one for one in read(name, payload).messages if one.data.referral_number not in known]
        assert len(messages) == 1, f"{seed}: one message became {len(messages)}"
        if found := mismatches(message, messages[0], lost, book_of(name)):
            wrong[seed] = found
    assert not wrong, "carry these, or name them in `losses`"


@each_connector
@pytest.mark.parametrize("kind", MessageKind)
def test_each_kind_of_message_is_said_or_named_as_unsaid(name: str, kind: MessageKind) -> None:
    tried = [message for message in seeds(name) if message.kind is kind]
    refusals = []
    for message in tried:
        try:
            translator(name).write(message, book_of(name), NOW)
        except Refusal as refusal:
            refusals.append(refusal)
    if why := translator(name).unsaid.get(kind):
        assert why.strip(), "`unsaid` tells of each kind why"
        assert len(refusals) == len(tried), "it stands in `unsaid`, and is written all the same"
        codes = {refusal.code for refusal in refusals}
        assert codes == {RefusalCode.CANNOT_EXPRESS}, "what is in `unsaid` is refused with cannot_express"
    else:
        words = {refusal.message for refusal in refusals}
        assert len(refusals) < len(tried), f"say it in `unsaid`, or show how in a sample: {words}"


@each_connector
def test_only_real_fields_are_named_as_lost(name: str) -> None:
    data = {field.name for field in dataclasses.fields(MessageData)}
    envelope = {"type", "sender", "receiver", "subject", "sequence", "time", "source", "traceparent"}
    for seed, (message, _payload, lost, _reference) in written(name).items():
        for field in lost:
            assert field.removeprefix("data.").split(".")[0].split("[")[0] in data | envelope, f"{seed}: {field}"
        assert message.kind not in translator(name).unsaid, f"{seed}: in `unsaid`, and written all the same"


# Ids


@each_in
def test_reading_twice_gives_the_same_messages_with_ids_of_their_own(name: str, theirs: Path, ours: Path) -> None:
    first, second = read(name, payload_of(theirs)), read(name, payload_of(theirs))
    assert first == second, "reading twice must give the same: nothing may hang on chance or on the clock"
    assert len({one.id for one in first.messages}) == len(first.messages), "each message of a file needs its own id"
    assert first.identification.strip() == first.identification != "", "`identification` is empty or has blanks around"
    for one in first.messages:
        assert Message.from_json(one.to_json()) == one, "the hub's own inbox could not read it"


@each_connector
def test_a_message_that_is_written_again_bears_the_same_ids(name: str) -> None:
    for seed, (message, payload, _lost, reference) in written(name).items():
        again = translator(name).write(message, book_of(name), LATER)
        assert again.reference == reference, seed
        assert 0 < len(reference) <= 80, "a receipt names it, and has room for 80 characters"
        before, after = read(name, payload), translator(name).read(again.payload, book_of(name), LATER)
        assert before.identification == after.identification, seed
        assert [one.id for one in before.messages] == [one.id for one in after.messages], seed


@each_connector
def test_two_messages_never_bear_one_id(name: str) -> None:
    if getattr(translator(name), "ids_by_content", False):
        return  # the content is the id: the next test tries those
    seen: dict[str, str] = {}
    for seed, (message, payload, _lost, reference) in written(name).items():
        other = dataclasses.replace(message, id=f"7c0d{message.id[4:]}"[:64])
        changed = translator(name).write(other, book_of(name), NOW)
        assert changed.reference != reference, f"{seed}: the reference does not tell two messages apart"
        mine, theirs = read(name, payload), read(name, changed.payload)
        assert {one.id for one in mine.messages}.isdisjoint(one.id for one in theirs.messages), seed
        seen[seed] = reference
    assert seen, "no message could be written at all"


@each_connector
def test_where_the_content_is_the_id_it_tells_messages_apart(name: str) -> None:
    if not getattr(translator(name), "ids_by_content", False):
        return  # its messages bear ids of their own, and the test above tries those
    by_content: dict[bytes, set[str]] = {}
    for seed, (message, payload, _lost, reference) in written(name).items():
        ids = {one.id for one in read(name, payload).messages}
        again = translator(name).write(message, book_of(name), LATER)
        assert again.payload.body == payload.body, f"{seed}: the content hangs on the moment, so the id would too"
        known = by_content.setdefault(payload.body, ids)
        assert known == ids, f"{seed}: the same content must give the same id"
        assert reference, f"{seed}: a message needs a reference"
    everyone = [one for ids in by_content.values() for one in ids]
    assert len(everyone) == len(set(everyone)), "another content must give another id"


# What is no message


@each_connector
@pytest.mark.parametrize("body", battery.NEVER)
def test_what_is_no_message_is_refused(name: str, body: str) -> None:
    assert try_to_read(name, battery.never(body), set()) is not None, "this is no message, and was taken for one"


@each_connector
def test_more_than_any_message_is_refused_as_too_large(name: str) -> None:
    for theirs, _ours in pairs(name, "in")[:1]:
        body = theirs.read_bytes()
        huge = Payload(body=body + b" " * battery.HUGE, content_type="application/octet-stream", name=theirs.name)
        refusal = try_to_read(name, huge, set())
        assert refusal is not None and refusal.code is RefusalCode.TOO_LARGE, "judge the size before you read"


@each_in
def test_a_damaged_message_is_read_or_refused_and_nothing_else(name: str, theirs: Path, ours: Path) -> None:
    for how, body, is_none in battery.damaged(theirs):
        payload = Payload(body=body, content_type="application/octet-stream", name=theirs.name)
        refusal = try_to_read(name, payload, said_of(ours))
        assert refusal is not None or not is_none, f"{how}: taken all the same"


# Confirmations and errors of StUF 03.01 are the same in every dialect that goes over it.
OF_ALL_STUF = re.compile(rb"<([A-Za-z0-9]+:)?(Bv|Fo)0[1-3]Bericht[ >]")


@each_connector
def test_a_message_of_another_dialect_is_refused(name: str) -> None:
    for other in NAMES:
        for theirs, ours in [*pairs(other, "in"), *pairs(other, "out")] if other != name else []:
            if OF_ALL_STUF.search(theirs.read_bytes()):
                continue
            assert try_to_read(name, payload_of(theirs), said_of(ours)) is not None, theirs


def with_one_value_changed(body: bytes) -> Iterator[bytes]:
    """Give the message with each of its words, numbers and dates in turn replaced by one that means nothing."""
    for found in re.finditer(rb"[A-Za-z0-9][A-Za-z0-9:+.-]{2,}", body):
        yield body[: found.start()] + b"zq#9\xc3\xa9" + body[found.end() :]


@each_connector
def test_a_wrong_value_is_refused_with_its_place_in_the_partners_terms(name: str) -> None:
    placed = 0
    for theirs, ours in pairs(name, "in"):
        if theirs.suffix in (".zip", ".xlsx"):
            continue
        for body in list(with_one_value_changed(theirs.read_bytes()))[:400]:
            payload = Payload(body=body, content_type="application/octet-stream", name=theirs.name)
            refusal = try_to_read(name, payload, {*said_of(ours), "zq#9"})
            if refusal is not None:
                placed += refusal.field is not None
                continue
            rejected = read(name, payload).rejected
            told = " ".join(f"{one.field} {one.message}" for one in rejected)
            repeated = "a line that is refused repeats a value: refusals are logged, and stand beside the file"
            assert not [word for word in (*said_of(ours), "zq#9") if word in told], repeated
            placed += any(one.field for one in rejected)
    assert placed >= 3, "a partner must find what is wrong: give Refusal its field"


@each_in
def test_an_answer_is_given_to_every_verdict_and_repeats_nothing_private(name: str, theirs: Path, ours: Path) -> None:
    refusal = Refusal(RefusalCode.NOT_ALLOWED, "This is not taken.", dialect_code=translator(name).duplicate_code)
    broken = Payload(body=b"\x00", content_type="text/plain")
    for verdict in Verdict:
        given = refusal if verdict is Verdict.REFUSED else None
        for payload in (payload_of(theirs), broken):
            answer = translator(name).acknowledge(payload, verdict, given, book_of(name), NOW)
            assert answer is None or (answer.body and answer.content_type), "an answer needs a body and its type"


# The folder


@each_connector
def test_settings_are_checked(name: str) -> None:
    assert list(translator(name).check({})) == [] or book_of(name).dialect, "no settings must be well"
    assert list(translator(name).check(book_of(name).dialect)) == [], "the settings of the samples must be well"
    wrong = translator(name).check({**book_of(name).dialect, "no_such_setting": 1})
    assert [one.key for one in wrong] == ["no_such_setting"], "`check` must name a setting that is not known"
    assert all(isinstance(one, Mistake) and one.message for one in wrong), "each mistake says what is wrong"


@each_connector
def test_the_readme_tells_what_whoever_connects_must_know(name: str) -> None:
    text = (FOLDERS / name / "README.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (.+)$", text, re.MULTILINE))
    assert not set(HEADINGS) - headings, "README.md lacks these headings (## ...)"
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text), "README.md is not finished"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@each_connector
def test_a_connector_does_no_input_or_output_and_knows_no_other(name: str) -> None:
    for path in sorted((FOLDERS / name).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = set(imports(tree))
        assert not {one for one in modules if one in NO_IO or one.split(".")[0] in NO_IO}, f"{path}: no input or output"
        others = {f"connectors.{other}" for other in NAMES if other != name} | {"connectors.transports"}
        assert not {one for one in modules for other in others if f"{one}.".startswith(f"{other}.")}, path
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [one for one in calls if isinstance(one, ast.Name) and one.id in ("open", "print", "input")], path
