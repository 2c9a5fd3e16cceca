"""What is known of corrections: who asked what, what was decided, and how far everybody who received the error is."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from hub.models import Case, Correction, CorrectionNotice, OutboxRecord, Referral
from hub.rules.access import Mask
from hub.rules.audit import Deed
from hub.services.access.access import status_decision
from hub.services.access.actors import NO_PART
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, refused, seen
from hub.services.rights.corrections import ASKED, PRIVACY_OFFICER, owner_if_seen
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import Delivery

_REFERRALS = select(Referral).options(defer(Referral.content, raiseload=True))


@dataclass(frozen=True, kw_only=True)
class NoticeLine:
    """How far one receiver is: ``state`` is ``confirmed``, ``processed``, ``delivered``, ``under_way`` or ``phone``."""

    organisation: str
    name: str
    state: str
    since: Any


def notices(session: Session, config: Configuration, correction: Correction) -> list[NoticeLine]:
    """Give who has acknowledged a correction and who has not."""
    rows = session.execute(
        select(CorrectionNotice, OutboxRecord.state, OutboxRecord.dropped, OutboxRecord.processed_at)
        .outerjoin(
            OutboxRecord,
            (OutboxRecord.message_id == CorrectionNotice.message_id)
            & (OutboxRecord.receiver == CorrectionNotice.organisation),
        )
        .where(CorrectionNotice.correction_id == correction.id)
        .order_by(CorrectionNotice.organisation)
    )
    return [
        NoticeLine(
            organisation=notice.organisation,
            name=config.organisations[notice.organisation].name,
            state=_how_far(correction, notice, state, dropped),
            since=notice.confirmed_at or processed_at or notice.told_at,
        )
        for notice, state, dropped, processed_at in rows
    ]


def _how_far(correction: Correction, notice: CorrectionNotice, state: str | None, dropped: list[str] | None) -> str:
    """Say how far it is. What a dialect could not carry was not told, whatever the receipt says: somebody phones."""
    if notice.confirmed_at is not None:
        return "confirmed"
    field = f"client.{correction.field}" if correction.referral_id is None else correction.field
    if state in (None, Delivery.QUARANTINED, Delivery.REFUSED) or any(one.endswith(field) for one in dropped or ()):
        return "phone"
    if state in (Delivery.PROCESSED, Delivery.DELIVERED):
        return str(state)
    return "under_way"


@dataclass(frozen=True, kw_only=True)
class CorrectionLine:
    """One request as a viewer may see it. ``why`` and ``answer`` are for who asked and who owns.

    ``notices`` are the receivers whom this viewer may know to be round the client; ``complete`` says that it is all.
    """

    id: str
    case_id: str
    referral_id: str | None
    field: str
    owner: str
    owner_name: str
    state: str
    asked_at: dt.datetime
    decided_at: dt.datetime | None
    wish: Any
    why: str | None
    answer: str | None
    decides: bool
    notices: tuple[NoticeLine, ...]
    complete: bool


def of_case(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime
) -> list[CorrectionLine]:
    """Give the corrections of a case that this viewer's organisation asked for, owns or was told of.

    ``NotFound`` for whoever may not see the client.
    """
    case = session.get(Case, case_id)
    try:
        if case is None:
            raise NotFound("There is no such case.")
        owner_if_seen(session, config, viewer, case, None, now)
    except NotFound:
        refused(session, viewer, Deed.CASE_VIEW, case_id)
        raise
    seen(session, Entry(viewer=viewer, deed=Deed.CASE_VIEW, case_id=case_id, detail="corrections"))
    mine = select(Correction).where(Correction.case_id == case_id, _concerns(viewer))
    rows = session.scalars(mine.order_by(Correction.asked_at.desc()))
    return [_line(session, config, viewer, one, now) for one in rows if _sees(session, config, viewer, one, now)]


def of_organisation(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[CorrectionLine]:
    """Give what this organisation owns or was told of, as far as this viewer may see it; what still waits first."""
    if viewer.role in NO_PART or viewer.role == PRIVACY_OFFICER:
        return []
    order = (Correction.state != ASKED, Correction.asked_at.desc())
    rows = session.scalars(select(Correction).where(_concerns(viewer)).order_by(*order).limit(100))
    shown = [one for one in rows if _sees(session, config, viewer, one, now)]
    for case_id in sorted({one.case_id for one in shown}):
        seen(session, Entry(viewer=viewer, deed=Deed.CASE_VIEW, case_id=case_id, detail="corrections"))
    return [_line(session, config, viewer, one, now) for one in shown]


def _concerns(viewer: Viewer) -> Any:
    told = select(CorrectionNotice.correction_id).where(CorrectionNotice.organisation == viewer.organisation)
    ours = (Correction.owner == viewer.organisation) | (Correction.asked_by == viewer.id)
    return ours | Correction.id.in_(told)


def _sees(session: Session, config: Configuration, viewer: Viewer, one: Correction, now: dt.datetime) -> bool:
    case = session.get(Case, one.case_id)
    try:
        return case is not None and bool(owner_if_seen(session, config, viewer, case, one.referral_id, now))
    except NotFound:
        return False


def _line(session: Session, config: Configuration, viewer: Viewer, one: Correction, now: dt.datetime) -> CorrectionLine:
    owns = one.owner == viewer.organisation
    asked = one.asked_by == viewer.id
    regisseur = session.execute(select(Case.regisseur_id).where(Case.id == one.case_id)).scalar_one()
    known = _known_receivers(session, gaze_at(session, config, viewer, one.case_id, regisseur, now), one)
    return CorrectionLine(
        id=one.id,
        case_id=one.case_id,
        referral_id=one.referral_id,
        field=one.field,
        owner=one.owner,
        owner_name=config.organisations[one.owner].name,
        state=one.state,
        asked_at=one.asked_at,
        decided_at=one.decided_at,
        wish=one.wish.get("value"),
        why=one.wish.get("why") if owns or asked else None,
        answer=(one.answer or {}).get("reason") if owns or asked else None,
        decides=owns and one.state == ASKED,
        notices=tuple(line for line in notices(session, config, one) if line.organisation in known),
        complete=one.referral_id is not None,
    )


def _known_receivers(session: Session, look: Gaze, one: Correction) -> frozenset[str]:
    """Give the receivers whom this viewer may know of: the own organisation, and of what is not masked."""
    about = _REFERRALS.where(Referral.case_id == one.case_id)
    if one.referral_id is not None:
        about = about.where(Referral.id == one.referral_id)
    known, hidden = set[str](), set[str]()
    for referral in session.scalars(about):
        open_to = status_decision(look, referral).mask is Mask.FULL
        ours = look.viewer.organisation == referral.sender
        (known if open_to or ours else hidden).update((referral.sender, referral.receiver))
    return frozenset((known - hidden) | {look.viewer.organisation})


@dataclass(frozen=True, kw_only=True)
class Unconfirmed:
    """A receiver that must be phoned, for the privacy officer: no word of what was corrected."""

    correction_id: str
    case_id: str
    organisation: str
    name: str


def to_phone(session: Session, config: Configuration, viewer: Viewer) -> list[Unconfirmed]:
    """Give the receivers that no message reached, for the privacy officer; to anyone else there are none."""
    if viewer.role != PRIVACY_OFFICER:
        return []
    open_ones = select(CorrectionNotice.correction_id).where(CorrectionNotice.confirmed_at.is_(None))
    rows = session.scalars(select(Correction).where(Correction.id.in_(open_ones)).order_by(Correction.decided_at))
    return [
        Unconfirmed(correction_id=one.id, case_id=one.case_id, organisation=line.organisation, name=line.name)
        for one in rows
        for line in notices(session, config, one)
        if line.state == "phone"
    ]
