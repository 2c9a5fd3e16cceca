"""Who needs this viewer today, and why: a regisseur's clients, or an organisation's referrals."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy.orm import Session

from hub.rules.attention import ORDER, Urgency
from hub.services.access.emergencies import ToTell, clients_to_tell
from hub.services.overview.caseload import caseload
from hub.services.overview.inbox_list import open_lines
from hub.services.views.viewer import Viewer
from hub.services.views.work import WorkLine
from hub.settings import Configuration

TELL_EMERGENCY = "tell_emergency"


def worklist(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give the viewer's work, most pressing first."""
    if viewer.role == "case_director":
        clients = caseload(session, config, viewer, now)
        lines = [*_tasks(session, viewer, clients, now), *clients]
    else:
        lines = open_lines(session, config, viewer, now)
    return sorted(lines, key=lambda line: (ORDER.index(Urgency(line.urgency)), line.client_name))


def _tasks(session: Session, viewer: Viewer, clients: Iterable[WorkLine], now: dt.datetime) -> list[WorkLine]:
    """Give the tasks to tell a client of an emergency; of a file that is closed meanwhile without the name."""
    names = {line.case_id: line.client_name for line in clients}
    return [_to_tell(one, names.get(one.case_id), now) for one in clients_to_tell(session, viewer)]


def _to_tell(one: ToTell, name: str | None, now: dt.datetime) -> WorkLine:
    left = one.tell_client_by - now
    urgency = "late" if left < dt.timedelta() else "today" if left < dt.timedelta(days=1) else "week"
    return WorkLine(
        case_id=one.case_id if name is not None else None,
        referral=None,
        client_name=name or "",
        reason=TELL_EMERGENCY,
        urgency=urgency,
        due_at=one.tell_client_by,
    )
