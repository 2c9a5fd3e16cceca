"""What is found after a drill: the hub's books and the partners' books, as plain rows."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.broker.protocol import INBOX
from hub.models import Case, Intake, OutboxRecord, Referral, TimelineEntry
from hub.services.messages.monitor import monitor
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.outbox import NUDGE
from schemas.vocabulary import Delivery


@dataclass(frozen=True, kw_only=True)
class SentRow:
    """A message to a partner in the outbox, how often it was published, and how many tries were told of."""

    id: int
    keys: frozenset[str]
    lane: str
    kind: str
    referral_id: str
    receiver: str
    open: bool
    delay: float
    published: int = 1
    attempts: int = 1
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class ReferralRow:
    """A referral in the hub's books. ``reason`` tells which planned one it is."""

    id: str
    reason: str
    case_id: str
    status: str
    delivery: str
    version: int


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """An entry of a case's timeline."""

    case_id: str
    position: int
    kind: str
    referral_id: str | None


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """A message in a partner's books; ``wire`` is how often it came."""

    place: int
    key: str
    wire: int


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All of it. ``counters`` holds the last position of each case, ``hidden`` what waits and stands on no page."""

    referrals: tuple[ReferralRow, ...] = ()
    sent: tuple[SentRow, ...] = ()
    entries: tuple[EntryRow, ...] = ()
    counters: tuple[tuple[str, int], ...] = ()
    ledgers: tuple[tuple[str, tuple[LedgerRow, ...]], ...] = ()
    intake_states: tuple[tuple[str, int], ...] = ()
    unfinished: int = 0
    hidden: int = 0
    dead_letters: int = 0


def open_rows(session: Session, since: dt.datetime) -> int:
    """Count what still must leave or be understood."""
    rows = session.execute(
        select(func.count()).where(
            OutboxRecord.open, OutboxRecord.created_at >= since, OutboxRecord.state != Delivery.QUARANTINED
        )
    ).scalar_one()
    payloads = session.execute(
        select(func.count()).where(Intake.state.in_(("received", "waiting")), Intake.received_at >= since)
    ).scalar_one()
    return int(rows) + int(payloads)


def gather(
    session: Session,
    config: Configuration,
    since: dt.datetime,
    ledgers: dict[str, list[tuple[int, str, str, int]]],
    dead_letters: int,
) -> Evidence:
    """Read everything that happened since a moment."""
    states = session.execute(
        select(Intake.state, func.count()).where(Intake.received_at >= since).group_by(Intake.state)
    ).all()
    return Evidence(
        referrals=_referrals(session, since),
        sent=_sent(session, since),
        entries=_entries(session, since),
        counters=tuple(
            (row.id, row.position)
            for row in session.execute(
                select(Case.id, Case.position).where(
                    Case.id.in_(select(Referral.case_id).where(Referral.created_at >= since))
                )
            )
        ),
        ledgers=tuple(
            (code, tuple(LedgerRow(place=place, key=_key(name), wire=wire) for place, name, _kind, wire in rows))
            for code, rows in ledgers.items()
        ),
        intake_states=tuple((str(state), int(count)) for state, count in states),
        unfinished=open_rows(session, since),
        hidden=_hidden(session, config, since),
        dead_letters=dead_letters,
    )


def _key(identification: str) -> str:
    """Give what a dialect carries of our message id: iWmo a reference after the sender and the kind, FHIR the id."""
    return identification.rpartition(":")[2]


def _referrals(session: Session, since: dt.datetime) -> tuple[ReferralRow, ...]:
    found = session.scalars(select(Referral).where(Referral.created_at >= since).order_by(Referral.number))
    return tuple(
        ReferralRow(
            id=row.id,
            reason=row.content["reason"],
            case_id=row.case_id,
            status=row.status,
            delivery=row.delivery,
            version=row.version,
        )
        for row in found
    )


def _sent(session: Session, since: dt.datetime) -> tuple[SentRow, ...]:
    columns = OutboxRecord.__table__.c
    found = session.execute(
        select(
            columns.id,
            columns.message_id,
            columns.reference,
            columns.lane,
            columns.kind,
            columns.referral_id,
            columns.receiver,
            columns.open,
            columns.created_at,
            columns.delivered_at,
            columns.published,
            columns.attempts,
        )
        .where(columns.created_at >= since, columns.queue != INBOX, columns.kind != NUDGE, columns.lane.is_not(None))
        .order_by(columns.id)
    ).all()
    return tuple(
        SentRow(
            id=row.id,
            keys=frozenset((row.message_id, row.reference)),
            lane=row.lane,
            kind=row.kind,
            referral_id=row.referral_id,
            receiver=row.receiver,
            open=row.open,
            delay=(row.delivered_at - row.created_at).total_seconds() if row.delivered_at else 0.0,
            published=row.published,
            attempts=row.attempts,
            at=row.created_at.strftime("%H:%M:%S"),
        )
        for row in found
    )


def _entries(session: Session, since: dt.datetime) -> tuple[EntryRow, ...]:
    columns = TimelineEntry.__table__.c
    cases = select(Referral.case_id).where(Referral.created_at >= since)
    found = session.execute(
        select(columns.case_id, columns.position, columns.kind, columns.referral_id)
        .where(columns.case_id.in_(cases))
        .order_by(columns.case_id, columns.position)
    )
    return tuple(
        EntryRow(case_id=row.case_id, position=row.position, kind=row.kind, referral_id=row.referral_id)
        for row in found
    )


def _hidden(session: Session, config: Configuration, since: dt.datetime) -> int:
    """Count what needs a person and does not stand on the operator's page."""
    operator = Viewer(
        id="drill",
        name="drill",
        organisation="schakel",
        organisation_name="Schakel",
        role="functional_admin",
        purpose="operations",
    )
    shown = {line.id for line in monitor(session, config, operator, dt.datetime.now(dt.UTC)).lines}
    stuck = session.scalars(
        select(OutboxRecord.id).where(
            OutboxRecord.open, OutboxRecord.state == Delivery.QUARANTINED, OutboxRecord.created_at >= since
        )
    )
    put_aside = session.scalars(
        select(Intake.id).where(Intake.state.in_(("quarantined", "waiting")), Intake.received_at >= since)
    )
    return sum(str(row) not in shown for row in [*stuck, *put_aside])
