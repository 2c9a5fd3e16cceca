"""Who may manage whom: the operator all others, who manages an organisation those who work there alone."""

import datetime as dt
import re
import secrets
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from hub.models import Person, Post, SignIn
from hub.rules.access_tables import ROLES
from hub.services.errors import Forbidden, Invalid, NotFound
from hub.services.people import identity, people, second_factor
from hub.services.people.sessions import end_all
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.vocabulary import Purpose

OPERATOR = "functional_admin"
# They watch over others or over the hub itself: the operator alone gives these roles and changes their accounts.
_GUARDED = frozenset({OPERATOR, "privacy_officer"})
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Added:
    """Someone who was added, with the password for the first sign-in."""

    id: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A kind of post that a viewer may give: a role of an organisation, for a purpose."""

    organisation: str
    role: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class PostLine:
    """A post that is held, or will be."""

    id: str
    organisation: str
    organisation_name: str
    role: str
    purpose: str
    title: str
    manages: bool
    ends_on: dt.date | None


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """Someone as who manages sees them. ``barred`` says why nothing may be changed: own, elsewhere or guarded."""

    id: str
    username: str
    name: str
    organisation: str
    organisation_name: str
    active: bool
    second_factor: bool
    password_once: bool
    linked: bool
    posts: tuple[PostLine, ...]
    sessions: int
    barred: str | None


def may_manage(viewer: Viewer) -> bool:
    """Whether someone manages people at all."""
    return viewer.role == OPERATOR or viewer.manages


def offers(config: Configuration, viewer: Viewer) -> list[Offer]:
    """Give the posts that someone may give, by organisation: only what the access policy knows."""
    own = None if viewer.role == OPERATOR else viewer.organisation
    return [
        Offer(organisation=organisation.code, role=str(role), purpose=str(purpose))
        for organisation in config.organisations.values()
        if own in (None, organisation.code)
        for role, row in ROLES.items()
        if organisation.kind in row.organisations and role != "machine" and (own is None or role not in _GUARDED)
        for purpose in sorted(row.purposes)
    ]


def managed(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[PersonLine]:
    """Give the people whom someone manages, by name; ``NotFound`` for who manages nobody."""
    if not may_manage(viewer):
        raise NotFound("There is no such page.")
    chosen = select(Person).order_by(Person.name, Person.username)
    if viewer.role != OPERATOR:
        chosen = chosen.where(Person.organisation == viewer.organisation)
    return _lines(session, config, viewer, list(session.scalars(chosen)), now)


def managed_person(
    session: Session, config: Configuration, viewer: Viewer, person_id: str, now: dt.datetime
) -> PersonLine:
    """Give one of them; ``NotFound`` where there is no such person, or this viewer manages others."""
    found = session.get(Person, person_id) if may_manage(viewer) else None
    if found is None or (viewer.role != OPERATOR and found.organisation != viewer.organisation):
        raise NotFound("There is no such person.")
    return _lines(session, config, viewer, [found], now)[0]


def _lines(
    session: Session, config: Configuration, viewer: Viewer, found: list[Person], now: dt.datetime
) -> list[PersonLine]:
    ids = [one.id for one in found]
    held: defaultdict[str, list[PostLine]] = defaultdict(list)
    standing = or_(Post.ends_on.is_(None), Post.ends_on >= now.date())
    for post in session.scalars(select(Post).where(Post.person_id.in_(ids), standing).order_by(Post.starts_on)):
        held[post.person_id].append(_post(config, post))
    open_now = select(SignIn.person_id, func.count()).where(SignIn.person_id.in_(ids), SignIn.ended_at.is_(None))
    open_now = open_now.where(SignIn.ends_at > now, SignIn.seen_at > now - config.sign_in.idle)
    counted = {row[0]: row[1] for row in session.execute(open_now.group_by(SignIn.person_id))}
    return [
        PersonLine(
            id=one.id,
            username=one.username,
            name=one.name,
            organisation=one.organisation,
            organisation_name=_name(config, one.organisation),
            active=one.active,
            second_factor=one.factor_since is not None,
            password_once=one.password_once,
            linked=one.external_id is not None,
            posts=tuple(held[one.id]),
            sessions=counted.get(one.id, 0),
            barred=_barred(viewer, one.id, held[one.id]),
        )
        for one in found
    ]


def _barred(viewer: Viewer, person_id: str, held: list[PostLine]) -> str | None:
    """Give why this viewer may change nothing of someone: whoever gives a password can sign in with it."""
    if person_id == viewer.id:
        return "own"
    if viewer.role == OPERATOR:
        return None
    if any(post.organisation != viewer.organisation for post in held):
        return "elsewhere"
    return "guarded" if any(post.role in _GUARDED or post.manages for post in held) else None


def _post(config: Configuration, post: Post) -> PostLine:
    return PostLine(
        id=post.id,
        organisation=post.organisation,
        organisation_name=_name(config, post.organisation),
        role=post.role,
        purpose=post.purpose,
        title=post.title,
        manages=post.manages,
        ends_on=post.ends_on,
    )


def _name(config: Configuration, code: str) -> str:
    organisation = config.organisation(code)
    return organisation.name if organisation is not None else code


# Changes -----------------------------------------------------------------------------------------------------------


def _reach(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str) -> PersonLine:
    found = managed_person(work.session, config, viewer, person_id, work.now)
    if found.barred is not None:
        raise Forbidden("This account is changed by somebody else.")
    return found


def _offered(config: Configuration, viewer: Viewer, given: str) -> Offer:
    for one in offers(config, viewer):
        if f"{one.organisation}/{one.role}/{one.purpose}" == given:
            return one
    raise Invalid("Choose a post from the list.", field="post")


def add(
    work: UnitOfWork, config: Configuration, viewer: Viewer, *, username: str, name: str, post: str, title: str
) -> Added:
    """Add someone in a first post, with a password for one sign-in that is shown once."""
    if not may_manage(viewer):
        raise NotFound("There is no such page.")
    username = username.lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid("A user name has 2 to 80 letters, digits, dots, dashes or an at sign.", field="username")
    if not 2 <= len(name) <= 200 or _unprintable(name):
        raise Invalid("Give the name of this person, in 200 characters at most.", field="name")
    chosen = _offered(config, viewer, post)
    password = secrets.token_urlsafe(12)
    new = identity.NewPerson(
        username=username,
        name=name,
        organisation=chosen.organisation,
        role=chosen.role,
        title=_title(title, chosen.role),
        purpose=Purpose(chosen.purpose),
    )
    return Added(id=identity.add_person(work, new, password, once=True), password=password)


def _title(given: str, role: str) -> str:
    if len(given) > 80 or _unprintable(given):
        raise Invalid("A title has 80 characters at most.", field="title")
    return given or ROLES[role].dutch


def _unprintable(text: str) -> bool:
    return any(unicodedata.category(letter).startswith("C") for letter in text)


def set_active(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str, *, active: bool) -> None:
    """Block someone, which ends every session, or let someone in again."""
    people.set_active(work, _reach(work, config, viewer, person_id).username, active=active)


def new_password(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str) -> str:
    """Give someone a password for one sign-in, shown once; every session ends."""
    password = secrets.token_urlsafe(12)
    people.reset(work, _reach(work, config, viewer, person_id).username, password, second_factor=False)
    return password


def drop_factor(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str) -> None:
    """Take someone's second factor away, to be set up anew; every session ends."""
    _reach(work, config, viewer, person_id)
    second_factor.reset(work, person_id)
    end_all(work, person_id, "second_factor_changed")


def end_sessions(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str) -> None:
    """End every session of someone."""
    _reach(work, config, viewer, person_id)
    end_all(work, person_id, "ended_by_manager")


def add_post(
    work: UnitOfWork,
    config: Configuration,
    viewer: Viewer,
    person_id: str,
    *,
    post: str,
    title: str,
    manages: bool,
    ends_on: dt.date | None,
) -> None:
    """Give someone one more post; that it lets its holder manage others, the operator alone may say."""
    _reach(work, config, viewer, person_id)
    chosen = _offered(config, viewer, post)
    if manages and viewer.role != OPERATOR:
        raise Forbidden("Only the operator lets others manage people.")
    if ends_on is not None and ends_on < work.now.date():
        raise Invalid("The last day is over.", field="until")
    identity.add_post(
        work,
        person_id,
        organisation=chosen.organisation,
        role=chosen.role,
        purpose=chosen.purpose,
        title=_title(title, chosen.role),
        manages=manages,
        ends_on=ends_on,
    )


def end_post(work: UnitOfWork, config: Configuration, viewer: Viewer, person_id: str, post_id: str) -> None:
    """End a post at once, with the sessions in it."""
    _reach(work, config, viewer, person_id)
    people.end_post(work, person_id, post_id)
