"""Where a referral is on its way, and why it has not arrived."""

from collections.abc import Sequence

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.views.referral import DeliveryTrouble, TrackStep, TrailStep
from schemas.vocabulary import Delivery, Event, MessageKind, Status

_AFTER_ACCEPT = (Status.ACCEPTED, Status.PLANNED, Status.STARTED, Status.PAUSED, Status.COMPLETED)
_AFTER_START = (Status.STARTED, Status.PAUSED, Status.COMPLETED)
_STOPPED = lifecycle.ENDED - {Status.COMPLETED}
_ENDS = frozenset(row.event for row in lifecycle.TRANSITIONS if row.target in _STOPPED)


def track_of(referral: Referral, trail: Sequence[TrailStep], trouble: DeliveryTrouble | None) -> tuple[TrackStep, ...]:
    """Give the six steps of a referral's way: three by systems, three by people; where it does not arrive, that.

    Where it was stopped, the step that did not come is the end.
    """
    first = {step.kind: step.at for step in reversed(trail)}
    sent = next((step for step in trail if step.kind == MessageKind.SENT), None)
    fault = trouble is not None or referral.delivery in (Delivery.QUARANTINED, Delivery.REFUSED)
    read_at = first.get(Event.RECEIVE) or (sent.processed_at if sent else None)
    stopped = referral.status in _STOPPED
    helped = stopped and Event.UNDO_ACCEPT not in first
    reached = {
        "sent": referral.created_at,
        "delivered": sent.delivered_at if sent else None,
        "read": read_at,
        "accepted": first.get(Event.ACCEPT) if referral.status in _AFTER_ACCEPT or helped else None,
        "started": first.get(Event.START) if referral.status in _AFTER_START or helped else None,
        "completed": first.get(Event.COMPLETE) if referral.status == Status.COMPLETED else None,
    }
    ended = max((step.at for step in trail if step.kind in _ENDS), default=referral.changed_at)
    last = max(index for index, at in enumerate(reached.values()) if at is not None)
    steps = []
    for index, (key, moment) in enumerate(reached.items()):
        state, at = "done" if moment is not None or index < last else "todo", moment
        if state == "todo" and index == last + 1 and referral.status in lifecycle.OPEN:
            state = "fault" if fault and index < 3 else "now"
        elif state == "todo" and stopped:
            state, at = ("end", ended) if index == last + 1 else ("off", None)
        steps.append(TrackStep(key=key, at=at, state=state))
    return tuple(steps)
