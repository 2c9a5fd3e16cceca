"""Payloads that lie before a person: closed, or read once more after the cause was mended."""

from sqlalchemy import select, update

from connectors.protocol import (
    Payload,
)
from connectors.registry import connector
from hub.models import Intake
from hub.services.errors import Erased, NotFound
from hub.services.messages.intake import LINES_REFUSED, Taken, take_in
from hub.settings import Configuration
from hub.store.database import UnitOfWork


def handle(work: UnitOfWork, intake_id: str, by: str, how: str) -> None:
    """Let a person close a quarantined payload with a reason; the payload stays."""
    done = work.session.execute(
        update(Intake)
        .where(Intake.id == intake_id, Intake.state.in_(("quarantined", "waiting")), Intake.handled_at.is_(None))
        .values(handled_at=work.now, handled_by=by, handled_how=how[:500])
        .returning(Intake.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if done is None:
        raise NotFound("There is no such payload to handle.")


def read_again(work: UnitOfWork, config: Configuration, intake_id: str, by: str) -> Taken:
    """Read a quarantined payload once more, after its cause was mended; the old row closes, a new one tells all."""
    row = work.session.execute(select(Intake).where(Intake.id == intake_id)).scalar_one_or_none()
    organisation = config.organisation(row.organisation) if row is not None else None
    if row is None or organisation is None or row.state != "quarantined" or row.handled_at is not None:
        raise NotFound("There is no such payload to read again.")
    if getattr(row.payload, "erased", False):
        raise Erased("This payload was erased.")
    handle(work, intake_id, by, "opnieuw gelezen")
    payload = Payload(body=row.payload, content_type=row.content_type)
    work.session.execute(
        update(Intake)
        .where(Intake.id == intake_id)
        .values(identification=None)
        .execution_options(synchronize_session=False)
    )
    taken = take_in(
        work,
        config,
        organisation,
        connector(row.connector),
        payload,
        lines_again=row.reason_code == LINES_REFUSED,
    )
    work.execute(update(Intake).where(Intake.id == taken.intake_id).values(signature=row.signature))
    return taken
