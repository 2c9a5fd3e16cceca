"""Whether a work list would look different: what it shows of each case, as a mark that can be compared.

Decided by the policy, as the list itself is, and without reading who the clients are: a change that the list does not
show changes no mark, so that nobody is told of what may not be seen.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from hub.models import Case, CaseItem, Referral
from hub.rules.access import Category, Mask
from hub.rules.lifecycle import OPEN
from hub.services.access.access import may_see, why_status
from hub.services.access.circumstances import Circumstances, circumstances_of_all
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.item_access import sees
from hub.services.access.referral_lines import line_of
from hub.services.overview.caseload import COUNTED
from hub.services.overview.news import Recent, found_by_regie, fresh, recent
from hub.services.record.visits import seen_by
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer, nobody
from hub.settings import Configuration
from hub.store.tables import table_of

_OPEN = [str(status) for status in OPEN]
_LENGTH = 24
_ITEMS = table_of(CaseItem).c
# What was written down of clients, without its words: its version tells that they changed.
_WRITTEN = select(*(column for column in _ITEMS if column.name != "content")).where(
    _ITEMS.case_id.in_(bindparam("cases", expanding=True)), _ITEMS.kind.in_([str(kind) for kind in COUNTED])
)


@dataclass(frozen=True, kw_only=True)
class WhoseList:
    """A regisseur's clients, or an organisation's referrals."""

    of_clients: bool
    owner: str


def whose_list(viewer: Viewer) -> WhoseList:
    """Give whose work a viewer's list shows."""
    of_clients = viewer.role == "case_director"
    return WhoseList(of_clients=of_clients, owner=viewer.id if of_clients else viewer.organisation)


def listed(
    session: Session, lists: Iterable[WhoseList], cases: Collection[str] | None = None
) -> dict[WhoseList, dict[str, int]]:
    """Give the cases of each list, all or of these alone, each with how far it has grown."""
    found: dict[WhoseList, dict[str, int]] = {one: {} for one in lists}
    clients = [one.owner for one in found if one.of_clients]
    inboxes = [one.owner for one in found if not one.of_clients]
    theirs = select(Case.regisseur_id, Case.id, Case.position).where(Case.regisseur_id.in_(clients))
    ours = (
        select(Referral.receiver, Case.id, Case.position)
        .join(Case, Case.id == Referral.case_id)
        .where(Referral.receiver.in_(inboxes), Referral.status.in_(_OPEN))
        .distinct()
    )
    for of_clients, owners, query in ((True, clients, theirs), (False, inboxes, ours)):
        if not owners:
            continue
        rows = session.execute(query if cases is None else query.where(Case.id.in_(cases)))
        for owner, case_id, position in rows:
            found[WhoseList(of_clients=of_clients, owner=str(owner))][case_id] = position
    return found


def marks(
    session: Session, config: Configuration, asked: Mapping[Viewer, Collection[str]], now: dt.datetime
) -> dict[Viewer, dict[str, str]]:
    """Give for each viewer the mark of what the own list shows of each of these cases; of what is not shown, none.

    The cases are of that list, by ``listed``. However many ask, each thing is read once, and decided once for all of
    one organisation who look alike: as for nobody in particular, unless it is the regisseur or somebody's own list.
    """
    cases = {case_id for wanted in asked.values() for case_id in wanted}
    if not cases:
        return {viewer: {} for viewer in asked}
    directors = [viewer for viewer in asked if whose_list(viewer).of_clients]
    there = _read(session, cases, now, with_items=bool(directors))
    read = {viewer: seen_by(session, viewer, cases) for viewer in directors}
    facts = circumstances_of_all(session, config, asked, cases, now)
    known: dict[tuple[Viewer, str, Circumstances], str | None] = {}
    found: dict[Viewer, dict[str, str]] = {}
    for viewer, wanted in asked.items():
        found[viewer] = {}
        for case_id in there.keys() & set(wanted):
            own = whose_list(viewer).of_clients or viewer.id == there[case_id].director
            who, holds = viewer if own else nobody(viewer), facts[viewer, case_id]
            place = (who, case_id, holds)
            if place not in known:
                seen = read[viewer].get(case_id, 0) if viewer in read else 0
                known[place] = _mark(gaze(config, who, there[case_id].director, now, holds), there[case_id], seen)
            mark = known[place]
            if mark is not None:
                found[viewer][case_id] = mark
    return found


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What was read of a case, for all who have it on their list."""

    director: str | None
    referrals: list[Referral]
    items: list[Any]
    lately: Recent


def _read(session: Session, cases: Collection[str], now: dt.datetime, *, with_items: bool) -> dict[str, _Case]:
    directors = session.execute(select(Case.id, Case.regisseur_id).where(Case.id.in_(cases)))
    lately = recent(session, cases, now) if with_items else {}
    found = {
        case_id: _Case(director=director, referrals=[], items=[], lately=lately.get(case_id, Recent()))
        for case_id, director in directors
    }
    query = select(Referral).options(defer(Referral.content, raiseload=True)).where(Referral.case_id.in_(cases))
    for referral in session.scalars(query.order_by(Referral.number)):
        found[referral.case_id].referrals.append(referral)
    for row in session.execute(_WRITTEN, {"cases": list(cases)}) if with_items else ():
        found[row.case_id].items.append(row)
    return found


def _mark(look: Gaze, there: _Case, read: int) -> str | None:
    mine = whose_list(look.viewer)
    if mine.of_clients:
        shown = _client(look, there, read)
    else:
        ours = [one for one in there.referrals if one.receiver == mine.owner and one.status in _OPEN]
        shown = _received(look, ours)
    return _hash(shown) if shown is not None else None


def mark_of_list(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> str:
    """Give one mark for all that the viewer's list shows: a page keeps it, to ask later whether it still holds."""
    mine = whose_list(viewer)
    cases = listed(session, [mine])[mine]
    return mark_of_all(marks(session, config, {viewer: cases}, now)[viewer])


def mark_of_all(known: Mapping[str, str | None]) -> str:
    """Give one mark for the marks of many cases."""
    return _hash(sorted((case_id, mark) for case_id, mark in known.items() if mark is not None))


def _client(look: Gaze, there: _Case, read: int) -> list[object] | None:
    """Give what the list of a regisseur shows of a client; nothing where the client is not in it."""
    if not may_see_person(look, []).allow:
        return None
    found = found_by_regie(look, there.referrals, there.lately.items)
    written = [(item.id, item.version) for item in there.items if sees(found.who, item)]
    happened = [(row.kind, row.at, row.position > read) for row in fresh(look, found, there.lately)]
    return [*(_plain(one.line) for one in found.referrals.values()), written, happened]


def _received(look: Gaze, referrals: list[Referral]) -> list[object] | None:
    """Give what the list of an organisation shows of the referrals of one client; nothing where none is in it."""
    shown: list[object] = []
    for one in referrals:
        state = why_status(look, one)
        if state.decision.allow and state.decision.mask is not Mask.STATUS_ONLY:
            named = may_see(look, one, Category.CONTACT).mask is Mask.FULL
            shown.append((*_plain(line_of(look, one, state)), named))
    return shown or None


def _plain(line: ReferralLine) -> list[str]:
    """Give what a list shows of a line; not why it may be seen."""
    return [f"{name}={value}" for name, value in vars(line).items() if name != "why"]


def _hash(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:_LENGTH]
