"""After a full ring run no word of anybody stands where an operator, a carrier or a thief would find it."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from hub.wiring import Hub
from tests.integration.callers import WI, Lines, Site, holding, listening, new_bsn, plain_columns, someone
from tests.integration.conftest import Ring
from tests.integration.test_privacy import WORDS, go_round
from workers.drill.services import DATABASE_VARIABLE, Postgres

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


@pytest.fixture
def heard() -> Iterator[Lines]:
    with listening() as lines:
        yield lines


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


def test_no_marker_is_found_in_database_broker_log_metric_address_or_error(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, heard: Lines, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wire = Wire(hub, monkeypatch)
    person = someone(bsn=new_bsn(), **PERSON)
    with closing(Ring(hub)) as ring:
        site = Site(hub)
        urls, errors = go_round(site, ring, person)
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
