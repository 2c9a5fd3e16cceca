"""What only a real RabbitMQ can do to us: restarts, hangs, alarms, heartbeats, queues that stay down."""

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from hub.broker.amqp import Link, LinkEvents
from hub.broker.protocol import INBOX, LIVE, BrokerError, BrokerUnavailable, Fate, Parcel
from hub.broker.rabbitmq import RabbitBroker
from hub.broker.rabbitmq_consumer import RabbitConsumer
from tests.taking import collect, ids, until
from workers.drill.rabbit import Rabbit

pytestmark = pytest.mark.rabbitmq
# Reached only where something is wrong: no test says anything of speed.
# A quorum queue younger than this does not survive the kill of RabbitMQ 3.10.
GROWN_UP = 4.0


@pytest.fixture
def broker(broker_url: str) -> Iterator[RabbitBroker]:
    broker = RabbitBroker(broker_url)
    broker.declare([INBOX])
    yield broker
    broker.close()


def parcels(count: int, *, prefix: str = "m", queue: str = INBOX) -> list[Parcel]:
    return [Parcel(queue=queue, message_id=f"{prefix}{n}", body=b"body") for n in range(count)]


def publish_at_last(broker: RabbitBroker, batch: list[Parcel]) -> None:
    """Publish as a relay does: again and again, until each is confirmed."""
    publisher = broker.publisher()

    def confirmed() -> bool:
        try:
            return publisher.publish(batch) == [Fate.CONFIRMED] * len(batch)
        except BrokerUnavailable:
            return False

    until(confirmed)
    publisher.close()


@pytest.mark.chaos
def test_a_consumer_and_a_listener_go_on_after_a_restart(rabbit: Rabbit, broker: RabbitBroker) -> None:
    consumer, listener = broker.consumer(INBOX), broker.consumer(LIVE)
    publish_at_last(broker, parcels(3))
    held = collect(consumer, 3)
    until(lambda: listener.subscriptions == 1)
    time.sleep(GROWN_UP)
    rabbit.kill()
    assert consumer.take(1, 1) == []
    rabbit.start_again()
    again = collect(consumer, 3)
    assert ids(again) == ids(held)
    # The marks of before the restart mean nothing any more, and must not take others with them.
    consumer.ack(held)
    consumer.reject(held, requeue=False)
    consumer.ack(again[:1])
    publish_at_last(broker, parcels(2, prefix="later"))
    assert ids(collect(consumer, 2)) == ["later0", "later1"]
    consumer.close()
    assert ids(collect(broker.consumer(INBOX), 4)) == ["m1", "m2", "later0", "later1"]
    # The listener's queue was a temporary one: that it was subscribed anew tells that it may have missed something.
    until(lambda: [listener.take(1, 0.1), listener.subscriptions == 2][1])
    publish_at_last(broker, parcels(1, prefix="live", queue=LIVE))
    assert ids(collect(listener, 1)) == ["live0"]


@pytest.mark.chaos
def test_a_publisher_says_what_became_of_a_batch_when_the_broker_dies(rabbit: Rabbit, broker: RabbitBroker) -> None:
    time.sleep(GROWN_UP)
    publisher, confirmed, rounds = broker.publisher(), set[str](), 0
    killer = threading.Timer(0.5, rabbit.kill)
    killer.start()
    with pytest.raises(BrokerUnavailable):
        while True:
            rounds += 1
            batch = parcels(500, prefix=f"{rounds}.")
            fates = publisher.publish(batch)
            confirmed |= {p.message_id for p, fate in zip(batch, fates, strict=True) if fate is Fate.CONFIRMED}
    killer.join()
    rabbit.start_again()
    seen: set[str] = set()
    consumer = broker.consumer(INBOX)

    def all_there() -> bool:
        got = consumer.take(100, 1)
        consumer.ack(got)
        seen.update(ids(got))
        return confirmed <= seen

    until(all_there)


def test_slow_work_does_not_cost_the_connection(broker_url: str) -> None:
    broker = RabbitBroker(f"{broker_url}?heartbeat=2")
    broker.declare([INBOX])
    publisher, consumer = broker.publisher(), broker.consumer(INBOX)
    publisher.publish(parcels(1))
    held = collect(consumer, 1)
    time.sleep(9)
    consumer.ack(held)
    assert consumer.subscriptions == 1
    assert publisher.publish(parcels(1, prefix="after")) == [Fate.CONFIRMED]
    got = collect(consumer, 1)
    assert (ids(got), got[0].redelivered) == (["after0"], False)
    broker.close()


def test_a_broker_without_memory_takes_nothing_until_it_has(rabbit: Rabbit, broker: RabbitBroker) -> None:
    publisher = broker.publisher()
    assert publisher.publish(parcels(1)) == [Fate.CONFIRMED]
    rabbit.ctl("set_vm_memory_high_watermark", "absolute", "1MiB")
    try:
        with pytest.raises(BrokerUnavailable, match="takes nothing"):
            while True:
                publisher.publish(parcels(1, prefix="blocked"))
        with pytest.raises(BrokerUnavailable, match="takes nothing"):
            publisher.publish(parcels(1, prefix="blocked"))
    finally:
        rabbit.ctl("set_vm_memory_high_watermark", "absolute", "1GiB")
    publish_at_last(broker, parcels(1, prefix="after"))

    def takes_again() -> bool:
        try:
            return publisher.publish(parcels(1, prefix="same publisher")) == [Fate.CONFIRMED]
        except BrokerUnavailable:
            return False

    until(takes_again)


def test_a_hanging_broker_gives_no_confirms_and_none_is_claimed(rabbit: Rabbit, broker_url: str) -> None:
    broker = RabbitBroker(broker_url, confirm_seconds=2)
    broker.declare([INBOX])
    publisher = broker.publisher()
    publisher.publish(parcels(1))
    rabbit.pause()
    try:
        assert publisher.publish(parcels(2000, prefix="hanging")) == [Fate.UNCONFIRMED] * 2000
    finally:
        rabbit.resume()
    # The late confirms of the first batch must not be taken for those of the next.
    missing = Parcel(queue="partner.nobody", message_id="hanging0", body=b"")
    assert publisher.publish([missing, *parcels(1)]) == [Fate.UNROUTABLE, Fate.CONFIRMED]
    broker.close()


@pytest.mark.chaos
def test_a_queue_left_down_is_seen_and_healed(rabbit: Rabbit, rabbit_url: str) -> None:
    broker = RabbitBroker(rabbit_url)
    broker.declare([INBOX, "partner.other"])
    publish_at_last(broker, [*parcels(5), *parcels(5, queue="partner.other")])
    time.sleep(GROWN_UP)
    rabbit.leave_queue_down(INBOX)
    until(lambda: broker.health("partner.other").messages == 5)
    assert not broker.health(INBOX).usable
    consumer = broker.consumer(INBOX)
    assert consumer.take(1, 2) == []
    broker.heal(INBOX)
    assert broker.health(INBOX).usable
    publish_at_last(broker, parcels(5, prefix="again"))
    assert ids(collect(consumer, 5)) == [f"again{n}" for n in range(5)]
    assert broker.health("partner.other").messages == 5
    broker.heal("partner.other")
    broker.close()


def test_a_wiped_fanout_costs_only_the_live_messages(rabbit: Rabbit, broker_url: str) -> None:
    broker = RabbitBroker(broker_url)
    publisher, listener = broker.publisher(), broker.consumer(LIVE)
    assert listener.take(1, 1) == []
    assert not broker.health(LIVE).usable
    assert publisher.publish(parcels(2, queue=LIVE)) == [Fate.UNROUTABLE] * 2
    broker.declare([INBOX])
    batch = [*parcels(2, queue=LIVE), *parcels(2)]
    assert publisher.publish(batch) == [Fate.CONFIRMED] * 4
    until(lambda: [listener.take(1, 0.1), listener.subscriptions == 1][1])
    broker.close()


def test_a_consumer_of_a_missing_queue_tries_at_most_twice_a_second(broker: RabbitBroker) -> None:
    attempts: list[str] = []

    def connect(name: str, events: LinkEvents) -> Link:
        attempts.append(name)
        return broker._connect(name, events)

    began = time.monotonic()
    consumer = RabbitConsumer(connect, "partner.nobody", prefetch=1)
    while time.monotonic() < began + 5:
        assert consumer.take(1, 0.01) == []
    assert 2 <= len(attempts) <= 2 * (time.monotonic() - began) + 1
    consumer.close()


@pytest.mark.chaos
def test_a_broker_that_is_away_is_said_to_be_unavailable_and_makes_no_hot_loop(
    rabbit: Rabbit, broker: RabbitBroker
) -> None:
    publisher = broker.publisher()
    rabbit.shut_down()
    began, tries = time.monotonic(), 0
    while time.monotonic() < began + 5:
        tries += 1
        with pytest.raises(BrokerUnavailable):
            publisher.publish(parcels(1))
        publisher.idle()
    assert tries <= 2 * (time.monotonic() - began) + 2
    with pytest.raises(BrokerUnavailable):
        broker.health(INBOX)
    with pytest.raises(BrokerUnavailable):
        broker.declare([INBOX])
    rabbit.start_again()


def test_what_a_full_queue_refuses_is_told_from_what_it_took(broker: RabbitBroker, broker_url: str) -> None:
    limits = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection, connection.channel() as channel:
        channel.queue_declare("partner.full", durable=True, arguments=limits)
    fates = broker.publisher().publish([*parcels(20, queue="partner.full"), *parcels(3)])
    assert fates[0] is Fate.CONFIRMED
    assert fates[19] is Fate.REFUSED
    assert fates[20:] == [Fate.CONFIRMED] * 3


def test_a_queue_with_other_settings_is_refused(broker: RabbitBroker, broker_url: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection, connection.channel() as channel:
        channel.queue_declare("partner.odd", durable=True)
    with pytest.raises(BrokerError, match="inequivalent arg"):
        broker.declare(["partner.odd"])


def test_a_wrong_password_is_not_repeated_in_the_error(rabbit: Rabbit) -> None:
    broker = RabbitBroker(f"amqp://guest:secret-word@127.0.0.1:{rabbit.port}/%2F")
    with pytest.raises(BrokerUnavailable) as caught:
        broker.health(INBOX)
    assert "secret-word" not in f"{caught.value!r} {caught.value.__cause__!r}"
    with pytest.raises(BrokerError) as not_understood:
        RabbitBroker("amqp://guest:secret-word@host:port-secret-word/")
    assert "secret-word" not in f"{not_understood.value!r} {not_understood.value.__cause__!r}"
    broker.close()


UNDER_GEVENT = """
    from gevent import monkey
    monkey.patch_all()
    import sys, time
    import gevent
    from hub.broker.protocol import Fate, LIVE, Parcel
    from hub.broker.rabbitmq import RabbitBroker

    stalls, going = [0.0], True
    def watch():
        while going:
            before = time.monotonic()
            gevent.sleep(0.01)
            stalls.append(time.monotonic() - before)
    watcher = gevent.spawn(watch)
    broker = RabbitBroker(sys.argv[1])
    broker.declare(["inbox"])
    assert broker.health("inbox").usable
    consumer, listener, publisher = broker.consumer("inbox"), broker.consumer(LIVE), broker.publisher()
    while not listener.subscriptions:
        listener.take(1, 0.1)
    got = []
    def work():
        while len(got) < 3000:
            deliveries = consumer.take(50, 1)
            consumer.ack(deliveries)
            got.extend(deliveries)
    worker = gevent.spawn(work)
    fates = publisher.publish([Parcel(queue="inbox", message_id=str(n), body=b"x") for n in range(3000)])
    assert fates == [Fate.CONFIRMED] * 3000, set(fates)
    worker.join()
    assert [d.message_id for d in got] == [str(n) for n in range(3000)]
    publisher.publish([Parcel(queue=LIVE, message_id="live", body=b"")])
    heard = []
    while not heard:
        heard = listener.take(1, 1)
    going = False
    watcher.join()
    broker.close()
    print("done", max(stalls))
"""


def test_it_works_under_gevent(broker_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(UNDER_GEVENT), broker_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert "done" in done.stdout
