"""The timeline of a case as one viewer sees it: which entries, counted from 1 without gaps, and how much of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from hub.models import Referral
from hub.rules.access import Category, Decision, Mask
from hub.services.access.access import may_see, why_status
from hub.services.access.explaining import why_body
from hub.services.access.gaze import Gaze
from hub.services.access.referral_lines import line_of, organisation_name
from hub.services.access.ties import Involved, Seat, involved, ties_of
from hub.services.cases.item_views import seen_among, visible_items
from hub.services.record.case_keys import check_owner
from hub.services.views.case import EntryView, ItemView
from hub.services.views.referral import ReferralLine
from hub.services.views.why import Explained
from schemas.fields import moment_text
from schemas.vocabulary import Event

# The view of a case shows no content of a referral, so none is read.
_REFERRALS = (
    select(Referral)
    .options(defer(Referral.content, raiseload=True))
    .where(Referral.case_id == bindparam("case_id"))
    .order_by(Referral.number)
)
# What a masked viewer may learn: that it runs, or no longer does.
_MASKED_KINDS = frozenset({Event.SEND, Event.COMPLETE, Event.DECLINE, Event.WITHDRAW, Event.CLIENT_STOPS, Event.END})
MASKED = "masked"
# What is agreed with these steps is for a day to come: an appointment, for the policy.
APPOINTING = frozenset({Event.PLAN, Event.START})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One referral with what this viewer may see of it."""

    referral: Referral
    status: Decision
    progress: Decision
    line: ReferralLine


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one viewer finds in a case: referrals by id, the viewer's ties, and which items of it are seen."""

    referrals: Mapping[str, Seen]
    who: Involved
    items: frozenset[str]

    @property
    def records(self) -> list[Referral]:
        """Give the records of the referrals."""
        return [one.referral for one in self.referrals.values()]

    @property
    def shape(self) -> frozenset[tuple[str, bool]]:
        """Give what the viewer's positions rest on: what is seen, and which referrals are masked."""
        masked = frozenset((id_, one.line.number == "") for id_, one in self.referrals.items())
        return masked | {(id_, False) for id_ in self.items}


def found_in(session: Session, look: Gaze, case_id: str) -> Found:
    """Find what a viewer sees of a case: each referral by its state, each item by the ties that this gives."""
    referrals = seen_of(look, referrals_of(session, case_id))
    who = involved(session, look, case_id, [one.referral for one in referrals.values()])
    return Found(referrals=referrals, who=who, items=visible_items(session, who, case_id))


def referrals_of(session: Session, case_id: str) -> Sequence[Referral]:
    """Give the referrals of a case, without what they say."""
    return session.scalars(_REFERRALS, {"case_id": case_id}).all()


def found_among(look: Gaze, referrals: Sequence[Referral], seats: Sequence[Seat], heads: Sequence[Any]) -> Found:
    """Find what a viewer sees of a case, as ``found_in`` does, in what was read of it for all who look."""
    seen = seen_of(look, referrals)
    who = ties_of(look, [one.referral for one in seen.values()], seats)
    return Found(referrals=seen, who=who, items=seen_among(who, heads))


def seen_of(look: Gaze, referrals: Iterable[Referral]) -> dict[str, Seen]:
    """Give of these referrals what this viewer may see, by id."""
    found: dict[str, Seen] = {}
    for referral in referrals:
        state = why_status(look, referral)
        if not state.decision.allow:
            continue
        progress = may_see(look, referral, Category.PROGRESS, owner=referral.receiver)
        line = line_of(look, referral, state)
        found[referral.id] = Seen(referral=referral, status=state.decision, progress=progress, line=line)
    return found


def entries_of(
    look: Gaze,
    rows: Sequence[Any],
    found: Found,
    first: int,
    *,
    entrance: Explained,
    items: Mapping[str, ItemView],
) -> list[EntryView]:
    """Give those of these rows that are shown, counted from ``first``; ``entrance`` is why those of nothing are."""
    shown = [row for row in rows if is_shown(row, found)]
    return [
        replace(
            _entry(look, row, found, position, items), why=_why_of(row, found, items) or entrance, place=row.position
        )
        for position, row in enumerate(shown, start=first)
    ]


def _why_of(row: Any, found: Found, items: Mapping[str, ItemView]) -> Explained | None:
    item = items.get(row.item_id or "")
    if item is not None:
        return item.why
    one = found.referrals.get(row.referral_id or "")
    return one.line.why if one is not None else None


def is_shown(row: Any, found: Found) -> bool:
    """Whether an entry is there for this viewer; of what is masked only that it runs, or no longer does."""
    if row.item_id is not None:
        return row.item_id in found.items
    if row.referral_id is None:
        return True
    one = found.referrals.get(row.referral_id)
    return one is not None and (one.status.mask is not Mask.STATUS_ONLY or row.kind in _MASKED_KINDS)


def _entry(look: Gaze, row: Any, found: Found, position: int, items: Mapping[str, ItemView]) -> EntryView:
    one = found.referrals.get(row.referral_id or "")
    if one is not None and one.status.mask is Mask.STATUS_ONLY:
        return EntryView(
            case_id=row.case_id,
            position=position,
            kind=MASKED,
            at=row.at,
            actor=None,
            organisation=None,
            organisation_name=None,
            referral=one.line,
        )
    announced = one is not None and one.status.mask is Mask.ANNOUNCEMENT
    return EntryView(
        case_id=row.case_id,
        position=position,
        kind=row.kind,
        at=row.at,
        actor=None if announced else row.actor,
        organisation=row.organisation,
        organisation_name=organisation_name(look.config, row.organisation) if row.organisation else None,
        referral=one.line if one is not None else None,
        item=items.get(row.item_id or ""),
        data=_visible_data(look, row, one),
    )


_SAID = ("note", "reason", "reason_text", "outcome", "changes", "expected_on", "proposed_to", "proposed_service")


def _visible_data(look: Gaze, row: Any, one: Seen | None) -> dict[str, Any]:
    """Leave out what was said where only the state may be known; own words are always one's own."""
    check_owner(row.data, row.case_id)
    data = dict(row.data or {})
    if row.inferred:
        data["inferred"] = True
    if one is None or row.organisation == look.viewer.organisation:
        return data
    if row.kind in APPOINTING and "at" in data and not _may_know_when(look, one.referral):
        del data["at"]
    if one.progress.mask is Mask.FULL:
        return data
    return {key: value for key, value in data.items() if key not in _SAID}


def _may_know_when(look: Gaze, referral: Referral) -> bool:
    """Whether this viewer may know for when something was agreed with the client."""
    return may_see(look, referral, Category.APPOINTMENT, owner=referral.receiver).mask is Mask.FULL


def entry_body(entry: EntryView) -> dict[str, Any]:
    """Give an entry of the timeline as JSON; of a masked one, neither moment nor organisation."""
    hidden = entry.kind == MASKED
    return {
        "case": entry.case_id,
        "position": entry.position,
        "kind": entry.kind,
        "at": None if hidden else moment_text(entry.at),
        "actor": entry.actor,
        "organisation": entry.organisation,
        "data": {**entry.data, **_about(entry)},
        "why": why_body(entry.why) if entry.why else None,
    }


def _about(entry: EntryView) -> dict[str, str]:
    about = {}
    if entry.referral is not None:
        about["referral_id"] = entry.referral.id
    if entry.item is not None:
        about["item_id"] = entry.item.id
    return about
