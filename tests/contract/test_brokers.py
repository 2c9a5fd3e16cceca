"""One suite for both brokers: what the rest of the hub relies on, whichever carries."""

import os
import secrets
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.broker.embedded import EmbeddedBroker
from hub.broker.protocol import (
    DELIVERY_LIMIT,
    LIVE,
    Broker,
    BrokerUnavailable,
    Delivery,
    Fate,
    Parcel,
    dead_queue,
)
from hub.broker.rabbitmq import RabbitBroker
from tests.taking import PATIENCE, collect, ids, until
from workers.drill.rabbit import Rabbit


@dataclass
class Carrier:
    """The broker under test: every ``open`` is a new one on the same storage."""

    make: Callable[[], Broker]
    queue: str = field(default_factory=lambda: f"partner.{secrets.token_hex(4)}")
    opened: list[Broker] = field(default_factory=list)

    def open(self) -> Broker:
        self.opened.append(self.make())
        return self.opened[-1]


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    if request.param == "embedded":
        carrier = Carrier(lambda: EmbeddedBroker(tmp_path / "broker.db"))
    else:
        url = request.getfixturevalue("rabbit_url")
        carrier = Carrier(lambda: RabbitBroker(url))
    yield carrier
    for broker in carrier.opened:
        broker.close()


@pytest.fixture
def broker(carrier: Carrier) -> Broker:
    broker = carrier.open()
    broker.declare([carrier.queue])
    return broker


def parcels(queue: str, count: int, *, prefix: str = "m") -> list[Parcel]:
    return [Parcel(queue=queue, message_id=f"{prefix}{n}", body=f"body {n}".encode()) for n in range(count)]


def test_messages_come_in_the_order_of_publishing_with_all_they_carry(carrier: Carrier, broker: Broker) -> None:
    sent = [
        Parcel(queue=carrier.queue, message_id=str(n), body=bytes([n, 0, 255]), headers={"organisation": f"o{n}"})
        for n in range(200)
    ]
    assert broker.publisher().publish(sent) == [Fate.CONFIRMED] * 200
    got = collect(broker.consumer(carrier.queue), 100)
    assert [(d.queue, d.message_id, d.body, d.headers["organisation"], d.redelivered) for d in got] == [
        (p.queue, p.message_id, p.body, p.headers["organisation"], False) for p in sent[:100]
    ]


def test_what_is_acknowledged_never_comes_again_and_the_rest_does(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 10))
    consumer = broker.consumer(carrier.queue)
    got = collect(consumer, 10)
    consumer.ack([got[1], got[0], got[2], got[5], got[7]])
    consumer.close()
    again = collect(broker.consumer(carrier.queue), 5)
    assert ids(again) == ["m3", "m4", "m6", "m8", "m9"]
    assert all(delivery.redelivered for delivery in again)


def test_acknowledging_in_steps_leaves_nothing_behind(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 9))
    consumer = broker.consumer(carrier.queue)
    got = collect(consumer, 9)
    for step in (got[4:6], got[8:], got[:2], got[2:4], got[6:8]):
        consumer.ack(step)
    consumer.close()
    other = broker.consumer(carrier.queue)
    assert other.take(10, 0.5) == []
    until(lambda: broker.health(carrier.queue).messages == 0)


def test_a_new_broker_on_the_same_storage_delivers_what_was_held(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 3))
    collect(broker.consumer(carrier.queue), 3)
    broker.close()
    assert ids(collect(carrier.open().consumer(carrier.queue), 3)) == ["m0", "m1", "m2"]


def test_a_mark_of_a_closed_consumer_is_void(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 2))
    first = broker.consumer(carrier.queue)
    old = collect(first, 2)
    first.close()
    second = broker.consumer(carrier.queue)
    collect(second, 2)
    second.ack(old)
    second.close()
    assert ids(collect(broker.consumer(carrier.queue), 2)) == ["m0", "m1"]


def test_what_is_given_back_comes_again(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 2))
    consumer = broker.consumer(carrier.queue)
    got = collect(consumer, 2)
    consumer.reject(got, requeue=True)
    again = collect(consumer, 2)
    assert ids(again) == ["m0", "m1"]
    assert all(delivery.redelivered for delivery in again)


def test_what_is_rejected_lies_with_the_dead_letters(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 3))
    consumer = broker.consumer(carrier.queue)
    got = collect(consumer, 3)
    consumer.reject([got[1]], requeue=False)
    consumer.ack([got[0], got[2]])
    dead = collect(broker.consumer(dead_queue(carrier.queue)), 1)
    assert [(d.message_id, d.body) for d in dead] == [("m1", b"body 1")]
    assert consumer.take(1, 0.2) == []


def test_a_message_that_is_given_back_for_ever_is_set_apart(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 1))
    consumer = broker.consumer(carrier.queue)
    for _ in range(DELIVERY_LIMIT + 1):
        consumer.reject(collect(consumer, 1), requeue=True)
    assert ids(collect(broker.consumer(dead_queue(carrier.queue)), 1)) == ["m0"]


def test_every_listener_hears_a_live_message_once(broker: Broker) -> None:
    publisher = broker.publisher()
    nobody = Parcel(queue=LIVE, message_id="unheard", body=b"")
    assert publisher.publish([nobody]) == [Fate.CONFIRMED]
    listeners = [broker.consumer(LIVE), broker.consumer(LIVE)]
    until(lambda: all(listener.subscriptions == 1 for listener in listeners))
    publisher.publish(parcels(LIVE, 3))
    for listener in listeners:
        got = collect(listener, 3)
        assert ids(got) == ["m0", "m1", "m2"]
        listener.ack(got)
        assert listener.take(1, 0.2) == []


def test_a_thousand_parcels_are_confirmed_in_one_batch(carrier: Carrier, broker: Broker) -> None:
    publisher = broker.publisher()
    assert publisher.publish(parcels(carrier.queue, 3000)) == [Fate.CONFIRMED] * 3000
    consumer = broker.consumer(carrier.queue)
    seen: list[str] = []
    while len(seen) < 3000:
        got = collect(consumer, min(50, 3000 - len(seen)))
        consumer.ack(got)
        seen += ids(got)
    assert seen == [f"m{n}" for n in range(3000)]


def test_only_parcels_for_a_missing_queue_are_unroutable(carrier: Carrier, broker: Broker) -> None:
    batch = parcels(carrier.queue, 300)
    for n in (0, 7, 8, 150, 299):
        batch[n] = Parcel(queue="partner.nobody", message_id="same", body=b"")
    fates = broker.publisher().publish(batch)
    assert [n for n, fate in enumerate(fates) if fate is Fate.UNROUTABLE] == [0, 7, 8, 150, 299]
    assert fates.count(Fate.CONFIRMED) == 295


def test_no_parcels_have_no_fates(broker: Broker) -> None:
    publisher = broker.publisher()
    publisher.idle()
    assert publisher.publish([]) == []


def test_taking_from_an_empty_queue_gives_nothing(carrier: Carrier, broker: Broker) -> None:
    consumer = broker.consumer(carrier.queue)
    assert consumer.take(10, 0) == []
    assert consumer.take(10, 0.3) == []


def test_a_waiting_consumer_gets_what_is_published_meanwhile(carrier: Carrier, broker: Broker) -> None:
    got: list[Delivery] = []
    consumer = broker.consumer(carrier.queue)
    worker = threading.Thread(target=lambda: got.extend(consumer.take(10, PATIENCE)))
    worker.start()
    broker.publisher().publish(parcels(carrier.queue, 1))
    worker.join()
    assert ids(got) == ["m0"]


def test_no_more_is_held_than_the_prefetch(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 20))
    consumer = broker.consumer(carrier.queue, prefetch=5)
    got = collect(consumer, 5)
    assert consumer.take(10, 0.3) == []
    consumer.ack(got)
    assert ids(collect(consumer, 5)) == ["m5", "m6", "m7", "m8", "m9"]


def test_two_threads_publish_side_by_side(carrier: Carrier, broker: Broker) -> None:
    fates: list[Fate] = []

    def publish(prefix: str) -> None:
        publisher = broker.publisher()
        for batch in range(10):
            fates.extend(publisher.publish(parcels(carrier.queue, 50, prefix=f"{prefix}{batch}.")))

    threads = [threading.Thread(target=publish, args=(prefix,)) for prefix in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fates == [Fate.CONFIRMED] * 1000
    seen = ids(collect(broker.consumer(carrier.queue, prefetch=1000), 1000))
    for prefix in "ab":
        assert [name for name in seen if name[0] == prefix] == [
            f"{prefix}{b}.{n}" for b in range(10) for n in range(50)
        ]


def test_health_tells_a_missing_queue_from_one_that_works(carrier: Carrier, broker: Broker) -> None:
    assert not broker.health("partner.nobody").usable
    assert broker.health(LIVE).usable
    assert broker.health(carrier.queue).usable
    broker.publisher().publish(parcels(carrier.queue, 4))
    until(lambda: broker.health(carrier.queue).messages == 4)
    broker.consumer(carrier.queue)
    until(lambda: broker.health(carrier.queue).consumers == 1)


def test_healing_makes_a_missing_queue(carrier: Carrier) -> None:
    broker = carrier.open()
    publisher, consumer = broker.publisher(), broker.consumer(carrier.queue)
    assert consumer.take(1, 0.5) == []
    assert publisher.publish(parcels(carrier.queue, 1)) == [Fate.UNROUTABLE]
    broker.heal(carrier.queue)
    assert publisher.publish(parcels(carrier.queue, 1)) == [Fate.CONFIRMED]
    assert ids(collect(consumer, 1)) == ["m0"]


def test_healing_empties_a_queue_and_its_consumer_goes_on(carrier: Carrier, broker: Broker) -> None:
    publisher, consumer = broker.publisher(), broker.consumer(carrier.queue)
    publisher.publish(parcels(carrier.queue, 2, prefix="old"))
    collect(consumer, 2)
    broker.heal(carrier.queue)
    publisher.publish(parcels(carrier.queue, 2, prefix="new"))
    assert ids(collect(consumer, 2)) == ["new0", "new1"]


def test_declaring_again_keeps_what_is_in_a_queue(carrier: Carrier, broker: Broker) -> None:
    broker.publisher().publish(parcels(carrier.queue, 1))
    broker.declare([carrier.queue, LIVE])
    assert ids(collect(broker.consumer(carrier.queue), 1)) == ["m0"]


def test_what_is_closed_says_so(carrier: Carrier, broker: Broker) -> None:
    publisher, consumer, listener = broker.publisher(), broker.consumer(carrier.queue), broker.consumer(LIVE)
    broker.close()
    broker.close()
    with pytest.raises(BrokerUnavailable):
        publisher.publish(parcels(carrier.queue, 1))
    for closed in (consumer, listener):
        with pytest.raises(BrokerUnavailable):
            closed.take(1, 0)
    with pytest.raises(BrokerUnavailable):
        broker.health(carrier.queue)


PUBLISH_AND_DIE = """
    import os, signal, sys
    from hub.broker.embedded import EmbeddedBroker
    from hub.broker.protocol import Fate, Parcel
    broker = EmbeddedBroker(sys.argv[1])
    broker.declare(["inbox"])
    publisher, consumer = broker.publisher(), broker.consumer("inbox")
    for batch in range(10):
        ids = [f"{batch}.{n}" for n in range(50)]
        fates = publisher.publish([Parcel(queue="inbox", message_id=i, body=b"x") for i in ids])
        print(*(i for i, fate in zip(ids, fates) if fate is Fate.CONFIRMED), flush=True)
        consumer.take(10, 1)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.chaos
def test_the_embedded_broker_survives_kill_9_of_its_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PUBLISH_AND_DIE), str(tmp_path / "broker.db")]
    died = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert died.returncode == -signal.SIGKILL, died.stderr
    confirmed = died.stdout.split()
    assert len(confirmed) == 500
    broker = EmbeddedBroker(tmp_path / "broker.db")
    # Those that the dead process had taken are there as well, in their old places.
    assert ids(collect(broker.consumer("inbox", prefetch=1000), 500)) == confirmed
    broker.close()
    assert [path.name for path in tmp_path.iterdir()] == ["broker.db"]


@pytest.mark.chaos
def test_two_processes_share_the_embedded_broker(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker.db")
    broker.declare(["inbox"])
    consumer = broker.consumer("inbox", prefetch=1000)
    command = [sys.executable, "-c", textwrap.dedent(PUBLISH_AND_DIE), str(tmp_path / "broker.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        # What the other process takes comes here once it has died.
        got = collect(consumer, 500)
        assert other.wait() == -signal.SIGKILL
    assert sorted(ids(got)) == sorted(f"{batch}.{n}" for batch in range(10) for n in range(50))
    broker.close()


@pytest.mark.chaos
@pytest.mark.rabbitmq
def test_rabbitmq_survives_kill_9(rabbit: Rabbit, broker_url: str) -> None:
    broker = RabbitBroker(broker_url)
    broker.declare(["inbox"])
    # A queue younger than this does not survive the kill of RabbitMQ 3.10, whatever it confirmed.
    time.sleep(4)
    publisher = broker.publisher()
    assert publisher.publish(parcels("inbox", 500)) == [Fate.CONFIRMED] * 500
    rabbit.kill()
    with pytest.raises(BrokerUnavailable):
        publisher.publish(parcels("inbox", 1))
    rabbit.start_again()
    assert ids(collect(broker.consumer("inbox", prefetch=1000), 500)) == [f"m{n}" for n in range(500)]
    until(lambda: publishes(broker, "inbox"))
    broker.close()


def publishes(broker: Broker, queue: str) -> bool:
    try:
        return broker.publisher().publish(parcels(queue, 1)) == [Fate.CONFIRMED]
    except BrokerUnavailable:
        return False


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broker.db").write_bytes(os.urandom(8192))
    with pytest.raises(Exception, match="file is not usable"):
        EmbeddedBroker(tmp_path / "broker.db")
