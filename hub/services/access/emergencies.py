"""Emergency access: an hour's look by a helper in a crisis, told to the privacy officer and to the client."""

import datetime as dt
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.models import Case, Emergency, Person
from hub.rules.emergencies import DANGERS, MONTH, REVIEW_ABOVE, ROLES, VERDICTS, clocks, is_reason
from hub.services.access.circumstances import circumstances
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import gaze
from hub.services.access.objections import OFFICER
from hub.services.errors import Invalid, NotFound
from hub.services.record.case_keys import in_case
from hub.services.record.clients import find_case, find_case_of_bsn
from hub.services.record.timeline import look_again
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import bsn_is_valid, new_id

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class EmergencyView:
    """An emergency as the privacy officer sees it: who, when and why; of the client only the case."""

    id: str
    case_id: str
    person_name: str
    organisation: str
    role: str
    danger: str
    reason: str
    since: dt.datetime
    until: dt.datetime
    verdict: str | None
    verdict_by: dt.datetime
    tell_client_by: dt.datetime
    client_told_at: dt.datetime | None
    in_month: int
    needs_review: bool


@dataclass(frozen=True, kw_only=True)
class ToTell:
    """Something a client must be told: that there was emergency access, and when. Not by whom: that may be care."""

    id: str
    case_id: str
    since: dt.datetime
    tell_client_by: dt.datetime


def open_emergency(
    work: UnitOfWork, config: Configuration, actor: Viewer, *, whom: str, danger: str, reason: str
) -> str:
    """Open a case for an hour; ``whom`` is its id or the client's full BSN. Gives the case's id.

    ``Invalid`` names the field; ``NotFound`` where there is no such case or a wall stands before it: both look alike.
    """
    if actor.role not in ROLES:
        raise NotFound("There is no emergency access for this role.")
    if danger not in DANGERS:
        raise Invalid("Say what is the matter.", field="danger")
    if not is_reason(reason):
        raise Invalid("Say in at least 20 characters why this can't wait.", field="reason")
    case_id = _case_of(work, config, whom)
    if case_id is None or not _is_open_to(work, config, actor, case_id):
        log.warning("emergency access was refused", viewer=actor.id)
        raise NotFound("There is nothing to see.")
    ends = clocks(work.now)
    work.session.add(
        Emergency(
            id=new_id(),
            case_id=case_id,
            person_id=actor.id,
            organisation=actor.organisation,
            role=actor.role,
            purpose=actor.purpose,
            danger=danger,
            reason=in_case(work, case_id, {"reason": " ".join(reason.split())}),
            since=work.now,
            until=ends.until,
            verdict_by=ends.verdict_by,
            tell_client_by=ends.tell_client_by,
        )
    )
    work.session.flush()
    log.warning("emergency access was opened", viewer=actor.id, case=case_id, danger=danger)
    return case_id


def _case_of(work: UnitOfWork, config: Configuration, whom: str) -> str | None:
    """Find a case by its id or by a full BSN; part of a number finds nothing."""
    if bsn_is_valid(whom):
        known = find_case_of_bsn(work, config.municipality.code, whom)
        return known.id if known is not None else None
    try:
        return find_case(work, whom).id
    except NotFound:
        return None


def _is_open_to(work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str) -> bool:
    """Ask the policy beforehand: no emergency opens the own file, another municipality or an objection."""
    facts = circumstances(work, config, actor, (case_id,), work.now)[case_id]
    in_emergency = replace(facts, emergency_since=work.now, emergency_until=clocks(work.now).until)
    return may_see_person(gaze(config, actor, None, work.now, in_emergency), []).allow


def end_emergencies(work: UnitOfWork, actor: Viewer, case_id: str) -> None:
    """End one's own emergency access before its hour is over; where there is none, nothing happens."""
    running = work.session.scalars(
        select(Emergency).where(
            Emergency.case_id == case_id,
            Emergency.person_id == actor.id,
            Emergency.ended_at.is_(None),
            Emergency.until > work.now,
        )
    ).all()
    if not running:
        return
    for one in running:
        one.ended_at = work.now
    work.session.flush()
    look_again(work, case_id)


def judge_emergency(work: UnitOfWork, actor: Viewer, emergency_id: str, verdict: str) -> None:
    """Give the privacy officer's verdict; one that was judged not justified ends at once."""
    if actor.role != OFFICER:
        raise NotFound("There is no such emergency.")
    if verdict not in VERDICTS:
        raise Invalid("Choose a verdict.", field="verdict")
    one = work.session.get(Emergency, emergency_id)
    if one is None or one.verdict is not None:
        raise NotFound("There is no such emergency.")
    one.verdict, one.verdict_at, one.judged_by = verdict, work.now, actor.id
    if verdict != VERDICTS[0] and one.ended_at is None:
        one.ended_at = min(work.now, one.until)
    work.session.flush()
    look_again(work, one.case_id)


def client_was_told(work: UnitOfWork, actor: Viewer, emergency_id: str) -> None:
    """Keep that the client was told: by the regisseur, or by the privacy officer where there is none."""
    one = work.session.get(Emergency, emergency_id)
    case = work.session.get(Case, one.case_id) if one is not None else None
    if one is None or case is None or one.client_told_at is not None:
        raise NotFound("There is no such emergency.")
    if actor.role != OFFICER and case.regisseur_id != actor.id:
        raise NotFound("There is no such emergency.")
    one.client_told_at, one.told_by = work.now, actor.id
    work.session.flush()


def emergencies(session: Session, viewer: Viewer) -> list[EmergencyView]:
    """Give every emergency for the privacy officer, the newest first; they are there as soon as they begin."""
    if viewer.role != OFFICER:
        return []
    rows = session.execute(
        select(Emergency, Person.name).join(Person, Person.id == Emergency.person_id).order_by(Emergency.since.desc())
    ).all()
    return [_view(session, one, name) for one, name in rows]


def _view(session: Session, one: Emergency, name: str) -> EmergencyView:
    in_month = session.execute(
        select(func.count()).where(
            Emergency.person_id == one.person_id, Emergency.since > one.since - MONTH, Emergency.since <= one.since
        )
    ).scalar_one()
    return EmergencyView(
        id=one.id,
        case_id=one.case_id,
        person_name=name,
        organisation=one.organisation,
        role=one.role,
        danger=one.danger,
        reason=one.reason.get("reason", ""),
        since=one.since,
        until=one.ended_at or one.until,
        verdict=one.verdict,
        verdict_by=one.verdict_by,
        tell_client_by=one.tell_client_by,
        client_told_at=one.client_told_at,
        in_month=in_month,
        needs_review=in_month > REVIEW_ABOVE,
    )


def clients_to_tell(session: Session, viewer: Viewer) -> list[ToTell]:
    """Give the emergencies of which the client was not told yet: the regisseur's, or for the officer all."""
    query = select(Emergency).join(Case, Case.id == Emergency.case_id).where(Emergency.client_told_at.is_(None))
    if viewer.role != OFFICER:
        query = query.where(Case.regisseur_id == viewer.id)
    return [
        ToTell(id=one.id, case_id=one.case_id, since=one.since, tell_client_by=one.tell_client_by)
        for one in session.scalars(query.order_by(Emergency.tell_client_by))
    ]


@dataclass(frozen=True, kw_only=True)
class Late:
    """How many emergencies wait too long: for a verdict, and for the client to hear of it."""

    verdicts: int
    untold: int


def late(session: Session, now: dt.datetime) -> Late:
    """Count what should have happened by now after emergencies."""
    verdicts = select(func.count()).where(Emergency.verdict.is_(None), Emergency.verdict_by < now)
    untold = select(func.count()).where(Emergency.client_told_at.is_(None), Emergency.tell_client_by < now)
    return Late(verdicts=session.execute(verdicts).scalar_one(), untold=session.execute(untold).scalar_one())
