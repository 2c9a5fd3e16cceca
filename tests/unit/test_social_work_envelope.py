"""The envelope of the chain (StUF GGk): read, written, answered, and no softer than what it carries."""

import base64
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Verdict
from connectors.social_work.ggk import GGK, NUMBER, STUF, number_of, reference_of, taken_off
from connectors.social_work.ggk_writing import put_in
from schemas.identifiers import short_reference
from schemas.message import Receipt
from schemas.vocabulary import Event, MessageKind
from tests.unit.test_social_work_material import (
    BOOK,
    CONNECTOR,
    NOW,
    OPEN_BOOK,
    SAMPLES,
    SHARED,
    make_retour_xsds,
    message,
    need_standard,
    payload,
    sample,
    valid,
)

K = MessageKind
CHAIN = SHARED / "standards" / "stuf-ggk"
REAL_DI01 = CHAIN / "voorbeeldberichten" / "envelopHeenbericht-ggk_Di01_v21-xml.xml"
REAL_FO01 = CHAIN / "voorbeeldberichten" / "Fo01.xml"
IN_GGK = replace(BOOK, dialect={"envelope": "ggk"})
IN_SOAP = replace(BOOK, dialect={"envelope": "ggk-soap", "application": "Hub", "partner_application": "Dossier"})
RETOURS = [path for path in sorted(SAMPLES.glob("in-*.xml")) if path.stem[-3:] in ("302", "320")]


@cache
def chain_xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(CHAIN / "ggk0210" / "ggkberichten" / "ggk0210_msg_ggkberichten.xsd")))


def stuf(body: bytes) -> etree._Element:
    root = etree.fromstring(body)
    return root[0][0] if root.tag.endswith("}Envelope") else root


def chain_valid(body: bytes) -> None:
    need_standard()
    if not CHAIN.is_dir():
        pytest.skip("NOT TESTED: the schemas of the chain are not beside the project")
    assert chain_xsd().validate(stuf(body)), chain_xsd().error_log.last_error


def said(body: bytes, name: str) -> str:
    return stuf(body).findtext(f".//{{{STUF}}}{name}") or ""


def held(body: bytes) -> bytes:
    return base64.b64decode(stuf(body).findtext(f".//{{{GGK}}}xmlBestand") or "")


def enveloped(name: str = "in-wmo305.xml", book: AddressBook = IN_GGK) -> bytes:
    """Give a sample in the envelope that its sender would put round it."""
    return put_in(payload(sample(name)), book.dialect, NOW).body


def refused(body: bytes, book: AddressBook = BOOK) -> Refusal:
    with pytest.raises(Refusal) as caught:
        CONNECTOR.read(payload(body), book, NOW)
    return caught.value


def answer(body: bytes, verdict: Verdict = Verdict.ACCEPTED, refusal: Refusal | None = None) -> Payload:
    found = CONNECTOR.acknowledge(payload(body), verdict, refusal, BOOK, NOW)
    assert found is not None
    return found


def test_the_plain_message_stays_the_default():
    assert CONNECTOR.write(message(K.SENT), BOOK, NOW).payload.body.startswith(b"<?xml")
    assert b"xmlBestand" not in CONNECTOR.write(message(K.SENT), BOOK, NOW).payload.body


@pytest.mark.standards
@pytest.mark.parametrize("book", [IN_GGK, IN_SOAP], ids=["bare", "soap"])
def test_a_message_goes_in_an_envelope_where_the_settings_say_so(book: AddressBook):
    plain, wrapped = (CONNECTOR.write(message(K.SENT), one, NOW) for one in (BOOK, book))
    chain_valid(wrapped.payload.body)
    assert held(wrapped.payload.body) == plain.payload.body
    assert wrapped.reference == plain.reference
    assert said(wrapped.payload.body, "functie") == "WMO301"
    assert (wrapped.payload.headers.get("SOAPAction") == f'"{GGK}/ggk_Di01"') == (book is IN_SOAP)
    assert CONNECTOR.read(wrapped.payload, BOOK, NOW) == CONNECTOR.read(plain.payload, BOOK, NOW)


@pytest.mark.standards
def test_a_return_message_goes_as_du01_and_names_the_envelope_it_answers():
    one = message(K.PROCESSED, client=None, receipt=Receipt(reference="ABCDEFGHIJKL"), event=Event.START)
    body = CONNECTOR.write(one, IN_GGK, NOW).payload.body
    chain_valid(body)
    assert (said(body, "berichtcode"), said(body, "functie")) == ("Du01", "WMO306")
    assert said(body, "crossRefnummer") == number_of("ABCDEFGHIJKL")


@pytest.mark.standards
@pytest.mark.parametrize("book", [IN_GGK, IN_SOAP], ids=["bare", "soap"])
@pytest.mark.parametrize("name", ["in-wmo301.xml", "in-wmo305.xml", "in-jw307.xml", "in-wmo317.xml"])
def test_an_envelope_is_answered_by_the_return_message_in_an_envelope(name: str, book: AddressBook, tmp_path: Path):
    body = enveloped(name, book)
    back = answer(body)
    chain_valid(back.body)
    valid(held(back.body), make_retour_xsds(tmp_path))
    assert (said(back.body, "berichtcode"), said(back.body, "crossRefnummer")) == (
        "Du01",
        said(body, "referentienummer"),
    )
    (receipt,) = CONNECTOR.read(back, BOOK, NOW).messages
    assert receipt.kind is K.PROCESSED


@pytest.mark.standards
@pytest.mark.parametrize("path", RETOURS, ids=lambda path: path.stem)
def test_an_enveloped_return_message_is_taken_with_a_bv03(path: Path):
    body = enveloped(path.name)
    chain_valid(body)
    assert CONNECTOR.read(payload(body), BOOK, NOW).messages[0].kind.is_receipt
    back = answer(body)
    chain_valid(back.body)
    assert said(back.body, "berichtcode") == "Bv03"
    assert CONNECTOR.read(back, BOOK, NOW).messages == ()


@pytest.mark.standards
def test_the_published_envelope_is_opened_and_what_is_no_message_inside_is_refused_by_a_fault():
    need_standard()
    body = REAL_DI01.read_bytes()
    envelope = taken_off(body)
    assert envelope is not None
    assert (envelope.code, envelope.function, envelope.sender.organisation) == ("Di01", "WMO301", "0548")
    assert envelope.inside() == b"Hier staat een iWmo/iJw-heenbericht."
    refusal = refused(body, OPEN_BOOK)
    assert refusal.code is RefusalCode.MALFORMED
    back = answer(body, Verdict.REFUSED, refusal)
    chain_valid(back.body)
    assert (said(back.body, "berichtcode"), said(back.body, "code")) == ("Fo01", "IB014")


@pytest.mark.standards
def test_the_published_envelope_round_the_published_message_reads_as_the_message_alone():
    need_standard()
    inside = (SHARED / "standards" / "istandaarden-3.2" / "iwmo" / "berichten" / "WMO301.xml").read_bytes()
    sender, receiver = (re.search(rf":{name}>(\d+)<".encode(), inside) for name in ("Afzender", "Ontvanger"))
    assert sender is not None and receiver is not None
    body = (
        REAL_DI01.read_text()
        .replace("SGllciBzdGFhdCBlZW4gaVdtby9pSnctaGVlbmJlcmljaHQu", base64.b64encode(inside).decode())
        .replace("0548", sender[1].decode())
        .replace("01023456", receiver[1].decode())
        .encode()
    )
    chain_valid(body)
    plain = CONNECTOR.read(payload(inside), OPEN_BOOK, NOW)
    assert CONNECTOR.read(payload(body), OPEN_BOOK, NOW) == plain


@pytest.mark.standards
def test_the_published_fault_is_a_receipt_that_refuses():
    need_standard()
    reading = CONNECTOR.read(payload(REAL_FO01.read_bytes()), BOOK, NOW)
    (receipt,) = reading.messages
    assert receipt.kind is K.REFUSED
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.reference == "9c0f7b90-5c69-11e5-a837-0800200c9a66"
    assert [(code.code, code.system) for code in receipt.data.receipt.codes] == [("IB210", "ggk:Fo01")]
    assert [loss.field for loss in reading.losses] == ["body/omschrijving", "body/details", "body/detailsXML"]
    assert "99999" not in str(reading)


def test_a_fault_of_the_chain_names_the_message_that_was_in_the_envelope():
    one = message(K.SENT)
    out = CONNECTOR.write(one, IN_GGK, NOW)
    refusal = Refusal(RefusalCode.NOT_ALLOWED, "Unknown.", dialect_code="IB210")
    back = answer(out.payload.body, Verdict.REFUSED, refusal)
    (receipt,) = CONNECTOR.read(back, BOOK, NOW).messages
    assert receipt.kind is K.REFUSED
    assert receipt.data.receipt is not None
    assert receipt.data.receipt.reference == out.reference == short_reference(one.id)


@pytest.mark.parametrize("reference", ["ABCDEFGHIJKL", "AAAAAAAAAAAA", "777777777777", short_reference("x")])
def test_the_number_of_an_envelope_holds_the_reference(reference: str):
    assert NUMBER.fullmatch(number_of(reference))
    assert reference_of(number_of(reference)) == reference


def test_a_number_of_another_is_no_reference_of_ours():
    assert reference_of("9c0f7b90-5c69-41e5-a837-0800200c9a66") is None
    assert reference_of(number_of("too short")) is None


CHANGES = {
    "another function": (b"<StUF:functie>WMO305", b"<StUF:functie>WMO307", "IB001"),
    "a function of nobody": (b"<StUF:functie>WMO305", b"<StUF:functie>WMO399", "IB004"),
    "another sender": (b"<StUF:organisatie>65656055", b"<StUF:organisatie>42420001", "IB007"),
    "another receiver": (b"<StUF:organisatie>0855", b"<StUF:organisatie>0344", "IB210"),
    "a return message's code": (
        b"envelopHeenbericht-ggk_Di01",
        b"envelopRetourbericht-ggk_Du01",
        None,
    ),
    "no base64": (b"<GGK:xmlBestand>", b"<GGK:xmlBestand>%", "IB001"),
    "a text file": (b"GGK:xmlBestand", b"GGK:tekstBestand", "IB001"),
}


@pytest.mark.standards
@pytest.mark.parametrize("old,new,code", CHANGES.values(), ids=CHANGES)
def test_an_envelope_that_is_wrong_is_refused_by_the_code_of_the_chain(old: bytes, new: bytes, code: str | None):
    body = enveloped()
    assert old in body
    body = body.replace(old, new)
    refusal = refused(body)
    back = CONNECTOR.acknowledge(payload(body), Verdict.REFUSED, refusal, BOOK, NOW)
    if code is None:
        assert back is None  # its own control data contradict it: there is nobody to answer
        return
    assert back is not None
    chain_valid(back.body)
    assert (said(back.body, "berichtcode"), said(back.body, "code")) == ("Fo01", code)


INSIDES = {
    "entity": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "another encoding": b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    "a lie about the encoding": b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>',
    "deep": b"<a>" * 3000 + b"</a>" * 3000,
    "an envelope": b'<GGK:envelopHeenbericht-ggk_Di01 xmlns:GGK="' + GGK.encode() + b'"/>',
}


@pytest.mark.parametrize("inside", INSIDES.values(), ids=INSIDES)
def test_what_is_inside_is_as_hostile_as_what_is_outside(inside: bytes):
    body = enveloped()
    kept = stuf(body).findtext(f".//{{{GGK}}}xmlBestand") or ""
    refusal = refused(body.replace(kept.encode(), base64.b64encode(inside)))
    assert refusal.code in (RefusalCode.MALFORMED, RefusalCode.NOT_ALLOWED)


def test_base64_of_more_than_a_message_may_hold_is_refused_before_it_is_decoded():
    body = enveloped()
    kept = stuf(body).findtext(f".//{{{GGK}}}xmlBestand") or ""
    refusal = refused(body.replace(kept.encode(), base64.b64encode(b" " * 1_000_010)))
    assert (refusal.code, refusal.dialect_code) == (RefusalCode.TOO_LARGE, "IB003")
    assert refused(body.replace(kept.encode(), b"A" * 1_500_000)).code is RefusalCode.TOO_LARGE


def test_a_fault_is_never_answered_by_a_fault():
    fault = answer(enveloped(), Verdict.REFUSED, None)
    assert CONNECTOR.acknowledge(fault, Verdict.REFUSED, None, BOOK, NOW) is None
    assert said(answer(fault.body).body, "berichtcode") == "Bv03"


@pytest.mark.parametrize(
    ("dialect", "keys"),
    [
        ({}, []),
        ({"envelope": "ggk", "application": "Schakel"}, []),
        ({"envelope": "vecozo"}, ["envelope"]),
        ({"application": "x", "partner_application": 7}, ["application", "partner_application"]),
        ({"enveloppe": "ggk"}, ["enveloppe"]),
    ],
)
def test_the_settings_of_the_envelope_are_checked(dialect: dict[str, object], keys: list[str]):
    assert [mistake.key for mistake in CONNECTOR.check(dialect)] == keys
