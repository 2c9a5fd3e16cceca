"""The only place that picks adapters: which database, which broker, by two URLs."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.broker.embedded import EmbeddedBroker
from hub.broker.protocol import INBOX, Broker, partner_queue
from hub.broker.rabbitmq import RabbitBroker
from hub.models.ring import KeyRing, use_keys
from hub.settings import Configuration, Settings, SettingsError, load_configuration
from hub.store.database import Store


@dataclass(frozen=True, kw_only=True)
class Hub:
    """One installation, put together."""

    settings: Settings
    config: Configuration
    store: Store
    broker: Broker

    def queues(self) -> list[str]:
        """Give the queues that must exist."""
        return [INBOX, *(partner_queue(organisation.code) for organisation in self.config.connected())]

    def close(self) -> None:
        """Let go of database and broker."""
        self.broker.close()
        self.store.close()


def open_broker(url: str) -> Broker:
    """Give the broker behind a URL: ``embedded:///path`` or ``amqp://...``."""
    scheme = urlsplit(url).scheme
    if scheme == "embedded":
        return EmbeddedBroker(Path(url.removeprefix("embedded:///")))
    if scheme in ("amqp", "amqps"):
        return RabbitBroker(url)
    raise SettingsError("SCHAKEL_BROKER_URL must begin with embedded:///, amqp:// or amqps://.")


def open_store(url: str) -> Store:
    """Give the database behind a URL: ``sqlite:///path`` or ``postgresql+psycopg://...``."""
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError("SCHAKEL_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    return Store(url)


def open_hub(settings: Settings) -> Hub:
    """Put an installation together from its settings."""
    use_keys(KeyRing(settings.data_keys))
    return Hub(
        settings=settings,
        config=load_configuration(settings.config_path),
        store=open_store(settings.database_url),
        broker=open_broker(settings.broker_url),
    )
