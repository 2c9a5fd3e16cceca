"""Generated messages and mutilated payloads: what is valid can be written, what is broken is refused, nothing falls."""

import copy
import datetime as dt
import json
import os
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload
from schemas.fields import _INVISIBLE
from schemas.identifiers import bsn_is_valid
from schemas.message import Client, Coded, Ground, Message, MessageData, Receipt
from schemas.vocabulary import Basis, Event, Gender, LifeDomain, MessageKind, Outcome, Purpose, Status, Urgency
from tests.unit.test_mental_health_material import (
    BOOK,
    CONNECTOR,
    NOW,
    bundle,
    full_referral,
    parse_with_hl7_classes,
    patient,
    read,
    request,
    status_of,
    task,
)

HARD = settings(
    max_examples=int(os.environ.get("SCHAKEL_TEST_EXAMPLES", "80")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]).filter(
    lambda one: not _INVISIBLE.search(one)
)


def texts(longest: int) -> st.SearchStrategy[str]:
    odd = st.sampled_from(["a  b", "x\ty", "r\u00a0s", "http://a b", "a|b", "|", "#1", "-", "urn:nl:schakel:list:x y"])
    return (odd | st.text(CHARACTERS, min_size=1, max_size=min(longest, 40))).map(str.strip).filter(bool)


DAYS = st.dates(dt.date(1901, 1, 1), dt.date(2199, 12, 31)).flatmap(
    lambda day: st.sampled_from([day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]])
)
MOMENTS = st.datetimes(dt.datetime(1901, 1, 1), dt.datetime(2199, 12, 30), timezones=st.just(dt.UTC))
BSNS = st.integers(999900006, 999999990).map(str).filter(bsn_is_valid)
CODED = st.builds(Coded, code=texts(80), system=st.none() | texts(200), text=st.none() | texts(200))
CLIENTS = st.builds(
    Client,
    bsn=st.none() | BSNS,
    family_name=st.none() | texts(200),
    prefix=st.none() | texts(20).map(lambda text: text[:20].strip()),
    initials=st.none() | st.text("ABCDEFGH.", min_size=1, max_size=20),
    given_name=st.none() | texts(200),
    birth_date=st.none() | DAYS,
    gender=st.none() | st.sampled_from(Gender),
    reference=st.none() | texts(200),
)
GROUNDS = st.builds(
    Ground,
    basis=st.sampled_from(Basis),
    purpose=st.sampled_from(Purpose),
    law=st.none() | texts(80),
    evidence=st.none() | texts(200),
)
RECEIPTS = st.builds(Receipt, reference=texts(80), codes=st.lists(CODED, max_size=3).map(tuple))
DATA = st.builds(
    MessageData,
    referral_id=st.none() | texts(64),
    referral_number=st.none() | st.integers(1, 999_999_999),
    correlation=st.dictionaries(st.sampled_from(["fhir:Task", "fhir:ServiceRequest", "zgw:zaak"]), texts(300)),
    event=st.none() | st.sampled_from(Event),
    status=st.none() | st.sampled_from(Status),
    outcome=st.none() | st.sampled_from(Outcome),
    implies=st.lists(st.sampled_from(Event), max_size=2).map(tuple),
    occurred_at=st.none() | MOMENTS,
    status_reason=st.none() | CODED,
    note=st.none() | texts(200),
    client=st.none() | CLIENTS,
    service=st.none() | CODED,
    life_domains=st.lists(st.sampled_from(LifeDomain), max_size=3, unique=True).map(tuple),
    reason=st.none() | texts(200),
    client_words=st.none() | texts(200),
    strengths=st.lists(texts(200), max_size=3).map(tuple),
    urgency=st.none() | st.sampled_from(Urgency),
    ground=st.none() | GROUNDS,
    starts_on=st.none() | DAYS,
    ends_on=st.none() | DAYS,
    receipt=st.none() | RECEIPTS,
    dropped_fields=st.lists(texts(200), max_size=2).map(tuple),
)
MESSAGES = st.builds(
    Message,
    id=texts(64),
    kind=st.sampled_from(MessageKind),
    source=texts(200),
    time=MOMENTS,
    sender=texts(64),
    receiver=texts(64),
    data=DATA,
    subject=st.none() | texts(64),
)


@HARD
@given(message=MESSAGES)
def test_any_valid_message_is_written_as_good_fhir_or_named_as_not_expressible(message: Message) -> None:
    original = Message.from_json(message.to_json())
    try:
        writing = CONNECTOR.write(original, BOOK, NOW)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.CANNOT_EXPRESS
        return
    parse_with_hl7_classes(writing.payload.body)
    (found,) = read(writing.payload.body, writing.payload.content_type).messages
    assert (found.kind, found.sender, found.receiver) == (original.kind, original.sender, original.receiver)
    if original.kind.is_receipt:
        assert found.data.receipt is not None and original.data.receipt is not None
        assert found.data.receipt.reference == original.data.receipt.reference
        return
    lost = {loss.field for loss in writing.losses}
    for name in ("referral_id", "referral_number", "note", "reason", "client_words", "strengths", "urgency", "ground"):
        assert getattr(found.data, name) == getattr(original.data, name), name
    for name in ("status_reason", "service", "life_domains", "outcome", "starts_on", "ends_on"):
        assert name in lost or getattr(found.data, name) == getattr(original.data, name), name
    assert same_client(found.data.client, original.data.client)


def same_client(found: Client | None, original: Client | None) -> bool:
    if original is None or original == Client():
        return found is None or found.bsn is None
    assert found is not None
    names = ("bsn", "family_name", "prefix", "initials", "given_name", "birth_date", "gender")
    same = all(getattr(found, name) == getattr(original, name) for name in names)
    return same and (original.reference is None or found.reference == original.reference)


ROOTS: list[dict[str, Any]] = [
    json.loads(CONNECTOR.write(full_referral(), BOOK, NOW).payload.body),
    json.loads(CONNECTOR.write(status_of(MessageKind.COMPLETED), BOOK, NOW).payload.body),
    bundle(task(contained=[patient()]), request(), patient(name=[{"family": "Vos", "given": ["A"]}])),
    task(requester={"identifier": {"system": "x", "value": "y"}}, note=[{"text": "x"}]),
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x", "details": {"text": "y"}}]},
]
JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", " ", "x", "\ud7ff", [], {}, [[]], [None], ["x"], [{}], {"reference": "#"}, "9" * 5000]  # noqa: RUF005
    + [{"coding": "x"}, {"coding": [None]}, {"value": 1}, {"reference": "/"}, {"resourceType": "Task"}, "2026-02-30"]
)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in keys:
        found.append((value, key))
        places(inner, found)
    return found


@HARD
@given(data=st.data())
def test_a_mutilated_resource_is_read_or_refused_and_never_falls(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(ROOTS)))
    for _ in range(data.draw(st.integers(1, 4))):
        spots = places(document, [])
        if not spots:
            break
        holder, key = data.draw(st.sampled_from(spots))
        junk = data.draw(JUNK | st.just("delete") | st.just("copy"))
        if junk == "delete":
            del holder[key]
        elif junk == "copy":
            other, name = data.draw(st.sampled_from(spots))
            holder[key] = copy.deepcopy(other.get(name) if isinstance(other, dict) else other)
        else:
            holder[key] = copy.deepcopy(junk)  # a shared list would be changed for the next example
    settle(json.dumps(document).encode())


@HARD
@given(data=st.data())
def test_cut_and_changed_bytes_are_read_or_refused_and_never_fall(data: st.DataObject) -> None:
    xml = b'<Task xmlns="http://hl7.org/fhir"><id value="t"/><status value="accepted"><extension url="u">'
    xml += b'<valueString value="x"/></extension></status><intent value="order"/><text><div '
    xml += b'xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></text></Task>'
    fsh = b'Instance: x\nInstanceOf: Task\n* status = #accepted\n* intent = #order\n* note[+]\n  * text = "a"\n'
    fsh += b'* code = $sct#123 "x"\n* focus = Reference(ServiceRequest/1) "y"\n* requester.identifier.value = "3"\n'
    body = bytearray(data.draw(st.sampled_from([xml, fsh, json.dumps(task()).encode()])))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4) | st.sampled_from([b"<", b'"']))
    settle(bytes(body))


@HARD
@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused_and_never_fall(body: bytes) -> None:
    settle(body)


def settle(body: bytes) -> None:
    before = time.perf_counter()
    try:
        for message in read(body).messages:
            Message.from_json(message.to_json())
    except Refusal as refusal:
        assert refusal.message and (refusal.field is None or len(refusal.field) < 2000)
    assert CONNECTOR.acknowledge(Payload(body=body, content_type=""), "duplicate", None, BOOK, NOW)  # type: ignore[arg-type]
    assert time.perf_counter() - before < 2
