"""Who looked at a client: for the client's regisseur and the privacy officer. Reading it is itself a look."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from hub.models import AuditRecord, Case, Person, Referral
from hub.models.audit_keys import audit_keys
from hub.rules.access import Mask
from hub.rules.audit import Deed, Outcome
from hub.services.access.access import status_decision
from hub.services.access.gaze import gaze_at
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, refused, seen
from hub.services.record.case_keys import shelf_here
from hub.services.views.viewer import Viewer
from hub.settings import Configuration

PRIVACY_OFFICER = "privacy_officer"
_LIMIT = 2000
# What is done with the log itself, and what is no look at a client.
_NO_LOOK = frozenset({Deed.SIGN_IN, Deed.SIGN_OUT})
_EMERGENCY = 3  # its place among the controls
_REFERRALS = select(Referral).options(defer(Referral.content, raiseload=True))
INTERESTS = ("client_asks", "doubt", "complaint", "review")


@dataclass(frozen=True, kw_only=True)
class LookLine:
    """Who looked on one day: looks of the same kind by the same person on a day are one line.

    ``who`` is the name, only where it was asked for; ``shown`` are kinds of data with how much was shown.
    """

    day: dt.date
    last_at: dt.datetime
    times: int
    organisation: str
    role: str
    who: str | None
    deed: str
    shown: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    purpose: str
    emergency: bool
    denied: bool


@dataclass(frozen=True, kw_only=True)
class LooksView:
    """The looks at one client, newest first. ``complete`` is false for who may not know of every organisation."""

    case_id: str
    lines: tuple[LookLine, ...]
    complete: bool
    names: bool


def who_looked(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    now: dt.datetime,
    *,
    interest: str | None = None,
) -> LooksView:
    """Give who looked at a client; ``NotFound`` for anyone but the client's regisseur and the privacy officer.

    Names are given to who says for what (``interest``), and that is kept. The regisseur sees no organisation of which
    even the referral is masked for him: that somebody looks would tell that there is something.
    """
    deed = Deed.AUDIT_NAMES if interest else Deed.AUDIT_VIEW
    regisseur = session.execute(select(Case.regisseur_id).where(Case.id == case_id)).scalar_one_or_none()
    officer = viewer.role == PRIVACY_OFFICER
    if not officer and (regisseur is None or regisseur != viewer.id):
        refused(session, viewer, deed, case_id)
        raise NotFound("There is no such case.")
    if interest is not None and interest not in INTERESTS:
        interest = None
    rows = _records(session, case_id)
    if not officer:
        known = _known_organisations(session, config, viewer, case_id, regisseur, now)
        rows = [row for row in rows if row["organisation"] in known]
    names = _names(session, {row["actor"] for row in rows}) if interest else {}
    seen(session, Entry(viewer=viewer, deed=deed, case_id=case_id, rule="A09" if officer else None, detail=interest))
    lines = _merged(config, rows, names)
    return LooksView(case_id=case_id, lines=tuple(lines), complete=officer, names=bool(interest))


def looks_for_client(session: Session, config: Configuration, case_id: str) -> list[LookLine]:
    """Give every look at a client for the client: each organisation, and no names of those who work there."""
    return _merged(config, _records(session, case_id, limit=None), {})


def _records(session: Session, case_id: str, limit: int | None = _LIMIT) -> list[dict[str, Any]]:
    found = session.execute(
        select(AuditRecord.body)
        .where(AuditRecord.subject == audit_keys(shelf_here(session)).pseudonym(case_id))
        .order_by(AuditRecord.at.desc())
        .limit(limit)
    )
    told = [json.loads(row.body) for row in found]
    return [one for one in told if one["deed"] not in _NO_LOOK]


def _known_organisations(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, regisseur_id: str | None, now: dt.datetime
) -> frozenset[str]:
    """Give the organisations that this viewer may know to be round the client: those of what is not masked."""
    look = gaze_at(session, config, viewer, case_id, regisseur_id, now)
    known, hidden = {viewer.organisation, config.municipality.code}, set[str]()
    for referral in session.scalars(_REFERRALS.where(Referral.case_id == case_id)):
        decision = status_decision(look, referral)
        open_to = decision.allow and decision.mask is not Mask.STATUS_ONLY
        (known if open_to else hidden).update((referral.sender, referral.receiver))
    # Who also has a part that is masked looked for that part too; which look was for which can't be told apart.
    return frozenset(known - (hidden - {viewer.organisation, config.municipality.code}))


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(ids))))
    return {row.id: row.name for row in rows}


def _merged(config: Configuration, rows: Iterable[dict[str, Any]], names: dict[str, str]) -> list[LookLine]:
    """Take looks of one kind by one person on one day together (NEN 7513, chapter 9)."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        denied = row["outcome"] == Outcome.DENIED
        key = (row["at"][:10], row["actor"], row["role"], row["deed"], denied, row["controls"][_EMERGENCY] == "T")
        groups.setdefault(key, []).append(row)
    return [_line(config, same, names) for same in groups.values()]


def _line(config: Configuration, same: list[dict[str, Any]], names: dict[str, str]) -> LookLine:
    last = same[0]
    organisation = config.organisation(last["organisation"])
    shown = {tuple(kind.split(":")) for row in same for kinds in row.get("shown", {}).values() for kind in kinds}
    if any(row.get("detail") == "person" for row in same):
        shown.add(("contact", "full"))
    at = dt.datetime.fromisoformat(last["at"])
    return LookLine(
        day=at.date(),
        last_at=at,
        times=len(same),
        organisation=organisation.name if organisation is not None else last["organisation"],
        role=last["role"],
        who=names.get(last["actor"]),
        deed=last["deed"],
        shown=tuple(sorted((kind, mask) for kind, mask in shown)),
        rules=tuple(sorted({rule for row in same for rule in (*row.get("shown", {}), row.get("rule")) if rule})),
        purpose=last["purpose"],
        emergency=last["controls"][_EMERGENCY] == "T",
        denied=last["outcome"] == Outcome.DENIED,
    )
