"""Which referral a partner's message is about."""

from typing import Any

from sqlalchemy import select

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.errors import NotFound
from hub.services.record.clients import find_case, find_case_of_bsn
from hub.services.record.same_person import may_be_same
from hub.services.referrals.referrals import load_for_change
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.message import Message
from schemas.vocabulary import (
    Status,
)

NOTHING_FITS = "No referral of this organisation fits this message."


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
    raise NotFound(NOTHING_FITS)


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
