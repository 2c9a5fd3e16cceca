"""Remove a case: every row that names it has its treatment here, and what remains is references without a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from hub.broker.protocol import INBOX
from hub.models import (
    Alert,
    Attendance,
    Case,
    CaseItem,
    Client,
    ClosedFile,
    ConsentEvent,
    Correction,
    CorrectionNotice,
    Difference,
    Disclosure,
    DocumentBody,
    Emergency,
    Erasure,
    InboxRecord,
    Intake,
    LegalHold,
    Objection,
    OutboxRecord,
    Referral,
    Release,
    SearchWord,
    TimelineEntry,
    Tombstone,
    Visit,
    WireRecord,
)
from hub.models.columns import IdsOnly
from hub.models.record import Record
from hub.services.errors import NotFound
from hub.services.record import case_keys
from hub.services.record.timeline import nudge
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

_CASES, _CLIENTS, _REFERRALS = table_of(Case), table_of(Client), table_of(Referral)
_OUTBOX, _INBOX, _INTAKE = table_of(OutboxRecord), table_of(InboxRecord), table_of(Intake)
_STONES, _CONSENTS = table_of(Tombstone), table_of(ConsentEvent)
_NAMES_A_CASE = ("case_id", "referral_id")

# Rows that go with the case, children first.
DELETED: tuple[type[Record], ...] = (
    SearchWord,
    WireRecord,
    OutboxRecord,
    TimelineEntry,
    Visit,
    Alert,
    Attendance,
    DocumentBody,
    CaseItem,
    Difference,
    CorrectionNotice,
    Correction,
    Disclosure,
    Objection,
    ClosedFile,
    Emergency,
    Release,
    Referral,
)
# Rows that stay, and why: they hold references and codes, never a word about the person.
KEPT: dict[type[Record], str] = {
    ConsentEvent: "the evidence that sharing was lawful, which the database lets nobody remove; its words go",
    InboxRecord: "the memory of ids, by which a repeat is known; its body goes",
    Erasure: "the evidence of the erasure itself",
    LegalHold: "the evidence that nothing was removed in its time",
}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What belongs to one case: the references by which its rows are found."""

    case_id: str
    client_id: str
    position: int
    referrals: Sequence[tuple[str, int]]
    intakes: Sequence[str]

    @property
    def referral_ids(self) -> list[str]:
        """Give the ids of its referrals."""
        return [referral_id for referral_id, _number in self.referrals]


def reach_of(work: UnitOfWork, case_id: str) -> Reach:
    """Find all that belongs to a case, under its row lock; ``NotFound`` where there is none."""
    wanted = select(_CASES.c.client_id, _CASES.c.position).where(_CASES.c.id == case_id).with_for_update()
    case = work.execute(wanted).one_or_none()
    if case is None:
        raise NotFound("There is no such case.")
    rows = work.execute(select(_REFERRALS.c.id, _REFERRALS.c.number).where(_REFERRALS.c.case_id == case_id)).all()
    referrals = [(str(row.id), int(row.number)) for row in rows]
    intakes = sorted(case_keys.payloads_of(work, case_id))
    return Reach(
        case_id=case_id, client_id=case.client_id, position=case.position, referrals=referrals, intakes=intakes
    )


def remove_case(work: UnitOfWork, reach: Reach, why: str) -> dict[str, int]:
    """Remove all of a case in this unit of work; give how many rows of each table went or were emptied.

    Its key goes first: older copies of the database do not open any more. Whoever looks at the case now is told by a
    nudge, and finds nothing.
    """
    counts = {"keys": case_keys.destroy(work, reach.case_id), "intake": blank_payloads(work, reach.intakes)}
    for record in DELETED:
        counts[record.__tablename__] = _delete(work, table_of(record), reach)
    work.execute(update(_CONSENTS).where(_CONSENTS.c.case_id == reach.case_id).values(evidence=None))
    work.execute(delete(_CASES).where(_CASES.c.id == reach.case_id))
    work.execute(delete(_CLIENTS).where(_CLIENTS.c.id == reach.client_id))
    counts |= {"cases": 1, "clients": 1}
    work.execute(delete(_STONES).where(_STONES.c.reference.in_([*reach.referral_ids, *reach.intakes])))
    stone = {"at": work.now, "why": why, "number": None}
    stones = [{**stone, "reference": reach.case_id, "kind": "case"}]
    stones += [{**stone, "reference": one, "kind": "referral", "number": number} for one, number in reach.referrals]
    stones += [{**stone, "reference": one, "kind": "payload"} for one in reach.intakes]
    work.execute(insert(_STONES), stones)
    nudge(work, reach.case_id, reach.position + 1)
    return {table: count for table, count in counts.items() if count}


def _delete(work: UnitOfWork, table: Table, reach: Reach) -> int:
    """Delete the rows that name the case or one of its referrals."""
    values: dict[str, Any] = {"case_id": [reach.case_id], "referral_id": reach.referral_ids}
    count = 0
    for name in _NAMES_A_CASE:
        if name in table.c and values[name]:
            count += work.execute(delete(table).where(table.c[name].in_(values[name]))).rowcount
    return count


def blank_payloads(work: UnitOfWork, intake_ids: Sequence[str]) -> int:
    """Empty what partners brought, byte for byte, and its copies on the way in; ids and hashes stay."""
    if not intake_ids:
        return 0
    changed = update(_INTAKE).where(_INTAKE.c.id.in_(intake_ids)).values(payload=IdsOnly(b""), answer=None)
    count = work.execute(changed).rowcount
    work.execute(update(_INBOX).where(_INBOX.c.intake_id.in_(intake_ids)).values(body=None))
    inward = (_OUTBOX.c.queue == INBOX) & _OUTBOX.c.message_id.in_(intake_ids)
    work.execute(update(_OUTBOX).where(inward).values(body=IdsOnly(b"")))
    return count
