"""Organisations and their systems, for the operator: how they are reached, what they prove themselves with."""

import datetime as dt
import secrets
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import ApiClient, ApiClientKey
from hub.services.errors import NotFound
from hub.services.messages.monitor import monitor
from hub.services.messages.monitor_views import ConnectionLine
from hub.services.people import identity, systems
from hub.services.people.management import OPERATOR
from hub.services.views.viewer import Viewer
from hub.settings import Configuration, Organisation
from hub.store.database import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class KeyLine:
    """A key or certificate in use: its kind (``jwk`` or ``certificate``) and since when."""

    kid: str
    kind: str
    added_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class SystemLine:
    """The system of an organisation. ``known`` is false where it never got a secret."""

    organisation: str
    name: str
    known: bool
    active: bool
    signs_payloads: bool
    earlier_until: dt.datetime | None
    keys: tuple[KeyLine, ...]


@dataclass(frozen=True, kw_only=True)
class OrganisationLine:
    """An organisation of the configuration file, and how it stands with the connection to its own system."""

    organisation: Organisation
    transport: str | None
    connection: ConnectionLine | None


def organisations(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[OrganisationLine]:
    """Give the organisations; ``NotFound`` for who is not the operator."""
    states = {one.organisation_name: one for one in monitor(session, config, viewer, now).connections}
    return [
        OrganisationLine(
            organisation=one,
            transport=str(one.transport["kind"]) if one.transport else None,
            connection=states.get(one.name),
        )
        for one in config.organisations.values()
    ]


def managed_systems(session: Session, config: Configuration, viewer: Viewer, now: dt.datetime) -> list[SystemLine]:
    """Give the system of each organisation; ``NotFound`` for who is not the operator."""
    _check(viewer)
    clients = {one.id: one for one in session.scalars(select(ApiClient))}
    keys: defaultdict[str, list[KeyLine]] = defaultdict(list)
    in_use = select(ApiClientKey).where(ApiClientKey.ended_at.is_(None)).order_by(ApiClientKey.added_at)
    for key in session.scalars(in_use):
        keys[key.client_id].append(KeyLine(kid=key.kid, kind=key.kind, added_at=key.added_at))
    return [_line(one, clients.get(one.code), tuple(keys[one.code]), now) for one in config.organisations.values()]


def _line(one: Organisation, client: ApiClient | None, keys: tuple[KeyLine, ...], now: dt.datetime) -> SystemLine:
    until = client.previous_until if client is not None else None
    return SystemLine(
        organisation=one.code,
        name=one.name,
        known=client is not None,
        active=client is not None and client.active,
        signs_payloads=client is not None and client.webhook_secret is not None,
        earlier_until=until if until is not None and until > now else None,
        keys=keys,
    )


def managed_system(session: Session, config: Configuration, viewer: Viewer, code: str, now: dt.datetime) -> SystemLine:
    """Give the system of one organisation; ``NotFound`` where there is no such organisation."""
    found = next((one for one in managed_systems(session, config, viewer, now) if one.organisation == code), None)
    if found is None:
        raise NotFound("There is no such system.")
    return found


def _check(viewer: Viewer) -> None:
    if viewer.role != OPERATOR:
        raise NotFound("There is no such page.")


def new_secret(work: UnitOfWork, config: Configuration, viewer: Viewer, code: str, *, at_once: bool) -> str:
    """Give a system a secret, shown once; ``at_once`` ends the one before it now, with its tokens."""
    _check(viewer)
    if config.organisation(code) is None:
        raise NotFound("There is no such system.")
    secret = secrets.token_urlsafe(24)
    identity.add_client(work, code, secret, at_once=at_once)
    return secret


def new_webhook_secret(work: UnitOfWork, viewer: Viewer, code: str) -> str:
    """Give a system a secret to sign its payloads with, shown once; the one before it ends."""
    _check(viewer)
    return systems.new_webhook_secret(work, code)


def add_key(work: UnitOfWork, viewer: Viewer, code: str, text: str) -> None:
    """Register a public key or certificate of a system."""
    _check(viewer)
    systems.add_key(work, code, text)


def end_key(work: UnitOfWork, viewer: Viewer, code: str, kid: str) -> None:
    """Take a key or certificate out of use, with its tokens."""
    _check(viewer)
    systems.end_key(work, code, kid)


def set_active(work: UnitOfWork, viewer: Viewer, code: str, *, active: bool) -> None:
    """Block a system, which ends its tokens, or let it in again."""
    _check(viewer)
    systems.set_active(work, code, active=active)
