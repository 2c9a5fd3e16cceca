"""What was agreed and must still be done: by this viewer, or by anyone at the tables where this viewer sits."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from hub.models import Attendance, CaseItem
from hub.rules.audit import Deed
from hub.rules.working_days import local_day
from hub.services.access.access import status_decision
from hub.services.access.client_access import may_see_person
from hub.services.access.item_access import sees
from hub.services.access.release import person_for
from hub.services.access.ties import NAMELESS, Involved, at_the_table
from hub.services.cases.case_entries import referrals_of
from hub.services.cases.case_view import full_name
from hub.services.cases.item_views import view_of
from hub.services.cases.meeting_views import who_looks
from hub.services.cases.meetings import LEFT, OF_TEAMS
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, refused, seen
from hub.services.record.clients import find_case
from hub.services.views.case import ItemView
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.vocabulary import ItemKind, ItemState

TO_DO = (ItemState.OPEN, ItemState.BUSY)
_SEATS = table_of(Attendance)
_DONE_SHOWN = dt.timedelta(days=14)
_MOST = 200


@dataclass(frozen=True, kw_only=True)
class AgreementLine:
    """One thing that was agreed, with whose it is. ``case_id`` and name are there for who may know the client.

    ``table`` (meeting, item) is where it was agreed, for who sits there; ``nameless`` that it was without a name.
    """

    item: ItemView
    case_id: str | None
    client_name: str
    nameless: bool
    mine: bool
    late: bool
    done: bool
    table: tuple[str, str] | None = None


def open_agreements(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[AgreementLine]:
    """Give what was agreed, and who does it: one's own first, what is late before the rest, what is done last."""
    tables = set(session.scalars(_tables(viewer, now)))
    rows = session.scalars(_asked(viewer, tables, now).order_by(CaseItem.created_at)).all()
    by_case: defaultdict[str, list[CaseItem]] = defaultdict(list)
    for row in rows:
        by_case[row.case_id].append(row)
    lines = [
        line
        for case_id, found in by_case.items()
        for line in _of_case(session, config, viewer, case_id, found, tables, now)
    ]
    return sorted(lines, key=_order)[:_MOST]  # cut when all is decided: what is hidden takes no place


def _order(line: AgreementLine) -> tuple[bool, bool, bool, str, dt.datetime]:
    return line.done, not line.mine, not line.late, str(line.item.due_on or "9999"), line.item.created_at


def _tables(viewer: Viewer, now: dt.datetime) -> Select[str]:
    return select(_SEATS.c.item_id).where(_SEATS.c.person_id == viewer.id, _SEATS.c.state != LEFT, _SEATS.c.until > now)


def _asked(viewer: Viewer, tables: Iterable[str], now: dt.datetime) -> Select[CaseItem]:
    """Ask for what is to do by the viewer or at these tables, and what was done there lately."""
    whose = [CaseItem.holder_id == viewer.id, CaseItem.parent_id.in_(list(tables))]
    if viewer.role in OF_TEAMS:
        whose.append(CaseItem.holder == viewer.organisation)
    lately = (CaseItem.state == ItemState.DONE) & (CaseItem.changed_at >= now - _DONE_SHOWN)
    return select(CaseItem).where(
        CaseItem.kind == ItemKind.AGREEMENT, or_(*whose), or_(CaseItem.state.in_(list(TO_DO)), lately)
    )


def _of_case(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    rows: list[CaseItem],
    tables: set[str],
    now: dt.datetime,
) -> list[AgreementLine]:
    who = who_looks(session, config, viewer, case_id, now)
    rows = [row for row in rows if sees(who, row)]
    if not rows:
        return []
    name = _name(session, who, case_id)
    nameless = _nameless(session, who, rows)
    sights = tuple(who.look.sights)
    objects = tuple(row.id for row in rows)
    seen(session, Entry(viewer=viewer, deed=Deed.WORKLIST_VIEW, case_id=case_id, objects=objects, sights=sights))
    today = local_day(now)
    lines = []
    for row in rows:
        hidden = row.parent_id in nameless
        lines.append(
            AgreementLine(
                item=view_of(who, row),
                case_id=case_id if name and not hidden else None,
                client_name="" if hidden else name,
                nameless=hidden,
                mine=row.holder_id == viewer.id,
                late=row.due_on is not None and row.due_on < today and row.state in TO_DO,
                done=row.state == ItemState.DONE,
                table=(row.meeting_id, row.parent_id)
                if row.meeting_id and row.parent_id and row.parent_id in tables
                else None,
            )
        )
    return lines


def _name(session: Session, who: Involved, case_id: str) -> str:
    """Give the client's name for who may know it: by regie, at a table, or through a referral."""
    look = who.look
    person = find_case(session, case_id).person
    if look.viewer.id == look.regisseur_id or at_the_table(who):
        return full_name(person)
    referrals = [one for one in referrals_of(session, case_id) if status_decision(look, one).allow]
    if not may_see_person(look, referrals).allow:
        return ""
    return full_name(person_for(look.viewer.organisation, referrals, person))


def _nameless(session: Session, who: Involved, rows: Iterable[CaseItem]) -> set[str]:
    """Give at which of these tables the client has no name for this viewer."""
    parents = {row.parent_id for row in rows if row.parent_id is not None}
    query = select(CaseItem.id, CaseItem.author_id).where(CaseItem.id.in_(parents), CaseItem.about == NAMELESS)
    viewer = who.look.viewer.id
    return {row.id for row in session.execute(query) if viewer not in (row.author_id, who.look.regisseur_id)}


def case_of(session: Session, viewer: Viewer, item_id: str) -> str:
    """Give which case an agreement is about; whether the viewer may see that is decided where it is changed."""
    row = session.execute(select(CaseItem.case_id, CaseItem.kind).where(CaseItem.id == item_id)).one_or_none()
    if row is None or row.kind != ItemKind.AGREEMENT:
        refused(session, viewer, Deed.ITEM_CHANGE, None, item_id)
        raise NotFound("There is no such item.")
    return str(row.case_id)
