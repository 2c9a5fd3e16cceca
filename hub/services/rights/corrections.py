"""Correct what is wrong about a person (AVG articles 16 and 19): the owner decides, and every receiver is told."""

from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, Correction, CorrectionNotice, OutboxRecord, Person, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Action, BasisState, Category, Decision, Law, Question, Relation, RelationState, decide
from hub.services.access.access import may_see
from hub.services.access.actors import NO_PART, parts_of
from hub.services.access.gaze import gaze_at
from hub.services.errors import Forbidden, Invalid, NotFound, StateForbids
from hub.services.messages.delivery import close_by_hand
from hub.services.messages.outgoing import put_out_each
from hub.services.record.case_keys import in_case
from hub.services.record.search_words import reindex_client
from hub.services.record.timeline import NewEntry, write_entries
from hub.services.rights.correction_notices import correcting_message, received_the_error
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.correction import CONTENT, PERSON
from schemas.fields import PartialDate
from schemas.identifiers import new_id
from schemas.message import Client
from schemas.vocabulary import Basis, Delivery, Gender, LifeDomain, Purpose

PRIVACY_OFFICER = "privacy_officer"
ASKED, DONE, DECLINED = "asked", "done", "declined"
_LONGEST = {"prefix": 20, "initials": 20, "reason": 20_000, "client_words": 20_000}


def check_value(field: str, value: Any) -> Any:
    """Give a new value as it is stored; ``Invalid`` where the field can't hold it."""
    if field == "strengths":
        lines = value if isinstance(value, list) else str(value).splitlines()
        return [line.strip() for line in lines if str(line).strip()][:50]
    text = str(value).strip()
    if not text or len(text) > _LONGEST.get(field, 200):
        raise Invalid("Give the right value, not too long.", field="value")
    if field == "gender" and text not in list(Gender):
        raise Invalid("Give male, female, other or unknown.", field="value")
    if field == "birth_date":
        try:
            return PartialDate().deserialize(text)
        except ValidationError as error:
            raise Invalid("Give a date as year-month-day.", field="value") from error
    return text


def ask(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    case_id: str,
    *,
    field: str,
    value: Any,
    why: str,
    referral_id: str | None = None,
) -> Correction:
    """Put a client's request before the owner of what is wrong; ``NotFound`` where the asker may not see it."""
    if field not in (CONTENT if referral_id else PERSON):
        raise Invalid("This can't be corrected here.", field="field")
    case = work.session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    owner = owner_if_seen(work.session, config, actor, case, referral_id, work.now)
    wish = {"value": check_value(field, value), "why": why.strip()[:2000]}
    made = Correction(
        id=new_id(),
        case_id=case_id,
        referral_id=referral_id,
        owner=owner,
        field=field,
        wish=in_case(work, case_id, wish),
        state=ASKED,
        asked_by=actor.id,
        asked_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    return made


def owner_if_seen(
    session: Session, config: Configuration, actor: Viewer, case: Case, referral_id: str | None, now: Any
) -> str:
    """Give the organisation that recorded it, for whoever may see it: the sender; for a person the case director's."""
    referrals = list(session.scalars(select(Referral).where(Referral.case_id == case.id).order_by(Referral.number)))
    look = gaze_at(session, config, actor, case.id, case.regisseur_id, now)
    if referral_id is not None:
        referral = next((one for one in referrals if one.id == referral_id), None)
        party = referral is not None and actor.organisation in (referral.sender, referral.receiver)
        machine = party and actor.role == "machine"
        if referral is None or not (machine or may_see(look, referral, Category.GOAL_PLAN).allow):
            raise NotFound("There is no such referral.")
        return referral.sender
    known = actor.id == case.regisseur_id or any(parts_of(actor, one, case.regisseur_id) for one in referrals)
    if not known or actor.role == PRIVACY_OFFICER:
        raise NotFound("There is no such case.")
    director = session.get(Person, case.regisseur_id) if case.regisseur_id else None
    return director.organisation if director is not None else referrals[0].sender


def check_of_case(work: UnitOfWork, correction_id: str, case_id: str) -> None:
    """Refuse a request that is of another case than it is asked under: ``NotFound``."""
    of = select(Correction.case_id).where(Correction.id == correction_id)
    if work.session.execute(of).scalar_one_or_none() != case_id:
        raise NotFound("There is no such request.")


def decline(work: UnitOfWork, config: Configuration, actor: Viewer, correction_id: str, reason: str) -> Correction:
    """Decline with a reason, which the client is told."""
    asked = _load(work, config, actor, correction_id)
    if not reason.strip():
        raise Invalid("Declining needs a reason.", field="reason")
    asked.state, asked.decided_by, asked.decided_at = DECLINED, actor.id, work.now
    asked.answer = in_case(work, asked.case_id, {"reason": reason.strip()[:2000]})
    work.session.flush()
    return asked


def _load(work: UnitOfWork, config: Configuration, actor: Viewer, correction_id: str) -> Correction:
    """Read a request for whoever may decide on it: only the owner edits (rule D16)."""
    asked = work.session.scalars(
        select(Correction).where(Correction.id == correction_id).with_for_update()
    ).one_or_none()
    if asked is None or asked.owner != actor.organisation:
        raise NotFound("There is no such request.")
    if asked.state != ASKED:
        raise StateForbids("This request was decided before.", allowed=())
    decision = _may_edit(work, config, actor, asked)
    if not decision.allow:
        raise Forbidden(f"{decision.reason_en} ({decision.rule})")
    return asked


def _may_edit(work: UnitOfWork, config: Configuration, actor: Viewer, asked: Correction) -> Decision:
    if asked.referral_id is not None:
        referral = work.session.scalars(
            select(Referral).where(Referral.id == asked.referral_id).with_for_update()
        ).one()
        regisseur_id = work.session.get_one(Case, asked.case_id).regisseur_id
        look = gaze_at(work.session, config, actor, asked.case_id, regisseur_id, work.now)
        return may_see(look, referral, Category.GOAL_PLAN, owner=asked.owner, action=Action.EDIT)
    return decide(
        Question(
            actor_org=config.organisations[actor.organisation].kind,
            actor_role=actor.role,
            actor_purpose=actor.purpose,
            relation=Relation.REFERRAL_SENDER,
            relation_state=RelationState.ACTIVE,
            legal_basis=Basis.PUBLIC_TASK,
            law=Law.WMO_2015,
            basis_state=BasisState.VALID,
            owner_org=config.organisations[asked.owner].kind,
            origin_purpose=Purpose.GUIDANCE,
            life_domain=LifeDomain.SOCIAL_NETWORK,
            data_category=Category.CONTACT,
            action=Action.EDIT,
            in_scope=True,
        )
    )


def correct(work: UnitOfWork, config: Configuration, actor: Viewer, correction_id: str) -> Correction:
    """Correct: the new version stands, the old one is kept hidden, and whoever received the error is told.

    One unit of work: there is no moment at which it is right here and nobody was told.
    """
    asked = _load(work, config, actor, correction_id)
    received = received_the_error(work, asked)
    _change(work, asked)
    asked.state, asked.decided_by, asked.decided_at = DONE, actor.id, work.now
    work.session.flush()
    entry = NewEntry(
        kind="corrected", organisation=actor.organisation, referral_id=asked.referral_id, data={"field": asked.field}
    )
    position = write_entries(work, asked.case_id, [entry])
    if asked.referral_id is None:
        _find_by_it(work, asked.case_id)
    messages = [
        (referral, correcting_message(work, config, asked, actor.organisation, receiver, referral, position))
        for receiver, referral in received.items()
    ]
    put_out_each(work, config, asked.case_id, messages, position)
    for _referral, message in messages:
        notice = CorrectionNotice(
            correction_id=asked.id,
            organisation=message.receiver,
            case_id=asked.case_id,
            message_id=message.id,
            told_at=work.now,
        )
        work.session.add(notice)
    work.session.flush()
    return asked


def _change(work: UnitOfWork, asked: Correction) -> None:
    value = asked.wish["value"]
    if asked.referral_id is None:
        case = work.session.get_one(Case, asked.case_id)
        client = work.session.get_one(ClientRecord, case.client_id)
        before = client.person.get(asked.field)
        client.person = in_case(work, asked.case_id, {**client.person, asked.field: value})
    else:
        referral = work.session.scalars(select(Referral).where(Referral.id == asked.referral_id)).one()
        before = referral.content.get(asked.field)
        referral.content = in_case(work, asked.case_id, {**referral.content, asked.field: value})
        referral.version += 1
    asked.before = in_case(work, asked.case_id, {"value": before})


def _find_by_it(work: UnitOfWork, case_id: str) -> None:
    """Let the client be found by what is right now."""
    client = work.session.get_one(ClientRecord, work.session.get_one(Case, case_id).client_id)
    reindex_client(work, case_id, Client(**client.person))


def confirm(work: UnitOfWork, actor: Viewer, correction_id: str, organisation: str) -> None:
    """Record that a receiver has taken a correction in: said by itself on screen, or by phone.

    The owner phones, or the privacy officer whom no wall keeps from knowing who must be phoned.
    """
    correction = work.session.get(Correction, correction_id)
    notice = work.session.get(CorrectionNotice, (correction_id, organisation))
    officer, ours = actor.role == PRIVACY_OFFICER, (correction.owner, organisation) if correction else ()
    if actor.role in NO_PART or not (officer or actor.organisation in ours):
        raise NotFound("There is no such notice.")
    if correction is None or notice is None:
        raise NotFound("There is no such notice.")
    if notice.confirmed_at is not None:
        return
    notice.confirmed_at, notice.confirmed_by = work.now, actor.id
    notice.how = "screen" if actor.organisation == organisation else "phone"
    stuck = select(OutboxRecord.id).where(
        OutboxRecord.message_id == notice.message_id,
        OutboxRecord.receiver == organisation,
        OutboxRecord.open,
        OutboxRecord.state == Delivery.QUARANTINED,
    )
    row_id = work.session.execute(stuck).scalar_one_or_none()
    work.session.flush()
    if row_id is not None:
        close_by_hand(work, row_id, "gebeld")
