"""What one viewer may see of a case, ready to be shown: decided here, drawn elsewhere."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks: a person or a system, in one role of one organisation, for one purpose."""

    id: str
    name: str
    organisation: str
    organisation_name: str
    role: str
    purpose: str
    language: str = "nl"


@dataclass(frozen=True, kw_only=True)
class ReferralLine:
    """One referral as a row of the client view. ``masked`` is the rule that hides the rest, or nothing.

    ``mark`` names how the state is drawn: a Status, a MaskedStatus, or ``undelivered`` where delivery needs a person.
    """

    id: str
    number: str
    title: str
    organisation: str
    sender: str
    mark: str
    delivery: str | None
    next_who: str | None
    next_what: str | None
    due_at: dt.datetime | None
    overdue: bool
    inferred: bool
    masked: str | None
    audience: str | None


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """One line of the timeline. ``kind`` names the sentence and the icon; ``data`` holds only what this viewer may see."""

    case_id: str
    position: int
    kind: str
    at: dt.datetime
    actor: str | None
    organisation: str | None
    organisation_name: str | None
    referral: ReferralLine | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """A kind of thing that is never shown to this viewer, whether it exists or not, with the rule and its reason."""

    what: str
    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A client's page for one viewer. ``position`` is the number of the viewer's last timeline entry."""

    case_id: str
    position: int
    client_name: str
    age: int | None
    bsn_tail: str | None
    area: str | None
    contact_name: str | None
    contact_organisation: str | None
    contact_since: dt.date | None
    client_words: str | None
    strengths: tuple[str, ...]
    referrals: tuple[ReferralLine, ...]
    entries: tuple[EntryView, ...]
    withheld: tuple[Withheld, ...]
    may_refer: bool


@dataclass(frozen=True, kw_only=True)
class WorkLine:
    """One client or referral on a work list: what needs whom, and why."""

    case_id: str | None
    referral: ReferralLine | None
    client_name: str
    reason: str
    urgency: str
