"""Notices: that something waits for an organisation, told by mail, and nothing of what.

A notice is a row of the outbox in a lane of its own that names no case, no referral and no receiver. So it is carried,
retried and looked at like all that leaves, and can't change how a message stands: that a mail went says nothing of a
message. One row stands for everything of one stretch of time, and leaves at its end.
"""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from hub.broker.protocol import NOTICES
from hub.models import OutboxRecord
from hub.models.columns import IdsOnly
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import derived_id
from schemas.vocabulary import Delivery

NOTICE = "notice"
INTERVAL_MINUTES = 15
_MARGIN = dt.timedelta(seconds=10)
"""How long after its end a stretch is told: whoever wrote within it has committed by then."""
_OUTBOX = table_of(OutboxRecord)


def put_notices(work: UnitOfWork, config: Configuration, organisations: Iterable[str]) -> None:
    """Have these organisations told, those of them that want to be: at most one mail each in a stretch of time."""
    wanted = sorted({code for code in organisations if address_of(config, code) is not None})
    if not wanted or config.mail is None:
        return
    length = dt.timedelta(minutes=int(config.mail.get("interval_minutes", INTERVAL_MINUTES)))
    number = int(work.now.timestamp() // length.total_seconds())
    ends = dt.datetime.fromtimestamp((number + 1) * length.total_seconds(), dt.UTC)
    insert = postgresql.insert(_OUTBOX) if work.dialect == "postgresql" else sqlite.insert(_OUTBOX)
    for code in wanted:
        row = _row(work, code, derived_id(NOTICE, code, ends.isoformat()), ends + _MARGIN)
        work.put_last(row["message_id"], insert.on_conflict_do_nothing(), row)


def _row(work: UnitOfWork, organisation: str, message_id: str, due_at: dt.datetime) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "queue": NOTICES,
        "lane": f"{NOTICE}|{organisation}",
        "kind": NOTICE,
        "body": IdsOnly(json.dumps({"organisation": organisation}).encode()),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": due_at,
        "created_at": work.now,
    }


def address_of(config: Configuration, organisation: str) -> str | None:
    """Give where an organisation wants to be told, or nothing."""
    known = config.organisation(organisation)
    return known.notify.get("mail") if known is not None else None
