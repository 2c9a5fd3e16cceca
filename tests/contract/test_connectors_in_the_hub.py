"""Every connector in a whole hub: what comes too early waits and heals, what comes again has no second effect."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from connectors.errors import Refusal
from connectors.protocol import Payload
from connectors.registry import NAMES, samples_folder
from hub.models import Referral, TimelineEntry
from hub.services.messages.address_book import address_book
from hub.services.messages.intake import take_in
from hub.services.referrals import sending
from hub.settings import DEMO_CONFIG
from hub.wiring import Hub
from schemas.message import Coded
from schemas.vocabulary import Event, Status
from tests.builders import new_referral
from tests.contract.partners import book_of, others_code, translator
from tests.integration.callers import Hands, partner_says
from tests.integration.conftest import open_test_hub
from tests.personas import MARLOES, NAIMA

EARLY = ((Event.COMPLETE, Event.START), (Event.RESUME, Event.PAUSE), (Event.UNDO_ACCEPT, Event.ACCEPT))
"""A step, and the one that must have come before it."""


WITH = {event: {"status_reason": Coded(code="1", text="Anders")} for event in (Event.PAUSE, Event.UNDO_ACCEPT)}
"""What the hub asks to be told with it."""


@pytest.fixture(params=["embedded", pytest.param("real", marks=[pytest.mark.postgresql, pytest.mark.rabbitmq])])
def hub(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> Iterator[Hub]:
    """Give a hub whose configuration has a partner with this connector, once on each foundation."""
    own = samples_folder(name) / "partner.toml"
    config = tmp_path / "organisations.toml"
    config.write_text("\n".join(path.read_text() for path in (DEMO_CONFIG, own) if path.exists()))
    if request.param == "embedded":
        urls = (f"sqlite:///{tmp_path}/hub.db", f"embedded:///{tmp_path}/broker.db")
    else:
        urls = (request.getfixturevalue("database_url"), request.getfixturevalue("broker_url"))
    with closing(open_test_hub(*urls, config)) as made:
        yield made


def send(hub: Hub, name: str) -> Referral:
    book = book_of(name)
    sender = NAIMA if others_code(book) == NAIMA.organisation else MARLOES
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, sender, new_referral(to=book.partner.code))


def bring(hub: Hub, name: str, payload: Payload) -> str:
    organisation = hub.config.organisations[book_of(name).partner.code]
    with hub.store.writing() as work:
        return take_in(work, hub.config, organisation, translator(name), payload).state


def status_of(hub: Hub, referral: Referral) -> Status:
    with hub.store.reading() as session:
        return Status(session.scalars(select(Referral.status).where(Referral.id == referral.id)).one())


def entries_of(hub: Hub, referral: Referral) -> int:
    of_it = select(func.count()).where(TimelineEntry.referral_id == referral.id)
    with hub.store.reading() as session:
        return session.execute(of_it).scalar_one()


def waits_for(hub: Hub, name: str, referral: Referral) -> tuple[Payload, Payload, Event]:
    """Give what this partner can say too early, what must come before it, and what the first one tells."""
    book = address_book(hub.config, hub.config.organisations[book_of(name).partner.code])
    for later, earlier in EARLY:
        try:
            late, early = (partner_says(hub, referral.id, one, **WITH.get(one, {})) for one in (later, earlier))
        except Refusal:
            continue
        told = [translator(name).read(one, book, referral.created_at).messages[0] for one in (late, early)]
        if earlier not in told[0].data.implies and [one.data.event for one in told] == [later, earlier]:
            return late, early, later
    raise AssertionError("nothing that this partner can say could come too early")


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_too_early_waits_and_heals_and_what_comes_again_has_no_second_effect(hub: Hub, name: str) -> None:
    referral = send(hub, name)
    late, early, told = waits_for(hub, name, referral)
    with closing(Hands(hub)) as hands:
        assert bring(hub, name, late) == "received"
        hands.until_still()
        before = status_of(hub, referral)
        assert before is Status.SENT, "it must wait for what comes before it"
        assert bring(hub, name, early) == "received"
        hands.until_still()
        after, entries = status_of(hub, referral), entries_of(hub, referral)
        assert after is not before
        assert after is {Event.COMPLETE: Status.COMPLETED, Event.RESUME: Status.STARTED}.get(told, Status.RECEIVED)
        for payload in (late, early, late):
            assert bring(hub, name, dataclasses.replace(payload)) == "duplicate"
        hands.until_still()
        assert (status_of(hub, referral), entries_of(hub, referral)) == (after, entries)


@pytest.mark.parametrize("name", NAMES)
def test_what_can_not_be_read_is_put_before_a_person_and_stops_nobody(hub: Hub, name: str) -> None:
    referral = send(hub, name)
    with closing(Hands(hub)) as hands:
        broken = Payload(body=b"\x00 no message", content_type="application/octet-stream")
        assert bring(hub, name, broken) == "quarantined"
        _late, early, _told = waits_for(hub, name, referral)
        assert bring(hub, name, early) == "received"
        hands.until_still()
        assert status_of(hub, referral) is not Status.SENT
