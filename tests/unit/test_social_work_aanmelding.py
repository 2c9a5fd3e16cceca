"""The aanmelding: plain JSON for help to which nobody is assigned, and everything that follows on it."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Verdict
from connectors.social_work.aanmelding_form import FORM
from connectors.social_work.aanmelding_words import (
    BERICHTEN,
    DOELEN,
    GESLACHTEN,
    GRONDSLAGEN,
    LEEFGEBIEDEN,
    RESULTATEN,
    STAPPEN,
    STATUSSEN,
    URGENTIES,
)
from schemas.message import Coded, Ground, Message, Receipt
from schemas.vocabulary import (
    Basis,
    Event,
    Gender,
    LifeDomain,
    MessageKind,
    Outcome,
    Purpose,
    Status,
    Urgency,
)
from tests.unit.test_social_work_material import BOOK, CONNECTOR, NOW, SAMPLES, message, payload, read, refused, sample

K = MessageKind
GENERAL = Coded(code="maatschappelijk-werk", system="schakel", text="Maatschappelijk werk (algemene voorziening)")
OUTWARD = [path for path in sorted(SAMPLES.glob("out-*.json")) if ".canonical." not in path.name]
INWARD = [path for path in sorted(SAMPLES.glob("in-*.json")) if ".canonical." not in path.name]
RICH: dict[str, Any] = {
    "referral_id": "c0a8012e-7d3c-4f0a-9a52-3f1f0e6d7b11",
    "service": GENERAL,
    "status": Status.SENT,
    "life_domains": (LifeDomain.FINANCES, LifeDomain.JUSTICE),
    "reason": "Samen de post openen.",
    "client_words": "Ik durf de brieven niet open te maken.",
    "strengths": ("Komt afspraken na.",),
    "urgency": Urgency.URGENT,
    "ground": Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE, evidence="besproken"),
    "occurred_at": dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC),
}


def general(kind: MessageKind, *, by_provider: bool = False, **data: Any) -> Message:
    """Give a message about a general provision, which iWmo does not carry."""
    if kind.is_receipt:
        data = {"receipt": Receipt(reference="b-1"), "correlation": {"aanmelding:kenmerk": "b-1"}, **data}
    return message(kind, by_provider=by_provider, **{"service": GENERAL, **data})


def written(one: Message) -> dict[str, Any]:
    body = CONNECTOR.write(one, BOOK, NOW).payload.body
    FORM.load(json.loads(body))
    return dict(json.loads(body))


def answer(body: bytes, verdict: Verdict, refusal: Refusal | None = None) -> bytes | None:
    found = CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)
    return found.body if found is not None else None


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (BERICHTEN, MessageKind),
        (STAPPEN, Event),
        (STATUSSEN, Status),
        (LEEFGEBIEDEN, LifeDomain),
        (URGENTIES, Urgency),
        (GESLACHTEN, Gender),
        (RESULTATEN, Outcome),
        (GRONDSLAGEN, Basis),
        (DOELEN, Purpose),
    ],
)
def test_every_code_has_one_word_and_every_word_one_code(table: dict[Any, str], codes: Any):
    assert set(table) == set(codes)
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("kind", MessageKind, ids=lambda kind: kind.name)
@pytest.mark.parametrize("by_provider", [True, False], ids=["provider", "municipality"])
def test_every_kind_is_said_and_understood_in_both_roles(kind: MessageKind, by_provider: bool):
    one = general(kind, by_provider=by_provider)
    document = written(one)
    assert document["bericht"] == BERICHTEN[kind]
    (back,) = read(json.dumps(document).encode()).messages
    assert (back.kind, back.sender, back.receiver) == (kind, one.sender, one.receiver)


def test_all_that_a_referral_holds_gets_across():
    one = general(K.SENT, **RICH)
    writing = CONNECTOR.write(one, BOOK, NOW)
    assert writing.losses == ()
    assert writing.reference == one.id
    (back,) = read(writing.payload.body).messages
    assert replace(back.data, correlation={}) == one.data
    assert back.data.correlation == {"aanmelding:kenmerk": one.id}


@pytest.mark.parametrize(
    ("one", "as_json"),
    [
        (message(K.SENT), False),
        (general(K.SENT), True),
        (message(K.SENT, service=None), True),
        (message(K.STARTED, by_provider=True, service=None, correlation={"iwmo:ToewijzingNummer": "5"}), False),
        (general(K.STARTED, by_provider=True), True),
        (message(K.STARTED, by_provider=True, correlation={"aanmelding:kenmerk": "K-1"}), True),
        (message(K.PROCESSED, client=None, service=None, receipt=Receipt(reference="A"), event=Event.START), False),
    ],
    ids=lambda value: value.kind.name if isinstance(value, Message) else str(value),
)
def test_the_service_and_the_keys_choose_between_an_assignment_and_an_aanmelding(one: Message, as_json: bool):
    assert (CONNECTOR.write(one, BOOK, NOW).payload.content_type == "application/json") is as_json


def test_a_warm_handover_is_never_a_301():
    for kind in MessageKind:
        body = CONNECTOR.write(general(kind), BOOK, NOW).payload.body
        assert b"ToegewezenProduct" not in body


def test_a_new_aanmelding_keeps_a_key_by_which_all_that_follows_stays_json():
    (new,) = read(sample("in-aanmelding.json")).messages
    assert any(key.startswith("aanmelding:") for key in new.data.correlation)
    later = message(K.ACCEPTED, service=None, correlation=new.data.correlation)
    assert CONNECTOR.write(later, BOOK, NOW).payload.content_type == "application/json"


def test_what_only_the_receiver_says_proves_that_it_was_received():
    body = json.dumps(written(general(K.ACCEPTED, by_provider=True))).encode()
    assert read(body).messages[0].data.implies == (Event.RECEIVE,)


@pytest.mark.parametrize("verdict", Verdict)
def test_an_aanmelding_is_confirmed_or_refused_by_its_own_id(verdict: Verdict):
    body = sample("in-aanmelding.json")
    refusal = Refusal(RefusalCode.NOT_ALLOWED, "Not allowed.") if verdict is Verdict.REFUSED else None
    back = answer(body, verdict, refusal)
    assert back is not None
    FORM.load(json.loads(back))
    (receipt,) = read(back).messages
    assert receipt.kind is (K.REFUSED if refusal else K.PROCESSED)
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.reference == json.loads(body)["berichtId"]
    assert [code.code for code in receipt.data.receipt.codes] == (["not_allowed"] if refusal else [])
    assert answer(back, Verdict.ACCEPTED) is None
    assert answer(b"{}", verdict) is None


def test_the_same_message_read_twice_gives_the_same_id():
    body = sample("in-aanmelding.json")
    assert read(body) == read(body)
    other = body.replace(json.loads(body)["berichtId"].encode(), b"another")
    assert read(other).messages[0].id != read(body).messages[0].id


WRONG = {
    "no json": (b'{"bericht": ', None, "malformed"),
    "a list": (b"[]", None, "malformed"),
    "twice": (b'{"bericht": "vraag", "bericht": "antwoord"}', None, "malformed"),
    "another version": (b'{"versie": "2.0"}', "versie", "unsupported_version"),
    "deep": (b"[" * 5000, None, "malformed"),
}


@pytest.mark.parametrize(("body", "field", "code"), WRONG.values(), ids=WRONG)
def test_what_is_no_aanmelding_is_refused_by_name(body: bytes, field: str | None, code: str):
    refusal = refused(body)
    assert refusal.code == code
    if field is not None:
        assert refusal.field == field


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("bericht", "iets"),
        ("client.burgerservicenummer", "123456789"),
        ("client.geboortedatum", "1984-02-30"),
        ("caseaanmelding.leefgebieden", ["geld"]),
        ("caseaanmelding.aanmeldingNummer", "7"),
        ("caseaanmelding.aanleiding", "verborgen \u202e tekst"),
        ("afzender.organisatie", "<script>"),
        ("verzonden", "2026-11-24T10:00:00"),
        ("verzonden", "2031-01-01T10:00:00Z"),
        ("extra", 1),
    ],
)
def test_a_wrong_field_is_named_and_its_value_never_repeated(path: str, value: Any):
    document = json.loads(sample("in-aanmelding.json"))
    *parents, last = path.split(".")
    inner = document
    for name in parents:
        inner = inner[name]
    inner[last] = value
    refusal = refused(json.dumps(document).encode())
    assert refusal.code is RefusalCode.MALFORMED
    assert (refusal.field or "").startswith(path)
    assert str(value) not in refusal.message


@pytest.mark.parametrize("path", INWARD, ids=lambda path: path.stem)
def test_a_golden_aanmelding_reads_as_its_canonical_messages(path: Path):
    messages = [one.to_json() for one in read(path.read_bytes()).messages]
    assert messages == json.loads(path.with_suffix(".canonical.json").read_text())


@pytest.mark.parametrize("path", OUTWARD, ids=lambda path: path.stem)
def test_a_golden_canonical_message_is_written_as_its_aanmelding(path: Path):
    one = Message.from_json(json.loads(path.with_suffix(".canonical.json").read_text()))
    assert json.loads(CONNECTOR.write(one, BOOK, NOW).payload.body) == json.loads(path.read_text())


def test_there_are_golden_pairs_both_ways():
    assert len(INWARD) >= 3
    assert len(OUTWARD) >= 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(list(BERICHTEN.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(FORM.fields)), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_is_read_or_refused_and_nothing_else(data: st.DataObject):
    document = json.loads(sample("in-aanmelding.json"))
    for name in data.draw(st.lists(st.sampled_from(list(FORM.fields)), max_size=2)):
        document[name] = data.draw(JSON)
    body = json.dumps(data.draw(st.sampled_from([document, data.draw(JSON)]))).encode()
    refusal: Refusal | None = None
    try:
        for one in read(body).messages:
            assert Message.from_json(one.to_json()) == one
    except Refusal as error:
        refusal = error
    verdict = Verdict.REFUSED if refusal else Verdict.ACCEPTED
    back = CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)
    assert back is None or back.body


def test_a_field_whose_name_is_a_number_of_a_person_is_not_repeated() -> None:
    document = {"bericht": "aanmelding", "versie": "1.0", "afzender": {"999930011": "x"}}
    with pytest.raises(Refusal) as caught:
        CONNECTOR.read(payload(json.dumps(document).encode()), BOOK, NOW)
    assert "999930011" not in f"{caught.value.field}{caught.value.message}"
