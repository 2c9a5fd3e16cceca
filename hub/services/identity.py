"""Who signs in: people by name and password, systems by client id and secret."""

from dataclasses import dataclass

import argon2
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import ApiClient, Person
from hub.services.errors import Invalid
from hub.services.views import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.vocabulary import OrganisationKind, Purpose

_HASHER = argon2.PasswordHasher()
# Checked where there is no such account, so that the answer takes as long and tells nothing.
_NOBODY = _HASHER.hash("nobody")
_MACHINE_PURPOSE = {
    OrganisationKind.WORK_AND_INCOME: Purpose.GUIDANCE,
    OrganisationKind.ACCESS_TEAM: Purpose.TRIAGE,
    OrganisationKind.SOCIAL_WORK: Purpose.GUIDANCE,
    OrganisationKind.MENTAL_HEALTH: Purpose.TREATMENT,
    OrganisationKind.REINTEGRATION: Purpose.PLACEMENT,
    OrganisationKind.MUNICIPALITY: Purpose.OPERATIONS,
}


def _findable(name: str) -> str:
    """Give a name as it can be looked up: one with a null byte is nobody's, and PostgreSQL refuses the question."""
    return "" if "\0" in name else name


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Someone to add, in one role of one organisation, for one purpose."""

    username: str
    name: str
    organisation: str
    role: str
    title: str
    purpose: Purpose


def hash_secret(secret: str) -> str:
    """Hash a password or secret with argon2id."""
    return _HASHER.hash(secret)


def _fits(stored: str | None, secret: str) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODY, secret) and stored is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def sign_in(session: Session, config: Configuration, username: str, password: str) -> Viewer | None:
    """Give who this is, or nothing where name and password don't fit."""
    found = select(Person).where(Person.username == _findable(username), Person.active)
    person = session.scalars(found).one_or_none()
    if not _fits(person.password_hash if person else None, password) or person is None:
        return None
    return viewer_of(config, person)


def person_viewer(session: Session, config: Configuration, person_id: str) -> Viewer | None:
    """Give a signed-in person, or nothing where the account is gone or blocked."""
    person = session.scalars(select(Person).where(Person.id == person_id, Person.active)).one_or_none()
    return viewer_of(config, person) if person is not None else None


def viewer_of(config: Configuration, person: Person) -> Viewer:
    """Give a person as one who looks and acts."""
    organisation = config.organisation(person.organisation)
    return Viewer(
        id=person.id,
        name=person.name,
        organisation=person.organisation,
        organisation_name=organisation.name if organisation is not None else person.organisation,
        role=person.role,
        purpose=person.purpose,
    )


def add_person(work: UnitOfWork, person: NewPerson, password: str) -> str:
    """Add someone who works at an organisation; ``Invalid`` where the name is taken."""
    if work.session.execute(select(Person.id).where(Person.username == person.username)).first() is not None:
        raise Invalid("This user name is taken.", field="username")
    person_id = new_id()
    work.session.add(
        Person(
            id=person_id,
            username=person.username,
            name=person.name,
            organisation=person.organisation,
            role=person.role,
            title=person.title,
            purpose=person.purpose,
            password_hash=hash_secret(password),
            active=True,
        )
    )
    work.session.flush()
    return person_id


def add_client(work: UnitOfWork, organisation: str, secret: str) -> None:
    """Give an organisation's system its client, or a new secret; the organisation's code is the client id."""
    client = work.session.get(ApiClient, organisation)
    if client is None:
        client = ApiClient(id=organisation, organisation=organisation)
        work.session.add(client)
    client.secret_hash, client.active = hash_secret(secret), True
    work.session.flush()


def client_fits(session: Session, client_id: str, secret: str) -> bool:
    """Whether a system's client id and secret fit."""
    stored = session.execute(
        select(ApiClient.secret_hash).where(ApiClient.id == _findable(client_id), ApiClient.active)
    ).scalar_one_or_none()
    return _fits(stored, secret)


def machine_viewer(session: Session, config: Configuration, client_id: str) -> Viewer | None:
    """Give the system behind a client id, or nothing where it is gone or blocked."""
    code = session.execute(
        select(ApiClient.organisation).where(ApiClient.id == client_id, ApiClient.active)
    ).scalar_one_or_none()
    organisation = config.organisation(code) if code is not None else None
    if organisation is None:
        return None
    return Viewer(
        id=client_id,
        name=organisation.name,
        organisation=organisation.code,
        organisation_name=organisation.name,
        role="machine",
        purpose=_MACHINE_PURPOSE[organisation.kind],
    )
