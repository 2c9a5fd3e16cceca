"""The command ``schakel accounts``: add the people and the systems that sign in."""

import secrets
from contextlib import closing

import click

from hub.rules.access_tables import ROLES
from hub.services.errors import ServiceError
from hub.services.identity import NewPerson, add_client, add_person
from hub.settings import Configuration
from schemas.vocabulary import Purpose
from workers.opening import open_here

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
                add_person(work, new, password)
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
def system(organisation: str) -> None:
    """Give the system of an ORGANISATION its client id and a new secret."""
    secret = secrets.token_urlsafe(24)
    with closing(open_here()) as hub:
        if hub.config.organisation(organisation) is None:
            raise click.UsageError(f"There is no organisation {organisation} in the configuration.")
        with hub.store.writing() as work:
            add_client(work, organisation, secret)
    click.echo(f"client id {organisation}, secret {secret}")
