"""The API against its own description: whatever is sent, no fault of ours and no answer that the description lacks.

Schemathesis makes up the calls, right ones and wrong ones, as the system of Work & Income and as that of mental health
care, over a real connection. ``SCHAKEL_TEST_SCHEMATHESIS`` sets how many inputs it makes up for each call (default 4).
"""

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from hub.api.openapi import openapi
from hub.settings import RATES, Rate
from hub.wiring import Hub
from tests.integration.callers import GGZ, WI, Site
from tests.integration.conftest import open_test_hub
from workers.serve import threaded_server

EXAMPLES = os.environ.get("SCHAKEL_TEST_SCHEMATHESIS", "4")
LEFT_OUT = {
    # A body of the right form may still name an organisation, a service or a case that is not there: 422 is right.
    "positive_data_acceptance",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("described")
    with closing(open_test_hub(f"sqlite:///{folder}/hub.db", f"embedded:///{folder}/broker.db")) as made:
        rates = {kind: Rate(per_second=1e5, burst=10**6) for kind in RATES}
        settings = dataclasses.replace(made.settings, rates=rates)
        yield Hub(settings=settings, config=made.config, store=made.store, broker=made.broker)


@contextmanager
def served(site: Site) -> Iterator[str]:
    server = threaded_server(site.hub, site.web)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_description_is_openapi() -> None:
    validate(openapi())


def test_every_call_tells_of_waiting_and_the_intake_of_signing() -> None:
    document = openapi()
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert all("Retry-After" in one["responses"]["429"]["headers"] for one in operations)
    assert set(document["components"]["securitySchemes"]) == {"oauth", "webhook"}
    signed = [one["operationId"] for one in operations if {"webhook": []} in one.get("security", [])]
    assert signed == ["post_intake_organisation"]


def test_every_call_of_the_api_is_described_and_no_other(hub: Hub) -> None:
    documents = {("/openapi.json", "GET"), ("/asyncapi.json", "GET")}
    served_calls = {
        (_nameless(rule.rule.removeprefix("/api/v1")), method)
        for rule in Site(hub).web.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(_nameless(path), way.upper()) for path, ways in openapi()["paths"].items() for way in ways}
    assert served_calls - documents == described


def _nameless(path: str) -> str:
    return "/".join("{}" if part[:1] in "{<" and part else part for part in path.split("/"))


@pytest.mark.parametrize("system", [WI, GGZ])
def test_whatever_is_sent_is_answered_as_described(hub: Hub, system: str, tmp_path: Path) -> None:
    site = Site(hub)
    _name_what_is_there(site, system, tmp_path / "schemathesis.toml")
    with served(site) as url:
        run = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--url", url),
                *("--header", f"Authorization: Bearer {site.token(system)}", "--checks", "all"),
                *("--exclude-checks", ",".join(sorted(LEFT_OUT)), "--max-examples", EXAMPLES),
                *("--seed", "20261122", "--workers", "1", "--no-color"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    print(run.stdout[-20_000:])
    assert run.returncode == 0, run.stdout[-6_000:] + run.stderr[-2_000:]


def _name_what_is_there(site: Site, system: str, settings: Path) -> None:
    """Tell Schemathesis of things that exist, else it would only ever meet 404."""
    made = site.send(WI, to=GGZ, life_domains=["mental_health"]).json
    brought = site.bring(GGZ, b'{"resourceType": "Bundle"}', "application/fhir+json").headers["Intake-Id"]
    ids = {
        "GET /referrals/{id}": made["id"],
        "GET /referrals/{id}/trail": made["id"],
        "POST /referrals/{id}/events": made["id"],
        "GET /cases/{id}": made["case_id"],
        "GET /cases/{id}/timeline": made["case_id"],
    }
    parts = [_operation("POST /intake/{organisation}", "organisation", system)]
    parts.append(_operation("GET /intake/{organisation}", "organisation", brought if system == GGZ else "x"))
    parts.append(_operation("GET /schemas/{name}", "name", "message.json"))
    parts += [_operation(name, "id", known) for name, known in ids.items()]
    settings.write_text("\n".join(parts), encoding="utf-8")


def _operation(name: str, parameter: str, value: str) -> str:
    return f'[[operations]]\ninclude-name = "{name}"\nparameters = {{ "path.{parameter}" = "{value}" }}\n'
