"""Whether a work list would look different: what it shows of each case, as a mark that can be compared.

Decided by the policy, as the list itself is, and without reading who the clients are: a change that the list does not
show changes no mark, so that nobody is told of what may not be seen.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from hub.models import Case, CaseItem, Referral
from hub.rules.access import Category, Mask
from hub.rules.lifecycle import OPEN
from hub.services.access import Gaze, gaze, may_see, may_see_person, status_decision
from hub.services.caseload import COUNTED
from hub.services.circumstances import circumstances
from hub.services.referral_lines import line_of
from hub.services.ties import by_regie, sees
from hub.services.views import ReferralLine, Viewer
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
    session: Session, config: Configuration, viewer: Viewer, cases: Collection[str], now: dt.datetime
) -> dict[str, str]:
    """Give the mark of what the viewer's list shows of each of these cases; of which it shows nothing, there is none.

    ``cases`` are of that list, by ``listed``.
    """
    if not cases:
        return {}
    mine = whose_list(viewer)
    query = select(Referral).options(defer(Referral.content, raiseload=True)).where(Referral.case_id.in_(cases))
    if not mine.of_clients:
        query = query.where(Referral.receiver == mine.owner, Referral.status.in_(_OPEN))
    referrals: defaultdict[str, list[Referral]] = defaultdict(list)
    for referral in session.scalars(query.order_by(Referral.number)):
        referrals[referral.case_id].append(referral)
    items: defaultdict[str, list[Any]] = defaultdict(list)
    if mine.of_clients:
        for row in session.execute(_WRITTEN, {"cases": list(cases)}):
            items[row.case_id].append(row)
    directors = session.execute(select(Case.id, Case.regisseur_id).where(Case.id.in_(cases))).all()
    facts = circumstances(session, config, viewer, cases, now)
    found = {}
    for case_id, director in directors:
        look = gaze(config, viewer, director, now, facts[case_id])
        theirs, written = referrals[case_id], items[case_id]
        shown = _client(look, theirs, written) if mine.of_clients else _received(look, theirs)
        if shown is not None:
            found[case_id] = _hash(shown)
    return found


def mark_of_list(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> str:
    """Give one mark for all that the viewer's list shows: a page keeps it, to ask later whether it still holds."""
    mine = whose_list(viewer)
    return mark_of_all(marks(session, config, viewer, listed(session, [mine])[mine], now))


def mark_of_all(known: Mapping[str, str | None]) -> str:
    """Give one mark for the marks of many cases."""
    return _hash(sorted((case_id, mark) for case_id, mark in known.items() if mark is not None))


def _client(look: Gaze, referrals: list[Referral], items: list[Any]) -> list[object] | None:
    """Give what the list of a regisseur shows of a client; nothing where the client is not in it."""
    if not may_see_person(look, []).allow:
        return None
    decided = [(one, status_decision(look, one)) for one in referrals]
    who = by_regie(look)
    written = [(item.id, item.version) for item in items if sees(who, item)]
    return [*(_plain(line_of(look, one, decision)) for one, decision in decided if decision.allow), written]


def _received(look: Gaze, referrals: list[Referral]) -> list[object] | None:
    """Give what the list of an organisation shows of the referrals of one client; nothing where none is in it."""
    shown: list[object] = []
    for one in referrals:
        decision = status_decision(look, one)
        if decision.allow and decision.mask is not Mask.STATUS_ONLY:
            named = may_see(look, one, Category.CONTACT).mask is Mask.FULL
            shown.append((*_plain(line_of(look, one, decision)), named))
    return shown or None


def _plain(line: ReferralLine) -> list[str]:
    """Give what a list shows of a line; not why it may be seen."""
    return [f"{name}={value}" for name, value in vars(line).items() if name != "why"]


def _hash(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:_LENGTH]
