"""What a partner thinks that runs between it and the hub: its own side of a digest."""

import threading
from typing import Any

from schemas.fields import moment_text
from schemas.message import Message
from schemas.vocabulary import MessageKind, Status

_ENDS = frozenset({MessageKind.WITHDRAWN, MessageKind.STOPPED_BY_CLIENT, MessageKind.CONSENT_WITHDRAWN})


class Holdings:
    """The referrals that the partner has open, each with its state there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, dict[str, Any]] = {}

    def take(self, message: Message) -> None:
        """Take in what the hub told."""
        if message.kind is MessageKind.SENT:
            self._put(message, Status.SENT)
        elif message.kind in _ENDS:
            self._drop(message)
        elif message.kind is MessageKind.ANSWERED:
            self._put(message, Status.RECEIVED)

    def say(self, answer: Message) -> None:
        """Take in what the partner itself says."""
        if answer.data.status is not None and answer.data.status in (Status.COMPLETED, Status.DECLINED):
            self._drop(answer)
        elif answer.data.status is not None:
            self._put(answer, answer.data.status)

    def lines(self) -> list[dict[str, Any]]:
        """Give the digest, as ``PUT /api/v1/digest`` takes it."""
        with self._lock:
            return [dict(line) for line in self._open.values()]

    def _put(self, message: Message, status: Status) -> None:
        data = message.data
        line = {"referral_id": data.referral_id, "number": data.referral_number, "status": str(status)}
        line["changed_at"] = moment_text(message.time)
        with self._lock:
            self._open[_key(message)] = {name: value for name, value in line.items() if value is not None}

    def _drop(self, message: Message) -> None:
        with self._lock:
            self._open.pop(_key(message), None)


def _key(message: Message) -> str:
    return str(message.data.referral_number or message.data.referral_id)
