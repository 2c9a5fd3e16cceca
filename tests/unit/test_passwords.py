"""Passwords that many people choose are refused, whatever stands behind them."""

import itertools

import pytest

from hub.rules.passwords import _KEYBOARD, _WORDS, Weakness, weakness

_BEHIND = ("2024", "2026!", "123456", "12345678!", "!!!!", "01", "#1")


def list_of_common_passwords() -> list[str]:
    """Give what people make of one or two of these words; at least twelve characters."""
    ones = [f"{word.capitalize()}{tail}" for word in sorted(_WORDS) for tail in _BEHIND]
    twos = [f"{one}{two}{tail}" for one, two in itertools.pairwise(sorted(_WORDS)) for tail in ("", "1!", "2026")]
    again = [f"{word}{word}{word}" for word in sorted(_WORDS)]
    return [one for one in (*ones, *twos, *again) if 12 <= len(one) <= 200]


def test_more_than_a_thousand_common_passwords_of_twelve_characters_are_refused() -> None:
    common = list_of_common_passwords()
    assert len(set(common)) > 1000
    assert [one for one in common if weakness(one) is None] == []


def test_with_what_people_put_before_and_behind_it_the_list_holds_far_more_than_three_thousand() -> None:
    made = [
        f"{before}{word}{behind}"
        for word in sorted(_WORDS)
        for before in ("", "!", "1", "2026")
        for behind in ("20242025", "123456789!", "!!!!1234", "00000000", "_2026_2027")
    ]
    long_enough = {one for one in made if len(one) >= 12}
    assert len(long_enough) > 3000
    assert [one for one in long_enough if weakness(one) is None] == []


@pytest.mark.parametrize(
    "password",
    ["W3lk0m2026!!!", "W@chtw00rd123", "qwertyuiop12", "1q2w3e4r5t6y", "aaaaaaaaaaaa", "abcabcabcabc", "098765432109"]
    + [row for row in _KEYBOARD if len(row) >= 12],
)
def test_leet_spelling_repeats_and_keyboard_rows_are_refused(password: str) -> None:
    assert weakness(password) is Weakness.COMMON


def test_too_short_and_too_long_are_told_apart() -> None:
    assert weakness("kort-maar-x") is Weakness.SHORT
    assert weakness("lang" * 51) is Weakness.LONG


def test_the_own_name_is_no_password() -> None:
    assert weakness("Verhoeven1234!", "mverhoeven", "Marloes Verhoeven") is Weakness.OWN


@pytest.mark.parametrize(
    "password",
    ["paarse olifant danst zacht", "hJ3$kd9Lq2wz", "Jungle-vorkje-94", "x7 Kp!m2 Vq9z Lw", "zevenslaper-giraf"],
)
def test_a_long_sentence_or_a_random_one_is_taken(password: str) -> None:
    assert weakness(password, "marloes", "Marloes Verhoeven") is None
