"""One viewer who looks at one case, with the facts that hold for every question about it."""

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from hub.services.access.circumstances import Circumstances, circumstances
from hub.services.record.sights import Sight
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Gaze:
    """Who looks at what: the facts that all questions about one referral share; ``sights`` keeps the answers."""

    config: Configuration
    viewer: Viewer
    kind: str
    regisseur_id: str | None
    now: dt.datetime
    facts: Circumstances
    sights: list[Sight] = field(default_factory=list, compare=False)


def gaze_at(
    session: Session | UnitOfWork,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    regisseur_id: str | None,
    now: dt.datetime,
) -> Gaze:
    """Look up what is known of a viewer in one case."""
    facts = circumstances(session, config, viewer, (case_id,), now)[case_id]
    return gaze(config, viewer, regisseur_id, now, facts)


def gaze(
    config: Configuration, viewer: Viewer, regisseur_id: str | None, now: dt.datetime, facts: Circumstances
) -> Gaze:
    """Put together what was looked up of a viewer in one case: for who looks at many cases at once."""
    organisation = config.organisation(viewer.organisation)
    return Gaze(
        config=config,
        viewer=viewer,
        kind=organisation.kind if organisation is not None else "",
        regisseur_id=regisseur_id,
        now=now,
        facts=facts,
    )
