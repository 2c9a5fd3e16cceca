"""What one sees of meetings: the list, an agenda with its preparation, and the table for one client.

A client who is discussed without a name has none here, and no address of a file: but for who brought the client in and
for the case director, who know whom they speak of.
"""

import datetime as dt
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Attendance, Case, CaseItem, Meeting
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.services.access.access import status_decision
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.access.item_access import sees, why_item
from hub.services.access.referral_lines import organisation_name
from hub.services.access.ties import NAMELESS, Involved, at_the_table, involved
from hub.services.cases.case_entries import referrals_of
from hub.services.cases.case_view import CaseFile, age_on, case_view, full_name, load_file
from hub.services.cases.item_views import heads_of, items_of, view_of
from hub.services.cases.meetings import LEFT, USUAL_MINUTES, arranges
from hub.services.cases.table_seats import may_come, seated
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, seen, telling
from hub.services.views.case import CaseView
from hub.services.views.meeting import Agenda, AtTable, MeetingLine, Table, Topic
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.vocabulary import ItemKind, ItemState, Purpose

_ITEMS, _SEATS = table_of(CaseItem), table_of(Attendance)
_HEADS = select(*(column for column in _ITEMS.c if column.name != "content")).select_from(_ITEMS)
_SHOWN = dt.timedelta(days=14)


def meetings(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[MeetingLine]:
    """Give the meetings of the viewer's own team, and those where the viewer sits at a table; the next one first."""
    counts = _tables_seen(session, config, viewer, now)
    query = select(Meeting).where(
        Meeting.ends_at >= now - _SHOWN, (Meeting.team == viewer.organisation) | Meeting.id.in_(list(counts))
    )
    lines = [_line(config, one, counts[one.id], now) for one in session.scalars(query)]
    to_come = sorted((one for one in lines if not one.over), key=lambda one: one.starts_at)
    return [*to_come, *sorted((one for one in lines if one.over), key=lambda one: one.starts_at, reverse=True)]


def _tables_seen(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> Counter[str]:
    """Count for each meeting the clients at whose table this viewer sits; a seat that opens nothing is not told of."""
    rows = session.execute(
        _HEADS.join(_SEATS, _SEATS.c.item_id == _ITEMS.c.id)
        .where(_SEATS.c.person_id == viewer.id, _SEATS.c.state != LEFT, _SEATS.c.until > now)
        .where(_ITEMS.c.state != ItemState.REMOVED)
    ).all()
    looks = {case_id: who_looks(session, config, viewer, case_id, now) for case_id in {row.case_id for row in rows}}
    return Counter(str(row.meeting_id) for row in rows if sees(looks[row.case_id], row))


def sits_at(session: Session, config: Configuration, viewer: Viewer, item_id: str, now: dt.datetime) -> bool:
    """Whether this viewer sits at a table, and sees what lies on it."""
    row = session.get(CaseItem, item_id)
    if row is None or not _has_seat(session, viewer, row, now):
        return False
    return sees(who_looks(session, config, viewer, row.case_id, now), row)


def to_come(session: Session, config: Configuration, now: dt.datetime) -> list[MeetingLine]:
    """Give the meetings of all teams that are still to come: a client may be brought in at each."""
    found = session.scalars(select(Meeting).where(Meeting.ends_at > now).order_by(Meeting.starts_at).limit(100))
    return [_line(config, meeting, 0, now) for meeting in found]


def _line(config: Configuration, meeting: Meeting, topics: int, now: dt.datetime) -> MeetingLine:
    return MeetingLine(
        id=meeting.id,
        team=meeting.team,
        team_name=organisation_name(config, meeting.team),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        topics=topics,
        over=meeting.ends_at <= now,
    )


def agenda(session: Session, config: Configuration, viewer: Viewer, meeting_id: str, now: dt.datetime) -> Agenda:
    """Give a meeting with its preparation; ``NotFound`` where it is not there for this viewer."""
    meeting, topics = _agenda(session, config, viewer, meeting_id, now, prepared=True)
    people: dict[str, AtTable] = {}
    for topic in topics:
        for seat in seated(session, config, topic.item.id):
            people.setdefault(seat.person_id, seat)
    by_name = sorted(people.values(), key=lambda one: (one.organisation != meeting.team, one.name))
    return Agenda(meeting=meeting, topics=tuple(topics), people=tuple(by_name))


def _agenda(
    session: Session, config: Configuration, viewer: Viewer, meeting_id: str, now: dt.datetime, *, prepared: bool
) -> tuple[MeetingLine, list[Topic]]:
    meeting = session.get(Meeting, meeting_id)
    query = select(CaseItem).where(CaseItem.meeting_id == meeting_id, CaseItem.kind == ItemKind.AGENDA_ITEM)
    rows = session.scalars(query.where(CaseItem.state != ItemState.REMOVED).order_by(CaseItem.at, CaseItem.id)).all()
    found = (_topic(session, config, viewer, row, now, prepared=prepared) for row in rows)
    topics = [topic for topic in found if topic is not None]
    if meeting is None or (meeting.team != viewer.organisation and not topics):
        raise NotFound("There is no such meeting.")
    return _line(config, meeting, len(topics), now), topics


def _topic(
    session: Session, config: Configuration, viewer: Viewer, row: CaseItem, now: dt.datetime, *, prepared: bool
) -> Topic | None:
    """Give one client of the agenda, and tell the log; nothing where this viewer has no seat there."""
    who = who_looks(session, config, viewer, row.case_id, now)
    if not sees(who, row) or not _has_seat(session, viewer, row, now):
        return None
    nameless = row.about == NAMELESS
    knows = viewer.id in (who.look.regisseur_id, row.author_id) or (not nameless and at_the_table(who))
    file = load_file(session, row.case_id) if knows else None
    more = _prepared(session, who, file, row) if prepared else {}
    seen(
        session,
        Entry(
            viewer=viewer,
            deed=Deed.MEETING_VIEW,
            case_id=row.case_id,
            objects=(row.id,),
            sights=tuple(who.look.sights),
            detail="person" if knows else None,
        ),
    )
    return Topic(
        item=view_of(who, row),
        case_id=row.case_id if knows else None,
        client_name=full_name(file.person) if file is not None else "",
        nameless=nameless,
        minutes=int(row.content.get("minutes", USUAL_MINUTES)),
        **more,
    )


def _prepared(session: Session, who: Involved, file: CaseFile | None, row: CaseItem) -> dict[str, Any]:
    """Give what is known beforehand: of which life domains a score is seen; of a known client also age and words."""
    scored = [head for head in heads_of(session, row.case_id) if head.kind == ItemKind.SCORE and sees(who, head)]
    spoken = {domain for head in scored for domain in head.life_domains} & set(row.life_domains)
    found: dict[str, Any] = {"spoken": len(spoken)}
    if file is None:
        return found
    owner = file.regisseur.organisation if file.regisseur is not None else ""
    if _shown(who, owner, Category.CONTACT):
        found |= {"age": age_on(file.person.birth_date, who.look.now.date()), "area": file.case.area}
    if _shown(who, owner, Category.GOAL_PLAN):
        found |= {"client_words": (file.case.story or {}).get("client_words")}
    return found


def _shown(who: Involved, owner: str, category: Category) -> bool:
    asked = why_item(who, category=category, owner=owner, purpose=Purpose.GUIDANCE, domains=())
    return asked.decision.mask is Mask.FULL


def _has_seat(session: Session, viewer: Viewer, row: CaseItem, now: dt.datetime) -> bool:
    """Whether a viewer sits at this very table: who only sees the item in the file has no business there."""
    place = (_SEATS.c.item_id == row.id) & (_SEATS.c.person_id == viewer.id)
    query = select(_SEATS.c.item_id).where(place, _SEATS.c.state != LEFT, _SEATS.c.until > now)
    return session.execute(query).first() is not None


def who_looks(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> Involved:
    """Give a viewer's ties to a case, as at a table: by referrals that the viewer knows of, and by all seats."""
    look = _look(session, config, viewer, case_id, now)
    known = [one for one in referrals_of(session, case_id) if status_decision(look, one).allow]
    return involved(session, look, case_id, known, at_table=True)


def _look(session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime) -> Gaze:
    regisseur = session.execute(select(Case.regisseur_id).where(Case.id == case_id)).scalar_one()
    return gaze_at(session, config, viewer, case_id, regisseur, now)


def table(session: Session, config: Configuration, viewer: Viewer, item_id: str, now: dt.datetime) -> Table:
    """Give what lies on the table for one client; ``NotFound`` for who has no seat there."""
    row = session.get(CaseItem, item_id)
    if row is None or row.meeting_id is None or row.kind != ItemKind.AGENDA_ITEM:
        raise NotFound("There is no such item.")
    with telling(session, viewer, Deed.MEETING_VIEW, row.case_id, item_id):
        meeting, topics = _agenda(session, config, viewer, row.meeting_id, now, prepared=False)
        topic = next((one for one in topics if one.item.id == item_id), None)
        if topic is None:
            raise NotFound("There is no such item.")
    who = who_looks(session, config, viewer, row.case_id, now)
    view = _case(session, config, viewer, topic, now)
    written = [one for one in items_of(session, who, row.case_id).values() if one.parent_id == item_id]
    kept = [one for one in written if one.state is not ItemState.REMOVED]
    seats = seated(session, config, item_id, row=row, director=who.look.regisseur_id, now=now)
    may_invite = arranges(viewer, session.get_one(Meeting, row.meeting_id), row.author_id)
    return Table(
        case_id=row.case_id,
        meeting=meeting,
        topics=tuple(topics),
        topic=topic,
        view=view,
        minutes=tuple(one for one in kept if one.kind is ItemKind.MINUTE),
        outcomes=tuple(one for one in kept if one.kind in (ItemKind.DECISION, ItemKind.AGREEMENT)),
        seats=seats,
        may_write=row.state != ItemState.DONE,
        may_invite=may_invite,
        may_name=viewer.id in (row.author_id, who.look.regisseur_id),
        others=may_come(session, config, view, meeting.team, seats, now.date()) if may_invite else (),
    )


def _case(session: Session, config: Configuration, viewer: Viewer, topic: Topic, now: dt.datetime) -> CaseView | None:
    if topic.case_id is None:
        return None
    try:
        return case_view(session, config, viewer, topic.case_id, now)
    except NotFound:
        return None
