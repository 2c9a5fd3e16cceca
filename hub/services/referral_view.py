"""Build what one viewer sees of a referral: as an answer of the API, and as a page."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, InboxRecord, Intake, OutboxRecord, Person, Referral, TimelineEntry, WireRecord
from hub.models import Client as ClientRecord
from hub.rules import lifecycle
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.rules.lifecycle import Part
from hub.rules.retries import HORIZON
from hub.services.access import Gaze, gaze_at, is_party, may_see, status_decision, why
from hub.services.actors import parts_of
from hub.services.audit import Entry, seen, telling
from hub.services.case_keys import check_owner
from hub.services.case_view import full_name, line_of
from hub.services.digests import said_elsewhere
from hub.services.errors import NotFound
from hub.services.explaining import explained
from hub.services.grounds import holds
from hub.services.release import content_for, domains_for, person_for, touches_health
from hub.services.views import (
    ActionChoice,
    DeliveryTrouble,
    Explained,
    ReferralLine,
    ReferralView,
    TrackStep,
    TrailStep,
    Viewer,
)
from hub.settings import Configuration
from schemas.message import Client
from schemas.vocabulary import Delivery, Event, MessageKind, OrganisationKind, Status

# The key of the case stands before what it opens: so a list is read at no question more.
_WITH_KEY = (
    select(CaseKey.key, Referral, Case.regisseur_id)
    .select_from(Referral)
    .outerjoin(CaseKey, CaseKey.owner == Referral.case_id)
    .join(Case, Referral.case_id == Case.id)
)
BROUGHT = "brought"
"""The kind of a step that tells of a payload of the viewer's own organisation."""
_CONTENT = ("reason", "client_words", "strengths")
_WALLED = frozenset({OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION})


def referral_answer(config: Configuration, viewer: Viewer, referral: Referral, look: Gaze) -> dict[str, Any]:
    """Give a referral as the API answers it; ``NotFound`` where it is not there for this viewer."""
    decision = status_decision(look, referral)
    if not decision.allow:
        raise NotFound("There is no such referral.")
    if decision.mask is Mask.STATUS_ONLY:
        return {
            "id": referral.id,
            "case_id": referral.case_id,
            "status": lifecycle.masked(Status(referral.status)),
            "masked": decision.rule,
        }
    answer = {
        "id": referral.id,
        "number": referral.number,
        "case_id": referral.case_id,
        "sender": referral.sender,
        "receiver": referral.receiver,
        "service": referral.service,
        "status": referral.status,
        "inferred": referral.inferred,
        "delivery": referral.delivery,
        "outcome": referral.outcome if sees_outcome(config, viewer, referral, look.now) else None,
        "urgency": referral.urgency,
        "life_domains": list(domains_for(config, viewer.organisation, referral)),
        "next_action": next_action(referral),
        "created_at": referral.created_at,
        "changed_at": referral.changed_at,
        "version": referral.version,
        "masked": decision.rule if decision.mask is Mask.ANNOUNCEMENT else None,
    }
    if is_party(viewer, referral, look.now) or may_see(look, referral, Category.GOAL_PLAN).mask is Mask.FULL:
        content = content_for(viewer.organisation, referral)
        answer["content"] = {
            **{name: content[name] for name in _CONTENT if content.get(name)},
            "ground": {"basis": referral.basis, "law": referral.law, "purpose": referral.purpose},
        }
    return answer


def sees_outcome(config: Configuration, viewer: Viewer, referral: Referral, now: dt.datetime) -> bool:
    """Whether what the help led to may be known: of health, never on the side of work and income."""
    if not holds(referral, now):
        return False
    if not touches_health(config, referral) or viewer.organisation == referral.receiver:
        return True
    organisation = config.organisation(viewer.organisation)
    return organisation is not None and organisation.kind not in _WALLED


def walled_off(look: Gaze, referral: Referral) -> bool:
    """Whether this viewer stands on the side of work and income of a referral about health: of it only the state."""
    return touches_health(look.config, referral) and look.kind in _WALLED


def next_action(referral: Referral) -> dict[str, Any] | None:
    """Give whose turn it is, for what, by when."""
    if referral.turn_who is None:
        return None
    organisations = {Part.RECEIVER: referral.receiver, Part.SENDER: referral.sender}
    return {
        "who": referral.turn_who,
        "organisation": organisations.get(Part(referral.turn_who)),
        "what": referral.turn_what,
        "by": referral.turn_due_at,
    }


def find_referral(session: Session, referral_id: str) -> tuple[Referral, str | None]:
    """Find a referral and the regisseur of its case; ``NotFound`` where there is none."""
    row = session.execute(_WITH_KEY.where(Referral.id == referral_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such referral.")
    _key, referral, regisseur_id = row
    check_owner(referral.content, referral.case_id)
    return referral, regisseur_id


def list_referrals(
    session: Session, organisation: str, asked: Mapping[str, str], *, after: int, limit: int
) -> list[tuple[Referral, str | None]]:
    """Give the referrals an organisation sent or received after a number, with the regisseur of each case.

    ``asked`` may narrow them by ``status``, ``to``, ``from`` and ``case``.
    """
    columns = {"status": Referral.status, "to": Referral.receiver, "from": Referral.sender, "case": Referral.case_id}
    query = (
        _WITH_KEY.where(
            (Referral.sender == organisation) | (Referral.receiver == organisation), Referral.number > after
        )
        .where(*(columns[name] == value for name, value in asked.items()))
        .order_by(Referral.number)
        .limit(limit)
    )
    found = []
    for _key, referral, regisseur_id in session.execute(query):
        check_owner(referral.content, referral.case_id)
        found.append((referral, regisseur_id))
    return found


def trail_of(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give every step of a referral: what people did, and what systems did with each message (three receipts)."""
    decision = status_decision(look, referral)
    if not decision.allow or decision.mask is Mask.STATUS_ONLY:
        return []
    entries = session.scalars(
        select(TimelineEntry).where(TimelineEntry.referral_id == referral.id).order_by(TimelineEntry.position)
    ).all()
    progress = may_see(look, referral, Category.PROGRESS, owner=referral.receiver).mask is Mask.FULL
    steps = [_step(look, referral, entry, progress) for entry in entries]
    steps += _messages_of(session, look, referral)
    steps += _brought_about(session, look, referral)
    return sorted(steps, key=lambda step: step.at)


_OPENED = (Category.CONTACT, Category.GOAL_PLAN)


def _opens(look: Gaze, referral: Referral) -> bool:
    """Whether this viewer may open messages of a referral; of each message is decided again, by what is in it."""
    if look.viewer.organisation not in (referral.sender, referral.receiver):
        return False
    party = is_party(look.viewer, referral, look.now)
    return party or all(why(look, referral, one).decision.mask is Mask.FULL for one in _OPENED)


def _losses(told: Sequence[Mapping[str, str]] | None, dropped: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Give what a message could not carry, and why; of messages from before that was kept only what."""
    if told is None:
        return tuple((field, "") for field in dropped or ())
    return tuple((one["field"], one["why"]) for one in told)


def _brought_about(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give the payloads that the viewer's own organisation brought about a referral."""
    rows = session.execute(
        select(Intake.id, Intake.received_at, Intake.state, Intake.losses, Intake.organisation)
        .where(
            Intake.id.in_(
                select(InboxRecord.intake_id).where(
                    InboxRecord.referral_id == referral.id, InboxRecord.sender == look.viewer.organisation
                )
            )
        )
        .order_by(Intake.received_at)
    ).all()
    opens = bool(rows) and _opens(look, referral)
    return [
        TrailStep(
            at=row.received_at,
            kind=BROUGHT,
            actor=None,
            organisation=row.organisation,
            message_id=row.id,
            losses=_losses(row.losses, None) if opens else (),
            opens=opens,
        )
        for row in rows
        if row.state != "quarantined"
    ]


def _messages_of(session: Session, look: Gaze, referral: Referral) -> list[TrailStep]:
    """Give what systems did with each message about a referral."""
    opens = _opens(look, referral)
    messages = session.execute(
        select(
            OutboxRecord.kind,
            OutboxRecord.receiver,
            OutboxRecord.state,
            OutboxRecord.reference,
            OutboxRecord.attempts,
            OutboxRecord.due_at,
            OutboxRecord.open,
            OutboxRecord.created_at,
            OutboxRecord.delivered_at,
            OutboxRecord.processed_at,
            OutboxRecord.message_id,
            OutboxRecord.dropped,
            OutboxRecord.withheld_at,
            WireRecord.losses,
        )
        .outerjoin(
            WireRecord, (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id)
        )
        .where(OutboxRecord.referral_id == referral.id)
        .order_by(OutboxRecord.id)
    ).all()
    return [
        TrailStep(
            at=row.created_at,
            kind=row.kind,
            actor=None,
            organisation=row.receiver,
            delivery=row.state,
            reference=row.reference,
            attempts=row.attempts,
            next_at=row.due_at if row.open and row.state == Delivery.WAITING else None,
            message_id=row.message_id,
            delivered_at=row.delivered_at,
            processed_at=row.processed_at,
            dropped=tuple(row.dropped or ()),
            losses=_losses(row.losses, row.dropped),
            opens=opens and row.withheld_at is None,
        )
        for row in messages
    ]


def _step(look: Gaze, referral: Referral, entry: TimelineEntry, progress: bool) -> TrailStep:
    own = entry.organisation == look.viewer.organisation
    system = is_party(look.viewer, referral, look.now) and not walled_off(look, referral) and holds(referral, look.now)
    data = (entry.data or {}) if own or progress or system else {}
    return TrailStep(
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        organisation=entry.organisation,
        note=data.get("note"),
        reason=data.get("reason_text") or data.get("reason"),
        inferred=entry.inferred,
        about=(entry.data or {}).get("event"),
        changes=tuple(data.get("changes") or ()),
    )


def referral_view(
    session: Session, config: Configuration, viewer: Viewer, referral_id: str, now: dt.datetime
) -> ReferralView:
    """Give a referral's page as this viewer may see it; ``NotFound`` where it is not there for this viewer."""
    with telling(session, viewer, Deed.REFERRAL_VIEW, None, referral_id):
        referral, regisseur_id = find_referral(session, referral_id)
        look = gaze_at(session, config, viewer, referral.case_id, regisseur_id, now)
        decision = status_decision(look, referral)
        if not decision.allow or decision.mask is Mask.STATUS_ONLY:
            raise NotFound("There is no such referral.")
    line = line_of(look, referral, decision)
    trail = trail_of(session, look, referral)
    person = _person(session, look, referral)
    sees_content = may_see(look, referral, Category.GOAL_PLAN).mask is Mask.FULL
    receiver = config.organisation(referral.receiver)
    content = _content(referral, person, look) if sees_content else ()
    creator = session.get(Person, referral.created_by)
    tell(session, look, Deed.REFERRAL_VIEW, referral)
    return ReferralView(
        line=line,
        case_id=referral.case_id,
        client_name=full_name(person) if person else "",
        content=content,
        steps=_track(referral, trail),
        trail=tuple(trail),
        actions=_actions(look, referral),
        sent_at=referral.created_at,
        sent_by=creator.name if creator else line.sender,
        client_words=content_for(viewer.organisation, referral).get("client_words") if sees_content else None,
        trouble=_trouble(session, config, referral),
        phone=receiver.phone if receiver else None,
        viewer_received=viewer.organisation == referral.receiver,
        may_see_case=person is not None,
        whys=_whys(look, referral),
        elsewhere=said_elsewhere(session, config, referral.id) if decision.mask is Mask.FULL else (),
    )


def _whys(look: Gaze, referral: Referral) -> dict[str, Explained]:
    """Say of each group of the page why it is shown, or not, by the decision about it."""
    decided = {
        "person": why(look, referral, Category.CONTACT),
        "content": why(look, referral, Category.GOAL_PLAN),
        "words": why(look, referral, Category.PROGRESS, owner=referral.receiver),
    }
    return {name: explained(look, found, referral) for name, found in decided.items()}


def tell(session: Session, look: Gaze, deed: Deed, referral: Referral) -> None:
    """Tell the audit log what of a referral was shown."""
    sights = tuple(sight for sight in look.sights if sight.referral_id == referral.id)
    entry = Entry(viewer=look.viewer, deed=deed, case_id=referral.case_id, objects=(referral.id,), sights=sights)
    seen(session, entry)


def _person(session: Session, look: Gaze, referral: Referral) -> Client | None:
    if may_see(look, referral, Category.CONTACT).mask is not Mask.FULL:
        return None
    stored = session.execute(
        select(ClientRecord.person).join(Case, Case.client_id == ClientRecord.id).where(Case.id == referral.case_id)
    ).scalar_one()
    check_owner(stored, referral.case_id)
    return person_for(look.viewer.organisation, [referral], Client(**stored))


def _content(referral: Referral, person: Client | None, look: Gaze) -> tuple[tuple[str, str], ...]:
    """Give what was sent, in the order of the message."""
    words = content_for(look.viewer.organisation, referral)
    domains = domains_for(look.config, look.viewer.organisation, referral)
    rows: list[tuple[str, str | None]] = []
    if person is not None:
        rows += [("name", full_name(person)), ("birth_date", person.birth_date)]
        if may_see(look, referral, Category.IDENTIFIER).mask is Mask.FULL and person.bsn:
            rows.append(("bsn", "•••••• " + person.bsn[-3:]))
    rows += [
        ("reason", words.get("reason")),
        ("strengths", "; ".join(words.get("strengths") or [])),
        ("life_domains", ", ".join(domains)),
        ("urgency", referral.urgency),
        ("basis", referral.basis),
    ]
    return tuple((label, text) for label, text in rows if text)


_AFTER_ACCEPT = (Status.ACCEPTED, Status.PLANNED, Status.STARTED, Status.PAUSED, Status.COMPLETED)
_AFTER_START = (Status.STARTED, Status.PAUSED, Status.COMPLETED)


def _track(referral: Referral, trail: Sequence[TrailStep]) -> tuple[TrackStep, ...]:
    """Give the six steps of a referral's way: three by systems, three by people."""
    first = {step.kind: step.at for step in reversed(trail)}
    sent = next((step for step in trail if step.kind == MessageKind.SENT), None)
    fault = referral.delivery in (Delivery.QUARANTINED, Delivery.REFUSED)
    read_at = first.get(Event.RECEIVE) or (sent.processed_at if sent else None)
    reached = {
        "sent": referral.created_at,
        "delivered": sent.delivered_at if sent else None,
        "read": read_at,
        "accepted": first.get(Event.ACCEPT) if referral.status in _AFTER_ACCEPT else None,
        "started": first.get(Event.START) if referral.status in _AFTER_START else None,
        "completed": first.get(Event.COMPLETE) if referral.status == Status.COMPLETED else None,
    }
    last = max(index for index, at in enumerate(reached.values()) if at is not None)
    steps = []
    for index, (key, at) in enumerate(reached.items()):
        state = "done" if at is not None or index < last else "todo"
        if state == "todo" and index == last + 1 and referral.status in lifecycle.OPEN:
            state = "fault" if fault and index < 3 else "now"
        steps.append(TrackStep(key=key, at=at, state=state))
    return tuple(steps)


_ASKS = {
    Event.ASK: ("note",),
    Event.ANSWER: ("note",),
    Event.PLAN: ("date", "note"),
    Event.START: ("date",),
    Event.COMPLETE: ("outcome", "note"),
    Event.ACCEPT: ("note",),
    Event.PROPOSE_REDIRECT: ("note",),
    Event.WAITLIST: ("note",),
}
REASONS = (
    ("no_capacity", "Geen plek"),
    ("not_suitable", "Past niet bij wat wij doen"),
    ("wrong_area", "Woont buiten ons gebied"),
    ("missing_information", "Wij missen informatie"),
    ("client_not_reached", "Wij kregen geen contact"),
    ("other", "Anders"),
)


def _actions(look: Gaze, referral: Referral) -> tuple[ActionChoice, ...]:
    parts = parts_of(look.viewer, referral, look.regisseur_id)
    return tuple(
        ActionChoice(
            event=event,
            needs_reason=lifecycle.needs_reason(event),
            reasons=REASONS if lifecycle.needs_reason(event) else (),
            asks=_ASKS.get(event, ()),
        )
        for event in lifecycle.allowed_events(Status(referral.status), parts)
    )


def _trouble(session: Session, config: Configuration, referral: Referral) -> DeliveryTrouble | None:
    row = session.execute(
        select(OutboxRecord.state, OutboxRecord.error, OutboxRecord.attempts, OutboxRecord.due_at)
        .add_columns(OutboxRecord.first_tried_at, OutboxRecord.created_at, OutboxRecord.open)
        .where(OutboxRecord.referral_id == referral.id, OutboxRecord.kind == MessageKind.SENT)
        .limit(1)
    ).one_or_none()
    if row is None or not row.error or not (row.open or row.state == Delivery.REFUSED):
        return None
    organisation = config.organisation(referral.receiver)
    needs_person = row.state in (Delivery.QUARANTINED, Delivery.REFUSED)
    return DeliveryTrouble(
        reason=row.error.partition(": ")[0],
        since=row.first_tried_at or row.created_at,
        attempts=row.attempts,
        next_at=None if needs_person else row.due_at,
        until=None if needs_person else (row.first_tried_at or row.created_at) + HORIZON,
        needs_person=needs_person,
        phone=organisation.phone if organisation else None,
    )


def lines_of(look: Gaze, referrals: Sequence[Referral]) -> list[ReferralLine]:
    """Give referrals as rows, those that this viewer may see."""
    found = []
    for referral in referrals:
        decision = status_decision(look, referral)
        if decision.allow:
            found.append(line_of(look, referral, decision))
    return found
