"""People of the bench: each with a post, signed in without the form."""

import datetime as dt

from sqlalchemy import insert

from hub.models import Person, Post
from hub.services.people import sessions
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.vocabulary import Purpose
from tests.bench.site import Site

Place = tuple[str, str, Purpose]
"""An organisation, a role there, and what for."""


def hire(work: UnitOfWork, site: Site, place: Place, secret: str) -> tuple[Viewer, str]:
    """Give someone new, and the cookie of a browser in which that person is signed in."""
    organisation, role, purpose = place
    person, post = new_id(), new_id()
    name = f"Kim {person[:8]}"
    work.session.execute(
        insert(Person).values(
            id=person, username=person, name=name, organisation=organisation, password_hash=secret, active=True
        )
    )
    work.session.execute(
        insert(Post).values(
            id=post,
            person_id=person,
            organisation=organisation,
            role=role,
            purpose=purpose,
            title=role,
            starts_on=dt.date(2020, 1, 1),
        )
    )
    held = work.session.get_one(Post, post)
    origin = sessions.Origin(address="bench", device="bench")
    token = sessions.open_session(
        work, site.hub.config, held, origin, stage=sessions.Stage.FULL, how="password", second_factor=False
    )
    return sessions.viewer_in(site.hub.config, name, held), f"{sessions.COOKIE}={token}"
