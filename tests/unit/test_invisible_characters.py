"""Characters that hide or reorder what a person reads are refused in every text, one by one."""

import unicodedata

import pytest
from marshmallow import ValidationError

from schemas.fields import Text, visible_text

HIDDEN = (
    "\x00\x07\x08\x0b\x1b\x7f\x80\x85\x9b\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028\u2029"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206a\u206f\u3164\ufe00\ufeff\uffa0\ufff9"
    "\U0001d173\U000e0001\U000e0041\U000e007f\U000e0100"
)


@pytest.mark.parametrize("character", HIDDEN, ids=lambda one: f"U+{ord(one):04X}")
def test_a_hidden_character_is_refused_and_not_repeated(character: str) -> None:
    with pytest.raises(ValidationError, match="can't be seen") as refusal:
        Text().deserialize(f"Jan{character}sen")
    assert character not in str(refusal.value)


def test_every_direction_control_of_unicode_is_among_them() -> None:
    every = [chr(number) for number in range(0x110000)]
    controls = [one for one in every if unicodedata.bidirectional(one) in {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
    }]  # fmt: skip
    assert len(controls) == 9
    for control in (*controls, "\u061c", "\u200e", "\u200f"):
        with pytest.raises(ValidationError):
            visible_text(f"a{control}b")


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Çelik-d'Ávila",
        "Łukasz Żółć",
        "أحمد",
        "陳大文",
        "regel een\nregel twee\tmet tab",
        "❤️ 👨‍👩‍👧 👍🏽",
        "e\u0301",
    ],
)
def test_what_people_write_is_taken(text: str) -> None:
    assert Text().deserialize(text) == text


def test_a_joiner_between_letters_is_refused() -> None:
    with pytest.raises(ValidationError):
        visible_text("Jan\u200dsen")
