"""Where a referral is on its way: what was stopped does not look as if it still comes."""

import datetime as dt

import pytest

from hub.models import Referral
from hub.services.referrals.referral_track import track_of
from hub.services.views.referral import TrailStep
from schemas.vocabulary import Delivery, Event, Status
from tests.builders import MONDAY

_HELPED = (Event.RECEIVE, Event.ACCEPT, Event.START)


def _track(status: Status, *events: Event) -> list[str]:
    trail = [
        TrailStep(at=MONDAY + dt.timedelta(hours=hour), kind=event, actor=None, organisation=None)
        for hour, event in enumerate(events)
    ]
    later = MONDAY + dt.timedelta(days=3)
    referral = Referral(status=status, delivery=Delivery.DELIVERED, created_at=MONDAY, changed_at=later)
    steps = track_of(referral, trail, None)
    told = [step.at for step in trail if step.kind in (Event.DECLINE, Event.END)] or [later]
    assert [step.at for step in steps if step.state == "end"] in ([], told)
    return [step.state for step in steps]


@pytest.mark.parametrize(
    ("status", "events", "drawn"),
    [
        (Status.DECLINED, (Event.RECEIVE, Event.DECLINE), "done done done end off off"),
        (Status.DECLINED, (*_HELPED[:2], Event.UNDO_ACCEPT), "done done done end off off"),
        (Status.ENDED, (*_HELPED, Event.END), "done done done done done end"),
        (Status.WITHDRAWN, (), "done end off off off off"),
        (Status.COMPLETED, (*_HELPED, Event.COMPLETE), "done done done done done done"),
        (Status.PAUSED, _HELPED, "done done done done done now"),
    ],
)
def test_the_way_of_a_referral_ends_where_it_was_stopped(status: Status, events: tuple[Event, ...], drawn: str) -> None:
    assert _track(status, *events) == drawn.split()
