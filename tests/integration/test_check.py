"""``schakel check``: each line, each certificate, each sign-in and each mapping is tried, and nothing is delivered."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors import transports
from hub.settings import DEMO_CONFIG, load_configuration
from hub.store.migrate import migrate
from hub.wiring import open_hub
from workers.command import main
from workers.lines import look_at_all
from workers.opening import read_settings

# The transports of the others in the demo: here they work on screen.
OTHERS = re.compile(
    r"(?s)(\[organisations\.(?:wi-tilburg|de-spoel|toegang-broekhoven)\](?:(?!\n\[).)*?\n)transport = [^\n]*\n"
)
TRANSPORT = 'transport = { kind = "http", url = "@partner", inside = true }'


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        made.settimeout(2.0)
        yield made


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what runs ``schakel check`` with these transports of De Kade and GGZ De Leij."""
    monkeypatch.setenv("SCHAKEL_DATABASE_URL", f"sqlite:///{tmp_path}/hub.db")
    monkeypatch.setenv("SCHAKEL_BROKER_URL", f"embedded:///{tmp_path}/broker.db")
    monkeypatch.setenv("SCHAKEL_SECRET_KEY", "0123456789abcdef0123456789abcdef-test")
    monkeypatch.setenv("SCHAKEL_DATA_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    monkeypatch.setenv("SCHAKEL_CONFIG", str(tmp_path / "organisations.toml"))

    def check(*lines: str) -> tuple[int, dict[str, str]]:
        text = OTHERS.sub(r"\1", DEMO_CONFIG.read_text(encoding="utf-8"))
        for line in lines:
            text = text.replace(TRANSPORT, f"transport = {line}", 1)
        (tmp_path / "organisations.toml").write_text(text, encoding="utf-8")
        hub = open_hub(read_settings())
        migrate(hub.store)
        hub.broker.declare(hub.queues())
        hub.close()
        result = CliRunner().invoke(main, ["check"])
        rows = [re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines()]
        return result.exit_code, {row[0]: row[1] for row in rows if len(row) == 2}

    return check


def test_all_is_well_and_nothing_was_said_to_a_partner(checked: Any, listener: socket.socket, tmp_path: Path) -> None:
    for name in ("out", "in"):
        (tmp_path / name).mkdir()
    http = f'{{ kind = "http", url = "http://127.0.0.1:{listener.getsockname()[1]}/x", inside = true }}'
    files = f'{{ kind = "files", folder = "{tmp_path}/out", intake = "{tmp_path}/in" }}'
    code, told = checked(http, files)
    assert code == 0, told
    for what in ("mw-de-kade: address", "ggz-de-leij: folder", "ggz-de-leij: intake"):
        assert told[what] == "well"
    for organisation in ("mw-de-kade", "ggz-de-leij"):
        assert told[f"{organisation}: mapping out"] == told[f"{organisation}: mapping in"] == "well"
    line, _address = listener.accept()
    with closing(line):
        assert line.recv(1) == b"", "connected, and gone without a word"
    assert not list((tmp_path / "out").iterdir())


def test_each_thing_that_is_not_well_has_a_line_and_the_command_fails(checked: Any, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    secret = 'sign_in = { how = "api_key", header = "X-Key", key = "env:NOT_THERE" }'
    http = f'{{ kind = "http", url = "http://127.0.0.1:{port}/", inside = true }}'
    code, told = checked(http, f'{{ kind = "http", url = "http://127.0.0.1:{port}/", inside = true, {secret} }}')
    assert code == 1
    assert told["mw-de-kade: address"] == "can't be reached (ConnectionRefusedError)"
    assert told["ggz-de-leij: settings"] == "The environment has no NOT_THERE."


def test_up_does_not_start_without_a_secret_and_names_it(checked: Any, tmp_path: Path) -> None:
    secret = 'sign_in = { how = "api_key", header = "X-Key", key = "env:NOT_THERE" }'
    (tmp_path / "out").mkdir()
    checked(
        f'{{ kind = "files", folder = "{tmp_path}/out" }}',
        f'{{ kind = "http", url = "https://partner.example/", {secret} }}',
    )
    for command in (["up"], ["connector", "ggz-de-leij"]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2
        assert "[organisations.ggz-de-leij] transport: The environment has no NOT_THERE." in result.stderr


def test_a_dialect_that_can_not_say_what_it_must_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.errors import Refusal, RefusalCode
    from connectors.social_work.connector import SocialWork

    def write(*_args: Any) -> Any:
        raise Refusal(RefusalCode.CANNOT_EXPRESS, "No word for it.", field="type")

    monkeypatch.setattr(SocialWork, "write", write)
    monkeypatch.setattr(transports, "look", lambda _settings: iter(()))
    told = dict(look_at_all(load_configuration(DEMO_CONFIG)))
    assert told["mw-de-kade: mapping out"] == "cannot_express: No word for it. (type)"
    assert told["mw-de-kade: mapping in"] != "well"
    assert told["ggz-de-leij: mapping out"] == "well"
