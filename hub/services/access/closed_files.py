"""Files that one person may never see: the own file, or that of somebody close."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, ClosedFile, Person
from hub.services.access.objections import OFFICER
from hub.services.errors import NotFound
from hub.services.record.timeline import look_again
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A file that stays closed to somebody."""

    case_id: str
    person_id: str
    person_name: str
    organisation: str


def close_file(work: UnitOfWork, actor: Viewer, case_id: str, username: str) -> None:
    """Close a case to a person: by the privacy officer, or by that person for himself. Twice is once."""
    person = work.session.execute(select(Person).where(Person.username == username)).scalar_one_or_none()
    case = work.session.get(Case, case_id)
    if case is None or person is None or (actor.role != OFFICER and actor.id != person.id):
        raise NotFound("There is no such case or person.")
    if work.session.get(ClosedFile, (case_id, person.id)) is not None:
        return
    work.session.add(ClosedFile(case_id=case_id, person_id=person.id, registered_at=work.now, registered_by=actor.id))
    work.session.flush()
    look_again(work, case_id)


def open_file(work: UnitOfWork, actor: Viewer, case_id: str, person_id: str) -> None:
    """Open it again: the privacy officer alone, for nobody judges the own ties."""
    closed = work.session.get(ClosedFile, (case_id, person_id)) if actor.role == OFFICER else None
    if closed is None:
        raise NotFound("There is no such closed file.")
    work.session.delete(closed)
    work.session.flush()


def closed_files(session: Session, viewer: Viewer) -> list[Closed]:
    """Give all that is closed to somebody, for the privacy officer."""
    if viewer.role != OFFICER:
        return []
    rows = session.execute(
        select(ClosedFile.case_id, ClosedFile.person_id, Person.name, Person.organisation)
        .join(Person, Person.id == ClosedFile.person_id)
        .order_by(ClosedFile.registered_at)
    )
    return [
        Closed(case_id=row.case_id, person_id=row.person_id, person_name=row.name, organisation=row.organisation)
        for row in rows
    ]
