"""Words for what has no closed list: fields of forms, and what is withheld. An unknown code shows as it came."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from hub.web.translations import Words, gettext
from hub.web.words.dates import plain_day
from hub.web.words.traffic_words import TROUBLE
from hub.web.words.words import BASES, LAWS, LIFE_DOMAINS, PURPOSES, REASONS, TURNS, URGENCIES
from schemas.vocabulary import LifeDomain

FIELDS = Words(
    {
        "name": "Naam",
        "family_name": "Achternaam",
        "prefix": "Tussenvoegsel",
        "initials": "Voorletters",
        "given_name": "Voornaam",
        "birth_date": "Geboren",
        "gender": "Geslacht",
        "bsn": "BSN",
        "service": "Dienst",
        "life_domains": "Leefgebied",
        "reason": "Waarom",
        "client_words": "In eigen woorden",
        "strengths": "Waar iemand goed in is",
        "strength": "Waar iemand goed in is",
        "urgency": "Snelheid",
        "basis": "Mag gedeeld worden omdat",
        "ground": "Mag gedeeld worden omdat",
        "law": "Wet",
        "purpose": "Waarvoor het gebruikt wordt",
        "evidence": "Hoe is dit gezegd",
        "contact": "Vast contactpersoon",
        "sender": "Verwijzer",
    }
)
WITHHELD = Words(
    {
        "health": ("Gezondheid en zorg", "stethoscope"),
        "guidance": ("Vrijwillige begeleiding", "heart"),
        "health_content": ("Gezondheid en behandeling", "stethoscope"),
        "care_need": ("Zorgvraag", "heart"),
        "referrals": ("Verwijzingen naar zorg", "send"),
        "care_referrals": ("Verwijzingen naar zorg", "send"),
        "timeline": ("De rest van de tijdlijn", "history"),
        "financial": ("Geldzaken", "coin"),
        "goal_plan": ("Doelen en plan", "target"),
        "progress": ("Voortgang", "stairs-up"),
        "process_status": ("Stand van verwijzingen", "progress"),
        "work_ability": ("Wat iemand kan op het werk", "briefcase"),
        "appointment": ("Afspraken in de agenda", "calendar-event"),
        "contact": ("Contactgegevens", "phone"),
        "identifier": ("BSN", "lock"),
        "client_words": ("Wat de inwoner zelf zegt", "message-circle"),
        "strengths": ("Sterke kanten", "seedling"),
        "private_note": ("Eigen aantekeningen van anderen", "pencil"),
        "conversation": ("Het gesprek tussen hulpverleners", "message-circle"),
    },
    at=(0,),
)
FORM_FIELDS = Words(
    {
        "life_domains": "Waarover gaat het",
        "service": "Naar wie",
        "again": "Toch verwijzen",
        "client_words": "In eigen woorden",
        "reason": "Welke hulp is er nodig",
        "strengths": "Waar is iemand goed in",
        "urgency": "Hoe snel",
        "basis": "Mag dit gedeeld worden",
        "share": "Wat gaat er mee",
        "evidence": "Hoe en wanneer is dit besproken",
        "law": "Welke wet",
    }
)
_MISSING = Words(
    {
        "life_domains": "Kies minstens één leefgebied.",
        "service": "Kies naar wie u verwijst.",
        "again": "Er loopt al een verwijzing naar deze organisatie. Vink aan dat u toch verwijst.",
        "reason": "Vul in welke hulp nodig is. Eén zin is genoeg.",
        "strengths": "Noem minstens één sterke kant.",
        "urgency": "Kies hoe snel het moet.",
        "basis": "Kies waarom dit gedeeld mag worden.",
        "evidence": "Vul in hoe en wanneer dit is besproken.",
        "law": "Kies de wet.",
        "to": "Kies een organisatie.",
        "kind": "Kies wat er is gebeurd.",
        "about": "Kies wat niet klopt.",
        "right": "Vul in wat er moet staan.",
        "why": "Vul in waarom het niet klopt.",
    }
)
_PROBLEMS = Words(
    {
        "wrong": "Dit past hier niet. Kijk het na.",
        "needed": "Dit systeem kan niet zonder BSN en achternaam. Vink die aan, of kies een andere organisatie.",
        "no_consent": "Voor deze organisatie is er geen toestemming om in te trekken.",
        "too_long": "Deze tekst is te lang. Maak hem korter.",
        "duplicate": "Er loopt al zo’n verwijzing voor deze inwoner.",
        "not_allowed": "Dit mag u niet delen met deze ontvanger.",
        "unknown": "Dit kennen wij niet meer. Kies iets anders.",
        "too_many": "Kies hooguit drie organisaties.",
        "not_together": "Kies organisaties die van elkaar verschillen en bij hetzelfde leefgebied helpen.",
    }
)

# Which words the codes in a sent field have.
_CODED: dict[str, Mapping[Any, str]] = {
    "urgency": URGENCIES,
    "basis": BASES,
    "ground": BASES,
    "purpose": PURPOSES,
    "law": LAWS,
}


def problem(field: str, code: object) -> str:
    """Give what is wrong with a field and how to mend it; nothing where nothing is wrong."""
    if not code:
        return ""
    if code == "missing":
        return _MISSING.get(field) or gettext("Vul dit in.")
    return _PROBLEMS.get(str(code)) or gettext("Dit antwoord kunnen wij zo niet gebruiken. Kijk het na.")


def content_text(key: str, text: str) -> str:
    """Give the text of a sent field in words, where the field holds a code."""
    if key == "birth_date":
        return _birth_date(text)
    if key == "life_domains":
        return ", ".join(domain_name(code.strip()) for code in text.split(","))
    return _CODED.get(key, {}).get(text, text)


def _birth_date(text: str) -> str:
    """Give a date of birth in words; one that is known to the year or month alone stays as it is."""
    try:
        return plain_day(dt.date.fromisoformat(text))
    except ValueError:
        return text


def trail_reason(reason: str) -> str:
    """Give why something happened: a fault of systems, a choice of people, or words as they came."""
    return TROUBLE.get(reason) or REASONS.get(reason) or reason


def domain_name(code: str) -> str:
    """Give the name of a life domain."""
    return LIFE_DOMAINS[LifeDomain(code)][0] if code in LIFE_DOMAINS else code


def withheld_words(what: str) -> tuple[str, str]:
    """Give name and icon of what is withheld: a life domain, a kind of data, or as it came."""
    if what in LIFE_DOMAINS:
        return LIFE_DOMAINS[LifeDomain(what)]
    return WITHHELD.get(what, (what, "lock"))


def turn_words(what: str | None) -> str:
    """Give what must be done next."""
    return TURNS.get(what or "", what or "")


def shared_words(field: str, text: str) -> str:
    """Give a shared value in words where it is a code, and as it goes along where it is not."""
    return _GENDERS.get(text, text) if field == "gender" else content_text(field, text)


_GENDERS = Words({"male": "man", "female": "vrouw", "other": "anders", "unknown": "onbekend"})
