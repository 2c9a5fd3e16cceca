"""Writing: which message says what, what can't be said, and what is lost on the way."""

import datetime as dt
from dataclasses import replace

import pytest

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Writing
from connectors.social_work.envelope import opened
from schemas.identifiers import short_reference
from schemas.message import Coded, Ground, Message, Receipt
from schemas.vocabulary import Basis, Event, Gender, LifeDomain, MessageKind, Outcome, Purpose, Urgency
from tests.unit.test_social_work_material import (
    BOOK,
    CONNECTOR,
    NOW,
    OPEN_BOOK,
    YAGMUR,
    message,
    need_standard,
    read,
    valid,
    written,
)

K = MessageKind
REQUESTED = {"iwmo:ReferentieAanbieder": "KADE-2026-0044"}
BARE = {"client": None, "service": None, "starts_on": None, "referral_number": None}


def write(one: Message) -> Writing:
    return CONNECTOR.write(one, BOOK, NOW)


def impossible(one: Message) -> Refusal:
    with pytest.raises(Refusal) as caught:
        write(one)
    assert caught.value.code is RefusalCode.CANNOT_EXPRESS
    return caught.value


def lost(one: Message) -> list[str]:
    return [loss.field for loss in write(one).losses]


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (message(K.SENT), "WMO301"),
        (message(K.WITHDRAWN), "WMO301"),
        (message(K.CONSENT_WITHDRAWN), "WMO301"),
        (message(K.ACCEPTED, correlation=REQUESTED), "WMO301"),
        (message(K.DECLINED, correlation=REQUESTED), "WMO319"),
        (message(K.RECEIVED, correlation=REQUESTED), "WMO319"),
        (message(K.SENT, by_provider=True), "WMO315"),
        (message(K.STARTED, by_provider=True), "WMO305"),
        (message(K.RESUMED, by_provider=True), "WMO305"),
        (message(K.COMPLETED, by_provider=True), "WMO307"),
        (message(K.PAUSED, by_provider=True), "WMO307"),
        (message(K.ENDED, by_provider=True), "WMO307"),
        (message(K.STOPPED_BY_CLIENT, by_provider=True), "WMO307"),
        (message(K.CHANGE_REQUESTED, by_provider=True), "WMO317"),
        (message(K.SENT, service=Coded(code="45A04", system="ijw")), "JW301"),
        (message(K.PROCESSED, **BARE, receipt=Receipt(reference="A"), event=Event.START), "WMO306"),
        (message(K.PROCESSED, **BARE, receipt=Receipt(reference="A"), event=Event.END), "WMO308"),
        (message(K.PROCESSED, **BARE, receipt=Receipt(reference="A"), event=Event.SEND), "WMO316"),
        (
            message(K.PROCESSED, **BARE, receipt=Receipt(reference="A"), correlation={"iwmo:Bericht": "WMO317"}),
            "WMO318",
        ),
        (message(K.REFUSED, by_provider=True, **BARE, receipt=Receipt(reference="A"), event=Event.SEND), "WMO302"),
        (message(K.REFUSED, by_provider=True, **BARE, receipt=Receipt(reference="A"), event=Event.DECLINE), "WMO320"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.kind.name}-{value.sender}",
)
def test_each_step_has_its_message(one: Message, name: str):
    writing = write(one)
    incoming = opened(writing.payload.body)
    assert incoming.form.name == name
    assert writing.payload.name == f"{name}_{writing.reference}.xml"
    assert writing.reference == short_reference(one.id) == incoming.identification
    assert "0855" in incoming.header.texts.values()
    assert "65656055" in incoming.header.texts.values()


@pytest.mark.parametrize(
    "one",
    [
        message(kind, by_provider=by_provider)
        for by_provider in (True, False)
        for kind in MessageKind
        if not kind.is_receipt
        and kind
        not in (
            {K.SENT, K.STARTED, K.RESUMED, K.COMPLETED, K.PAUSED, K.ENDED, K.STOPPED_BY_CLIENT, K.CHANGE_REQUESTED}
            if by_provider
            else {K.SENT, K.WITHDRAWN, K.CONSENT_WITHDRAWN, K.CORRECTED}
        )
    ],
    ids=lambda one: f"{one.kind.name}-{one.sender}",
)
def test_what_iwmo_has_no_word_for_is_refused_by_name(one: Message):
    refusal = impossible(one)
    assert refusal.field == "type"
    assert one.kind.value.rsplit(".", 1)[-1] in refusal.message


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (message(K.SENT, referral_number=None), "data.referral_number"),
        (message(K.SENT, client=None), "data.client.family_name"),
        (message(K.SENT, client=replace(YAGMUR, bsn=None)), "data.client.bsn"),
        (message(K.SENT, ends_on="2026-11-08"), "data.ends_on"),
        (message(K.COMPLETED, by_provider=True, starts_on=None), "data.starts_on"),
        (
            message(K.SENT, correlation={"iwmo:ReferentieAanbieder": "x" * 37}),
            "data.correlation.iwmo:ReferentieAanbieder",
        ),
        (message(K.PROCESSED, **BARE), "data.receipt"),
        (message(K.PROCESSED, **BARE, event=None, receipt=Receipt(reference="A")), "data.event"),
        (
            message(K.PROCESSED, **BARE, event=Event.START, receipt=Receipt(reference="A" * 13)),
            "data.receipt.reference",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_message_must_have_is_asked_for(one: Message, field: str):
    assert impossible(one).field == field


def test_a_message_without_a_number_to_go_to_is_refused():
    with pytest.raises(Refusal) as caught:
        CONNECTOR.write(message(K.SENT), OPEN_BOOK, NOW)
    assert caught.value.field == "receiver"


def test_all_that_has_no_place_is_told_and_nothing_else():
    rich = {
        "referral_id": "6ee1a2f0",
        "life_domains": (LifeDomain.FINANCES,),
        "client_words": "Ik red het niet.",
        "strengths": ("Doorzetter.",),
        "urgency": Urgency.TODAY,
        "ground": Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE),
        "outcome": Outcome.REACHED,
        "correlation": {"fhir:Task": "7"},
        "client": replace(YAGMUR, reference="K-1", gender=Gender.OTHER, prefix="van der en van den"),
    }
    assert sorted(lost(message(K.SENT, **rich, note="Let op.", reason="Schulden."))) == [
        "data.client.gender",
        "data.client.prefix",
        "data.client.reference",
        "data.client_words",
        "data.correlation.fhir:Task",
        "data.ground",
        "data.life_domains",
        "data.outcome",
        "data.referral_id",
        "data.strengths",
        "data.urgency",
    ]
    assert lost(message(K.SENT, note="Let op.", reason="Schulden.")) == []


def test_a_request_goes_by_the_id_of_the_referral_where_it_has_no_key_yet():
    one = message(K.SENT, by_provider=True, referral_id="c0a8012e-7d3c-4f0a-9a52-3f1f0e6d7b11", referral_number=None)
    assert b">c0a8012e-7d3c-4f0a-9a52-3f1f0e6d7b11<" in written(one)
    assert lost(one) == []


@pytest.mark.parametrize(
    ("birth_date", "date", "use"),
    [(None, "1900-01-01", "3"), ("1980", "1980-01-01", "2"), ("1980-05", "1980-05-01", "1")],
)
def test_an_incomplete_birth_date_says_how_incomplete(birth_date: str | None, date: str, use: str):
    one = message(K.SENT, client=replace(YAGMUR, birth_date=birth_date))
    assert f"Datum>{date}<" in written(one).decode()
    assert f"DatumGebruik>{use}<" in written(one).decode()
    client = read(written(one)).messages[0].data.client
    assert client is not None
    assert client.birth_date == birth_date


@pytest.mark.parametrize(
    ("code", "category", "product"),
    [
        ("02", "02", None),
        ("02A03", "02", "02A03"),
        ("01/ABCDE", "01", "ABCDE"),
        ("31A01", "06", None),
        ("x", "06", None),
    ],
)
def test_a_service_is_written_as_a_product_or_as_the_default_category(code: str, category: str, product: str | None):
    text = written(message(K.SENT, service=Coded(code=code, system="iwmo"))).decode()
    assert f"Categorie>{category}<" in text
    assert (f"iwmo:Code>{product}<" in text) if product else ("iwmo:Code>" not in text)


@pytest.mark.standards
@pytest.mark.parametrize(
    "one",
    [
        message(
            K.SENT, client=replace(YAGMUR, initials="YĞ"), ends_on="2027-05-08", note="Let op.", reason="Schulden."
        ),
        message(
            K.SENT, by_provider=True, client=replace(YAGMUR, initials="YĞ"), correlation=REQUESTED, referral_number=None
        ),
        message(K.PAUSED, by_provider=True, client=replace(YAGMUR, initials="YĞ"), ends_on="2026-11-20"),
        message(K.STOPPED_BY_CLIENT, by_provider=True, client=replace(YAGMUR, initials=None), ends_on="2026-11-20"),
        message(K.STARTED, by_provider=True, client=replace(YAGMUR, initials=None)),
    ],
    ids=lambda one: one.kind.name + one.sender,
)
def test_what_was_written_reads_as_what_was_meant(one: Message):
    need_standard()
    valid(written(one))
    back = read(written(one)).messages[0]
    assert back.kind is one.kind
    for name in ("client", "service", "starts_on", "ends_on", "note", "reason", "referral_number"):
        assert getattr(back.data, name) == getattr(one.data, name)
    assert one.data.correlation.items() <= back.data.correlation.items()


def test_an_assignment_is_decided_at_dutch_time():
    one = message(K.SENT, occurred_at=dt.datetime(2026, 7, 1, 22, 30, 5, tzinfo=dt.UTC))
    assert b"Toewijzingsdatum>2026-07-02<" in written(one)
    assert b"Toewijzingstijd>00:30:05<" in written(one)
    assert read(written(one)).messages[0].data.occurred_at == one.data.occurred_at


def test_a_correction_is_the_same_assignment_again_with_its_reason():
    body = write(message(K.CORRECTED, by_provider=False)).payload.body.decode()
    assert "RedenWijziging>14<" in body
