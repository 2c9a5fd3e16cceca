"""The JSON of the re-integration connector: every message both ways, what is lost, and what is refused by name."""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Payload, Verdict
from connectors.reintegration.shapes import SHAPES, ProvisionSchema
from connectors.reintegration.words import OURS, STATES, Result, Sort, Word
from schemas.identifiers import derived_id
from schemas.message import Client, Coded, Message, MessageData, Receipt
from schemas.vocabulary import MessageKind
from tests.unit.test_mental_health_generated import HARD, MESSAGES
from tests.unit.test_reintegration_material import (
    BOOK,
    CONNECTOR,
    KINDS,
    NOW,
    SPOEL,
    STANDARDS,
    WORK,
    closing,
    document,
    full_referral,
    message,
    read,
    refused,
)  # fmt: skip


def written(canonical: Message) -> dict[str, Any]:
    return dict(json.loads(CONNECTOR.write(canonical, BOOK, NOW).payload.body))


def again(canonical: Message) -> Message:
    """What the other side reads of what we write."""
    [found] = CONNECTOR.read(CONNECTOR.write(canonical, BOOK, NOW).payload, BOOK, NOW).messages
    return found


def told(canonical: Message) -> MessageData:
    """What a message says, with what its kind alone says filled in."""
    state = next((state for state in STATES if state.kind is canonical.kind), None)
    data = canonical.data
    if data.client == Client():
        data = dataclasses.replace(data, client=None)
    if state is None:
        return dataclasses.replace(data, event="send", status="sent")  # type: ignore[arg-type]
    return dataclasses.replace(data, event=state.event, status=state.status, implies=state.implies)


# -- both ways -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
def test_each_kind_of_message_comes_back_as_it_went(kind: MessageKind) -> None:
    canonical = message(kind, note="Een woord erbij.")
    writing = CONNECTOR.write(canonical, BOOK, NOW)
    assert writing.losses == ()
    found = again(canonical)
    assert (found.kind, found.sender, found.receiver, found.time) == (
        kind, canonical.sender, canonical.receiver, canonical.time,
    )  # fmt: skip
    assert found.data == told(canonical)


def test_every_kind_of_message_is_said() -> None:
    receipts = [kind for kind in MessageKind if kind.is_receipt]
    assert {*KINDS, *receipts, *CONNECTOR.unsaid} == set(MessageKind)
    assert set(CONNECTOR.unsaid) == {MessageKind.STEP_RETRACTED}
    assert {state.word for state in STATES} == set(Word)


@pytest.mark.parametrize("canonical", [full_referral(), closing()], ids=["referral", "closing"])
def test_all_that_can_be_said_is_said(canonical: Message) -> None:
    assert CONNECTOR.write(canonical, BOOK, NOW).losses == ()
    assert again(canonical).data == told(canonical)


def test_a_closure_holds_what_the_municipality_delivers_to_the_srg() -> None:
    said = written(closing())
    assert said["voorziening"] == {
        "DatBRv": "2026-08-03",
        "DatERv": "2026-11-20",
        "CdTypeRvGsd": "07",
        "OmsRv": "Oriëntatie groen",
        "CdDoelRv": "1",
        "CdArbeidsvermogen": "03",
        "PercLoonwaardeTovWml": "62.5",
    }
    assert (said["status"], said["resultaat"], said["redenEinde"]["code"]) == ("afgerond", "bereikt", "uitstroom_werk")
    assert said["toelichting"] == "Begint op 1 december bij de kwekerij."


@pytest.mark.parametrize("line", ["CdDoelRv 12", "DatBRv 2026-13-01", "CdDoelRv 1; CdTypeRvGsd ABC", "Onbekend 1"])
def test_a_note_that_only_looks_like_the_line_for_the_srg_stays_as_it_is(line: str) -> None:
    note = f"Hallo.\nVoor de SRG: {line}"
    assert written(message(MessageKind.COMPLETED, note=note))["toelichting"] == note


@pytest.mark.parametrize("kind", [MessageKind.PROCESSED, MessageKind.REFUSED])
def test_a_receipt_goes_both_ways(kind: MessageKind) -> None:
    receipt = Receipt(reference="0b6a2a52-0000-4000-8000-00000000b001", codes=(Coded(code="onbekend", system="eigen"),))
    canonical = dataclasses.replace(message(kind), data=MessageData(receipt=receipt))
    assert CONNECTOR.write(canonical, BOOK, NOW).losses == ()
    assert again(canonical).data.receipt == receipt
    assert again(canonical).kind is kind


def test_the_same_message_read_twice_has_the_same_id_however_its_number_is_written() -> None:
    said = document()
    first, second = read(said), read({**said, "berichtId": said["berichtId"].upper()})
    assert first.identification == second.identification
    assert first.messages[0].id == second.messages[0].id != said["berichtId"]


@HARD
@given(canonical=MESSAGES)
def test_whatever_is_written_is_read_back_or_told_as_lost(canonical: Message) -> None:
    original = Message.from_json(canonical.to_json())
    try:
        writing = CONNECTOR.write(original, BOOK, NOW)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.CANNOT_EXPRESS
        return
    [found] = CONNECTOR.read(writing.payload, BOOK, NOW).messages
    assert found.kind is original.kind
    assert (found.sender, found.receiver) == (original.sender, original.receiver)
    lost = {loss.field.split(".")[0] for loss in writing.losses}
    expected = told(original) if not original.kind.is_receipt else original.data
    for field in dataclasses.fields(MessageData):
        if field.name not in lost | {"event", "status", "implies"}:
            assert getattr(found.data, field.name) == getattr(expected, field.name), field.name


# -- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"starts_on": "2026-11"}, "starts_on"),
        ({"starts_on": "2026-11-20", "ends_on": "2026-11-19"}, "ends_on"),
        ({"correlation": {"fhir:Task": "t|1"}}, "correlation"),
        ({"note": "x" * 19_500}, "note"),
        ({"strengths": ("goed",) * 51}, "strengths"),
        ({"service": Coded(code="07", system="suwi:CdTypeRvGsd", text="x" * 101)}, "service.text"),
        ({"dropped_fields": ("iets",)}, "dropped_fields"),
    ],
)
def test_what_has_no_place_is_told(changes: dict[str, Any], lost: str) -> None:
    writing = CONNECTOR.write(message(MessageKind.STARTED, **changes), BOOK, NOW)
    assert [loss.field for loss in writing.losses] == [lost]
    assert not SHAPES[Sort.PROGRESS].validate(json.loads(writing.payload.body))


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"behandelaar": "Tom van Riel"}, "behandelaar"),
        ({"reden": {"code": "a"}, "redenEinde": {"code": "b"}}, "reden"),
        ({"voorziening": {"OmsRv": "Groen"}}, "voorziening.OmsRv"),
        ({"voorziening": {"CdTypeRvGsd": "07"}, "dienst": {"code": "groen"}}, "voorziening.CdTypeRvGsd"),
    ],
)
def test_what_the_canonical_message_has_no_place_for_is_told(changes: dict[str, Any], lost: str) -> None:
    assert [loss.field for loss in read(document(**changes)).losses] == [lost]


# -- refused by name -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"berichtId": None}, "berichtId"),
        ({"berichtId": "42"}, "berichtId"),
        ({"verzondenOp": "2026-11-24T10:00:00"}, "verzondenOp"),
        ({"registratienummerRv": None}, "verwijzingId"),
        ({"registratienummerRv": "1" * 16}, "registratienummerRv"),
        ({"registratienummerRv": "9999999999"}, "registratienummerRv"),
        ({"registratienummerRv": "0"}, "registratienummerRv"),
        ({"registratienummerRv": 20260117}, "registratienummerRv"),
        ({"status": "started"}, "status"),
        ({"status": None}, "status"),
        ({"soort": "vacature"}, "soort"),
        ({"soort": ["voortgang"]}, "soort"),
        ({"client": {"bsn": "999900007"}}, "client.bsn"),
        ({"client": {"geboortedatum": "1974-02-30"}}, "client.geboortedatum"),
        ({"client": "Karin"}, "client"),
        ({"leefgebieden": ["werk_en_opleiding", "geluk"]}, "leefgebieden.1"),
        ({"voorziening": {"DatBRv": "20261102"}}, "voorziening.DatBRv"),
        ({"voorziening": {"DatBRv": "2026-11-02", "DatERv": "2026-11-01"}}, "voorziening.DatERv"),
        ({"voorziening": {"CdDoelRv": "10"}}, "voorziening.CdDoelRv"),
        ({"voorziening": {"PercLoonwaardeTovWml": "162.5"}}, "voorziening.PercLoonwaardeTovWml"),
        ({"toelichting": "ge\u202eheim"}, "toelichting"),
        ({"Karin Smulders": 1}, "?"),
        ({"client": {"Karin Smulders": 1}}, "client.?"),
    ],
)
def test_what_is_wrong_is_refused_with_its_field_and_without_its_value(changes: dict[str, Any], field: str) -> None:
    refusal = refused(document(**changes))
    assert (refusal.code, refusal.field) == (RefusalCode.MALFORMED, field)
    for value in ("Karin", "Smulders", "999900007", "geheim", "1974", "started"):
        assert value not in refusal.message and value not in (refusal.field or "")


def test_what_is_null_is_as_if_it_were_not_there() -> None:
    assert read({**document(), "toelichting": None, "client": {"bsn": None}}).messages == read(document()).messages


def test_another_version_is_refused_as_such() -> None:
    assert refused(document(versie="2")).code is RefusalCode.UNSUPPORTED_VERSION


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ([{"vervoermiddel": [], "arbeidsmarktkwalificatie": {}}], "VUM"),
        ({"idVacature": "1"}, "VUM"),
        ({"resourceType": "Task"}, "FHIR"),
        ({"specversion": "1.0", "type": "x"}, "CloudEvent"),
        ({"kanaal": "zaken", "hoofdObject": "https://x"}, "ZGW"),
        (b"<?xml version='1.0'?><GSDReintegratieInfo/>", "SuwiML"),
    ],
)
def test_what_is_no_referral_is_refused_by_name(body: Any, word: str) -> None:
    refusal = refused(body)
    assert refusal.code is RefusalCode.NOT_ALLOWED
    assert word in refusal.message


@pytest.mark.standards
@pytest.mark.skipif(not (STANDARDS / "vum-um").is_dir(), reason="the published standards are not on this computer")
def test_the_published_vum_samples_are_no_referrals() -> None:
    paths = sorted((STANDARDS / "vum-um" / "voorbeelden").glob("*.json"))
    assert paths
    for path in paths:
        assert "VUM" in refused(path.read_bytes()).message, path.name


@pytest.mark.standards
@pytest.mark.skipif(not (STANDARDS / "suwiml").is_dir(), reason="the published standards are not on this computer")
def test_the_names_and_lengths_of_the_voorziening_are_those_of_suwiml() -> None:
    folder = STANDARDS / "suwiml" / "GSDDossierReintegratie-v0200-b04"
    root = etree.parse(folder / "Diensten/GSDDossierReintegratie/v0200-b04/BodyReaction.xsd").getroot()
    names = {element.get("name") for element in root.findall(".//{*}element")}
    shape: dict[str, Any] = {**ProvisionSchema().fields}
    assert set(shape) <= names
    shape["RegistratienrRvGsd"] = SHAPES[Sort.PROGRESS].fields["registratienummerRv"]
    compared = set()
    for simple in root.findall(".//{*}simpleType"):
        name = simple.get("name") or ""
        lengths = [*simple.findall(".//{*}length"), *simple.findall(".//{*}maxLength")]
        if name in shape:
            assert [str(shape[name].metadata["maxLength"])] == [one.get("value") for one in lengths], name
            compared.add(name)
    assert compared == {"CdArbeidsvermogen", "CdDoelRv", "CdTypeRvGsd", "RegistratienrRvGsd"}


@pytest.mark.standards
@pytest.mark.skipif(not (STANDARDS / "ggm").is_dir(), reason="the published standards are not on this computer")
def test_the_life_domains_are_those_of_the_ggm() -> None:
    text = Path(STANDARDS / "ggm" / "definitie_Model_Werk.md").read_text(encoding="utf-8").lower()
    plain = text.replace("&", "en").replace("ë", "e")
    from connectors.reintegration.words import Domain

    for domain in Domain:
        assert domain.value.replace("_", " ") in plain, domain


def test_both_lists_of_every_table_have_the_same_members() -> None:
    for theirs, ours in OURS.items():
        assert [word.name for word in theirs] == [word.name for word in ours]


# -- who, and answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("party", "code"),
    [
        (None, SPOEL.code),
        ({"naam": "Wie dan ook"}, SPOEL.code),
        ({"oin": SPOEL.oin}, SPOEL.code),
        ({"kvk": "90000004"}, SPOEL.code),
        ({"organisatie": WORK.code}, WORK.code),
        ({"kvk": "12345678"}, "kvk:12345678"),
        ({"oin": "00000099000000009999"}, "oin:00000099000000009999"),
    ],
)
def test_an_organisation_is_known_by_code_oin_or_kvk(party: Any, code: str) -> None:
    assert read(document(afzender=party)).messages[0].sender == code


def test_what_is_taken_and_what_is_refused_is_answered_in_the_dialect() -> None:
    payload = Payload(body=json.dumps(document()).encode(), content_type="application/json")
    taken = CONNECTOR.acknowledge(payload, Verdict.ACCEPTED, None, BOOK, NOW)
    assert taken is not None
    [receipt] = CONNECTOR.read(taken, BOOK, NOW).messages
    assert receipt.kind is MessageKind.PROCESSED
    assert receipt.data.receipt == Receipt(reference=document()["berichtId"])
    refusal = refused(document(status="started"))
    problem = CONNECTOR.acknowledge(payload, Verdict.REFUSED, refusal, BOOK, NOW)
    assert problem is not None and problem.content_type == "application/problem+json"
    said = json.loads(problem.body)
    assert (said["status"], said["code"], said["errors"][0]["field"]) == (422, "malformed", "status")
    [refused_receipt] = CONNECTOR.read(problem, BOOK, NOW).messages
    assert refused_receipt.kind is MessageKind.REFUSED
    assert refused_receipt.data.receipt == Receipt(
        reference=document()["berichtId"],
        codes=(
            Coded(code="malformed", system="reintegration:code"),
            Coded(code="status", system="reintegration:field"),
        ),
    )


def test_what_a_partner_only_took_is_no_receipt_yet() -> None:
    said = document(Sort.RECEIPT, registratienummerRv=None, status=None, betreftBericht="x", uitkomst=Result.TAKEN)
    assert read(said).messages == ()


def test_a_problem_never_brings_its_words_along() -> None:
    errors = [{"field": "a b"}, 3]
    problem = {"status": 422, "title": "Karin", "detail": "Smulders", "code": "Karin Smulders", "errors": errors}
    [receipt] = read(problem).messages
    assert receipt.data.receipt == Receipt(reference="unnamed")
    assert "Karin" not in json.dumps(receipt.to_json())


def test_the_number_of_a_message_is_its_own_id_where_that_is_a_uuid() -> None:
    assert CONNECTOR.write(message(), BOOK, NOW).reference == message().id
    odd = dataclasses.replace(message(), id="bericht 1")
    assert CONNECTOR.write(odd, BOOK, NOW).reference == derived_id("berichtId", "bericht 1")


@pytest.mark.parametrize("kind", [MessageKind.STARTED, MessageKind.COMPLETED])
def test_a_status_of_no_referral_can_not_be_said(kind: MessageKind) -> None:
    with pytest.raises(Refusal) as caught:
        CONNECTOR.write(message(kind, referral_id=None, referral_number=None), BOOK, NOW)
    assert (caught.value.code, caught.value.field) == (RefusalCode.CANNOT_EXPRESS, "verwijzingId")
    by_bsn = message(kind, referral_id=None, referral_number=None, client=Client(bsn="999900006"))
    assert again(by_bsn).data.client == Client(bsn="999900006")


# -- fuzz ------------------------------------------------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@HARD
@given(name=st.sampled_from([*SHAPES[Sort.PROGRESS].fields]), value=_VALUES)
def test_any_value_in_any_field_is_read_or_refused(name: str, value: Any) -> None:
    try:
        for one in read({**document(), name: value}).messages:
            Message.from_json(one.to_json())
    except Refusal as refusal:
        assert refusal.field


@HARD
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Refusal):
        read(body)
