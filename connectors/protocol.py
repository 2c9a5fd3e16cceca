"""What every connector is: a pure translator, in both directions and in both roles."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from connectors.errors import Refusal, RefusalCode, TransportError
from schemas.message import UNKNOWN_OIN, Message
from schemas.vocabulary import MessageKind, OrganisationKind


@dataclass(frozen=True, kw_only=True)
class Payload:
    """Bytes in a partner's format, as they travel. ``name`` is a file's name where there is one.

    ``headers`` are the dialect's own beside the content type, for instance ``SOAPAction``; never a secret.
    """

    body: bytes
    content_type: str
    name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A field of the canonical message that the target format can't carry, and why."""

    field: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A part of a payload that could not be read, by its place in the partner's own terms; no value is repeated."""

    field: str
    code: RefusalCode
    message: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A partner's payload, understood.

    ``identification`` is the partner's own id of the payload (for duplicates); each message in it has an id derived
    from that, so reading twice gives the same ids.
    ``wanted`` are addresses at the partner: the payload says only that something changed there, and what it is must be
    fetched. What is fetched is read as a payload of its own.
    ``rejected`` says of a file of many lines which could not be read, while the others go on; where none can, the file
    is refused as a whole.
    """

    identification: str
    messages: tuple[Message, ...]
    losses: tuple[Loss, ...] = ()
    wanted: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A canonical message in a partner's format. ``reference`` is the id under which the dialect carries it."""

    payload: Payload
    reference: str
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Party:
    """An organisation as a dialect addresses it.

    ``identifiers`` maps a system (``agb``, ``gemeentecode``, ``ura``, ``kvk``) to values, the first one being used in
    writing and each being recognised in reading.
    """

    code: str
    name: str
    kind: OrganisationKind
    oin: str = UNKNOWN_OIN
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def identifier(self, system: str) -> str | None:
        """Give the identifier to write, or nothing."""
        values = self.identifiers.get(system, ())
        return values[0] if values else None


@dataclass(frozen=True, kw_only=True)
class AddressBook:
    """Who is who. ``partner`` is the organisation whose connector this is; ``municipality`` the one the hub serves.

    ``dialect`` is what is local to the partner: its own codes and addresses, as the configuration gives them.
    """

    partner: Party
    municipality: Party
    parties: tuple[Party, ...] = ()
    dialect: Mapping[str, Any] = field(default_factory=dict)

    def party(self, code: str) -> Party | None:
        """Find an organisation by its code."""
        return next((party for party in (self.partner, self.municipality, *self.parties) if party.code == code), None)

    def find(self, system: str, value: str) -> Party | None:
        """Find an organisation by an identifier it is known by."""
        everyone = (self.partner, self.municipality, *self.parties)
        return next((party for party in everyone if value in party.identifiers.get(system, ())), None)


FETCHED_BY = "Schakel-Fetch"
"""The header of a payload that was fetched: by which order. What bears no moment of its own is told apart by it."""


class Verdict(StrEnum):
    """What the hub did with a payload, for the dialect's own acknowledgement."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """Something wrong in an organisation's ``dialect`` settings: the key, with dots for what is in it, and what."""

    key: str
    message: str


class Connector(Protocol):
    """A pure translator. It holds no session, does no I/O and keeps no state between calls.

    ``duplicate_code`` is the dialect's own code for an identification that was used before, for another message.
    ``unsaid`` gives the kinds of message for which the dialect has no word at all, each with why; ``write`` refuses
    them with ``cannot_express``, and every other kind it can write.
    A connector whose dialect tells all assignments of a client at once says so with ``wants_snapshot = True``: then
    ``data.assignments`` lists the others. It is no part of the protocol, for most dialects have no such thing.
    One whose partner gives its messages no id says ``ids_by_content = True``: the same content is the same message, and
    what differs in nothing that the dialect carries can't be told apart.
    """

    name: str
    duplicate_code: str | None
    unsaid: Mapping[MessageKind, str]

    def check(self, dialect: Mapping[str, Any]) -> Sequence[Mistake]:
        """Give what is wrong in an organisation's own settings for this dialect; nothing where all is well."""
        ...

    def read(self, payload: Payload, book: AddressBook, now: dt.datetime) -> Reading:
        """Translate a partner's payload; ``Refusal`` names what is wrong in the partner's own terms.

        Receipts (an iWmo return message, an OperationOutcome) come out as messages of a receipt kind.
        """
        ...

    def write(self, message: Message, book: AddressBook, now: dt.datetime) -> Writing:
        """Translate a canonical message; ``Refusal`` with ``cannot_express`` where the dialect has no word for it."""
        ...

    def acknowledge(
        self, payload: Payload, verdict: Verdict, refusal: Refusal | None, book: AddressBook, now: dt.datetime
    ) -> Payload | None:
        """Give the dialect's own answer to a payload, or nothing where it has none or can't be addressed."""
        ...


@runtime_checkable
class ReadsWorkbooks(Protocol):
    """A connector that reads XLSX too: it says so, and judges the zip that a workbook is before it opens it."""

    workbooks: bool


@dataclass(frozen=True, kw_only=True)
class Handover:
    """How a payload went: ``line`` says the way and its outcome in one line without secrets (``POST https://... 200``).

    ``sent`` is what went over the line, where the transport added to the payload; ``answer`` what came back at once.
    """

    line: str
    answer: Payload | None = None
    sent: Payload | None = None


class Transport(Protocol):
    """The way to a partner's system."""

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        """Hand one payload over; ``TransportError`` where it fails."""
        ...


class Fetching(Protocol):
    """The way to a partner's system that can also be asked."""

    def fetch(self, address: str) -> Payload:
        """Get what stands at an address of this partner; ``TransportError`` where it fails or may not be asked."""
        ...


__all__ = [
    "FETCHED_BY",
    "AddressBook",
    "Connector",
    "Fetching",
    "Handover",
    "Loss",
    "Mistake",
    "Party",
    "Payload",
    "Reading",
    "ReadsWorkbooks",
    "Refusal",
    "Rejected",
    "Transport",
    "TransportError",
    "Verdict",
    "Writing",
]
