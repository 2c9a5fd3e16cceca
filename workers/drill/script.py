"""What was said in a drill and what was answered: the books of the outside world, kept while it runs."""

import threading
from dataclasses import dataclass

from schemas.vocabulary import Event
from workers.drill.plan import PlannedReferral


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A referral whose acceptance its sender saw."""

    planned: PlannedReferral
    referral_id: str
    number: int


class Script:
    """Which referrals were accepted, and which events their sender or receiver saw accepted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted: dict[int, Accepted] = {}
        self._said: set[tuple[str, Event]] = set()
        self._attempted = 0
        self._refused: list[str] = []
        self._retries = 0

    def attempt(self) -> None:
        """Count something that is tried: a referral or an event."""
        with self._lock:
            self._attempted += 1

    def retried(self) -> None:
        """Count a call whose answer did not come."""
        with self._lock:
            self._retries += 1

    def accepted(self, accepted: Accepted) -> None:
        """Note a referral that the hub accepted."""
        with self._lock:
            self._accepted[accepted.number] = accepted

    def said(self, referral_id: str, event: Event) -> None:
        """Note an event that the hub accepted."""
        with self._lock:
            self._said.add((referral_id, event))

    def refused(self, what: str) -> None:
        """Note a call that the hub refused for good: in a drill there should be none."""
        with self._lock:
            self._refused.append(what)

    def by_number(self, number: int | None) -> Accepted | None:
        """Find an accepted referral by the number that every dialect carries."""
        with self._lock:
            return self._accepted.get(number) if number is not None else None

    def was_said(self, referral_id: str, event: Event) -> bool:
        """Whether the hub accepted this event."""
        with self._lock:
            return (referral_id, event) in self._said

    @property
    def referrals(self) -> tuple[Accepted, ...]:
        """Give the accepted referrals, in the order of their numbers."""
        with self._lock:
            return tuple(self._accepted[number] for number in sorted(self._accepted))

    @property
    def events(self) -> frozenset[tuple[str, Event]]:
        """Give the accepted events."""
        with self._lock:
            return frozenset(self._said)

    @property
    def counts(self) -> tuple[int, int]:
        """Give how much was attempted, and how many calls had to be made again."""
        with self._lock:
            return self._attempted, self._retries

    @property
    def refusals(self) -> tuple[str, ...]:
        """Give what was refused."""
        with self._lock:
            return tuple(self._refused)

    def outstanding(self) -> int:
        """Give how many events of accepted referrals must still be said."""
        with self._lock:
            return sum(
                (accepted.referral_id, event) not in self._said
                for accepted in self._accepted.values()
                for event in accepted.planned.story.events
            )
