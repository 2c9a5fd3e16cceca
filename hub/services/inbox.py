"""What comes in, once: canonical messages of partners, applied by the same functions as a person's click."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub import telemetry
from hub.models import InboxRecord, Intake, OutboxRecord, Referral
from hub.rules import lifecycle
from hub.rules.audit import Deed, Outcome
from hub.services import assignments, audit, consents
from hub.services.case_keys import in_case, intake_owner
from hub.services.clients import find_case, find_case_of_bsn
from hub.services.delivery import apply_functional_receipt
from hub.services.erasure import check_not_erased, told_of_it
from hub.services.errors import Erased, Invalid, NotFound, NotNow, ServiceError, StateForbids
from hub.services.intake import Received, Result, settle
from hub.services.referrals import load_for_change, record_event, send_referral
from hub.services.retractions import take_back
from hub.services.same_person import may_be_same
from hub.services.timeline import NewEntry, nudge, write_entries
from hub.services.views import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.consent import NewConsent
from schemas.message import Coded, Ground, Message
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import (
    EVENT_OF_KIND,
    Basis,
    ConsentKind,
    Delivery,
    Event,
    LifeDomain,
    MessageKind,
    Purpose,
    Status,
    Urgency,
)

_REFERRALS = table_of(Referral)
_NOTHING_FITS = "No referral of this organisation fits this message."
_CASE_OF = select(_REFERRALS.c.case_id).where(_REFERRALS.c.id == bindparam("referral_id"))
_PATIENCE = dt.timedelta(minutes=15)
"""How long a message about what is not known here waits at most for what came before it."""


def receive_all(
    work: UnitOfWork, config: Configuration, organisation: str, messages: Sequence[Message], intake_id: str
) -> None:
    """Take all messages of one payload in, and after the last of them what waited for what they brought."""
    brought: dict[str, None] = {}
    done = []
    results: list[Received] = []
    for message in messages:
        received = receive(work, config, organisation, message, intake_id)
        results.append(received)
        telemetry.RECEIVED.labels(received.result).inc()
        if received.result is Result.APPLIED and received.referral_id is not None:
            brought[received.referral_id] = None
        done.append(_told(work, config, organisation, message, received))
    # What was here before comes first: a payload is a duplicate only where nothing in it was new.
    for received in sorted(results, key=lambda one: one.result is not Result.DUPLICATE):
        settle(work, intake_id, received)
    audit.write(work, audit.occasion(config, "inbox"), done)
    for referral_id in brought:
        heal(work, config, referral_id)
    if brought:
        heal_unknown(work, config, organisation)


def _told(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, received: Received
) -> audit.Entry:
    """Give what is kept of a partner's message: whose system said it, about whom, and what became of it."""
    case_id = None
    if received.referral_id is not None:
        case_id = work.execute(_CASE_OF, {"referral_id": received.referral_id}).scalar_one_or_none()
    return audit.Entry(
        viewer=_machine(config, organisation),
        deed=Deed.MESSAGE_APPLY,
        case_id=case_id,
        objects=(received.referral_id,) if received.referral_id else (),
        outcome=Outcome.DENIED if received.result is Result.REFUSED else Outcome.OK,
        detail=f"{message.kind.value.rpartition('.')[2]}:{received.result}",
    )


def receive(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, intake_id: str | None = None
) -> Received:
    """Take one message of an organisation in: the first time it has its effect, later it has none.

    A message that is too early waits for what must come first; one that can't be applied is refused with a reason and
    kept for a person.
    """
    body = json.dumps(message.to_json(), ensure_ascii=False, sort_keys=True).encode()
    body_hash = hashlib.sha256(body).hexdigest()
    known = _first_time(work, organisation, message, body_hash, body, intake_id)
    if known is not None:
        if known.body_hash == body_hash:
            return Received(result=Result.DUPLICATE, referral_id=known.referral_id)
        return Received(result=Result.REFUSED, reason="The same message id came before with another content.")
    received = _apply(work, config, organisation, message, intake_id)
    _remember(work, organisation, message.id, received)
    return received


def _first_time(
    work: UnitOfWork, organisation: str, message: Message, body_hash: str, body: bytes, intake_id: str | None
) -> Any:
    """Insert the memory of this message; give the earlier one where there is one."""
    insert: Any = sqlite_insert if work.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    first = work.session.execute(
        insert(InboxRecord)
        .values(
            sender=organisation,
            message_id=message.id,
            body_hash=body_hash,
            state=Result.WAITING,
            intake_id=intake_id,
            body=in_case(work, intake_owner(intake_id or message.id), body),
            received_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(InboxRecord.message_id)
    ).scalar_one_or_none()
    if first is not None:
        return None
    return work.session.execute(
        select(InboxRecord.body_hash, InboxRecord.referral_id).where(
            InboxRecord.sender == organisation, InboxRecord.message_id == message.id
        )
    ).one()


def _remember(work: UnitOfWork, organisation: str, message_id: str, received: Received) -> None:
    keep = received.keep and received.result in (Result.WAITING, Result.REFUSED)
    values: dict[str, Any] = {
        "state": received.result,
        "referral_id": received.referral_id,
        "reason": received.reason and received.reason[:300],
    }
    if not keep:
        values["body"] = None
    work.session.execute(
        update(InboxRecord)
        .where(InboxRecord.sender == organisation, InboxRecord.message_id == message_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _apply(
    work: UnitOfWork, config: Configuration, organisation: str, message: Message, intake_id: str | None
) -> Received:
    try:
        check_not_erased(work, message.data.referral_id, message.data.referral_number)
        try:
            return _applied(work, config, organisation, message)
        except NotFound:
            if _may_be_on_its_way(work, organisation, message, intake_id):
                return Received(result=Result.WAITING, reason="Waits for what came before it.")
            return _applied(work, config, organisation, message)  # what it is about may be here since a moment ago
    except Erased as error:
        told = told_of_it(work, organisation, message.data.referral_id, message.data.referral_number)
        return Received(result=Result.REFUSED, reason=error.message if told else _NOTHING_FITS, keep=False, told=told)
    except ServiceError as error:
        return Received(result=Result.REFUSED, reason=error.message)


def _applied(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    if message.kind.is_receipt:
        return _apply_receipt(work, organisation, message)
    if message.kind is MessageKind.SENT:
        return _apply_new(work, config, organisation, message)
    return _apply_event(work, config, organisation, message)


def _may_be_on_its_way(work: UnitOfWork, organisation: str, message: Message, intake_id: str | None) -> bool:
    """Whether what a message is about may not be here yet.

    A new case goes by its client and its first step by a key alone, so the two have lanes of their own; and a partner's
    system may say that it understood a message before our own connector could tell that it was handed over.
    """
    came = work.session.execute(select(Intake.received_at).where(Intake.id == intake_id)).scalar_one_or_none()
    if came is None or came < work.now - _PATIENCE:
        return False
    if message.kind.is_receipt:
        untold = OutboxRecord.state.in_((Delivery.UNDER_WAY, Delivery.UNKNOWN))
        before = select(OutboxRecord.id).where(OutboxRecord.receiver == organisation, OutboxRecord.open, untold)
        return work.session.execute(before.limit(1)).first() is not None
    unread = (Intake.state == "received") & (Intake.received_at <= came) & (Intake.id != intake_id)
    earlier = select(Intake.id).where(Intake.organisation == organisation, unread)
    return work.session.execute(earlier.limit(1)).first() is not None


def _apply_receipt(work: UnitOfWork, organisation: str, message: Message) -> Received:
    receipt = message.data.receipt
    if receipt is None:
        raise Invalid("A receipt without a reference.")
    referral_id = apply_functional_receipt(
        work,
        organisation,
        receipt.reference,
        refused=message.kind is MessageKind.REFUSED,
        codes=[{"code": code.code, "system": code.system or ""} for code in receipt.codes],
    )
    return Received(result=Result.APPLIED, referral_id=referral_id)


def _machine(config: Configuration, organisation: str) -> Viewer:
    known = config.organisation(organisation)
    name = known.name if known is not None else organisation
    return Viewer(
        id=organisation,
        name=name,
        organisation=organisation,
        organisation_name=name,
        role="machine",
        purpose=Purpose.GUIDANCE,
    )


def _apply_new(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    """A partner refers to us: the desk of the municipality receives what is addressed to the municipality."""
    data = message.data
    if data.client is None or data.client.bsn is None or data.client.family_name is None:
        raise Invalid("A referral without a client that we can find.")
    to = message.receiver
    if config.organisation(to) is None or to == config.municipality.code:
        to = config.desk
    if assignments.is_snapshot(data) and (known := assignments.known_as(work, config, organisation, to, message)):
        assignments.told_again(work, known, message)
        assignments.vanish(work, config, organisation, to, message)
        return Received(result=Result.APPLIED, referral_id=known)
    new = NewReferral(
        to=to,
        service=_service_of(config, to, data.service),
        client=replace(data.client, reference=None),  # the partner's own key would tell others who knows this client
        life_domains=data.life_domains or (LifeDomain.DAYTIME_ACTIVITIES,),
        reason=data.reason or data.note or "(zonder toelichting)",
        client_words=data.client_words,
        strengths=data.strengths,
        urgency=data.urgency or Urgency.ROUTINE,
        ground=data.ground or Ground(basis=Basis.PUBLIC_TASK, law="wmo_2015", purpose=Purpose.GUIDANCE),
    )
    # What the desk's own system registers (who reported there) the municipality refers: nobody refers to himself.
    sender = config.municipality.code if to == organisation else organisation
    referral = send_referral(work, config, _machine(config, sender), new, correlation=dict(data.correlation) or None)
    if assignments.is_snapshot(data):
        assignments.keep_terms(work, referral.id, message)
        assignments.vanish(work, config, organisation, to, message)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _service_of(config: Configuration, to: str, told: Coded | None) -> str | None:
    """Give the service that a partner asks for in our own words, where its receiver offers it."""
    known = config.services.get(told.code) if told is not None and told.system == "schakel" else None
    return known.code if known is not None and known.organisation == to else None


def _apply_event(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Received:
    referral = find_referral(work, config, organisation, message)
    if message.kind in (MessageKind.CORRECTED, MessageKind.ERASED):
        raise Invalid("A partner asks for a correction or an erasure through a person of the municipality.")
    special = _SPECIAL.get(message.kind)
    if special is not None:
        return special(work, config, organisation, referral, message)
    data = message.data
    event = data.event or message_event(message)
    status = Status(referral.status)
    event = lifecycle.meant(status, event)
    if lifecycle.already_there(status, event):
        return Received(result=Result.APPLIED, referral_id=referral.id)
    reason = data.status_reason
    try:
        record_event(
            work,
            config,
            _machine(config, _speaker(config, organisation, referral, event)),
            referral,
            NewEvent(event=event, note=data.note, at=data.occurred_at, outcome=data.outcome),
            implies=data.implies,
            status_reason=reason,
        )
    except StateForbids as error:
        if lifecycle.may_fit_later(status, event):
            return Received(result=Result.WAITING, referral_id=referral.id, reason="Waits for what must come first.")
        return Received(result=Result.REFUSED, referral_id=referral.id, reason=error.message)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _speaker(config: Configuration, organisation: str, referral: Referral, event: Event) -> str:
    """Give for whom an organisation's system speaks: the desk's withdraws and answers for the municipality too."""
    for_sender = event in (Event.WITHDRAW, Event.ANSWER, Event.MARK_ERROR)
    registered_here = organisation == config.desk == referral.receiver and referral.sender == config.municipality.code
    return config.municipality.code if for_sender and registered_here else organisation


def message_event(message: Message) -> Event:
    """Give the event that a message's kind tells of."""
    return EVENT_OF_KIND[message.kind]


def _apply_withdrawal(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A sender tells that the client withdrew: what it shared for this purpose ends at once, as by a click."""
    if organisation != referral.sender:
        raise Invalid("Only who shared can tell that the consent was withdrawn.")
    if referral.ground_ended_at is None:
        said = NewConsent(
            to=referral.receiver,
            kind=ConsentKind.WITHDRAWN,
            purpose=Purpose(referral.purpose),
            evidence=message.data.note,
            at=message.data.occurred_at,
        )
        consents.register(work, config, _machine(config, organisation), referral.case_id, said)
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _apply_retraction(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A partner takes back a step that it told by mistake; one that is not here yet is waited for."""
    data = message.data
    if data.event is None:
        raise Invalid("A message that takes a step back names the step.")
    try:
        take_back(
            work,
            config,
            _machine(config, organisation),
            referral,
            data.event,
            at=data.occurred_at,
            status_reason=data.status_reason,
        )
    except NotNow:
        return Received(result=Result.WAITING, referral_id=referral.id, reason="Waits for what must come first.")
    return Received(result=Result.APPLIED, referral_id=referral.id)


def _apply_change_request(
    work: UnitOfWork, config: Configuration, organisation: str, referral: Referral, message: Message
) -> Received:
    """A partner asks to change what was assigned: people decide, so it is put before them and changes no state."""
    known = config.organisation(organisation)
    entry = NewEntry(
        kind="change_requested",
        actor=known.name if known else organisation,
        organisation=organisation,
        referral_id=referral.id,
        data={"note": message.data.note} if message.data.note else None,
    )
    nudge(work, referral.case_id, write_entries(work, referral.case_id, [entry]))
    return Received(result=Result.APPLIED, referral_id=referral.id)


_SPECIAL: dict[MessageKind, Callable[[UnitOfWork, Configuration, str, Referral, Message], Received]] = {
    MessageKind.CONSENT_WITHDRAWN: _apply_withdrawal,
    MessageKind.CHANGE_REQUESTED: _apply_change_request,
    MessageKind.STEP_RETRACTED: _apply_retraction,
}


def find_referral(work: UnitOfWork, config: Configuration, organisation: str, message: Message) -> Referral:
    """Find the referral a partner's message is about, under its row lock; only one that this partner has part in.

    By our id, by our number, by the partner's own references, and last by client where exactly one open referral with
    this partner is left. ``NotFound`` where none fits.
    """
    data = message.data
    ours = (Referral.receiver == organisation) | (Referral.sender == organisation)
    wheres: list[Any] = []
    if data.referral_id is not None:
        wheres.append(Referral.id == data.referral_id)
    if data.referral_number is not None:
        wheres.append(Referral.number == data.referral_number)
    for where in wheres:
        found = work.session.execute(select(Referral.id, Referral.case_id).where(where, ours)).one_or_none()
        if found is not None and _same_person(work, config, found.case_id, message):
            return load_for_change(work, found.id)
    for referral_id in _by_client(work, config, ours, message):
        return load_for_change(work, referral_id)
    raise NotFound(_NOTHING_FITS)


def _same_person(work: UnitOfWork, config: Configuration, case_id: str, message: Message) -> bool:
    """Whether number and person agree: a wrong number must never touch another person's referral.

    Without a citizen service number the name and birth date tell, where the message gives them.
    """
    client = message.data.client
    if client is None:
        return True
    if client.bsn is None:
        return may_be_same(find_case(work, case_id).person, client)
    case = find_case_of_bsn(work.session, config.municipality.code, client.bsn)
    return case is not None and case.id == case_id


def _by_client(work: UnitOfWork, config: Configuration, ours: Any, message: Message) -> list[str]:
    """Give the one open referral of this client with this partner that the partner's own references do not exclude."""
    client = message.data.client
    case = client and client.bsn and find_case_of_bsn(work.session, config.municipality.code, client.bsn)
    query = select(Referral.id, Referral.correlation, Referral.status, Referral.case_id).where(ours)
    if case:
        rows = work.session.execute(query.where(Referral.case_id == case.id)).all()
    elif message.data.correlation:
        # A message without a client (iWmo 319) is found by the partner's own reference alone.
        rows = work.session.execute(query.order_by(Referral.number.desc()).limit(5000)).all()
    else:
        return []
    told = set(message.data.correlation.items())
    exact = [row for row in rows if told & set(row.correlation.items())]
    if exact or not case:
        return [row.id for row in exact[:1] if _same_person(work, config, row.case_id, message)]
    still_open = [row.id for row in rows if Status(row.status) in lifecycle.OPEN]
    return still_open if len(still_open) == 1 else []


def heal(work: UnitOfWork, config: Configuration, referral_id: str) -> None:
    """Try what waited for this referral again, oldest first, until nothing more fits."""
    _try_waiting(work, config, InboxRecord.referral_id == referral_id)


def heal_unknown(work: UnitOfWork, config: Configuration, organisation: str) -> None:
    """Try what an organisation said of what was not known yet again, oldest first."""
    _try_waiting(work, config, InboxRecord.referral_id.is_(None) & (InboxRecord.sender == organisation))


def _try_waiting(work: UnitOfWork, config: Configuration, which: ColumnElement[bool]) -> None:
    # Passed over where another worker has them: it waits for the same referral, and will see what we bring.
    query = (
        select(InboxRecord.sender, InboxRecord.message_id, InboxRecord.body, InboxRecord.intake_id)
        .where(which, InboxRecord.state == Result.WAITING)
        .order_by(InboxRecord.received_at)
        .with_for_update(skip_locked=True)
    )
    while any(_try_again(work, config, row) for row in work.session.execute(query).all()):
        pass


def _try_again(work: UnitOfWork, config: Configuration, row: Any) -> bool:
    """Try a message that waited once more; whether it waits no longer."""
    assert row.body is not None  # kept for as long as it waits
    if getattr(row.body, "erased", False):
        return False  # its case was erased while it waited
    received = _apply(work, config, row.sender, Message.from_json(json.loads(row.body)), row.intake_id)
    if received.result is Result.WAITING and received.referral_id is None:
        return False
    _remember(work, row.sender, row.message_id, received)
    if received.result is Result.WAITING:
        return False  # now it is known what it is about; that is tried by itself
    if row.intake_id is not None:
        settle(work, row.intake_id, received)
    return True


def waiting_referrals(session: Session, limit: int = 100) -> list[str]:
    """Give the referrals for which a message waits: a person's click may have brought what it waited for."""
    return list(
        session.scalars(
            select(InboxRecord.referral_id)
            .where(InboxRecord.state == Result.WAITING, InboxRecord.referral_id.is_not(None))
            .distinct()
            .limit(limit)
        )
    )


def waiting_unknown(session: Session) -> list[str]:
    """Give the organisations of which a message waits for what is not known yet."""
    waits = (InboxRecord.state == Result.WAITING) & InboxRecord.referral_id.is_(None)
    return list(session.scalars(select(InboxRecord.sender).where(waits).distinct()))
