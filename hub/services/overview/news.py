"""What just happened at a regisseur's clients: how much of it is new on each row of the list, and the last of it.

Decided by the policy, as all that is shown: a count never tells of what may not be seen.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from hub.models import CaseItem, Referral, TimelineEntry
from hub.rules.access import Mask
from hub.rules.visits import last_working_day, news, start_of
from hub.services.access.gaze import Gaze
from hub.services.access.ties import by_regie
from hub.services.cases.case_entrance import entrance_of
from hub.services.cases.case_entries import Found, entries_of, is_shown, seen_of
from hub.services.cases.item_views import seen_among, view_of
from hub.services.views.case import EntryView
from hub.store.tables import table_of

SHOWN = 6
_ENTRIES, _ITEMS = table_of(TimelineEntry), table_of(CaseItem)
_HEADS = select(*(column for column in _ENTRIES.c if column.name != "data")).where(
    _ENTRIES.c.case_id.in_(bindparam("cases", expanding=True)), _ENTRIES.c.at >= bindparam("since")
)
_OF_ITEMS = select(*(column for column in _ITEMS.c if column.name != "content")).where(
    _ITEMS.c.id.in_(bindparam("items", expanding=True))
)
_WHOLE = select(_ENTRIES).where(
    tuple_(_ENTRIES.c.case_id, _ENTRIES.c.position).in_(bindparam("places", expanding=True))
)


@dataclass(frozen=True, kw_only=True)
class Recent:
    """What happened lately in one case, without its words: entries oldest first, and what they are about."""

    entries: Sequence[Any] = ()
    items: Sequence[Any] = ()


def recent(session: Session, cases: Collection[str], now: dt.datetime) -> Mapping[str, Recent]:
    """Read what happened in these cases since the last working day, as it decides what is seen."""
    since = start_of(last_working_day(now))
    rows = session.execute(_HEADS.order_by(_ENTRIES.c.position), {"cases": list(cases), "since": since}).all()
    ids = sorted({row.item_id for row in rows if row.item_id is not None})
    heads = session.execute(_OF_ITEMS, {"items": ids}).all() if ids else ()
    entries: defaultdict[str, list[Any]] = defaultdict(list)
    items: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        entries[row.case_id].append(row)
    for head in heads:
        items[head.case_id].append(head)
    return {case_id: Recent(entries=entries[case_id], items=items[case_id]) for case_id in entries}


def found_by_regie(look: Gaze, referrals: Iterable[Referral], items: Iterable[Any]) -> Found:
    """Find what a regisseur sees of a case: regie opens what the other ties would."""
    who = by_regie(look)
    return Found(referrals=seen_of(look, referrals), who=who, items=seen_among(who, items))


def fresh(look: Gaze, found: Found, there: Recent) -> list[Any]:
    """Give of what happened lately what is worth a line to this viewer, newest first; of what is masked never."""
    shown = [row for row in there.entries if is_shown(row, found) and not _masked(row, found)]
    return news(shown, look.viewer.name, look.viewer.organisation)


def _masked(row: Any, found: Found) -> bool:
    one = found.referrals.get(row.referral_id or "")
    return one is not None and one.status.mask is Mask.STATUS_ONLY


def told(
    session: Session, chosen: Sequence[tuple[Gaze, Found, str, Sequence[Any]]]
) -> Mapping[str, tuple[EntryView, ...]]:
    """Give of several cases these entries with their words, newest first; the keys of the cases were read before."""
    places = [(row.case_id, row.position) for _look, _found, _owner, rows in chosen for row in rows]
    if not places:
        return {}
    whole = {(row.case_id, row.position): row for row in session.execute(_WHOLE, {"places": places})}
    ids = sorted({row.item_id for row in whole.values() if row.item_id is not None})
    written = {item.id: item for item in session.scalars(select(CaseItem).where(CaseItem.id.in_(ids)))} if ids else {}
    known = {}
    for look, found, owner, rows in chosen:
        mine = [whole[row.case_id, row.position] for row in rows if (row.case_id, row.position) in whole]
        items = {row.item_id: view_of(found.who, written[row.item_id]) for row in mine if row.item_id in written}
        if mine:
            entrance = entrance_of(look, owner, found)
            known[mine[0].case_id] = tuple(entries_of(look, mine, found, 1, entrance=entrance, items=items))
    return known
