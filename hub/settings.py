"""What the environment says. Read once at the start; a wrong value stops it there."""

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.configuration import load_configuration
from hub.organisations import Configuration, Organisation, Policy, Service, SettingsError

DEMO_CONFIG = Path(__file__).parent.parent / "deploy" / "organisations.toml"
_SHORTEST_KEY = 32
__all__ = [
    "DEMO_CONFIG",
    "RATES",
    "Configuration",
    "Organisation",
    "Policy",
    "Rate",
    "Service",
    "Settings",
    "SettingsError",
    "check_data_keys",
    "from_environment",
    "load_configuration",
    "read_key_file",
]
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
_RATE = re.compile(r"(?P<who>[a-z]+)=(?P<rate>[1-9][0-9]{0,5})/(?P<burst>[1-9][0-9]{0,6})", re.ASCII)


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
    "search": Rate(per_second=1, burst=30),  # one person who searches
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
            " python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    check_data_keys(data_keys)


def check_data_keys(data_keys: tuple[str, ...]) -> None:
    """Refuse keys that are missing or weak: ``SettingsError`` says which."""
    if not data_keys:
        raise SettingsError(
            "SCHAKEL_DATA_KEYS is missing. Set it to one or more keys of 32 random bytes in base64, newest first:"
            " python3 -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"
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
