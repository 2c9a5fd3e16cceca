"""Write the blind index: by which keyed hashes a client or a text is found. In the unit of work of what it indexes.

Equal words of equal kinds have equal hashes, or nothing could be found; what that tells a thief stands in
docs/protection.md. Names and texts are hashed apart, so that a word in a text tells nothing of a name.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, exists, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import Case, CaseItem, CaseKey, SearchWord
from hub.models import Client as ClientRecord
from hub.models.shelf import HOUSE
from hub.rules.searching import name_marks, text_marks
from hub.services.record.case_keys import check_owner, shelf_here
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.message import Client

NAME, BORN, TEXT = "name", "born", "text"
_WORDS, _CASES, _ITEMS = table_of(SearchWord), table_of(Case), table_of(CaseItem)
_CLIENTS, _KEYS = table_of(ClientRecord), table_of(CaseKey)
_INSERT = {
    "postgresql": postgresql_insert(_WORDS).on_conflict_do_nothing(),
    "sqlite": sqlite_insert(_WORDS).on_conflict_do_nothing(),
}
_FORGET = delete(_WORDS).where(_WORDS.c.subject == bindparam("of_subject"))
_OF_CASES = delete(_WORDS).where(_WORDS.c.case_id.in_(bindparam("cases", expanding=True)))
_HASH = 16  # bytes: by chance two words in 2**64 have one hash
_REMOVED = "removed"
_WRITTEN = (
    "title",
    "question",
    "name",
    "what",
    "text",
    "why",
    "note",
    "place",
    "people",
    "agreed",
    "client_words",
    "wishes",
    "strengths",
)


def hashes(work: Session | UnitOfWork, kind: str, marks: Iterable[str]) -> list[str]:
    """Give the keyed hashes of marks of one kind."""
    key = hmac.digest(shelf_here(work).named(HOUSE).secret, b"search words: " + kind.encode(), "sha256")
    return [hmac.new(key, mark.encode(), hashlib.sha256).digest()[:_HASH].hex() for mark in marks]


def index_client(work: UnitOfWork, case_id: str, person: Client) -> None:
    """Let a new client be found, by name and birth date."""
    _write(work, case_id, case_id, _of_person(work, person))


def reindex_client(work: UnitOfWork, case_id: str, person: Client) -> None:
    """Let a client be found by what is known now, and by nothing that was known before."""
    work.execute(_FORGET, {"of_subject": case_id})
    index_client(work, case_id, person)


def index_words(work: UnitOfWork, case_id: str, subject: str, text: str) -> None:
    """Let an item of a case be found by the words of this text, and by no earlier ones."""
    work.execute(_FORGET, {"of_subject": subject})
    _write(work, case_id, subject, hashes(work, TEXT, text_marks(text)))


def _of_person(work: UnitOfWork, person: Client) -> list[str]:
    found = hashes(work, NAME, sorted(name_marks((person.given_name, person.prefix, person.family_name))))
    return found + hashes(work, BORN, [person.birth_date] if person.birth_date else [])


def _write(work: UnitOfWork, case_id: str, subject: str, words: Iterable[str]) -> None:
    rows = [{"word": word, "subject": subject, "case_id": case_id} for word in dict.fromkeys(words)]
    if rows:
        work.execute(_INSERT[work.dialect], rows)


def text_of(content: Mapping[str, Any]) -> str:
    """Give what an item is found by: all that people wrote in it, as one text."""
    return " ".join(str(content[name]) for name in _WRITTEN if content.get(name))


def some_cases(session: Session, after: str, most: int, *, without: bool) -> list[str]:
    """Give the ids of cases after this one; ``without`` leaves out those of which the client can be found."""
    query = select(_CASES.c.id).where(_CASES.c.id > after).order_by(_CASES.c.id).limit(most)
    if without:
        query = query.where(~exists().where(_WORDS.c.subject == _CASES.c.id))
    return [str(case_id) for case_id in session.scalars(query)]


def rebuild(work: UnitOfWork, case_id: str) -> bool:
    """Write all words of a case anew, under its row lock; false where the case is gone."""
    locked = select(_CASES.c.client_id).where(_CASES.c.id == case_id).with_for_update()
    client_id = work.execute(locked).scalar_one_or_none()
    if client_id is None:
        return False
    work.execute(_OF_CASES, {"cases": [case_id]})
    key = select(_KEYS.c.key).where(_KEYS.c.owner == case_id)
    work.execute(key).scalar_one_or_none()  # on the shelf before what it opens
    person = work.execute(select(_CLIENTS.c.person).where(_CLIENTS.c.id == client_id)).scalar_one()
    check_owner(person, case_id)
    index_client(work, case_id, Client(**person))
    items = select(_ITEMS.c.id, _ITEMS.c.content).where(_ITEMS.c.case_id == case_id, _ITEMS.c.state != _REMOVED)
    for item in work.execute(items).all():
        check_owner(item.content, case_id)
        index_words(work, case_id, item.id, text_of(item.content))
    return True
