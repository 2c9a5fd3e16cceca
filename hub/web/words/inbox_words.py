"""The words of the inbox and of the conversation in a referral."""

import datetime as dt
from collections.abc import Iterable

import flask_babel

from hub.rules.room import ServiceRoom
from hub.rules.working_days import local_day, working_days_between
from hub.services.access.capacity import OwnRoom
from hub.services.cases.case_view import age_on
from hub.services.views.referral import TrailStep
from hub.web.translations import Words
from hub.web.words import dates
from schemas.vocabulary import Event, Status

STAND_NAMES = Words(
    {
        "nieuw": "Nieuw",
        "vraag": "Vraag",
        "wachtlijst": "Wachtlijst",
        "gepland": "Gepland",
        "loopt": "Loopt",
    }
)
GROUP_NAMES = Words(
    {
        "you": "Wacht op u",
        "other": "Wacht op een ander",
        "running": "Loopt",
        "past": "Afgehandeld, laatste 30 dagen",
    }
)
# What a line says of itself where it is another's turn.
WAITS = Words(
    {
        Status.QUESTION: "U stelde een vraag. Wacht op antwoord van {sender}.",
        Status.REDIRECT_PROPOSED: "U stelde iets anders voor. {sender} kiest.",
        Status.WAITLISTED: "Staat op uw wachtlijst.",
        Status.PLANNED: "De eerste afspraak staat.",
        Status.STARTED: "De hulp loopt.",
        Status.PAUSED: "De hulp staat even stil.",
    }
)
STEP_DONE: Words[str, tuple[str, str]] = Words(
    {
        Event.RECEIVE: ("De verwijzer weet dat u kijkt", "Geef antwoord vóór de termijn."),
        Event.ASK: ("Uw vraag is verstuurd", "U ziet het antwoord hier, zodra het er is."),
        Event.ANSWER: ("Uw antwoord is verstuurd", "De ander kan nu verder."),
        Event.WAITLIST: ("Op de wachtlijst gezet", "De verwijzer weet vanaf wanneer er plek is."),
        Event.PROPOSE_REDIRECT: ("Uw voorstel is verstuurd", "De verwijzer kiest hoe het verder gaat."),
        Event.CONFIRM_REDIRECT: ("Voorstel overgenomen", "Maak nu de verwijzing naar die organisatie."),
        Event.ACCEPT: ("Geaccepteerd", "De verwijzer weet het. Plan nu de eerste afspraak."),
        Event.UNDO_ACCEPT: ("De acceptatie is teruggenomen", "De verwijzer leest uw reden."),
        Event.DECLINE: ("De afwijzing is verstuurd", "De verwijzer leest uw reden en zoekt iets anders."),
        Event.PLAN: ("De afspraak staat", "De verwijzer ziet wanneer."),
        Event.START: ("De hulp is gestart", "De verwijzer ziet dat."),
        Event.PAUSE: ("De hulp staat even stil", "De verwijzer leest uw reden."),
        Event.RESUME: ("De hulp gaat weer verder", "De verwijzer ziet dat."),
        Event.COMPLETE: ("De hulp is afgerond", "De verwijzer leest wat het heeft opgeleverd."),
        "plan_reviewed": ("Vastgelegd dat u samen het plan bekeek", "De termijn begint opnieuw."),
        "pause_reviewed": ("Vastgelegd dat u dit samen bekeek", "De termijn begint opnieuw."),
    },
    at=(0, 1),
)
REASON_HINTS = Words(
    {
        "no_capacity": "Zet iemand op de wachtlijst als u weet vanaf wanneer het wel kan.",
        "not_suitable": "Bijvoorbeeld een ander vak of niveau",
        "other_fits_better": "U mag hieronder een organisatie noemen",
    }
)
LACKING = Words(
    {
        "reason": "Kies een reden",
        "note": "Schrijf een korte toelichting",
        "date": "Kies een datum",
        "outcome": "Kies wat het heeft opgeleverd",
        "proposed": "Kies een organisatie",
    }
)
# What was done with the words of a message, where it was more than a message.
_SAID_WITH: Words[str, str] = Words(
    {
        Event.ASK: "stelt een vraag",
        Event.ANSWER: "geeft antwoord",
        Event.WAITLIST: "zet dit op de wachtlijst",
        Event.PROPOSE_REDIRECT: "stelt iets anders voor",
        Event.ACCEPT: "accepteert",
        Event.DECLINE: "kan niet helpen",
        Event.PLAN: "plant een afspraak",
        Event.START: "start de hulp",
        Event.PAUSE: "zet de hulp even stil",
        Event.COMPLETE: "rondt de hulp af",
        Event.WITHDRAW: "trekt de verwijzing in",
        Event.END: "beëindigt de hulp",
        Event.UNDO_ACCEPT: "neemt de acceptatie terug",
        "plan_reviewed": "bekeek samen het plan",
        "pause_reviewed": "bekeek samen of het weer kan",
    }
)


def said_with(step: TrailStep) -> str:
    """Give what someone did with these words; nothing where they are all there is."""
    return str(_SAID_WITH.get(step.kind) or "")


def near_term(due: dt.datetime | None) -> str:
    """Give what is left of a term in working days while that says more than its date; else nothing."""
    if due is None or local_day(due) <= dates.today():
        return ""
    left = working_days_between(dates.today(), local_day(due))
    return str(flask_babel.ngettext("Nog %(num)d werkdag", "Nog %(num)d werkdagen", left)) if 0 < left < 5 else ""


def term_left(due: dt.datetime | None, *, overdue: bool) -> tuple[str, str]:
    """Give a term in words and its tone: in working days while it is near, else by its date."""
    words, tone = dates.term(due, overdue=overdue)
    near = "" if overdue else near_term(due)
    if not near:
        return words, tone
    return near, "vandaag" if due is not None and working_days_between(dates.today(), local_day(due)) == 1 else tone


def short_name(name: str) -> str:
    """Give the first name with the first letter of the last: how a list of a partner names people."""
    first, _, rest = name.partition(" ")
    last = rest.split()[-1:] if rest else []
    return f"{first} {last[0][:1]}." if last else name


def age_in_years(birth_date: str | None) -> int | None:
    """Give the age of who was born on a day; nothing where the day is not known."""
    try:
        return age_on(birth_date, dates.today())
    except ValueError:
        return None


def own_room_words(rooms: Iterable[OwnRoom]) -> str:
    """Give how much room there is in one line: how many places, or how long one waits."""
    return ", ".join(f"{room.service.name}: {_room(room.said)}" for room in rooms)


def _room(said: ServiceRoom) -> str:
    if said.places:
        return str(flask_babel.ngettext("%(num)d plek", "%(num)d plekken", said.places))
    wait = (
        str(flask_babel.ngettext("%(num)d dag wachten", "%(num)d dagen wachten", said.waiting_days))
        if said.waiting_days
        else ""
    )
    if said.places == 0:
        return f"{flask_babel.gettext('vol')}, {wait}" if wait else str(flask_babel.gettext("vol"))
    if said.waiting_days == 0:
        return str(flask_babel.gettext("geen wachttijd"))
    return wait or str(flask_babel.gettext("nog niet gezegd"))
