"""A whole hub in this process for the browser: pages, live side and workers, with partners that answer when told."""

import atexit
import dataclasses
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import select

from hub.models import Case, Referral
from hub.models import Client as ClientRecord
from hub.services.referrals import referrals, sending
from hub.settings import DEMO_CONFIG, Settings
from hub.store.migrate import migrate
from hub.wiring import Hub, open_hub
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Event
from tests.builders import new_referral
from tests.personas import MARLOES, TOM
from workers import demo, demo_history, embedded

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def _settings(database_url: str, broker_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        broker_url=broker_url,
        config_path=DEMO_CONFIG,
        secret_key="0123456789abcdef0123456789abcdef-test",
        data_keys=(KEY,),
        bind="127.0.0.1:0",
        log="text",
    )


def _prepare(hub: Hub, history: bool, past: bool) -> None:
    migrate(hub.store)
    demo.prepare(hub, history=history)
    if past:
        demo_history.fill(hub)


@cache
def _prepared(history: bool, past: bool) -> Path:
    """Give the file of a database that holds the demo's people: made once, and copied for each hub."""
    folder = Path(tempfile.mkdtemp(prefix="schakel-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    hub = open_hub(_settings(f"sqlite:///{folder}/hub.db", f"embedded:///{folder}/broker.db"))
    _prepare(hub, history, past)
    hub.close()
    assert not (folder / "hub.db-wal").exists(), "all of it stands in the one file"
    return folder / "hub.db"


class RealHub:
    """The demo's hub with the demo's people, on a free port.

    ``history`` gives Karin the half year of which the demo tells; ``past`` the year of the whole team.
    Of the organisations ``on_screen`` people work here, whom tests play; the others have systems that answer.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        broker_url: str | None = None,
        history: bool = False,
        past: bool = False,
        on_screen: Sequence[str] = ("de-spoel", "toegang-broekhoven"),
    ) -> None:
        if database_url is None:
            shutil.copyfile(_prepared(history, past), folder / "hub.db")
        settings = _settings(
            database_url or f"sqlite:///{folder}/hub.db", broker_url or f"embedded:///{folder}/broker.db"
        )
        opened = open_hub(settings)
        without = {code: dataclasses.replace(opened.config.organisations[code], transport=None) for code in on_screen}
        there = dataclasses.replace(opened.config, organisations={**opened.config.organisations, **without})
        config, self.partners = demo.partners(there)
        self.hub = Hub(settings=settings, config=config, store=opened.store, broker=opened.broker)
        if database_url is not None:
            _prepare(self.hub, history, past)
        self.hub.broker.declare(self.hub.queues())
        self.running = embedded.start(self.hub)
        for partner in self.partners.values():
            partner.start(self.running.url)

    @property
    def address(self) -> str:
        return self.running.url

    def karin(self) -> str:
        """Give the case of Karin Smulders."""
        with self.hub.store.reading() as session:
            rows = session.execute(select(Case.id, ClientRecord.person).join(ClientRecord)).all()
        return next(row.id for row in rows if row.person["family_name"] == "Smulders")

    def person(self, viewer: object, username: str) -> object:
        """Give a persona with the id it has here."""
        from schemas.identifiers import derived_id

        return dataclasses.replace(viewer, id=derived_id("person", username))  # type: ignore[type-var]

    def send(self, **changes: object) -> Referral:
        """Send a referral for Karin as Marloes."""
        new: NewReferral = new_referral(**{"case_id": self.karin(), "to": "de-spoel", **changes})
        with self.hub.store.writing() as work:
            return sending.send_referral(work, self.hub.config, self.person(MARLOES, "marloes"), new)  # type: ignore[arg-type]

    def record(self, referral_id: str, event: Event, who: object = TOM, username: str = "tom", **data: object) -> None:
        """Let someone do something to a referral."""
        with self.hub.store.writing() as work:
            locked = referrals.load_for_change(work, referral_id)
            actor = self.person(who, username)
            referrals.record_event(work, self.hub.config, actor, locked, NewEvent(event=event, **data))  # type: ignore[arg-type]

    def close(self) -> None:
        for partner in self.partners.values():
            partner.close()
        self.running.close()
