"""What is new in a case for all who look at it: read once, decided once for each standpoint, told of each person.

A standpoint holds everything that a decision depends on. Who shares it is decided for as nobody in particular: nothing
that is shared can rest on who somebody is.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Referral
from hub.rules.audit import Deed
from hub.services.access.circumstances import Circumstances, circumstances_of_all
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.ties import Seat, seats_of
from hub.services.cases.case_entrance import check_entrance, entrance_of
from hub.services.cases.case_entries import Found, entries_of, found_among, is_shown, referrals_of
from hub.services.cases.case_view import (
    ENTRIES,
    HEADS,
    REGISSEUR,
    case_entry,
    drawn,
    load_file,
)
from hub.services.cases.item_views import heads_of, items_of
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, refused
from hub.services.record.audit import seen as tell
from hub.services.views.case import CaseView, EntryView, ItemView
from hub.services.views.viewer import Viewer, nobody
from hub.settings import Configuration


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What is new in a case for one viewer; one and the same for all who look from the same standpoint.

    ``shape`` is what the viewer's positions rest on: what is seen, and which referrals are masked. ``view`` is the case
    without its timeline, where more than the timeline and a referral's row changed; else nothing. ``seen_by`` is the
    viewer for whom it was decided, without a name where that is several. ``told_before`` are the ids of which entries
    stand among those that the viewer has: one that was not seen then, gives those numbers to others.
    """

    entries: Sequence[EntryView]
    shape: frozenset[tuple[str, bool]]
    seen_by: Viewer
    view: CaseView | None = None
    told_before: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Lost:
    """The right to see a case that ended, by the client's consent or otherwise."""

    by_consent: bool


@dataclass(frozen=True, kw_only=True)
class Standpoint:
    """From where somebody looks: all that what is seen of a case depends on.

    ``viewer`` has no name, unless what is seen depends on who it is: the regisseur, and who wrote or must do something.
    """

    viewer: Viewer
    facts: Circumstances
    seats: tuple[Seat, ...]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What was read of a case, for all who look at it."""

    id: str
    regisseur_id: str | None
    owner: str
    heads: Sequence[Any]
    referrals: Sequence[Referral]
    items: Sequence[Any]
    read: dict[tuple[int, int], Sequence[Any]] = field(default_factory=dict)

    def rows(self, session: Session, since: int, until: int) -> Sequence[Any]:
        """Give the entries between two positions: what several see of them is read once."""
        if (since, until) not in self.read:
            span = {"case_id": self.id, "since": since, "until": until}
            self.read[since, until] = session.execute(ENTRIES, span).all()
        return self.read[since, until]


@dataclass(kw_only=True)
class _Decided:
    """What is seen from one standpoint."""

    look: Gaze
    found: Found
    shown: Sequence[Any]
    known: dict[int, Growth] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)

    def entry_of(self, viewer: Viewer, after: int, case_id: str) -> Entry:
        """Give what the audit log is told of one viewer: but for the name the same for all who see as much from here.

        Asked once what is new was decided: by then ``look`` keeps all that was shown.
        """
        if after not in self.entries:
            self.entries[after] = case_entry(self.look, Deed.CASE_PUSH, case_id, self.found, known=False)
        return replace(self.entries[after], viewer=viewer)


def growths(
    session: Session, config: Configuration, watchers: Sequence[tuple[Viewer, int]], case_id: str, now: dt.datetime
) -> list[Growth | Lost]:
    """Give what is to be pushed to each of these viewers, who have so many entries; each is told to the audit log."""
    row = session.execute(REGISSEUR, {"case_id": case_id}).one_or_none()
    if row is None:
        return [_lost(session, viewer, case_id) for viewer, _after in watchers]
    case = _Case(
        id=case_id,
        regisseur_id=row.regisseur_id,
        owner=row.organisation or "",
        # Before the referrals and items: of each entry that is read, what it is about is there.
        heads=session.execute(HEADS, {"case_id": case_id}).all(),
        referrals=referrals_of(session, case_id),
        items=heads_of(session, case_id),
    )
    standpoints = standpoints_of(session, config, dict.fromkeys(viewer for viewer, _after in watchers), case, now)
    decided: dict[Standpoint, _Decided | None] = {}
    told: dict[tuple[Viewer, int], Growth | Lost] = {}
    for viewer, after in watchers:
        if (viewer, after) in told:
            continue
        place = standpoints[viewer]
        if place not in decided:
            decided[place] = _decide(session, config, place, case, now)
        told[viewer, after] = _told(session, case, decided[place], viewer, after)
    return [told[one] for one in watchers]


def standpoints_of(
    session: Session, config: Configuration, viewers: Iterable[Viewer], case: Any, now: dt.datetime
) -> dict[Viewer, Standpoint]:
    """Give from where each of these viewers looks at a case: circumstances and seats of all in one statement each."""
    everyone = list(viewers)
    facts = circumstances_of_all(session, config, everyone, [case.id], now)
    seats = seats_of(session, case.id, {viewer.id for viewer in everyone})
    somebody = {person for item in case.items for person in (item.author_id, item.holder_id)} | {case.regisseur_id}
    return {
        viewer: Standpoint(
            viewer=_without_session(viewer) if viewer.id in somebody else nobody(viewer),
            facts=facts[viewer, case.id],
            seats=seats[viewer.id],
        )
        for viewer in everyone
    }


def _without_session(viewer: Viewer) -> Viewer:
    return replace(viewer, session_id=None, proof=None)


def _decide(
    session: Session, config: Configuration, place: Standpoint, case: _Case, now: dt.datetime
) -> _Decided | None:
    """Decide what is seen from a standpoint; nothing where the case is not there."""
    look = gaze(config, place.viewer, case.regisseur_id, now, place.facts)
    found = found_among(look, case.referrals, place.seats, case.items)
    try:
        check_entrance(session, look, case.id, found)
    except NotFound:
        return None
    return _Decided(look=look, found=found, shown=[head for head in case.heads if is_shown(head, found)])


def _told(session: Session, case: _Case, seen: _Decided | None, viewer: Viewer, after: int) -> Growth | Lost:
    """Give what is new for one viewer, and tell the audit log of it under the viewer's own name."""
    if seen is None:
        return _lost(session, viewer, case.id)
    if after not in seen.known:
        seen.known[after] = _grown(session, case, seen, after)
    grown = seen.known[after]
    if grown.entries:
        tell(session, seen.entry_of(viewer, after, case.id))
    return grown


def _grown(session: Session, case: _Case, seen: _Decided, after: int) -> Growth:
    new, look, found = seen.shown[after:], seen.look, seen.found
    before = frozenset(head.item_id or head.referral_id or "" for head in seen.shown[:after])
    if not new:
        return Growth(entries=(), shape=found.shape, seen_by=look.viewer, told_before=before)
    rows = case.rows(session, new[0].position, new[-1].position)
    items: Mapping[str, ItemView] = {}
    view = None
    if any(head.item_id is not None for head in new):
        items = items_of(session, found.who, case.id)
        view = drawn(session, look, load_file(session, case.id), found)
    entries = entries_of(look, rows, found, after + 1, entrance=entrance_of(look, case.owner, found), items=items)
    return Growth(entries=entries, shape=found.shape, seen_by=look.viewer, view=view, told_before=before)


def _lost(session: Session, viewer: Viewer, case_id: str) -> Lost:
    """Tell that somebody is refused, and give whether a client's consent that ended is why."""
    refused(session, viewer, Deed.CASE_PUSH, case_id)
    ended = select(Referral.id).where(
        Referral.case_id == case_id, Referral.receiver == viewer.organisation, Referral.ground_ended_at.is_not(None)
    )
    return Lost(by_consent=session.execute(ended.limit(1)).first() is not None)
