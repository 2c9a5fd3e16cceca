"""What the tests of the mental health connector share: an address book, builders, and FHIR's own classes."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.mental_health.connector import make
from connectors.protocol import AddressBook, Party, Payload, Reading, Refusal
from schemas.message import Client, Coded, Ground, Message, MessageData, source_of
from schemas.vocabulary import (
    EVENT_OF_KIND,
    Basis,
    Gender,
    LifeDomain,
    MessageKind,
    OrganisationKind,
    Outcome,
    Purpose,
    Urgency,
)

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
STANDARDS = SHARED / "standards"
SAMPLES = ROOT / "connectors" / "mental_health" / "samples"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)

GGZ = Party(
    code="ggz-de-leij",
    name="GGZ De Leij",
    kind=OrganisationKind.MENTAL_HEALTH,
    oin="00000099000000000005",
    identifiers={"ura": ["00009905"], "agb": ["06999905"]},
)
MUNICIPALITY = Party(
    code="gemeente-tilburg",
    name="Gemeente Tilburg",
    kind=OrganisationKind.MUNICIPALITY,
    oin="00000099000000000001",
    identifiers={"gemeentecode": ["0855"]},
)
WORK = Party(
    code="wi-tilburg",
    name="Werk & Inkomen Tilburg",
    kind=OrganisationKind.WORK_AND_INCOME,
    identifiers={"gemeentecode": ["0855"]},
)
BOOK = AddressBook(partner=GGZ, municipality=MUNICIPALITY, parties=(WORK,))
CONNECTOR = make()
JSON = "application/fhir+json"

KARIN = Client(
    bsn="999990019",
    family_name="Smulders",
    prefix="van der",
    initials="K.M.",
    given_name="Karin Maria",
    birth_date="1984-03",
    gender=Gender.FEMALE,
    reference="C-17",
)


def message(kind: MessageKind = MessageKind.SENT, *, by_partner: bool = False, **changes: Any) -> Message:
    """A canonical message from Werk & Inkomen to GGZ De Leij, or back."""
    sender, receiver = (GGZ.code, WORK.code) if by_partner else (WORK.code, GGZ.code)
    defaults: dict[str, Any] = {
        "referral_id": "3f0c9d1e-0000-4000-8000-00000000a001",
        "referral_number": 20260117,
        "event": EVENT_OF_KIND.get(kind),
        "occurred_at": dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC),
    }
    return Message(
        id="0b6a2a52-0000-4000-8000-00000000b001",
        kind=kind,
        source=source_of(MUNICIPALITY.oin),
        time=dt.datetime(2026, 11, 24, 9, 31, tzinfo=dt.UTC),
        sender=sender,
        receiver=receiver,
        data=MessageData(**{**defaults, **changes}),
    )


def full_referral() -> Message:
    """A referral that fills every field there is a place for."""
    return message(
        client=KARIN,
        service=Coded(code="ggz-intake", system="urn:nl:schakel:service", text="Aanmelding GGZ"),
        life_domains=(LifeDomain.MENTAL_HEALTH, LifeDomain.FINANCES),
        reason="Slaapt slecht sinds de schulden opliepen.\nVerwijzing huisarts: volgt.",
        client_words="Ik wil weer kunnen slapen.",
        strengths=("Vraagt op tijd om hulp", "Goed contact met haar zus"),
        urgency=Urgency.URGENT,
        ground=Ground(
            basis=Basis.CONSENT,
            purpose=Purpose.TREATMENT,
            law="Wmo 2015 art. 5.1.1",
            evidence="Gesprek 20 november, formulier getekend",
        ),
        starts_on="2026-12",
        ends_on="2027-06-30",
        note="Bellen kan na 14 uur.",
    )


def status_of(kind: MessageKind, *, by_partner: bool = True) -> Message:
    """A status with everything a status can carry."""
    return message(
        kind,
        by_partner=by_partner,
        correlation={"fhir:Task": "urn:example:epd|T-1", "fhir:ServiceRequest": "urn:example:epd|S-1"},
        client=Client(bsn="999990019"),
        status_reason=Coded(code="19", system="urn:example:redenen", text="Volgens plan"),
        note="Eerste gesprek is geweest.",
        starts_on="2026-12-01",
        ends_on="2027-03-01",
        outcome=Outcome.PARTLY if kind is MessageKind.COMPLETED else None,
    )


def read(body: bytes | dict[str, Any], content_type: str = JSON, book: AddressBook = BOOK) -> Reading:
    """Read bytes, or an object as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CONNECTOR.read(Payload(body=raw, content_type=content_type), book, NOW)


def refused(body: bytes | dict[str, Any], content_type: str = JSON) -> Refusal:
    """Read what must be refused, and give the refusal."""
    with pytest.raises(Refusal) as caught:
        read(body, content_type)
    return caught.value


def task(**changes: Any) -> dict[str, Any]:
    """A small Task as a partner sends it; ``None`` leaves an element out."""
    resource = {
        "resourceType": "Task",
        "id": "t1",
        "status": "accepted",
        "intent": "order",
        "focus": {"reference": "ServiceRequest/s1"},
        "for": {"reference": "Patient/p1"},
        "lastModified": "2026-11-24T10:00:00+01:00",
        **changes,
    }
    return {name: value for name, value in resource.items() if value is not None}


def request(**changes: Any) -> dict[str, Any]:
    """A small ServiceRequest."""
    base = {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order"}
    return {**base, "subject": {"reference": "Patient/p1"}, **changes}


def patient(bsn: str = "999900006", **changes: Any) -> dict[str, Any]:
    """A small Patient."""
    identifier = [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": bsn}]
    return {"resourceType": "Patient", "id": "p1", "identifier": identifier, **changes}


def bundle(*resources: dict[str, Any], kind: str = "collection", **changes: Any) -> dict[str, Any]:
    """A Bundle of resources."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources], **changes}


def parse_with_hl7_classes(body: bytes) -> Any:
    """Parse with the R4B classes of fhir.resources: structure and datatypes of the standard."""
    from fhir.resources.R4B.bundle import Bundle
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    document = json.loads(body)
    classes = {"Bundle": Bundle, "OperationOutcome": OperationOutcome}
    return classes[document["resourceType"]].model_validate(document)
