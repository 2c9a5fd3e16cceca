"""The hub's keys of queues: every organisation's, derived from a secret that changes.

The newest secret is announced, the one before it seals, and all open: so a partner has its next key in hand before
the hub uses it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from hub.broker.protocol import INBOX
from hub.broker.sealed import HUB, QueueKey, queue_key, queue_secret

_LOOK_AGAIN = 30.0


class HubKeys:
    """The keys of all organisations. ``load`` gives the secrets of queues, oldest first."""

    def __init__(self, load: Callable[[], Sequence[bytes]], organisations: Iterable[str]) -> None:
        self._load = load
        self._owners = (HUB, *organisations)
        self._turn = threading.Lock()
        self._seen = float("-inf")
        self._sealing: dict[str, QueueKey] = {}
        self._all: dict[bytes, QueueKey] = {}

    def sealing(self, queue: str) -> QueueKey:
        """Give the key of the organisation that takes from a queue; what we send ourselves has our own."""
        self._look()
        owner = HUB if queue == INBOX else queue.removeprefix("partner.")
        return self._sealing.get(owner) or self._sealing[HUB]

    def opening(self, name: bytes) -> QueueKey | None:
        """Give the key of this name."""
        self._look()
        if name not in self._all:
            self._look(at_most_every=1.0)
        return self._all.get(name)

    def _look(self, at_most_every: float = _LOOK_AGAIN) -> None:
        if time.monotonic() - self._seen < at_most_every:
            return
        with self._turn:
            if time.monotonic() - self._seen < at_most_every:
                return
            secrets = self._load()
            made = [
                {owner: queue_key(queue_secret(secret, owner), owner) for owner in self._owners} for secret in secrets
            ]
            self._all = {key.name: key for keys in made for key in keys.values()}
            self._sealing = made[-2] if len(made) > 1 else made[-1]
            self._seen = time.monotonic()
