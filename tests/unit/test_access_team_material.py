"""What the tests of the access team's connector share: the demo's address book, the standards, and builders."""

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.access_team.connector import make
from connectors.protocol import FETCHED_BY, Payload, Reading, Refusal
from hub.services.messages.address_book import address_book
from hub.settings import DEMO_CONFIG, load_configuration
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import MessageKind
from tests.builders import client

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
STANDARDS = SHARED / "standards"
SAMPLES = ROOT / "connectors" / "access_team" / "samples"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
CONFIG = load_configuration(DEMO_CONFIG)
TEAM, WI = "toegang-broekhoven", "wi-tilburg"
BOOK = address_book(CONFIG, CONFIG.organisations[TEAM])
CONNECTOR = make()
RECEIVER_SAYS = (
    MessageKind.RECEIVED, MessageKind.ASKED, MessageKind.WAITLISTED, MessageKind.REDIRECT_PROPOSED,
    MessageKind.ACCEPTED, MessageKind.ACCEPT_UNDONE, MessageKind.PLANNED, MessageKind.STARTED, MessageKind.COMPLETED,
    MessageKind.DECLINED, MessageKind.ENDED, MessageKind.STOPPED_BY_CLIENT,
)  # fmt: skip


def need_standard() -> None:
    if not STANDARDS.is_dir():
        pytest.skip("the collected standards are not on this computer")


def read(document: Any, occasion: str = "") -> Reading:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return CONNECTOR.read(
        Payload(body=body, content_type="application/json", headers={FETCHED_BY: occasion}), BOOK, NOW
    )


def refusal(document: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(document)
    return caught.value


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_bytes())


def message(kind: MessageKind, sender: str = WI, receiver: str = TEAM, **data: Any) -> Message:
    given = {
        "referral_id": "5b1c2b9e-0000-4000-8000-000000000002",
        "referral_number": 7,
        "occurred_at": NOW,
        "client": client(),
        **data,
    }
    return Message(
        id="3f1c2b9e-0000-4000-8000-000000000001",
        kind=kind,
        source=source_of(BOOK.municipality.oin),
        time=NOW,
        sender=sender,
        receiver=receiver,
        data=MessageData(**given),
    )


def plan(written: Message) -> list[Any]:
    return list(json.loads(CONNECTOR.write(written, BOOK, NOW).payload.body)["steps"])


@cache
def openapi(path: str) -> Any:
    return yaml.safe_load((STANDARDS / path).read_text(encoding="utf-8"))
