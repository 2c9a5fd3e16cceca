"""A broker whose carrier can't read: each body is sealed with a key of the organisation whose queue it goes through.

A sealed body: one byte of version, four that name the key, nonce, cipher text (AES-256-GCM); queue and message id are
bound to it. ``LIVE`` stays as it is: it carries ids alone. What does not open is given without a body, so that its
taker sets it apart as it would any other rubbish.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.broker.protocol import LIVE, Broker, Consumer, Delivery, Fate, Parcel, Publisher, QueueHealth

log = structlog.get_logger()

HUB = "hub"
SEALED_BY = "sealed-by"
"""The header that tells a taker whose key sealed a message. It is set here at opening, and never travels."""
_VERSION = b"\x01"
_NAME, _NONCE = 4, 12


@dataclass(frozen=True, kw_only=True)
class QueueKey:
    """The key of one organisation's messages, or of the hub's own."""

    name: bytes
    owner: str
    cipher: AESGCM


def queue_secret(secret: bytes, organisation: str) -> bytes:
    """Derive one organisation's key from the hub's secret for queues (HKDF, RFC 5869): it tells nothing of others'."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"schakel queue|{organisation}".encode()).derive(secret)


def queue_key(secret: bytes, owner: str) -> QueueKey:
    """Give a key from its 32 bytes."""
    return QueueKey(name=hashlib.sha256(secret).digest()[:_NAME], owner=owner, cipher=AESGCM(secret))


class QueueKeys(Protocol):
    """The keys of queues that this process has."""

    def sealing(self, queue: str) -> QueueKey:
        """Give the key that seals what goes to a queue."""
        ...

    def opening(self, name: bytes) -> QueueKey | None:
        """Give the key of this name, if this process has it."""
        ...


class OwnKeys:
    """The keys of one organisation alone, for its connector at its own site; the first one seals."""

    def __init__(self, organisation: str, secrets: Sequence[bytes]) -> None:
        keys = [queue_key(secret, organisation) for secret in secrets]
        self._first, self._keys = keys[0], {key.name: key for key in keys}

    def sealing(self, queue: str) -> QueueKey:
        """Give its newest key."""
        return self._first

    def opening(self, name: bytes) -> QueueKey | None:
        """Give the key of this name."""
        return self._keys.get(name)


class SealedBroker:
    """Seals what goes into a broker and opens what comes out of it."""

    def __init__(self, broker: Broker, keys: QueueKeys) -> None:
        self._broker = broker
        self._keys = keys

    def declare(self, queues: Sequence[str]) -> None:
        """Make the queues."""
        self._broker.declare(queues)

    def publisher(self) -> Publisher:
        """Give a publisher that seals."""
        return _SealingPublisher(self._broker.publisher(), self._keys)

    def consumer(self, queue: str, *, prefetch: int = 100) -> Consumer:
        """Give a consumer that opens."""
        consumer = self._broker.consumer(queue, prefetch=prefetch)
        return consumer if queue == LIVE else _OpeningConsumer(consumer, self._keys)

    def health(self, queue: str) -> QueueHealth:
        """Look at a queue."""
        return self._broker.health(queue)

    def heal(self, queue: str) -> None:
        """Make a queue anew."""
        self._broker.heal(queue)

    def close(self) -> None:
        """Let go of everything."""
        self._broker.close()


class _SealingPublisher:
    def __init__(self, publisher: Publisher, keys: QueueKeys) -> None:
        self._publisher = publisher
        self._keys = keys

    def publish(self, parcels: Sequence[Parcel]) -> list[Fate]:
        return self._publisher.publish([self._sealed(parcel) for parcel in parcels])

    def _sealed(self, parcel: Parcel) -> Parcel:
        if parcel.queue == LIVE:
            return parcel
        key, nonce = self._keys.sealing(parcel.queue), os.urandom(_NONCE)
        sealed = key.cipher.encrypt(nonce, parcel.body, _bound(parcel.queue, parcel.message_id))
        return replace(parcel, body=_VERSION + key.name + nonce + sealed)

    def idle(self) -> None:
        self._publisher.idle()

    def close(self) -> None:
        self._publisher.close()


class _OpeningConsumer:
    def __init__(self, consumer: Consumer, keys: QueueKeys) -> None:
        self._consumer = consumer
        self._keys = keys

    @property
    def subscriptions(self) -> int:
        return self._consumer.subscriptions

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        return [self._opened(delivery) for delivery in self._consumer.take(limit, timeout)]

    def _opened(self, delivery: Delivery) -> Delivery:
        body, headers = delivery.body, {key: text for key, text in delivery.headers.items() if key != SEALED_BY}
        key = self._keys.opening(body[1 : 1 + _NAME]) if body[:1] == _VERSION else None
        start = 1 + _NAME
        try:
            if key is not None:
                bound = _bound(delivery.queue, delivery.message_id)
                plain = key.cipher.decrypt(body[start : start + _NONCE], body[start + _NONCE :], bound)
                return replace(delivery, body=plain, headers={**headers, SEALED_BY: key.owner})
        except InvalidTag:
            log.warning("a message was changed on its way", queue=delivery.queue, message=delivery.message_id)
        else:
            log.warning("a message is not sealed with a key of ours", queue=delivery.queue, message=delivery.message_id)
        return replace(delivery, body=b"", headers=headers)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._consumer.ack(deliveries)

    def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        self._consumer.reject(deliveries, requeue=requeue)

    def close(self) -> None:
        self._consumer.close()


def _bound(queue: str, message_id: str) -> bytes:
    return f"{queue.removeprefix('dead.')}|{message_id}".encode()
