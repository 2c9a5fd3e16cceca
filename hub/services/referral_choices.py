"""What someone may do with a referral now, and what each of these asks."""

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.access import Gaze
from hub.services.actors import parts_of
from hub.services.views import ActionChoice
from schemas.vocabulary import Event, Status

_ASKS = {
    Event.ASK: ("note",),
    Event.ANSWER: ("note",),
    Event.PLAN: ("date", "note"),
    Event.START: ("date",),
    Event.COMPLETE: ("outcome", "note"),
    Event.ACCEPT: ("note",),
    Event.PROPOSE_REDIRECT: ("note",),
    Event.WAITLIST: ("note",),
}
REASONS = (
    ("no_capacity", "Geen plek"),
    ("not_suitable", "Past niet bij wat wij doen"),
    ("wrong_area", "Woont buiten ons gebied"),
    ("missing_information", "Wij missen informatie"),
    ("client_not_reached", "Wij kregen geen contact"),
    ("other", "Anders"),
)


def choices_of(look: Gaze, referral: Referral) -> tuple[ActionChoice, ...]:
    """Give what this viewer may do now, in the order of the table of transitions."""
    parts = parts_of(look.viewer, referral, look.regisseur_id)
    return tuple(
        ActionChoice(
            event=event,
            needs_reason=lifecycle.needs_reason(event),
            reasons=REASONS if lifecycle.needs_reason(event) else (),
            asks=_ASKS.get(event, ()),
        )
        for event in lifecycle.allowed_events(Status(referral.status), parts)
    )
