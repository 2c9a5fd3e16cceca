"""What waits for one person, as that person may see it now: decided by the rules of the place where it stands.

What may not be seen any more is not there, and is not counted. A question waits until somebody answered it, an answer
until somebody went on with it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, defer

from hub.models import Alert, Case, CaseItem, CaseKey, Person, Referral
from hub.models import Client as ClientRecord
from hub.rules.access import Mask
from hub.rules.alerts import ABOUT_ITEMS, AlertKind
from hub.rules.audit import Deed
from hub.services.access.circumstances import circumstances
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.release import person_for
from hub.services.access.ties import at_the_table, seats_of
from hub.services.cases.case_entrance import is_there, knows_client
from hub.services.cases.case_entries import Found, found_among
from hub.services.cases.case_view import full_name
from hub.services.cases.item_views import view_of
from hub.services.record.audit import Entry, seen
from hub.services.record.case_keys import check_owner
from hub.services.views.viewer import Viewer
from hub.services.views.work import AlertView
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.message import Client
from schemas.vocabulary import ItemState, Status

MOST = 100
_NOBODY = frozenset({"functional_admin", "privacy_officer", "policy_adviser", "enforcer", "machine"})
_ITEMS = table_of(CaseItem)
_HEADS = select(*(column for column in _ITEMS.c if column.name != "content"))


@dataclass(frozen=True, kw_only=True)
class _There:
    """One case in which something waits, and what this viewer finds there."""

    look: Gaze
    owner: str
    found: Found


def may_be_called(viewer: Viewer) -> bool:
    """Whether anything can wait for this viewer at all: who has no part in help is named by nobody."""
    return viewer.role not in _NOBODY


def waits(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    now: dt.datetime,
    *,
    between: tuple[dt.datetime, dt.datetime] | None = None,
) -> frozenset[str]:
    """Give the case of each thing that waits unread for someone, and may be seen: one entry for each thing.

    ``between`` asks of those alone that came after the one moment, and no later than the other.
    """
    shown, _there = _seen(session, config, viewer, now, _unread(between))
    return frozenset(f"{row.case_id} {row.subject}" for row in shown)


def waiting(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> tuple[AlertView, ...]:
    """Give what waits for someone, and what was read of it, newest first; each look is told to the audit log."""
    shown, there = _seen(session, config, viewer, now, ())
    names = _names(session, there, {row.case_id for row in shown})
    written = _written(session, [row.item_id for row in shown if row.item_id])
    for case_id in names:
        of_case = tuple(row.item_id or row.referral_id or "" for row in shown if row.case_id == case_id)
        told = Entry(
            viewer=viewer,
            deed=Deed.WORKLIST_VIEW,
            case_id=case_id,
            objects=of_case,
            sights=tuple(there[case_id].look.sights),
            detail="alerts",
        )
        seen(session, told)
    return tuple(_view(row, there[row.case_id], names[row.case_id], written) for row in shown)


def _unread(between: tuple[dt.datetime, dt.datetime] | None) -> list[ColumnElement[bool]]:
    after, until = between if between is not None else (None, None)
    asked: list[ColumnElement[bool]] = [Alert.read_at.is_(None)]
    return asked if after is None else [*asked, Alert.at > after, Alert.at <= until]


def _seen(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    now: dt.datetime,
    asked: Sequence[ColumnElement[bool]],
) -> tuple[list[Alert], Mapping[str, _There]]:
    """Give the newest of a viewer's alerts that may be seen: what may not be seen takes no place among them."""
    shown: list[Alert] = []
    there: dict[str, _There] = {}
    if not may_be_called(viewer):
        return shown, there
    mine = select(Alert).where(Alert.person_id == viewer.id, *asked).order_by(Alert.at.desc(), Alert.subject)
    for start in count(0, MOST):
        rows = session.scalars(mine.limit(MOST).offset(start)).all()
        found = _places(session, config, viewer, rows, now)
        shown += [row for row in rows if _is_there(row, found.get(row.case_id))]
        there |= found
        if len(rows) < MOST or len(shown) >= MOST:
            break
    return shown[:MOST], there


def _places(
    session: Session, config: Configuration, viewer: Viewer, rows: Sequence[Alert], now: dt.datetime
) -> Mapping[str, _There]:
    """Decide what this viewer finds in each of these cases; of one that is not there, nothing."""
    ids = sorted({row.case_id for row in rows})
    if not ids:
        return {}
    facts = circumstances(session, config, viewer, ids, now)
    referrals = _by_case(session.scalars(_REFERRALS.where(Referral.case_id.in_(ids))))
    items = [row.item_id for row in rows if row.item_id]
    there = _HEADS.where(_ITEMS.c.id.in_(items), _ITEMS.c.state != ItemState.REMOVED)
    heads = _by_case(session.execute(there) if items else ())
    found = {}
    for case in session.execute(_DIRECTORS.where(Case.id.in_(ids))):
        look = gaze(config, viewer, case.regisseur_id, now, facts[case.id])
        seats = seats_of(session, case.id, [viewer.id])[viewer.id] if heads[case.id] else ()
        here = found_among(look, referrals[case.id], seats, heads[case.id])
        found[case.id] = _There(look=look, owner=case.organisation or "", found=here)
    return {id_: one for id_, one in found.items() if is_there(session, one.look, id_, one.found)}


_REFERRALS = select(Referral).options(defer(Referral.content, raiseload=True)).order_by(Referral.number)
_DIRECTORS = select(Case.id, Case.regisseur_id, Person.organisation).outerjoin(Person, Person.id == Case.regisseur_id)


def _by_case(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _is_there(row: Alert, there: _There | None) -> bool:
    """Whether what waits may be seen now, and still is what it was."""
    if there is None:
        return False
    if row.kind in ABOUT_ITEMS:
        return row.item_id in there.found.items
    one = there.found.referrals.get(row.referral_id or "")
    if one is None or one.status.mask is Mask.STATUS_ONLY:
        return False
    if row.kind == AlertKind.QUESTION:
        return one.referral.status == Status.QUESTION
    return row.at >= one.referral.changed_at  # whoever went on with it knows the answer


def _names(session: Session, there: Mapping[str, _There], cases: Iterable[str]) -> dict[str, str]:
    """Give how the clients are called, to who may know; the keys of their cases come first."""
    rows = session.execute(
        select(CaseKey.key, Case.id, ClientRecord.person)
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .where(Case.id.in_(sorted(cases)))
    )
    return {row.id: _name(there[row.id], row) for row in rows}


def _name(there: _There, row: Any) -> str:
    check_owner(row.person, row.id)
    look, found = there.look, there.found
    if not knows_client(look, there.owner, found):
        return ""
    person = Client(**row.person)
    if look.viewer.id != look.regisseur_id and not at_the_table(found.who):
        person = person_for(look.viewer.organisation, found.records, person)
    return full_name(person)


def _written(session: Session, ids: Sequence[str]) -> Mapping[str, CaseItem]:
    if not ids:
        return {}
    return {item.id: item for item in session.scalars(select(CaseItem).where(CaseItem.id.in_(ids)))}


def _view(row: Alert, there: _There, name: str, written: Mapping[str, CaseItem]) -> AlertView:
    found = written.get(row.item_id or "")
    item = view_of(there.found.who, found) if found is not None else None
    one = there.found.referrals.get(row.referral_id or "")
    return AlertView(
        kind=AlertKind(row.kind),
        case_id=row.case_id,
        at=row.at,
        read=row.read_at is not None,
        client_name=name,
        item=item,
        referral=one.line if one is not None else None,
    )
