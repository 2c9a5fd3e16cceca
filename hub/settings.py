"""What the environment and the configuration file say. Read once at the start; a wrong value stops it there."""

import base64
import binascii
import datetime as dt
import hashlib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.transports.reach import reach_of
from hub.sign_in_settings import SignInSettings, read_sign_in
from schemas.vocabulary import LifeDomain, OrganisationKind, Purpose, SharedField

DEMO_CONFIG = Path(__file__).parent.parent / "deploy" / "organisations.toml"
_SHORTEST_KEY = 32
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
_RATE = re.compile(r"(?P<who>[a-z]+)=(?P<rate>[1-9][0-9]{0,5})/(?P<burst>[1-9][0-9]{0,6})", re.ASCII)


class SettingsError(Exception):
    """A setting is missing or wrong; the text says which and how to mend it, and never repeats a secret."""


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A configured organisation. ``transport`` is how its own system is reached; without one it works on screen.

    ``dialect`` holds what is local to its system: its own codes and addresses.
    """

    code: str
    name: str
    kind: OrganisationKind
    oin: str
    connector: str | None = None
    transport: Mapping[str, Any] | None = None
    dialect: Mapping[str, Any] = field(default_factory=dict)
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    area: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """Something an organisation offers. ``codes`` are its names in the dialects, for instance ``iwmo = "02A03"``.

    ``shares`` is its package: the fields that a referral shares where the sender chooses nothing else.
    """

    code: str
    organisation: str
    name: str
    purpose: Purpose
    life_domains: tuple[LifeDomain, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    reply_days: int = 3
    shares: tuple[SharedField, ...] | None = None


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

    ``desk`` receives what partners address to the municipality as a whole.
    """

    municipality: Organisation
    organisations: Mapping[str, Organisation]
    services: Mapping[str, Service]
    desk: str
    policy: Policy = field(default_factory=Policy)
    sign_in: SignInSettings = field(default_factory=SignInSettings)

    def organisation(self, code: str) -> Organisation | None:
        """Find an organisation by its code."""
        return self.organisations.get(code)

    def connected(self) -> tuple[Organisation, ...]:
        """Give the organisations whose own system we deliver to."""
        return tuple(o for o in self.organisations.values() if o.connector and o.transport)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often: so many each second for long, and so many at once after a rest."""

    per_second: float
    burst: int


RATES: Mapping[str, Rate] = {
    "system": Rate(per_second=300, burst=600),  # one organisation's system
    "person": Rate(per_second=20, burst=100),  # one person who signed in
    "address": Rate(per_second=500, burst=2000),  # one network address: a whole town hall may be behind one
    "door": Rate(per_second=5, burst=100),  # signing in and asking for tokens, from one address
    "socket": Rate(per_second=20, burst=100),  # events of one live connection
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between one installation and the next."""

    database_url: str
    broker_url: str
    config_path: Path
    secret_key: str
    data_keys: tuple[str, ...]
    bind: str
    log: str
    demo: bool = False
    behind_proxy: bool = False
    origins: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)
    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)
    key_file: Path | None = None
    queue_keys: tuple[bytes, ...] = field(default=(), repr=False)
    owner_url: str | None = field(default=None, repr=False)
    audit_key: str = ""
    audit_file: Path | None = None

    @property
    def audit_secret(self) -> bytes | None:
        """Give the secret that seals the audit log, where it is kept outside the database."""
        return hashlib.sha256(self.audit_key.encode()).digest() if self.audit_key else None

    @property
    def host(self) -> str:
        """Give the address to listen on."""
        return self.bind.rpartition(":")[0]

    @property
    def port(self) -> int:
        """Give the port to listen on."""
        return int(self.bind.rpartition(":")[2])


def from_environment(
    environment: Mapping[str, str] | None = None, *, demo: bool = False, partner: bool = False
) -> Settings:
    """Read the settings; ``SettingsError`` where a key is missing or weak outside the demo.

    ``partner``: for a connector at the partner's site, which needs no key but that of its own queue.
    """
    env = os.environ if environment is None else environment
    database_url = env.get("SCHAKEL_DATABASE_URL", "sqlite:///var/schakel.db")
    secret_key = env.get("SCHAKEL_SECRET_KEY", "")
    data_keys, key_file = _data_keys(env.get("SCHAKEL_DATA_KEYS", ""))
    if demo:
        kept = _demo_key(Path("var/demo.key"))
        secret_key = secret_key or hashlib.sha256(kept + b"secret").hexdigest()
        data_keys = data_keys or (base64.b64encode(hashlib.sha256(kept + b"data").digest()).decode(),)
    queue_keys = _queue_keys(env.get("SCHAKEL_QUEUE_KEY", ""))
    if not (partner and queue_keys):
        _check_keys(secret_key, data_keys)
    return Settings(
        database_url=database_url,
        broker_url=env.get("SCHAKEL_BROKER_URL", "embedded:///var/broker.db"),
        config_path=Path(env.get("SCHAKEL_CONFIG", str(DEMO_CONFIG))),
        secret_key=secret_key,
        data_keys=data_keys,
        bind=_bind(env.get("SCHAKEL_BIND", "127.0.0.1:8080")),
        log=env.get("SCHAKEL_LOG", "text"),
        demo=demo,
        behind_proxy=env.get("SCHAKEL_PROXY", "") == "1",
        origins=_origins(env.get("SCHAKEL_ORIGINS", "")),
        metrics_token=_metrics_token(env.get("SCHAKEL_METRICS_TOKEN", "")),
        rates=_rates(env.get("SCHAKEL_RATES", "")),
        key_file=key_file,
        audit_key=_audit_key(env.get("SCHAKEL_AUDIT_KEY", "")),
        audit_file=Path(env.get("SCHAKEL_AUDIT_FILE", "var/checkpoints.log")),
        queue_keys=queue_keys,
        owner_url=env.get("SCHAKEL_OWNER_URL") or None,
    )


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(value.replace(",", " ").split())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                "SCHAKEL_ORIGINS must hold origins without a path, for instance https://schakel.example."
            )
    return origins


def _metrics_token(value: str) -> str:
    if value and len(value) < _SHORTEST_KEY:
        raise SettingsError("SCHAKEL_METRICS_TOKEN is weak. Set it to at least 32 random characters, or leave it out.")
    return value


def _rates(value: str) -> Mapping[str, Rate]:
    """Read ``system=300/600 door=5/100``: per second, and at once."""
    rates = dict(RATES)
    for part in value.replace(",", " ").split():
        found = _RATE.fullmatch(part)
        if found is None or found["who"] not in RATES:
            raise SettingsError(f"SCHAKEL_RATES must hold limits as system=300/600; the names are {', '.join(RATES)}.")
        rates[found["who"]] = Rate(per_second=float(found["rate"]), burst=int(found["burst"]))
    return rates


def _data_keys(value: str) -> tuple[tuple[str, ...], Path | None]:
    """Give the keys, newest first, and the file that holds them where they are in one (``file:/path``)."""
    if not value.startswith("file:"):
        return tuple(value.replace(",", " ").split()), None
    path = Path(value.removeprefix("file:"))
    try:
        return read_key_file(path), path
    except OSError as error:
        raise SettingsError(f"SCHAKEL_DATA_KEYS: can't read {path}: {error.strerror}.") from error


def _queue_keys(value: str) -> tuple[bytes, ...]:
    keys = tuple(value.replace(",", " ").split())
    try:
        raw = tuple(base64.b64decode(key, validate=True) for key in keys)
    except binascii.Error as error:
        raise SettingsError("SCHAKEL_QUEUE_KEY is not base64.") from error
    if any(len(key) != 32 for key in raw):
        raise SettingsError("SCHAKEL_QUEUE_KEY must hold keys of 32 bytes, as schakel keys queue gives them.")
    return raw


def read_key_file(path: Path) -> tuple[str, ...]:
    """Give the keys of a file, newest first; ``SettingsError`` where one is no key."""
    keys = tuple(line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip())
    check_data_keys(keys)
    return keys


def _demo_key(path: Path) -> bytes:
    """Give the key of this demo, made at its first start: a demo's data must survive a restart."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _check_keys(secret_key: str, data_keys: tuple[str, ...]) -> None:
    if len(secret_key) < _SHORTEST_KEY or len(set(secret_key)) < 8:
        raise SettingsError(
            "SCHAKEL_SECRET_KEY is missing or weak. Set it to at least 32 random characters, for instance the output of"
            " python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    check_data_keys(data_keys)


def check_data_keys(data_keys: tuple[str, ...]) -> None:
    """Refuse keys that are missing or weak: ``SettingsError`` says which."""
    if not data_keys:
        raise SettingsError(
            "SCHAKEL_DATA_KEYS is missing. Set it to one or more keys of 32 random bytes in base64, newest first:"
            " python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"
        )
    for number, key in enumerate(data_keys, start=1):
        try:
            raw = base64.b64decode(key, validate=True)
        except binascii.Error as error:
            raise SettingsError(f"Key {number} of SCHAKEL_DATA_KEYS is not base64.") from error
        if len(raw) != 32 or len(set(raw)) < 8:
            raise SettingsError(f"Key {number} of SCHAKEL_DATA_KEYS is not 32 random bytes.")


def _audit_key(value: str) -> str:
    if value and (len(value) < _SHORTEST_KEY or len(set(value)) < 8):
        raise SettingsError("SCHAKEL_AUDIT_KEY is weak. Set it to at least 32 random characters, or leave it out.")
    return value


def _bind(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise SettingsError("SCHAKEL_BIND must be an address and a port, for instance 127.0.0.1:8080.")
    return value


def load_configuration(path: Path) -> Configuration:
    """Read the configuration file; ``SettingsError`` names the entry that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: can't read {path.name}: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: {path.name} is not TOML: {error}.") from error
    organisations = {code: _organisation(code, entry) for code, entry in document.get("organisations", {}).items()}
    services = {code: _service(code, entry, organisations) for code, entry in document.get("services", {}).items()}
    municipalities = [o for o in organisations.values() if o.kind is OrganisationKind.MUNICIPALITY]
    if len(municipalities) != 1:
        raise SettingsError("SCHAKEL_CONFIG: exactly one organisation must be of kind municipality.")
    desk = document.get("desk", "")
    if desk not in organisations:
        raise SettingsError(
            "SCHAKEL_CONFIG: desk must be the code of the organisation that takes the municipality's post."
        )
    try:
        sign_in = read_sign_in(document.get("sign_in", {}), os.environ)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise SettingsError(f"SCHAKEL_CONFIG: [sign_in]: {error}.") from error
    return Configuration(
        municipality=municipalities[0],
        organisations=organisations,
        services=services,
        desk=desk,
        policy=_policy(document.get("policy", {})),
        sign_in=sign_in,
    )


def _policy(entry: Mapping[str, Any]) -> Policy:
    """Read the choices; one that can't be read stops the start: a policy must not fall back in silence."""
    unknown = set(entry) - {"masked_care_status_without_consent", "wams_from"}
    masked, wams_from = entry.get("masked_care_status_without_consent", True), entry.get("wams_from")
    if unknown:
        raise SettingsError(f"SCHAKEL_CONFIG: [policy]: {', '.join(sorted(unknown))} is not known.")
    if not isinstance(masked, bool):
        raise SettingsError("SCHAKEL_CONFIG: [policy]: masked_care_status_without_consent must be true or false.")
    if wams_from is not None and (isinstance(wams_from, dt.datetime) or not isinstance(wams_from, dt.date)):
        raise SettingsError("SCHAKEL_CONFIG: [policy]: wams_from must be a date, for instance 2027-01-01.")
    return Policy(masked_care_status_without_consent=masked, wams_from=wams_from)


def _organisation(code: str, entry: Mapping[str, Any]) -> Organisation:
    try:
        identifiers = {
            system: tuple([value] if isinstance(value, str) else value)
            for system, value in entry.get("identifiers", {}).items()
        }
        _check_address(entry.get("transport") or {})
        return Organisation(
            code=code,
            name=entry["name"],
            kind=OrganisationKind(entry["kind"]),
            oin=entry["oin"],
            connector=entry.get("connector"),
            transport=entry.get("transport"),
            dialect=entry.get("dialect", {}),
            identifiers=identifiers,
            area=entry.get("area"),
            phone=entry.get("phone"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SettingsError(f"SCHAKEL_CONFIG: [organisations.{code}]: {error}.") from error


def _check_address(transport: Mapping[str, Any]) -> None:
    """Stop the start at an address where no partner may be (``ValueError``); "@partner" is filled in by the demo."""
    if transport.get("kind") == "http" and transport.get("url") != "@partner":
        inside = transport.get("inside", False) is True
        reach_of(transport["url"], transport.get("hosts", ()), inside=inside).check(transport["url"])


def _service(code: str, entry: Mapping[str, Any], organisations: Mapping[str, Organisation]) -> Service:
    try:
        if entry["organisation"] not in organisations:
            raise ValueError("organisation is not in this file")
        return Service(
            code=code,
            organisation=entry["organisation"],
            name=entry["name"],
            purpose=Purpose(entry["purpose"]),
            life_domains=tuple(LifeDomain(domain) for domain in entry.get("life_domains", [])),
            codes=dict(entry.get("codes", {})),
            reply_days=int(entry.get("reply_days", 3)),
            shares=tuple(SharedField(field) for field in entry["shares"]) if "shares" in entry else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SettingsError(f"SCHAKEL_CONFIG: [services.{code}]: {error}.") from error
