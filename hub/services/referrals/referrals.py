"""Record what people do with a referral. The same functions serve the page, the API and the inbox."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, update

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.access import bundles
from hub.services.access.actors import parts_of
from hub.services.errors import Invalid, NotFound, StateForbids, VersionConflict
from hub.services.messages.outgoing import put_out
from hub.services.messages.telling import tell_others, what_happened
from hub.services.record import alerts, deadlines
from hub.services.record.case_keys import check_owner
from hub.services.record.clients import KnownCase, find_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.referrals.sending import promised
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.message import Coded, Message
from schemas.referral import NewEvent
from schemas.vocabulary import Event, Outcome, Status, Urgency

_REFERRALS = table_of(Referral)
_CHANGE = update(_REFERRALS).where(_REFERRALS.c.id == bindparam("referral_id"))


def load_for_change(work: UnitOfWork, referral_id: str) -> Referral:
    """Read a referral under its row lock, its whole bundle held with it; ``NotFound`` where there is none."""
    referral = bundles.locked(work, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    check_owner(referral.content, referral.case_id)
    return referral


def record_event(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    new: NewEvent,
    *,
    implies: Iterable[Event] = (),
    if_version: int | None = None,
    status_reason: Coded | None = None,
) -> Referral:
    """Record an event on a referral read with ``load_for_change``, after the steps that it implies (marked inferred).

    Who accepts what was sent to several gets it: the others are withdrawn with it, or nothing is.
    ``StateForbids`` with the allowed events, ``Invalid`` where a reason is missing, ``VersionConflict`` where
    ``if_version`` is no longer the referral's.
    """
    if if_version is not None and if_version != referral.version:
        raise VersionConflict("The referral was changed after you read it.")
    case = find_case(work, referral.case_id)
    parts = parts_of(actor, referral, case.regisseur_id)
    if not parts:
        raise NotFound("There is no such referral.")
    if lifecycle.needs_reason(new.event) and not (new.reason or new.note or status_reason):
        raise Invalid("This event needs a reason.", field="reason")
    try:
        steps = lifecycle.implied_steps(Status(referral.status), new.event, implies)
        before = referral.status
        for step in (*steps, new.event):
            referral.status = lifecycle.next_status(Status(referral.status), step, parts)
    except lifecycle.NotAllowedNow as error:
        allowed = lifecycle.allowed_events(Status(referral.status), parts)
        raise StateForbids(_why_not(work, referral), allowed=allowed) from error
    if new.event is Event.UNDO_ACCEPT:
        _check_undo(work.now, referral)
    _write(work, config, actor, referral, new, steps, status_reason, case, changed=before != referral.status)
    if Event.ACCEPT in (*steps, new.event):
        _withdraw_elsewhere(work, config, referral)
    return referral


def _why_not(work: UnitOfWork, referral: Referral) -> str:
    """Say why an event is not possible; who was first is told to nobody here."""
    if bundles.taken_elsewhere(work, referral):
        return "Another organisation was first: this referral is withdrawn."
    return f"Not possible in state {referral.status}."


def _withdraw_elsewhere(work: UnitOfWork, config: Configuration, referral: Referral) -> None:
    """Withdraw, for the one who asked, what is still open with others of the same bundle."""
    for other in bundles.open_elsewhere(work, referral):
        asker = config.organisation(other.sender)
        actor = bundles.on_behalf_of(other.sender, asker.name if asker is not None else other.sender)
        record_event(work, config, actor, other, NewEvent(event=Event.WITHDRAW, reason=bundles.ELSEWHERE))


def _check_undo(now: dt.datetime, referral: Referral) -> None:
    if now - referral.changed_at > dt.timedelta(days=2):
        raise StateForbids("An acceptance can be taken back within two days.", allowed=())


def _write(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    new: NewEvent,
    steps: tuple[Event, ...],
    status_reason: Coded | None,
    case: KnownCase,
    *,
    changed: bool,
) -> None:
    """Write the new state, its clock, its entries and its messages."""
    values: dict[str, Any] = {
        "status": referral.status,
        "outcome": new.outcome or referral.outcome,
        "inferred": bool(steps) and new.event is not Event.ACCEPT if changed else referral.inferred,
        "changed_at": work.now,
        "version": referral.version + 1,
        **deadlines.turn_values(
            Status(referral.status),
            Urgency(referral.urgency),
            work.now,
            promised=promised(config, referral.service),
        ),
    }
    work.execute(_CHANGE, {"referral_id": referral.id, **values})
    for name, value in values.items():
        setattr(referral, name, value)
    work.session.expunge(referral)
    position = write_entries(work, referral.case_id, _entries_of(actor, referral, new, steps, status_reason))
    messages = _tell(work, config, actor, referral, new, status_reason, case, position)
    put_out(work, config, referral, messages, position)
    alerts.put_of_event(work, actor, referral, new.event, position, case.regisseur_id)


def _entries_of(
    actor: Viewer, referral: Referral, new: NewEvent, steps: tuple[Event, ...], status_reason: Coded | None
) -> list[NewEntry]:
    """Give the timeline's entries: first the steps that the event proves, marked inferred, then the event itself."""
    said = {
        "reason": new.reason or (status_reason and status_reason.code),
        "reason_text": status_reason and status_reason.text,
        "note": new.note,
        "outcome": new.outcome,
        "at": new.at and new.at.isoformat(),
        "expected_on": new.expected_on and new.expected_on.isoformat(),
        "proposed_to": new.proposed_to,
        "proposed_service": new.proposed_service,
    }
    entries = [
        NewEntry(kind=step, organisation=actor.organisation, referral_id=referral.id, inferred=True) for step in steps
    ]
    entries.append(
        NewEntry(
            kind=new.event,
            actor=actor.name,
            organisation=actor.organisation,
            referral_id=referral.id,
            data={key: value for key, value in said.items() if value is not None},
        )
    )
    return entries


def _tell(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    referral: Referral,
    new: NewEvent,
    status_reason: Coded | None,
    case: KnownCase,
    position: int,
) -> list[Message]:
    """Give a message for each organisation in this referral but the one that did it."""
    said = replace(
        what_happened(config, referral, case, new.event),
        outcome=Outcome(referral.outcome) if referral.outcome else None,
        occurred_at=new.at or work.now,
        status_reason=status_reason or (Coded(code=new.reason, system="schakel") if new.reason else None),
        note=new.note,
    )
    return tell_others(work, config, actor, referral, said, position)
