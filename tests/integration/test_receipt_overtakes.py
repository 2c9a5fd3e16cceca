"""A partner's system that says it understood a message before our own connector told that it handed it over."""

import datetime as dt
from contextlib import closing
from typing import Any

from sqlalchemy import select

from connectors.protocol import Payload
from connectors.registry import connector
from hub.models import Intake, OutboxRecord
from hub.services.messages.address_book import address_book
from hub.services.messages.delivery import DeliveryReceipt, apply_receipt
from hub.services.messages.intake import take_in
from hub.services.referrals import inbox, sending
from hub.wiring import Hub
from schemas.message import Message, MessageData, Receipt, source_of
from schemas.vocabulary import LifeDomain, MessageKind
from tests.builders import new_referral
from tests.integration.callers import GGZ, Hands
from tests.personas import MARLOES
from workers.relay import Relay


def understood(hub: Hub, reference: str) -> Payload:
    """Give what the partner's system says of a message of ours, in its own format."""
    organisation = hub.config.organisations[GGZ]
    message = Message(
        id="receipt-1",
        kind=MessageKind.PROCESSED,
        time=dt.datetime.now(dt.UTC),
        source=source_of(organisation.oin, "fhir"),
        sender=GGZ,
        receiver=hub.config.municipality.code,
        data=MessageData(receipt=Receipt(reference=reference)),
    )
    book = address_book(hub.config, organisation)
    return connector("mental_health").write(message, book, message.time).payload


def row(hub: Hub) -> Any:
    with hub.store.reading() as session:
        return session.execute(
            select(OutboxRecord.queue, OutboxRecord.message_id, OutboxRecord.state).where(OutboxRecord.receiver == GGZ)
        ).one()


def what_became(hub: Hub, intake_id: str) -> str:
    with hub.store.reading() as session:
        return str(session.scalars(select(Intake.state).where(Intake.id == intake_id)).one())


def bring(hub: Hub, reference: str) -> str:
    with hub.store.writing() as work:
        said = understood(hub, reference)
        return take_in(work, hub.config, hub.config.organisations[GGZ], connector("mental_health"), said).intake_id


def test_it_waits_for_our_own_receipt_and_counts_then(hub: Hub) -> None:
    with hub.store.writing() as work:
        sending.send_referral(work, hub.config, MARLOES, new_referral(to=GGZ, life_domains=(LifeDomain.MENTAL_HEALTH,)))
    with closing(Relay(hub.store, hub.broker)) as relay:
        relay.step()
    sent = row(hub)
    assert sent.state == "under_way"
    intake_id = bring(hub, sent.message_id)
    with closing(Hands(hub)) as hands:
        hands.until_still()
    assert what_became(hub, intake_id) == "waiting"
    told = DeliveryReceipt(message_id=sent.message_id, queue=sent.queue, delivered=True, reference=sent.message_id)
    with hub.store.writing() as work:
        assert apply_receipt(work, told)
    with hub.store.reading() as session:
        assert inbox.waiting_unknown(session) == [GGZ]
    with hub.store.writing() as work:
        inbox.heal_unknown(work, hub.config, GGZ)
    assert (row(hub).state, what_became(hub, intake_id)) == ("processed", "applied")


def test_of_a_message_that_nobody_sent_it_is_put_before_a_person(hub: Hub) -> None:
    intake_id = bring(hub, "0b0c3b1e-7a52-4c4e-9d0e-0d3f5b6a7c8d")
    with closing(Hands(hub)) as hands:
        hands.until_still()
    assert what_became(hub, intake_id) == "quarantined"
