"""Who is signed in, in which post, and until when. The browser has a random token; we keep its hash."""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from hub.models import Person, Post, SignIn
from hub.rules.languages import DUTCH
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork

COOKIE = "schakel-inlog"
SECURE_COOKIE = "__Host-schakel-inlog"
TOUCH_EVERY = dt.timedelta(minutes=1)


class Stage(StrEnum):
    """What must still be done before a session opens a page."""

    FULL = "full"
    CODE = "code"
    ENROL = "enrol"
    PASSWORD = "password"  # noqa: S105 - a stage, not a password


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A session as the edges see it."""

    id: str
    person_id: str
    post_id: str
    stage: Stage
    viewer: Viewer
    second_factor: bool
    how: str
    created_at: dt.datetime
    ends_at: dt.datetime
    stale: bool


@dataclass(frozen=True, kw_only=True)
class Origin:
    """From where someone signs in: the hash of the address, and what kind of browser."""

    address: str
    device: str


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """One line of "mijn sessies"."""

    id: str
    post: str
    device: str
    created_at: dt.datetime
    seen_at: dt.datetime
    second_factor: bool


def address_hash(secret_key: str, address: str) -> str:
    """Give the keyed hash of an address: enough to see that it is the same one, and no more."""
    return hmac.new(secret_key.encode(), f"address\x1f{address}".encode(), hashlib.sha256).hexdigest()


def id_of(token: str) -> str:
    """Give the id of the session behind a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    work: UnitOfWork,
    config: Configuration,
    post: Post,
    origin: Origin,
    *,
    stage: Stage,
    how: str,
    second_factor: bool,
    ends_at: dt.datetime | None = None,
) -> str:
    """Open a session in a post and give its token, which is shown to the browser alone."""
    token = secrets.token_urlsafe(32)
    work.session.add(
        SignIn(
            id=id_of(token),
            person_id=post.person_id,
            post_id=post.id,
            stage=stage,
            how=how,
            second_factor=second_factor,
            address_hash=origin.address,
            device=origin.device,
            created_at=work.now,
            seen_at=work.now,
            ends_at=ends_at or work.now + config.sign_in.longest,
        )
    )
    work.session.flush()
    return token


def signed_in(session: Session, config: Configuration, token: str, now: dt.datetime) -> SignedIn | None:
    """Give the session behind a token, or nothing where it ended, or the account or the post did."""
    return by_id(session, config, id_of(token), now)


def by_id(session: Session, config: Configuration, session_id: str, now: dt.datetime) -> SignedIn | None:
    """Give a session by its id."""
    row = session.execute(
        select(SignIn, Person.name, Person.language, Post)
        .join(Person, Person.id == SignIn.person_id)
        .join(Post, Post.id == SignIn.post_id)
        .where(SignIn.id == session_id, Person.active, *_open(config, now), *_held(now))
    ).one_or_none()
    if row is None:
        return None
    found, name, language, post = row
    return SignedIn(
        id=found.id,
        person_id=found.person_id,
        post_id=found.post_id,
        stage=Stage(found.stage),
        viewer=viewer_in(config, name, post, language=language, session_id=found.id),
        second_factor=found.second_factor,
        how=found.how,
        created_at=found.created_at,
        ends_at=found.ends_at,
        stale=now - found.seen_at > TOUCH_EVERY,
    )


def viewers_of(
    session: Session, config: Configuration, session_ids: Iterable[str], now: dt.datetime
) -> dict[str, Viewer]:
    """Give who is behind sessions that are still open, by session: one question for all open sockets."""
    rows = session.execute(
        select(SignIn.id, Person.name, Person.language, Post)
        .join(Person, Person.id == SignIn.person_id)
        .join(Post, Post.id == SignIn.post_id)
        .where(SignIn.id.in_(list(session_ids)), SignIn.stage == Stage.FULL, Person.active)
        .where(*_open(config, now), *_held(now))
    ).all()
    return {
        session_id: viewer_in(config, name, post, language=language, session_id=session_id)
        for session_id, name, language, post in rows
    }


def viewer_in(
    config: Configuration, name: str, post: Post, *, language: str = DUTCH, session_id: str | None = None
) -> Viewer:
    """Give a person in a post as one who looks and acts."""
    organisation = config.organisation(post.organisation)
    return Viewer(
        id=post.person_id,
        name=name,
        organisation=post.organisation,
        organisation_name=organisation.name if organisation is not None else post.organisation,
        role=post.role,
        purpose=post.purpose,
        language=language,
        title=post.title,
        manages=post.manages,
        session_id=session_id,
    )


def _open(config: Configuration, now: dt.datetime) -> list[ColumnElement[bool]]:
    return [SignIn.ended_at.is_(None), SignIn.ends_at > now, SignIn.seen_at > now - config.sign_in.idle]


def _held(now: dt.datetime) -> list[ColumnElement[bool]]:
    today = now.date()
    return [Post.starts_on <= today, or_(Post.ends_on.is_(None), Post.ends_on >= today)]


def touch(work: UnitOfWork, session_id: str) -> None:
    """Note that a session is used."""
    work.execute(update(SignIn).where(SignIn.id == session_id).values(seen_at=work.now))


def end_session(work: UnitOfWork, session_id: str, why: str, *, person_id: str | None = None) -> bool:
    """End one session, of this person where one is named; false where there was none open."""
    statement = update(SignIn).where(SignIn.id == session_id, SignIn.ended_at.is_(None))
    if person_id is not None:
        statement = statement.where(SignIn.person_id == person_id)
    return bool(work.execute(statement.values(ended_at=work.now, ended_why=why)).rowcount)


def end_all(work: UnitOfWork, person_id: str, why: str, *, but: str | None = None) -> int:
    """End every session of a person, but for one; open pages hear of it within two seconds."""
    statement = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    if but is not None:
        statement = statement.where(SignIn.id != but)
    return int(work.execute(statement.values(ended_at=work.now, ended_why=why)).rowcount)


def end_in_post(work: UnitOfWork, post_id: str, why: str) -> None:
    """End every session in a post."""
    work.execute(
        update(SignIn)
        .where(SignIn.post_id == post_id, SignIn.ended_at.is_(None))
        .values(ended_at=work.now, ended_why=why)
    )


def open_sessions(session: Session, config: Configuration, person_id: str, now: dt.datetime) -> list[OpenSession]:
    """Give the open sessions of a person, newest first."""
    rows = session.execute(
        select(SignIn, Post)
        .join(Post, Post.id == SignIn.post_id)
        .where(SignIn.person_id == person_id, *_open(config, now))
        .order_by(SignIn.created_at.desc())
    ).all()
    return [
        OpenSession(
            id=one.id,
            post=f"{post.title}, {viewer_in(config, '', post).organisation_name}",
            device=one.device,
            created_at=one.created_at,
            seen_at=one.seen_at,
            second_factor=one.second_factor,
        )
        for one, post in rows
    ]


def forget_old(work: UnitOfWork) -> None:
    """Throw away sessions that ended long ago; the audit log keeps that they were there."""
    work.execute(delete(SignIn).where(SignIn.ends_at < work.now - dt.timedelta(days=30)))
