"""Manage the people who sign in: block, let in, give another password, link to a provider."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from hub.models import ApiClient, Person, Post
from hub.services.errors import Invalid, NotFound
from hub.services.people import second_factor as factor
from hub.services.people.identity import set_password
from hub.services.people.sessions import end_all, end_in_post
from hub.store.database import UnitOfWork


def id_of(work: UnitOfWork, username: str) -> str:
    """Give the id of who signs in by this name; ``NotFound`` where nobody does."""
    found = work.execute(select(Person.id).where(Person.username == username)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is nobody with this user name.")
    return str(found)


def set_active(work: UnitOfWork, username: str, *, active: bool) -> None:
    """Block someone, or let someone in again; blocking ends every session."""
    person_id = id_of(work, username)
    work.execute(update(Person).where(Person.id == person_id).values(active=active))
    if not active:
        end_all(work, person_id, "disabled")


def reset(work: UnitOfWork, username: str, password: str, *, second_factor: bool) -> None:
    """Give someone a password for one sign-in, after which another is chosen; every session ends."""
    person_id = id_of(work, username)
    set_password(work, person_id, password, once=True)
    if second_factor:
        factor.reset(work, person_id)
    end_all(work, person_id, "password_reset")


def end_post(work: UnitOfWork, person_id: str, post_id: str) -> None:
    """End a post at once, with every session in it; ``NotFound`` where this person holds no such post."""
    today = work.now.date()
    held = update(Post).where(Post.id == post_id, Post.person_id == person_id)
    ended = work.execute(
        held.where(or_(Post.ends_on.is_(None), Post.ends_on >= today)).values(ends_on=today - dt.timedelta(days=1))
    )
    if not ended.rowcount:
        raise NotFound("There is no such post.")
    end_in_post(work, post_id, "post_ended")


def link(work: UnitOfWork, username: str, provider: str, value: str) -> None:
    """Link someone to who this is at a provider; ``Invalid`` where that is somebody else already."""
    person_id, external_id = id_of(work, username), f"{provider}|{value}"
    taken = select(Person.id).where(Person.external_id == external_id, Person.id != person_id)
    if work.execute(taken).first() is not None:
        raise Invalid("This value is linked to somebody else.", field="value")
    work.execute(update(Person).where(Person.id == person_id).values(external_id=external_id))


def overview(session: Session, on: dt.date) -> Iterator[str]:
    """Give a line for each post that is held on a day, and for each system."""
    rows = session.execute(
        select(Person.username, Person.active, Person.factor_since, Post.organisation, Post.role, Post.purpose)
        .join(Post, Post.person_id == Person.id)
        .where(Post.starts_on <= on, or_(Post.ends_on.is_(None), Post.ends_on >= on))
        .order_by(Person.username, Post.organisation, Post.role)
    )
    for row in rows:
        state = "active" if row.active else "blocked"
        factor_told = "second factor" if row.factor_since is not None else "password only"
        yield f"person  {row.username}  {row.organisation}  {row.role}  {row.purpose}  {state}  {factor_told}"
    for client in session.execute(select(ApiClient.id, ApiClient.active).order_by(ApiClient.id)):
        yield f"system  {client.id}  {'active' if client.active else 'blocked'}"
