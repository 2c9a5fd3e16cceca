"""Rehearse a mapping: what the present code and configuration would make of the last messages, and what differs.

Nothing is sent, kept or changed.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from connectors.errors import Refusal
from connectors.protocol import Connector, Loss, Payload
from connectors.registry import connector
from hub.broker.protocol import INBOX, partner_queue
from hub.models import CaseKey, InboxRecord, Intake, OutboxRecord, Referral, WireRecord
from hub.services.messages.address_book import address_book
from hub.services.messages.comparison import Difference, differences
from hub.services.messages.intake import LINES_REFUSED, lines_told
from hub.services.messages.intake_checks import judge
from hub.settings import Configuration, Organisation
from schemas.message import Message

SAME, DIFFERS, REFUSED, UNDERSTOOD = "same", "differs", "now refused", "now understood"
# A fault in a translator: it is told of its own message only.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What became of one message. ``lost`` are fields that it could carry then and can't now; ``case_id`` may be
    unknown of what came in.
    """

    direction: str
    organisation: str
    message_id: str
    case_id: str | None
    verdict: str
    found: tuple[Difference, ...] = ()
    lost: tuple[str, ...] = ()
    refusal: str | None = None

    @property
    def well(self) -> bool:
        """Whether it would go as it went."""
        return self.verdict == SAME and not self.lost


def rehearse_out(session: Session, config: Configuration, organisation: Organisation, last: int) -> list[Rehearsed]:
    """Write the last messages to an organisation again, each at the moment of its last try."""
    translator = connector(str(organisation.connector))
    rows = session.execute(_written(organisation.code).limit(last)).all()
    return [_out(config, organisation, translator, row) for row in reversed(rows)]


def _written(code: str) -> "Select[*tuple[Any, ...]]":
    """Give the messages of which is kept how they were written, newest first; what is withheld is read by nobody."""
    same = (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id)
    return (
        select(
            CaseKey.key,
            OutboxRecord.message_id,
            OutboxRecord.case_id,
            OutboxRecord.body,
            WireRecord.tried_at,
            WireRecord.mapped,
            WireRecord.mapped_size,
            WireRecord.losses,
        )
        .select_from(OutboxRecord)
        .join(CaseKey, CaseKey.owner == OutboxRecord.case_id)
        .join(WireRecord, same)
        .where(OutboxRecord.queue == partner_queue(code), OutboxRecord.withheld_at.is_(None))
        .where(WireRecord.mapped.is_not(None))
        .order_by(OutboxRecord.id.desc())
    )


def _out(config: Configuration, organisation: Organisation, translator: Connector, row: Any) -> Rehearsed:
    told: dict[str, Any] = {
        "direction": "out",
        "organisation": organisation.code,
        "message_id": row.message_id,
        "case_id": row.case_id,
    }
    try:
        message = Message.from_json(json.loads(row.body))
        writing = translator.write(message, address_book(config, organisation), row.tried_at)
    except (Refusal, *_BROKEN) as error:
        return Rehearsed(**told, verdict=REFUSED, refusal=_named(error))
    was, now = bytes(row.mapped), writing.payload.body
    if row.mapped_size > len(was):  # only its beginning was kept
        now = now[: len(was)]
    found = differences(was, now)
    lost = _new_losses(row.losses, writing.losses)
    return Rehearsed(**told, verdict=DIFFERS if found else SAME, found=found, lost=lost)


def _named(error: Exception) -> str:
    """Say what is wrong without a value: where a refusal stands in the partner's terms, of a fault its kind."""
    if isinstance(error, Refusal):
        return f"{error.code}: {error.message}" + (f" ({error.field})" if error.field else "")
    return f"malformed: the message can't be translated ({type(error).__name__})"


def _new_losses(was: Sequence[dict[str, str]] | None, now: Sequence[Loss]) -> tuple[str, ...]:
    known = {one["field"] for one in was or ()}
    return tuple(dict.fromkeys(loss.field for loss in now if loss.field not in known))


def rehearse_in(session: Session, config: Configuration, organisation: Organisation, last: int) -> list[Rehearsed]:
    """Read the last payloads of an organisation again, each at the moment when it came."""
    translator = connector(str(organisation.connector))
    kept = (
        select(CaseKey.key, Intake)
        .select_from(Intake)
        .join(CaseKey, CaseKey.owner == "intake:" + Intake.id)
        .where(Intake.organisation == organisation.code, Intake.connector == translator.name)
        .where(Intake.state != "duplicate")
        .order_by(Intake.received_at.desc(), Intake.id)
        .limit(last)
    )
    rows = [row for _key, row in session.execute(kept).all() if row.payload]
    return [_in(session, config, organisation, translator, row) for row in reversed(rows)]


def _in(
    session: Session, config: Configuration, organisation: Organisation, translator: Connector, row: Intake
) -> Rehearsed:
    told: dict[str, Any] = {
        "direction": "in",
        "organisation": organisation.code,
        "message_id": row.id,
        "case_id": _case_of(session, row.id),
    }
    was = list(_read_then(session, row.id))
    before = None if was else _refused_then(row)
    body_hash = hashlib.sha256(row.payload).hexdigest()
    try:
        payload = Payload(body=bytes(row.payload), content_type=row.content_type)
        reading = translator.read(payload, address_book(config, organisation), row.received_at)
        judge(session, organisation, translator, reading, body_hash, before=row.received_at)
        now = [message.to_json() for message in reading.messages]
    except (Refusal, *_BROKEN) as error:
        refusal = _named(error)
        return Rehearsed(**told, verdict=SAME if refusal == before else REFUSED, refusal=refusal)
    if row.reason_code == LINES_REFUSED:  # the good lines of the file have a row of their own
        same = lines_told(reading.rejected) == (row.reason, row.field) if reading.rejected else False
        return Rehearsed(**told, verdict=SAME if same else DIFFERS if reading.rejected else UNDERSTOOD, refusal=before)
    if before is not None:
        return Rehearsed(**told, verdict=UNDERSTOOD, refusal=before)
    found = differences(json.dumps(was).encode(), json.dumps(now).encode())
    lost = _new_losses(row.losses, reading.losses)
    return Rehearsed(**told, verdict=DIFFERS if found else SAME, found=found, lost=lost)


def _read_then(session: Session, intake_id: str) -> Iterator[Any]:
    """Give what a payload was read as when it came."""
    asked = select(OutboxRecord.body).where(OutboxRecord.queue == INBOX, OutboxRecord.message_id == intake_id)
    body = session.scalars(asked).one_or_none()
    if body:
        yield from json.loads(body)["messages"]


def _refused_then(row: Intake) -> str | None:
    """Give why a payload was refused when it came; nothing where it was read, and said nothing."""
    if row.state != "quarantined" or not row.reason_code:
        return None
    return f"{row.reason_code}: {row.reason}" + (f" ({row.field})" if row.field else "")


def _case_of(session: Session, intake_id: str) -> str | None:
    asked = (
        select(Referral.case_id)
        .join(InboxRecord, InboxRecord.referral_id == Referral.id)
        .where(InboxRecord.intake_id == intake_id)
        .limit(1)
    )
    return session.execute(asked).scalar_one_or_none()


def organisations_of(config: Configuration, name: str, code: str | None) -> list[Organisation]:
    """Give the organisations that speak through a connector, or the one of them that is named."""
    speaking = [one for one in config.organisations.values() if one.connector == name]
    return [one for one in speaking if code is None or one.code == code]
