"""The NL API Design Rules (2.2), by their own ruleset: the hub's description, and that of the API partners offer."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from connectors.registry import PUBLISHED, published
from connectors.reintegration import openapi as partner_api
from connectors.reintegration.shapes import SHAPES
from hub.api.openapi import openapi
from hub.wiring import Hub
from tests.conftest import miss
from tests.integration.callers import Site
from tests.personas import SHARED

RULES = SHARED / "standards" / "nl-api-design-rules"
SPECTRAL = "@stoplight/spectral-cli@6.16.0"
# Where no registry answers npm would try for minutes.
HASTE = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_timeout": "60000",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "5000",
}
Lint = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def lint(tmp_path_factory: pytest.TempPathFactory) -> Lint:
    """Give what lints a document by the rules: Spectral, fetched once by npx into a folder of the tests."""
    if not RULES.is_dir():
        pytest.skip("the published standards are not on this computer")
    npx = shutil.which("npx")
    if npx is None:
        miss("Spectral (npx)", "nodejs and npm are not installed; as root on Debian: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("spectral")
    program = [str(npx), "--yes", "--cache", str(folder / "cache"), SPECTRAL]
    environment = os.environ | {"HOME": str(folder), "NO_UPDATE_NOTIFIER": "1"} | HASTE
    tried = subprocess.run([*program, "--version"], capture_output=True, text=True, check=False, env=environment)
    if tried.returncode:
        miss("Spectral (npx)", f"it can't be fetched: {tried.stderr.strip()[-200:]}")

    def run(document: Path) -> list[dict[str, Any]]:
        rules = str(RULES / "linter.yaml")
        out = folder / "found.json"
        out.unlink(missing_ok=True)
        command = [*program, "lint", "-r", rules, "-f", "json", "-o", str(out), str(document)]
        subprocess.run(command, capture_output=True, check=False, env=environment)
        found = json.loads(out.read_text(encoding="utf-8"))
        return [one for one in found if one["severity"] == 0]

    return run


@pytest.mark.standards
@pytest.mark.parametrize("which", ["hub", "partner"])
def test_our_descriptions_keep_the_design_rules(lint: Lint, which: str, tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(openapi() if which == "hub" else partner_api.description()), encoding="utf-8")
    assert [(one["code"], one["path"]) for one in lint(path)] == []


@pytest.mark.standards
@pytest.mark.parametrize("name", ["error-type", "paths-kebab-incorrect", "version-header-missing"])
def test_the_rules_find_what_the_published_cases_do_wrong(lint: Lint, name: str) -> None:
    assert lint(RULES / "testcases" / f"{name}.openapi.json")


def test_the_description_of_the_partners_api_is_openapi_and_its_file_is_true() -> None:
    validate(partner_api.description())
    assert partner_api.FILE.read_text(encoding="utf-8") == partner_api.text(), (
        "python -m connectors.reintegration.openapi"
    )


def test_each_example_is_a_message_that_we_read() -> None:
    for path in partner_api.description()["paths"].values():
        content = path["post"]["requestBody"]["content"]["application/json"]
        sort = content["example"]["soort"]
        assert not SHAPES[sort].validate(content["example"]), sort


def test_what_a_connector_holds_for_partners_is_given_to_anyone(hub: Hub) -> None:
    site = Site(hub)
    for file, content_type in PUBLISHED.items():
        answer = site.anyone.get(f"/api/v1/connectors/reintegration/{file}")
        assert (answer.status_code, answer.content_type) == (200, content_type)
        assert answer.data == published("reintegration", file)
        assert answer.headers["API-Version"]


@pytest.mark.parametrize(
    "path",
    [
        "reintegration/README.md",
        "reintegration/connector.py",
        "social_work/openapi.json",
        "../openapi.json",
        "nobody/x",
    ],
)
def test_nothing_else_of_a_connector_is_given(hub: Hub, path: str) -> None:
    assert Site(hub).anyone.get(f"/api/v1/connectors/{path}").status_code == 404
