"""What someone may do with a referral now, and what each of these asks."""

from hub.models import Referral
from hub.rules import lifecycle
from hub.services.access.actors import parts_of
from hub.services.access.gaze import Gaze
from hub.services.views.referral import ActionChoice
from schemas.vocabulary import Event, Status

_ASKS = {
    Event.ASK: ("note",),
    Event.ANSWER: ("note",),
    Event.PLAN: ("date", "note"),
    Event.START: ("date",),
    Event.COMPLETE: ("outcome", "note"),
    Event.ACCEPT: ("note",),
    Event.PROPOSE_REDIRECT: ("proposed", "note"),
    Event.WAITLIST: ("date", "note"),
}
REASONS = (
    ("no_capacity", "Geen plek"),
    ("not_suitable", "Past niet bij wat wij doen"),
    ("wrong_area", "Woont buiten ons gebied"),
    ("missing_information", "Wij missen informatie"),
    ("client_not_reached", "Wij kregen geen contact"),
    ("other", "Anders"),
)
_OF_DECLINING = (
    ("no_capacity", "Nu geen plek"),
    ("not_suitable", "Past niet bij wat wij doen"),
    ("other_fits_better", "Een andere organisatie past beter"),
    ("client_declines", "De inwoner wil dit niet"),
    *REASONS[2:],
)


def choices_of(look: Gaze, referral: Referral) -> tuple[ActionChoice, ...]:
    """Give what this viewer may do now, in the order of the table of transitions."""
    parts = parts_of(look.viewer, referral, look.regisseur_id)
    return tuple(
        ActionChoice(
            event=event,
            needs_reason=lifecycle.needs_reason(event),
            reasons=_reasons(event),
            asks=_ASKS.get(event, ()),
        )
        for event in lifecycle.offered_events(Status(referral.status), parts)
    )


def _reasons(event: Event) -> tuple[tuple[str, str], ...]:
    if not lifecycle.needs_reason(event):
        return ()
    return _OF_DECLINING if event is Event.DECLINE else REASONS
