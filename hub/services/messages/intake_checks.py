"""What the hub takes from no dialect, and what was brought before."""

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import (
    Connector,
    Reading,
)
from hub.models import Intake
from hub.settings import Organisation
from schemas.message import Message, ValidationError


def judge(
    session: Session,
    organisation: Organisation,
    translator: Connector,
    reading: Reading,
    body_hash: str | None,
    *,
    before: dt.datetime | None = None,
) -> Any:
    """Give the earlier payload with the same identification and content; refuse what the hub takes from no dialect.

    Without ``body_hash`` no earlier one is looked for; ``before`` a moment: only what came until then.
    """
    _check_senders(organisation, reading)
    _check_messages(reading)
    if body_hash is None:
        return None
    earlier = _earlier(session, organisation.code, reading.identification, before)
    if earlier is not None and earlier.body_hash != body_hash:
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "This identification was used before, for another message.",
            dialect_code=translator.duplicate_code,
        )
    return earlier


def _check_senders(organisation: Organisation, reading: Reading) -> None:
    """Refuse what another organisation would have said: the credential decides who speaks, not the payload."""
    if any(message.sender != organisation.code for message in reading.messages):
        raise Refusal(RefusalCode.NOT_ALLOWED, "The sender in the message is not the organisation that brought it.")


def _check_messages(reading: Reading) -> None:
    """Refuse at the door what our own inbox could not read later: after a 202 it would be stuck inside."""
    for message in reading.messages:
        try:
            Message.from_json(message.to_json())
        except ValidationError as error:
            path = ".".join(_first_path(error.messages))
            raise Refusal(RefusalCode.MALFORMED, "A value can't be used.", field=path or None) from error


def _first_path(messages: Any) -> list[str]:
    """Give the way to the first wrong field in marshmallow's messages."""
    path = []
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        path.append(str(name))
    return path


def _earlier(session: Session, organisation: str, identification: str, before: dt.datetime | None) -> Any:
    query = (
        select(Intake.id, Intake.body_hash, Intake.state, Intake.answer, Intake.answer_type, Intake.referral_ids)
        .where(Intake.organisation == organisation, Intake.identification == identification)
        .where(Intake.state != "duplicate")
        .order_by(Intake.received_at)
        .limit(1)
    )
    if before is not None:
        query = query.where(Intake.received_at <= before)
    return session.execute(query).one_or_none()
