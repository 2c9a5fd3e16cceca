"""What is local to one access team: its hosts, its catalogue's words, its numbers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.access_team.format import (
    CONFIDENTIALITY,
    PROPERTIES,
    PROPERTY_NAME,
    RESULT_NAME,
    RESULTS,
    ROLES,
    STATUSES,
    TITLE,
    End,
)
from connectors.protocol import AddressBook, Mistake
from schemas.vocabulary import Event, Outcome

_HOST = re.compile(r"[a-z0-9.\[\]:-]{1,255}", re.ASCII)
_RSIN = re.compile(r"[0-9]{9}", re.ASCII)
_ROLE_OF = {"client": "initiator", "receiver": "behandelaar", "sender": "mede_initiator"}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The settings of one partner, with what stands in their place where it says nothing."""

    hosts: frozenset[str] = frozenset()
    zaaktype: str = "verwijzing"
    zaaktypen: Mapping[str, str] = field(default_factory=dict)
    confidentiality: str = "zaakvertrouwelijk"
    statuses: Mapping[str, Event] = field(default_factory=lambda: STATUSES)
    results: Mapping[str, End] = field(default_factory=lambda: RESULTS)
    roles: Mapping[str, str] = field(default_factory=lambda: _ROLE_OF)
    properties: Mapping[str, str] = field(default_factory=lambda: PROPERTIES)

    def event_of(self, status: str) -> Event | None:
        """Give what a status means, by its name; case is not a difference."""
        return next((event for name, event in self.statuses.items() if _same(name, status)), None)

    def end_of(self, result: str) -> End | None:
        """Give what a result means, by its name."""
        return next((end for name, end in self.results.items() if _same(name, result)), None)

    def status_for(self, event: Event) -> str:
        """Give the name of the status that says this; a partner's own name goes before ours."""
        return next(name for name, means in reversed(list(self.statuses.items())) if means is event)

    def result_for(self, event: Event, outcome: Outcome | None) -> str:
        """Give the name of the result that says this."""
        wanted = End(event=event, outcome=outcome)
        names = [name for name, means in reversed(list(self.results.items())) if means == wanted]
        return names[0] if names else self.result_for(event, None)

    @property
    def types(self) -> frozenset[str]:
        """The kinds of zaak that are referrals, in lower case."""
        return frozenset(name.casefold() for name in (self.zaaktype, *self.zaaktypen.values()))


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def dialect_of(book: AddressBook) -> Dialect:
    """Read the settings of a partner; ``check`` has told before what is wrong in them."""
    given = book.dialect
    results = {name: _end(text) for name, text in given.get("results", {}).items()}
    return Dialect(
        hosts=frozenset(host.lower() for host in given.get("hosts", ())),
        zaaktype=given.get("zaaktype", Dialect.zaaktype),
        zaaktypen=given.get("zaaktypen", {}),
        confidentiality=given.get("confidentiality", Dialect.confidentiality),
        statuses={**STATUSES, **{name: Event(event) for name, event in given.get("statuses", {}).items()}},
        results={**RESULTS, **results},
        roles={**_ROLE_OF, **given.get("roles", {})},
        properties={**PROPERTIES, **given.get("properties", {})},
    )


def _end(text: str) -> End:
    """Read ``complete`` or ``complete/reached``."""
    event, _, outcome = text.partition("/")
    return End(event=Event(event), outcome=Outcome(outcome) if outcome else None)


def check(dialect: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give what is wrong in a partner's settings."""
    mistakes = []
    for key, value in dialect.items():
        judge = _JUDGES.get(key)
        if judge is None:
            mistakes.append(Mistake(key=key, message="is not known in this dialect"))
        else:
            mistakes += [Mistake(key=".".join(filter(None, (key, inner))), message=why) for inner, why in judge(value)]
    return mistakes


Faults = list[tuple[str, str]]


def _texts(longest: int, allowed: Callable[[str, str], bool], why: str) -> Callable[[Any], Faults]:
    """Judge a table of texts: each name at most so long, each value allowed."""

    def judge(value: Any) -> Faults:
        if not isinstance(value, Mapping):
            return [("", "must be a table")]
        return [
            (name, why)
            for name, text in value.items()
            if len(name) > longest or not isinstance(text, str) or not allowed(name, text)
        ]

    return judge


def _is_end(_name: str, text: str) -> bool:
    try:
        return _end(text).event in {end.event for end in RESULTS.values()}
    except ValueError:
        return False


def _hosts(value: Any) -> Faults:
    fine = isinstance(value, list | tuple) and all(isinstance(one, str) and _HOST.fullmatch(one) for one in value)
    return [] if fine else [("", "must be a list of hosts, as zaken.example or zaken.example:8443")]


def _a_type(value: Any) -> Faults:
    return [] if isinstance(value, str) and 0 < len(value) <= 50 else [("", "must be the identificatie of a zaaktype")]


def _secrecy(value: Any) -> Faults:
    return [] if value in CONFIDENTIALITY else [("", "must be one of: " + ", ".join(CONFIDENTIALITY))]


_JUDGES: Mapping[str, Callable[[Any], Faults]] = {
    "hosts": _hosts,
    "zaaktype": _a_type,
    "confidentiality": _secrecy,
    "zaaktypen": _texts(64, lambda _name, text: 0 < len(text) <= 50, "must be the identificatie of a zaaktype"),
    "statuses": _texts(TITLE, lambda _name, text: text in STATUSES.values(), "must be an event that a status can tell"),
    "results": _texts(RESULT_NAME, _is_end, "must be an end, as complete/reached"),
    "roles": _texts(
        20, lambda name, text: name in _ROLE_OF and text in ROLES, "must give client, receiver or sender a generic role"
    ),
    "properties": _texts(
        20, lambda name, text: name in PROPERTIES and len(text) <= PROPERTY_NAME, "must name a property, or be empty"
    ),
}


def rsin_of(book: AddressBook, code: str) -> str | None:
    """Give the RSIN of an organisation, or of its municipality where it has none of its own."""
    party = book.party(code)
    own = party.identifier("rsin") if party is not None else None
    rsin = own or book.municipality.identifier("rsin")
    return rsin if rsin is not None and _RSIN.fullmatch(rsin) else None
