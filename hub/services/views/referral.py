"""What one viewer may see of a referral, ready to be shown: decided by the services, drawn elsewhere."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.rules.room import ServiceRoom
from hub.services.views.why import Explained


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
class TrackStep:
    """One of the six steps of a referral's way. ``state`` is ``done``, ``now``, ``todo`` or ``fault``.

    Where the referral was stopped, it is ``end``, and then ``off`` for what does not come any more.

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
    ``proposed`` names another organisation (``to``) and its ``service``, where that was proposed. ``agreed_for`` is
    when a first appointment is, or help starts.
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
    agreed_for: dt.datetime | None = None


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
