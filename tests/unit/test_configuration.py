"""The configuration file: all that is wrong is told at once, each thing with its line, and no value of a secret."""

import re
from pathlib import Path
from typing import Any

import pytest

from hub.configuration_lines import Lines
from hub.settings import DEMO_CONFIG, SettingsError, load_configuration

SOUND = DEMO_CONFIG.read_text(encoding="utf-8")
WRONG = """\
desk = "nobody"
colour = "red"

[policy]
wams_from = "morgen"

[organisations.g]
name = "G"
kind = "municipality"
oin = "00000099000000000855"
identifiers = { gemeentecode = [
  "0855",
  "55",
] }

[organisations.a]
kind = "social_work"
connector = "social_work"
oin = "00000099000000000855"
identifiers = { agb = "1234567", kvk = "90000002", xyz = "1" }
dialect = { x = 1 }

[organisations.a.transport]
kind = "http"
url = "http://10.0.0.1/"
speed = "fast"
inside = "yes"
sign_in = { how = "basic", user = "u", password = "hunter2secret" }

[organisations.b]
name = "B"
kind = "bakery"
oin = "1"
connector = "morse"
transport = { kind = "pigeon" }
area = "Zuid"
identifiers = { kvk = "90000002" }

[services.s]
organisation = "zzz"
name = "S"
purpose = "guidance"
reply_days = "3"
areas = ["Zuid", "Zuit"]
several = "yes"
"""
TOLD = [
    (1, "desk"),
    (2, "colour"),
    (5, "[policy] wams_from"),
    (11, "[organisations.g] identifiers.gemeentecode"),
    (16, "[organisations.a] name"),
    (19, "[organisations.a] oin"),
    (20, "[organisations.a] identifiers.agb"),
    (20, "[organisations.a] identifiers.xyz"),
    (21, "[organisations.a] dialect.x"),
    (26, "[organisations.a] transport.speed"),
    (27, "[organisations.a] transport.inside"),
    (28, "[organisations.a] transport.sign_in.password"),
    (32, "[organisations.b] kind"),
    (33, "[organisations.b] oin"),
    (34, "[organisations.b] connector"),
    (35, "[organisations.b] transport.kind"),
    (37, "[organisations.b] identifiers.kvk"),
    (40, "[services.s] organisation"),
    (43, "[services.s] reply_days"),
    (44, "[services.s] areas"),
    (45, "[services.s] several"),
]


def told_of(tmp_path: Path, text: str) -> str:
    file = tmp_path / "organisations.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_configuration(file)
    return str(caught.value)


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    lines = [line.strip() for line in told_of(tmp_path, WRONG).splitlines()[1:]]
    found = [tuple(line.removeprefix("line ").split(": ")[:2]) for line in lines]
    assert found == [(str(line), name) for line, name in TOLD]


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in told_of(tmp_path, WRONG)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "organisations = 3",
        "desk = [1]\n[organisations]\nx = 2",
        "organisations = { a = { kind = [], oin = 5 } }",
        '[organisations.a]\nidentifiers = 3\ntransport = "x"\nconnector = 7',
        "sign_in = 4",
        "not toml at all",
        "a = [",
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(tmp_path: Path, text: str) -> None:
    assert told_of(tmp_path, text).startswith("SCHAKEL_CONFIG: ")


def test_bytes_that_are_no_text_are_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "organisations.toml"
    file.write_bytes(b'desk = "\xff"')
    with pytest.raises(SettingsError, match="is not TOML"):
        load_configuration(file)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('organisation = "de-spoel"', 'organisation = "de-haspel"', r"\[services\.orientatie-groen\] organisation"),
        ('second_factor = "optional"', 'second_factor = "no"', r"\[sign_in\]: second_factor"),
        ('second_factor = "optional"', "secondfactor = 1", r"\[sign_in\] secondfactor: Is not known"),
        ('kind = "municipality"', 'kind = "social_work"', "Exactly one organisation must be of kind municipality"),
        ('connector = "reintegration"', 'connector = "re_integration"', r"\[organisations\.de-spoel\] connector"),
        ('connector = "mental_health"\n', "", "Goes with a connector"),
        ('ura = "90000003"', 'ura = "9000000３"', "identifiers.ura: Must be 8 digits"),
        ('url = "@partner", inside = true', 'url = "@partner", insides = true', "transport.insides: Is not known here"),
    ],
)
def test_one_wrong_word_in_the_demo_stops_the_start_with_one_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in SOUND
    text = told_of(tmp_path, SOUND.replace(old, new, 1))
    assert len(text.splitlines()) == 2
    assert re.search(told, text)


def test_what_a_connector_says_of_its_own_settings_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.protocol import Mistake
    from connectors.social_work.connector import SocialWork

    def check(_self: Any, dialect: Any) -> list[Mistake]:
        return [Mistake(key="codes.office", message="Is missing.")]

    monkeypatch.setattr(SocialWork, "check", check)
    text = told_of(
        tmp_path, SOUND.replace('connector = "social_work"\n', 'connector = "social_work"\ndialect = { codes = {} }\n')
    )
    line = SOUND.splitlines().index('connector = "social_work"') + 2
    assert f"line {line}: [organisations.mw-de-kade] dialect.codes.office: Is missing." in text


def test_the_line_of_an_entry_is_where_it_begins_whatever_stands_around_it() -> None:
    text = 'a = """\n[b]\nc = 1\n"""\n\n# [b]\n[b] # c\n\nc = [\n 1,\n]\n[["d"]]\n e.f = 2\n[b.g]\n'
    lines = Lines(text)
    for path, line in [("a", 1), ("b", 7), ("b.c", 9), ("d", 12), ("d.0.e.f", 13), ("b.g", 14), ("b.h", 7)]:
        assert lines.line_of(path.split(".")) == line
    assert lines.line_of(["x"]) is None
