"""The referrals to an organisation, whoever of its people looks: what waits for them, what runs, and what is over."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.rules.lifecycle import ENDED, OPEN, Part
from hub.services.access.access import may_see, why_status
from hub.services.access.circumstances import circumstances
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.referral_lines import line_of
from hub.services.access.release import person_for
from hub.services.cases.case_view import full_name
from hub.services.record.case_keys import check_owner
from hub.services.referrals.referral_finding import tell
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.services.views.work import WorkLine
from hub.settings import Configuration
from schemas.message import Client
from schemas.vocabulary import OrganisationKind, Status

_MOST = 500
_FOLLOW_WHAT_WAS_SENT = frozenset({"income_consultant", "job_matcher"})
_OVER = ENDED - {Status.ENTERED_IN_ERROR}
_SHOWN_AFTER = dt.timedelta(days=30)
_LINES = (
    select(CaseKey.key, Referral, Case.regisseur_id, ClientRecord.person)  # the key before what it opens
    .select_from(Referral)
    .outerjoin(CaseKey, CaseKey.owner == Referral.case_id)
    .join(Case, Referral.case_id == Case.id)
    .join(ClientRecord, Case.client_id == ClientRecord.id)
    .order_by(Referral.number.desc())
    .limit(_MOST)
)


def open_lines(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give the open referrals to the viewer's organisation; whose name may not be known yet, has none."""
    return _lines(session, config, viewer, now, OPEN)


def past_lines(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give the referrals to the viewer's organisation that are over since a month or less, the last one first."""
    lines = _lines(session, config, viewer, now, _OVER, since=now - _SHOWN_AFTER)
    return sorted(lines, key=lambda line: line.changed_at or now, reverse=True)


def sent_lines(
    session: Session, config: Configuration, viewer: Viewer, now: dt.datetime
) -> tuple[WorkLine, ...] | None:
    """Give what the viewer's organisation sent, as far as this viewer may see it: what runs, and what came back lately.

    Nothing where that is no list of the viewer's: Work & Income refers, and the regisseur has a list of clients.
    """
    organisation = config.organisation(viewer.organisation)
    refers = organisation is not None and organisation.kind == OrganisationKind.WORK_AND_INCOME
    if not refers or viewer.role not in _FOLLOW_WHAT_WAS_SENT:
        return None
    runs = _lines(session, config, viewer, now, OPEN, part=Part.SENDER)
    back = _lines(session, config, viewer, now, _OVER, since=now - _SHOWN_AFTER, part=Part.SENDER)
    return (*runs, *sorted(back, key=lambda line: line.changed_at or now, reverse=True))


def _lines(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    now: dt.datetime,
    statuses: Collection[Status],
    since: dt.datetime | None = None,
    part: Part = Part.RECEIVER,
) -> list[WorkLine]:
    ours = Referral.receiver if part is Part.RECEIVER else Referral.sender
    query = _LINES.where(ours == viewer.organisation, Referral.status.in_([str(status) for status in statuses]))
    if since is not None:
        query = query.where(Referral.changed_at >= since)
    found: list[WorkLine] = []
    below: int | None = None
    while len(found) < _MOST:  # what is hidden takes no place among the first
        rows = session.execute(query if below is None else query.where(Referral.number < below)).all()
        found += _drawn(session, config, viewer, now, rows, part)
        if len(rows) < _MOST:
            break
        below = rows[-1].Referral.number
    return found[:_MOST]


def _drawn(
    session: Session, config: Configuration, viewer: Viewer, now: dt.datetime, rows: Sequence[Any], part: Part
) -> Iterator[WorkLine]:
    facts = circumstances(session, config, viewer, {row.Referral.case_id for row in rows}, now)
    for _key, referral, regisseur_id, person in rows:
        check_owner(person, referral.case_id)
        look = gaze(config, viewer, regisseur_id, now, facts[referral.case_id])
        line = _line(session, look, referral, Client(**person), part)
        if line is not None:
            yield line


def _line(session: Session, look: Gaze, referral: Referral, person: Client, part: Part) -> WorkLine | None:
    """Give one referral as a line, with no more than may be seen; nothing where it is not there for this viewer."""
    state = why_status(look, referral)
    if not state.decision.allow or state.decision.mask is Mask.STATUS_ONLY:
        return None
    line = line_of(look, referral, state)
    known = may_see(look, referral, Category.CONTACT).mask is Mask.FULL
    tell(session, look, Deed.WORKLIST_VIEW, referral)
    mine = referral.turn_who == part
    return WorkLine(
        case_id=referral.case_id if known else None,
        referral=line,
        client_name=full_name(person_for(look.viewer.organisation, [referral], person)) if known else "",
        reason=str(referral.turn_what) if mine else "waiting",
        urgency="running" if not mine else "late" if line.overdue else _soon(line, look.now),
        changed_at=referral.changed_at,
    )


def _soon(line: ReferralLine, now: dt.datetime) -> str:
    if line.due_at is None:
        return "running"
    days = (line.due_at - now).days
    return "today" if days < 1 else "week" if days < 7 else "running"
