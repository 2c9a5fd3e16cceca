"""The command ``schakel accounts``: the people and the systems that sign in."""

import datetime as dt
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from hub.rules.access_tables import ROLES
from hub.rules.audit import Deed
from hub.services.errors import ServiceError
from hub.services.people import people, systems
from hub.services.people.identity import NewPerson, add_client, add_person, add_post, posts_of
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.vocabulary import Purpose
from workers.opening import open_here
from workers.operator import write_down

_ROLES = click.Choice(sorted(str(role) for role in ROLES))
_PURPOSES = click.Choice([str(purpose) for purpose in Purpose])


@click.group()
def accounts() -> None:
    """Add people and systems. Passwords and secrets are made here, and shown once."""


@accounts.command()
@click.argument("username")
@click.option("--name", required=True, help="As colleagues know this person.")
@click.option("--organisation", required=True, help="A code of the configuration.")
@click.option("--role", required=True, type=_ROLES, help="What this person does there.")
@click.option("--purpose", type=_PURPOSES, help="For what; the role's first purpose when left out.")
def person(username: str, name: str, organisation: str, role: str, purpose: str | None) -> None:
    """Add someone called USERNAME, who works at an organisation in one role."""
    password = secrets.token_urlsafe(12)
    with closing(open_here()) as hub:
        _check(hub.config, organisation, role, purpose)
        new = NewPerson(
            username=username,
            name=name,
            organisation=organisation,
            role=role,
            title=role,
            purpose=Purpose(purpose or sorted(ROLES[role].purposes)[0]),
        )
        try:
            with hub.store.writing() as work:
                add_person(work, new, password, once=True)
                _told(work, hub.config, "person_added", username)
        except ServiceError as error:
            raise click.UsageError(error.message) from error
    click.echo(f"{username} can sign in with the password {password}")


def _check(config: Configuration, organisation: str, role: str, purpose: str | None) -> None:
    """Refuse what the access policy would refuse at every question."""
    known = config.organisation(organisation)
    if known is None:
        raise click.UsageError(f"There is no organisation {organisation} in the configuration.")
    if known.kind not in ROLES[role].organisations:
        raise click.UsageError(f"The role {role} does not belong to an organisation of kind {known.kind}.")
    if purpose is not None and purpose not in ROLES[role].purposes:
        raise click.UsageError(f"The role {role} does not work for the purpose {purpose}.")


@accounts.command()
@click.argument("organisation")
@click.option("--at-once", is_flag=True, help="End the secret before it now, instead of after a week.")
def system(organisation: str, at_once: bool) -> None:
    """Give the system of an ORGANISATION its client id and a new secret."""
    secret = secrets.token_urlsafe(24)
    with closing(open_here()) as hub:
        if hub.config.organisation(organisation) is None:
            raise click.UsageError(f"There is no organisation {organisation} in the configuration.")
        with hub.store.writing() as work:
            add_client(work, organisation, secret, at_once=at_once)
            _told(work, hub.config, "system_secret", organisation)
    click.echo(f"client id {organisation}, secret {secret}")


def _told(work: UnitOfWork, config: Configuration, what: str, *objects: str) -> None:
    """Write down, in the same unit of work, what was changed from the command line."""
    ids = tuple(one[:36] for one in objects)
    write_down(work, config, Deed.ACCOUNT_CHANGE, *ids, detail=what)


@contextmanager
def _changing(what: str, *objects: str) -> Iterator[UnitOfWork]:
    """Open a unit of work for one change; what can't be done is a wrong call."""
    with closing(open_here()) as hub:
        try:
            with hub.store.writing() as work:
                yield work
                _told(work, hub.config, what, *objects)
        except ServiceError as error:
            raise click.UsageError(error.message) from error


@accounts.command(name="list")
def list_command() -> None:
    """List people with their posts, and systems."""
    with closing(open_here()) as hub:
        with hub.store.writing() as work:
            write_down(work, hub.config, Deed.ACCOUNT_LIST)
        with hub.store.reading() as reading:
            for line in people.overview(reading, dt.datetime.now(dt.UTC).date()):
                click.echo(line)


@accounts.command()
@click.argument("name")
@click.option("--system", "is_system", is_flag=True, help="NAME is a client id.")
def disable(name: str, is_system: bool) -> None:
    """Block the person or system called NAME; sessions and tokens end within two seconds."""
    with _changing("disabled", name) as work:
        _set_active(work, name, is_system=is_system, active=False)
    click.echo(f"{name} is blocked")


@accounts.command()
@click.argument("name")
@click.option("--system", "is_system", is_flag=True, help="NAME is a client id.")
def enable(name: str, is_system: bool) -> None:
    """Let the person or system called NAME in again."""
    with _changing("enabled", name) as work:
        _set_active(work, name, is_system=is_system, active=True)
    click.echo(f"{name} can sign in again")


def _set_active(work: UnitOfWork, name: str, *, is_system: bool, active: bool) -> None:
    if is_system:
        systems.set_active(work, name, active=active)
    else:
        people.set_active(work, name, active=active)


@accounts.command()
@click.argument("username")
@click.option("--organisation", required=True, help="A code of the configuration.")
@click.option("--role", required=True, type=_ROLES, help="What this person does there.")
@click.option("--purpose", type=_PURPOSES, help="For what; the role's first purpose when left out.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; without it there is none.")
@click.option("--manages", is_flag=True, help="May manage people of that organisation.")
def post(
    username: str, organisation: str, role: str, purpose: str | None, until: dt.datetime | None, manages: bool
) -> None:
    """Give the person called USERNAME one more post; one is worn at a time."""
    with closing(open_here()) as hub:
        _check(hub.config, organisation, role, purpose)
    with _changing("post_added", username, organisation, role) as work:
        add_post(
            work,
            people.id_of(work, username),
            organisation=organisation,
            role=role,
            purpose=purpose or sorted(ROLES[role].purposes)[0],
            title=role,
            manages=manages,
            ends_on=until.date() if until is not None else None,
        )
    click.echo(f"{username} can now also work as {role} at {organisation}")


@accounts.command(name="end-post")
@click.argument("username")
@click.option("--organisation", required=True, help="A code of the configuration.")
@click.option("--role", required=True, type=_ROLES, help="What this person did there.")
def end_post(username: str, organisation: str, role: str) -> None:
    """End the posts of the person called USERNAME in one role of one organisation; sessions in them end."""
    with _changing("post_ended", username, organisation, role) as work:
        person_id = people.id_of(work, username)
        held = posts_of(work.session, person_id, work.now.date())
        ended = [one.id for one in held if (one.organisation, one.role) == (organisation, role)]
        if not ended:
            raise click.UsageError(f"{username} does not work as {role} at {organisation}.")
        for post_id in ended:
            people.end_post(work, person_id, post_id)
    click.echo(f"{username} does not work as {role} at {organisation} any more")


@accounts.command(name="reset-password")
@click.argument("username")
@click.option("--second-factor", is_flag=True, help="Take the second factor away too.")
def reset_password(username: str, second_factor: bool) -> None:
    """Give the person called USERNAME a password for one sign-in; sessions end."""
    password = secrets.token_urlsafe(12)
    with _changing("password_reset", username) as work:
        people.reset(work, username, password, second_factor=second_factor)
    click.echo(f"{username} can sign in once with the password {password}, and then chooses another")


@accounts.command()
@click.argument("username")
@click.argument("provider")
@click.argument("value")
def link(username: str, provider: str, value: str) -> None:
    """Link the person called USERNAME to a VALUE at an OpenID PROVIDER of the configuration."""
    with _changing("linked", username, provider) as work:
        people.link(work, username, provider, value)
    click.echo(f"{username} can sign in by {provider}")


@accounts.command()
@click.argument("client")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def key(client: str, file: Path) -> None:
    """Register the public key (a JWK) or certificate (PEM) in FILE for the system CLIENT."""
    with _changing("key_added", client) as work:
        kid = systems.add_key(work, client, file.read_text(encoding="utf-8"))
    click.echo(f"{client} can sign in with {kid}")


@accounts.command(name="end-key")
@click.argument("client")
@click.argument("kid")
def end_key(client: str, kid: str) -> None:
    """Take the key or certificate KID of the system CLIENT out of use."""
    with _changing("key_ended", client) as work:
        systems.end_key(work, client, kid)
    click.echo(f"{kid} is out of use")


@accounts.command(name="must-sign")
@click.argument("client")
@click.option("--no-more", is_flag=True, help="Take payloads without a signature again.")
def must_sign(client: str, no_more: bool) -> None:
    """Refuse payloads of the system CLIENT that it did not sign with a registered key."""
    with _changing("signs_no_more" if no_more else "must_sign", client) as work:
        systems.set_must_sign(work, client, must_sign=not no_more)
    click.echo(f"{client} {'may' if no_more else 'must'} sign what it brings")


@accounts.command(name="webhook-secret")
@click.argument("client")
@click.option("--at-once", is_flag=True, help="End the secret before it now, and not in a week.")
def webhook_secret(client: str, at_once: bool) -> None:
    """Give the system CLIENT a new secret to sign its payloads with, shown once.

    The one before it stays good for a week, so that the system can change over.
    """
    with _changing("webhook_secret", client) as work:
        secret = systems.new_webhook_secret(work, client, at_once=at_once)
    click.echo(f"{client} signs with {secret}")
