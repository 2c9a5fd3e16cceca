"""What a client reads of an export is Dutch: no code, no moment of a computer."""

from hub.rules.retention import TERMS
from hub.services.rights.corrections import ASKED, DECLINED, DONE
from hub.web.words.rights_words import (
    CORRECTION_STATES,
    RETENTION_KINDS,
    RETENTION_LAW,
    RETENTION_SINCE,
    RIGHTS_FIELDS,
    data_text,
)
from schemas.correction import CONTENT, PERSON
from schemas.vocabulary import Event, LifeDomain, Status


def test_every_code_of_a_closed_list_has_words() -> None:
    for code in (*Event, *Status, *LifeDomain, "female", "case_opened"):
        assert data_text(str(code)) != str(code)


def test_a_date_is_written_out_and_words_of_a_person_stay_as_they_are() -> None:
    assert data_text("1974-03-08") == "8 maart 1974"
    assert "T" not in data_text("2024-03-08T09:00:00Z")
    assert data_text("Ik wil werk.") == "Ik wil werk."
    assert data_text(["finances", "housing"]) == "Financiën, Huisvesting"
    assert data_text({"reason": "Hulp", "strengths": []}) == "welke hulp is nodig: Hulp"


def test_every_state_field_and_term_that_is_shown_has_words() -> None:
    assert set(CORRECTION_STATES) == {ASKED, DONE, DECLINED}
    assert set(RIGHTS_FIELDS) == {*PERSON, *CONTENT}
    shown = {str(kind) for kind in TERMS}
    assert set(RETENTION_KINDS) == set(RETENTION_LAW) == set(RETENTION_SINCE) == shown
