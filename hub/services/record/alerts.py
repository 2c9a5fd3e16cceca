"""Put down that something waits for one person: named, answered, or asked. In the unit of work in which it happened.

An alert says where, and no word of what; whether it may be seen is decided when it is read (``alert_views``).
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub.models import Alert, Case, CaseItem, OutboxRecord, Person, Referral, TimelineEntry
from hub.models.columns import IdsOnly
from hub.rules.alerts import AlertKind, may_be_named, named
from hub.services.record.timeline import nudge_row
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.vocabulary import Event, ItemKind

PERSON = "@"
"""What a nudge begins with that is about a person, where others name a case."""
_ALERTS, _PEOPLE, _OUTBOX = table_of(Alert), table_of(Person), table_of(OutboxRecord)
_TALK = frozenset({ItemKind.REMARK, ItemKind.MINUTE})


def put_of_item(work: UnitOfWork, actor: Viewer, item: CaseItem) -> None:
    """Have those told who are named in what was written, and whoever it answers."""
    if item.kind not in _TALK:
        return
    people = dict.fromkeys(_answered(work, item), AlertKind.REPLY)
    people |= dict.fromkeys(_named_in(work, str(item.content.get("text", ""))), AlertKind.MENTION)
    people.pop(actor.id, None)
    _put(work, [_row(person, item.id, item.case_id, kind, item_id=item.id) for person, kind in people.items()])


def _answered(work: UnitOfWork, item: CaseItem) -> Collection[str]:
    if item.parent_id is None:
        return ()
    wrote = select(CaseItem.author_id).where(CaseItem.id == item.parent_id, CaseItem.kind.in_([str(k) for k in _TALK]))
    return [str(row.author_id) for row in work.execute(wrote)]


def _named_in(work: UnitOfWork, text: str) -> Collection[str]:
    candidates = may_be_named(text)
    if not candidates:
        return ()
    people = select(_PEOPLE.c.id, _PEOPLE.c.name).where(_PEOPLE.c.name.in_(sorted(candidates)), _PEOPLE.c.active)
    found = [(str(row.id), str(row.name)) for row in work.execute(people)]
    there = named(text, (name for _id, name in found))
    return [id_ for id_, name in found if name in there]


def put_of_event(
    work: UnitOfWork, actor: Viewer, referral: Referral, event: Event, position: int, regisseur_id: str | None
) -> None:
    """Have the sender's side told of a question, and whoever asked of its answer."""
    if event is Event.ASK:
        kind, people = AlertKind.QUESTION, _of_sender(work, referral, regisseur_id)
    elif event is Event.ANSWER:
        kind, people = AlertKind.ANSWER, _who_asked(work, referral)
    else:
        return
    subject = f"{referral.id}:{position}"
    _put(
        work,
        [_row(person, subject, referral.case_id, kind, referral_id=referral.id) for person in set(people) - {actor.id}],
    )


def _of_sender(work: UnitOfWork, referral: Referral, regisseur_id: str | None) -> Collection[str]:
    """Give who answers for the sender: the regisseur, where that is theirs, else who sent it."""
    people = select(_PEOPLE.c.id).where(_PEOPLE.c.organisation == referral.sender, _PEOPLE.c.active)
    for wanted in (regisseur_id, referral.created_by):
        found = work.execute(people.where(_PEOPLE.c.id == wanted)).scalars().all() if wanted else ()
        if found:
            return [str(one) for one in found]
    return ()


def _who_asked(work: UnitOfWork, referral: Referral) -> Collection[str]:
    entries = table_of(TimelineEntry)
    asked = (
        select(entries.c.actor, entries.c.organisation)
        .where(entries.c.referral_id == referral.id, entries.c.kind == Event.ASK)
        .order_by(entries.c.position.desc())
        .limit(1)
    )
    row = work.execute(asked).first()
    if row is None or row.actor is None:
        return ()
    people = select(_PEOPLE.c.id).where(
        _PEOPLE.c.name == row.actor, _PEOPLE.c.organisation == row.organisation, _PEOPLE.c.active
    )
    return [str(one) for one in work.execute(people).scalars()]


def _row(
    person: str,
    subject: str,
    case_id: str,
    kind: AlertKind,
    *,
    item_id: str | None = None,
    referral_id: str | None = None,
) -> dict[str, Any]:
    return {
        "person_id": person,
        "subject": subject,
        "case_id": case_id,
        "kind": kind,
        "item_id": item_id,
        "referral_id": referral_id,
    }


def _put(work: UnitOfWork, rows: Iterable[dict[str, Any]]) -> None:
    """Write alerts that are not there yet, and have each of these people's open pages hear of it."""
    made = sorted(({**row, "at": work.now, "read_at": None} for row in rows), key=lambda row: str(row["person_id"]))
    if not made:
        return
    statement = postgresql.insert(_ALERTS) if work.dialect == "postgresql" else sqlite.insert(_ALERTS)
    work.execute(statement.on_conflict_do_nothing(), made)
    _ring(work, [(str(row["person_id"]), str(row["case_id"])) for row in made])


def _ring(work: UnitOfWork, people: Iterable[tuple[str, str]]) -> None:
    work.execute(
        insert(_OUTBOX),
        [
            {
                **nudge_row(work, case_id, 0),
                "message_id": new_id(),
                "body": IdsOnly(f"{PERSON}{person}:0".encode()),
            }
            for person, case_id in people
        ],
    )
    work.wake_relay()


def unread_in(session: Session, viewer: Viewer, case_id: str) -> bool:
    """Whether anything in a case waits for someone, seen or not: asked before anything is written."""
    one = select(_ALERTS.c.subject).where(
        _ALERTS.c.person_id == viewer.id, _ALERTS.c.read_at.is_(None), _ALERTS.c.case_id == case_id
    )
    return session.execute(one.limit(1)).first() is not None


def read_items(work: UnitOfWork, viewer: Viewer, case_id: str, items: Collection[str]) -> bool:
    """Note that someone looked where these items stand; give whether anything waited there."""
    ours = _ALERTS.c.item_id.in_(list(items)) & (_ALERTS.c.case_id == case_id)
    return bool(items) and _read(work, viewer, ours, case_id)


def read_referral(work: UnitOfWork, viewer: Viewer, case_id: str, referral_id: str) -> bool:
    """Note that someone looked at a referral; give whether anything waited there."""
    return _read(work, viewer, _ALERTS.c.referral_id == referral_id, case_id)


def read_all(work: UnitOfWork, viewer: Viewer) -> None:
    """Note that someone has read all that waits."""
    one = select(Case.id).join(Alert, Alert.case_id == Case.id).where(Alert.person_id == viewer.id).limit(1)
    case_id = work.execute(one).scalar_one_or_none()
    if case_id is not None:
        _read(work, viewer, _ALERTS.c.case_id.is_not(None), str(case_id))


def _read(work: UnitOfWork, viewer: Viewer, which: Any, case_id: str) -> bool:
    mine = update(_ALERTS).where(_ALERTS.c.person_id == viewer.id, _ALERTS.c.read_at.is_(None), which)
    if not work.execute(mine.values(read_at=work.now)).rowcount:
        return False
    _ring(work, [(viewer.id, case_id)])
    return True
