"""The same call twice is one call: the first answer is kept under its key."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from hub.models import Idempotency
from hub.services.errors import Erased, KeyReused
from hub.services.record.case_keys import in_case
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

_KEYS = table_of(Idempotency)
_REMEMBER = {
    "postgresql": postgresql_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key),
    "sqlite": sqlite_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key),
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was answered to the first call."""

    status: int
    location: str | None
    answer: dict[str, Any]


class KnownKey(Exception):
    """The key was used before, for the same body. Raised inside the unit of work, so that this one leaves no trace."""

    def __init__(self, kept: Kept) -> None:
        super().__init__("the key is known")
        self.kept = kept


def remember(work: UnitOfWork, organisation: str, key: str, body_hash: str, kept: Kept, *, case_id: str) -> None:
    """Keep an answer under its key, in the same transaction as its effect.

    ``KnownKey`` where the same call was made before (of two at once the second waits here for the first's commit),
    ``KeyReused`` where the body was another, ``Erased`` where what it led to was erased.
    """
    call = {
        "organisation": organisation,
        "key": key,
        "body_hash": body_hash,
        "status": kept.status,
        "location": kept.location,
        "answer": in_case(work, case_id, kept.answer),
        "at": work.now,
    }
    first = work.execute(_REMEMBER[work.dialect], call).scalar_one_or_none()
    if first is not None:
        return
    known = work.session.get_one(Idempotency, (organisation, key))
    if known.body_hash != body_hash:
        raise KeyReused("The Idempotency-Key was used before, for another body.")
    if known.answer.erased or not known.answer:
        raise Erased("What this call led to was erased.")
    raise KnownKey(Kept(status=known.status, location=known.location, answer=known.answer))
