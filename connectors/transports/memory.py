"""A partner within the process, for tests and trials; it misbehaves on request."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.errors import TransportError
from connectors.protocol import Handover, Payload


@dataclass(frozen=True, kw_only=True)
class Mishap:
    """One failure to come. ``after_taking`` says that the partner has the payload all the same."""

    error: TransportError
    after_taking: bool = False


def unreachable() -> Mishap:
    """Nobody answers."""
    return Mishap(error=TransportError("The partner can't be reached.", permanent=False))


def busy(seconds: float) -> Mishap:
    """The partner asks for patience."""
    error = TransportError("The partner answered 429 Too Many Requests.", permanent=False, retry_after=seconds)
    return Mishap(error=error)


def refusing() -> Mishap:
    """The partner won't have it."""
    return Mishap(error=TransportError("The partner answered 400 Bad Request.", permanent=True))


def silent() -> Mishap:
    """The partner takes it and the line breaks before it says so."""
    text = "The line broke before the partner answered."
    return Mishap(error=TransportError(text, permanent=False, unknown=True), after_taking=True)


@dataclass(kw_only=True)
class MemoryTransport:
    """Keeps what is delivered, in order; ``mishaps`` come first, one for each delivery."""

    answer: Callable[[Payload], Payload | None] | None = None
    delivered: list[tuple[str, Payload]] = field(default_factory=list)
    mishaps: deque[Mishap] = field(default_factory=deque)

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Take one payload, or fail as asked."""
        mishap = self.mishaps.popleft() if self.mishaps else None
        if mishap is not None and not mishap.after_taking:
            raise mishap.error
        self.delivered.append((message_id, payload))
        if mishap is not None:
            raise mishap.error
        answer = self.answer(payload) if self.answer is not None else None
        return Handover(line="within this process", answer=answer)
