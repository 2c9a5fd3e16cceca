"""Orders to fetch what a partner only announced: rows of the outbox, in the queue of that partner."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from hub.broker.protocol import partner_queue
from hub.models import Intake, OutboxRecord
from hub.services.record.case_keys import in_case, intake_owner
from hub.store.database import UnitOfWork
from schemas.vocabulary import Delivery

FETCH = "fetch"
"""The kind of such a row, and the key of the address in its body."""


def put_orders(work: UnitOfWork, organisation: str, intake_id: str, wanted: Sequence[str]) -> None:
    """Order what stands at these addresses; orders for one address go one after another."""
    for place, address in enumerate(wanted):
        lane = hashlib.sha256(f"{organisation}\x1f{address}".encode()).hexdigest()[:32]
        work.session.execute(
            insert(OutboxRecord).values(
                message_id=f"{intake_id}.{place}",
                queue=partner_queue(organisation),
                lane=f"fetch|{lane}",
                kind=FETCH,
                receiver=organisation,
                body=in_case(work, intake_owner(intake_id), json.dumps({FETCH: address}).encode()),
                state=Delivery.WAITING,
                open=True,
                due_at=work.now,
                created_at=work.now,
            )
        )
    work.wake_relay()


def announced_in(message_id: str) -> str:
    """Give the id of the intake whose payload an order came from."""
    return message_id.partition(".")[0]


def give_up(work: UnitOfWork, row: Any, error: str) -> None:
    """Close an order that can't be carried out, and put the announcement before a person, who may read it again."""
    _close(work, row.id, error)
    code, _, told = error.partition(": ")
    _settle(
        work,
        row.message_id,
        {"state": "quarantined", "reason_code": f"fetch_{code}"[:40], "reason": f"Not fetched: {told or code}"[:500]},
    )
    work.wake_relay()


def _close(work: UnitOfWork, row_id: int, error: str) -> None:
    work.session.execute(
        update(OutboxRecord)
        .where(OutboxRecord.id == row_id, OutboxRecord.open)
        .values(open=False, state=Delivery.REFUSED, attempts=OutboxRecord.attempts + 1, error=error[:300])
        .execution_options(synchronize_session=False)
    )


def carried_out(work: UnitOfWork, message_id: str) -> None:
    """Tell of the announcement that what it announced is here."""
    _settle(work, message_id, {"state": "applied"})


def _settle(work: UnitOfWork, message_id: str, values: dict[str, Any]) -> None:
    work.session.execute(
        update(Intake)
        .where(Intake.id == announced_in(message_id), Intake.state == "received")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
