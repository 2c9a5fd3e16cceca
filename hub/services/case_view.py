"""Build what one viewer sees of a case: the page, and the entries that come after it, by the same steps.

Positions are the viewer's own: they count what this viewer may see, from 1 without gaps, so that a missing number
never tells that there was something.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, defer

from hub.models import Case, CaseKey, Person, Referral, TimelineEntry
from hub.models import Client as ClientRecord
from hub.rules.access import Category, Decision, Mask, reason
from hub.rules.audit import Deed
from hub.rules.lifecycle import Part, masked
from hub.services.access import (
    Gaze,
    gaze_at,
    has_part_in,
    may_see,
    may_see_person,
    see_client,
    status_decision,
    why_client,
)
from hub.services.audit import Entry, seen, telling
from hub.services.case_keys import check_owner
from hub.services.errors import NotFound
from hub.services.explaining import explained, explained_status, why_body
from hub.services.release import person_for
from hub.services.views import CaseView, EntryView, Explained, ReferralLine, Viewer, Withheld
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.fields import moment_text
from schemas.message import Client
from schemas.vocabulary import Delivery, Event, OrganisationKind, Status

_TIMELINE, _CASES = table_of(TimelineEntry), table_of(Case)
_OF_CASE = _TIMELINE.c.case_id == bindparam("case_id")
_ALL_ENTRIES = select(_TIMELINE).where(_OF_CASE).order_by(_TIMELINE.c.position)
_ENTRIES = _ALL_ENTRIES.where(_TIMELINE.c.position.between(bindparam("since"), bindparam("until")))
# What decides whether an entry is shown, and nothing that must be decrypted.
_HEADS = select(_TIMELINE.c.position, _TIMELINE.c.kind, _TIMELINE.c.referral_id).where(_OF_CASE).order_by("position")
_REGISSEUR = select(_CASES.c.regisseur_id).where(_CASES.c.id == bindparam("case_id"))
# The view of a case shows no content of a referral, so none is read.
_REFERRALS = (
    select(Referral)
    .options(defer(Referral.content, raiseload=True))
    .where(Referral.case_id == bindparam("case_id"))
    .order_by(Referral.number)
)

_TROUBLE = (Delivery.QUARANTINED, Delivery.REFUSED)
# What a masked viewer may learn: that it runs, or no longer does.
_MASKED_KINDS = frozenset({Event.SEND, Event.COMPLETE, Event.DECLINE, Event.WITHDRAW, Event.CLIENT_STOPS, Event.END})
MASKED = "masked"
_NO_DIRECT = frozenset({"functional_admin", "privacy_officer", "policy_adviser", "enforcer"})
_NO_REFERRING = _NO_DIRECT | {"income_consultant", "machine"}


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """One referral with what this viewer may see of it."""

    referral: Referral
    status: Decision
    progress: Decision
    line: ReferralLine


def case_view(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> CaseView:
    """Give a case as this viewer may see it; ``NotFound`` where it is not there for this viewer."""
    with telling(session, viewer, Deed.CASE_VIEW, case_id):
        return _view(session, config, viewer, case_id, now)


def _view(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> CaseView:
    case, person, regisseur = _load(session, case_id)
    look = gaze_at(session, config, viewer, case_id, case.regisseur_id, now)
    # Before the referrals: of each entry that is read, the referral is there.
    rows = session.execute(_ALL_ENTRIES, {"case_id": case_id}).all()
    found = _found(session, look, case_id)
    _check_entrance(session, look, case_id, found)
    known = may_see_person(look, [one.referral for one in found.values()]).allow
    if viewer.id != case.regisseur_id:
        person = person_for(viewer.organisation, [one.referral for one in found.values()], person)
    entrance = _entrance(look, found)
    entries = _entries(look, rows, found, 1, entrance)
    whys = _whys(look, found) | {"contact": entrance}
    _tell(session, look, Deed.CASE_VIEW, case_id, found, known=known)
    story = (case.story or {}) if whys["words"].allowed else {}
    return CaseView(
        case_id=case_id,
        position=len(entries),
        client_name=full_name(person) if known else "",
        age=age_on(person.birth_date, now.date()) if known else None,
        bsn_tail=person.bsn[-3:] if whys["bsn"].allowed and person.bsn else None,
        area=case.area if known else None,
        contact_name=regisseur.name if regisseur else None,
        contact_organisation=_organisation_name(config, regisseur.organisation) if regisseur else None,
        contact_since=case.regisseur_since,
        client_words=story.get("client_words"),
        strengths=tuple(story.get("strengths", ())),
        referrals=tuple(sorted((one.line for one in found.values()), key=place, reverse=True)),
        entries=tuple(entries),
        withheld=withheld(look),
        emergency_until=look.facts.emergency_until,
        whys=whys,
        may_refer=known and look.facts.emergency_until is None and viewer.role not in _NO_REFERRING,
    )


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What is new in a case for one viewer. ``shape`` tells of each referral that is seen whether it is masked."""

    entries: list[EntryView]
    shape: frozenset[tuple[str, bool]]


def growth(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, after: int, now: dt.datetime
) -> Growth:
    """Give what is to be pushed to a viewer: as ``entries_after``, with what a push must notice without an entry."""
    with telling(session, viewer, Deed.CASE_PUSH, case_id):
        found, entries, look = _after(session, config, viewer, case_id, after, now)
    if entries:
        _tell(session, look, Deed.CASE_PUSH, case_id, found, known=False)
    return Growth(entries=entries, shape=frozenset((id_, one.line.number == "") for id_, one in found.items()))


def lost_consent(session: Session, viewer: Viewer, case_id: str) -> bool:
    """Whether a client's consent that ended is why an organisation that had part in a case has none any more."""
    ended = select(Referral.id).where(
        Referral.case_id == case_id, Referral.receiver == viewer.organisation, Referral.ground_ended_at.is_not(None)
    )
    return session.execute(ended.limit(1)).first() is not None


def entries_after(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    after: int,
    now: dt.datetime,
) -> list[EntryView]:
    """Give the entries this viewer may see after a position of the viewer's own count."""
    with telling(session, viewer, Deed.CASE_ENTRIES, case_id):
        found, entries, look = _after(session, config, viewer, case_id, after, now)
    _tell(session, look, Deed.CASE_ENTRIES, case_id, found, known=False)
    return entries


def _after(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, after: int, now: dt.datetime
) -> tuple[dict[str, _Seen], list[EntryView], Gaze]:
    case = session.execute(_REGISSEUR, {"case_id": case_id}).one_or_none()
    if case is None:
        raise NotFound("There is no such case.")
    look = gaze_at(session, config, viewer, case_id, case.regisseur_id, now)
    heads = session.execute(_HEADS, {"case_id": case_id}).all()
    found = _found(session, look, case_id)
    _check_entrance(session, look, case_id, found)
    new = [head.position for head in heads if _is_shown(head, found)][after:]
    if not new:
        return found, [], look
    rows = session.execute(_ENTRIES, {"case_id": case_id, "since": new[0], "until": new[-1]}).all()
    return found, _entries(look, rows, found, after + 1, _entrance(look, found)), look


_OF_CLIENT = {"person": Category.CONTACT, "bsn": Category.IDENTIFIER, "words": Category.GOAL_PLAN}


def _whys(look: Gaze, found: dict[str, _Seen]) -> dict[str, Explained]:
    """Decide about each group of what is known of the client, and say why."""
    referrals = [one.referral for one in found.values()]
    return {name: explained(look, *see_client(look, referrals, category)) for name, category in _OF_CLIENT.items()}


def _entrance(look: Gaze, found: dict[str, _Seen]) -> Explained:
    """Say why the case is there for this viewer at all: since the client may be known, or a referral is seen."""
    through = why_client(look, [one.referral for one in found.values()], Category.CONTACT)
    if through[0].decision.allow or not found:
        return explained(look, *through)
    return explained_status(look, next(iter(found.values())).referral)


def _tell(session: Session, look: Gaze, deed: Deed, case_id: str, found: dict[str, _Seen], *, known: bool) -> None:
    """Tell the audit log what of a case was shown."""
    entry = Entry(
        viewer=look.viewer,
        deed=deed,
        case_id=case_id,
        objects=tuple(found),
        sights=tuple(look.sights),
        detail="person" if known else None,
    )
    seen(session, entry)


def positions_of(session: Session, case_ids: list[str]) -> list[tuple[str, int]]:
    """Give how far cases have grown, all entries counted."""
    rows = session.execute(select(Case.id, Case.position).where(Case.id.in_(case_ids)))
    return [(case_id, position) for case_id, position in rows]


def _load(session: Session, case_id: str) -> tuple[Case, Client, Person | None]:
    row = session.execute(
        select(CaseKey.key, Case, ClientRecord, Person)  # the key before what it opens
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .outerjoin(Person, Case.regisseur_id == Person.id)
        .where(Case.id == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    _key, case, client, regisseur = row
    for content in (case.story, client.person):
        check_owner(content, case_id)
    return case, Client(**client.person), regisseur


def _check_entrance(session: Session, look: Gaze, case_id: str, found: dict[str, _Seen]) -> None:
    """Let in who has a tie to the client; to anyone else the case is not there.

    Income sees the clients of Work & Income alone: that somebody else has a client may itself be health data.
    """
    viewer = look.viewer
    if viewer.role in _NO_DIRECT:
        raise NotFound("There is no such case.")
    if found:
        return
    income = viewer.role == "income_consultant"
    if may_see_person(look, []).allow and (not income or has_part_in(session, viewer, case_id, by_announcement=True)):
        return
    raise NotFound("There is no such case.")


def _found(session: Session, look: Gaze, case_id: str) -> dict[str, _Seen]:
    referrals = session.scalars(_REFERRALS, {"case_id": case_id}).all()
    found: dict[str, _Seen] = {}
    for referral in referrals:
        status = status_decision(look, referral)
        if not status.allow:
            continue
        progress = may_see(look, referral, Category.PROGRESS, owner=referral.receiver)
        found[referral.id] = _Seen(
            referral=referral, status=status, progress=progress, line=line_of(look, referral, status)
        )
    return found


def line_of(look: Gaze, referral: Referral, status: Decision) -> ReferralLine:
    """Give a referral as a row, with no more than the decision leaves."""
    config = look.config
    if status.mask is Mask.STATUS_ONLY:
        return ReferralLine(
            id=referral.id,
            number="",
            title="",
            organisation="",
            sender="",
            mark=masked(Status(referral.status)),
            delivery=None,
            next_who=None,
            next_what=None,
            due_at=None,
            overdue=False,
            inferred=False,
            masked=status.rule,
            audience=None,
            why=explained_status(look, referral),
        )
    service = config.services.get(referral.service or "")
    trouble = referral.delivery in _TROUBLE and referral.status == Status.SENT
    return ReferralLine(
        id=referral.id,
        number=f"V-{referral.created_at.year}-{referral.number}",
        title=service.name if service else _organisation_name(config, referral.receiver),
        organisation=_organisation_name(config, referral.receiver),
        sender=_organisation_name(config, referral.sender),
        mark="undelivered" if trouble else referral.status,
        delivery=referral.delivery,
        next_who=_whose_turn(config, referral),
        next_what=referral.turn_what,
        due_at=referral.turn_due_at,
        overdue=referral.turn_due_at is not None and referral.turn_due_at < look.now,
        inferred=referral.inferred,
        masked=status.rule if status.mask is Mask.ANNOUNCEMENT else None,
        audience=None,
        sent_at=referral.created_at,
        why=explained_status(look, referral),
    )


def place(line: ReferralLine) -> tuple[str, str]:
    """Give the fixed place of a referral among the others, whatever its state: the one sent last is the highest."""
    return (moment_text(line.sent_at) if line.sent_at is not None else "", line.id)


def _whose_turn(config: Configuration, referral: Referral) -> str | None:
    if referral.turn_who == Part.RECEIVER:
        return _organisation_name(config, referral.receiver)
    if referral.turn_who == Part.SENDER:
        return _organisation_name(config, referral.sender)
    return referral.turn_who


def _organisation_name(config: Configuration, code: str) -> str:
    organisation = config.organisation(code)
    return organisation.name if organisation is not None else code


def _entries(
    look: Gaze, rows: Sequence[Any], seen: dict[str, _Seen], first: int, entrance: Explained
) -> list[EntryView]:
    """Give those of these rows that are shown, counted from ``first``; ``entrance`` is why those of no referral are."""
    shown = [row for row in rows if _is_shown(row, seen)]
    return [
        replace(_entry(look, row, seen, position), why=_why_of(row, seen) or entrance)
        for position, row in enumerate(shown, start=first)
    ]


def _why_of(row: Any, seen: dict[str, _Seen]) -> Explained | None:
    one = seen.get(row.referral_id or "")
    return one.line.why if one is not None else None


def _is_shown(row: Any, seen: dict[str, _Seen]) -> bool:
    if row.referral_id is None:
        return True
    one = seen.get(row.referral_id)
    return one is not None and (one.status.mask is not Mask.STATUS_ONLY or row.kind in _MASKED_KINDS)


def _entry(look: Gaze, row: Any, seen: dict[str, _Seen], position: int) -> EntryView:
    one = seen.get(row.referral_id or "")
    if one is not None and one.status.mask is Mask.STATUS_ONLY:
        return EntryView(
            case_id=row.case_id,
            position=position,
            kind=MASKED,
            at=row.at,
            actor=None,
            organisation=None,
            organisation_name=None,
            referral=one.line,
        )
    announced = one is not None and one.status.mask is Mask.ANNOUNCEMENT
    return EntryView(
        case_id=row.case_id,
        position=position,
        kind=row.kind,
        at=row.at,
        actor=None if announced else row.actor,
        organisation=row.organisation,
        organisation_name=_organisation_name(look.config, row.organisation) if row.organisation else None,
        referral=one.line if one is not None else None,
        data=_visible_data(look, row, one),
    )


_SAID = ("note", "reason", "reason_text", "outcome", "changes")


def _visible_data(look: Gaze, row: Any, one: _Seen | None) -> dict[str, Any]:
    """Leave out what was said where only the state may be known; own words are always one's own."""
    check_owner(row.data, row.case_id)
    data = dict(row.data or {})
    if row.inferred:
        data["inferred"] = True
    if one is None or row.organisation == look.viewer.organisation or one.progress.mask is Mask.FULL:
        return data
    return {key: value for key, value in data.items() if key not in _SAID}


_NEVER_HEALTH = "health"
_NEVER_GUIDANCE = "guidance"


def withheld(look: Gaze) -> tuple[Withheld, ...]:
    """Name what this viewer is never shown. It depends on the role alone, so it tells nothing about the client."""
    names: list[Withheld] = []
    if look.kind in (OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION):
        names.append(Withheld(what=_NEVER_HEALTH, rule="D08", reason=reason("D08").nl))
    if look.viewer.role == "income_consultant":
        names.append(Withheld(what=_NEVER_GUIDANCE, rule="D02", reason=reason("D02").nl))
    return tuple(names)


def full_name(person: Client) -> str:
    """Give the name as people say it: given name or initials, prefix, family name."""
    parts: Iterable[str | None] = (person.given_name or person.initials, person.prefix, person.family_name)
    return " ".join(part for part in parts if part)


def age_on(birth_date: str | None, day: dt.date) -> int | None:
    """Give the age on a day, from a date that may be known to the year alone."""
    if not birth_date:
        return None
    born = [int(part) for part in birth_date.split("-")]
    before = tuple(born[1:]) > (day.month, day.day)[: len(born) - 1]
    return day.year - born[0] - (1 if before else 0)


def line_body(line: ReferralLine) -> dict[str, Any]:
    """Give a referral's row as JSON."""
    body = {
        "id": line.id,
        "number": line.number or None,
        "title": line.title or None,
        "status": line.mark,
        "delivery": line.delivery,
        "masked": line.masked,
        "organisation": line.organisation or None,
        "why": why_body(line.why) if line.why else None,
    }
    return {key: value for key, value in body.items() if value is not None}


def entry_body(entry: EntryView) -> dict[str, Any]:
    """Give an entry of the timeline as JSON; of a masked one, neither moment nor organisation."""
    hidden = entry.kind == MASKED
    return {
        "case": entry.case_id,
        "position": entry.position,
        "kind": entry.kind,
        "at": None if hidden else moment_text(entry.at),
        "actor": entry.actor,
        "organisation": entry.organisation,
        "data": {**entry.data, "referral_id": entry.referral.id} if entry.referral else dict(entry.data),
        "why": why_body(entry.why) if entry.why else None,
    }
