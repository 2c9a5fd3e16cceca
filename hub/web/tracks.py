"""The way of a referral in words: the six steps on top, and the trail with every step."""

from hub.services.views import ReferralView, TrackStep, TrailStep
from hub.web import words
from hub.web.dates import moment, until
from hub.web.sentences import SENTENCES
from schemas.vocabulary import Delivery, Status

_STEPS = {
    "sent": "Verzonden",
    "delivered": "Afgeleverd",
    "read": "Gelezen door hun systeem",
    "accepted": "Geaccepteerd",
    "started": "Gestart",
    "completed": "Afgerond",
}
_NOT_YET = {"sent": "Nog niet verzonden", "delivered": "Nog niet afgeleverd", "read": "Geweigerd door hun systeem"}
_ICONS = {
    Delivery.WAITING: ("hourglass", ""),
    Delivery.UNDER_WAY: ("send", ""),
    Delivery.DELIVERED: ("inbox", ""),
    Delivery.PROCESSED: ("eye", "info"),
    Delivery.REFUSED: ("alert-triangle", "fout"),
    Delivery.UNKNOWN: ("hourglass", "vraag"),
    Delivery.QUARANTINED: ("plug-connected-x", "fout"),
}


def step_words(step: TrackStep, view: ReferralView) -> tuple[str, str, str]:
    """Give title, text and icon of one of the six steps."""
    title = _STEPS.get(step.key, step.key)
    if step.state == "done":
        return title, moment(step.at) if step.at else "", "check"
    if step.state == "fault":
        return _fault(step, view)
    if step.state == "now":
        return _now(step, view)
    return title, "nog niet", ""


def _fault(step: TrackStep, view: ReferralView) -> tuple[str, str, str]:
    if step.key not in _NOT_YET:  # an end that is not the hoped-for one: declined, withdrawn, ended
        tone_icon_words = words.MARKS.get(view.line.mark, ("", "x", "Gestopt"))
        return tone_icon_words[2], moment(step.at) if step.at else "", tone_icon_words[1]
    trouble = view.trouble
    if trouble is None:
        return _NOT_YET[step.key], "", "alert-triangle"
    tries = "1 poging" if trouble.attempts == 1 else f"{trouble.attempts} pogingen"
    after = f", de volgende {until(trouble.next_at)}" if trouble.next_at else ", een mens kijkt ernaar"
    return _NOT_YET[step.key], tries + after, "alert-triangle"


def _now(step: TrackStep, view: ReferralView) -> tuple[str, str, str]:
    line = view.line
    if step.key != "accepted":
        return _STEPS.get(step.key, step.key), "onderweg" if step.key in _NOT_YET else "nu aan zet", "hourglass"
    if line.mark == Status.QUESTION:
        text = f"{line.organisation} heeft eerst een vraag."
        return (
            "Geaccepteerd?",
            text + (f" Antwoord vóór {moment(line.due_at)}." if line.due_at else ""),
            "message-question",
        )
    text = "Wacht op antwoord" + (f", uiterlijk {moment(line.due_at)}" if line.due_at else "")
    return "Geaccepteerd?", text, "hourglass"


def trail_words(step: TrailStep) -> tuple[str, str, str]:
    """Give icon, tone and words of one step of the trail."""
    if step.delivery in list(Delivery):
        state = Delivery(step.delivery)
        text, (icon, tone) = words.DELIVERIES[state], _ICONS[state]
        return (
            icon,
            tone,
            f"{text} bij {step.organisation}" if state is Delivery.DELIVERED and step.organisation else text,
        )
    found = SENTENCES.get(step.kind)
    if found is None:
        return "circle", "", step.kind
    who = step.organisation or step.actor or "Schakel"
    return found.icon, found.tone, found.start.format(who=who, receiver=who).rstrip(":")
