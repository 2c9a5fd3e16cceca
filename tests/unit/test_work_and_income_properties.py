"""What holds for any message: written ones are valid, damaged ones are refused, nothing else is ever raised."""

import copy
import datetime as dt
import re
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Verdict
from schemas.fields import _INVISIBLE
from schemas.identifiers import bsn_is_valid
from schemas.message import Client, Coded, Message, MessageData, Receipt, source_of
from schemas.vocabulary import EVENT_OF_KIND, Gender, LifeDomain, MessageKind, Outcome
from tests.unit.test_work_and_income_material import (
    BOOK,
    CONNECTOR,
    DUMP,
    NOW,
    SAMPLES,
    faults_of,
    need_standard,
    payload,
    read,
)

NUMBERS = [str(number) for number in range(999900006, 999901500) if bsn_is_valid(str(number))]
LETTERS = (st.characters(exclude_categories=("Cs", "Cc", "Cf")) | st.sampled_from("\n\t\r-'.,<>&]́\u00a0")).filter(
    lambda letter: not _INVISIBLE.search(letter)
)


def text(longest: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=1, max_size=longest).map(str.strip).filter(bool)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


DATES = st.dates(min_value=dt.date(1901, 1, 1), max_value=dt.date(2199, 12, 30))
PARTIAL = st.tuples(DATES, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0].isoformat()[: pair[1]])
MOMENTS = st.datetimes(dt.datetime(1901, 1, 2), dt.datetime(2199, 12, 30), timezones=st.just(dt.UTC))
CLIENTS = st.builds(
    Client,
    bsn=maybe(st.sampled_from(NUMBERS)),
    family_name=maybe(text(200)),
    prefix=maybe(text(20)),
    initials=maybe(text(20)),
    given_name=maybe(text(200)),
    birth_date=maybe(PARTIAL),
    gender=maybe(st.sampled_from(Gender)),
    reference=maybe(text(40)),
)
CODED = st.builds(
    Coded,
    code=text(8) | st.sampled_from(["B1026", "Inbeh", "StUF055", "hulp-bij-post"]),
    system=st.sampled_from([None, "stuf", "stuf-zkn", "stuf-zkn:status", "schakel"]),
    text=maybe(text(200)),
)
DATA = st.builds(
    MessageData,
    referral_id=maybe(st.uuids().map(str) | text(64)),
    referral_number=maybe(st.integers(1, 999_999_999)),
    correlation=st.dictionaries(st.sampled_from(["stuf:identificatie", "fhir:Task"]), text(50), max_size=1),
    outcome=maybe(st.sampled_from(Outcome)),
    occurred_at=maybe(MOMENTS),
    status_reason=maybe(CODED),
    note=maybe(text(1500)),
    client=maybe(CLIENTS),
    service=maybe(CODED),
    life_domains=st.lists(st.sampled_from(LifeDomain), max_size=2).map(tuple),
    reason=maybe(text(1500)),
    starts_on=maybe(PARTIAL),
    ends_on=maybe(PARTIAL),
    receipt=maybe(st.builds(Receipt, reference=text(60), codes=st.lists(CODED, max_size=2).map(tuple))),
)
MESSAGES = st.builds(
    Message,
    id=st.uuids().map(str) | text(64),
    kind=st.sampled_from(MessageKind),
    source=st.just(source_of("00000099000000000001")),
    time=MOMENTS,
    sender=st.sampled_from(["mw-de-kade", "wi-tilburg", "ggz-de-leij", "gemeente-tilburg"]),
    receiver=st.sampled_from(["mw-de-kade", "wi-tilburg"]),
    data=DATA,
).map(lambda one: one.with_data(event=EVENT_OF_KIND.get(one.kind)))


@pytest.mark.standards
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=MESSAGES)
def test_any_message_is_written_valid_by_the_standard_and_read_again_or_refused(one: Message):
    need_standard()
    try:
        writing = CONNECTOR.write(Message.from_json(one.to_json()), BOOK, NOW)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.CANNOT_EXPRESS
        return
    assert faults_of(writing.payload.body) == []
    [back] = read(writing.payload.body).messages
    assert Message.from_json(back.to_json()) == back
    assert back.kind is one.kind or "type" in [loss.field for loss in writing.losses]
    assert len(writing.reference) <= 40


@cache
def pieces() -> list[bytes]:
    return [path.read_bytes() for folder in (SAMPLES, DUMP) for path in sorted(folder.glob("*.xml"))]


NASTY = ["0", "00", "V", "J", "", " ", "999900006", "20260230", "00000000", "99999999999999999", "1", "B1026", "Afgeh"]
STRANGE = ["<x/>", "١٢٣٤", "\u202e", "\u200b", "&#13;&#10;", "a" * 300, "-1", "T", "W", "I"]
VALUES = st.sampled_from(NASTY + STRANGE).map(str.encode) | st.text(LETTERS, max_size=20).map(
    lambda value: value.encode("utf-8", "ignore")
)


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """Give a message with some of it cut, doubled, overwritten, or with another value between two tags or quotes."""
    body = draw(st.sampled_from(pieces()))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(body)))
        end = min(len(body), begin + draw(st.integers(0, 40)))
        how = draw(st.sampled_from(["cut", "double", "overwrite", "value", "value", "quoted"]))
        if how == "cut":
            body = body[:begin] + body[end:]
        elif how == "double":
            body = body[:end] + body[begin:end] + body[end:]
        elif how == "overwrite":
            body = body[:begin] + draw(st.binary(max_size=6)) + body[end:]
        elif found := list(re.finditer(rb">([^<>\s][^<>]*)<" if how == "value" else rb'"([^"<>]*)"', body)):
            one = draw(st.sampled_from(found))
            body = body[: one.start(1)] + draw(VALUES) + body[one.end(1) :]
    return body


@st.composite
def damaged_elements(draw: st.DrawFn) -> bytes:
    """Give a well-formed message with elements taken out, doubled, moved, or said to have no value."""
    root = copy.deepcopy(etree.fromstring(draw(st.sampled_from(pieces()))))
    for _ in range(draw(st.integers(1, 3))):
        one = draw(st.sampled_from(list(root.iter())[1:] or [root]))
        parent = one.getparent()
        how = draw(st.sampled_from(["out", "double", "move", "nil", "not told", "namespace"]))
        if parent is None:
            continue
        if how == "out":
            parent.remove(one)
        elif how == "double":
            parent.append(copy.deepcopy(one))
        elif how == "move":
            others = [node for node in root.iter() if one not in node.iterancestors() and node is not one]
            draw(st.sampled_from(others)).append(copy.deepcopy(one))
        elif how == "namespace":
            one.tag = etree.QName(one).localname
        else:
            one.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
            told = "geenWaarde" if how == "nil" else "nietOndersteund"
            one.set("{http://www.egem.nl/StUF/StUF0301}noValue", told)
    return etree.tostring(root)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=damaged_bytes() | damaged_elements())
def test_a_damaged_message_is_read_or_refused_and_nothing_else_and_is_always_answered(body: bytes):
    refusal: Refusal | None = None
    try:
        reading = read(body)
        for message in reading.messages:
            assert Message.from_json(message.to_json()) == message
        assert read(body) == reading
    except Refusal as error:
        refusal = error
        assert len(error.message) < 300 and len(error.field or "") < 300
    answer = CONNECTOR.acknowledge(payload(body), Verdict.REFUSED if refusal else Verdict.ACCEPTED, refusal, BOOK, NOW)
    assert refusal is None or answer is None or b"Fault" in answer.body


@pytest.mark.standards
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=damaged_bytes() | damaged_elements())
def test_an_answer_to_any_message_is_valid_by_the_standard(body: bytes):
    need_standard()
    refusal = Refusal(RefusalCode.MALFORMED, "Wrong.", field="zakLk01/object[2]")
    for verdict in Verdict:
        answer = CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)
        if answer is not None and re.search(rb":(Bv|Fo)0[0-9]Bericht", answer.body):
            assert faults_of(answer.body) == []


def test_what_is_read_of_a_sample_twice_is_the_same():
    for body in pieces():
        try:
            assert read(body) == read(body)
        except Refusal as refusal:
            assert refusal.code is RefusalCode.NOT_ALLOWED


def test_two_referrals_are_never_one_case():
    one = Message(
        id="0b6a2a52-0000-4000-8000-00000000c001",
        kind=MessageKind.STARTED,
        source=source_of("00000099000000000001"),
        time=NOW,
        sender="mw-de-kade",
        receiver="wi-tilburg",
        data=MessageData(referral_number=1),
    )
    numbers = (1, 10, 100, 999_999_999)
    keys = set()
    for number in numbers:
        body = CONNECTOR.write(replace(one, data=MessageData(referral_number=number)), BOOK, NOW).payload.body
        [back] = read(body).messages
        assert back.data.referral_number == number
        keys.add(back.data.correlation["stuf:identificatie"])
    assert len(keys) == len(numbers)
