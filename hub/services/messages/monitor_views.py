"""What the operator sees of the traffic, ready to be shown: references, never content."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WireFacts:
    """How the last try of a message went: its line, the size of each form, what was lost and the partner's codes."""

    line: str | None
    sizes: Mapping[str, int]
    losses: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MonitorLine:
    """One message that is stuck, by its references only: never its content.

    ``kind`` is ``quarantined`` (came in, not understood) or ``stuck`` (must leave); ``reason`` is a code, ``detail``
    the connector's words, ``field`` the path in the partner's own terms.
    """

    id: str
    kind: str
    message_kind: str | None
    organisation_name: str
    reference: str | None
    since: dt.datetime
    reason: str
    detail: str | None = None
    field: str | None = None
    attempts: int = 0
    next_at: dt.datetime | None = None
    needs_person: bool = True
    wire: WireFacts | None = None


@dataclass(frozen=True, kw_only=True)
class ConnectionLine:
    """How the way to one organisation does. ``state`` is ``works``, ``slow``, ``down`` or ``idle``."""

    organisation_name: str
    connector: str | None
    state: str
    waiting: int
    oldest_at: dt.datetime | None = None
    last_ok_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MonitorView:
    """What the operator sees of the traffic."""

    lines: tuple[MonitorLine, ...]
    connections: tuple[ConnectionLine, ...]
    delivered_today: int
    waiting: int
    oldest_at: dt.datetime | None = None
    differences: int = 0
