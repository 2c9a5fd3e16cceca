"""What holds for any message: written ones are valid, mutated ones are refused, nothing else is ever raised."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Verdict
from connectors.social_work.aanmelding_writing import goes_as_json
from connectors.social_work.ggk_writing import put_in
from schemas.fields import _INVISIBLE
from schemas.identifiers import bsn_is_valid
from schemas.message import Client, Coded, Ground, Message, MessageData, Receipt, source_of
from schemas.vocabulary import Basis, Event, Gender, LifeDomain, MessageKind, Outcome, Purpose, Urgency
from tests.unit.test_social_work_material import (
    BOOK,
    CONNECTOR,
    NOW,
    OPEN_BOOK,
    SAMPLES,
    make_retour_xsds,
    need_standard,
    partner_samples,
    payload,
    read,
    valid,
)

K = MessageKind
NUMBERS = [str(number) for number in range(999900006, 999901500) if bsn_is_valid(str(number))]
LETTERS = (st.characters(exclude_categories=("Cs", "Cc", "Cf")) | st.sampled_from("\n\t\r-'.,<>&]\u0301\u00a0")).filter(
    lambda letter: not _INVISIBLE.search(letter)
)


def text(longest: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=1, max_size=longest).map(str.strip).filter(bool)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


DATES = st.dates(min_value=dt.date(1901, 1, 1), max_value=dt.date(2199, 12, 30))
PARTIAL = st.tuples(DATES, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0].isoformat()[: pair[1]])
MOMENTS = st.datetimes(
    min_value=dt.datetime(1901, 1, 1),
    max_value=dt.datetime(2199, 12, 30),
    timezones=st.just(dt.UTC),
).map(lambda moment: moment.replace(microsecond=0))
CLIENTS = st.builds(
    Client,
    bsn=st.sampled_from(NUMBERS) | st.none(),
    family_name=text(200) | st.none(),
    prefix=maybe(text(20)),
    initials=maybe(text(20)),
    given_name=maybe(text(200)),
    birth_date=maybe(PARTIAL),
    gender=maybe(st.sampled_from(Gender)),
    reference=maybe(text(40)),
)
SYSTEMS = st.sampled_from([None, "iwmo", "ijw", "hub", "WMO588", "JZ588", "WMO002", "WJ758", "WJ759", "WJ001"])
CODES = st.sampled_from(["02", "02A03", "45", "45/ABC", "19", "21", "22", "32", "13", "04", "1", "7", "0200", "9332"])
CODED = st.builds(Coded, code=CODES | text(8), system=SYSTEMS, text=maybe(text(30)))
KEYS = st.sampled_from(
    [
        f"iwmo:{name}"
        for name in ("ReferentieAanbieder", "ToewijzingNummer", "VerzoekWijziging", "Bericht", "Dagtekening")
    ]
) | st.sampled_from(["ijw:ToewijzingNummer", "fhir:Task"])
DATA = st.builds(
    MessageData,
    referral_id=maybe(text(64)),
    referral_number=maybe(st.integers(1, 999_999_999)),
    correlation=st.dictionaries(KEYS, text(40) | st.sampled_from(["12", "WMO305", "2026-11-01"]), max_size=2),
    event=maybe(st.sampled_from(Event)),
    outcome=maybe(st.sampled_from(Outcome)),
    occurred_at=maybe(MOMENTS),
    status_reason=maybe(CODED),
    note=maybe(text(300)),
    client=CLIENTS,
    service=maybe(CODED),
    life_domains=st.lists(st.sampled_from(LifeDomain), max_size=2).map(tuple),
    reason=maybe(text(300)),
    client_words=maybe(text(50)),
    strengths=st.lists(text(20), max_size=2).map(tuple),
    urgency=maybe(st.sampled_from(Urgency)),
    ground=maybe(st.builds(Ground, basis=st.sampled_from(Basis), purpose=st.sampled_from(Purpose))),
    starts_on=maybe(PARTIAL),
    ends_on=maybe(PARTIAL),
    receipt=maybe(st.builds(Receipt, reference=text(14), codes=st.lists(CODED, max_size=2).map(tuple))),
)
MESSAGES = st.builds(
    Message,
    id=st.uuids().map(str),
    kind=st.sampled_from(MessageKind),
    source=st.just(source_of("00000099000000000001")),
    time=MOMENTS,
    sender=st.sampled_from(["mw-de-kade", "wi-tilburg", "agb:42420001", "gemeente:0363"]),
    receiver=st.sampled_from(["mw-de-kade", "gemeente-tilburg"]),
    data=DATA,
)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    need_standard()
    folder = make_retour_xsds(tmp_path_factory.mktemp("retour"))
    return lambda body: valid(body, folder)


LATER = dt.datetime(2201, 1, 1, tzinfo=dt.UTC)
SAYABLE = [
    *((kind, "wi-tilburg", {}) for kind in (K.SENT, K.WITHDRAWN)),
    *((kind, "wi-tilburg", {"iwmo:ReferentieAanbieder": "A 1"}) for kind in (K.ACCEPTED, K.DECLINED, K.RECEIVED)),
    *((kind, "mw-de-kade", {}) for kind in (K.SENT, K.STARTED, K.RESUMED, K.COMPLETED, K.PAUSED, K.ENDED)),
    *((kind, "mw-de-kade", {}) for kind in (K.STOPPED_BY_CLIENT, K.CHANGE_REQUESTED)),
]


@st.composite
def sayable(draw: st.DrawFn) -> Message:
    """Give a message that iWmo has a word for, with all that its message must have."""
    kind, sender, keys = draw(st.sampled_from(SAYABLE))
    one = draw(MESSAGES)
    client = replace(draw(CLIENTS), bsn=draw(st.sampled_from(NUMBERS)), family_name=draw(text(200)))
    begin, end = sorted(draw(st.lists(DATES, min_size=2, max_size=2)))
    data = replace(
        one.data,
        client=client,
        referral_number=draw(st.integers(1, 999_999_999)),
        correlation={"iwmo:ToewijzingNummer": "7", **keys} if "iwmo:ReferentieAanbieder" not in keys else keys,
        starts_on=draw(st.sampled_from([str(begin), str(begin)[:7], str(begin)[:4]])),
        ends_on=draw(st.sampled_from([str(end), str(end)[:7], str(end)[:4]])),
    )
    return Message.from_json(replace(one, kind=kind, sender=sender, data=data).to_json())


@pytest.mark.standards
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=sayable())
def test_whatever_can_be_said_is_written_and_valid_by_the_standard(check: Callable[[bytes], None], one: Message):
    writing = CONNECTOR.write(one, BOOK, NOW)
    check(writing.payload.body)
    (back,) = read(writing.payload.body, OPEN_BOOK).messages
    assert Message.from_json(back.to_json()) == back
    named = {loss.field.split(".")[1] for loss in writing.losses if loss.field != "type"}
    assert named <= {field.name for field in fields(MessageData)}


@pytest.mark.standards
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(one=MESSAGES)
def test_any_other_message_is_written_well_or_refused_as_not_to_be_said(check: Callable[[bytes], None], one: Message):
    try:
        writing = CONNECTOR.write(Message.from_json(one.to_json()), BOOK, NOW)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.CANNOT_EXPRESS
        return
    if goes_as_json(one):
        assert read(writing.payload.body, OPEN_BOOK, LATER).messages[0].kind is one.kind
    else:
        check(writing.payload.body)


@cache
def _pieces() -> list[bytes]:
    plain = [path.read_bytes() for path in (*sorted(SAMPLES.glob("*.xml")), *partner_samples())]
    settings_of_envelope = {"envelope": "ggk-soap"}
    return plain + [put_in(payload(body), settings_of_envelope, NOW).body for body in plain[::3]]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Give a sample with some of it cut, doubled, overwritten, or with another value between two tags."""
    body = draw(st.sampled_from(_pieces()))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(body)))
        end = min(len(body), begin + draw(st.integers(0, 40)))
        values = list(re.finditer(rb">([^<>\s][^<>]*)<", body))
        how = draw(st.sampled_from(["cut", "double", "overwrite", "value", "value", "value", "element"]))
        if how == "cut":
            body = body[:begin] + body[end:]
        elif how == "double":
            body = body[:end] + body[begin:end] + body[end:]
        elif how == "overwrite":
            body = body[:begin] + draw(st.binary(max_size=6)) + body[end:]
        elif how == "element" and (found := list(re.finditer(rb"<([\w:]+)>[^<]*</\1>\s*", body))):
            one = draw(st.sampled_from(found))
            body = body[: one.start()] + one.group() * draw(st.sampled_from([0, 2])) + body[one.end() :]
        elif values:
            one = draw(st.sampled_from(values))
            body = body[: one.start(1)] + draw(VALUES) + body[one.end(1) :]
    return body


NASTY = ["0", "00", "3", "9", "13", "999900006", "999999999999", "1900-01-01", "2026-02-30", "2199-12-31", "0001"]
STRANGE = ["24:00:00", "-1", "<x/>", "١٢٣٤٥٦٧٨٩", "", " ", "\u202e", "\u200b", "\u00a0", "&#13;&#10;", "a" * 300]
VALUES = st.sampled_from(NASTY + STRANGE).map(str.encode) | st.text(LETTERS, max_size=20).map(
    lambda value: value.encode("utf-8", "ignore")
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated())
def test_a_mutated_message_is_read_or_refused_and_nothing_else(body: bytes):
    refusal: Refusal | None = None
    try:
        reading = read(body, OPEN_BOOK)
        assert reading.messages
        for message in reading.messages:
            assert Message.from_json(message.to_json()) == message
        assert read(body, OPEN_BOOK) == reading
    except Refusal as error:
        refusal = error
    verdict = Verdict.REFUSED if refusal else Verdict.ACCEPTED
    answer = CONNECTOR.acknowledge(payload(body), verdict, refusal, OPEN_BOOK, NOW)
    told = (b"RetourCode", b"xmlBestand", b"Fo01Bericht", b"Bv03Bericht", b"bevestiging")
    assert answer is None or any(word in answer.body for word in told)


@pytest.mark.standards
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated())
def test_an_answer_to_any_message_is_valid_by_the_standard(check: Callable[[bytes], None], body: bytes):
    for verdict in Verdict:
        answer = CONNECTOR.acknowledge(payload(body), verdict, None, OPEN_BOOK, NOW)
        if answer is not None and b"StUF0301" not in answer.body:
            check(answer.body)
