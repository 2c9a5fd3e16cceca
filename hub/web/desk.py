"""How a page reaches the services: a session that reads or a unit of work that changes, each told to the audit log.

A page opens one of the two, calls a service in it, and draws what comes back. ``NotFound`` may be left to rise: the
application answers it with the page for what is not there.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from flask import current_app, g, request

from hub.rules.audit import Deed
from hub.services import audit
from hub.services.views import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import EXTENSION, Hub


@dataclass(frozen=True)
class Desk:
    """The installation, as one request of a page uses it."""

    hub: Hub

    @property
    def config(self) -> Configuration:
        """Give organisations, services and policy."""
        return self.hub.config

    @property
    def now(self) -> dt.datetime:
        """Give the moment of asking; a unit of work has a ``now`` of its own."""
        return dt.datetime.now(dt.UTC)

    @property
    def where(self) -> audit.Occasion:
        """Give this request as an occasion for the audit log."""
        found: audit.Occasion | None = g.get("occasion")
        if found is None:
            found = audit.occasion(self.config, "web", traceparent=request.headers.get("traceparent"))
            g.occasion = found
        return found

    def looking(self) -> AbstractContextManager[audit.Reading]:
        """Open a session in which people's data are read; what was seen is written down when it is left."""
        return audit.looking(self.hub.store, self.where)

    @contextmanager
    def changing(self, viewer: Viewer, deed: Deed, *objects: str, case_id: str | None = None) -> Iterator[UnitOfWork]:
        """Open a unit of work in which people's data are changed; done or refused, it is written down."""
        with audit.changing(self.hub.store, self.where, viewer, deed, *objects, case_id=case_id) as work:
            yield work
            done = audit.Entry(viewer=viewer, deed=deed, case_id=case_id, objects=objects)
            audit.write(work, self.where, [done])


def desk() -> Desk:
    """Give the installation behind the running application."""
    return Desk(current_app.extensions[EXTENSION])
