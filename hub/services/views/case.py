"""What one viewer may see of a case, ready to be shown: decided by the services, drawn elsewhere."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.services.views.referral import ReferralLine
from hub.services.views.why import Explained, Withheld
from schemas.vocabulary import ItemKind, ItemState, LifeDomain


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One thing that was written down, for one viewer.

    ``owner`` and ``holder`` are codes, ``owner_name`` and ``holder_name`` how they are called; a holder is an
    organisation, a person there, or the client. ``audience`` names whom it was meant for beside its owner; nothing: all
    that the rules let in. ``mine`` says that the viewer wrote it, ``may_change`` that he may rewrite it, and
    ``may_settle`` that he may say how far it is.
    """

    id: str
    kind: ItemKind
    parent_id: str | None
    about: str | None
    owner: str
    owner_name: str
    author_id: str
    author_name: str
    mine: bool
    life_domains: tuple[str, ...]
    audience: tuple[str, ...] | None
    audience_names: tuple[str, ...]
    state: ItemState
    holder: str | None
    holder_id: str | None
    holder_name: str | None
    due_on: dt.date | None
    at: dt.datetime | None
    meeting_id: str | None
    version: int
    created_at: dt.datetime
    changed_at: dt.datetime
    changed_by: str
    content: Mapping[str, Any]
    may_change: bool = False
    may_settle: bool = False
    why: Explained | None = None


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """One line of the timeline. ``kind`` names sentence and icon; ``data`` holds only what this viewer may see.

    ``item`` is what was written down, as it stands now; its words at that moment are in ``data``. ``place`` is its
    position in the whole case: it tells of what is not seen, so it never leaves the hub.
    """

    case_id: str
    position: int
    kind: str
    at: dt.datetime
    actor: str | None
    organisation: str | None
    organisation_name: str | None
    referral: ReferralLine | None
    item: ItemView | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    why: Explained | None = None
    place: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Onlooker:
    """What those who work in these roles at an organisation see of a client, and by which rule.

    ``sees`` holds ``plan`` (of ``domains``), ``talk``, ``appointments`` and ``status``; ``health`` says that a life
    domain about health is among them.
    """

    organisation_name: str
    roles: tuple[str, ...]
    domains: tuple[LifeDomain, ...]
    health: bool
    sees: tuple[str, ...]
    why: Explained


@dataclass(frozen=True, kw_only=True)
class ConsentSummary:
    """With how many of the organisations that help something is shared by consent that holds, and until when."""

    given: int
    helping: int
    until: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Someone who works at an organisation that has part in a case: to ask, or to do something."""

    id: str
    name: str
    organisation: str
    organisation_name: str


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A client's page for one viewer. ``position`` is the number of the viewer's last timeline entry.

    ``whys`` says of ``person``, ``bsn``, ``words`` and ``contact`` why they are shown, or not. ``items`` are what
    people wrote down, oldest first; ``parties`` (code, name) the organisations that have part, ``colleagues`` the
    people there. ``may_write`` says that the viewer may write in plan and conversation, ``writes`` what else of the
    record. ``domains`` are the life domains of which the viewer may see scores and goals, whether there are any or not.
    ``words_said_on`` is the day on which the client said ``client_words`` and ``wishes``, where that was kept.
    ``onlookers`` (who else sees what) and ``consent`` are for the regisseur.
    """

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
    emergency_until: dt.datetime | None = None
    whys: Mapping[str, Explained] = field(default_factory=dict)
    items: tuple[ItemView, ...] = ()
    parties: tuple[tuple[str, str], ...] = ()
    colleagues: tuple[Colleague, ...] = ()
    may_write: bool = False
    writes: frozenset[ItemKind] = frozenset()
    wishes: tuple[str, ...] = ()
    words_said_on: dt.date | None = None
    contact_phone: str | None = None
    domains: tuple[str, ...] = tuple(LifeDomain)
    onlookers: tuple[Onlooker, ...] = ()
    consent: ConsentSummary | None = None
