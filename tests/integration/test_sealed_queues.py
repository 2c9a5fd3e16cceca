"""What stands in the broker opens for the organisation it is for, and for nobody else."""

import base64
import time
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from connectors.registry import connector
from connectors.transports import open_transport
from hub.broker.protocol import INBOX, Parcel, dead_queue, partner_queue
from hub.broker.sealed import OwnKeys, SealedBroker, queue_secret
from hub.models import OutboxRecord
from hub.services.messages.address_book import address_book
from hub.services.messages.delivery import DeliveryReceipt
from hub.services.record import case_keys
from hub.services.referrals import sending
from hub.settings import SettingsError, from_environment
from hub.wiring import Hub
from tests.builders import new_referral
from tests.integration.callers import GGZ, KADE
from tests.integration.conftest import Ring
from tests.personas import MARLOES
from workers.connector import ConnectorWorker
from workers.gate import StoreGate
from workers.inbox import InboxWorker
from workers.relay import Relay

QUEUE = partner_queue(KADE)


def at_partner(hub: Hub, organisation: str = KADE) -> SealedBroker:
    """Give the broker as one organisation's own process has it: with the keys of its queue and no other."""
    own = [queue_secret(secret, organisation) for secret in hub.store.queue_secrets()]
    return SealedBroker(hub.broker._broker, OwnKeys(organisation, own))  # type: ignore[attr-defined]


def taken(broker: Any, queue: str) -> list[Any]:
    with closing(broker.consumer(queue)) as consumer:
        found = consumer.take(10, 2.0)
        consumer.reject(found, requeue=True)
    return list(found)


def send(hub: Hub) -> str:
    with hub.store.writing() as work:
        referral = sending.send_referral(work, hub.config, MARLOES, new_referral(reason="GEHEIMWOORD"))
    relay = Relay(hub.store, hub.broker)
    relay.step()
    relay.close()
    return referral.id


def test_a_message_in_its_queue_opens_for_its_organisation_and_for_no_other(hub: Hub) -> None:
    send(hub)
    (raw,) = taken(hub.broker._broker, QUEUE)  # type: ignore[attr-defined]
    assert b"GEHEIMWOORD" not in raw.body
    assert b"Smulders" not in raw.body
    assert set(raw.headers) <= {"type"}
    (own,) = taken(at_partner(hub), QUEUE)
    assert b"GEHEIMWOORD" in own.body
    (other,) = taken(at_partner(hub, GGZ), QUEUE)
    assert other.body == b""


def test_a_body_that_was_changed_or_put_under_another_id_does_not_open(hub: Hub) -> None:
    send(hub)
    carrier = hub.broker._broker  # type: ignore[attr-defined]
    (raw,) = taken(carrier, QUEUE)
    publisher = carrier.publisher()
    publisher.publish(
        [
            Parcel(queue=QUEUE, message_id="other-id", body=raw.body),
            Parcel(queue=QUEUE, message_id=raw.message_id, body=raw.body[:-1] + bytes([raw.body[-1] ^ 1])),
            Parcel(queue=QUEUE, message_id="plain", body=b'{"id": "never sealed"}'),
        ]
    )
    publisher.close()
    assert sorted(bool(one.body) for one in taken(hub.broker, QUEUE)) == [False, False, False, True]


def test_a_connector_at_the_partners_site_works_with_its_own_key_alone(hub: Hub, ring: Ring) -> None:
    send(hub)
    organisation = hub.config.organisations[KADE]
    transport = open_transport({"kind": "http", "url": ring.partners[KADE].url, "inside": True})
    worker = ConnectorWorker(
        KADE,
        connector("social_work"),
        transport,
        address_book(hub.config, organisation),
        at_partner(hub),
        StoreGate(hub.store),
    )
    ring.workers.pop(KADE).close()
    while not worker.step(0.2):
        pass
    worker.close()
    ring.until_still()
    assert len(ring.partners[KADE].ledger.rows()) == 1
    with hub.store.reading() as session:
        assert session.scalars(select(OutboxRecord.state).where(OutboxRecord.receiver == KADE)).one() == "processed"


def test_a_partner_can_tell_nothing_about_another_ones_messages(hub: Hub) -> None:
    send(hub)
    with hub.store.reading() as session:
        message_id = session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.receiver == KADE)).one()
    forged = DeliveryReceipt(message_id=message_id, queue=QUEUE, delivered=True, processed=True)
    publisher = at_partner(hub, GGZ).publisher()
    publisher.publish([Parcel(queue=INBOX, message_id="forged", body=forged.to_bytes())])
    publisher.close()
    inbox = InboxWorker(hub.store, hub.config, hub.broker)
    inbox.step(2.0)
    inbox.close()
    assert hub.broker.health(dead_queue(INBOX)).messages == 1
    with hub.store.reading() as session:
        state = session.scalars(select(OutboxRecord.state).where(OutboxRecord.receiver == KADE)).one()
    assert state == "under_way"


def test_a_partner_that_was_told_its_next_key_reads_on_when_the_keys_change(hub: Hub) -> None:
    partner = at_partner(hub)
    with hub.store.writing() as work:
        case_keys.make(work, "queues:3")
    hub.broker._keys._seen = float("-inf")  # type: ignore[attr-defined]
    send(hub)
    assert b"GEHEIMWOORD" in taken(partner, QUEUE)[0].body


def test_a_connector_at_the_partners_site_needs_no_other_key() -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    settings = from_environment({"SCHAKEL_QUEUE_KEY": key}, partner=True)
    assert settings.queue_keys == (bytes(range(32)),)
    assert key not in repr(settings)
    for wrong in ({"SCHAKEL_QUEUE_KEY": key[:20]}, {"SCHAKEL_QUEUE_KEY": "?"}, {}):
        with pytest.raises(SettingsError):
            from_environment(wrong, partner=True)
    with pytest.raises(SettingsError):
        from_environment({"SCHAKEL_QUEUE_KEY": key})


def test_sealing_and_opening_a_message_is_measured(database_hub: Hub) -> None:
    parcel = Parcel(queue=QUEUE, message_id="m", body=b"x" * 2000)
    publisher = SealedBroker(database_hub.broker, database_hub.broker._keys).publisher()  # type: ignore[attr-defined]
    began = time.perf_counter()
    for _ in range(5000):
        sealed = publisher._sealed(parcel)  # type: ignore[attr-defined]
    print(f"{(time.perf_counter() - began) / 5000 * 1e6:.1f} us to seal 2 kB")
    assert len(sealed.body) - len(parcel.body) == 33
