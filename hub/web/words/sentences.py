"""The sentences of the timeline: what happened, as icon, tone, a bold start and the rest."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.services.views.case import EntryView
from hub.web.translations import Words, gettext
from hub.web.words import dates
from hub.web.words.item_words import item_line, item_said
from hub.web.words.words import OUTCOMES, REASONS
from schemas.vocabulary import Event, Outcome


@dataclass(frozen=True)
class Sentence:
    """One kind of event in words. ``{who}`` is who did it, ``{receiver}`` who the referral went to."""

    icon: str
    tone: str
    start: str
    rest: str = ""


SENTENCES = {
    "send": Sentence("send", "info", "Verwijzing verzonden", "naar {receiver}, voor"),
    "receive": Sentence("eye", "", "{who} heeft de verwijzing geopend:"),
    "ask": Sentence("message-question", "vraag", "{who} stelt een vraag", "bij"),
    "answer": Sentence("message-circle", "info", "{who} beantwoordt de vraag", "bij"),
    "waitlist": Sentence("hourglass", "", "Op de wachtlijst", "bij {receiver}, voor"),
    "propose_redirect": Sentence("arrow-right", "vraag", "{who} stelt iets anders voor", "bij"),
    "confirm_redirect": Sentence("arrow-right", "info", "Voorstel overgenomen", "bij"),
    "accept": Sentence("circle-check", "goed", "{who} accepteert de verwijzing", "voor"),
    "undo_accept": Sentence("x", "vraag", "{who} neemt de acceptatie terug", "van"),
    "decline": Sentence("x", "vraag", "{who} kan niet helpen", "met"),
    "plan": Sentence("calendar-event", "info", "Afspraak gepland", "voor"),
    "start": Sentence("player-play", "goed", "De hulp is gestart:"),
    "pause": Sentence("player-pause", "vraag", "De hulp staat even stil:"),
    "resume": Sentence("player-play", "goed", "De hulp gaat weer verder:"),
    "complete": Sentence("check", "goed", "De hulp is afgerond:"),
    "withdraw": Sentence("circle-x", "", "Verwijzing ingetrokken", "voor"),
    "client_stops": Sentence("circle-x", "", "De inwoner stopt", "met"),
    "end": Sentence("circle-x", "", "De hulp is beëindigd:"),
    "expire": Sentence("clock-exclamation", "fout", "Verwijzing verlopen", "voor"),
    "reopen": Sentence("refresh", "info", "De hulp is weer geopend:"),
    "mark_error": Sentence("trash", "", "Verwijzing was een fout", "en telt niet meer:"),
    "delivered": Sentence("inbox", "", "Bezorgd", "bij {who}:"),
    "processed": Sentence("eye", "info", "Gelezen door het systeem", "van {who}:"),
    "refused_by_system": Sentence("alert-triangle", "fout", "Geweigerd door het systeem", "van {who}:"),
    "undelivered": Sentence("alert-triangle", "fout", "Niet bezorgd", "bij {who}, een mens kijkt ernaar:"),
    "delayed": Sentence("hourglass", "vraag", "Nog niet bezorgd", "bij {who}, wij proberen het opnieuw:"),
    "sent_again": Sentence("refresh", "info", "Opnieuw verstuurd", "naar {who}:"),
    "tried_at_once": Sentence("refresh", "info", "{who} probeert de bezorging opnieuw", "bij"),
    "receiver_called": Sentence("phone", "info", "{who} heeft gebeld over de verwijzing", "naar"),
    "plan_reviewed": Sentence("target", "goed", "Plan samen bekeken", "voor"),
    "pause_reviewed": Sentence("player-pause", "info", "Samen bekeken: de pauze blijft nog even", "voor"),
    "deadline_passed": Sentence("clock-exclamation", "fout", "De termijn is voorbij", "bij"),
    "change_requested": Sentence("flag", "vraag", "{who} vraagt om een wijziging", "bij"),
    "step_retracted": Sentence("x", "vraag", "{step} teruggenomen", "voor"),
    "assignment_changed": Sentence("flag", "vraag", "De toewijzing is gewijzigd", "voor"),
    "assignment_vanished": Sentence("alert-triangle", "vraag", "{who} noemt de toewijzing niet meer", "voor"),
    "corrected": Sentence("flag", "info", "Gegevens zijn verbeterd"),
    "masked": Sentence("progress", "", "Er is iets veranderd", "bij"),
    "case_opened": Sentence("user-plus", "info", "Dossier gestart"),
    "contact_changed": Sentence("user-check", "info", "Nieuw vast contactpersoon"),
    "client_words": Sentence("message-circle", "info", "De inwoner vertelde iets nieuws"),
    "consent_given": Sentence("shield-check", "goed", "De inwoner vindt delen goed"),
    "consent_withdrawn": Sentence("shield-check", "vraag", "De inwoner wil dit niet meer delen", "met {receiver}:"),
    "consent_lapsed": Sentence("shield-check", "vraag", "De toestemming is voorbij", "voor"),
    "delivered_late": Sentence("alert-triangle", "fout", "Toch nog bezorgd", "terwijl de toestemming stopte:"),
}
# What is taken back, by the step that told it.
STEPS = Words(
    {
        "start": "Startmelding",
        "resume": "Hervatting",
        "pause": "Pauze",
        "complete": "Afronding",
        "client_stops": "Stopmelding",
        "end": "Beëindiging",
    }
)
ASSIGNMENT_FIELDS = Words(
    {
        "product": "Product",
        "starts_on": "Begindatum",
        "ends_on": "Einddatum",
        "listed": "In het overzicht",
    }
)
_ANSWERS: Words[str | None, str] = Words({"yes": "ja", "no": "nee", None: "geen"})
# What systems do, nobody did.
AUTOMATIC = frozenset({"delivered", "processed", "refused_by_system", "undelivered", "delayed", "deadline_passed"}) | {
    "sent_again"
}
OTHER = Sentence("circle", "", "Er is iets bijgewerkt", "bij")
# After these, more than the timeline and one row has changed: the page asks for a fresh snapshot.
REFRESHING = frozenset(
    {
        "case_opened",
        "corrected",
        "contact_changed",
        "client_words",
        "consent_given",
        "consent_withdrawn",
        "consent_lapsed",
    }
)


def sentence_of(entry: EntryView) -> Sentence:
    """Give the sentence of an entry with its names filled in."""
    if line := item_line(entry):
        return Sentence(*line)
    found = SENTENCES.get(entry.kind, OTHER)
    referral = entry.referral
    names = {
        "who": entry.organisation_name or entry.actor or "Schakel",
        "step": STEPS.get(str(entry.data.get("event"))) or gettext("Stap"),
        "receiver": (referral.organisation if referral else "") or gettext("de ontvanger"),
    }
    start, rest = (gettext(text).format(**names) if text else "" for text in (found.start, found.rest))
    if referral is None:  # nothing follows: "voor", "bij" and a colon would hang in the air
        start, rest = start.rstrip(":"), ""
    return Sentence(found.icon, found.tone, start, rest)


def told(entry: EntryView) -> str | None:
    """Give what was said with an event: the note, else the reason; an outcome goes first."""
    if entry.item is not None:
        return item_said(entry)
    data = entry.data
    outcome = data.get("outcome")
    reason = data.get("reason_text") or REASONS.get(str(data.get("reason")))
    parts = [
        *(change_words(change) for change in data.get("changes") or ()),
        _of_when(data) if entry.kind == "step_retracted" else None,
        _agreed_for(entry),
        OUTCOMES[Outcome(str(outcome))] + "." if outcome in OUTCOMES else None,
        reason and f"{reason}.",
        f"‘{data['note']}’" if data.get("note") else None,
    ]
    return " ".join(str(part) for part in parts if part) or None


def change_words(change: Mapping[str, str | None]) -> str:
    """Give one difference as people read it: which field, what it was, what it is."""
    before, after = (_value(change.get(side)) for side in ("from", "to"))
    field = ASSIGNMENT_FIELDS.get(str(change.get("field"))) or gettext("Gegeven")
    return f"{field}: {before} → {after}."


def _value(value: str | None) -> str:
    if value in _ANSWERS:
        return _ANSWERS[value]
    day = _day(value)
    return dates.plain_day(day) if day is not None else str(value)


def _of_when(data: Mapping[str, Any]) -> str | None:
    """Give the day that the step had which was taken back."""
    day = _day(str(data.get("at") or ""))
    return gettext("Het ging om %(day)s.", day=dates.plain_day(day)) if day is not None else None


def _agreed_for(entry: EntryView) -> str | None:
    """Give when a first appointment is, or help starts, where that may be known."""
    told_at = entry.data.get("at") if entry.kind in (Event.PLAN, Event.START) else None
    at = dt.datetime.fromisoformat(told_at) if told_at else entry.at
    return f"{dates.appointed(at)}." if at > entry.at else None  # a system tells here when it was recorded


def _day(value: str | None) -> dt.date | None:
    try:
        found = dt.datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return found.date() if found.tzinfo is None else found.astimezone(dates.AMSTERDAM).date()


def by_whom(entry: EntryView) -> str:
    """Give who did it, with the organisation; what systems did was done by itself."""
    if entry.kind in AUTOMATIC:
        return gettext("automatisch")
    names = [name for name in (entry.actor, entry.organisation_name) if name]
    return ", ".join(dict.fromkeys(names))
