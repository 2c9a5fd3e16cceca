"""The organisations round the table, what they offer, and what the municipality chose: the configuration, read."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.sign_in_settings import SignInSettings
from schemas.vocabulary import LifeDomain, OrganisationKind, Purpose, SharedField


class SettingsError(Exception):
    """A setting is missing or wrong; the text says which and how to mend it, and never repeats a secret."""


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A configured organisation. ``transport`` is how its own system is reached; without one it works on screen.

    ``dialect`` holds what is local to its system: its own codes and addresses. ``notify`` is where it wants to be told
    that something waits (``mail``).
    """

    code: str
    name: str
    kind: OrganisationKind
    oin: str
    connector: str | None = None
    transport: Mapping[str, Any] | None = None
    dialect: Mapping[str, Any] = field(default_factory=dict)
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notify: Mapping[str, str] = field(default_factory=dict)
    area: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """Something an organisation offers. ``codes`` are its names in the dialects, for instance ``iwmo = "02A03"``.

    ``shares`` is its package: the fields that a referral shares where the sender chooses nothing else. ``areas`` are
    the neighbourhoods where it is given, all of them where none is named. ``several`` says that it may be asked
    together with others, whatever their need; ``practical`` that it is practical help, given the same day.
    """

    code: str
    organisation: str
    name: str
    purpose: Purpose
    life_domains: tuple[LifeDomain, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    reply_days: int = 3
    shares: tuple[SharedField, ...] | None = None
    about: str | None = None
    areas: tuple[str, ...] = ()
    several: bool = False
    practical: bool = False


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a municipality chooses within the access policy.

    Without ``masked_care_status_without_consent`` a regisseur gets nothing of care before the client said yes.
    ``wams_from`` is the day on which the Wams is in force; without it the Wams is no ground.
    """

    masked_care_status_without_consent: bool = True
    wams_from: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The organisations round the table, and what they offer.

    ``desk`` receives what partners address to the municipality as a whole. ``mail`` is the server for notices.
    ``digest_hour`` is the hour, in Europe/Amsterdam, from which the digests of a day are made. ``document_megabytes``
    is how large a document may be.
    """

    municipality: Organisation
    organisations: Mapping[str, Organisation]
    services: Mapping[str, Service]
    desk: str
    policy: Policy = field(default_factory=Policy)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    mail: Mapping[str, Any] | None = None
    digest_hour: int = 3
    document_megabytes: int = 10

    def organisation(self, code: str) -> Organisation | None:
        """Find an organisation by its code."""
        return self.organisations.get(code)

    def connected(self) -> tuple[Organisation, ...]:
        """Give the organisations whose own system we deliver to."""
        return tuple(o for o in self.organisations.values() if o.connector and o.transport)
