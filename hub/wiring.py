"""The only place that picks adapters: which database, which broker, by two URLs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from sqlalchemy import make_url

from hub.broker.embedded import EmbeddedBroker
from hub.broker.protocol import INBOX, NOTICES, Broker, partner_queue
from hub.broker.queue_keys import HubKeys
from hub.broker.rabbitmq import RabbitBroker
from hub.broker.sealed import OwnKeys, QueueKeys, SealedBroker
from hub.models.audit_keys import AuditKeys, use_audit_keys
from hub.models.ring import KeyRing, use_keys
from hub.settings import Configuration, Settings, SettingsError, load_configuration, read_key_file
from hub.store.database import Store
from hub.store.walls import WallError

log = structlog.get_logger()
EXTENSION = "schakel-hub"
"""Under which name a web application keeps the installation it was wired with."""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """One installation, put together."""

    settings: Settings
    config: Configuration
    store: Store
    broker: Broker

    def queues(self) -> list[str]:
        """Give the queues that must exist."""
        told = [NOTICES] if self.config.mail is not None else []
        return [INBOX, *told, *(partner_queue(organisation.code) for organisation in self.config.connected())]

    def close(self) -> None:
        """Let go of database and broker."""
        self.broker.close()
        self.store.close()


_VERIFIED = frozenset({"verify-ca", "verify-full"})


def in_the_open(settings: Settings) -> list[str]:
    """Give the settings whose connection leaves this computer without TLS that knows the other side."""
    found = []
    broker = urlsplit(settings.broker_url)
    if broker.scheme == "amqp" and not _is_here(broker.hostname):
        found.append("SCHAKEL_BROKER_URL")
    database = make_url(settings.database_url)
    away = database.get_backend_name() == "postgresql" and not _is_here(database.host)
    if away and database.query.get("sslmode") not in _VERIFIED:
        found.append("SCHAKEL_DATABASE_URL")
    return found


def _is_here(host: str | None) -> bool:
    if host is None or host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def open_broker(url: str) -> Broker:
    """Give the broker behind a URL: ``embedded:///path`` or ``amqp://...``."""
    scheme = urlsplit(url).scheme
    if scheme == "embedded":
        return EmbeddedBroker(Path(url.removeprefix("embedded:///")))
    if scheme in ("amqp", "amqps"):
        return RabbitBroker(url)
    raise SettingsError("SCHAKEL_BROKER_URL must begin with embedded:///, amqp:// or amqps://.")


def open_store(settings: Settings, municipality: str) -> Store:
    """Give the database behind a URL: ``sqlite:///path`` or ``postgresql+psycopg://...``."""
    url = settings.database_url
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError("SCHAKEL_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    try:
        return Store(url, municipality, settings.owner_url)
    except WallError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: {error}") from error


def _rereading(path: Path | None) -> Callable[[], Sequence[str] | None] | None:
    """Give what reads the file of keys again where it changed; half a file, or none, leaves the keys as they are."""
    if path is None:
        return None
    seen = [path.stat().st_mtime_ns]

    def read() -> Sequence[str] | None:
        try:
            changed = path.stat().st_mtime_ns
            if changed == seen[0]:
                return None
            keys = read_key_file(path)
        except (OSError, ValueError, SettingsError) as error:
            log.warning("the file of keys can't be read; the keys stay as they were", fault=type(error).__name__)
            return None
        seen[0] = changed
        return keys

    return read


def open_hub(settings: Settings) -> Hub:
    """Put an installation together from its settings."""
    if settings.data_keys:
        use_keys(KeyRing(settings.data_keys, _rereading(settings.key_file)))
        use_audit_keys(AuditKeys(settings.audit_secret) if settings.audit_secret is not None else None)
    for name in () if settings.demo else in_the_open(settings):
        log.warning("a connection to another computer is not protected by TLS with a verified name", setting=name)
    config = load_configuration(settings.config_path)
    store = open_store(settings, config.municipality.code)
    keys: QueueKeys = HubKeys(store.queue_secrets, config.organisations)
    if settings.queue_keys:
        keys = OwnKeys("", settings.queue_keys)
    broker = SealedBroker(open_broker(settings.broker_url), keys)
    return Hub(settings=settings, config=config, store=store, broker=broker)
