"""Writing StUF-ZKN: valid by the standard, within its limits, old and new, and what care may be told in."""

import contextlib
import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Verdict
from connectors.work_and_income.writing import UNSAID
from schemas.message import Coded, Ground, Receipt
from schemas.vocabulary import Basis, LifeDomain, MessageKind, Outcome, Purpose, Urgency
from tests.unit.test_work_and_income_material import (
    BARE_BOOK,
    BOOK,
    CONNECTOR,
    NOW,
    SAMPLES,
    SOMEONE,
    STUF,
    ZKN,
    changed,
    dump,
    faults_of,
    message,
    need_standard,
    payload,
    read,
    refused,
    sample,
    stuf_of,
)

K = MessageKind
SAID = [kind for kind in MessageKind if kind not in UNSAID]
FULL = {
    "client": SOMEONE,
    "occurred_at": dt.datetime(2026, 11, 24, 8, 15, 7, 120000, tzinfo=dt.UTC),
    "life_domains": (LifeDomain.FINANCES,),
    "reason": "Eerst de post.\nDan de huur.",
    "note": "Bellen kan na 14 uur.",
    "starts_on": "2026-11",
    "ends_on": "2026-12",
    "urgency": Urgency.TODAY,
    "ground": Ground(basis=Basis.CONSENT, purpose=Purpose.GUIDANCE),
    "strengths": ("Komt afspraken na",),
}
RECEIPT = {"receipt": Receipt(reference="5d1f5a0e-6f13-4d55-8f0e-0c8a7e6b0001")}


def written(one, book=BOOK):
    return CONNECTOR.write(one, book, NOW)


def case_of(body: bytes, number: int = -1) -> etree._Element:
    return stuf_of(body).findall(f"{ZKN}object")[number]


@pytest.mark.standards
@pytest.mark.parametrize("by_suite", [False, True])
@pytest.mark.parametrize("kind", SAID)
def test_all_that_can_be_said_is_valid_by_the_standard_with_much_and_with_little(kind, by_suite):
    need_standard()
    little = {"client": replace(SOMEONE, bsn=None)} if kind is K.SENT else {}
    for data in (RECEIPT,) if kind.is_receipt else (FULL, little):
        body = written(message(kind, by_suite=by_suite, **data)).payload.body
        assert faults_of(body) == []


@pytest.mark.standards
def test_the_check_by_the_standard_finds_a_wrong_order_and_a_length():
    body = (SAMPLES / "out-verwijzing.xml").read_bytes()
    element = etree.fromstring(body)
    case = element.find(f".//{ZKN}object")
    case.append(case[0])
    assert faults_of(etree.tostring(element))
    assert faults_of(changed(body, ("Verwijzing sociaal domein", "x" * 90)))
    long = changed(body, ("<ZKN:identificatie>0855V202601170", "<ZKN:identificatie>" + "9" * 41))
    assert faults_of(long)


@pytest.mark.standards
@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.xml")))
def test_a_sample_is_valid_by_the_standard(name):
    need_standard()
    assert faults_of(sample(name)) == []


@pytest.mark.standards
def test_the_real_messages_come_back_as_they_were_read():
    for start in ("02-request", "03-request", "06-request"):
        [first] = read(dump(start)).messages
        body = written(first).payload.body
        assert faults_of(body) == []
        [again] = read(body).messages
        assert (again.kind, again.data.correlation) == (first.kind, first.data.correlation)
        assert again.data.client == first.data.client
        assert (again.data.note, again.data.occurred_at) == (
            first.data.note,
            first.data.occurred_at,
        ) or start == "02-request"


def test_a_change_shows_the_case_as_it_was_and_then_as_it_is():
    body = written(message(K.STARTED, occurred_at=FULL["occurred_at"])).payload.body
    old, new = (case_of(body, place).find(f"{ZKN}heeft") for place in (0, 1))
    assert old.get(f"{STUF}noValue") == "geenWaarde"
    assert new.findtext(f"{ZKN}datumStatusGezet") == "2026112409150712"
    assert new.findtext(f"{ZKN}gerelateerde/{ZKN}code") == "Inbeh"
    body = written(message(K.COMPLETED, outcome=Outcome.PARTLY)).payload.body
    assert [name.localname for name in map(etree.QName, case_of(body))] == [
        "identificatie", "kenmerk", "resultaat", "einddatum", "heeft",
    ]  # fmt: skip
    assert case_of(body, 0).find(f"{ZKN}einddatum").get(f"{STUF}noValue") == "geenWaarde"
    assert case_of(body).findtext(f"{ZKN}resultaat/{ZKN}omschrijving") == "Doel deels bereikt"


def test_the_same_message_is_the_same_bytes_whenever_it_is_written():
    one = message(K.SENT, **FULL)
    first, later = written(one), CONNECTOR.write(one, BOOK, NOW + dt.timedelta(days=2))
    assert first == later
    assert first.reference == one.id
    assert len(written(replace(one, id="x" * 60)).reference) <= 40


def test_a_case_of_ours_begins_with_the_municipality_and_bears_our_key():
    body = written(message(K.SENT, **FULL)).payload.body
    case = case_of(body)
    assert case.findtext(f"{ZKN}identificatie") == "0855V202601170"
    mark = case.find(f"{ZKN}kenmerk")
    assert (mark.findtext(f"{ZKN}kenmerk"), mark.findtext(f"{ZKN}bron")) == (
        "3f0c9d1e-0000-4000-8000-00000000a001",
        "Schakel",
    )


def test_a_case_that_the_suite_brought_gets_our_key_and_is_not_made_again():
    writing = written(message(K.SENT, correlation={"stuf:identificatie": "0855026120"}, **FULL))
    assert stuf_of(writing.payload.body).findtext(f"{ZKN}parameters/{STUF}mutatiesoort") == "W"
    assert case_of(writing.payload.body).findtext(f"{ZKN}identificatie") == "0855026120"
    assert b"999900006" not in writing.payload.body, "the suite knows its own client"
    [one] = read(writing.payload.body).messages
    assert (one.kind, one.data.referral_id) == (K.SENT, "3f0c9d1e-0000-4000-8000-00000000a001")


def test_the_header_names_the_service_as_the_suites_do():
    action = {
        kind: written(message(kind, **FULL)).payload.headers["SOAPAction"] for kind in (K.SENT, K.ASKED, K.PAUSED)
    }
    assert [value.rpartition("/")[2] for value in action.values()] == [
        'creeerZaak_Lk01"', 'actualiseerZaakstatus_Lk01"', 'updateZaak_Lk01"',
    ]  # fmt: skip
    assert written(message(K.SENT, **FULL)).payload.content_type == "text/xml; charset=utf-8"


def test_texts_are_cut_at_their_limits_and_that_is_told():
    writing = written(message(K.SENT, **{**FULL, "reason": "é" * 1500}))
    assert len(case_of(writing.payload.body).findtext(f"{ZKN}toelichting")) == 1000
    writing = written(message(K.PAUSED, note="w" * 300))
    assert len(case_of(writing.payload.body).findtext(f"{ZKN}opschorting/{ZKN}reden")) == 200
    assert ("data.note", "cut to 200 characters") in [(loss.field, loss.why) for loss in writing.losses]


def test_of_care_the_suite_gets_a_number_and_a_state():
    one = replace(
        message(K.STARTED, client=SOMEONE, service=Coded(code="ggz", text="Behandeling"), starts_on="2026-11-02"),
        sender="ggz-de-leij",
    )
    text = written(one).payload.body.decode()
    for word in ("999900006", "Voorbeeld", "GGZ", "ggz", "Behandeling", "Leij", "20261102"):
        assert word not in text


@pytest.mark.parametrize("kind", UNSAID)
def test_what_can_not_be_said_is_refused_with_why(kind):
    with pytest.raises(Refusal) as caught:
        written(message(kind, **FULL))
    assert caught.value.code is RefusalCode.CANNOT_EXPRESS


def test_without_settings_a_referral_goes_by_the_zaaktype_of_its_life_domain_or_not_at_all():
    assert b"B1026" in written(message(K.SENT, **FULL), BARE_BOOK).payload.body
    with pytest.raises(Refusal) as caught:
        written(message(K.SENT, **{**FULL, "life_domains": (LifeDomain.HOUSING,)}), BARE_BOOK)
    assert (caught.value.code, caught.value.field) == (RefusalCode.CANNOT_EXPRESS, "data.service")


def test_every_field_without_a_place_is_named():
    told = {kind: [loss.field for loss in written(message(kind, **FULL)).losses] for kind in (K.SENT, K.STARTED)}
    assert set(told[K.SENT]) == {
        "data.occurred_at", "data.note", "data.life_domains", "data.urgency", "data.ground", "data.strengths",
        "data.starts_on", "data.ends_on",
    }  # fmt: skip
    assert {"data.client", "data.reason", "data.ground", "data.starts_on", "data.ends_on"} <= set(told[K.STARTED])


# Answers


def answered(body: bytes, verdict: Verdict, refusal: Refusal | None = None):
    return CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)


@pytest.mark.standards
@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.DUPLICATE])
def test_a_message_that_is_taken_is_answered_as_the_real_system_does(verdict):
    ours, theirs = answered(dump("02-request"), verdict).body, dump("02-response")
    assert faults_of(ours) == []
    told = [[element.tag for element in stuf_of(body).iter()] for body in (ours, theirs)]
    assert told[0] == told[1]
    lead = [stuf_of(body)[0] for body in (ours, theirs)]
    for path in ("berichtcode", "zender/*", "ontvanger/*", "crossRefnummer"):
        full = f"{STUF}{path}"
        assert [one.text for one in lead[0].findall(full)] == [one.text for one in lead[1].findall(full)]


@pytest.mark.standards
def test_a_message_that_is_refused_gets_its_place_in_an_error_that_is_valid():
    body = changed(sample("in-in-behandeling"), ("<ZKN:code>Inbeh<", "<ZKN:code>Zoek<"))
    refusal = refused(body)
    answer = answered(body, Verdict.REFUSED, refusal)
    assert faults_of(answer.body) == []
    told = stuf_of(answer.body)
    assert told.tag == f"{STUF}Fo03Bericht"
    assert etree.QName(told.getparent()).localname == "detail"
    assert told.findtext(f"{STUF}body/{STUF}details").startswith("zakLk01/object[2]/heeft/gerelateerde/code: ")


@pytest.mark.standards
def test_a_question_that_waits_for_its_answer_gets_an_fo02():
    body = dump("01-request")
    answer = answered(body, Verdict.REFUSED, refused(body))
    assert faults_of(answer.body) == []
    assert stuf_of(answer.body).tag == f"{STUF}Fo02Bericht"


def test_a_receipt_is_not_receipted_and_noise_gets_a_bare_fault():
    assert answered(sample("in-bv03"), Verdict.ACCEPTED) is None
    assert answered(b"\x00", Verdict.ACCEPTED) is None
    assert b"detail" not in answered(b"\x00", Verdict.REFUSED).body


# Settings


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ({"hub": [{"organisatie": "0855"}]}, ["hub[1].applicatie"]),
        ({"suite": {"applicatie": "GW"}}, ["suite[1].applicatie", "suite[1].applicatie"]),
        ({"hub": ["Schakel"]}, ["hub[1]"]),
        ({"hub": 5}, ["hub"]),
        ({"zaaktypen": {"B1": {"life_domains": ["geld"], "purpose": "income"}}}, ["zaaktypen.B1.life_domains"]),
        ({"zaaktypen": {"B1": {"x": 1}}}, ["zaaktypen.B1.x"]),
        ({"zaaktypen": {"B1": {"purpose": "enforcement"}}}, ["zaaktypen.B1.purpose"]),
        ({"zaaktypen": {"VEELTELANGECODE": {}}}, ["zaaktypen.VEELTELANGECODE"]),
        ({"zaaktypen": []}, ["zaaktypen"]),
        ({"default_zaaktype": "B2"}, ["default_zaaktype"]),
        ({"statussen": {"Inbeh": {"event": "begin"}}}, ["statussen.Inbeh.event", "statussen"]),
        ({"statussen": {"Inbeh": {"event": "receive"}}}, ["statussen"]),
        ({"statussen": {"Oud": {"event": "none", "volgnummer": 0}}}, ["statussen.Oud.volgnummer"]),
        ({"resultaten": {"Klaar": {"outcome": "good"}}}, ["resultaten.Klaar.outcome"]),
        ({"besluiten": {"Ja": "accept"}}, ["besluiten.Ja"]),
        ({"zaaktype": {}}, ["zaaktype"]),
    ],
)  # fmt: skip
def test_a_mistake_in_the_settings_is_named_by_its_key(settings, keys):
    assert sorted(one.key for one in CONNECTOR.check(settings)) == sorted(keys)
    book = replace(BOOK, dialect=settings)
    with contextlib.suppress(Refusal):  # a wrong setting may refuse a message; it never breaks the reading of one
        read(sample("in-aanvraag"), book)


def test_the_demo_is_set_well_and_no_settings_are_well():
    assert list(CONNECTOR.check(BOOK.dialect)) == list(CONNECTOR.check({})) == []


def test_a_status_of_the_municipality_goes_over_the_default_and_one_may_be_no_step():
    own = {"statussen": {"Inbeh": {"event": "none"}, "Loopt": {"name": "Loopt", "event": "start", "volgnummer": 5}}}
    book = replace(BOOK, dialect={**BOOK.dialect, **own})
    assert read(sample("in-in-behandeling"), book).messages == ()
    assert b"<ZKN:code>Loopt<" in written(message(K.STARTED), book).payload.body
