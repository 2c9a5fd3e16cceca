"""Let the log of who saw and did what go after its term: whole months, so that what stays can still be verified."""

import datetime as dt

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hub.models import AuditChain, AuditRecord, AuditReview
from hub.rules.audit_chain import is_over
from hub.services.errors import NotNow
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

_RECORDS, _CHAINS, _REVIEWS = table_of(AuditRecord), table_of(AuditChain), table_of(AuditReview)


def chains_due(session: Session | UnitOfWork, at: dt.datetime) -> list[str]:
    """Give the chains of which every record is past its term at a moment, oldest first."""
    kept = session.execute(select(_CHAINS.c.chain).where(_CHAINS.c.removed_at.is_(None))).scalars()
    return sorted((chain for chain in kept if is_over(chain, at)), key=lambda chain: (chain[-7:], chain))


def remove_chain(work: UnitOfWork, chain: str) -> None:
    """Remove the records of a chain and the reviews of them; its count and its checkpoints stay, signed.

    ``NotNow`` where the database holds that its term is not over: its own clock counts, not ours.
    """
    if not is_over(chain, dt.datetime.now(dt.UTC)):
        raise NotNow("The term of this part of the log is not over.")
    work.execute(update(_CHAINS).where(_CHAINS.c.chain == chain).values(removed_at=work.now))
    of_chain = select(_RECORDS.c.id).where(_RECORDS.c.chain == chain)
    work.execute(delete(_REVIEWS).where(_REVIEWS.c.record.in_(of_chain)))
    work.execute(delete(_RECORDS).where(_RECORDS.c.chain == chain))
