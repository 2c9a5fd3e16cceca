"""One message of a referral in its forms, as one viewer may see it: what the policy does not give is not read out."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.broker.protocol import INBOX
from hub.models import CaseKey, InboxRecord, Intake, OutboxRecord, Referral, WireRecord
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.services.access.access import is_party, may_see, status_decision
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.errors import NotFound
from hub.services.messages.intake import LINES_REFUSED
from hub.services.messages.snapshots import goes_as_snapshot
from hub.services.record import wire
from hub.services.record.audit import Entry, seen, telling
from hub.services.record.case_keys import check_owner, intake_owner
from hub.services.referrals.referral_answers import walled_off
from hub.services.referrals.referral_finding import find_referral
from hub.services.views.message import Form, MessageView, ShownForm, Withheld
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import MessageKind

_OUTWARD = (Form.CANONICAL, Form.MAPPED, Form.SENT, Form.ANSWER)
# What a receiver's system answers may hold what is its own; a sender's system has no use for its translation.
_ANSWER, _NOT_OURS = (Form.ANSWER,), _OUTWARD[1:]
_INWARD = (Form.CANONICAL, Form.RECEIVED, Form.ANSWER)
_WORDS = ("note", "outcome", "status_reason")
_STATE = ("event", "status", "referral_number")
_ASSIGNMENTS = "assignments"
_ENVELOPE = ("specversion", "id", "type", "source", "time")


def message_view(
    session: Session, config: Configuration, viewer: Viewer, referral_id: str, message_id: str, now: dt.datetime
) -> MessageView:
    """Give a message of a referral; ``NotFound`` where it is not there for this viewer. Who looks is written down."""
    with telling(session, viewer, Deed.MESSAGE_VIEW, None, referral_id, message_id):
        referral, regisseur_id = find_referral(session, referral_id)
        look = gaze_at(session, config, viewer, referral.case_id, regisseur_id, now)
        decision = status_decision(look, referral)
        ours = viewer.organisation in (referral.sender, referral.receiver)
        if not decision.allow:
            raise NotFound("There is no such referral.")  # in the words for what is not there at all
        if decision.mask is Mask.STATUS_ONLY or not ours:
            raise NotFound("There is no such message.")
        found = _outward(session, look, referral, message_id) or _inward(session, look, referral, message_id)
        if found is None:
            raise NotFound("There is no such message.")
    sights = tuple(sight for sight in look.sights if sight.referral_id == referral.id)
    shown = " ".join(found.forms) or "no form"
    objects = (referral.id, message_id)
    seen(
        session,
        Entry(
            viewer=viewer,
            deed=Deed.MESSAGE_VIEW,
            case_id=referral.case_id,
            objects=objects,
            sights=sights,
            detail=shown,
        ),
    )
    return found


def _outward(session: Session, look: Gaze, referral: Referral, message_id: str) -> MessageView | None:
    """Give a message that the hub put out about this referral."""
    same = (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id)
    asked = (
        select(CaseKey.key, OutboxRecord, WireRecord)
        .select_from(OutboxRecord)
        .outerjoin(CaseKey, CaseKey.owner == OutboxRecord.case_id)
        .outerjoin(WireRecord, same)
        .where(OutboxRecord.message_id == message_id, OutboxRecord.referral_id == referral.id)
        .where(OutboxRecord.receiver.is_not(None))
    )
    found = session.execute(asked).one_or_none()
    if found is None:
        return None
    _key, row, wired = found
    check_owner(row.body, referral.case_id)
    receiver = str(row.receiver)
    document = json.loads(row.body) if row.body else None
    may = dict(_may_outward(look, referral, row, document))
    forms = dict(_forms_out(look, row, wired, document, may))
    losses = (wired.losses if wired is not None else None) or [{"field": one, "why": ""} for one in row.dropped or ()]
    return MessageView(
        id=row.message_id,
        referral_id=referral.id,
        kind=row.kind,
        at=row.created_at,
        sender=_author(document, referral, receiver),
        receiver=receiver,
        sender_name=_name(look, _author(document, referral, receiver)),
        receiver_name=_name(look, receiver),
        incoming=False,
        state=row.state,
        reference=row.reference,
        attempts=row.attempts,
        line=wired.line if wired is not None and Form.MAPPED not in may else None,
        codes=() if walled_off(look, referral) else tuple(code["code"] for code in row.codes or ()),
        losses=tuple((str(one["field"]), str(one["why"])) for one in losses),
        forms=forms,
        withheld={form: why for form, why in may.items() if form not in forms},
    )


def _author(document: Any, referral: Referral, receiver: str) -> str:
    """Give who says it; of what was erased it was the other party."""
    if document is not None:
        return str(document["sender"])
    return referral.receiver if receiver == referral.sender else referral.sender


def _name(look: Gaze, code: str) -> str:
    organisation = look.config.organisation(code)
    return organisation.name if organisation is not None else code


def _may_outward(look: Gaze, referral: Referral, row: OutboxRecord, document: Any) -> Iterator[tuple[Form, Withheld]]:
    """Give the forms of a message that are not this viewer's to see, each with why."""
    organisation = look.viewer.organisation
    why = _refused(look, referral, _author(document, referral, str(row.receiver)), row.receiver, document)
    if row.withheld_at is not None:
        why = Withheld.ENDED
    for form in _OUTWARD:
        if why is not None:
            yield form, why
        elif organisation != row.receiver and form in (_NOT_OURS if look.viewer.role == "machine" else _ANSWER):
            yield form, Withheld.RECEIVER
        elif organisation != row.receiver and form in _NOT_OURS and _is_snapshot(look, row, document):
            yield form, Withheld.SNAPSHOT


def _is_snapshot(look: Gaze, row: OutboxRecord, document: Any) -> bool:
    """Whether this is told with all else that the receiver does for the client.

    By its kind, not by what else there was: else what is withheld would tell that there is something.
    """
    data = (document or {}).get("data") or {}
    system = (data.get("service") or {}).get("system")
    kind = MessageKind(row.kind)
    return _ASSIGNMENTS in data or goes_as_snapshot(look.config, kind, str(row.receiver), system)


def _refused(look: Gaze, referral: Referral, author: str, receiver: str | None, document: Any) -> Withheld | None:
    """Say why nothing of a message's content may be seen; nothing where it may."""
    if walled_off(look, referral):
        return Withheld.WALL
    if look.viewer.organisation not in (author, receiver):
        return Withheld.POLICY
    if look.viewer.role == "machine":
        return None if is_party(look.viewer, referral, look.now) else Withheld.POLICY
    asked = list(_categories(referral, author, document or {}))
    allowed = [may_see(look, referral, category, owner=owner).mask is Mask.FULL for category, owner in asked]
    return None if all(allowed) else Withheld.POLICY


def _categories(referral: Referral, author: str, document: Mapping[str, Any]) -> Iterator[tuple[Category, str]]:
    """Give the kinds of data that a message holds, and whose they are."""
    yield Category.GOAL_PLAN, referral.sender
    data = document.get("data") or {}
    person = data.get("client") or {}
    if person:
        yield Category.CONTACT, referral.sender
    if person.get("bsn"):
        yield Category.IDENTIFIER, referral.sender
    if author != referral.sender and any(data.get(word) for word in _WORDS):
        yield Category.PROGRESS, author


def _forms_out(
    look: Gaze, row: OutboxRecord, wired: WireRecord | None, document: Any, may: Mapping[Form, Withheld]
) -> Iterator[tuple[Form, ShownForm]]:
    walled = Withheld.WALL in may.values()
    if document is not None and (Form.CANONICAL not in may or walled):
        yield Form.CANONICAL, _canonical(_state_of(document) if walled else _for(look, row, document))
    for name in wire.FORMS if wired is not None else ():
        form, body = Form(name), getattr(wired, name)
        if form not in may and body:
            check_owner(body, str(row.case_id))
            content_type, size = getattr(wired, f"{name}_type"), getattr(wired, f"{name}_size")
            yield form, ShownForm(form=form, content_type=content_type, body=bytes(body), size=size)


def _for(look: Gaze, row: OutboxRecord, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out for all but the receiver what tells of its other messages about the client: how many, and which."""
    if look.viewer.organisation == row.receiver:
        return document
    told = {name: value for name, value in document.items() if name != "sequence"}
    return {**told, "data": {name: value for name, value in told["data"].items() if name != _ASSIGNMENTS}}


def _canonical(document: Any) -> ShownForm:
    body = json.dumps(document, ensure_ascii=False, indent=2).encode()
    return ShownForm(form=Form.CANONICAL, content_type="application/json", body=body, size=len(body))


def _state_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the side of work and income may see of a message that touches health: that it was, and the state."""
    told = {name: document[name] for name in _ENVELOPE if name in document}
    data = document.get("data") or {}
    return {**told, "data": {name: data[name] for name in _STATE if data.get(name) is not None}}


def _inward(session: Session, look: Gaze, referral: Referral, intake_id: str) -> MessageView | None:
    """Give what a partner brought about this referral: to itself alone, since it may hold what the hub passed on to
    nobody.
    """
    organisation = look.viewer.organisation
    about = select(InboxRecord.referral_id).where(
        InboxRecord.sender == organisation, InboxRecord.intake_id == intake_id
    )
    named = set(session.scalars(about))
    if referral.id not in named:
        return None
    row = session.execute(
        select(CaseKey.key, Intake)
        .select_from(Intake)
        .outerjoin(CaseKey, CaseKey.owner == intake_owner(intake_id))
        .where(Intake.id == intake_id, Intake.organisation == organisation)
    ).one_or_none()
    if row is None:
        return None
    brought: Intake = row[1]
    documents = _documents(session, intake_id)
    of_others = named | set(brought.referral_ids) != {referral.id} or _left_lines(session, brought)
    why = Withheld.OTHERS if of_others else _refused_inward(look, referral, documents)
    forms = {} if why is not None else dict(_forms_in(brought, documents))
    return MessageView(
        id=brought.id,
        referral_id=referral.id,
        kind="brought",
        at=brought.received_at,
        sender=organisation,
        receiver=look.config.municipality.code,
        sender_name=_name(look, organisation),
        receiver_name=look.config.municipality.name,
        incoming=True,
        state=brought.state,
        reference=brought.identification,
        attempts=0,
        line=None,
        codes=(brought.dialect_code,) if brought.dialect_code else (),
        losses=() if why is not None else tuple((one["field"], one["why"]) for one in brought.losses or ()),
        forms=forms,
        withheld=dict.fromkeys(_INWARD, why) if why is not None else {},
    )


def _left_lines(session: Session, brought: Intake) -> bool:
    """Whether lines of this file could not be read: whom they are about is not known."""
    same = (Intake.organisation == brought.organisation) & (Intake.body_hash == brought.body_hash)
    left = select(Intake.id).where(same, Intake.reason_code == LINES_REFUSED).limit(1)
    return session.scalars(left).first() is not None


def _documents(session: Session, intake_id: str) -> list[dict[str, Any]]:
    """Give the canonical messages that a payload was read as."""
    body = session.scalars(
        select(OutboxRecord.body).where(OutboxRecord.queue == INBOX, OutboxRecord.message_id == intake_id)
    ).one_or_none()
    return list(json.loads(body)["messages"]) if body else []


def _refused_inward(look: Gaze, referral: Referral, documents: Sequence[Mapping[str, Any]]) -> Withheld | None:
    found = (_refused(look, referral, look.viewer.organisation, None, one) for one in documents or ({},))
    return next((why for why in found if why is not None), None)


def _forms_in(brought: Intake, documents: Sequence[Any]) -> Iterator[tuple[Form, ShownForm]]:
    if documents:
        yield Form.CANONICAL, _canonical(documents[0] if len(documents) == 1 else documents)
    told = (
        (Form.RECEIVED, brought.payload, brought.content_type),
        (Form.ANSWER, brought.answer, brought.answer_type),
    )
    for form, body, content_type in told:
        if body:
            kind = content_type or "application/octet-stream"
            yield form, ShownForm(form=form, content_type=kind, body=bytes(body), size=len(body))
