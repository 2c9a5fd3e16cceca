"""The messages addressed to one organisation, in order, for a partner that missed some."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, type_coerce
from sqlalchemy.orm import Session

from hub.models import CaseKey, OutboxRecord
from hub.models.drawn import CURSOR
from hub.store.outbox import HELD
from schemas.vocabulary import MessageKind

# A row with a lower number may be committed a moment later than one with a higher: a reader that had gone past it
# would never see it. No unit of work lasts this long.
_SETTLED_AFTER = dt.timedelta(seconds=5)
_CURSOR = type_coerce(OutboxRecord.id, CURSOR)


def feed(session: Session, organisation: str, *, after: int, limit: int) -> Sequence[Any]:
    """Give (key, cursor, body, case, referral) of the canonical messages to an organisation after a cursor.

    The cursors are drawn by lot: between two of them nobody can count what others were told.
    """
    settled = dt.datetime.now(dt.UTC) - _SETTLED_AFTER
    return session.execute(
        select(CaseKey.key, _CURSOR.label("cursor"), OutboxRecord.body, OutboxRecord.case_id, OutboxRecord.referral_id)
        .join(CaseKey, CaseKey.owner == OutboxRecord.case_id)  # what was erased has no key
        .where(
            OutboxRecord.receiver == organisation,
            after < _CURSOR,
            OutboxRecord.withheld_at.is_(None),
            ~HELD,
            OutboxRecord.kind.in_(list(MessageKind)),
            OutboxRecord.created_at < settled,
        )
        .order_by(OutboxRecord.id)
        .limit(limit)
    ).all()
