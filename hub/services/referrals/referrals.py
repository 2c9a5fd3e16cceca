"""Send a referral, and record what people do with it. The same functions serve the page, the API and the inbox."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, update

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.access import bundles
from hub.services.access.actors import parts_of
from hub.services.access.release import chosen_fields, content_of
from hub.services.access.releases import record_release
from hub.services.errors import Invalid, NotFound, StateForbids, VersionConflict
from hub.services.messages.outgoing import has_own_system, message_about, put_out
from hub.services.messages.telling import tell_others, what_happened
from hub.services.record import alerts, deadlines
from hub.services.record.case_keys import check_owner, in_case
from hub.services.record.clients import KnownCase, find_case, find_or_open_case
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.message import Coded, Message, MessageData
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Delivery, Event, Outcome, Status, Urgency

_AT_SCREEN = "on_screen"
_REFERRALS = table_of(Referral)
_INSERT = insert(_REFERRALS).returning(_REFERRALS.c.number)
_CHANGE = update(_REFERRALS).where(_REFERRALS.c.id == bindparam("referral_id"))


def send_referral(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    new: NewReferral,
    *,
    correlation: dict[str, str] | None = None,
    bundle_id: str | None = None,
) -> Referral:
    """Send a referral: record, timeline, clock and outgoing message in one unit of work.

    ``bundle_id`` ties it to others that were sent with it, of which the first to accept gets it. ``Invalid`` names the
    field where receiver or service are not known, ``NotFound`` where the case is not.
    """
    _check_addressee(config, actor, new)
    chosen_fields(config, actor.organisation, new)
    if new.case_id is not None:
        case = find_case(work, new.case_id)
    else:
        assert new.client is not None  # the schema gives one of the two
        case = find_or_open_case(work, config.municipality.code, new.client)
    if case.objected:
        raise Invalid("The client has objected: nothing new is sent until that is decided.", field="client")
    entries = [NewEntry(kind=Event.SEND, actor=actor.name, organisation=actor.organisation, referral_id=new_id())]
    if not has_own_system(config, new.to):
        arrived = {"how": _AT_SCREEN}
        entries.append(
            NewEntry(kind="delivered", organisation=new.to, referral_id=entries[0].referral_id, data=arrived)
        )
    position = write_entries(work, case.id, entries)
    beside = {"correlation": correlation or {}, "bundle_id": bundle_id}
    referral = _insert(work, config, actor, new, case, str(entries[0].referral_id), beside)
    message = message_about(
        work,
        config,
        referral,
        event=Event.SEND,
        sender=actor.organisation,
        receiver=new.to,
        position=position - len(entries) + 1,
        data=_content_message(config, referral, new, case),
    )
    put_out(work, config, referral, [message], position)
    record_release(work, actor, referral, new)
    return referral


def _check_addressee(config: Configuration, actor: Viewer, new: NewReferral) -> None:
    if config.organisation(new.to) is None:
        raise Invalid("There is no such organisation.", field="to")
    if new.to == actor.organisation:
        raise Invalid("An organisation does not refer to itself.", field="to")
    if new.service is not None:
        service = config.services.get(new.service)
        if service is None or service.organisation != new.to:
            raise Invalid("This organisation offers no such service.", field="service")


def _insert(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    new: NewReferral,
    case: KnownCase,
    referral_id: str,
    beside: dict[str, Any],
) -> Referral:
    """Insert the record with Core and give it as an object: the hot path goes without the session's bookkeeping."""
    values: dict[str, Any] = {
        "id": referral_id,
        "case_id": case.id,
        "sender": actor.organisation,
        "receiver": new.to,
        "service": new.service,
        "status": Status.SENT,
        "delivery": Delivery.WAITING if has_own_system(config, new.to) else Delivery.DELIVERED,
        "outcome": None,
        "inferred": False,
        "urgency": new.urgency,
        "life_domains": list(new.life_domains),
        "basis": new.ground.basis,
        "law": new.ground.law,
        "purpose": new.ground.purpose,
        "shared": list(chosen_fields(config, actor.organisation, new)),
        "ground_until": new.until,
        "ground_ended_at": None,
        "ground_end": None,
        "content": in_case(
            work,
            case.id,
            {
                "reason": new.reason,
                "client_words": new.client_words,
                "strengths": list(new.strengths),
                "evidence": new.ground.evidence,
            },
        ),
        **beside,
        "created_by": actor.id,
        "created_at": work.now,
        "changed_at": work.now,
        "version": 1,
        **deadlines.turn_values(Status.SENT, new.urgency, work.now, promised=_promised(config, new.service)),
    }
    number = work.execute(_INSERT, values).scalar_one()
    return Referral(number=number, **values)


def _content_message(config: Configuration, referral: Referral, new: NewReferral, case: KnownCase) -> MessageData:
    return replace(
        content_of(config, referral.sender, new, case.person),
        referral_id=referral.id,
        referral_number=referral.number,
        correlation=dict(referral.correlation),
        occurred_at=referral.created_at,
        starts_on=referral.created_at.date().isoformat(),
    )


def _promised(config: Configuration, service: str | None) -> int | None:
    """Give the reply time that a service promises, in working days."""
    found = config.services.get(service or "")
    return found.reply_days if found is not None else None


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
            promised=_promised(config, referral.service),
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
