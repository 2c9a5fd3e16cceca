"""Digests: what runs between the hub and an organisation, counted on both sides, and where the two differ."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, defer

from hub.models import Case, Difference, Digest, Referral
from hub.rules import lifecycle
from hub.rules.access import Mask
from hub.rules.differences import Kind
from hub.rules.working_days import AMSTERDAM
from hub.services.access.access import status_decision
from hub.services.access.circumstances import circumstances
from hub.services.access.gaze import gaze
from hub.services.access.grounds import cut_off
from hub.services.people.identity import system_of
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.digest import DigestLine, line_to_json
from schemas.identifiers import new_id
from schemas.vocabulary import OrganisationKind, Status

OURS, THEIRS = "ours", "theirs"
OPEN, GONE, CLOSED = "open", "gone", "closed"
SETTLING = dt.timedelta(minutes=10)
"""What changed so shortly before the partner counted may have been under way: it is no difference yet."""
_ENDED_SINCE = dt.timedelta(days=42)
_TRUSTED_FOR = dt.timedelta(hours=36)
_OPEN = [str(status) for status in lifecycle.OPEN - {Status.DRAFT}]
_DIGESTS, _DIFFERENCES = table_of(Digest), table_of(Difference)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One referral as an organisation may know it. ``real`` says that its state is told as it is, unmasked."""

    line: DigestLine
    references: frozenset[str]
    changed_at: dt.datetime
    runs: bool
    real: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """One difference, as it is found."""

    kind: Kind
    referral_id: str | None
    number: int | None
    reference: str | None
    ours: str | None
    theirs: str | None

    @property
    def mark(self) -> str:
        """Tell this difference from another, and know it when it is found again."""
        told = (self.kind, self.referral_id, self.number, self.reference, self.ours, self.theirs)
        return hashlib.sha256("\x1f".join("" if one is None else str(one) for one in told).encode()).hexdigest()


def partners(config: Configuration) -> list[str]:
    """Give the organisations with which the hub compares."""
    return [code for code, one in config.organisations.items() if one.kind is not OrganisationKind.MUNICIPALITY]


def shared_with(
    session: Session, config: Configuration, organisation: str, now: dt.datetime, *further: ColumnElement[bool]
) -> list[Shared]:
    """Give the open referrals between the hub and an organisation, as its own system may see them, by number.

    ``further`` are conditions under which ended ones count too.
    """
    viewer = system_of(config, organisation)
    if viewer is None:
        return []
    rows = session.execute(
        select(Referral, Case.regisseur_id)
        .join(Case, Referral.case_id == Case.id)
        .options(defer(Referral.content, raiseload=True))  # of no use here, and sealed
        .where((Referral.sender == organisation) | (Referral.receiver == organisation))
        .where(or_(Referral.status.in_(_OPEN), *further))
        .order_by(Referral.number)
    ).all()
    facts = circumstances(session, config, viewer, {one.case_id for one, _regisseur in rows}, now)
    found = []
    for referral, regisseur_id in rows:
        decision = status_decision(gaze(config, viewer, regisseur_id, now, facts[referral.case_id]), referral)
        if decision.allow and referral.status != Status.DRAFT and not cut_off(referral, organisation, now):
            found.append(_shared(referral, real=decision.mask is Mask.FULL))
    return found


def _shared(referral: Referral, *, real: bool) -> Shared:
    references = sorted(referral.correlation.values())
    line = DigestLine(
        referral_id=referral.id,
        number=referral.number,
        reference=references[0][:64] if references else None,
        status=Status(referral.status),
        changed_at=referral.changed_at,
    )
    return Shared(
        line=line,
        references=frozenset(references),
        changed_at=referral.changed_at,
        runs=Status(referral.status) in lifecycle.OPEN,
        real=real,
    )


def ours(session: Session, config: Configuration, organisation: str, now: dt.datetime) -> list[DigestLine]:
    """Give our digest for an organisation at this moment. What it may know only masked is left out."""
    return [one.line for one in shared_with(session, config, organisation, now) if one.runs and one.real]


def differences(
    session: Session, config: Configuration, organisation: str, told: Sequence[DigestLine], at: dt.datetime
) -> list[Found]:
    """Compare what an organisation counted at a moment with what the database holds now."""
    now = dt.datetime.now(dt.UTC)
    named = _named(told)
    known = shared_with(session, config, organisation, now, Referral.changed_at > now - _ENDED_SINCE, *named)
    by_id = {one.line.referral_id: one for one in known}
    by_number = {one.line.number: one for one in known}
    by_reference = {reference: one for one in known for reference in sorted(one.references)}
    found, met = [], set[str | None]()
    for line in told:
        one = by_id.get(line.referral_id) or by_number.get(line.number) or by_reference.get(line.reference or "")
        if one is None:
            found.append(_found(Kind.UNKNOWN_HERE, line, None))
            continue
        met.add(one.line.referral_id)
        found += _differing(line, one, at)
    for one in known:
        if one.runs and one.real and one.line.referral_id not in met and one.changed_at < at - SETTLING:
            found.append(_found(Kind.UNKNOWN_THERE, None, one))
    return found


def _named(told: Sequence[DigestLine]) -> Iterator[ColumnElement[bool]]:
    ids = [line.referral_id for line in told if line.referral_id]
    numbers = [line.number for line in told if line.number and line.number >= 100_000_000]
    if ids:
        yield Referral.id.in_(ids)
    if numbers:
        yield Referral.number.in_(numbers)


def _differing(line: DigestLine, one: Shared, at: dt.datetime) -> Iterator[Found]:
    if line.number is not None and line.number != one.line.number:
        yield _found(Kind.NUMBER, line, one)
    elif one.real and line.status != one.line.status and one.changed_at < at - SETTLING:
        yield _found(Kind.STATE, line, one)


def _found(kind: Kind, line: DigestLine | None, one: Shared | None) -> Found:
    named = one.line if one is not None else line
    assert named is not None  # one of the two
    return Found(
        kind=kind,
        # Of what is not known here nothing is believed: an id may be that of somebody else's referral.
        referral_id=one.line.referral_id if one is not None else None,
        number=line.number if kind is Kind.NUMBER and line is not None else named.number,
        reference=(line.reference or (line.referral_id if one is None else None) if line is not None else None)
        or named.reference,
        ours=one.line.status if one is not None else None,
        theirs=line.status if line is not None else None,
    )


def receive(work: UnitOfWork, config: Configuration, organisation: str, told: Sequence[DigestLine]) -> list[Difference]:
    """Keep what an organisation counted just now, and give where it differs; the newest of a day is what counts."""
    _forget(work, organisation, THEIRS, _day(work.now))
    _keep(work, organisation, THEIRS, _day(work.now), told)
    _note(work, organisation, differences(work.session, config, organisation, told, work.now))
    return open_differences(work.session, organisation)


def make_nightly(work: UnitOfWork, config: Configuration) -> int:
    """Make our digests of today once the hour has come, and compare; give how many were made.

    Of several timers one makes each; after an outage they are made as soon as there is a timer again.
    """
    if work.now.astimezone(AMSTERDAM).hour < config.digest_hour:
        return 0
    day, made = _day(work.now), 0
    there = select(_DIGESTS.c.organisation).where(_DIGESTS.c.side == OURS, _DIGESTS.c.day == day)
    done = set(work.execute(there).scalars())
    for organisation in partners(config):
        if organisation in done:
            continue
        if not _keep(work, organisation, OURS, day, ours(work.session, config, organisation, work.now)):
            continue  # another timer was first
        made += 1
        compare_again(work, config, organisation)
    return made


def compare_again(work: UnitOfWork, config: Configuration, organisation: str) -> None:
    """Compare once more with what an organisation told last; what it told days ago says nothing about today."""
    last = work.session.execute(
        select(Digest.lines, Digest.at)
        .where(Digest.organisation == organisation, Digest.side == THEIRS, Digest.at > work.now - _TRUSTED_FOR)
        .order_by(Digest.at.desc())
        .limit(1)
    ).one_or_none()
    if last is not None:
        told = [_line(document) for document in last.lines]
        _note(work, organisation, differences(work.session, config, organisation, told, last.at))


def _line(document: dict[str, Any]) -> DigestLine:
    moment = document.get("changed_at")
    return DigestLine(
        status=Status(document["status"]),
        referral_id=document.get("referral_id"),
        number=document.get("number"),
        reference=document.get("reference"),
        changed_at=dt.datetime.fromisoformat(moment) if moment else None,
    )


def _day(now: dt.datetime) -> dt.date:
    return now.astimezone(AMSTERDAM).date()


def _insert(work: UnitOfWork, table: Any) -> Any:
    return sqlite_insert(table) if work.dialect == "sqlite" else postgresql_insert(table)


def _keep(work: UnitOfWork, organisation: str, side: str, day: dt.date, lines: Iterable[DigestLine]) -> bool:
    row = {"id": new_id(), "organisation": organisation, "side": side, "day": day, "at": work.now}
    kept = _insert(work, _DIGESTS).on_conflict_do_nothing().returning(_DIGESTS.c.id)
    return work.execute(kept, {**row, "lines": [line_to_json(line) for line in lines]}).first() is not None


def _forget(work: UnitOfWork, organisation: str, side: str, day: dt.date) -> None:
    same = (_DIGESTS.c.organisation == organisation) & (_DIGESTS.c.side == side) & (_DIGESTS.c.day == day)
    work.execute(delete(_DIGESTS).where(same))


def _note(work: UnitOfWork, organisation: str, found: Iterable[Found]) -> None:
    """Keep the differences that are there now; one that is no longer found is gone, one that came back is open.

    Of what was never known here nothing is kept once it is gone: a partner may name whatever it likes.
    """
    now = {one.mark: one for one in found}
    of_theirs = _DIFFERENCES.c.organisation == organisation
    before = work.execute(select(_DIFFERENCES.c.mark, _DIFFERENCES.c.state).where(of_theirs).with_for_update())
    states = {row.mark: row.state for row in before}
    gone = [mark for mark, state in states.items() if state == OPEN and mark not in now]
    again = [mark for mark, state in states.items() if state != CLOSED and mark in now]
    change = update(_DIFFERENCES).where(of_theirs)
    if gone:
        made_up = (_DIFFERENCES.c.kind == Kind.UNKNOWN_HERE) & _DIFFERENCES.c.mark.in_(gone)
        work.execute(delete(_DIFFERENCES).where(of_theirs, made_up))
        work.execute(change.where(_DIFFERENCES.c.mark.in_(gone)).values(state=GONE, handled_at=work.now))
    if again:
        seen = {"state": OPEN, "seen_at": work.now, "handled_at": None}
        work.execute(change.where(_DIFFERENCES.c.mark.in_(again)).values(**seen))
    new = [_row(work, organisation, one) for mark, one in now.items() if mark not in states]
    if new:
        work.execute(_insert(work, _DIFFERENCES).on_conflict_do_nothing(), new)


def _row(work: UnitOfWork, organisation: str, one: Found) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organisation": organisation,
        "kind": one.kind,
        "mark": one.mark,
        "referral_id": one.referral_id,
        "number": one.number,
        "reference": one.reference,
        "ours": one.ours,
        "theirs": one.theirs,
        "state": OPEN,
        "found_at": work.now,
        "seen_at": work.now,
    }


def open_differences(session: Session, organisation: str | None = None, limit: int = 500) -> list[Difference]:
    """Give the differences that are there now, oldest first: of one organisation, or of all."""
    query = select(Difference).where(Difference.state == OPEN)
    if organisation is not None:
        query = query.where(Difference.organisation == organisation)
    return list(session.scalars(query.order_by(Difference.found_at, Difference.id).limit(limit)))


def differences_with(session: Session, config: Configuration, organisation: str, now: dt.datetime) -> list[Difference]:
    """Give the differences with an organisation, of referrals that it still may know: a ground may have ended since."""
    found = open_differences(session, organisation)
    named = Referral.id.in_([one.referral_id for one in found if one.referral_id])
    known = {one.line.referral_id for one in shared_with(session, config, organisation, now, named)}
    return [one for one in found if one.referral_id is None or one.referral_id in known]


def difference_to_json(one: Difference) -> dict[str, Any]:
    """Write a difference for the organisation that it concerns."""
    told = {"kind": one.kind, "referral_id": one.referral_id, "number": one.number, "reference": one.reference}
    told |= {"ours": one.ours, "theirs": one.theirs}
    return {name: value for name, value in told.items() if value is not None}


def count_differences(session: Session, config: Configuration) -> dict[str, int]:
    """Give how many differences are there now, for each organisation."""
    counted = select(Difference.organisation, func.count()).where(Difference.state == OPEN)
    counts = {row[0]: int(row[1]) for row in session.execute(counted.group_by(Difference.organisation))}
    return {organisation: counts.get(organisation, 0) for organisation in partners(config)}


def last_told(session: Session) -> dict[str, dt.datetime]:
    """Give when each organisation last told what runs there."""
    newest = select(Digest.organisation, func.max(Digest.at, type_=Digest.at.type))
    rows = session.execute(newest.where(Digest.side == THEIRS).group_by(Digest.organisation))
    return {row[0]: row[1] for row in rows}


def said_elsewhere(session: Session, config: Configuration, referral_id: str) -> tuple[tuple[str, str | None], ...]:
    """Give (organisation, state there) where a partner says something else of a referral; nothing: it lacks there."""
    rows = session.execute(
        select(Difference.organisation, Difference.theirs)
        .where(Difference.referral_id == referral_id, Difference.state == OPEN)
        .where(Difference.kind.in_((Kind.STATE, Kind.UNKNOWN_THERE)))
        .order_by(Difference.organisation)
    ).all()
    names = {code: organisation.name for code, organisation in config.organisations.items()}
    return tuple((names.get(row.organisation, row.organisation), row.theirs) for row in rows)
