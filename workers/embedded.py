"""Everything in one process: the web and all workers, each in a thread of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from werkzeug.serving import BaseWSGIServer

from connectors.protocol import Transport
from connectors.registry import NAMES, connector
from connectors.transports.mail import open_mail
from hub.app import WebProcess, create_web
from hub.services.messages.address_book import address_book
from hub.services.overview.personal_notices import Recipients
from hub.settings import Organisation, SettingsError
from hub.wiring import Hub
from workers import connector as connector_worker
from workers import files, inbox, notices, relay, timers
from workers.gate import StoreGate
from workers.lines import open_line
from workers.serve import threaded_server


def worker_of(
    hub: Hub, organisation: Organisation, transport: Transport | None = None
) -> connector_worker.ConnectorWorker:
    """Give the connector worker of an organisation."""
    assert organisation.connector is not None and organisation.transport is not None
    return connector_worker.ConnectorWorker(
        organisation.code,
        connector(organisation.connector),
        transport or open_line(organisation),
        address_book(hub.config, organisation),
        hub.broker,
        StoreGate(hub.store),
    )


log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A hub that runs in this process."""

    hub: Hub
    web: WebProcess
    server: BaseWSGIServer
    stop: threading.Event
    threads: tuple[threading.Thread, ...]

    @property
    def url(self) -> str:
        """Give the address of the hub."""
        return f"http://{self.hub.settings.host}:{self.server.server_port}"

    def close(self) -> None:
        """Stop, in the order in which nothing is left half done."""
        self.stop.set()
        self.web.live.stop()
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join(timeout=10)
        self.hub.close()


def start(hub: Hub) -> Running:
    """Start the web and all workers; the queues are declared and the database has its shape."""
    web = create_web(hub)
    server = threaded_server(hub, web)
    stop = threading.Event()
    ticking = timers.Timers(hub.store, hub.config, hub.broker, hub.queues(), checkpoints=hub.settings.audit_file)
    works: list[tuple[str, Callable[[], None]]] = [
        ("relay", lambda: relay.run(hub.store, hub.broker, stop)),
        ("inbox", lambda: inbox.run(inbox.InboxWorker(hub.store, hub.config, hub.broker), stop)),
        ("timers", lambda: timers.run(ticking, stop)),
        ("web", lambda: server.serve_forever(0.05)),
    ]
    for organisation in hub.config.connected():
        if organisation.connector in NAMES:
            working = partial(_connect, hub, organisation, stop)
            works.append((f"connector {organisation.code}", working))
            dropped = files.files_of(hub, organisation)
            if dropped is not None:
                works.append((f"files {organisation.code}", partial(files.run, dropped, stop)))
    if hub.config.mail is not None:
        works.append(("mail", partial(_tell, hub, stop)))
    web.live.start()
    threads = tuple(
        threading.Thread(target=_keep_going, args=(name, work, stop), name=name, daemon=True) for name, work in works
    )
    for thread in threads:
        thread.start()
    return Running(hub=hub, web=web, server=server, stop=stop, threads=threads)


def _keep_going(name: str, work: Callable[[], None], stop: threading.Event) -> None:
    """Start a worker again when it ends of itself, as the service manager does where each is a process."""
    while True:
        try:
            work()
        except Exception:  # noqa: BLE001 - whatever it was, the others go on and this one begins anew
            log.error("a worker ended of itself and begins anew", worker=name)  # noqa: TRY400 - a trace may quote content
        if stop.wait(1.0):
            return


def notice_worker(hub: Hub) -> notices.NoticeWorker:
    """Give the worker that tells by mail that something waits; ``SettingsError`` where it can't."""
    assert hub.config.mail is not None
    try:
        return notices.NoticeWorker(Recipients(hub.store, hub.config), hub.broker, open_mail(hub.config.mail))
    except ValueError as error:
        raise SettingsError(f"SCHAKEL_CONFIG: [mail]: {error}") from error


def _tell(hub: Hub, stop: threading.Event) -> None:
    notices.run(notice_worker(hub), stop)


def _connect(hub: Hub, organisation: Organisation, stop: threading.Event) -> None:
    connector_worker.run(worker_of(hub, organisation), stop)
