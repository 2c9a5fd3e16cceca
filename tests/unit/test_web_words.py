"""Words of the screen: every code of the field has some, and times read as people in Amsterdam say them."""

import datetime as dt
import re
from pathlib import Path

import pytest
from freezegun import freeze_time

from hub import web
from hub.rules.lifecycle import TURNS
from hub.web.words import (
    access_words,
    account_words,
    audit_words,
    dates,
    form_words,
    labels,
    rights_words,
    sentences,
    traffic_words,
    words,
)
from schemas.vocabulary import Basis, Delivery, Event, LifeDomain, MaskedStatus, Outcome, Purpose, Status, Urgency

AT = dt.datetime(2026, 11, 24, 9, 42, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (LifeDomain, words.LIFE_DOMAINS),
        (Status, words.MARKS),
        (MaskedStatus, words.MARKS),
        (Event, words.EVENTS),
        (Event, sentences.SENTENCES),
        (Outcome, words.OUTCOMES),
        (Urgency, words.URGENCIES),
        (Basis, words.BASES),
        (Basis, words.LEGAL_TERMS),
        (Purpose, words.PURPOSES),
        (Delivery, words.DELIVERIES),
        (Delivery, words.MESSAGE_STATES),
        ({turn.what for turn in TURNS.values()}, words.TURNS),
    ],
)
def test_every_code_has_words(codes: set[str], table: dict[str, object]) -> None:
    assert set(codes) <= set(table)


@freeze_time(AT)
def test_days_are_named_as_people_say_them() -> None:
    day = dt.date(2026, 11, 24)
    assert dates.day_heading(day) == "Vandaag, dinsdag 24 november"
    assert dates.day_heading(day - dt.timedelta(days=1)) == "Gisteren, maandag 23 november"
    assert dates.day_heading(dt.date(2025, 6, 9)) == "Maandag 9 juni 2025"
    assert dates.moment(AT) == "vandaag, 10:42"
    assert dates.moment(AT - dt.timedelta(days=7)) == "di 17 nov, 10:42"


@freeze_time("2026-11-24T22:59:00Z")
def test_the_day_ends_at_midnight_in_amsterdam() -> None:
    assert dates.today() == dt.date(2026, 11, 24)
    with freeze_time("2026-11-24T23:01:00Z"):
        assert dates.today() == dt.date(2026, 11, 25)


@pytest.mark.parametrize(
    ("due", "overdue", "said"),
    [
        (None, False, ("–", "")),
        (AT + dt.timedelta(hours=2), False, ("Vandaag, 12:42", "vandaag")),
        (AT + dt.timedelta(days=2), False, ("Do 26 nov", "")),
        (AT - dt.timedelta(days=1), True, ("1 dag te laat", "laat")),
        (AT - dt.timedelta(days=4), False, ("4 dagen te laat", "laat")),
        (AT - dt.timedelta(minutes=1), True, ("Te laat", "laat")),
    ],
)
@freeze_time(AT)
def test_a_term_says_how_pressing_it_is(due: dt.datetime | None, overdue: bool, said: tuple[str, str]) -> None:
    assert dates.term(due, overdue=overdue) == said


@freeze_time(AT)
def test_ages_and_waits_are_counted_in_the_largest_fitting_measure() -> None:
    assert dates.since(AT - dt.timedelta(hours=2, minutes=28)) == "2 uur en 28 minuten"
    assert dates.since(AT - dt.timedelta(seconds=1)) == "1 seconde"
    assert dates.since(AT - dt.timedelta(days=3, hours=4)) == "3 dagen"
    assert dates.until(AT + dt.timedelta(minutes=2)) == "over 2 minuten"
    assert dates.until(AT) == "nu"


def test_codes_in_what_was_sent_become_words() -> None:
    assert labels.content_text("life_domains", "finances, housing") == "Financiën, Huisvesting"
    assert labels.content_text("birth_date", "1974-03-14") == "14 maart 1974"
    assert labels.content_text("birth_date", "1974") == "1974"
    assert labels.content_text("reason", "consent") == "consent"


def test_no_two_lists_of_words_have_one_name_in_the_templates() -> None:
    """The last would hide the first: a button would lose its words."""
    pages = " ".join(
        page.read_text(encoding="utf-8") for page in (Path(web.__file__).parent / "templates").rglob("*.html")
    )
    seen: dict[str, int] = {}
    for module in (dates, labels, words, access_words, account_words, traffic_words, audit_words, rights_words):
        for name, value in vars(module).items():
            if name.isupper() and re.search(rf"\b{name}\b", pages):
                assert seen.setdefault(name, id(value)) == id(value), name


def test_a_citizen_service_number_is_masked_in_a_message_and_an_id_stays_whole() -> None:
    an_id = "93181035-d161-54a8-a45f-00e999900006"
    text = form_words.as_shown(f'{{"id": "{an_id}", "bsn": "999900006", "said": "nr.999900006."}}')
    assert text is not None
    assert an_id in text
    assert text.count("••••••006") == 2
