"""How much room services have: what their organisations say of it, and what that means to who chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import Capacity
from hub.organisations import Service
from hub.rules.room import ServiceRoom
from hub.services.access.actors import NO_PART
from hub.services.errors import Invalid, NotFound
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.store.tables import table_of

MOST_PLACES = 999
LONGEST_WAIT = 730
LONGEST_NOTE = 200
_CAPACITIES = table_of(Capacity)
_INSERT: Mapping[str, Any] = {
    "postgresql": postgresql_insert(_CAPACITIES).on_conflict_do_nothing(),
    "sqlite": sqlite_insert(_CAPACITIES).on_conflict_do_nothing(),
}
_CHANGE = update(_CAPACITIES).where(_CAPACITIES.c.service == bindparam("of_service"))
# They read along and answer for nothing.
_SETS_NOTHING = NO_PART | {"privacy_officer"}


def may_set_capacity(actor: Viewer, service: Service) -> bool:
    """Whether someone says how much room this service has: who works where it is offered."""
    return actor.organisation == service.organisation and actor.role not in _SETS_NOTHING


def set_capacity(
    work: UnitOfWork,
    actor: Viewer,
    service: Service,
    places: int | None,
    waiting_days: int | None,
    note: str | None = None,
) -> None:
    """Keep how much room a service has; what was said before is replaced.

    ``NotFound`` where the service is not the actor's to speak for, ``Invalid`` with the field that can't be.
    """
    if not may_set_capacity(actor, service):
        raise NotFound("There is no such service.")
    for field, value, most in (("places", places, MOST_PLACES), ("waiting_days", waiting_days, LONGEST_WAIT)):
        if value is not None and not 0 <= value <= most:
            raise Invalid(f"Must be between 0 and {most}.", field=field)
    note = (note or "").strip() or None
    if note is not None and len(note) > LONGEST_NOTE:
        raise Invalid(f"At most {LONGEST_NOTE} characters.", field="note")
    said = {
        "organisation": service.organisation,
        "places": places,
        "waiting_days": waiting_days,
        "note": note,
        "changed_at": work.now,
        "changed_by": actor.name,
    }
    # Of two who speak at once neither fails: the row is there, and the last word counts.
    work.execute(_INSERT[work.dialect], {"service": service.code, **said})
    work.execute(_CHANGE, {"of_service": service.code, **said})


def capacities(session: Session) -> dict[str, ServiceRoom]:
    """Give the room of each service of which it was told, by the code of the service."""
    rows = session.execute(select(_CAPACITIES))
    return {
        row.service: ServiceRoom(
            service=row.service,
            places=row.places,
            waiting_days=row.waiting_days,
            note=row.note,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
        )
        for row in rows
    }


@dataclass(frozen=True, kw_only=True)
class OwnRoom:
    """How much room one service has, to who may say so."""

    service: Service
    said: ServiceRoom


def own_room(session: Session, config: Configuration, actor: Viewer) -> list[OwnRoom]:
    """Give the services of which someone says how much room they have, by name, with what was said last."""
    said = capacities(session)
    return sorted(
        (
            OwnRoom(service=service, said=said.get(service.code, ServiceRoom(service=service.code)))
            for service in config.services.values()
            if may_set_capacity(actor, service)
        ),
        key=lambda one: one.service.name,
    )
