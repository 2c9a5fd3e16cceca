"""Put the facts of a referral before the access policy, for one viewer. Every read and every live push asks here."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from hub.models import Case, Person, Referral
from hub.rules.access import (
    Action,
    BasisState,
    Category,
    Decision,
    Flag,
    Law,
    Mask,
    Question,
    Relation,
    RelationState,
    decide,
)
from hub.rules.lifecycle import OPEN, Part
from hub.services.access.actors import parts_of
from hub.services.access.gaze import Gaze
from hub.services.access.grounds import cut_off, ground_state
from hub.services.access.release import touches_health
from hub.services.record.sights import sight_of
from hub.services.views.viewer import Viewer
from hub.store.tables import table_of
from schemas.vocabulary import HEALTH_DOMAINS, Basis, Event, LifeDomain, OrganisationKind, Purpose, Status

_CASES, _PEOPLE, _REFERRALS = table_of(Case), table_of(Person), table_of(Referral)
ANNOUNCED = frozenset(
    {
        Status.DRAFT,
        Status.SENT,
        Status.RECEIVED,
        Status.QUESTION,
        Status.WAITLISTED,
        Status.REDIRECT_PROPOSED,
        Status.DECLINED,
        Status.WITHDRAWN,
        Status.EXPIRED,
        Status.REDIRECTED,
    }
)
_VIEW_TERM = dt.timedelta(days=14)

# The law by which an organisation does its own task: what it was given rightly, it may use for that.
OWN_GROUND: dict[str, tuple[str, str]] = {
    Purpose.GUIDANCE: (Basis.PUBLIC_TASK, Law.WMO_2015),
    Purpose.TRIAGE: (Basis.PUBLIC_TASK, Law.WMO_2015),
    Purpose.TREATMENT: (Basis.LEGAL_DUTY, Law.WGBO),
    Purpose.DEBT_HELP: (Basis.PUBLIC_TASK, Law.WGS),
    Purpose.PLACEMENT: (Basis.PUBLIC_TASK, Law.PARTICIPATIEWET),
    Purpose.INCOME: (Basis.PUBLIC_TASK, Law.PARTICIPATIEWET),
}
WORK_SIDE = frozenset({OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION})
_WIDTH = {None: 0, Mask.ANNOUNCEMENT: 1, Mask.STATUS_ONLY: 2, Mask.FULL: 3}


def may_see(
    look: Gaze,
    referral: Referral,
    category: Category,
    *,
    owner: str | None = None,
    action: Action = Action.VIEW,
    author: str | None = None,
) -> Decision:
    """Decide whether, and how much of, a kind of data of a referral this viewer may see.

    ``owner`` is the organisation that recorded it, the sender when not given; ``author`` the person who wrote it. Of
    several relations and grounds the widest answer counts; of several life domains the narrowest.
    """
    found = why(look, referral, category, owner=owner, action=action, author=author)
    look.sights.append(sight_of(referral.id, found.question, found.decision))
    return found.decision


@dataclass(frozen=True, kw_only=True)
class Why:
    """A decision with the question that it answers: the tie and the ground that let it through, or did not."""

    decision: Decision
    question: Question


def why(
    look: Gaze,
    referral: Referral,
    category: Category,
    *,
    owner: str | None = None,
    action: Action = Action.VIEW,
    author: str | None = None,
) -> Why:
    """Decide as ``may_see`` does, and keep the question that counted."""
    owner_code = owner or referral.sender
    owner_org = look.config.organisation(owner_code)
    flags = look.facts.flags | _flags(look, owner_code, author)
    best: Why | None = None
    for relation, state, (basis, law, basis_state), more in _ways_in(look, referral, category, owner_code):
        narrowest: Why | None = None
        for domain in _domains(look, referral):
            question = Question(
                actor_org=look.kind,
                actor_role=look.viewer.role,
                actor_purpose=look.viewer.purpose,
                relation=relation,
                relation_state=state,
                legal_basis=basis,
                law=law,
                basis_state=basis_state,
                owner_org=owner_org.kind if owner_org is not None else "",
                origin_purpose=_origin(look, referral, owner_code),
                life_domain=domain,
                data_category=category,
                action=action,
                in_scope=True,
                flags=flags | more,
            )
            answer = decide(question)
            if narrowest is None or _WIDTH[answer.mask] < _WIDTH[narrowest.decision.mask]:
                narrowest = Why(decision=answer, question=question)
        if narrowest is not None and (best is None or _WIDTH[narrowest.decision.mask] > _WIDTH[best.decision.mask]):
            best = narrowest
            if best.decision.mask is Mask.FULL:  # nothing is wider
                break
    assert best is not None  # there is always a relation (if "none"), a ground and a domain
    return best


# What no organisation's own system is let past, though it sent or received the referral itself.
_WALLS = frozenset({"D01", "D03", "D15", "D17"})


def is_party(viewer: Viewer, referral: Referral, now: dt.datetime) -> bool:
    """Whether this is the system of an organisation that sent the referral, or received it by a ground that holds."""
    if viewer.role != "machine" or viewer.organisation not in (referral.sender, referral.receiver):
        return False
    return not cut_off(referral, viewer.organisation, now)


def status_decision(look: Gaze, referral: Referral) -> Decision:
    """Decide what of the state may be seen; an organisation's own system sees the state of what it sent or received."""
    return why_status(look, referral).decision


def why_status(look: Gaze, referral: Referral) -> Why:
    """Decide as ``status_decision`` does, and keep the question that counted."""
    found = why(look, referral, Category.PROCESS_STATUS, owner=referral.receiver)
    if is_party(look.viewer, referral, look.now) and found.decision.rule not in _WALLS:
        return replace(found, decision=replace(found.decision, allow=True, mask=Mask.FULL))
    return found


def is_announced(referral: Referral) -> bool:
    """Whether the receiver knows of a referral, and not yet of whom."""
    return Status(referral.status) in ANNOUNCED


def answers_us(look: Gaze, referral: Referral, kind: str) -> bool:
    """Whether a step is the answer to a question of the viewer's own organisation: who asked may read it.

    It was written to that organisation alone, before it knows who the client is; its system gets it by message too.
    """
    if kind != Event.ANSWER or Part.RECEIVER not in parts_of(look.viewer, referral, None):
        return False
    walled = touches_health(look.config, referral) and look.kind in WORK_SIDE
    return not walled and not cut_off(referral, look.viewer.organisation, look.now)


_NO_MORE: frozenset[Flag] = frozenset()
IN_EMERGENCY = frozenset({Flag.BREAK_GLASS, Flag.REASON_GIVEN})


_Ground = tuple[str, str, BasisState]


def _ways_in(
    look: Gaze, referral: Referral, category: Category, owner: str
) -> Iterator[tuple[Relation, RelationState, _Ground, frozenset[Flag]]]:
    """Give each tie with each ground; an emergency is one more way in, and takes none of the others away."""
    for relation, state in _relations(look, referral):
        for ground in _grounds(look, referral, category, owner):
            yield relation, state, ground, _NO_MORE
    if look.facts.emergency_until is not None:
        yield Relation.NONE, RelationState.ACTIVE, (Basis.VITAL_INTEREST, "", BasisState.VALID), IN_EMERGENCY


def _relations(look: Gaze, referral: Referral) -> Iterator[tuple[Relation, RelationState]]:
    parts = parts_of(look.viewer, referral, look.regisseur_id)
    if Part.REGISSEUR in parts:
        yield Relation.REGIE, RelationState.ACTIVE
    if Part.RECEIVER in parts:
        yield Relation.REFERRAL_RECEIVER, receiver_state(referral, look.now)
    if Part.SENDER in parts:
        yield Relation.REFERRAL_SENDER, RelationState.ACTIVE
    if not parts & {Part.REGISSEUR, Part.RECEIVER, Part.SENDER}:
        yield Relation.NONE, RelationState.ACTIVE


def receiver_state(referral: Referral, now: dt.datetime) -> RelationState:
    """Give how far the tie of a receiver is: announced before acceptance, ended some time after the help."""
    status = Status(referral.status)
    if status in ANNOUNCED:
        return RelationState.ANNOUNCED
    if status in OPEN or now - referral.changed_at <= _VIEW_TERM:
        return RelationState.ACTIVE
    return RelationState.ENDED


def _grounds(look: Gaze, referral: Referral, category: Category, owner: str) -> Iterator[_Ground]:
    """Give the ground of the referral, and the law of the own task.

    Where the first has ended, the own task carries no more than what never rested on it: the state of a referral to
    others, and what the own organisation recorded as its sender. Who received it by that ground has none left.
    """
    state = ground_state(referral, look.now)
    yield referral.basis, "" if referral.basis == Basis.CONSENT else referral.law or "", state
    own = OWN_GROUND.get(look.viewer.purpose)
    if own is None:
        return
    ours = look.viewer.organisation
    director = look.viewer.id == look.regisseur_id
    if state is BasisState.VALID or (
        (director or ours != referral.receiver) and (category is Category.PROCESS_STATUS or owner == ours)
    ):
        yield (*own, BasisState.VALID)


def _domains(look: Gaze, referral: Referral) -> Iterator[str]:
    yield from referral.life_domains
    if touches_health(look.config, referral) and not HEALTH_DOMAINS & frozenset(referral.life_domains):
        yield LifeDomain.MENTAL_HEALTH


def _origin(look: Gaze, referral: Referral, owner: str) -> str:
    service = look.config.services.get(referral.service or "")
    if service is not None and owner == referral.receiver:
        return service.purpose
    return referral.purpose


def _flags(look: Gaze, owner: str, author: str | None) -> frozenset[Flag]:
    """Give the flags of one item: two organisations of one kind are not one, and who wrote it."""
    organisation = look.config.organisation(owner)
    same_kind = organisation is not None and organisation.kind == look.kind
    flags = set()
    if same_kind and owner != look.viewer.organisation:
        flags.add(Flag.OTHER_OWNER)
    if author is not None and author == look.viewer.id:
        flags.add(Flag.AUTHOR)
    return frozenset(flags)


def _has_part(*received: ColumnElement[bool]) -> Select[Any]:
    code: BindParameter[str] = bindparam("organisation")
    case_id: BindParameter[str] = bindparam("case_id")
    in_part = and_(_REFERRALS.c.receiver == code, _REFERRALS.c.ground_ended_at.is_(None), *received)
    ours = exists().where(_REFERRALS.c.case_id == case_id, or_(_REFERRALS.c.sender == code, in_part))
    of_us = (_CASES.c.regisseur_id == _PEOPLE.c.id, _PEOPLE.c.organisation == code)
    directs = exists().where(_CASES.c.id == case_id, *of_us)
    return select(or_(ours, directs))


_HAS_PART = _has_part()
_HAS_PART_AS_ACCEPTED = _has_part(_REFERRALS.c.status.not_in([str(status) for status in ANNOUNCED]))


def has_part_in(session: Session, viewer: Viewer, case_id: str, *, by_announcement: bool) -> bool:
    """Whether an organisation has part in a case: it sent or received a referral there, or its regisseur is theirs.

    ``by_announcement`` says whether one it has not accepted counts: not where it would learn more by it than it may.
    """
    asked = _HAS_PART if by_announcement else _HAS_PART_AS_ACCEPTED
    return bool(session.execute(asked, {"organisation": viewer.organisation, "case_id": case_id}).scalar_one())
