"""Payloads of partners: kept byte for byte, understood once, and seen by a person where they can't be."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

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
from hub.broker.protocol import INBOX
from hub.models import Intake, OutboxRecord
from hub.services.messages import fetch_orders
from hub.services.messages.address_book import address_book
from hub.services.messages.intake_checks import judge
from hub.services.record import case_keys
from hub.services.record.case_keys import in_case, intake_owner
from hub.settings import Configuration, Organisation
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.message import Message
from schemas.vocabulary import Delivery


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
