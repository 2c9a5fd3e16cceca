"""The review of who looked: pick what a person must judge, show it to the reviewer, and keep the verdict."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import AuditRecord, AuditReview, Case, CaseKey, Person
from hub.models import Client as ClientRecord
from hub.models.audit_keys import audit_keys
from hub.rules.audit import Deed, Outcome
from hub.rules.review import REVIEW_WITHIN, Look, Pick, picks, sample
from hub.services.errors import Invalid, NotFound
from hub.services.record.audit import Entry, seen, write
from hub.services.record.audit import Occasion as Where
from hub.services.record.case_keys import shelf_here
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id

HABITS, FRESH = dt.timedelta(days=28), dt.timedelta(days=8)
VERDICTS = ("in_order", "talked", "breach")
_LOOKS = (Deed.CASE_VIEW, Deed.REFERRAL_VIEW)
_ALL, _OWN = "privacy_officer", "team_coordinator"
_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """One look to judge. ``who`` is the person; the client is a pseudonym of eight characters."""

    id: str
    doubts: tuple[str, ...]
    organisation: str
    who: str
    role: str
    client: str
    deed: str
    at: dt.datetime
    looks: int
    due_at: dt.datetime
    late: bool


@dataclass(frozen=True, kw_only=True)
class ReviewList:
    """The work list of a reviewer, most pressing first; ``late`` counts what is open longer than seven days."""

    lines: tuple[ReviewLine, ...]
    late: int


def pick_looks(work: UnitOfWork, now: dt.datetime) -> int:
    """Put what must be judged on the work list; give how many were new. Done again, it adds nothing twice."""
    rows = _human_looks(work.session, now - HABITS)
    same = _same_names(work.session, rows)
    looks = [_look(row, same) for row in rows]
    week = now - dt.timedelta(days=now.weekday(), hours=now.hour, minutes=now.minute, seconds=now.second)
    before = [look for look in looks if week - dt.timedelta(days=7) <= look.at < week]
    keys = audit_keys(work.shelf)
    chosen = picks(looks, now - FRESH) + sample(before, {look.id: keys.mac(look.id) for look in before})
    known = set(work.session.scalars(select(AuditReview.record)))
    where = {row["id"]: str(row["municipality"]) for row in rows}
    return sum(_put_on_list(work, pick, where[pick.look.id], now) for pick in chosen if pick.look.id not in known)


def _human_looks(session: Session, since: dt.datetime) -> list[dict[str, Any]]:
    """Give the looks of people since a moment, as they were written down."""
    found = session.execute(
        select(AuditRecord.body)
        .where(AuditRecord.at >= since, AuditRecord.deed.in_([str(deed) for deed in _LOOKS]))
        .order_by(AuditRecord.number)
    )
    told = [json.loads(row.body) for row in found]
    return [one for one in told if one["role"] not in ("machine", "system")]


def _look(row: dict[str, Any], same: frozenset[tuple[str, str]]) -> Look:
    subject = row.get("subject")
    return Look(
        id=row["id"],
        at=dt.datetime.fromisoformat(row["at"]),
        actor=row["actor"],
        organisation=row["organisation"],
        subject=subject,
        denied=row["outcome"] == Outcome.DENIED,
        emergency=row["controls"][3] == "T",
        same_name=(row["actor"], subject) in same,
    )


def _same_names(session: Session, rows: Sequence[dict[str, Any]]) -> frozenset[tuple[str, str]]:
    """Give who looked at a client of the same family name: (actor, pseudonym)."""
    pairs = {(row["actor"], row["subject"]) for row in rows if row.get("subject")}
    actors = {actor for actor, _subject in pairs}
    names = _names(session, actors)
    families = _families(session, {subject for _actor, subject in pairs})
    return frozenset(
        (actor, subject)
        for actor, subject in pairs
        if families.get(subject) and names.get(actor, "").casefold().endswith(f" {families[subject]}")
    )


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(ids))))
    return {row.id: row.name for row in found}


def _families(session: Session, subjects: set[str]) -> dict[str, str]:
    """Give the family names of the clients behind pseudonyms."""
    keys = audit_keys(shelf_here(session))
    mine = {keys.pseudonym(case_id): case_id for case_id in session.scalars(select(Case.id))}
    wanted = {mine[subject]: subject for subject in subjects if subject in mine}
    found = session.execute(
        select(CaseKey.key, Case.id, ClientRecord.person)  # the key before what it opens
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .where(Case.id.in_(sorted(wanted)))
    )
    return {
        wanted[row.id]: str(row.person.get("family_name", "")).casefold()
        for row in found
        if row.person and not getattr(row.person, "erased", False)
    }


def _put_on_list(work: UnitOfWork, pick: Pick, municipality: str, now: dt.datetime) -> int:
    insert: Any = sqlite_insert if work.dialect == "sqlite" else postgresql_insert
    values = {
        "id": new_id(),
        "record": pick.look.id,
        "municipality": municipality,
        "organisation": pick.look.organisation,
        "reasons": [str(doubt) for doubt in pick.doubts],
        "looks": pick.looks,
        "picked_at": now,
        "due_at": now + REVIEW_WITHIN,
    }
    done = work.session.execute(insert(AuditReview).values(**values).on_conflict_do_nothing().returning(AuditReview.id))
    return len(done.all())


def to_review(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> ReviewList:
    """Give what this reviewer must judge; ``NotFound`` for who reviews nothing. Nobody judges his own looks.

    A team coordinator judges the own organisation's, the privacy officer everyone's.
    """
    query = select(AuditReview, AuditRecord.body).join(AuditRecord, AuditRecord.id == AuditReview.record)
    query = query.where(AuditReview.verdict.is_(None), AuditRecord.actor != viewer.id)
    if viewer.role == _OWN:
        query = query.where(AuditReview.organisation == viewer.organisation)
    elif viewer.role != _ALL:
        raise NotFound("There is no such page.")
    rows = session.execute(query.order_by(AuditReview.due_at).limit(_LIMIT)).all()
    told = [json.loads(body) for _review, body in rows]
    people = {one["actor"] for one in told}
    names = _names(session, people)
    seen(session, Entry(viewer=viewer, deed=Deed.REVIEW_VIEW))
    lines = [_line(config, review, one, names, now) for (review, _body), one in zip(rows, told, strict=True)]
    return ReviewList(lines=tuple(lines), late=sum(line.late for line in lines))


def _line(
    config: Configuration, review: AuditReview, told: dict[str, Any], names: dict[str, str], now: dt.datetime
) -> ReviewLine:
    organisation = config.organisation(review.organisation)
    return ReviewLine(
        id=review.id,
        doubts=tuple(review.reasons),
        organisation=organisation.name if organisation is not None else review.organisation,
        who=names.get(told["actor"], told["actor"]),
        role=told["role"],
        client=told.get("subject", "")[:8],
        deed=told["deed"],
        at=dt.datetime.fromisoformat(told["at"]),
        looks=review.looks,
        due_at=review.due_at,
        late=now > review.due_at,
    )


def judge(work: UnitOfWork, where: Where, viewer: Viewer, review_id: str, verdict: str) -> None:
    """Keep a reviewer's verdict; ``NotFound`` where it is not this reviewer's to give, or was given before."""
    if verdict not in VERDICTS:
        raise Invalid("There is no such verdict.", field="verdict")
    review = work.session.get(AuditReview, review_id)
    actor = review and work.session.scalar(select(AuditRecord.actor).where(AuditRecord.id == review.record))
    may = viewer.role == _ALL or (
        viewer.role == _OWN and review is not None and review.organisation == viewer.organisation
    )
    if review is None or not may or actor == viewer.id:
        raise NotFound("There is no such review.")
    values = {"verdict": verdict, "verdict_by": viewer.id, "verdict_at": work.now}
    change = update(AuditReview).where(AuditReview.id == review_id, AuditReview.verdict.is_(None)).values(**values)
    changed = work.session.execute(change.returning(AuditReview.id).execution_options(synchronize_session=False))
    if changed.one_or_none() is None:
        raise NotFound("This was judged before.")
    write(work, where, [Entry(viewer=viewer, deed=Deed.REVIEW_VERDICT, objects=(review_id,), detail=verdict)])


def late_reviews(session: Session, now: dt.datetime) -> int:
    """Give how many looks wait for a verdict longer than seven days."""
    query = select(func.count()).where(AuditReview.verdict.is_(None), AuditReview.due_at < now)
    return session.execute(query).scalar_one()
