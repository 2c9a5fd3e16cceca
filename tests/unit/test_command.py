"""The command line, called as a stranger calls it."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors.registry import NAMES
from schemas.message import Message
from tests.personas import SHARED
from workers.command import main
from workers.demo import REGISTER_SECRET

STANDARDS = SHARED / "standards"
BAD = SHARED / "bad-inputs"
SAMPLES = Path(__file__).parents[2] / "connectors"


def call(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=given)


def need(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the collected standards are not here: {path.name} was NOT tried")
    return path


@pytest.mark.standards
@pytest.mark.parametrize(
    ("name", "pattern", "least"),
    [
        ("social_work", "istandaarden-3.2/iwmo/berichten/*.xml", 6),
        ("social_work", "istandaarden-3.2/ijw/berichten/*.xml", 5),
        ("mental_health", "fhir-r4/vws-generieke-functies/*.fsh.txt", 2),
    ],
)
def test_every_real_sample_comes_in_as_canonical_messages(name: str, pattern: str, least: int) -> None:
    need(STANDARDS)
    files = sorted(STANDARDS.glob(pattern))
    assert len(files) >= least
    for file in files:
        result = call("translate", "--connector", name, "in", str(file))
        assert result.exit_code == 0, f"{file.name}: {result.stderr}"
        messages = [Message.from_json(document) for document in json.loads(result.stdout)]
        assert messages, file.name


@pytest.mark.standards
def test_each_bad_input_for_these_connectors_is_refused_or_comes_out_well_formed() -> None:
    rows = list(csv.DictReader(need(BAD / "index.csv").read_text(encoding="utf-8").splitlines()))
    tried = 0
    for row in rows:
        name = row["connector_or_endpoint"].removeprefix("connector:")
        if name not in ("social_work", "mental_health") or not row["translate_in"]:
            continue
        result = call("translate", "--connector", name, "in", str(BAD / row["file"]))
        tried += 1
        if row["translate_in"] == "refuse" or result.exit_code:
            assert result.exit_code == 2, row["file"]
            assert result.stdout == "", row["file"]
            refusal = json.loads(result.stderr)
            assert set(refusal) >= {"error", "field", "message"}, row["file"]
        else:
            assert [Message.from_json(document) for document in json.loads(result.stdout)], row["file"]
    assert tried >= 6


def test_of_a_file_with_a_bad_line_the_others_come_out_and_the_line_is_told() -> None:
    lines = ("registratienummerRv;status;datum", "202601170;gestart;2026-11-02", "202601171;begonnen;2026-11-02")
    result = call("translate", "--connector", "reintegration", "in", "-", given="\r\n".join(lines).encode())
    assert result.exit_code == 1
    assert [one["data"]["referral_number"] for one in json.loads(result.stdout)] == [202601170]
    [told] = [json.loads(line) for line in result.stderr.splitlines()]
    assert (told["error"], told["field"]) == ("malformed", "regel 3: status")
    assert "begonnen" not in result.stderr and told["message"]


@pytest.mark.parametrize("name", ["social_work", "mental_health"])
def test_what_comes_in_goes_out_again_and_tells_its_losses(name: str) -> None:
    golden = sorted((SAMPLES / name / "samples").glob("out-*.canonical.json"))
    golden = golden or sorted((SAMPLES / name / "samples").glob("out-*.json"))
    assert golden
    for file in golden:
        result = call("translate", "--connector", name, "--losses", "out", str(file))
        assert result.exit_code == 0, f"{file.name}: {result.stderr}"
        assert isinstance(json.loads(result.stderr), list)


def test_standard_input_is_read_for_a_dash() -> None:
    result = call("translate", "--connector", "social_work", "in", "-", given=b"<?xml version='1.0'?><a/>")
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"] in ("malformed", "not_allowed")


def test_what_is_not_a_canonical_message_is_refused_with_its_field() -> None:
    result = call("translate", "--connector", "social_work", "out", "-", given=b'{"id": "x"}')
    assert result.exit_code == 2
    refusal = json.loads(result.stderr)
    assert refusal["error"] == "malformed"
    assert refusal["field"]


@pytest.mark.parametrize(
    "words",
    [[], *([word] for word in ("demo", "up", "web", "relay", "inbox", "connector", "timers", "migrate", "check"))],
)
def test_every_command_has_help(words: list[str]) -> None:
    result = call(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_a_missing_key_stops_the_start_with_words_that_help(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCHAKEL_SECRET_KEY", raising=False)
    result = call("migrate")
    assert result.exit_code == 2
    assert "SCHAKEL_SECRET_KEY is missing" in result.stderr


def not_well(told: str) -> list[str]:
    return [line for line in told.splitlines() if not line.endswith(" well") and not line.startswith("Note:")]


def test_a_secret_that_is_not_there_stops_a_played_partner_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REGISTER_SECRET, raising=False)
    result = call("simulate", "access_team", "--port", "0", given=b"quit\n")
    assert result.exit_code == 2
    assert REGISTER_SECRET in result.stderr


def test_a_configuration_that_is_not_there_stops_the_demo_with_a_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHAKEL_CONFIG", str(tmp_path / "nothing.toml"))
    result = call("demo", "--port", "0")
    assert result.exit_code == 2
    assert "SCHAKEL_CONFIG: can't read nothing.toml" in result.stderr


def test_people_and_systems_can_be_added_from_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(REGISTER_SECRET, "a secret of thirty-two characters!")
    monkeypatch.setenv("SCHAKEL_DATABASE_URL", f"sqlite:///{tmp_path}/hub.db")
    monkeypatch.setenv("SCHAKEL_BROKER_URL", f"embedded:///{tmp_path}/broker.db")
    monkeypatch.setenv("SCHAKEL_SECRET_KEY", "0123456789abcdef0123456789abcdef-test")
    monkeypatch.setenv("SCHAKEL_DATA_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    assert call("migrate").exit_code == 0
    new = ["accounts", "person", "sanne", "--name", "Sanne de Wit", "--organisation"]
    added = call(*new, "wi-tilburg", "--role", "case_director")
    assert "password" in added.stdout, added.stderr
    assert call(*new, "wi-tilburg", "--role", "case_director").exit_code == 2, "the name is taken"
    assert call(*new, "ggz-de-leij", "--role", "case_director").exit_code == 2, "the role belongs elsewhere"
    assert call(*new, "nergens", "--role", "case_director").exit_code == 2
    assert "secret" in call("accounts", "system", "mw-de-kade").stdout
    checked = call("check")
    assert checked.exit_code == 1, "the partners of the demo run in the demo alone"
    register = "toegang-broekhoven: settings "  # its line is tried no further than its address
    assert all("@partner" in line or line.startswith(register) for line in not_well(checked.stdout))
    assert "Note: de-spoel can't be told of: step_retracted; these wait for a person." in checked.stdout
    assert "Note: mw-de-kade" not in checked.stdout, "its dialect has a word for everything"


@pytest.mark.parametrize("name", NAMES)
def test_a_partner_of_every_dialect_can_be_played_by_hand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REGISTER_SECRET, "a secret of thirty-two characters!")
    result = call("simulate", name, "--port", "0", "--misbehave", "errors=0.3", given=b"list\naccept\nquit\n")
    assert result.exit_code == 0, result.output
    assert f"takes {name} at http://127.0.0.1:" in result.stdout
    assert "There is no such referral yet." in result.stdout
    assert result.stdout.endswith("0 messages, brought 0 times.\n")


@pytest.mark.parametrize(
    "words", [["--misbehave", "rude=1"], ["--misbehave", "errors=7"], ["--organisation", "nobody"]]
)
def test_a_partner_that_can_not_be_played_is_a_wrong_call(words: list[str]) -> None:
    assert call("simulate", "social_work", "--port", "0", *words).exit_code == 2
