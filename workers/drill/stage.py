"""Where a drill plays: folder, database, broker, configuration and settings of its own."""

import base64
import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from hub.models import ApiClient
from hub.services.people.identity import hash_secret
from hub.settings import DEMO_CONFIG, from_environment
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from workers.demo import HERE
from workers.drill.caller import secret_of
from workers.drill.plan import PARTNERS, SENDER
from workers.drill.postgres import Postgres
from workers.drill.processes import free_port
from workers.drill.rabbit import Rabbit


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for on the command line. ``patience`` bounds, in seconds, the wait for the end."""

    referrals: int
    kills: int
    seed: int
    embedded: bool = False
    keep: bool = False
    patience: float = 600.0


class Stage:
    """A context manager: everything a drill needs but its processes. What it made it takes away again."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ending = contextlib.ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="schakel-drill-"))
        self.rabbit: Rabbit | None = None
        self.port = free_port()
        self._urls = ("", "")
        self._keys = (
            os.environ.get("SCHAKEL_SECRET_KEY") or secrets.token_hex(32),
            os.environ.get("SCHAKEL_DATA_KEYS") or base64.b64encode(secrets.token_bytes(32)).decode(),
        )

    @property
    def url(self) -> str:
        """Give the address of the hub."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """Give the environment of the hub's processes."""
        database, broker = self._urls
        return {
            **os.environ,
            "SCHAKEL_DATABASE_URL": database,
            "SCHAKEL_BROKER_URL": broker,
            "SCHAKEL_CONFIG": str(self.folder / "organisations.toml"),
            "SCHAKEL_SECRET_KEY": self._keys[0],
            "SCHAKEL_DATA_KEYS": self._keys[1],
            "SCHAKEL_BIND": f"127.0.0.1:{self.port}",
            "SCHAKEL_LOG": "json",
        }

    def __enter__(self) -> "Stage":
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _open(self) -> None:
        (self.folder / "organisations.toml").write_text(DEMO_CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
        if self._options.embedded:
            self._urls = (f"sqlite:///{self.folder}/schakel.db", f"embedded:///{self.folder}/broker.db")
            return
        database, broker = (os.environ.get(f"SCHAKEL_{name}_URL", "") for name in ("DATABASE", "BROKER"))
        if not broker or broker.startswith("embedded:"):
            self.rabbit = self._ending.enter_context(Rabbit())
            broker = self.rabbit.url
        if not database or database.startswith("sqlite:"):
            database = self._ending.enter_context(Postgres()).url
        self._urls = (database, broker)

    def open_hub(self) -> Hub:
        """Give the hub as its processes see it, to prepare it and to look into its books."""
        return open_hub(from_environment(self.environment))

    def know_partners(self, urls: Mapping[str, str]) -> None:
        """Write the configuration in which the partners are reached at these addresses; the others work on screen."""
        text = DEMO_CONFIG.read_text(encoding="utf-8")
        for organisation, url in urls.items():
            head, mark, rest = text.partition(f"[organisations.{organisation}]")
            text = head + mark + rest.replace(HERE, url, 1)
        text = "\n".join(line for line in text.splitlines() if HERE not in line) + "\n"
        (self.folder / "organisations.toml").write_text(text, encoding="utf-8")

    def close(self) -> None:
        """End the services and, unless it is to be kept, delete the folder."""
        self._ending.close()
        if not self._options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def prepare(hub: Hub) -> None:
    """Give the database its shape, the broker its queues, and the organisations their way in."""
    migrate(hub.store)
    hub.broker.declare(hub.queues())
    with hub.store.writing() as work:
        known = set(work.session.scalars(select(ApiClient.id)))
        rows = [
            {"id": code, "organisation": code, "secret_hash": hash_secret(secret_of(code)), "active": True}
            for code in (SENDER, *PARTNERS)
            if code not in known
        ]
        if rows:
            work.session.execute(insert(ApiClient), rows)
