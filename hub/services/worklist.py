"""Who needs this viewer today, and why: a regisseur's clients, or an organisation's referrals."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Referral
from hub.models import Client as ClientRecord
from hub.rules.audit import Deed
from hub.rules.lifecycle import OPEN, Part
from hub.services.access import gaze, may_see_person, status_decision
from hub.services.audit import Entry, seen
from hub.services.case_keys import check_owner
from hub.services.case_view import full_name
from hub.services.circumstances import circumstances
from hub.services.emergencies import ToTell, clients_to_tell
from hub.services.inbox_list import open_lines
from hub.services.referral_lines import line_of
from hub.services.views import ReferralLine, Viewer, WorkLine
from hub.settings import Configuration
from schemas.message import Client
from schemas.vocabulary import Status

_ORDER = ("late", "today", "week", "running")
# What a regisseur or sender must do; all else is another's turn.
_MINE = frozenset({"answer", "confirm_redirect", "find_alternative", "ask_still_wanted", "ground_ended"})
_LIMIT = 500
TELL_EMERGENCY = "tell_emergency"


def worklist(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give the viewer's work, most pressing first."""
    if viewer.role == "case_director":
        lines = _clients(session, config, viewer, now)
    else:
        lines = open_lines(session, config, viewer, now)
    return sorted(lines, key=lambda line: (_ORDER.index(line.urgency), line.client_name))


def _clients(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[WorkLine]:
    """Give a regisseur's clients, each with the one thing that needs attention first."""
    cases = session.execute(
        select(CaseKey.key, Case.id, ClientRecord.person)  # the key before what it opens
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .where(Case.regisseur_id == viewer.id)
        .limit(_LIMIT)
    ).all()
    referrals: defaultdict[str, list[Referral]] = defaultdict(list)
    for referral in session.scalars(
        select(Referral).where(Referral.case_id.in_([case.id for case in cases])).order_by(Referral.number)
    ):
        referrals[referral.case_id].append(referral)
    facts = circumstances(session, config, viewer, [case.id for case in cases], now)
    lines, names = [], {}
    for case in cases:
        check_owner(case.person, case.id)
        look = gaze(config, viewer, viewer.id, now, facts[case.id])
        if not may_see_person(look, []).allow:
            continue
        shown = []
        for referral in referrals[case.id]:
            decision = status_decision(look, referral)
            if decision.allow:
                shown.append((referral, line_of(look, referral, decision)))
        names[case.id] = full_name(Client(**case.person))
        lines.append(_client_line(case.id, names[case.id], shown))
        ids = tuple(referral.id for referral, _line in shown)
        sights = tuple(look.sights)
        entry = Entry(viewer=viewer, deed=Deed.WORKLIST_VIEW, case_id=case.id, objects=ids, sights=sights)
        seen(session, entry)
    return [*(_to_tell(one, names.get(one.case_id), now) for one in clients_to_tell(session, viewer)), *lines]


def _to_tell(one: ToTell, name: str | None, now: dt.datetime) -> WorkLine:
    """Give the task to tell a client of an emergency; of a file that is closed meanwhile without the name."""
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


def _client_line(case_id: str, name: str, seen: Sequence[tuple[Referral, ReferralLine]]) -> WorkLine:
    """Give the most pressing of a client's referrals as the client's line."""
    best: tuple[str, str, ReferralLine | None] = ("running", "running" if seen else "no_referrals", None)
    for referral, line in seen:
        urgency, reason = _pressing(referral, line)
        if _ORDER.index(urgency) < _ORDER.index(best[0]) or (best[2] is None and reason != "running"):
            best = (urgency, reason, line)
    return WorkLine(case_id=case_id, referral=best[2], client_name=name, reason=best[1], urgency=best[0])


def _pressing(referral: Referral, line: ReferralLine) -> tuple[str, str]:
    if line.number == "":
        return "running", "running"
    if line.mark == "undelivered":
        return "today", "undelivered"
    if referral.turn_what in _MINE and referral.turn_who in (Part.SENDER, Part.REGISSEUR):
        return ("late" if line.overdue else "today"), str(referral.turn_what)
    if line.overdue:
        return "today", "overdue"
    if Status(referral.status) in OPEN:
        return "week" if referral.status in (Status.SENT, Status.RECEIVED) else "running", "waiting"
    return "running", "running"
