"""What someone saw come in on an open page counts as read; nothing is shown by this, and nothing hangs on it."""

from collections.abc import Collection

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.services.record import alerts
from hub.services.record.visits import saw
from hub.services.views.viewer import Viewer
from hub.store.database import StoreUnavailable
from hub.wiring import Hub

log = structlog.get_logger()


def saw_live(hub: Hub, viewer: Viewer, case_id: str, place: int, items: Collection[str]) -> None:
    """Keep how far someone read, and that what waits there is read; where that fails, it is new once more."""
    try:
        with hub.store.writing() as work:
            saw(work, viewer, case_id, place)
            alerts.read_items(work, viewer, case_id, items)
    except (SQLAlchemyError, StoreUnavailable) as error:
        log.warning("what was read is not kept", fault=type(error).__name__)
