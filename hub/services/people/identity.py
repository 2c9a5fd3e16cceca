"""Who signs in: people by name and password, in the posts they hold; systems by client id and secret."""

import datetime as dt
from dataclasses import dataclass

import argon2
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hub.models import ApiClient, Person, Post
from hub.rules.languages import LANGUAGES
from hub.services.errors import Invalid
from hub.services.people.sessions import viewer_in
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.fields import is_mail_address
from schemas.identifiers import new_id
from schemas.vocabulary import OrganisationKind, Purpose

# RFC 9106 section 4, second choice of parameters: 64 MiB, three passes, four lanes; above the least of 19 MiB and two.
_HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, type=argon2.Type.ID)
# Checked where there is no such account, so that the answer takes as long and tells nothing.
_NOBODY = _HASHER.hash("nobody")
_TAKES_OVER_IN = dt.timedelta(days=7)
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


def check_password(session: Session, username: str, password: str) -> Person | None:
    """Give whose name and password these are, or nothing; it takes as long where there is no such name."""
    found = select(Person).where(Person.username == _findable(username), Person.active)
    person = session.scalars(found).one_or_none()
    return person if _fits(person.password_hash if person else None, password) else None


def fits_own(session: Session, person_id: str, password: str) -> bool:
    """Whether someone who is signed in knows the own password."""
    return _fits(
        session.execute(select(Person.password_hash).where(Person.id == person_id, Person.active)).scalar_one_or_none(),
        password,
    )


def password_once(session: Session, person_id: str) -> bool:
    """Whether someone else made this person's password."""
    return bool(session.execute(select(Person.password_once).where(Person.id == person_id)).scalar_one())


def has_factor(session: Session, person_id: str) -> bool:
    """Whether a second factor is in use."""
    return session.execute(select(Person.factor_since).where(Person.id == person_id)).scalar_one() is not None


def username_of(session: Session, person_id: str) -> str:
    """Give the name that someone signs in with."""
    return session.execute(select(Person.username).where(Person.id == person_id)).scalar_one()


def set_password(work: UnitOfWork, person_id: str, password: str, *, once: bool = False) -> None:
    """Give someone another password; ``once`` where it must be changed at the next sign-in."""
    work.execute(
        update(Person).where(Person.id == person_id).values(password_hash=hash_secret(password), password_once=once)
    )


def set_language(work: UnitOfWork, person_id: str, code: str) -> None:
    """Give someone the screen in another language."""
    if code not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    work.execute(update(Person).where(Person.id == person_id).values(language=code))


def set_mail(work: UnitOfWork, person_id: str, address: str | None) -> None:
    """Have someone told by mail that something waits, or no more; ``Invalid`` where that is no address."""
    if address is not None and not is_mail_address(address):
        raise Invalid("This is no mail address.", field="mail")
    sealed = address.encode() if address else None
    work.execute(update(Person).where(Person.id == person_id).values(notify_mail=sealed, told_at=None))


def mail_of(session: Session, person_id: str) -> str | None:
    """Give where someone wants to be told that something waits; nothing for who does not."""
    found = session.scalars(select(Person.notify_mail).where(Person.id == person_id, Person.active)).one_or_none()
    return found.decode() if found else None


def posts_of(session: Session, person_id: str, on: dt.date) -> list[Post]:
    """Give the posts that someone holds on a day, longest held first."""
    return list(
        session.scalars(
            select(Post)
            .where(Post.person_id == person_id, Post.starts_on <= on, or_(Post.ends_on.is_(None), Post.ends_on >= on))
            .order_by(Post.starts_on, Post.id)
        )
    )


def person_viewer(session: Session, config: Configuration, person_id: str) -> Viewer | None:
    """Give a person in the first post held today, without a session; nothing where the account is gone or blocked."""
    person = session.scalars(select(Person).where(Person.id == person_id, Person.active)).one_or_none()
    posts = posts_of(session, person_id, dt.datetime.now(dt.UTC).date()) if person is not None else []
    return viewer_in(config, person.name, posts[0], language=person.language) if person is not None and posts else None


def add_person(work: UnitOfWork, person: NewPerson, password: str, *, once: bool = False) -> str:
    """Add someone who works at an organisation, with a first post; ``Invalid`` where the name is taken.

    ``once`` says that the password must be changed at the first sign-in.
    """
    if work.session.execute(select(Person.id).where(Person.username == person.username)).first() is not None:
        raise Invalid("This user name is taken.", field="username")
    person_id = new_id()
    work.session.add(
        Person(
            id=person_id,
            username=person.username,
            name=person.name,
            organisation=person.organisation,
            password_hash=hash_secret(password),
            active=True,
            password_once=once,
        )
    )
    work.session.flush()
    add_post(
        work,
        person_id,
        organisation=person.organisation,
        role=person.role,
        purpose=person.purpose,
        title=person.title,
        post_id=person_id,
    )
    return person_id


def add_post(
    work: UnitOfWork,
    person_id: str,
    *,
    organisation: str,
    role: str,
    purpose: str,
    title: str,
    manages: bool = False,
    post_id: str | None = None,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> str:
    """Give someone a post, and give its id."""
    made = post_id or new_id()
    work.session.add(
        Post(
            id=made,
            person_id=person_id,
            organisation=organisation,
            role=role,
            purpose=purpose,
            title=title,
            manages=manages,
            starts_on=starts_on or work.now.date(),
            ends_on=ends_on,
        )
    )
    work.session.flush()
    return made


def add_client(work: UnitOfWork, organisation: str, secret: str, *, at_once: bool = False) -> None:
    """Give an organisation's system its client, or a new secret; the organisation's code is the client id.

    The secret before it stays valid for a week, so that the system can change over without standing still; ``at_once``
    ends it now, with the tokens that were asked with it.
    """
    client = work.session.get(ApiClient, organisation)
    if client is None:
        client = ApiClient(id=organisation, organisation=organisation, secret_hash="")
        work.session.add(client)
    elif at_once or not client.active:
        client.previous_secret_hash, client.previous_until = None, None
    elif client.secret_hash:
        client.previous_secret_hash, client.previous_until = client.secret_hash, work.now + _TAKES_OVER_IN
    client.secret_hash, client.active = hash_secret(secret), True
    work.session.flush()


def secrets_of(session: Session, client_id: str) -> tuple[str, ...]:
    """Give the hashes of the secrets that a system may use now: one, or two while one takes over from the other."""
    row = session.execute(
        select(ApiClient.secret_hash, ApiClient.previous_secret_hash, ApiClient.previous_until).where(
            ApiClient.id == _findable(client_id), ApiClient.active
        )
    ).one_or_none()
    if row is None:
        return ()
    earlier = row.previous_until is not None and row.previous_until > dt.datetime.now(dt.UTC)
    return (row.secret_hash, row.previous_secret_hash) if earlier and row.previous_secret_hash else (row.secret_hash,)


def fitting(stored: tuple[str, ...], secret: str) -> str | None:
    """Give the hash that a secret fits, or nothing; it takes as long where there are none."""
    return next((one for one in stored or (None,) if _fits(one, secret)), None)


def machine_viewer(session: Session, config: Configuration, client_id: str, proof: str | None = None) -> Viewer | None:
    """Give the system behind a client id, or nothing where it is gone or blocked."""
    code = session.execute(
        select(ApiClient.organisation).where(ApiClient.id == client_id, ApiClient.active)
    ).scalar_one_or_none()
    return system_of(config, code, client_id=client_id, proof=proof) if code is not None else None


def system_of(
    config: Configuration, code: str, *, client_id: str | None = None, proof: str | None = None
) -> Viewer | None:
    """Give an organisation's own system as a viewer, or nothing where there is no such organisation."""
    organisation = config.organisation(code)
    if organisation is None:
        return None
    return Viewer(
        id=client_id or code,
        name=organisation.name,
        organisation=organisation.code,
        organisation_name=organisation.name,
        role="machine",
        purpose=_MACHINE_PURPOSE[organisation.kind],
        proof=proof,
    )
