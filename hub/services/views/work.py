"""What waits for one viewer, ready to be shown: a line of a work list, an alert."""

import datetime as dt
from dataclasses import dataclass

from hub.rules.alerts import AlertKind
from hub.services.views.case import EntryView, ItemView
from hub.services.views.referral import ReferralLine


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """Something that waits, or waited, for the viewer: a message that names or answers him, or a referral's question.

    ``client_name`` is empty where the viewer may not know who it is about.
    """

    kind: AlertKind
    case_id: str
    at: dt.datetime
    read: bool
    client_name: str
    item: ItemView | None
    referral: ReferralLine | None


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Something in the diary today: what, where, when."""

    item_id: str
    what: str
    place: str | None
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class WorkLine:
    """One client or referral on a work list: what needs whom, and why; ``due_at`` where no referral says by when.

    ``changed_at`` is when its referral last took a step. Of a regisseur's client: ``also`` names what else asks for
    attention, ``day`` is the day that the reason is about and ``detail`` what was written down, ``last_contact`` when
    somebody spoke the client, ``next_step`` what comes next, ``planned`` what is in the diary today. ``news`` is how
    much happened since the last working day that the viewer did not see yet, ``happened`` the last of it.
    """

    case_id: str | None
    referral: ReferralLine | None
    client_name: str
    reason: str
    urgency: str
    due_at: dt.datetime | None = None
    changed_at: dt.datetime | None = None
    area: str | None = None
    also: tuple[str, ...] = ()
    day: dt.date | None = None
    detail: str | None = None
    last_contact: dt.date | None = None
    next_step: str | None = None
    planned: tuple[Planned, ...] = ()
    news: int = 0
    happened: tuple[EntryView, ...] = ()
