"""After a restore: what a partner's books hold and ours do not, and places in the feed that were given out since."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from hub.models import InboxRecord, Intake, OutboxRecord
from hub.store.database import UnitOfWork

_CHUNK = 500


def not_here(session: Session, organisation: str, told: Iterable[str]) -> list[str]:
    """Give what an organisation names and this database does not know, in the order in which it was named.

    Named is a message that it got from us or sent to us: by its id, or as its dialect carries that (iWmo a reference of
    twelve characters, at the end of an identification with colons).
    """
    names = list(dict.fromkeys(name.strip() for name in told if name.strip()))
    known: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        asked = names[start : start + _CHUNK]
        known.update(_known(session, organisation, sorted({*asked, *map(_key, asked)})))
    return [name for name in names if name not in known and _key(name) not in known]


def _key(name: str) -> str:
    return name.rpartition(":")[2]


def _known(session: Session, organisation: str, asked: Sequence[str]) -> Iterator[str]:
    ours = select(OutboxRecord.message_id, OutboxRecord.reference).where(
        OutboxRecord.receiver == organisation,
        or_(OutboxRecord.message_id.in_(asked), OutboxRecord.reference.in_(asked)),
    )
    for message_id, reference in session.execute(ours):
        yield message_id
        if reference is not None:
            yield reference
    yield from session.scalars(
        select(InboxRecord.message_id).where(InboxRecord.sender == organisation, InboxRecord.message_id.in_(asked))
    )
    taken = select(Intake.identification).where(
        Intake.organisation == organisation, Intake.identification.in_(asked), Intake.identification.is_not(None)
    )
    yield from (str(name) for name in session.scalars(taken))


def skip_places(work: UnitOfWork, by: int) -> None:
    """Let the feed go on so far beyond: a partner that read up to a place would pass over what gets a lower one.

    Numbers of referrals are drawn at random; they need no such thing.
    """
    if work.dialect == "sqlite":
        work.execute(text("UPDATE sqlite_sequence SET seq = seq + :by WHERE name = 'outbox'"), {"by": by})
        return
    work.execute(  # the role may draw numbers and not set them
        text(
            "SELECT count(nextval(pg_get_serial_sequence('outbox', 'id')::regclass))"
            " FROM generate_series(1, CAST(:by AS integer))"
        ),
        {"by": by},
    )
