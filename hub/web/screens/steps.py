"""Read the form of a step in a referral: what is wrong with it, or the event that it asks for."""

import datetime as dt
from collections.abc import Mapping

from hub.rules.languages import DUTCH
from hub.services.views.referral import ActionChoice, ServiceOffer
from hub.web.translations import speaking
from hub.web.words.dates import AMSTERDAM, plain_day, today
from hub.web.words.words import MAY_PROPOSE, NEED_NOTE, TAKE_DATE, TAKE_OUTCOME, TAKE_PROPOSAL
from schemas.referral import NewEvent
from schemas.vocabulary import Event, Outcome

LONGEST_NOTE = 4000
Errors = dict[str, str]


def read_step(
    choice: ActionChoice, values: Mapping[str, str], offers: tuple[ServiceOffer, ...]
) -> tuple[Errors, NewEvent | None]:
    """Give what is wrong with a form, or the event that it asks for; ``offers`` is what may be proposed."""
    event = Event(choice.event)
    at = _moment(values.get("date", ""), values.get("time", ""))
    proposed = next((one for one in offers if one.code == values.get("proposed")), None)
    errors = _wrong(choice, values, at, proposed)
    if errors:
        return errors, None
    proposed = proposed if event in MAY_PROPOSE else None
    day = values.get("date", "")
    appointed = event is Event.PLAN or (event is Event.START and day != today().isoformat())
    awaited = dt.date.fromisoformat(day) if event is Event.WAITLIST and at is not None else None
    return {}, NewEvent(
        event=event,
        reason=values.get("reason") or None,
        note=_told(values.get("note", ""), proposed, awaited) or None,
        at=at if appointed else None,
        outcome=Outcome(values["outcome"]) if event in TAKE_OUTCOME else None,
        expected_on=awaited,
        proposed_to=proposed.organisation if proposed is not None else None,
        proposed_service=proposed.code if proposed is not None else None,
    )


def _wrong(
    choice: ActionChoice, values: Mapping[str, str], at: dt.datetime | None, proposed: ServiceOffer | None
) -> Errors:
    """Give the fields that lack something, each with why."""
    event, errors = Event(choice.event), {}
    reason, note = values.get("reason", ""), values.get("note", "")
    if choice.needs_reason and reason not in dict(choice.reasons) and (choice.reasons or not note):
        errors["reason" if choice.reasons else "note"] = "missing"
    if event in NEED_NOTE and not note:
        errors["note"] = "missing"
    if len(note) > LONGEST_NOTE:
        errors["note"] = "too_long"
    if event in TAKE_DATE and at is None:
        errors["date"] = "missing"
    elif event is Event.WAITLIST and at is not None and at.astimezone(AMSTERDAM).date() < today():
        errors["date"] = "past"
    if event in TAKE_OUTCOME and values.get("outcome") not in list(Outcome):
        errors["outcome"] = "missing"
    if event in TAKE_PROPOSAL and proposed is None:
        errors["proposed"] = "missing"
    return errors


def _told(note: str, proposed: ServiceOffer | None, awaited: dt.date | None) -> str:
    """Give the note with what was chosen beside it, in Dutch: a partner's own system reads words alone."""
    chosen = ""
    if proposed is not None:
        chosen = f"Voorstel: {proposed.name}, {proposed.organisation_name}."
    elif awaited is not None:
        with speaking(DUTCH):
            chosen = f"Naar verwachting plek vanaf {plain_day(awaited)}."
    return f"{chosen} {note}".strip()


def _moment(day: str, time: str) -> dt.datetime | None:
    """Give the chosen moment, nine in the morning where no time was chosen."""
    try:
        return dt.datetime.fromisoformat(f"{day}T{time or '09:00'}").replace(tzinfo=AMSTERDAM).astimezone(dt.UTC)
    except ValueError:
        return None
