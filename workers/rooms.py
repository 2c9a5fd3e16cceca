"""How much room the demo's services have at its start, as those who work there said."""

from hub.services.access.capacity import set_capacity
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.vocabulary import Purpose

# Free places, days to wait, and a word with it. Of the rest nothing was said yet.
_ROOMS: dict[str, tuple[int | None, int | None, str | None]] = {
    "wmo-begeleiding": (0, 42, None),
    "hulp-bij-post": (2, None, None),
    "maatschappelijk-werk": (None, 7, None),
    "praktische-hulp": (None, 0, "Bel na 16 uur 013 542 71 00"),
    "ggz-kennismaking": (None, 21, "Eerst een kennismaking"),
    "orientatie-groen": (3, None, "Start elke maandag"),
    "casusoverleg-broekhoven": (None, 8, "Elke dinsdag om 10 uur"),
    "praktische-hulp-broekhoven": (1, None, None),
}


def say_rooms(work: UnitOfWork, config: Configuration) -> None:
    """Let each organisation say how much room its services have; a service that is not configured is passed over."""
    for code, (places, waiting_days, note) in _ROOMS.items():
        service = config.services.get(code)
        if service is not None:
            set_capacity(work, _colleague(config, service.organisation), service, places, waiting_days, note)


def _colleague(config: Configuration, organisation: str) -> Viewer:
    name = config.organisations[organisation].name
    return Viewer(
        id=organisation,
        name=name,
        organisation=organisation,
        organisation_name=name,
        role="planner",
        purpose=Purpose.GUIDANCE,
    )
