"""What tests of a broker do with its line: wait until something holds, and take what comes."""

import time
from collections.abc import Callable

from hub.broker.protocol import Consumer, Delivery

# Reached only where something is wrong: no test says anything of speed.
PATIENCE = 90.0


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def collect(consumer: Consumer, count: int) -> list[Delivery]:
    """Take so many messages, however they come."""
    got: list[Delivery] = []
    deadline = time.monotonic() + PATIENCE
    while len(got) < count:
        assert time.monotonic() < deadline, f"only {len(got)} of {count} came"
        got += consumer.take(count - len(got), 1)
    return got


def ids(deliveries: list[Delivery]) -> list[str]:
    """Give the messages' ids, in the order in which they came."""
    return [delivery.message_id for delivery in deliveries]
