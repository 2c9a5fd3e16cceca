"""Look after the differences between the digests of both sides: shown by their references, and repaired by a person."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from hub.models import Case, Difference, OutboxRecord, Referral, Tombstone
from hub.rules import lifecycle
from hub.rules.differences import Kind, Repair, event_towards, repairs
from hub.services.access.actors import parts_of
from hub.services.errors import Invalid, NotFound, NotNow
from hub.services.messages import digest_book, digests
from hub.services.messages.monitor import ROLE
from hub.services.messages.outgoing import has_own_system
from hub.services.people.identity import system_of
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals.referrals import load_for_change, record_event
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.message import Coded
from schemas.referral import NewEvent
from schemas.vocabulary import Delivery, Event, MessageKind, Status

_ROWS, _REFERRALS = table_of(OutboxRecord), table_of(Referral)
_LONGEST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """One difference as the operator sees it. ``repairs`` says what may be done, ``asked_at`` that the partner was."""

    id: str
    kind: str
    organisation_name: str
    phone: str | None
    number: int | None
    reference: str | None
    ours: str | None
    theirs: str | None
    since: dt.datetime
    repairs: tuple[str, ...]
    asked_at: dt.datetime | None = None
    asked_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class DifferencesView:
    """What differs now, and when each organisation last told what runs there."""

    lines: tuple[DifferenceLine, ...]
    told: tuple[tuple[str, dt.datetime | None], ...]


def differences_view(session: Session, config: Configuration, viewer: Viewer) -> DifferencesView:
    """Give what differs; ``NotFound`` for who does not run the traffic."""
    if viewer.role != ROLE:
        raise NotFound("There is no such page.")
    rows = digest_book.open_differences(session)
    lines = tuple(_line(config, one, _event(session, config, one)) for one in rows)
    return DifferencesView(lines=lines, told=tuple(_last_told(session, config)))


def _last_told(session: Session, config: Configuration) -> Sequence[tuple[str, dt.datetime | None]]:
    newest = digest_book.last_told(session)
    connected = {one.code for one in config.connected()}
    codes = [code for code in digests.partners(config) if code in connected or code in newest]
    return [(config.organisations[code].name, newest.get(code)) for code in codes]


def _line(config: Configuration, one: Difference, event: Event | None) -> DifferenceLine:
    organisation = config.organisation(one.organisation)
    known = one.referral_id is not None and has_own_system(config, one.organisation)
    return DifferenceLine(
        id=one.id,
        kind=one.kind,
        organisation_name=organisation.name if organisation is not None else one.organisation,
        phone=organisation.phone if organisation is not None else None,
        number=one.number,
        reference=one.reference,
        ours=one.ours,
        theirs=one.theirs,
        since=one.found_at,
        repairs=tuple(repairs(Kind(one.kind), known=known, event=event)),
        asked_at=one.asked_at,
        asked_by=one.asked_by,
    )


def _event(session: Session, config: Configuration, one: Difference) -> Event | None:
    """Give the event by which the organisation itself would bring the referral where it says that it is."""
    system = system_of(config, one.organisation)
    if one.referral_id is None or one.theirs is None or system is None:
        return None
    row = session.execute(
        select(Referral, Case.regisseur_id)
        .join(Case, Referral.case_id == Case.id)
        .options(defer(Referral.content, raiseload=True))
        .where(Referral.id == one.referral_id)
    ).one_or_none()
    if row is None:
        return None
    referral, regisseur_id = row
    parts = parts_of(system, referral, regisseur_id)
    return event_towards(Status(referral.status), Status(one.theirs), parts)


def repair(
    work: UnitOfWork, config: Configuration, viewer: Viewer, difference_id: str, how: str, reason: str
) -> Difference:
    """Do one of the repairs, once: a second time changes nothing more.

    ``NotFound`` where the difference is gone or not this viewer's, ``NotNow`` where this repair does not fit (any
    more), ``Invalid`` where a reason is missing.
    """
    if viewer.role != ROLE:
        raise NotFound("There is no such difference.")
    one = work.session.scalars(
        select(Difference).where(Difference.id == difference_id, Difference.state == digest_book.OPEN).with_for_update()
    ).one_or_none()
    if one is None:
        raise NotFound("There is no such difference.")
    if how == Repair.CLOSE and not 0 < len(reason) <= _LONGEST_REASON:
        raise Invalid("Closing needs a reason.", field="reason")
    event = _event(work.session, config, one)
    if how not in _line(config, one, event).repairs:
        raise NotNow("This can't be done about this difference.")
    if how == Repair.SEND_AGAIN:
        _send_again(work, one)
    elif how == Repair.TAKE_OVER:
        _take_over(work, config, one, event)
    elif how == Repair.ASK:
        one.asked_at, one.asked_by = work.now, viewer.name
    else:
        _settle(work, one, digest_book.CLOSED, viewer.name, reason)
    work.session.flush()
    return one


def _settle(work: UnitOfWork, one: Difference, state: str, by: str, how: str) -> None:
    one.state, one.handled_at, one.handled_by, one.handled_how = state, work.now, by, how[:500]


def _send_again(work: UnitOfWork, one: Difference) -> None:
    """Let every message about the referral leave once more, in its order and by the same ids.

    What the partner had it knows again; what it missed it gets. What the ground was withdrawn from stays here.
    """
    wanted = (
        (_ROWS.c.referral_id == one.referral_id)
        & (_ROWS.c.receiver == one.organisation)
        & _ROWS.c.kind.in_(list(MessageKind))
        & _ROWS.c.withheld_at.is_(None)
    )
    emptied = select(Tombstone.at).where(Tombstone.reference == one.referral_id, Tombstone.kind == "content")
    if work.session.execute(emptied).first() is not None:
        raise NotNow("What these messages held is no longer kept.")
    work.execute(select(_ROWS.c.id).where(wanted).order_by(_ROWS.c.id).with_for_update()).all()
    waiting = {"state": Delivery.WAITING, "open": True, "due_at": work.now, "first_tried_at": None, "published": 0}
    reopened = work.execute(
        update(_ROWS)
        .where(wanted, ~_ROWS.c.open)
        .values(**waiting, error=None)
        .returning(_ROWS.c.case_id, _ROWS.c.kind)
    ).all()
    work.execute(
        update(_ROWS)
        .where(wanted, _ROWS.c.open, _ROWS.c.state == Delivery.QUARANTINED)
        .values(state=Delivery.WAITING, due_at=work.now, first_tried_at=None)
    )
    if not reopened:
        work.wake_relay()
        return
    if any(row.kind == MessageKind.SENT for row in reopened):
        shown = update(_REFERRALS).where(_REFERRALS.c.id == one.referral_id)
        work.execute(shown.values(delivery=Delivery.WAITING))
    entry = NewEntry(kind="sent_again", organisation=one.organisation, referral_id=one.referral_id)
    nudge(work, reopened[0].case_id, write_entries(work, reopened[0].case_id, [entry]))
    work.wake_relay()


def _take_over(work: UnitOfWork, config: Configuration, one: Difference, event: Event | None) -> None:
    """Record what the partner says of its own help, as its own statement; the lifecycle decides whether it may."""
    system = system_of(config, one.organisation)
    assert event is not None and system is not None and one.referral_id is not None  # else it was not on offer
    reason = Coded(code="taken_over", system="schakel") if lifecycle.needs_reason(event) else None
    referral = load_for_change(work, one.referral_id)
    record_event(
        work,
        config,
        system,
        referral,
        NewEvent(event=event),
        implies=lifecycle.INFERABLE,
        status_reason=reason,
    )
    _settle(work, one, digest_book.GONE, system.name, "taken over")
