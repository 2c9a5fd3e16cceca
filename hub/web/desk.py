"""How a page reaches the services: a session that reads or a unit of work that changes, each told to the audit log.

A page opens one of the two, calls a service in it, and draws what comes back. ``NotFound`` may be left to rise: the
application answers it with the page for what is not there.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from flask import current_app, g, request

from hub.rules.audit import Deed
from hub.services.errors import Erased, NotFound
from hub.services.record import audit
from hub.services.record.idempotency import Kept, remember
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import EXTENSION, Hub

SENDING = "zending"
"""The field in which a page's script gives each sending of a form a key of its own."""
_LONGEST_KEY = 40


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
        """Open a unit of work in which people's data are changed; done or refused, it is written down.

        ``KnownKey`` where the form was sent before, and that was done: its first answer was lost on the way.
        """
        with audit.changing(self.hub.store, self.where, viewer, deed, *objects, case_id=case_id) as work:
            if case_id is not None:
                _once(work, viewer, case_id)
            yield work
            done = audit.Entry(viewer=viewer, deed=deed, case_id=case_id, objects=objects)
            audit.write(work, self.where, [done])


def _once(work: UnitOfWork, viewer: Viewer, case_id: str) -> None:
    """Keep that this sending of a form was done, under the key that the page gave it; one unit of work counts."""
    key = request.form.get(SENDING, "")[:_LONGEST_KEY]
    if not key or g.get("sending") == key:
        return
    g.sending = key
    done = Kept(status=303, location=None, answer={"done": True})
    mark = hashlib.sha256(key.encode()).hexdigest()
    try:
        remember(work, viewer.organisation, f"{viewer.id}:{key}", mark, done, case_id=case_id)
    except Erased as error:  # before anyone decided who asks: it must look like a case that never was
        raise NotFound("There is no such case.") from error


def desk() -> Desk:
    """Give the installation behind the running application."""
    return Desk(current_app.extensions[EXTENSION])
