"""A regisseur's clients: what needs attention and why, since when, what comes next, and what just happened."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, CaseItem, CaseKey, Referral
from hub.models import Client as ClientRecord
from hub.rules.attention import ORDER, Attention, Facts, Urgency, signs
from hub.rules.audit import Deed
from hub.rules.lifecycle import OPEN, REVIEW_TURNS, Part
from hub.rules.working_days import local_day
from hub.services.access.circumstances import circumstances
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import Gaze, gaze
from hub.services.access.grounds import holds
from hub.services.access.item_access import sees
from hub.services.cases.case_entries import Found
from hub.services.cases.case_view import full_name
from hub.services.overview.news import SHOWN, Recent, found_by_regie, fresh, recent, told
from hub.services.record.audit import Entry, seen
from hub.services.record.case_keys import check_owner
from hub.services.record.visits import seen_by
from hub.services.views.case import EntryView
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.services.views.work import Planned, WorkLine
from hub.settings import Configuration
from schemas.message import Client
from schemas.vocabulary import Basis, ItemKind, ItemState, Status

# What a regisseur or sender must do; all else is another's turn.
_MINE = frozenset({"answer", "confirm_redirect", "find_alternative", "ask_still_wanted", "ground_ended"})
_LIMIT = 500
_DOING = (ItemState.OPEN, ItemState.BUSY)
COUNTED = (
    ItemKind.GOAL, ItemKind.STEP, ItemKind.AGREEMENT, ItemKind.CONTACT, ItemKind.SCORE, ItemKind.APPOINTMENT,
)  # fmt: skip
"""The kinds of what people write down that the list of a regisseur turns on."""
_CLIENTS = (
    select(CaseKey.key, Case.id, Case.area, Case.opened_at, Case.regisseur_since, ClientRecord.person)  # the key first
    .select_from(Case)
    .outerjoin(CaseKey, CaseKey.owner == Case.id)
    .join(ClientRecord, Case.client_id == ClientRecord.id)
    .limit(_LIMIT)
)


@dataclass(frozen=True, kw_only=True)
class _Client:
    """One client with what was read of it."""

    case: Any
    name: str
    look: Gaze
    found: Found
    items: Sequence[CaseItem]
    fresh: Sequence[Any] = ()

    @property
    def referrals(self) -> Sequence[tuple[Referral, ReferralLine]]:
        """Give the referrals that are seen, each as a row."""
        return [(one.referral, one.line) for one in self.found.referrals.values()]


def caseload(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give the clients of whom the viewer is the regisseur, most pressing first."""
    cases = session.execute(_CLIENTS.where(Case.regisseur_id == viewer.id)).all()
    ids = [case.id for case in cases]
    referrals = _by_case(session, select(Referral).where(Referral.case_id.in_(ids)).order_by(Referral.number))
    counted = select(CaseItem).where(CaseItem.case_id.in_(ids), CaseItem.kind.in_([str(kind) for kind in COUNTED]))
    items = _by_case(session, counted.where(CaseItem.state != ItemState.REMOVED).order_by(CaseItem.created_at))
    facts = circumstances(session, config, viewer, ids, now)
    lately, read = recent(session, ids, now), seen_by(session, viewer, ids)
    clients = []
    for case in cases:
        look = gaze(config, viewer, viewer.id, now, facts[case.id])
        found = _client(session, look, case, referrals[case.id], items[case.id], lately.get(case.id, Recent()))
        if found is not None:
            clients.append(found)
    happened = _happened(session, clients)
    lines = [
        replace(
            _line(client, now),
            news=sum(row.position > read.get(client.case.id, 0) for row in client.fresh),
            happened=happened.get(client.case.id, ()),
        )
        for client in clients
    ]
    return sorted(lines, key=lambda line: (ORDER.index(Urgency(line.urgency)), line.client_name))


def _by_case(session: Session, statement: Any) -> Mapping[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in session.scalars(statement):
        found[row.case_id].append(row)
    return found


def _client(
    session: Session,
    look: Gaze,
    case: Any,
    referrals: Sequence[Referral],
    items: Sequence[CaseItem],
    lately: Recent,
) -> _Client | None:
    """Decide what of one client is seen, and tell the log; nothing where the person may not be known."""
    check_owner(case.person, case.id)
    if not may_see_person(look, []).allow:
        return None
    found = found_by_regie(look, referrals, lately.items)
    ids = tuple(found.referrals)
    shown = [item for item in items if sees(found.who, item)]
    client = _Client(
        case=case,
        name=full_name(Client(**case.person)),
        look=look,
        found=found,
        items=shown,
        fresh=fresh(look, found, lately),
    )
    seen(
        session,
        Entry(viewer=look.viewer, deed=Deed.WORKLIST_VIEW, case_id=case.id, objects=ids, sights=tuple(look.sights)),
    )
    return client


def _happened(session: Session, clients: Sequence[_Client]) -> Mapping[str, tuple[EntryView, ...]]:
    """Give the last that happened at all these clients, by client."""
    rows = sorted((row for client in clients for row in client.fresh), key=lambda row: row.at, reverse=True)[:SHOWN]
    last = {(row.case_id, row.position) for row in rows}
    chosen = [
        (
            client.look,
            client.found,
            client.look.viewer.organisation,
            [row for row in client.fresh if (row.case_id, row.position) in last],
        )
        for client in clients
    ]
    return told(session, [one for one in chosen if one[3]])


def _line(client: _Client, now: dt.datetime) -> WorkLine:
    """Give a client's line: the most pressing sign or referral, what else there is, and what comes next."""
    found = signs(_facts(client, now))
    urgency, reason, line = _of_referrals(client.referrals)
    best: Attention | None = found[0] if found else None
    if best is not None and ORDER.index(best.urgency) < ORDER.index(Urgency(urgency)):
        urgency, reason, line = best.urgency, best.sign, None
    others = [str(one.sign) for one in found if one.sign != reason]
    next_step = next((item for item in client.items if item.kind == ItemKind.STEP and item.state in _DOING), None)
    late = _first_due(client.items, ItemKind.STEP)
    text = late if reason == "step_stalled" else _first_due(client.items, ItemKind.AGREEMENT)
    return WorkLine(
        case_id=client.case.id,
        referral=line,
        client_name=client.name,
        reason=str(reason),
        urgency=str(urgency),
        area=client.case.area,
        also=tuple(others),
        day=best.day if best is not None and best.sign == reason else None,
        detail=_text(text) if reason in ("step_stalled", "agreement_due") else None,
        last_contact=_last(client.items, ItemKind.CONTACT),
        next_step=_text(next_step) or None,
        planned=_planned(client, now),
    )


def _facts(client: _Client, now: dt.datetime) -> Facts:
    today = local_day(now)
    consents = [
        local_day(referral.ground_until)
        for referral, _line in client.referrals
        if referral.basis == Basis.CONSENT and referral.ground_until is not None
        if Status(referral.status) in OPEN and holds(referral, now)
    ]
    step, agreement = (_first_due(client.items, kind) for kind in (ItemKind.STEP, ItemKind.AGREEMENT))
    return Facts(
        today=today,
        opened=client.case.regisseur_since or local_day(client.case.opened_at),
        last_contact=_last(client.items, ItemKind.CONTACT),
        plan=any(item.kind == ItemKind.GOAL for item in client.items),
        step_due=step.due_on if step is not None else None,
        agreement_due=agreement.due_on if agreement is not None else None,
        consent_until=min(consents, default=None),
        scored=_last(client.items, ItemKind.SCORE),
    )


def _first_due(items: Sequence[CaseItem], kind: ItemKind) -> CaseItem | None:
    due = [item for item in items if item.kind == kind and item.state in _DOING and item.due_on is not None]
    return min(due, key=lambda item: str(item.due_on), default=None)


def _last(items: Sequence[CaseItem], kind: ItemKind) -> dt.date | None:
    """Give the last day of a kind; who was called and did not answer, was not spoken."""
    heard = (item for item in items if item.kind == kind and item.content.get("reached") is not False)
    return max((local_day(item.at or item.created_at) for item in heard), default=None)


def _text(item: CaseItem | None) -> str:
    return str(item.content.get("text", "")) if item is not None else ""


def _planned(client: _Client, now: dt.datetime) -> tuple[Planned, ...]:
    today = local_day(now)
    return tuple(
        Planned(
            item_id=item.id,
            what=str(item.content.get("what", "")),
            place=item.content.get("place"),
            at=item.at,
        )
        for item in client.items
        if item.kind == ItemKind.APPOINTMENT and item.state == ItemState.OPEN
        if item.at is not None and local_day(item.at) == today
    )


def _of_referrals(seen: Sequence[tuple[Referral, ReferralLine]]) -> tuple[str, str, ReferralLine | None]:
    """Give the most pressing of a client's referrals."""
    best: tuple[str, str, ReferralLine | None] = ("running", "running" if seen else "no_referrals", None)
    for referral, line in seen:
        urgency, reason = _pressing(referral, line)
        sooner = ORDER.index(Urgency(urgency)) < ORDER.index(Urgency(best[0]))
        if sooner or (best[2] is None and reason != "running"):
            best = (urgency, reason, line)
    return best


def _pressing(referral: Referral, line: ReferralLine) -> tuple[str, str]:
    if line.number == "":
        return "running", "running"
    if line.mark == "undelivered":
        return "today", "undelivered"
    if referral.turn_what in _MINE and referral.turn_who in (Part.SENDER, Part.REGISSEUR):
        return ("late" if line.overdue else "today"), str(referral.turn_what)
    if line.overdue:
        # A review the regisseur may do as well as the receiver: nobody waits for an answer.
        return "today", str(referral.turn_what) if referral.turn_what in REVIEW_TURNS else "overdue"
    if Status(referral.status) in OPEN:
        return "week" if referral.status in (Status.SENT, Status.RECEIVED) else "running", "waiting"
    return "running", "running"
