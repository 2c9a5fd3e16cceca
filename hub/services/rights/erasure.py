"""Erase a case on request (AVG article 17): asked by one person, decided by another, refused where a law says keep."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from hub.broker.protocol import INBOX, partner_queue
from hub.models import Case, Erasure, InboxRecord, LegalHold, OutboxRecord, Referral, Tombstone
from hub.models.columns import IdsOnly
from hub.rules.lifecycle import ENDED
from hub.rules.retention import Duty, Running, duties
from hub.services.errors import Erased, Forbidden, NotFound, NotNow
from hub.services.record.removal import reach_of, remove_case
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.outbox import NUDGE
from hub.store.tables import table_of
from schemas.identifiers import derived_id, new_id, short_reference
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import Delivery, MessageKind, Status

_OUTBOX = table_of(OutboxRecord)
ASKED, REFUSED, DONE = "asked", "refused", "done"
PRIVACY_OFFICER = "privacy_officer"


def ask(work: UnitOfWork, actor: Viewer, case_id: str) -> Erasure:
    """Put a client's request before the privacy officer; a request that still stands is given again.

    ``NotFound`` for whoever is not the case director of this client, nor the privacy officer.
    """
    case = work.session.scalars(select(Case).where(Case.id == case_id).with_for_update()).one_or_none()
    if case is None or (actor.id != case.regisseur_id and actor.role != PRIVACY_OFFICER):
        raise NotFound("There is no such case.")
    standing = select(Erasure).where(Erasure.case_id == case_id, Erasure.state == ASKED)
    found = work.session.scalars(standing).one_or_none()
    if found is not None:
        return found
    made = Erasure(id=new_id(), case_id=case_id, state=ASKED, asked_by=actor.id, asked_at=work.now)
    work.session.add(made)
    work.session.flush()
    return made


def duties_of(session: Session, case_id: str, now: Any) -> tuple[Duty, ...]:
    """Give what forbids to erase this case now."""
    held = session.execute(
        select(LegalHold.id).where(LegalHold.case_id == case_id, LegalHold.lifted_at.is_(None)).limit(1)
    ).first()
    rows = session.execute(
        select(Referral.basis, Referral.law, Referral.status, Referral.changed_at)
        .where(Referral.case_id == case_id)
        .order_by(Referral.number)
    )
    running = [
        Running(basis=row.basis, law=row.law, ended_at=row.changed_at if Status(row.status) in ENDED else None)
        for row in rows
    ]
    return duties(running, held=held is not None, now=now)


def decide(work: UnitOfWork, config: Configuration, actor: Viewer, erasure_id: str) -> Erasure:
    """Erase, or refuse with the law and the date; the privacy officer decides, and never on an own request.

    ``NotNow`` while a message of the case is with the broker: it could still be delivered after its erasure.
    """
    if actor.role != PRIVACY_OFFICER:
        raise NotFound("There is no such request.")
    asked = work.session.scalars(select(Erasure).where(Erasure.id == erasure_id).with_for_update()).one_or_none()
    if asked is None or asked.state != ASKED:
        raise NotFound("There is no such request.")
    if asked.asked_by == actor.id:
        raise Forbidden("Whoever asked for an erasure does not decide on it.")
    found = duties_of(work.session, asked.case_id, work.now)
    asked.decided_by, asked.decided_at = actor.id, work.now
    if found:
        asked.state = REFUSED
        asked.duties = [
            {"law": one.law, "why": one.why, "until": one.until.isoformat() if one.until else ""} for one in found
        ]
    else:
        reach = reach_of(work, asked.case_id)
        _check_still(work, reach.case_id, reach.referral_ids, reach.intakes)
        notices = _notices(work, config, reach.case_id)
        asked.removed = remove_case(work, reach, "erasure")
        asked.told, asked.state = sorted({str(one["receiver"]) for one in notices}), DONE
        if notices:
            work.execute(insert(_OUTBOX), notices)
            work.wake_relay()
    work.session.flush()
    return asked


def _check_still(work: UnitOfWork, case_id: str, referral_ids: list[str], intakes: Iterable[str]) -> None:
    ours = (_OUTBOX.c.case_id == case_id) | _OUTBOX.c.referral_id.in_(referral_ids)
    inward = (_OUTBOX.c.queue == INBOX) & _OUTBOX.c.message_id.in_(list(intakes))
    under_way = select(_OUTBOX.c.id).where(
        ours | inward, _OUTBOX.c.open, _OUTBOX.c.kind != NUDGE, _OUTBOX.c.state == Delivery.UNDER_WAY
    )
    if work.execute(under_way.limit(1)).first() is not None:
        raise NotNow("A message of this case is under way. Try again when it was delivered, or close it first.")


def _notices(work: UnitOfWork, config: Configuration, case_id: str) -> list[dict[str, Any]]:
    """Give a notice for each organisation that got something about each referral: its references, and no person."""
    rows = work.session.execute(
        select(OutboxRecord.receiver, Referral.id, Referral.number, Referral.correlation)
        .join(Referral, Referral.id == OutboxRecord.referral_id)
        .where(
            Referral.case_id == case_id,
            OutboxRecord.receiver.is_not(None),
            OutboxRecord.delivered_at.is_not(None),
            OutboxRecord.kind.in_(list(MessageKind)),
        )
        .order_by(Referral.number)
    ).all()
    found = {(row.receiver, row.id): row for row in rows if _has_system(config, row.receiver)}
    return [_notice(work, config, case_id, row) for row in found.values()]


def _has_system(config: Configuration, code: str) -> bool:
    organisation = config.organisation(code)
    return organisation is not None and organisation.transport is not None


def _notice(work: UnitOfWork, config: Configuration, case_id: str, row: Any) -> dict[str, Any]:
    message = Message(
        id=derived_id("erased", row.id, row.receiver),
        kind=MessageKind.ERASED,
        source=source_of(config.municipality.oin),
        time=work.now,
        sender=config.municipality.code,
        receiver=row.receiver,
        subject=case_id,
        data=MessageData(
            referral_id=row.id, referral_number=row.number, correlation=dict(row.correlation), occurred_at=work.now
        ),
    )
    return {
        "message_id": message.id,
        "queue": partner_queue(row.receiver),
        "lane": f"erased|{row.id}|{row.receiver}",
        "kind": message.kind,
        "case_id": None,
        "referral_id": None,
        "receiver": row.receiver,
        "reference": short_reference(message.id),
        "body": IdsOnly(json.dumps(message.to_json()).encode()),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": work.now,
        "created_at": work.now,
    }


def check_not_erased(work: UnitOfWork, referral_id: str | None, number: int | None) -> None:
    """Refuse what comes about something that was removed: ``Erased``. It must not revive, nor be kept again."""
    for where in _named(referral_id, number):
        stone = select(Tombstone.reference).where(where, Tombstone.kind == "referral").limit(1)
        if work.session.execute(stone).first() is not None:
            raise Erased("What this message is about was erased.")


def told_of_it(work: UnitOfWork, organisation: str, referral_id: str | None, number: int | None) -> bool:
    """Whether an organisation ever told of what was removed: to any other it must be as if it had never been."""
    stone = (InboxRecord.referral_id == Tombstone.reference) & (Tombstone.kind == "referral")
    mine = (InboxRecord.sender == organisation) & (InboxRecord.state == "applied")
    asked = [
        select(InboxRecord.message_id).join(Tombstone, stone).where(where, mine).limit(1)
        for where in _named(referral_id, number)
    ]
    return any(work.session.execute(one).first() is not None for one in asked)


def _named(referral_id: str | None, number: int | None) -> Iterator[ColumnElement[bool]]:
    if referral_id is not None:
        yield Tombstone.reference == referral_id
    if number is not None:
        yield Tombstone.number == number


def requests(session: Session, limit: int = 50) -> list[Erasure]:
    """Give the requests, those that still stand first."""
    order = (Erasure.state != ASKED, Erasure.asked_at.desc())
    return list(session.scalars(select(Erasure).order_by(*order).limit(limit)))


def of_case(session: Session, actor: Viewer, case_id: str) -> list[Erasure]:
    """Give the requests about one client for its case director, newest first; ``NotFound`` for anyone else.

    The laws of a refusal are not for the case director: they would tell of help that is closed to him.
    """
    case = session.get(Case, case_id)
    if case is None or case.regisseur_id is None or case.regisseur_id != actor.id:
        raise NotFound("There is no such case.")
    return list(session.scalars(select(Erasure).where(Erasure.case_id == case_id).order_by(Erasure.asked_at.desc())))
