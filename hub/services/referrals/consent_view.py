"""Who may know what, since when and until when; and what of it can't be undone any more."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.models import Case, ConsentEvent, OutboxRecord, Referral, Release
from hub.rules.access import Mask
from hub.rules.audit import Deed
from hub.services.access.access import status_decision
from hub.services.access.gaze import gaze_at
from hub.services.errors import NotFound
from hub.services.record import audit
from hub.services.referrals.consents import EVERYONE, scope_of
from hub.services.referrals.withdrawal import WITHHELD
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.vocabulary import ConsentKind, Delivery, MessageKind

_ROWS = table_of(OutboxRecord)
_MESSAGES = (
    select(
        _ROWS.c.referral_id,
        _ROWS.c.receiver,
        _ROWS.c.kind,
        _ROWS.c.state,
        _ROWS.c.error,
        _ROWS.c.created_at,
        _ROWS.c.delivered_at,
        _ROWS.c.processed_at,
    )
    .where(_ROWS.c.referral_id.in_(bindparam("referral_ids", expanding=True)))
    .order_by(_ROWS.c.id)
)
_TAKEN = (Delivery.DELIVERED, Delivery.PROCESSED, Delivery.REFUSED, Delivery.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One thing that was said about a consent."""

    to: str
    kind: str
    purpose: str | None
    fields: tuple[str, ...] | None
    referral_id: str | None
    evidence: str | None
    by: str
    organisation: str
    at: dt.datetime
    until: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A message that a receiver's system took, or may have taken (``unknown``)."""

    kind: str
    state: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What one referral shared. ``reached`` can't be undone; ``held`` messages never left."""

    referral_id: str
    to: str
    organisation: str
    fields: tuple[str, ...]
    basis: str
    law: str | None
    purpose: str
    necessity: str | None
    by: str
    at: dt.datetime
    until: dt.datetime | None
    withdrawn_at: dt.datetime | None
    ended: str | None
    reached: tuple[Reached, ...]
    held: int
    told_to_stop_at: dt.datetime | None
    stop_state: str | None


@dataclass(frozen=True, kw_only=True)
class Consents:
    """All that is known of consent in one case, as far as the viewer may know it; the newest first."""

    events: tuple[Evidence, ...]
    releases: tuple[Shared, ...]


def consents(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> Consents:
    """Give the consents of a case: all to the regisseur, a sender's own to that sender; to others ``NotFound``.

    Of what another organisation shared for care the regisseur knows no more than that it runs: it stays out.
    """
    scope = scope_of(session, viewer, case_id)
    if scope is None:
        audit.refused(session, viewer, Deed.CASE_VIEW, case_id)
        raise NotFound("There is no such case.")
    audit.seen(session, audit.Entry(viewer=viewer, deed=Deed.CASE_VIEW, case_id=case_id, detail="consents"))
    hidden = _hidden(session, config, viewer, case_id, now) if scope == EVERYONE else frozenset()
    query = select(ConsentEvent).where(ConsentEvent.case_id == case_id).order_by(ConsentEvent.id.desc())
    released = select(Release).where(Release.case_id == case_id).order_by(Release.at.desc())
    if scope != EVERYONE:
        query = query.where(ConsentEvent.organisation == scope)
        released = released.where(Release.organisation == scope)
    events = [event for event in session.scalars(query) if _is_open(event, viewer, hidden)]
    releases = [one for one in session.scalars(released) if one.referral_id not in hidden]
    messages = _messages(session, [one.referral_id for one in releases])
    return Consents(
        events=tuple(_evidence(event, viewer) for event in events),
        releases=tuple(_shared(one, messages[one.referral_id], viewer) for one in releases),
    )


def _hidden(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> frozenset[str]:
    """Give the referrals of others of which this viewer sees at most that they run."""
    regisseur_id = session.execute(select(Case.regisseur_id).where(Case.id == case_id)).scalar_one_or_none()
    look = gaze_at(session, config, viewer, case_id, regisseur_id, now)
    found = session.scalars(select(Referral).where(Referral.case_id == case_id, Referral.sender != viewer.organisation))
    decisions = ((referral.id, status_decision(look, referral)) for referral in found)
    return frozenset(id_ for id_, decision in decisions if decision.mask in (None, Mask.STATUS_ONLY))


def _is_open(event: ConsentEvent, viewer: Viewer, hidden: frozenset[str]) -> bool:
    if event.organisation == viewer.organisation:
        return True
    return event.referral_id is not None and event.referral_id not in hidden


def _messages(session: Session, referral_ids: list[str]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in session.execute(_MESSAGES, {"referral_ids": referral_ids}):
        found[row.referral_id].append(row)
    return found


def _words(words: bytes | None, organisation: str, viewer: Viewer) -> str | None:
    """Give what was written about a consent or a release: to the organisation that wrote it, for it may tell why."""
    return words.decode() if words and organisation == viewer.organisation else None


def _evidence(event: ConsentEvent, viewer: Viewer) -> Evidence:
    return Evidence(
        to=event.recipient,
        kind=event.kind,
        purpose=event.purpose,
        fields=tuple(event.fields) if event.fields is not None else None,
        referral_id=event.referral_id,
        evidence=_words(event.evidence, event.organisation, viewer),
        by=event.by_name,
        organisation=event.organisation,
        at=event.at,
        until=event.until,
    )


def _shared(release: Release, messages: Sequence[Any], viewer: Viewer) -> Shared:
    stop = next((row for row in messages if row.kind == MessageKind.CONSENT_WITHDRAWN), None)
    content = [row for row in messages if row.receiver == release.recipient and row is not stop]
    return Shared(
        referral_id=release.referral_id,
        to=release.recipient,
        organisation=release.organisation,
        fields=tuple(release.fields),
        basis=release.basis,
        law=release.law,
        purpose=release.purpose,
        necessity=_words(release.necessity, release.organisation, viewer),
        by=release.by_name,
        at=release.at,
        until=release.until,
        withdrawn_at=release.withdrawn_at,
        ended=release.ended,
        reached=tuple(
            Reached(kind=row.kind, state=row.state, at=row.delivered_at or row.created_at)
            for row in content
            if row.state in _TAKEN
        ),
        held=sum(1 for row in messages if row.error == WITHHELD),
        told_to_stop_at=stop.created_at if stop is not None else None,
        stop_state=stop.state if stop is not None else None,
    )


def standing(events: Sequence[Evidence]) -> list[Evidence]:
    """Give of each recipient and purpose the last thing that was said; what was said before stays as evidence."""
    seen: set[tuple[str, str | None]] = set()
    last = []
    for event in events:
        if (event.to, event.purpose) not in seen and (event.to, None) not in seen:
            last.append(event)
        seen.add((event.to, event.purpose))
    return last


def may_be_withdrawn(event: Evidence, now: dt.datetime) -> bool:
    """Whether this consent still holds, so that it can be withdrawn."""
    return event.kind == ConsentKind.GIVEN and (event.until is None or event.until > now)
