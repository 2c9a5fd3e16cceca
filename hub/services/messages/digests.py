"""Digests: what runs between the hub and an organisation, and where what both sides count differs."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, defer

from hub.models import Case, Referral
from hub.rules import lifecycle
from hub.rules.access import Mask
from hub.rules.differences import Kind
from hub.services.access.access import status_decision
from hub.services.access.circumstances import circumstances
from hub.services.access.gaze import gaze
from hub.services.access.grounds import cut_off
from hub.services.people.identity import system_of
from hub.settings import Configuration
from schemas.digest import DigestLine
from schemas.vocabulary import OrganisationKind, Status

SETTLING = dt.timedelta(minutes=10)
"""What changed so shortly before the partner counted may have been under way: it is no difference yet."""
_ENDED_SINCE = dt.timedelta(days=42)
_OPEN = [str(status) for status in lifecycle.OPEN - {Status.DRAFT}]


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
