"""Assignments that a partner tells as a snapshot (an iWmo 301): what is told again is compared, and no news is none."""

from typing import Any

from sqlalchemy import select

from hub.models import Referral
from hub.rules.lifecycle import OPEN
from hub.services.record.case_keys import in_case
from hub.services.record.clients import find_case_of_bsn
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals.referrals import load_for_change
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.message import Assignment, Message, MessageData
from schemas.vocabulary import Status

TERMS = "assignment"
CHANGED, VANISHED = "assignment_changed", "assignment_vanished"
_FIELDS = ("product", "starts_on", "ends_on", "listed")


def is_snapshot(data: MessageData) -> bool:
    """Whether a partner's message lists all that the client has."""
    return bool(data.assignments)


def terms_of(data: MessageData | Assignment) -> dict[str, str]:
    """Give what is compared of an assignment."""
    service = data.service
    told = {
        "product": service.code if service is not None else None,
        "starts_on": data.starts_on,
        "ends_on": data.ends_on,
        "listed": "yes",
    }
    return {name: value for name, value in told.items() if value is not None}


def keep_terms(work: UnitOfWork, referral_id: str, message: Message) -> None:
    """Keep what a new referral was told to be, to compare with what is told later."""
    referral = load_for_change(work, referral_id)
    _keep(work, referral, terms_of(message.data), message)


def _keep(work: UnitOfWork, referral: Referral, terms: dict[str, str], message: Message) -> None:
    kept = {**terms, "told_on": message.time.isoformat()}
    referral.content = in_case(work, referral.case_id, {**referral.content, TERMS: kept})
    work.session.flush()


def known_as(work: UnitOfWork, config: Configuration, organisation: str, to: str, message: Message) -> str | None:
    """Give the referral that a snapshot tells of again: of this client, from this sender to this receiver, by key."""
    told = set(message.data.correlation.items())
    exact = [row for row in _known(work, config, organisation, to, message) if told & set(row.correlation.items())]
    return exact[0].id if exact else None


def _known(work: UnitOfWork, config: Configuration, organisation: str, to: str, message: Message) -> list[Any]:
    client = message.data.client
    bsn = client.bsn if client is not None else None
    case = find_case_of_bsn(work.session, config.municipality.code, bsn) if bsn is not None else None
    if case is None:
        return []
    return list(
        work.session.execute(
            select(Referral.id, Referral.correlation, Referral.status)
            .where(Referral.case_id == case.id, Referral.sender == organisation, Referral.receiver == to)
            .order_by(Referral.number)
        )
    )


def told_again(work: UnitOfWork, referral_id: str, message: Message) -> None:
    """Compare an assignment that is known with what is told now; a difference is put before people, field by field."""
    _compare(work, referral_id, terms_of(message.data), message, CHANGED)


def vanish(work: UnitOfWork, config: Configuration, organisation: str, to: str, message: Message) -> None:
    """Tell people of each open assignment that the snapshot no longer lists; nothing else is decided by its absence."""
    listed = {pair for one in message.data.assignments for pair in one.correlation.items()}
    listed |= set(message.data.correlation.items())
    for row in _known(work, config, organisation, to, message):
        numbered = {pair for pair in row.correlation.items() if pair[0].endswith(":ToewijzingNummer")}
        if numbered and not numbered & listed and Status(row.status) in OPEN:
            _compare(work, row.id, {"listed": "no"}, message, VANISHED)


def _compare(work: UnitOfWork, referral_id: str, now: dict[str, str], message: Message, kind: str) -> None:
    referral = load_for_change(work, referral_id)
    before = dict(referral.content.get(TERMS) or {})
    if not before or message.time.isoformat() < before.get("told_on", ""):
        return  # nothing to compare with, or an older snapshot that came late
    now = {**before, **now} if kind == VANISHED else now
    changes = [
        {"field": name, "from": before.get(name), "to": now.get(name)}
        for name in _FIELDS
        if before.get(name) != now.get(name)
    ]
    _keep(work, referral, {name: value for name, value in now.items() if name in _FIELDS}, message)
    if not changes:
        return
    entry = NewEntry(kind=kind, organisation=referral.sender, referral_id=referral.id, data={"changes": changes})
    nudge(work, referral.case_id, write_entries(work, referral.case_id, [entry]))
