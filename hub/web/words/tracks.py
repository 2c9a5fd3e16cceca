"""The way of a referral in words: the six steps on top, and the trail with every step."""

import datetime as dt

from hub.services.referrals.referral_trail import BROUGHT
from hub.services.views.referral import ReferralView, TrackStep, TrailStep
from hub.web.translations import Words, gettext, ngettext
from hub.web.words import words
from hub.web.words.dates import moment, until
from hub.web.words.labels import turn_words
from hub.web.words.sentences import AUTOMATIC, SENTENCES, STEPS
from hub.web.words.traffic_words import message_words
from hub.web.words.turns import turn_of
from schemas.vocabulary import Delivery, Status

_STEPS = Words(
    {
        "sent": "Verzonden",
        "delivered": "Afgeleverd",
        "read": "Gelezen door hun systeem",
        "accepted": "Geaccepteerd",
        "started": "Gestart",
        "completed": "Afgerond",
    }
)
_NOT_YET = Words(
    {"sent": "Nog niet verzonden", "delivered": "Nog niet afgeleverd", "read": "Geweigerd door hun systeem"}
)
_UNDER_WAY = Words({"sent": "onderweg", "delivered": "onderweg", "read": "nog niet bevestigd"})
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
    if step.state == "end":
        _tone, icon, end = words.MARKS.get(view.line.mark) or ("", "x", gettext("Gestopt"))
        return end, moment(step.at) if step.at else "", icon
    if step.state == "off":
        return title, gettext("komt niet meer"), ""
    return title, gettext("nog niet"), ""


def _fault(step: TrackStep, view: ReferralView) -> tuple[str, str, str]:
    trouble = view.trouble
    if trouble is None:
        return _NOT_YET[step.key], "", "alert-triangle"
    tries = ngettext("%(num)d poging", "%(num)d pogingen", trouble.attempts)
    if trouble.next_at:
        after = gettext("de volgende %(when)s", when=until(trouble.next_at))
    else:
        after = gettext("een mens kijkt ernaar")
    return _NOT_YET[step.key], f"{tries}, {after}", "alert-triangle"


def _now(step: TrackStep, view: ReferralView) -> tuple[str, str, str]:
    line = view.line
    if step.key in _UNDER_WAY:
        return _STEPS[step.key], _UNDER_WAY[step.key], "hourglass"
    by_when = gettext(", uiterlijk %(when)s", when=moment(line.due_at)) if line.due_at else ""
    if step.key == "accepted" and line.mark == Status.QUESTION:
        asks = gettext("%(who)s heeft eerst een vraag", who=line.organisation)
        return gettext("Geaccepteerd?"), asks + by_when, "message-question"
    if step.key == "accepted":
        return gettext("Geaccepteerd?"), gettext("wacht op antwoord") + by_when, "hourglass"
    who = f"{turn_of(line)}: {turn_words(line.next_what)}" if line.next_who else gettext("nog niet")
    return _STEPS.get(step.key, step.key), who + by_when, "hourglass"


def trail_steps(view: ReferralView) -> list[TrailStep]:
    """Give the trail, newest first. What a system did is told by its message; the timeline's line about it goes."""
    messages = any(step.delivery for step in view.trail)
    steps = [step for step in view.trail if step.delivery or not (messages and step.kind in AUTOMATIC)]
    return sorted(steps, key=_reached, reverse=True)


def _reached(step: TrailStep) -> dt.datetime:
    return step.processed_at or step.delivered_at or step.at


def trail_words(step: TrailStep) -> tuple[str, str, str, dt.datetime]:
    """Give icon, tone, words and time of one step of the trail."""
    who = step.organisation or step.actor or "Schakel"
    if step.delivery in list(Delivery):
        state = Delivery(step.delivery)
        icon, tone = _ICONS[state]
        return icon, tone, f"{message_words(step.kind)} {words.MESSAGE_STATES[state].format(who=who)}", _reached(step)
    if step.kind == BROUGHT:
        return "file-upload", "", gettext("Bericht van het systeem van %(who)s", who=who), step.at
    found = SENTENCES.get(step.kind)
    if found is None:
        return "circle", "", step.kind, step.at
    what = STEPS.get(step.about or "") or gettext("Stap")
    return (
        found.icon,
        found.tone,
        gettext(found.start).format(who=who, receiver=who, step=what).rstrip(":"),
        step.at,
    )
