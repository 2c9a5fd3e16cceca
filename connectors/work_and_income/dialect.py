"""What is local to a municipality's suite: who is addressed how, and what its codes mean (README.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.message import Ground
from schemas.vocabulary import Event, LifeDomain, Outcome

ENDING = frozenset({Event.COMPLETE, Event.DECLINE, Event.CLIENT_STOPS, Event.END, Event.EXPIRE, Event.CONFIRM_REDIRECT})


@dataclass(frozen=True, kw_only=True)
class Address:
    """A system as StUF addresses it (StUF 03.01, Systeem)."""

    applicatie: str
    organisatie: str | None = None
    administratie: str | None = None
    gebruiker: str | None = None

    def fits(self, found: "Address") -> bool:
        """Whether a system in a message is this one; what is not configured may be anything."""
        return self.applicatie == found.applicatie and all(
            ours is None or ours == theirs
            for ours, theirs in ((self.organisatie, found.organisatie), (self.administratie, found.administratie))
        )


@dataclass(frozen=True, kw_only=True)
class CaseType:
    """A zaaktype: what a case of this kind is to the hub, and for whom (``to``; nobody named is the municipality)."""

    code: str
    name: str
    to: str | None = None
    service: str | None = None
    life_domains: tuple[LifeDomain, ...] = ()
    ground: Ground | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a status, a result or a decision tells: an event, an outcome, or nothing that the hub follows."""

    code: str
    name: str
    event: Event | None = None
    outcome: Outcome | None = None
    number: int = 1


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The settings of one suite, understood."""

    hub: tuple[Address, ...] = ()
    suite: tuple[Address, ...] = ()
    types: Mapping[str, CaseType] = field(default_factory=dict)
    default_type: str | None = None
    statuses: Mapping[str, Rule] = field(default_factory=dict)
    results: Mapping[str, Rule] = field(default_factory=dict)
    decisions: Mapping[str, Rule] = field(default_factory=dict)

    def status_for(self, event: Event) -> Rule | None:
        """Give the status that says an event; every end has the one of completion, its result tells them apart."""
        wanted = Event.COMPLETE if event in ENDING else event
        return next((rule for rule in self.statuses.values() if rule.event is wanted), None)

    def result_for(self, event: Event, outcome: Outcome | None) -> Rule | None:
        """Give the result that says how it ended; one without this outcome where none tells it."""
        said = [rule for rule in self.results.values() if rule.event is event]
        return next((rule for rule in said if rule.outcome is outcome), next(iter(said), None))


def find(table: Mapping[str, Rule], text: str) -> Rule | None:
    """Find a code as it stands, whatever its capitals. Never by its begin: the suites cut texts off."""
    wanted = text.casefold()
    return next((rule for code, rule in table.items() if code.casefold() == wanted), None)
