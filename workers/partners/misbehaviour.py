"""What a simulated partner can do wrong: a closed list, each with the share of messages that it befalls."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from connectors.protocol import Payload


class Fault(StrEnum):
    """One way to be a bad partner. The first five concern what the hub brings, the others what the partner brings."""

    SLOW = "slow"
    DOWN = "down"
    ERRORS = "errors"
    REFUSE = "refuse"
    SILENCE = "silence"
    DUPLICATES = "duplicates"
    REORDERED = "reordered"
    ENCODING = "encoding"
    HALF = "half"


TOLD = {
    Fault.SLOW: "takes a message only after a pause",
    Fault.DOWN: "shuts its door for a pause, before it takes the message",
    Fault.ERRORS: "answers 500 and takes nothing; of a folder it leaves the file for later",
    Fault.REFUSE: "refuses the message in its dialect's own words",
    Fault.SILENCE: "takes the message and breaks the line; of a folder it takes the file and says nothing",
    Fault.DUPLICATES: "brings an answer twice",
    Fault.REORDERED: "keeps an answer back until after the next one about the same referral, or for a pause",
    Fault.ENCODING: "brings an answer in another encoding than it says, and then as it should",
    Fault.HALF: "brings the first half of an answer, and then all of it",
}
"""What each of them is, for who asks."""


class UnknownFault(ValueError):
    """What was asked for is not on the list, or its share is none; the text says what is."""


class Misbehaviour:
    """Draws what goes wrong. With one seed the n-th message that a fault may befall meets the same luck each time."""

    def __init__(self, shares: Mapping[Fault, float] | None = None, *, seed: int = 0, pause: float = 5.0) -> None:
        self.pause = pause
        self._shares = dict(shares or {})
        self._lock = threading.Lock()
        self._dice = {fault: random.Random(f"{seed} {fault}") for fault in Fault}  # noqa: S311 - luck, not secrets

    def draws(self, fault: Fault) -> bool:
        """Whether this one goes wrong in this way."""
        with self._lock:
            return self._dice[fault].random() < self._shares.get(fault, 0.0)

    def copies(self, payload: Payload) -> list[Payload]:
        """Give what is brought in place of an answer: the answer itself is always among it."""
        brought = [payload]
        if self.draws(Fault.DUPLICATES):
            brought.append(payload)
        if self.draws(Fault.HALF):
            brought.insert(0, replace(payload, body=payload.body[: len(payload.body) // 2]))
        if self.draws(Fault.ENCODING):
            brought.insert(0, _otherwise_encoded(payload))
        return brought


def _otherwise_encoded(payload: Payload) -> Payload:
    """Write it in UTF-16; what it says of itself (UTF-8) stays."""
    return replace(payload, body=payload.body.decode("utf-8-sig").encode("utf-16"))


def shares_of(words: Sequence[str]) -> dict[Fault, float]:
    """Read ``errors=0.3``; without a share it is always."""
    shares = {}
    for word in words:
        name, _, share = word.partition("=")
        try:
            fault, chance = Fault(name), float(share or 1)
        except ValueError as error:
            raise UnknownFault(f"Ask for {', '.join(Fault)}, each with a share: errors=0.3.") from error
        if not 0 <= chance <= 1:
            raise UnknownFault("A share is a number from 0 to 1.")
        shares[fault] = chance
    return shares
