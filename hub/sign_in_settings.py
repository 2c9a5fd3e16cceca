"""How people sign in, as the configuration file says under ``[sign_in]``."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An OpenID provider. ``person_claim`` says who it is; ``match`` where that is looked up.

    ``match`` is ``external_id`` (linked by the operator) or ``username``. ``second_factor`` lists the values of
    ``acr`` or ``amr`` of which one must be there; empty where the provider asks for it by itself.
    """

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    person_claim: str = "sub"
    match: str = "external_id"
    second_factor: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256")
    scopes: str = "openid profile"


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """Whether local accounts need a second factor, how long a session lasts, and the OpenID providers."""

    second_factor_required: bool = True
    idle: dt.timedelta = dt.timedelta(minutes=30)
    longest: dt.timedelta = dt.timedelta(hours=10)
    local: bool = True
    certificate_header: str | None = None
    providers: Mapping[str, Provider] = field(default_factory=dict)


def read_sign_in(entry: Mapping[str, Any], environment: Mapping[str, str]) -> SignInSettings:
    """Read ``[sign_in]``; ``ValueError`` or ``KeyError`` names what is wrong."""
    second_factor = entry.get("second_factor", "required")
    if second_factor not in ("required", "optional"):
        raise ValueError('second_factor must be "required" or "optional"')
    idle, longest = int(entry.get("idle_minutes", 30)), int(entry.get("longest_hours", 10))
    if not 1 <= idle <= 30 or not 1 <= longest <= 12:
        raise ValueError("idle_minutes must be 1 to 30 and longest_hours 1 to 12")
    providers = {name: _provider(name, one, environment) for name, one in entry.get("oidc", {}).items()}
    if len(providers) > 1 and any(one.match == "username" for one in providers.values()):
        raise ValueError('oidc: match = "username" goes with one provider only: another could name the same people')
    return SignInSettings(
        second_factor_required=second_factor == "required",
        idle=dt.timedelta(minutes=idle),
        longest=dt.timedelta(hours=longest),
        local=bool(entry.get("local", True)),
        certificate_header=entry.get("certificate_header"),
        providers=providers,
    )


def _provider(name: str, entry: Mapping[str, Any], environment: Mapping[str, str]) -> Provider:
    issuer = str(entry["issuer"])
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError(f"oidc.{name}: issuer must begin with https://")
    algorithms = tuple(entry.get("algorithms", ("RS256", "PS256", "ES256")))
    if not algorithms or not set(algorithms) <= set(_ALGORITHMS):
        raise ValueError(f"oidc.{name}: algorithms must be of {', '.join(_ALGORITHMS)}")
    if entry.get("match", "external_id") not in ("external_id", "username"):
        raise ValueError(f'oidc.{name}: match must be "external_id" or "username"')
    return Provider(
        name=name,
        label=str(entry.get("label", name)),
        issuer=issuer,
        client_id=str(entry["client_id"]),
        client_secret=_secret(name, entry, environment),
        person_claim=str(entry.get("person_claim", "sub")),
        match=str(entry.get("match", "external_id")),
        second_factor=tuple(entry.get("second_factor", ())),
        algorithms=algorithms,
        scopes=str(entry.get("scopes", "openid profile")),
    )


def _secret(name: str, entry: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Read the client secret from the environment or a file: never from the configuration itself."""
    if "client_secret_file" in entry:
        return Path(entry["client_secret_file"]).read_text(encoding="utf-8").strip()
    variable = entry.get("client_secret_variable")
    if variable is None:
        raise ValueError(f"oidc.{name}: client_secret_file or client_secret_variable is needed")
    if not environment.get(variable):
        raise ValueError(f"oidc.{name}: the environment has no {variable}")
    return environment[variable]
