"""What the figures are about: the stand of a referral at a moment, the days an answer took, and the periods."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.reporting import (
    LONGEST,
    Course,
    Stand,
    Step,
    course,
    half_year_of,
    months_between,
    next_month,
    promised_days,
)
from schemas.vocabulary import Event, Urgency

MONDAY = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
days = st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2040, 12, 31))


def steps(*told: tuple[Event | None, int]) -> list[Step]:
    """Give steps, each so many days after the Monday on which the referral was sent."""
    return [
        Step(event=Event.SEND, at=MONDAY),
        *(Step(event=event, at=MONDAY + dt.timedelta(days=day)) for event, day in told),
    ]


def came_to(*told: tuple[Event | None, int]) -> Course:
    found = course(steps(*told))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("told", "stand"),
    [
        ((), Stand.SENT),
        (((Event.RECEIVE, 1),), Stand.READ),
        (((Event.RECEIVE, 1), (Event.WAITLIST, 2)), Stand.READ),
        (((Event.RECEIVE, 1), (Event.ACCEPT, 2)), Stand.ACCEPTED),
        (((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.UNDO_ACCEPT, 3)), Stand.READ),
        (((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.START, 3)), Stand.STARTED),
        (((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.START, 3), (None, 4)), Stand.ACCEPTED),
        (((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.START, 3), (Event.COMPLETE, 9)), Stand.FINISHED),
        (
            ((Event.RECEIVE, 1), (Event.ACCEPT, 2), (Event.START, 3), (Event.COMPLETE, 9), (Event.REOPEN, 12)),
            Stand.STARTED,
        ),
        (((Event.RECEIVE, 1), (Event.DECLINE, 2)), Stand.DECLINED),
    ],
)
def test_the_stand_is_where_the_standing_steps_lead(told: tuple[tuple[Event | None, int], ...], stand: Stand) -> None:
    assert came_to(*told).stand is stand


@pytest.mark.parametrize("end", [Event.WITHDRAW, Event.CLIENT_STOPS, Event.END, Event.EXPIRE, Event.CONFIRM_REDIRECT])
def test_what_was_withdrawn_or_stopped_is_not_done(end: Event) -> None:
    found = came_to((Event.RECEIVE, 1), (end, 5))
    assert found.stand is Stand.STOPPED
    assert found.ended_at == MONDAY + dt.timedelta(days=5)


def test_what_was_entered_in_error_or_never_sent_does_not_count() -> None:
    assert course(steps((Event.MARK_ERROR, 1))) is None
    assert course([]) is None


def test_the_clock_of_an_organisation_stands_still_while_its_question_lies_with_the_sender() -> None:
    asked = came_to((Event.RECEIVE, 0), (Event.ASK, 1), (Event.ANSWER, 7), (Event.ACCEPT, 9))
    assert asked.answer_days == 1 + 2
    assert asked.answered_at == MONDAY + dt.timedelta(days=9)


def test_a_weekend_is_no_working_day_and_the_first_answer_counts() -> None:
    assert came_to((Event.RECEIVE, 3), (Event.WAITLIST, 7), (Event.ACCEPT, 30)).answer_days == 5
    assert came_to((Event.RECEIVE, 1), (Event.WITHDRAW, 3)).answered_at is None


def test_the_promise_is_that_of_the_clocks() -> None:
    assert promised_days(Urgency.ROUTINE, 5) == 5
    assert promised_days(Urgency.ROUTINE, None) == 3
    assert promised_days(Urgency.URGENT, 5) == 1
    assert promised_days(Urgency.TODAY, 5) == 0


@settings(deadline=None)
@given(first=days, last=days)
def test_a_period_is_whole_months_at_most_a_year(first: dt.date, last: dt.date) -> None:
    period = months_between(first, last)
    assert 1 <= len(period.months) <= LONGEST
    assert period.months[-1] == max(first, last).replace(day=1)
    assert period.holds(period.start)
    assert not period.holds(period.end)
    assert all(next_month(one) == other for one, other in zip(period.months, period.months[1:], strict=False))


@settings(deadline=None)
@given(one=days, other=days)
def test_half_years_are_the_same_or_apart(one: dt.date, other: dt.date) -> None:
    """Two periods that overlap for a part would tell of the difference."""
    first, second = half_year_of(one), half_year_of(other)
    assert first == second or first.after <= second.first or second.after <= first.first
    assert first.first <= one < first.after
