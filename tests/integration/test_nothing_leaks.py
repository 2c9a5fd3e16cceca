"""After a full ring run no word of anybody stands where an operator, a carrier or a thief would find it."""

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import select

from connectors.registry import connector
from connectors.transports.files import DropFolder
from hub.models import OutboxRecord, Referral
from hub.services.messages import evidence
from hub.services.messages.address_book import address_book
from hub.services.record import audit_seal, audit_verify
from hub.wiring import Hub
from schemas.message import Message
from tests.integration.callers import KADE, WI, Lines, Site, holding, new_bsn, plain_columns, someone
from tests.integration.conftest import Ring
from tests.integration.test_privacy import WORDS, go_round
from workers.drill.postgres import Postgres
from workers.drill.services import DATABASE_VARIABLE

PERSON = {
    "family_name": "Achternaammerk",
    "given_name": "Voornaammerk",
    "prefix": "tussenmerk",
    "initials": "QXZ",
    "birth_date": "1913-07-23",
}


class Wire:
    """What travels outside: broker parcels as the carrier sees them, and addresses of outgoing calls."""

    def __init__(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outsides: list[str] = []
        self.bodies: list[bytes] = []
        self.addresses: list[str] = []
        carrier = hub.broker._broker  # type: ignore[attr-defined]
        honest, send = carrier.publisher, httpx.Client.send

        def publisher() -> Any:
            made = honest()
            publish = made.publish

            def spied(parcels: Any) -> Any:
                self.outsides += [repr((one.queue, one.message_id, dict(one.headers))) for one in parcels]
                self.bodies += [one.body for one in parcels]
                return publish(parcels)

            made.publish = spied
            return made

        def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            self.addresses += [str(request.url), *(f"{key}: {text}" for key, text in request.headers.items())]
            return send(client, request, **more)

        monkeypatch.setattr(carrier, "publisher", publisher)
        monkeypatch.setattr(httpx.Client, "send", sent)


def files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]


def in_files(folder: Path, markers: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for file in files(folder):
        try:
            content = file.read_bytes()
        except FileNotFoundError:  # a file that the server has just removed
            continue
        found += [(file.name, marker) for marker in markers if marker.encode() in content]
    return found


def round_the_edges(site: Site, person: dict[str, Any], folder: Path, partner: Path) -> dict[str, list[str]]:
    """Give what goes outside beside messages: the log of access, evidence without its messages, names of files."""
    hub = site.hub
    report = {"csp-report": {"document-uri": f"https://hub.example/{person['bsn']}?{person['family_name']}"}}
    for path in (f"/inwoners/{person['bsn']}", "/inloggen"):
        site.anyone.get(path, query_string={"naam": person["family_name"]})
    reported = site.anyone.post("/csp-meldingen", json=report, content_type="application/csp-report")
    assert reported.status_code == 204
    audit_seal.seal_all(hub.store, folder / "checkpoints.log")
    with hub.store.reading() as session:
        exported = list(audit_verify.export(session))
        ids = session.scalars(select(Referral.id)).all()
        bundles = [evidence.bundle_of(session, hub.config, one) for one in ids]
    assert all(bundle["payloads"] and bundle["messages"] for bundle in bundles)
    plain = [{**one, "messages": [{**told, "document": None} for told in one["messages"]]} for one in bundles]
    return {
        "log of access, taken out": exported,
        "checkpoints": (folder / "checkpoints.log").read_text(encoding="utf-8").splitlines(),
        "evidence beside its messages": [json.dumps(one, ensure_ascii=False) for one in plain],
        "names of dropped files": dropped(hub, partner),
    }


def dropped(hub: Hub, folder: Path) -> list[str]:
    """Let a connector drop what a partner gets as files, and give the names: the files are the partner's own."""
    organisation = hub.config.organisations[KADE]
    with hub.store.reading() as session:
        bodies = session.scalars(select(OutboxRecord.body).where(OutboxRecord.receiver == KADE)).all()
    for body in bodies:
        message = Message.from_json(json.loads(body))
        writing = connector("social_work").write(message, address_book(hub.config, organisation), message.time)
        DropFolder(folder).deliver(writing.payload, message_id=message.id)
    return [str(file.relative_to(folder)) for file in files(folder)]


def test_no_marker_is_found_in_database_broker_log_metric_address_or_error(
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    heard: Lines,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    wire = Wire(hub, monkeypatch)
    person = someone(bsn=new_bsn(), **PERSON)
    with closing(Ring(hub)) as ring:
        site = Site(hub)
        urls, errors = go_round(site, ring, person)
        sealed_or_told = round_the_edges(site, person, tmp_path, tmp_path_factory.mktemp("partner"))
        taken = sum(len(partner.ledger.rows()) for partner in ring.partners.values())
    metrics = site.anyone.get("/metrics").get_data(as_text=True)
    rendered = structlog.processors.JSONRenderer(ensure_ascii=False)
    places = {
        "log": heard.lines,
        "log as json": [str(rendered(None, "info", {"event": line})) for line in heard.lines],
        "metrics": metrics.splitlines(),
        "headers and routing keys": wire.outsides,
        "bodies in the broker": [body.decode("latin-1") for body in wire.bodies],
        "outgoing addresses and headers": wire.addresses,
        "own addresses": urls,
        "errors": errors,
        "queues": hub.queues(),
        **sealed_or_told,
    }
    assert taken
    assert all(places[name] for name in places if name != "metrics")
    # Three letters or a date may stand in any file by chance; in text they are looked for as well.
    markers = (
        person["bsn"],
        *(text for name, text in PERSON.items() if name not in ("birth_date", "initials")),
        *WORDS,
    )
    dated = (*markers, PERSON["birth_date"])
    found = [
        (place, marker, line[:200])
        for place, lines in places.items()
        for line in lines
        for marker in dated
        if marker in line
    ]
    assert found == []
    assert holding(plain_columns(hub), dated) == []
    hub.store.close()
    assert in_files(tmp_path, markers) == []
    if not hub.store.is_sqlite and DATABASE_VARIABLE not in os.environ:
        server: Postgres = request.getfixturevalue("postgres")
        assert in_files(server._home(), markers) == [], "data files and write-ahead log"


def test_the_scan_finds_what_stands_in_the_open(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "leak").write_bytes(json.dumps({"name": "Achternaammerk"}).encode())
    assert in_files(tmp_path, ("Achternaammerk",)) == [("leak", "Achternaammerk")]
    assert holding(plain_columns(hub), (WI,)) != []
