"""The life of a referral, as properties of its table: who may, whose turn it is, and what an end means."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import lifecycle
from hub.rules.lifecycle import (
    ENDED,
    INFERABLE,
    OPEN,
    TRANSITIONS,
    TURNS,
    NotAllowedNow,
    Part,
    allowed_events,
    already_there,
    implied_steps,
    masked,
    may_fit_later,
    needs_reason,
    next_status,
    turn,
)
from schemas.vocabulary import KIND_OF_EVENT, Event, MaskedStatus, Status, Urgency

EVERYONE = frozenset(Part)
ROWS = {row.event: row for row in TRANSITIONS}
statuses = st.sampled_from(Status)
events = st.sampled_from(Event)
parts = st.frozensets(st.sampled_from(Part))


def fits(status: Status, event: Event) -> bool:
    return status in ROWS[event].sources


# The table ---------------------------------------------------------------------------------------------------------


def test_every_event_of_the_vocabulary_has_exactly_one_row_and_one_kind_of_message() -> None:
    assert Counter(row.event for row in TRANSITIONS) == Counter(Event)
    assert set(KIND_OF_EVENT) == set(Event)


def test_every_row_can_happen_and_someone_may_do_it() -> None:
    assert all(row.sources and row.by for row in TRANSITIONS)


def test_every_state_is_open_or_ended_and_never_both() -> None:
    assert frozenset(Status) == OPEN | ENDED
    assert not OPEN & ENDED


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {Status.DRAFT}
    for _round in Status:
        reached |= {row.target for row in TRANSITIONS if row.sources & reached}
    assert reached == set(Status)


def test_whoever_asked_for_help_can_take_it_back_for_as_long_as_it_is_open() -> None:
    for status in OPEN:
        for part in (Part.SENDER, Part.REGISSEUR):
            assert Event.WITHDRAW in allowed_events(status, frozenset({part}))


def test_a_client_can_stop_whatever_has_left_the_desk() -> None:
    for status in OPEN - {Status.DRAFT}:
        for part in (Part.SENDER, Part.RECEIVER, Part.REGISSEUR):
            assert next_status(status, Event.CLIENT_STOPS, frozenset({part})) is Status.STOPPED_BY_CLIENT


@pytest.mark.parametrize("event", [Event.ACCEPT, Event.DECLINE, Event.WAITLIST, Event.ASK, Event.PROPOSE_REDIRECT])
def test_only_the_receiver_decides(event: Event) -> None:
    assert ROWS[event].by == {Part.RECEIVER}


def test_no_machine_decides_anything_but_that_time_has_run_out() -> None:
    assert {row.event for row in TRANSITIONS if Part.SYSTEM in row.by} == {Event.EXPIRE}


def test_the_privacy_officer_corrects_and_does_nothing_else() -> None:
    assert {row.event for row in TRANSITIONS if Part.PRIVACY_OFFICER in row.by} == {Event.MARK_ERROR}


def test_what_takes_something_from_someone_needs_a_reason_and_what_a_client_wants_does_not() -> None:
    asks = {event for event in Event if needs_reason(event)}
    assert asks == {Event.UNDO_ACCEPT, Event.DECLINE, Event.PAUSE, Event.END, Event.MARK_ERROR}
    assert not needs_reason(Event.CLIENT_STOPS)


# Ends --------------------------------------------------------------------------------------------------------------


def test_an_end_is_final_but_for_a_reopening_and_a_correction() -> None:
    after = {(status, event) for status in ENDED for event in allowed_events(status, EVERYONE)}
    correctable = {(status, Event.MARK_ERROR) for status in ENDED - {Status.ENTERED_IN_ERROR}}
    assert after == correctable | {(Status.COMPLETED, Event.REOPEN)}


def test_only_the_regisseur_reopens_and_it_goes_on_where_it_was() -> None:
    assert next_status(Status.COMPLETED, Event.REOPEN, frozenset({Part.REGISSEUR})) is Status.STARTED
    for part in EVERYONE - {Part.REGISSEUR}:
        with pytest.raises(NotAllowedNow):
            next_status(Status.COMPLETED, Event.REOPEN, frozenset({part}))


def test_nothing_follows_a_correction() -> None:
    assert allowed_events(Status.ENTERED_IN_ERROR, EVERYONE) == ()


# Doing something ---------------------------------------------------------------------------------------------------


@given(status=statuses, event=events, who=parts)
def test_what_is_allowed_leads_on_and_what_is_not_says_what_is(
    status: Status, event: Event, who: frozenset[Part]
) -> None:
    allowed = allowed_events(status, who)
    if event in allowed:
        assert next_status(status, event, who) is ROWS[event].target
        return
    with pytest.raises(NotAllowedNow) as refused:
        next_status(status, event, who)
    assert refused.value.allowed == allowed
    assert (refused.value.status, refused.value.event) == (status, event)


@given(status=statuses, who=parts, more=parts)
def test_someone_with_more_parts_may_never_do_less(status: Status, who: frozenset[Part], more: frozenset[Part]) -> None:
    assert set(allowed_events(status, who)) <= set(allowed_events(status, who | more))


@given(tries=st.lists(st.tuples(events, parts), max_size=40))
def test_whatever_is_tried_a_life_once_ended_only_reopens_or_is_corrected(
    tries: list[tuple[Event, frozenset[Part]]],
) -> None:
    now = Status.DRAFT
    for event, who in tries:
        before = now
        try:
            now = next_status(before, event, who)
        except NotAllowedNow:
            continue
        if before in ENDED:
            assert event in (Event.REOPEN, Event.MARK_ERROR)


# What a partner's message proves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "event", "implies", "steps"),
    [
        (Status.SENT, Event.START, (Event.RECEIVE, Event.ACCEPT), (Event.RECEIVE, Event.ACCEPT)),
        (Status.RECEIVED, Event.START, (Event.RECEIVE, Event.ACCEPT), (Event.ACCEPT,)),
        (Status.QUESTION, Event.START, (Event.RECEIVE, Event.ACCEPT), (Event.ACCEPT,)),
        (Status.ACCEPTED, Event.START, (Event.RECEIVE, Event.ACCEPT), ()),
        (Status.SENT, Event.ACCEPT, (Event.RECEIVE,), (Event.RECEIVE,)),
        (Status.SENT, Event.COMPLETE, INFERABLE, INFERABLE),
        (Status.SENT, Event.START, (Event.ACCEPT, Event.RECEIVE), (Event.RECEIVE, Event.ACCEPT)),
    ],
)
def test_a_message_that_proves_earlier_steps_brings_those_that_are_missing(
    status: Status, event: Event, implies: tuple[Event, ...], steps: tuple[Event, ...]
) -> None:
    assert implied_steps(status, event, implies) == steps


def test_a_message_that_proves_nothing_brings_nothing() -> None:
    with pytest.raises(NotAllowedNow):
        implied_steps(Status.SENT, Event.START, ())


@given(status=statuses, event=events, implies=st.frozensets(events))
def test_steps_are_named_inferable_enough_and_not_one_too_many(
    status: Status, event: Event, implies: frozenset[Event]
) -> None:
    try:
        steps = implied_steps(status, event, implies)
    except NotAllowedNow:
        assert not fits(status, event)
        return
    assert set(steps) <= implies & set(INFERABLE)
    now = status
    for step in steps:
        assert not fits(now, event), "a step too many"
        now = next_status(now, step, EVERYONE)
    assert fits(now, event)


@given(status=st.sampled_from(sorted(ENDED)), implies=st.frozensets(events))
def test_nothing_is_inferred_after_an_end(status: Status, implies: frozenset[Event]) -> None:
    for event in Event:
        if not fits(status, event):
            with pytest.raises(NotAllowedNow):
                implied_steps(status, event, implies)


# Too early, or told twice ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "event", "later"),
    [
        (Status.SENT, Event.START, True),
        (Status.SENT, Event.COMPLETE, True),
        (Status.ACCEPTED, Event.COMPLETE, True),
        (Status.ACCEPTED, Event.RESUME, True),
        (Status.STARTED, Event.ACCEPT, False),
        (Status.STARTED, Event.RECEIVE, False),
        (Status.COMPLETED, Event.COMPLETE, False),
        (Status.WITHDRAWN, Event.START, False),
    ],
)
def test_a_message_waits_only_where_its_moment_can_still_come(status: Status, event: Event, later: bool) -> None:
    assert may_fit_later(status, event) is later


@given(status=statuses, walk=st.lists(events, min_size=1, max_size=12), event=events)
def test_what_fits_after_some_steps_is_never_called_hopeless(status: Status, walk: list[Event], event: Event) -> None:
    now = status
    for step in walk:
        if now in OPEN and fits(now, step):
            now = ROWS[step].target
    if now is not status and now in OPEN and fits(now, event):
        assert may_fit_later(status, event)


@given(status=st.sampled_from(sorted(ENDED)), event=events)
def test_after_an_end_no_message_waits(status: Status, event: Event) -> None:
    assert not may_fit_later(status, event)


@given(status=statuses, event=events)
def test_a_step_told_again_is_where_it_led(status: Status, event: Event) -> None:
    news_again = status in ROWS[event].sources  # a second appointment replaces the first
    assert already_there(status, event) is (ROWS[event].target is status and not news_again)


# Whose turn --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("urgency", Urgency)
def test_every_open_state_has_exactly_one_owner_who_can_do_something(urgency: Urgency) -> None:
    for status in OPEN:
        asked = turn(status, urgency)
        assert asked is not None
        assert allowed_events(status, frozenset({asked.who}))


def test_after_an_end_nobody_must_act_but_the_sender_of_what_was_declined() -> None:
    assert set(TURNS) == OPEN | {Status.DECLINED}
    declined = turn(Status.DECLINED, Urgency.ROUTINE)
    assert declined is not None
    assert (declined.who, declined.what) == (Part.SENDER, "find_alternative")


def test_a_question_gives_the_turn_to_the_sender_and_the_answer_gives_it_back() -> None:
    question, answered = turn(Status.QUESTION, Urgency.ROUTINE), turn(Status.RECEIVED, Urgency.ROUTINE)
    assert question is not None
    assert answered is not None
    assert (question.who, answered.who) == (Part.SENDER, Part.RECEIVER)


@given(status=statuses, urgency=st.sampled_from(Urgency))
def test_urgency_shortens_the_first_clocks_of_the_receiver_and_no_other(status: Status, urgency: Urgency) -> None:
    usual, now = turn(status, Urgency.ROUTINE), turn(status, urgency)
    if usual is None or now is None:
        assert usual is now
        return
    assert (now.who, now.what) == (usual.who, usual.what)
    if status in (Status.SENT, Status.RECEIVED):
        assert now.working_days <= usual.working_days
    else:
        assert now.working_days == usual.working_days


# Behind a mask -----------------------------------------------------------------------------------------------------


def test_a_mask_tells_whether_it_runs_and_no_more() -> None:
    for status in Status:
        if status in (Status.DRAFT, Status.ENTERED_IN_ERROR):
            assert masked(status) is MaskedStatus.NOT_RUNNING
        elif status in OPEN:
            assert masked(status) is MaskedStatus.RUNNING
        else:
            assert masked(status) is MaskedStatus.FINISHED


@pytest.mark.parametrize("row", lifecycle.RETRACTIONS, ids=lambda row: row.event.value)
def test_a_step_is_taken_back_to_a_state_from_which_it_can_be_told_again(row: lifecycle.Retraction) -> None:
    told = next(one for one in lifecycle.TRANSITIONS if one.event is row.event)
    assert told.target is row.source
    assert row.back_to <= told.sources
    assert row.by <= told.by


def test_the_newest_step_alone_is_taken_back_by_its_own_part() -> None:
    steps = [Event.SEND, Event.RECEIVE, Event.ACCEPT, Event.START, Event.PAUSE]
    receiver, sender = frozenset({Part.RECEIVER}), frozenset({Part.SENDER})
    assert lifecycle.status_after_retraction(Status.PAUSED, steps, receiver) is Status.STARTED
    assert lifecycle.status_after_retraction(Status.STARTED, steps[:4], receiver) is Status.ACCEPTED
    for status, told, parts in (
        (Status.PAUSED, steps, sender),
        (Status.STARTED, steps, receiver),
        (Status.ACCEPTED, steps[:3], receiver),
        (Status.SENT, steps[:1], sender),
    ):
        with pytest.raises(lifecycle.NotAllowedNow):
            lifecycle.status_after_retraction(status, told, parts)
