"""After a restore: what a partner's books hold and ours do not, and numbers that may have been given out since."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from hub.models import InboxRecord, Intake, OutboxRecord, Referral
from hub.store.database import UnitOfWork

_CHUNK = 500
# What others hold on to: a referral's number, and the place in the feed after which a partner reads on.
_GIVEN_OUT = ((Referral.__tablename__, "number"), (OutboxRecord.__tablename__, "id"))


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


def skip_numbers(work: UnitOfWork, by: int) -> None:
    """Let the next numbers begin so far on: those in between may stand in others' books for what was lost."""
    for table, column in _GIVEN_OUT:
        if work.dialect == "sqlite":
            work.execute(
                text("UPDATE sqlite_sequence SET seq = seq + :by WHERE name = :name"), {"by": by, "name": table}
            )
        else:  # the role may draw numbers and not set them
            work.execute(
                text(
                    "SELECT count(nextval(pg_get_serial_sequence(:name, :number)::regclass))"
                    " FROM generate_series(1, CAST(:by AS integer))"
                ),
                {"by": by, "name": table, "number": column},
            )
