"""What became of a payload after it was taken in: told on its row, and to who brought it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.models import Intake
from hub.services.record.removal import blank_payloads
from hub.store.database import UnitOfWork


class Result(StrEnum):
    """What became of an incoming message."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Received:
    """The result for one message, with the referral it was about and, for a refusal, why.

    ``keep`` is false where its words may not be kept for a person either: it is about what was erased. ``told`` is
    false where who brought it may not learn that there ever was such a thing.
    """

    result: Result
    referral_id: str | None = None
    reason: str | None = None
    keep: bool = True
    told: bool = True


def settle(work: UnitOfWork, intake_id: str, received: Received) -> None:
    """Record on the intake what became of one of its messages; a refusal puts the payload before a person."""
    row = work.session.execute(
        select(Intake.open_messages, Intake.referral_ids, Intake.state).where(Intake.id == intake_id).with_for_update()
    ).one()
    still_open = row.open_messages if received.result is Result.WAITING else max(row.open_messages - 1, 0)
    referral_ids = list(row.referral_ids)
    if received.referral_id is not None and received.referral_id not in referral_ids:
        referral_ids.append(received.referral_id)
    values: dict[str, Any] = {"open_messages": still_open, "referral_ids": referral_ids}
    if received.result is Result.REFUSED:
        values |= {"state": "quarantined", "reason_code": "cannot_apply", "reason": received.reason}
        if not received.keep:
            closed = {"handled_at": work.now, "handled_by": "Schakel", "handled_how": "gewist"}
            values |= {**closed, "reason_code": "erased" if received.told else "cannot_apply"}
            blank_payloads(work, [intake_id])
    elif received.result is Result.DUPLICATE and row.state == "received":
        values["state"] = "duplicate"
    elif row.state != "quarantined":
        values["state"] = "waiting" if received.result is Result.WAITING else "applied" if not still_open else row.state
    work.session.execute(
        update(Intake).where(Intake.id == intake_id).values(**values).execution_options(synchronize_session=False)
    )


def status_of(session: Session, organisation: str, intake_id: str) -> Any:
    """Give what became of a payload that this organisation brought, or nothing."""
    return session.execute(
        select(
            Intake.state,
            Intake.referral_ids,
            Intake.reason_code,
            Intake.reason,
            Intake.field,
            Intake.dialect_code,
            Intake.losses,
        ).where(Intake.id == intake_id, Intake.organisation == organisation)
    ).one_or_none()
