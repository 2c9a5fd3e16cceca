"""Coming back to a client: what happened since someone looked last, and how far was read now.

What is new is taken from what this viewer sees at this moment: what may not be seen any more is not told of.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub.models import Case, Visit
from hub.rules.visits import Read, looked, news, worth_writing
from hub.services.views.case import CaseView, EntryView
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

MASKED = "masked"
_CASES, _VISITS = table_of(Case), table_of(Visit)


@dataclass(frozen=True, kw_only=True)
class Since:
    """What happened since a moment that is worth a line, newest first."""

    at: dt.datetime
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, kw_only=True)
class _Head:
    """An entry as the rule of what is new asks it."""

    entry: EntryView

    @property
    def kind(self) -> str:
        return self.entry.kind

    @property
    def actor(self) -> str | None:
        return self.entry.actor

    @property
    def organisation(self) -> str | None:
        return self.entry.organisation

    @property
    def referral_id(self) -> str | None:
        return self.entry.referral.id if self.entry.referral is not None else None

    @property
    def item_id(self) -> str | None:
        return self.entry.item.id if self.entry.item is not None else None


def read_of(session: Session | UnitOfWork, viewer: Viewer, case_id: str) -> Read | None:
    """Give how far someone has read a case; nothing where this is the first time."""
    row = session.execute(
        select(_VISITS).where(_VISITS.c.person_id == viewer.id, _VISITS.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        return None
    return Read(position=row.position, at=row.at, began=row.began, seen=row.seen, seen_at=row.seen_at)


def since(view: CaseView, viewer: Viewer, read: Read) -> Since | None:
    """Give what happened between the visit before this one and the beginning of this one; nothing where that is none.

    Of what is masked no moment may be told, so it is never new.
    """
    heads = [
        _Head(entry=entry)
        for entry in view.entries
        if entry.kind != MASKED and read.position < entry.place <= read.began
    ]
    found = news(heads, viewer.name, viewer.organisation)
    return Since(at=read.at, entries=tuple(head.entry for head in found)) if found else None


def place_of(view: CaseView) -> int:
    """Give how far a case has grown for who sees this of it, in positions of the whole case."""
    return max((entry.place for entry in view.entries), default=0)


def looks(session: Session, viewer: Viewer, view: CaseView, now: dt.datetime) -> tuple[Read | None, Read]:
    """Give how far someone had read who looks at a client now, and how far that is from now on."""
    before = read_of(session, viewer, view.case_id)
    return before, looked(before, place_of(view), now)


def keep(work: UnitOfWork, viewer: Viewer, case_id: str, read: Read) -> None:
    """Keep how far someone has read, of a case that is still there; of two at once the furthest counts."""
    if work.execute(select(_CASES.c.id).where(_CASES.c.id == case_id)).first() is None:
        return
    values = {"position": read.position, "at": read.at, "began": read.began, "seen": read.seen, "seen_at": read.seen_at}
    insert = postgresql.insert(_VISITS) if work.dialect == "postgresql" else sqlite.insert(_VISITS)
    statement = insert.values(person_id=viewer.id, case_id=case_id, **values)
    work.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "case_id"], set_=values, where=_VISITS.c.seen <= statement.excluded.seen
        )
    )


def saw(work: UnitOfWork, viewer: Viewer, case_id: str, place: int) -> None:
    """Keep that someone saw what came in live, up to this place."""
    before = read_of(work, viewer, case_id)
    after = looked(before, place, work.now)
    if before is not None and after.began != before.began:  # the page was open all the time: the visit goes on
        after = Read(position=before.position, at=before.at, began=before.began, seen=after.seen, seen_at=work.now)
    if worth_writing(before, after):
        keep(work, viewer, case_id, after)


def seen_by(session: Session, viewer: Viewer, cases: Collection[str]) -> Mapping[str, int]:
    """Give for each of these cases how far someone has read it; of who never looked, nothing."""
    rows = session.execute(
        select(_VISITS.c.case_id, _VISITS.c.seen).where(_VISITS.c.person_id == viewer.id, _VISITS.c.case_id.in_(cases))
    )
    return {row.case_id: row.seen for row in rows}
