"""Whom an error was sent to, and the message that corrects it there."""

import json
from dataclasses import replace

from sqlalchemy import select

from hub.models import Case, Correction, OutboxRecord, Referral
from hub.models import Client as ClientRecord
from hub.services.access.release import release_to, service_of
from hub.services.messages.outgoing import message_about
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.message import Client, Ground, Message, MessageData
from schemas.vocabulary import Basis, LifeDomain, MessageKind, Purpose, Status, Urgency


def received_the_error(work: UnitOfWork, asked: Correction) -> dict[str, Referral]:
    """Give the organisations that were sent this field, each with the referral by which it knows the client.

    A message whose body has gone by its term counts: nobody can show that the error was not in it.
    """
    query = (
        select(OutboxRecord.receiver, OutboxRecord.body, Referral)
        .join(Referral, Referral.id == OutboxRecord.referral_id)
        .where(
            Referral.case_id == asked.case_id,
            OutboxRecord.kind.in_(list(MessageKind)),
            OutboxRecord.receiver.is_not(None),
            OutboxRecord.receiver != asked.owner,
        )
        .order_by(OutboxRecord.id)
    )
    if asked.referral_id is not None:
        query = query.where(Referral.id == asked.referral_id)
    found: dict[str, Referral] = {}
    for receiver, body, referral in work.session.execute(query):
        data = json.loads(body).get("data", {}) if body else None
        holder = data if asked.referral_id is not None or data is None else data.get("client") or {}
        if holder is None or asked.field in holder:
            found[str(receiver)] = referral
    return found


def correcting_message(
    work: UnitOfWork,
    config: Configuration,
    asked: Correction,
    sender: str,
    receiver: str,
    referral: Referral,
    position: int,
) -> Message:
    """Give the message that corrects: the person, and to who received the referral also its words as they are now."""
    case = work.session.get_one(Case, asked.case_id)
    client = work.session.get_one(ClientRecord, case.client_id)
    data = MessageData(
        referral_id=referral.id,
        referral_number=referral.number,
        correlation=dict(referral.correlation),
        status=Status(referral.status),
        occurred_at=work.now,
        client=Client(**client.person),
        service=service_of(config, referral.service),
        starts_on=referral.created_at.date().isoformat(),
    )
    if receiver == referral.receiver:
        content = referral.content
        data = replace(
            data,
            life_domains=tuple(LifeDomain(one) for one in referral.life_domains),
            reason=content.get("reason"),
            client_words=content.get("client_words"),
            strengths=tuple(content.get("strengths") or ()),
            urgency=Urgency(referral.urgency),
            ground=Ground(basis=Basis(referral.basis), purpose=Purpose(referral.purpose), law=referral.law),
        )
    return message_about(
        work,
        config,
        referral,
        kind=MessageKind.CORRECTED,
        sender=sender,
        receiver=receiver,
        position=position,
        data=release_to(config, receiver, referral, data),
    )
