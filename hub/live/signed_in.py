"""Who is behind a connection, and whether that still holds."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from hub.services.people import proofs, sessions
from hub.services.views.viewer import Viewer
from hub.wiring import Hub


def who_connects(hub: Hub, auth: Any, viewer_of_token: Callable[[str], Viewer | None]) -> Viewer | None:
    """Give who opens a connection: by a system's token, else by the session of a browser."""
    token = auth.get("token") if isinstance(auth, dict) else None
    if isinstance(token, str) and token:
        return viewer_of_token(token)
    cookie = request.cookies.get(sessions.SECURE_COOKIE if hub.settings.behind_proxy else sessions.COOKIE)
    if not cookie:
        return None
    session_id = sessions.id_of(cookie)
    with hub.store.reading() as reading:
        return sessions.viewers_of(reading, hub.config, [session_id], dt.datetime.now(dt.UTC)).get(session_id)


def as_of_now(hub: Hub, reading: Session, viewers: Iterable[Viewer]) -> dict[str, Viewer | None]:
    """Give who signed in before as the database knows them now, by what each is bound to (``line_of``).

    Nothing where the session ended, or the account or the post did.
    """
    everyone = list(viewers)
    held = [viewer.session_id for viewer in everyone if viewer.session_id is not None]
    now: dict[str, Viewer | None] = {line_of(viewer): None for viewer in everyone}
    if held:
        now.update(sessions.viewers_of(reading, hub.config, held, dt.datetime.now(dt.UTC)))
    for viewer in everyone:
        if viewer.session_id is None:
            now[line_of(viewer)] = proofs.viewer(reading, hub.config, viewer.id, viewer.proof)
    return now


def line_of(viewer: Viewer) -> str:
    """Give what a viewer is bound to: a session of someone, or what a system asked its token with."""
    return viewer.session_id or f"{viewer.id} {viewer.proof}"
