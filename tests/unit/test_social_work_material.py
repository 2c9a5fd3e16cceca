"""What the tests of the social work connector share: an address book, builders, samples and the standard's XSDs."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from connectors.protocol import AddressBook, Party, Payload, Reading, Refusal
from connectors.social_work.codes import FAMILIES
from connectors.social_work.connector import make
from connectors.social_work.envelope import opened
from schemas.message import Client, Coded, Message, MessageData, source_of
from schemas.vocabulary import EVENT_OF_KIND, Gender, MessageKind, OrganisationKind

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
STANDARD = SHARED / "standards" / "istandaarden-3.2"
SAMPLES = ROOT / "connectors" / "social_work" / "samples"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)

KADE = Party(
    code="mw-de-kade",
    name="Maatschappelijk werk De Kade",
    kind=OrganisationKind.SOCIAL_WORK,
    oin="00000099000000000002",
    identifiers={"agb": ["65656055"]},
)
TILBURG = Party(
    code="gemeente-tilburg",
    name="Gemeente Tilburg",
    kind=OrganisationKind.MUNICIPALITY,
    oin="00000099000000000855",
    identifiers={"gemeentecode": ["0855"]},
)
WORK = Party(
    code="wi-tilburg",
    name="Werk & Inkomen Tilburg",
    kind=OrganisationKind.WORK_AND_INCOME,
    oin="00000099000000000001",
)
BOOK = AddressBook(partner=KADE, municipality=TILBURG, parties=(WORK,))
# of strangers: every municipality and provider goes by its own number
OPEN_BOOK = AddressBook(
    partner=Party(code="mw-de-kade", name="De Kade", kind=OrganisationKind.SOCIAL_WORK),
    municipality=Party(code="gemeente-tilburg", name="Tilburg", kind=OrganisationKind.MUNICIPALITY),
)
CONNECTOR = make()

YAGMUR = Client(
    bsn="999930011",
    family_name="Ünal-Verstappen",
    prefix="van den",
    initials="Y.Ğ.",
    given_name="Yağmur",
    birth_date="1984-03",
    gender=Gender.FEMALE,
)


def message(kind: MessageKind, *, by_provider: bool = False, **data: Any) -> Message:
    """Give a canonical message between Work & Income and De Kade, with defaults that iWmo can say."""
    there = ("mw-de-kade", "wi-tilburg") if by_provider else ("wi-tilburg", "mw-de-kade")
    fields: dict[str, Any] = {
        "referral_number": 500101,
        "event": EVENT_OF_KIND.get(kind),
        "client": YAGMUR,
        "service": Coded(code="02A03", system="iwmo"),
        "starts_on": "2026-11-09",
    }
    return Message(
        id="0b9c1f3e-6f43-4b8e-9d55-0d6c3a1c9b01",
        kind=kind,
        source=source_of(TILBURG.oin),
        time=dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC),
        sender=there[0],
        receiver=there[1],
        data=MessageData(**{**fields, **data}),
    )


def payload(body: bytes) -> Payload:
    return Payload(body=body, content_type="application/xml")


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def read(body: bytes, book: AddressBook = BOOK, now: dt.datetime = NOW) -> Reading:
    return CONNECTOR.read(payload(body), book, now)


def refused(body: bytes, book: AddressBook = BOOK, now: dt.datetime = NOW) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(body, book, now)
    return caught.value


def written(one: Message) -> bytes:
    return CONNECTOR.write(one, BOOK, NOW).payload.body


def changed(body: bytes, *changes: tuple[str, str]) -> bytes:
    """Give the same message with texts replaced; each must be there."""
    text = body.decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def partner_samples() -> list[Path]:
    return sorted(STANDARD.glob("*/berichten/*.xml"))


@cache
def xsd(folder: Path, name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(folder / name)))


@cache
def _has_standard() -> bool:
    return STANDARD.is_dir()


def need_standard() -> None:
    if not _has_standard():
        pytest.skip(f"NOT TESTED: the collected standards are not beside the project ({STANDARD})")


def valid(body: bytes, retours: Path | None = None) -> None:
    """Check a message against the XSD of the standard; iWmo return messages against those made from iJw."""
    form = opened(body).form
    own = STANDARD / form.family.name / "xsd"
    folder = retours if form.is_retour and form.family.name == "iwmo" else own
    assert folder is not None
    schema = xsd(folder, f"{form.name}.xsd")
    assert schema.validate(etree.fromstring(body)), schema.error_log.last_error


def make_retour_xsds(folder: Path) -> Path:
    """Write iWmo return XSDs after the iJw ones: the collected standard has none for iWmo."""
    youth, adults = FAMILIES["ijw"].codes, FAMILIES["iwmo"].codes
    base = (STANDARD / "iwmo" / "xsd" / "basisschema.xsd").read_text()
    (folder / "basisschema.xsd").write_text(base)
    for number in ("302", "306", "308", "316", "318", "320"):
        text = (STANDARD / "ijw" / "xsd" / f"JW{number}.xsd").read_text()
        text = text.replace(f'value="{youth[number]}"', f'value="{adults[number]}"')
        text = text.replace("ijw", "iwmo").replace(f"jw{number}", f"wmo{number}")
        (folder / f"WMO{number}.xsd").write_text(text)
    return folder
