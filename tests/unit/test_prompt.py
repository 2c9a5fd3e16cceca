"""What is typed to a played partner, and what is shown: each referral once, by the keys that its dialect has."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.protocol import AddressBook
from connectors.registry import connector
from hub.services.messages.address_book import address_book
from hub.settings import DEMO_CONFIG, load_configuration
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind
from workers.partners.folders import FilePartner
from workers.partners.manner import Manner
from workers.partners.prompt import EVENTS, Prompt, help_of

KADE = "mw-de-kade"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FilePartner]:
    config = load_configuration(DEMO_CONFIG)
    book: AddressBook = address_book(config, config.organisations[KADE])
    folders = {"incoming": tmp_path / "in", "outgoing": tmp_path / "out"}
    with closing(FilePartner(KADE, connector("social_work"), book, Manner(series=()), **folders)) as made:
        yield made


def sent(kind: MessageKind = MessageKind.SENT, **data: object) -> Message:
    return Message(
        id="0b6a2a52-0000-4000-8000-00000000b001",
        kind=kind,
        source=source_of("00000000000000000000", "test"),
        time=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        sender="wi-tilburg",
        receiver=KADE,
        data=MessageData(**data),  # type: ignore[arg-type]
    )


def test_referrals_are_told_apart_by_their_number_and_then_by_the_partners_own_key(desk: FilePartner) -> None:
    shown: list[str] = []
    prompt = Prompt(desk, shown.append)
    for message in (
        sent(referral_number=202601170),
        sent(referral_number=202601171),
        sent(referral_number=202601170, kind=MessageKind.WITHDRAWN),
        sent(correlation={"demo:case": "K-7"}),
        sent(correlation={"demo:case": "K-8"}),
        sent(correlation={"demo:case": "K-7"}),
    ):
        prompt.hear(message)
    assert shown == [
        "[1] sent  202601170",
        "[2] sent  202601171",
        "[1] withdrawn  202601170",
        "[3] sent  K-7",
        "[4] sent  K-8",
        "[3] sent  K-7",
    ]


def test_only_what_the_dialect_can_say_is_offered(desk: FilePartner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FilePartner, "unsaid", {KIND_OF_EVENT[Event.PLAN]: "it has no word for a plan"})
    words = help_of(desk).partition("Words: ")[2].partition(".")[0].split(", ")
    assert words == [event for event in EVENTS if event is not Event.PLAN]


def test_with_files_there_is_no_way_for_a_digest_and_it_says_so(desk: FilePartner) -> None:
    shown: list[str] = []
    assert "digest" not in help_of(desk)
    assert Prompt(desk, shown.append).take("digest")
    assert shown == ["A digest goes over HTTP to the hub: with --files there is no way for one."]
