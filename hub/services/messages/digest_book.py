"""What was counted on both sides and where it differed, kept from day to day."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import Difference, Digest, Referral
from hub.rules.differences import Kind
from hub.rules.working_days import AMSTERDAM
from hub.services.messages.digests import Found, differences, ours, partners, shared_with
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.digest import DigestLine, line_to_json
from schemas.identifiers import new_id
from schemas.vocabulary import Status

OURS, THEIRS = "ours", "theirs"
OPEN, GONE, CLOSED = "open", "gone", "closed"
_TRUSTED_FOR = dt.timedelta(hours=36)
_DIGESTS, _DIFFERENCES = table_of(Digest), table_of(Difference)


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
