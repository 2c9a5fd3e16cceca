"""What one viewer may see of a case, ready to be shown: decided here, drawn elsewhere."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.rules.alerts import AlertKind
from hub.rules.room import ServiceRoom
from schemas.vocabulary import ItemKind, ItemState, LifeDomain


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks: a person or a system, in one role of one organisation, for one purpose.

    ``session_id`` is the session that it is bound to, where someone is signed in; ``manages`` says that this one may
    add and block people of the own organisation. ``proof`` is what a system asked its token with.
    """

    id: str
    name: str
    organisation: str
    organisation_name: str
    role: str
    purpose: str
    language: str = "nl"
    title: str = ""
    manages: bool = False
    session_id: str | None = None
    proof: str | None = None


def nobody(viewer: Viewer) -> Viewer:
    """Give someone in the same role of the same organisation who is nobody in particular."""
    return replace(viewer, id="", name="", title="", manages=False, session_id=None, proof=None)


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Why somebody sees something, or does not (``allowed``): the rule, and the question that it answered.

    ``since`` and ``granted_by`` are left out where only the state may be known: they would tell more than it does.
    """

    allowed: bool = True
    rule: str
    reason: str
    purpose: str
    relation: str
    basis: str
    law: str
    since: dt.datetime | None = None
    granted_by: str | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReferralLine:
    """One referral as a row of the client view. ``masked`` is the rule that hides the rest, or nothing.

    ``mark`` names how the state is drawn: a Status, a MaskedStatus, or ``undelivered`` where delivery needs a person.
    ``sent_at`` is its place among the others, newest first; a masked one has no moment that may be told.
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
    sent_at: dt.datetime | None = None
    why: Explained | None = None


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
class Colleague:
    """Someone who works at an organisation that has part in a case: to ask, or to do something."""

    id: str
    name: str
    organisation: str
    organisation_name: str


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """A kind of thing that is never shown to this viewer, whether it exists or not, with the rule and its reason."""

    what: str
    rule: str
    reason: str


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


@dataclass(frozen=True, kw_only=True)
class TrackStep:
    """One of the six steps of a referral's way. ``state`` is ``done``, ``now``, ``todo`` or ``fault``.

    ``key``: ``sent``, ``delivered``, ``read`` (by their system), ``accepted``, ``started``, ``completed``.
    """

    key: str
    at: dt.datetime | None
    state: str


@dataclass(frozen=True, kw_only=True)
class TrailStep:
    """One step of the trail: an event of people, or what systems did with a message (``delivery``).

    ``about`` is the step that was taken back; ``changes`` are the differences of an assignment: field, from, to.
    ``losses`` are what it could not carry, with why; ``opens`` says that the viewer may see its forms.
    ``proposed`` names another organisation (``to``) and its ``service``, where that was proposed.
    """

    at: dt.datetime
    kind: str
    actor: str | None
    organisation: str | None
    delivery: str | None = None
    reference: str | None = None
    attempts: int = 0
    next_at: dt.datetime | None = None
    note: str | None = None
    reason: str | None = None
    inferred: bool = False
    message_id: str | None = None
    delivered_at: dt.datetime | None = None
    processed_at: dt.datetime | None = None
    dropped: tuple[str, ...] = ()
    about: str | None = None
    changes: tuple[Mapping[str, str | None], ...] = ()
    losses: tuple[tuple[str, str], ...] = ()
    opens: bool = False
    proposed: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ActionChoice:
    """Something the viewer may do now. ``reasons`` are (code, label) pairs; ``asks`` names what else it needs.

    ``asks`` may hold ``note``, ``date``, ``outcome`` and ``proposed`` (another organisation).
    """

    event: str
    needs_reason: bool
    reasons: tuple[tuple[str, str], ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeliveryTrouble:
    """Why a referral has not arrived.

    ``needs_person`` says that we have stopped trying ourselves, ``may_act`` that the viewer can do something about it.
    """

    reason: str
    since: dt.datetime
    attempts: int
    next_at: dt.datetime | None
    until: dt.datetime | None
    needs_person: bool
    phone: str | None = None
    may_act: bool = False


@dataclass(frozen=True, kw_only=True)
class BundleView:
    """How it stands with what was asked of several at once. ``others`` are those that the viewer may see.

    ``elsewhere`` says that this one was withdrawn because someone else was first. Who that is, tells only ``others``.
    """

    others: tuple[ReferralLine, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True)
class ReferralView:
    """A referral's page for one viewer. ``content`` is what was sent: (label key, text), in the message's order.

    ``whys`` says of ``person``, ``content`` and ``words`` (what was said with a step) why they are shown, or not.
    ``elsewhere`` holds (organisation, state there) where its own books say something else; no state: it is not there.
    ``urgency`` and ``life_domains`` are told with the announcement, before any content.
    ``own_words`` holds (organisation, its word for the state, where its system has that word). ``name_known`` says
    whether the receiver may know who the client is, ``review`` what the viewer may say was looked at together.
    """

    line: ReferralLine
    case_id: str
    client_name: str
    content: tuple[tuple[str, str], ...]
    steps: tuple[TrackStep, ...]
    trail: tuple[TrailStep, ...]
    actions: tuple[ActionChoice, ...]
    sent_at: dt.datetime | None = None
    sent_by: str | None = None
    client_words: str | None = None
    trouble: DeliveryTrouble | None = None
    phone: str | None = None
    viewer_received: bool = False
    may_see_case: bool = True
    whys: Mapping[str, Explained] = field(default_factory=dict)
    elsewhere: tuple[tuple[str, str | None], ...] = ()
    bundle: BundleView | None = None
    sender_phone: str | None = None
    urgency: str = ""
    life_domains: tuple[str, ...] = ()
    own_words: tuple[tuple[str, str, str], ...] = ()
    name_known: bool = True
    review: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceOffer:
    """Something one can refer to.

    ``shares`` names the fields that go along where nothing else is chosen, ``needs`` those that the format requires.
    ``near`` says whether the client lives where it is given; nothing where that is everywhere, or not known.
    """

    code: str
    name: str
    organisation: str
    organisation_name: str
    life_domains: tuple[str, ...]
    purpose: str
    reply_days: int = 3
    shares: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    about: str | None = None
    areas: tuple[str, ...] = ()
    near: bool | None = None
    several: bool = False
    practical: bool = False
    room: ServiceRoom = field(default_factory=lambda: ServiceRoom(service=""))
