"""What a name is found by, and how a question is taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.searching import Asked, fits, fold, mark_of, name_marks, read, text_marks, words_of

NAMES = st.lists(st.text(st.characters(categories=["L", "M"]), min_size=1, max_size=20), min_size=1, max_size=3)


@given(parts=NAMES, length=st.integers(3, 20))
def test_each_part_of_a_name_is_found_by_the_whole_and_by_each_beginning_of_three_letters_or_more(
    parts: list[str], length: int
) -> None:
    marks = name_marks(parts)
    for asked in read(" ".join(parts)).terms:
        assert mark_of(asked) in marks
        if len(asked) >= length:
            assert mark_of(asked[:length]) in marks
            assert fits(asked[:length], asked)


@given(text=st.text(max_size=80))
def test_folding_twice_is_folding_once_and_no_question_fails(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    asked = read(text)
    assert all(term == fold(term) for term in asked.terms)
    assert len(asked.terms) <= 6


def test_accents_capitals_and_letters_of_other_alphabets_are_folded() -> None:
    assert words_of("Şahin-Yıldız, Wiesława Brønsted-Æbelø d'Éze") == [
        "sahin", "yildiz", "wieslawa", "bronsted", "aebelo", "d", "eze",
    ]  # fmt: skip


def test_what_stands_before_a_family_name_finds_nobody_unless_it_is_all_there_is() -> None:
    assert name_marks(["van der", "Berg"]) == {"ber", "berg"}
    assert read("Van den Berg").terms == ("berg",)
    assert read("van").terms == ("van",)


def test_a_bsn_a_number_of_a_referral_and_a_birth_date_are_told_apart() -> None:
    assert read("999990019") == Asked(bsn="999990019", number=999990019)
    assert read("9999.90.019").bsn == "999990019"
    assert read("123456789") == Asked(number=123456789), "no BSN: it does not stand the test of eleven"
    assert read("V-2026-4817") == Asked(number=4817, year=2026)
    assert read("v-4817").number == 4817
    for day in ("8-3-1974", "08-03-1974", "8.3.1974", "1974-03-08", "8/3/1974"):
        assert read(f"Smulders {day}") == Asked(terms=("smulders",), born="1974-03-08")
    named = read("Smulders 999990019")
    assert (named.bsn, named.terms) == ("999990019", ("smulders",))
    assert read("8-3-1974").only_born
    assert read("31-2-1974").born is None
    assert read("  ").empty


def test_the_small_words_of_a_language_and_of_two_letters_are_not_kept_of_a_text() -> None:
    assert text_marks("Zij heeft de sleutel van het huis, en de SLEUTEL ligt op 12 hoog") == [
        "sleutel", "huis", "ligt", "hoog",
    ]  # fmt: skip
