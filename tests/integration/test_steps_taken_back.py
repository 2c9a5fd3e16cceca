"""A step that was told by mistake is taken back: by who told it, once, and while it is the newest one."""

import datetime as dt
import json

import pytest
from sqlalchemy import select

from hub.models import OutboxRecord, Referral, TimelineEntry
from hub.services.messages.settling import Received, Result
from hub.services.referrals.inbox import heal, receive, receive_all  # noqa: F401 - receive_all is the way of the worker
from hub.services.referrals.sending import send_referral
from hub.wiring import Hub
from schemas.identifiers import new_id
from schemas.message import Message, MessageData, source_of
from schemas.vocabulary import KIND_OF_EVENT, Event, MessageKind, Status
from tests.builders import new_referral
from tests.personas import MARLOES

KADE, WI = "mw-de-kade", "wi-tilburg"
FIRST, SECOND = dt.datetime(2026, 11, 2, tzinfo=dt.UTC), dt.datetime(2026, 11, 9, tzinfo=dt.UTC)


@pytest.fixture
def referral(hub: Hub) -> Referral:
    with hub.store.writing() as work:
        return send_referral(work, hub.config, MARLOES, new_referral())


def say(
    hub: Hub,
    referral: Referral,
    event: Event,
    at: dt.datetime | None,
    *,
    back: bool = False,
    sender: str = KADE,
    message_id: str | None = None,
) -> Received:
    """Bring one message of a partner to the inbox."""
    implies = (Event.RECEIVE, Event.ACCEPT) if event is Event.START and not back else ()
    message = Message(
        id=message_id or new_id(),
        kind=MessageKind.STEP_RETRACTED if back else KIND_OF_EVENT[event],
        source=source_of("00000099000000000002"),
        time=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        sender=sender,
        receiver=WI,
        data=MessageData(
            referral_id=referral.id,
            event=event,
            occurred_at=at,
            implies=implies,
            note="Om een reden." if not back else None,
        ),
    )
    with hub.store.writing() as work:
        found = receive(work, hub.config, sender, message)
        if found.result is Result.APPLIED and found.referral_id:
            heal(work, hub.config, found.referral_id)
    return found


def now(hub: Hub, referral: Referral) -> Referral:
    with hub.store.reading() as session:
        return session.scalars(select(Referral).where(Referral.id == referral.id)).one()


def entries(hub: Hub, referral: Referral) -> list[TimelineEntry]:
    with hub.store.reading() as session:
        query = select(TimelineEntry).where(TimelineEntry.referral_id == referral.id).order_by(TimelineEntry.position)
        return list(session.scalars(query))


def test_a_start_is_taken_back_and_the_timeline_says_so_with_its_date(hub: Hub, referral: Referral) -> None:
    say(hub, referral, Event.START, FIRST)
    assert say(hub, referral, Event.START, FIRST, back=True).result is Result.APPLIED
    assert now(hub, referral).status == Status.ACCEPTED
    last = entries(hub, referral)[-1]
    assert last.kind == "step_retracted"
    assert dict(last.data or {}) == {"event": "start", "at": FIRST.isoformat()}
    assert last.organisation == KADE


def test_what_is_taken_back_is_told_to_the_other_side(hub: Hub, referral: Referral) -> None:
    say(hub, referral, Event.START, FIRST)
    say(hub, referral, Event.START, FIRST, back=True)
    with hub.store.reading() as session:
        rows = session.scalars(
            select(OutboxRecord).where(OutboxRecord.kind == MessageKind.STEP_RETRACTED, OutboxRecord.receiver == WI)
        ).all()
    (message,) = [Message.from_json(json.loads(row.body)) for row in rows]
    assert (message.data.event, message.data.occurred_at, message.data.status) == (Event.START, FIRST, Status.ACCEPTED)


def test_a_corrected_start_is_taken_back_and_told_with_another_date(hub: Hub, referral: Referral) -> None:
    say(hub, referral, Event.START, FIRST)
    say(hub, referral, Event.START, FIRST, back=True)
    say(hub, referral, Event.START, SECOND)
    assert now(hub, referral).status == Status.STARTED
    assert [entry.kind for entry in entries(hub, referral)][-3:] == ["start", "step_retracted", "start"]


def test_an_undated_correction_takes_back_whatever_date_there_was_and_else_does_nothing(
    hub: Hub, referral: Referral
) -> None:
    assert say(hub, referral, Event.START, None, back=True).result is Result.APPLIED
    assert now(hub, referral).status == Status.SENT
    say(hub, referral, Event.START, FIRST)
    say(hub, referral, Event.START, None, back=True)
    assert now(hub, referral).status == Status.ACCEPTED


def test_a_completion_is_taken_back_to_the_state_before_it(hub: Hub, referral: Referral) -> None:
    for event, at in ((Event.START, FIRST), (Event.PAUSE, FIRST), (Event.COMPLETE, SECOND)):
        assert say(hub, referral, event, at).result is Result.APPLIED
    say(hub, referral, Event.COMPLETE, SECOND, back=True)
    found = now(hub, referral)
    assert (found.status, found.outcome) == (Status.PAUSED, None)
    assert found.turn_due_at is not None, "its clock runs again"


def test_the_same_removal_twice_has_its_effect_once(hub: Hub, referral: Referral) -> None:
    say(hub, referral, Event.START, FIRST)
    message_id = new_id()
    say(hub, referral, Event.START, FIRST, back=True, message_id=message_id)
    assert say(hub, referral, Event.START, FIRST, back=True, message_id=message_id).result is Result.DUPLICATE
    before = len(entries(hub, referral))
    assert say(hub, referral, Event.START, FIRST, back=True).result is Result.APPLIED
    assert len(entries(hub, referral)) == before


def test_a_removal_that_comes_before_its_step_waits_and_heals(hub: Hub, referral: Referral) -> None:
    assert say(hub, referral, Event.START, FIRST, back=True).result is Result.WAITING
    say(hub, referral, Event.START, FIRST)
    assert now(hub, referral).status == Status.ACCEPTED
    assert entries(hub, referral)[-1].kind == "step_retracted"


@pytest.mark.parametrize(
    ("event", "at", "why"),
    [
        (Event.START, FIRST, "a later step was told since"),
        (Event.PAUSE, FIRST, "another date"),
        (Event.ACCEPT, None, "a later step was told since"),
    ],
)
def test_what_conflicts_is_refused_with_a_reason_for_a_person(
    hub: Hub, referral: Referral, event: Event, at: dt.datetime | None, why: str
) -> None:
    say(hub, referral, Event.START, FIRST)
    say(hub, referral, Event.PAUSE, SECOND)
    found = say(hub, referral, event, at, back=True)
    assert found.result is Result.REFUSED
    assert why in (found.reason or "")
    assert now(hub, referral).status == Status.PAUSED


def test_only_who_told_a_step_takes_it_back(hub: Hub, referral: Referral) -> None:
    say(hub, referral, Event.START, FIRST)
    found = say(hub, referral, Event.START, FIRST, back=True, sender=WI)
    assert found.result is Result.REFUSED
    assert now(hub, referral).status == Status.STARTED


def test_an_acceptance_is_not_taken_back_this_way(hub: Hub, referral: Referral) -> None:
    for event in (Event.RECEIVE, Event.ACCEPT):
        say(hub, referral, event, FIRST)
    assert say(hub, referral, Event.ACCEPT, FIRST, back=True).result is Result.REFUSED
    assert now(hub, referral).status == Status.ACCEPTED
