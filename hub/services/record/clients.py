"""Find or make the client and the case."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Objection
from hub.models import Client as ClientRecord
from hub.models.columns import OwnedJson
from hub.models.shelf import ContentKey
from hub.services.errors import Invalid, NotFound
from hub.services.record import case_keys
from hub.services.record.search_words import index_client
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.message import Client

_CASES, _CLIENTS, _KEYS = table_of(Case), table_of(ClientRecord), table_of(CaseKey)
_OBJECTIONS = table_of(Objection)
_OBJECTED = exists().where(_OBJECTIONS.c.case_id == _CASES.c.id, _OBJECTIONS.c.lifted_at.is_(None)).label("objected")
# The key stands before what it opens: so the person is read with it, at no question more.
_CASE = select(_KEYS.c.key, _CASES.c.id, _CASES.c.regisseur_id, _CLIENTS.c.person, _OBJECTED).select_from(
    _CASES.join(_CLIENTS).outerjoin(_KEYS, _KEYS.c.owner == _CASES.c.id)
)
_BY_ID = _CASE.where(_CASES.c.id == bindparam("case_id"))
_BY_BSN = _CASE.where(
    _CLIENTS.c.municipality == bindparam("municipality"), _CLIENTS.c.bsn_index == bindparam("bsn_index")
)


@dataclass(frozen=True, kw_only=True)
class KnownCase:
    """A case with its person.

    ``objected`` while an objection of the client stands (AVG art. 21); ``erased`` says that its content is gone, the
    person's name too.
    """

    id: str
    person: Client
    regisseur_id: str | None
    objected: bool = False
    erased: bool = False


def person_to_json(person: Client) -> dict[str, Any]:
    """Give the person as it is stored (encrypted by the column)."""
    return {key: value for key, value in asdict(person).items() if value is not None}


def find_case(work: Session | UnitOfWork, case_id: str) -> KnownCase:
    """Find a case by its id; ``NotFound`` where there is none."""
    row = work.execute(_BY_ID, {"case_id": case_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    return _known(work, row)


def _known(work: Session | UnitOfWork, row: Any) -> KnownCase:
    case_keys.check_owner(row.person, row.id)
    if isinstance(work, UnitOfWork) and row.key is not None:
        work.keys[row.id] = row.key
    return KnownCase(
        id=row.id,
        person=Client(**row.person),
        regisseur_id=row.regisseur_id,
        objected=row.objected,
        erased=row.person.erased,
    )


def find_case_of_bsn(work: Session | UnitOfWork, municipality: str, bsn: str) -> KnownCase | None:
    """Find the case of the client with this BSN, by its keyed hash."""
    whose = {"municipality": municipality, "bsn_index": case_keys.bsn_index(work, municipality, bsn)}
    row = work.execute(_BY_BSN, whose).one_or_none()
    if row is None:
        return None
    return _known(work, row)


def _check_same_person(known: Client, given: Client) -> None:
    """Refuse a BSN that comes with another person's name and birth date.

    A number alone must not open a person's case to who guesses it; and one slip of the pen must not close it.
    """
    same_name = (known.family_name or "").casefold() == (given.family_name or "").casefold()
    born = (known.birth_date or "", given.birth_date or "")
    length = min(len(day) for day in born)
    if not same_name and not (length and born[0][:length] == born[1][:length]):
        raise Invalid("Name and birth date do not fit this citizen service number.", field="client")


def find_or_open_case(work: UnitOfWork, municipality: str, person: Client) -> KnownCase:
    """Find the case of a person with a BSN, or open one. Two at once end in one case: the BSN hash is unique.

    ``Invalid`` where the BSN is known for someone with another name and another birth date.
    """
    assert person.bsn is not None  # the caller's schema asks it
    known = find_case_of_bsn(work, municipality, person.bsn)
    if known is not None:
        _check_same_person(known.person, person)
        return known
    case_id = new_id()
    key = ContentKey.new(case_id)
    insert: Any = sqlite_insert if work.dialect == "sqlite" else postgresql_insert
    client_id = work.session.execute(
        insert(ClientRecord)
        .values(
            id=new_id(),
            municipality=municipality,
            bsn_index=case_keys.bsn_index(work, municipality, person.bsn),
            person=OwnedJson(person_to_json(person), key),
            created_at=work.now,
        )
        .on_conflict_do_nothing()
        .returning(ClientRecord.id)
    ).scalar_one_or_none()
    if client_id is None:  # another writer was first; its commit is over, or we would still wait
        known = find_case_of_bsn(work, municipality, person.bsn)
        assert known is not None  # client and case are made in one transaction
        _check_same_person(known.person, person)
        return known
    case_keys.keep(work, key)
    work.session.execute(
        Case.__table__.insert().values(  # type: ignore[attr-defined]
            id=case_id, client_id=client_id, municipality=municipality, position=0, opened_at=work.now
        )
    )
    index_client(work, case_id, person)
    return KnownCase(id=case_id, person=person, regisseur_id=None)
