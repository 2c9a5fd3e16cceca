"""What each dialect calls a state: the words that people there know it by."""

import pytest

from connectors.own_words import HasOwnWords
from connectors.registry import NAMES, connector
from schemas.vocabulary import Status


def word(name: str, status: Status, system: str | None = None, **dialect: object) -> str | None:
    speaks = connector(name)
    assert isinstance(speaks, HasOwnWords), name
    said = speaks.own_word(status, dialect, system)
    return said.word if said is not None else None


@pytest.mark.parametrize(
    ("name", "system", "started"),
    [
        ("social_work", "iwmo", "start zorg"),
        ("social_work", None, "gestart"),
        ("mental_health", None, "in-progress"),
        ("work_and_income", None, "In behandeling"),
        ("access_team", None, "In behandeling"),
        ("reintegration", None, "gestart"),
    ],
)
def test_a_start_has_the_word_of_each_dialect(name: str, system: str | None, started: str) -> None:
    assert word(name, Status.STARTED, system) == started


def test_iwmo_has_no_word_for_what_people_agree_before_the_start() -> None:
    between = (Status.QUESTION, Status.WAITLISTED, Status.ACCEPTED, Status.PLANNED, Status.DECLINED)
    assert [word("social_work", status, "iwmo") for status in between] == [None] * len(between)


def test_an_end_is_told_by_its_result_and_not_by_the_last_status() -> None:
    assert word("work_and_income", Status.DECLINED) == "Niet aangenomen"
    assert word("access_team", Status.STOPPED_BY_CLIENT) == "Gestopt door cliënt"


def test_the_words_that_a_partner_set_go_before_ours() -> None:
    assert word("access_team", Status.STARTED, statuses={"Hulp loopt": "start"}) == "Hulp loopt"
    suite = {"Loopt": {"name": "Traject loopt", "event": "start"}}
    assert word("work_and_income", Status.STARTED, statussen=suite) == "Traject loopt"


def test_every_dialect_has_a_word_for_what_is_received_started_and_completed() -> None:
    for name in NAMES:
        assert all(word(name, status) for status in (Status.RECEIVED, Status.STARTED, Status.COMPLETED)), name
