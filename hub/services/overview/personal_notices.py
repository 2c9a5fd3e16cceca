"""Notices for one person: by mail, that something waits, and nothing of what, from whom or how much.

Who wants one gave an address on the page of the own account. The timers put a notice out where something has waited a
while unread; the mail worker asks once more before it sends, for it may have been read, or may not be seen any more.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, or_, select, update

from hub.broker.protocol import NOTICES
from hub.models import Alert, OutboxRecord, Person
from hub.models.columns import IdsOnly
from hub.services.messages.notices import NOTICE, address_of
from hub.services.overview.alert_views import waits
from hub.services.people import identity
from hub.settings import Configuration
from hub.store.database import Store, UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import derived_id
from schemas.vocabulary import Delivery

PATIENCE = dt.timedelta(minutes=15)
"""How long something waits on the screen before a mail says so."""
SILENCE = dt.timedelta(hours=4)
"""How long after a mail no other follows."""
LATEST = dt.timedelta(days=7)
"""How long after something happened a mail may still say so: what nobody may see is not looked at for ever."""
_PEOPLE = table_of(Person)


def put_due(work: UnitOfWork, config: Configuration) -> int:
    """Put out a notice for everyone for whom something new has waited a while; give how many."""
    if config.mail is None:
        return 0
    new = Alert.read_at.is_(None) & Alert.at.between(work.now - LATEST, work.now - PATIENCE)
    quiet = or_(Person.told_at.is_(None), (Person.told_at < Alert.at) & (Person.told_at < work.now - SILENCE))
    people = (
        select(Person.id, Person.told_at)
        .join(Alert, Alert.person_id == Person.id)
        .where(Person.notify_mail.is_not(None), Person.active, new, quiet)
        .distinct()
    )
    rows = work.session.execute(people).all()
    told = [row.id for row in rows if _sees_new(work, config, row.id, row.told_at) and _first(work, row.id)]
    if told:
        work.execute(insert(OutboxRecord), [_row(work, person) for person in told])
        work.wake_relay()
    return len(told)


def _sees_new(work: UnitOfWork, config: Configuration, person_id: str, told_at: dt.datetime | None) -> bool:
    """Whether something new waits that this person may see: what may not be seen brings no mail and delays none."""
    viewer = identity.person_viewer(work.session, config, person_id)
    between = (max(told_at or work.now - LATEST, work.now - LATEST), work.now - PATIENCE)
    return viewer is not None and bool(waits(work.session, config, viewer, work.now, between=between))


def _first(work: UnitOfWork, person_id: str) -> bool:
    """Note that someone is told; of two timers at once only one does."""
    open_to = or_(_PEOPLE.c.told_at.is_(None), _PEOPLE.c.told_at < work.now - SILENCE)
    noted = update(_PEOPLE).where(_PEOPLE.c.id == person_id, open_to).values(told_at=work.now)
    return bool(work.execute(noted).rowcount)


def _row(work: UnitOfWork, person_id: str) -> dict[str, Any]:
    return {
        "message_id": derived_id(NOTICE, person_id, work.now.isoformat()),
        "queue": NOTICES,
        "lane": f"{NOTICE}|@{person_id}",
        "kind": NOTICE,
        "body": IdsOnly(json.dumps({"person": person_id}).encode()),
        "state": Delivery.WAITING,
        "open": True,
        "due_at": work.now,
        "created_at": work.now,
    }


@dataclass(frozen=True)
class Recipients:
    """Whom a notice is for, asked when it leaves: nobody, where nothing waits any more."""

    store: Store
    config: Configuration

    def address_of(self, notice: Mapping[str, Any]) -> str | None:
        """Give the address for a notice as it stands in the queue; ``LookupError`` where it names nobody."""
        if "organisation" in notice:
            return address_of(self.config, str(notice["organisation"]))
        person_id = str(notice["person"])
        with self.store.reading() as session:
            viewer = identity.person_viewer(session, self.config, person_id)
            if viewer is None or not waits(session, self.config, viewer, dt.datetime.now(dt.UTC)):
                return None
            return identity.mail_of(session, person_id)
