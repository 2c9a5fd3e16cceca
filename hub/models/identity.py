"""Who signs in: people with their posts and sessions, and the systems of organisations."""

import datetime as dt

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.columns import Sealed, UtcMoment
from hub.models.record import Record


class Person(Record):
    """Someone who works at an organisation; what for stands in the posts.

    ``password_once`` says that the password was made by someone else and must be changed. ``external_id`` is
    ``provider|claim``: who this is at an OpenID provider. A ``factor_secret`` without ``factor_since`` was shown and
    not confirmed yet; ``factor_step`` is the last thirty seconds for which a code was taken. ``notify_mail`` is where
    someone wants to hear that something waits, ``told_at`` when that was told last.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(8), default="nl")
    password_once: Mapped[bool] = mapped_column(default=False)
    external_id: Mapped[str | None] = mapped_column(String(300), unique=True)
    factor_secret: Mapped[bytes | None] = mapped_column(Sealed)
    factor_since: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    factor_step: Mapped[int] = mapped_column(default=0)
    notify_mail: Mapped[bytes | None] = mapped_column(Sealed)
    told_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class Post(Record):
    """One hat: a role of one organisation, for one purpose, from a day and perhaps until one.

    ``manages`` lets its holder add and block people of the same organisation.
    """

    __tablename__ = "posts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    organisation: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    manages: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[dt.date] = mapped_column(Date)
    ends_on: Mapped[dt.date | None] = mapped_column(Date)


class SignIn(Record):
    """A session: someone who is signed in, in one post. ``id`` is the hash of the token that only the browser has.

    ``stage`` says what must still be done before it opens a page: a code, a second factor, another password.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_person_open", "person_id", "ended_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(16))
    how: Mapped[str] = mapped_column(String(80))
    second_factor: Mapped[bool]
    address_hash: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ends_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    ended_why: Mapped[str | None] = mapped_column(String(40))


class RecoveryCode(Record):
    """A code that stands in for the authenticator, once."""

    __tablename__ = "recovery_codes"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class Throttle(Record):
    """The last tries at one lock (an account, an address): moments in seconds since 1970, oldest first."""

    __tablename__ = "throttles"

    bucket: Mapped[str] = mapped_column(String(80), primary_key=True)
    tries: Mapped[list[float]] = mapped_column(JSON)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcMoment, index=True)


class ApiClient(Record):
    """An organisation's system; ``id`` is its client id. Two secrets are valid while one takes over from the other.

    ``must_sign`` says that a payload without a signature of this system is refused.
    """

    __tablename__ = "api_clients"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64), index=True)
    secret_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    previous_secret_hash: Mapped[str | None] = mapped_column(String(200))
    previous_until: Mapped[dt.datetime | None] = mapped_column(UtcMoment)
    webhook_secret: Mapped[bytes | None] = mapped_column(Sealed)
    must_sign: Mapped[bool] = mapped_column(default=False)


class ApiClientKey(Record):
    """What a system proves itself with beside a secret: a public key (``jwk``) or a certificate (its SHA-256)."""

    __tablename__ = "api_client_keys"
    __table_args__ = (UniqueConstraint("client_id", "kid"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("api_clients.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    kid: Mapped[str] = mapped_column(String(100))
    material: Mapped[str] = mapped_column(Text)
    added_at: Mapped[dt.datetime] = mapped_column(UtcMoment)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcMoment)


class SpentId(Record):
    """An identification that may be used once (the ``jti`` of an assertion), kept until it can't be used any more."""

    __tablename__ = "spent_ids"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[dt.datetime] = mapped_column(UtcMoment, index=True)
