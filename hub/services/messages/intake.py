"""Payloads of partners: kept byte for byte, understood once, and seen by a person where they can't be."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import (
    FETCHED_BY,
    AddressBook,
    Connector,
    Payload,
    Reading,
    Rejected,
    Verdict,
)
from connectors.registry import connector
from hub.broker.protocol import INBOX
from hub.models import Intake, OutboxRecord
from hub.services.errors import Erased, NotFound
from hub.services.messages import fetch_orders
from hub.services.messages.address_book import address_book
from hub.services.record import case_keys
from hub.services.record.case_keys import in_case, intake_owner
from hub.services.record.removal import blank_payloads
from hub.settings import Configuration, Organisation
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.message import Message, ValidationError
from schemas.vocabulary import Delivery


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


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What is answered to who brought a payload. ``rejected`` are the lines of a file that were not taken."""

    intake_id: str
    state: str
    answer: Payload | None
    refusal: Refusal | None = None
    rejected: tuple[Rejected, ...] = ()


LINES_REFUSED = "lines_refused"
"""Why a file lies in quarantine of which some lines were taken: the reason code of the row for the others."""


def take_in(
    work: UnitOfWork,
    config: Configuration,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    *,
    lines_again: bool = False,
) -> Taken:
    """Keep a payload, read it, and put what it says in the outbox for our inbox: one commit, then the answer.

    The same payload again gives the first answer and changes nothing; the same identification with other content, and
    what can't be understood, is refused in the dialect's own terms and kept in quarantine. Of a file of lines the good
    ones go on, and the file is kept in quarantine for the others. ``lines_again``: a person has such a file read once
    more; what it said before has no second effect, for each line keeps its id.
    """
    book = address_book(config, organisation)
    body_hash = hashlib.sha256(payload.body).hexdigest()
    try:
        reading = translator.read(payload, book, work.now)
        if reading.wanted and FETCHED_BY in payload.headers:
            raise Refusal(RefusalCode.NOT_ALLOWED, "What was fetched only announces something else.")
        earlier = judge(work.session, organisation, translator, reading, None if lines_again else body_hash)
        if earlier is not None and earlier.state != "quarantined":
            return _again(work, organisation, translator, payload, reading, earlier)
    except Refusal as refusal:
        return _quarantine(work, organisation, translator, payload, book, refusal)
    if reading.rejected:
        _keep_lines(work, organisation, translator, payload, reading.rejected)
    return _accept(work, organisation, translator, payload, book, reading)


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


def lines_told(rejected: Sequence[Rejected]) -> tuple[str, str]:
    """Give how many lines could not be read and why the first, and the places of all; never a value."""
    places = ", ".join(one.field for one in rejected)
    return f"{len(rejected)} lines could not be read. The first: {rejected[0].message}"[:500], places[:300]


def _keep_lines(
    work: UnitOfWork,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    rejected: Sequence[Rejected],
) -> None:
    """Put a file before a person for the lines that could not be read; the fields name the first of them."""
    reason, field = lines_told(rejected)
    _insert(
        work,
        organisation,
        translator,
        payload,
        None,
        state="quarantined",
        identification=_of_file(payload),
        reason_code=LINES_REFUSED,
        reason=reason,
        field=field,
    )


def put_aside(
    work: UnitOfWork,
    config: Configuration,
    organisation: Organisation,
    translator: Connector,
    refusal: Refusal,
    name: str | None = None,
) -> Taken:
    """Put something that was refused unread before a person; its bytes stay where the partner's file was moved to."""
    payload = Payload(body=b"", content_type="application/octet-stream", name=name)
    return _quarantine(work, organisation, translator, payload, address_book(config, organisation), refusal)


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


OF_FILE = "file:"
"""Before the name that we gave a dropped file: what identifies a payload that could not be read."""


def _of_file(payload: Payload) -> str | None:
    return payload.name and f"{OF_FILE}{payload.name}"[:200]


def _insert(
    work: UnitOfWork,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    answer: Payload | None,
    **values: Any,
) -> str:
    intake_id = new_id()
    whose = intake_owner(intake_id)
    case_keys.make(work, whose)
    work.session.execute(
        insert(Intake).values(
            id=intake_id,
            organisation=organisation.code,
            connector=translator.name,
            body_hash=hashlib.sha256(payload.body).hexdigest(),
            content_type=payload.content_type[:120],
            payload=in_case(work, whose, payload.body),
            answer=answer and in_case(work, whose, answer.body),
            answer_type=answer and answer.content_type,
            received_at=work.now,
            **{"referral_ids": [], **values},
        )
    )
    return intake_id


def _again(
    work: UnitOfWork,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    reading: Reading,
    earlier: Any,
) -> Taken:
    """Give the first answer again (a duplicate gets the same receipt), and count it as a duplicate."""
    answer = None
    if earlier.answer is not None:
        answer = Payload(body=earlier.answer, content_type=earlier.answer_type)
    intake_id = _insert(
        work,
        organisation,
        translator,
        payload,
        answer,
        state="duplicate",
        identification=reading.identification,
        referral_ids=earlier.referral_ids,
    )
    return Taken(intake_id=intake_id, state="duplicate", answer=answer)


def _quarantine(
    work: UnitOfWork,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    book: AddressBook,
    refusal: Refusal,
) -> Taken:
    answer = translator.acknowledge(payload, Verdict.REFUSED, refusal, book, work.now)
    intake_id = _insert(
        work,
        organisation,
        translator,
        payload,
        answer,
        state="quarantined",
        identification=_of_file(payload),
        reason_code=refusal.code,
        reason=refusal.message[:500],
        field=refusal.field and refusal.field[:300],
        dialect_code=refusal.dialect_code,
    )
    return Taken(intake_id=intake_id, state="quarantined", answer=answer, refusal=refusal)


def _accept(
    work: UnitOfWork,
    organisation: Organisation,
    translator: Connector,
    payload: Payload,
    book: AddressBook,
    reading: Reading,
) -> Taken:
    answer = translator.acknowledge(payload, Verdict.ACCEPTED, None, book, work.now)
    state = "received" if reading.messages or reading.wanted else "applied"  # what tells us nothing is done at once
    intake_id = _insert(
        work,
        organisation,
        translator,
        payload,
        answer,
        state=state,
        identification=reading.identification,
        open_messages=len(reading.messages),
        losses=[{"field": loss.field, "why": loss.why} for loss in reading.losses] or None,
    )
    if reading.messages:
        work.session.execute(insert(OutboxRecord), [_inbox_row(work, organisation, intake_id, reading.messages)])
        work.wake_relay()
    if reading.wanted:
        fetch_orders.put_orders(work, organisation.code, intake_id, reading.wanted)
    return Taken(intake_id=intake_id, state=state, answer=answer, rejected=reading.rejected)


def _inbox_row(
    work: UnitOfWork, organisation: Organisation, intake_id: str, messages: Sequence[Message]
) -> dict[str, Any]:
    """Give the row that carries a payload's messages to our own inbox; one lane per client keeps a partner's order.

    What is about several clients has the lane of the organisation: its files stay in their own order.
    """
    about = {_about(work, message) for message in messages}
    lane_of = about.pop() if len(about) == 1 else ""
    lane = hashlib.sha256(f"{organisation.code}\x1f{lane_of}".encode()).hexdigest()[:32]
    document = {
        "organisation": organisation.code,
        "intake_id": intake_id,
        "messages": [message.to_json() for message in messages],
    }
    return {
        "message_id": intake_id,
        "queue": INBOX,
        "lane": f"in|{lane}",
        "kind": "intake",
        "body": in_case(work, intake_owner(intake_id), json.dumps(document, ensure_ascii=False).encode()),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": work.now,
        "created_at": work.now,
    }


def _about(work: UnitOfWork, message: Message) -> str:
    """Give what tells a client's messages apart from another's; the hash of the lane hides a BSN."""
    data = message.data
    if data.client is not None and data.client.bsn is not None:
        return case_keys.bsn_index(work, "lane", data.client.bsn)
    return str(data.referral_id or data.referral_number or sorted(data.correlation.values()) or message.id)


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


def handle(work: UnitOfWork, intake_id: str, by: str, how: str) -> None:
    """Let a person close a quarantined payload with a reason; the payload stays."""
    done = work.session.execute(
        update(Intake)
        .where(Intake.id == intake_id, Intake.state.in_(("quarantined", "waiting")), Intake.handled_at.is_(None))
        .values(handled_at=work.now, handled_by=by, handled_how=how[:500])
        .returning(Intake.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if done is None:
        raise NotFound("There is no such payload to handle.")


def read_again(work: UnitOfWork, config: Configuration, intake_id: str, by: str) -> Taken:
    """Read a quarantined payload once more, after its cause was mended; the old row closes, a new one tells all."""
    row = work.session.execute(select(Intake).where(Intake.id == intake_id)).scalar_one_or_none()
    organisation = config.organisation(row.organisation) if row is not None else None
    if row is None or organisation is None or row.state != "quarantined" or row.handled_at is not None:
        raise NotFound("There is no such payload to read again.")
    if getattr(row.payload, "erased", False):
        raise Erased("This payload was erased.")
    handle(work, intake_id, by, "opnieuw gelezen")
    payload = Payload(body=row.payload, content_type=row.content_type)
    work.session.execute(
        update(Intake)
        .where(Intake.id == intake_id)
        .values(identification=None)
        .execution_options(synchronize_session=False)
    )
    taken = take_in(
        work,
        config,
        organisation,
        connector(row.connector),
        payload,
        lines_again=row.reason_code == LINES_REFUSED,
    )
    work.execute(update(Intake).where(Intake.id == taken.intake_id).values(signature=row.signature))
    return taken
