"""What the tests of the re-integration connector share: an address book, messages and documents."""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.protocol import AddressBook, Party, Payload, Reading, Refusal
from connectors.reintegration.connector import make
from connectors.reintegration.words import STATES, Sort
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
from tests.personas import SHARED

SAMPLES = Path(__file__).parents[2] / "connectors" / "reintegration" / "samples"
STANDARDS = SHARED / "standards"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
SPOEL = Party(
    code="de-spoel",
    name="Leerwerkbedrijf De Spoel",
    kind=OrganisationKind.REINTEGRATION,
    oin="00000099000000000004",
    identifiers={"kvk": ["90000004"]},
)
MUNICIPALITY = Party(
    code="gemeente-tilburg",
    name="Gemeente Tilburg",
    kind=OrganisationKind.MUNICIPALITY,
    oin="00000099000000000855",
    identifiers={"gemeentecode": ["0855"], "kvk": ["90000855"]},
)
WORK = Party(
    code="wi-tilburg",
    name="Werk & Inkomen Tilburg",
    kind=OrganisationKind.WORK_AND_INCOME,
    oin="00000099000000000001",
    identifiers={"kvk": ["90000001"], "uzi": ["90000001"]},
)
BOOK = AddressBook(partner=SPOEL, municipality=MUNICIPALITY, parties=(WORK,))
CONNECTOR = make()
BY_PARTNER = frozenset(
    {MessageKind.RECEIVED, MessageKind.ASKED, MessageKind.WAITLISTED, MessageKind.REDIRECT_PROPOSED}
    | {MessageKind.ACCEPTED, MessageKind.ACCEPT_UNDONE, MessageKind.DECLINED, MessageKind.PLANNED}
    | {MessageKind.STARTED, MessageKind.PAUSED, MessageKind.RESUMED, MessageKind.COMPLETED, MessageKind.ENDED}
)
KARIN = Client(
    family_name="Smulders", prefix="van der", initials="K.M.", given_name="Karin Maria", birth_date="1974-03",
    gender=Gender.FEMALE, reference="C-17",
)  # fmt: skip


def book(**dialect: Any) -> AddressBook:
    """The address book of De Spoel with settings of its own."""
    return dataclasses.replace(BOOK, dialect=dialect)


def message(kind: MessageKind = MessageKind.SENT, **changes: Any) -> Message:
    """A canonical message from Werk & Inkomen to De Spoel, or back."""
    sender, receiver = (SPOEL.code, WORK.code) if kind in BY_PARTNER else (WORK.code, SPOEL.code)
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
    """A referral that says all that one can say to a re-integration partner."""
    return message(
        client=KARIN,
        service=Coded(code="07", system="suwi:CdTypeRvGsd", text="Oriëntatie groen"),
        life_domains=(LifeDomain.WORK_EDUCATION, LifeDomain.DAYTIME_ACTIVITIES),
        reason="Wil weer ritme en werkervaring opdoen.",
        client_words="Ik ben graag buiten.",
        strengths=("Komt afspraken na", "Kan goed met planten omgaan"),
        urgency=Urgency.URGENT,
        ground=Ground(
            basis=Basis.PUBLIC_TASK,
            law="Participatiewet, artikel 7",
            purpose=Purpose.PLACEMENT,
            evidence="besproken op 20 november",
        ),
        starts_on="2026-12-01",
    )


def closing() -> Message:
    """The end of a voorziening, with all that the municipality's SRG delivery asks."""
    return message(
        MessageKind.COMPLETED,
        service=Coded(code="07", system="suwi:CdTypeRvGsd", text="Oriëntatie groen"),
        starts_on="2026-08-03",
        ends_on="2026-11-20",
        outcome=Outcome.REACHED,
        status_reason=Coded(code="uitstroom_werk", system="urn:nl:schakel:reden-einde", text="Naar betaald werk"),
        note="Begint op 1 december bij de kwekerij.\nVoor de SRG: DatBRv 2026-08-03; DatERv 2026-11-20; CdTypeRvGsd 07;"
        " CdDoelRv 1; CdArbeidsvermogen 03; PercLoonwaardeTovWml 62.5",
    )


def document(sort: Sort = Sort.PROGRESS, **changes: Any) -> dict[str, Any]:
    """A document as De Spoel sends it; ``None`` leaves a field out."""
    made = {
        "berichtId": "7d9f4f5e-0000-4000-8000-00000000c001",
        "soort": sort.value,
        "verzondenOp": "2026-11-24T10:00:00+01:00",
        "registratienummerRv": "20260117",
        "status": "gestart",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def read(body: Any, known: AddressBook = BOOK, content_type: str = "application/json") -> Reading:
    """Read a document, or bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return CONNECTOR.read(Payload(body=raw, content_type=content_type), known, NOW)


def refused(body: Any, known: AddressBook = BOOK) -> Refusal:
    """Read what must be refused, and give the refusal."""
    with pytest.raises(Refusal) as caught:
        read(body, known)
    return caught.value


KINDS = [MessageKind.SENT, *(state.kind for state in STATES)]
