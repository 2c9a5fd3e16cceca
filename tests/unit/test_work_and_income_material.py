"""What the tests of Work & Income share: address books, messages, the dump of a suite and the standard's schemas."""

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from lxml import etree

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Payload, Reading
from connectors.work_and_income.connector import make
from hub.services.messages.address_book import address_book
from hub.settings import DEMO_CONFIG, load_configuration
from schemas.message import Client, Message, MessageData, source_of
from schemas.vocabulary import EVENT_OF_KIND, Gender, MessageKind

ROOT = Path(__file__).parents[2]
STANDARD = ROOT.parent / "shared" / "standards" / "stuf-zkn"
DUMP = STANDARD / "voorbeelden-suites4sociaaldomein"
SAMPLES = ROOT / "connectors" / "work_and_income" / "samples"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
ZKN = "{http://www.egem.nl/StUF/sector/zkn/0310}"
STUF = "{http://www.egem.nl/StUF/StUF0301}"
CONNECTOR = make()
_CONFIG = load_configuration(DEMO_CONFIG)
BOOK = address_book(_CONFIG, _CONFIG.organisations["wi-tilburg"])
BARE_BOOK = replace(BOOK, dialect={})


def payload(body: bytes) -> Payload:
    return Payload(body=body, content_type="text/xml; charset=utf-8")


def read(body: bytes, book: AddressBook = BOOK) -> Reading:
    return CONNECTOR.read(payload(body), book, NOW)


def refused(body: bytes, book: AddressBook = BOOK) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(body, book)
    return caught.value


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


def changed(body: bytes, *changes: tuple[str, str]) -> bytes:
    """Give the same message with texts replaced; each must be there."""
    text = body.decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def message(kind: MessageKind, *, by_suite: bool = False, **data: Any) -> Message:
    """Give a canonical message between De Kade and Work & Income."""
    sides = ("wi-tilburg", "mw-de-kade") if by_suite else ("mw-de-kade", "wi-tilburg")
    fields: dict[str, Any] = {
        "referral_id": "3f0c9d1e-0000-4000-8000-00000000a001",
        "referral_number": 202601170,
        "event": EVENT_OF_KIND.get(kind),
    }
    return Message(
        id="0b6a2a52-0000-4000-8000-00000000c001",
        kind=kind,
        source=source_of(BOOK.municipality.oin),
        time=dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC),
        sender=sides[0],
        receiver=sides[1],
        data=MessageData(**{**fields, **data}),
    )


SOMEONE = Client(
    bsn="999900006",
    family_name="Voorbeeld",
    prefix="van den",
    initials="J.W.",
    given_name="Jan Willem",
    birth_date="1985-04",
    gender=Gender.MALE,
)


def need_standard() -> None:
    if not DUMP.is_dir():
        pytest.skip(f"NOT TESTED: the collected standards are not beside the project ({STANDARD})")


def dump(start: str) -> bytes:
    """Give the file of the dump that begins so."""
    need_standard()
    [path] = DUMP.glob(f"{start}*")
    return path.read_bytes()


@cache
def schema(name: str) -> xmlschema.XMLSchema:
    """Load a schema of the standard. Lax: it breaks rules of XML Schema itself, which does not touch what it checks."""
    return xmlschema.XMLSchema(str(STANDARD / "xsd" / name), validation="lax")


def stuf_of(body: bytes) -> etree._Element:
    """Give the StUF message in an envelope, or in the detail of a fault."""
    root = etree.fromstring(body)
    found = root.xpath("//*[local-name()='zakLk01' or substring(local-name(), 5)='Bericht']")
    assert isinstance(found, list) and isinstance(found[0], etree._Element)
    return found[0]


def faults_of(body: bytes) -> list[str]:
    """Give what the standard's schema says against a message; nothing where it is valid."""
    need_standard()
    element = stuf_of(body)
    name = "zkn0310/mutatie/zkn0310_msg_mutatie.xsd" if element.tag == f"{ZKN}zakLk01" else "0301/stuf0301.xsd"
    return [str(error.reason) for error in schema(name).iter_errors(etree.tostring(element).decode())]
