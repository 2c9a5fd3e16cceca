"""Words for what has no closed list: fields, reasons, roles, and what is withheld. An unknown code shows as it came."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from hub.web.translations import Words, gettext
from hub.web.words.dates import plain_day
from hub.web.words.words import BASES, LAWS, LIFE_DOMAINS, PURPOSES, REASONS, TURNS, URGENCIES
from schemas.vocabulary import LifeDomain

ROLES = Words(
    {
        "case_director": "Klantregisseur",
        "income_consultant": "Inkomensconsulent",
        "job_matcher": "Werkmakelaar",
        "team_member": "Lid Toegangsteam",
        "team_coordinator": "Coördinator",
        "social_worker": "Maatschappelijk werker",
        "debt_counsellor": "Schuldhulpverlener",
        "practitioner": "Behandelaar",
        "intake_worker": "Aanmeldbureau",
        "job_coach": "Jobcoach",
        "planner": "Planner",
        "functional_admin": "Functioneel beheerder",
        "privacy_officer": "Functionaris gegevensbescherming",
        "policy_adviser": "Beleidsadviseur",
    }
)
ACCOUNT_SAID = Words(
    {
        "session_ended": "De sessie is beëindigd. Wat daar openstond, is gesloten.",
        "mail_on": "U krijgt een mail als hier iets op u wacht. Er staat nooit in wat of over wie.",
        "mail_off": "U krijgt geen mail meer.",
        "password_changed": "Uw wachtwoord is gewijzigd. Uw andere sessies zijn beëindigd.",
    }
)
MANAGED = Words(
    {
        "blokkeer": "De toegang is geblokkeerd. Alle sessies zijn beëindigd.",
        "toelaten": "Deze persoon kan weer inloggen.",
        "tweede-stap": "De tweede stap is weg. Bij de volgende keer inloggen stelt deze persoon een nieuwe in.",
        "sessies": "Alle sessies zijn beëindigd.",
        "functie": "De functie is toegevoegd.",
        "functie-eind": "De functie is beëindigd, met de sessies erin.",
    }
)
SYSTEM_SAID = Words(
    {
        "blokkeer": "Het systeem is geblokkeerd. Zijn tokens werken binnen twee seconden niet meer.",
        "toelaten": "Het systeem kan weer een token vragen.",
        "sleutel": "De sleutel is toegevoegd.",
        "sleutel-eind": "De sleutel is ingetrokken, met de tokens die ermee zijn gevraagd.",
    }
)
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
TROUBLE = Words(
    {
        "unreachable": "Hun systeem is niet bereikbaar.",
        "timeout": "Hun systeem geeft geen antwoord.",
        "refused": "Hun systeem weigert het bericht.",
        "malformed": "Het bericht was niet te lezen.",
        "unsupported_version": "Het bericht heeft een versie die wij niet kennen.",
        "cannot_express": "Het bericht past niet in het formaat van de ontvanger.",
        "not_allowed": "De afzender mag dit niet sturen.",
        "too_large": "Het bericht is te groot.",
        "lines_refused": "Een deel van de regels was niet te lezen. De andere regels zijn verwerkt.",
        "cannot_apply": "Het bericht past niet bij de stand van de verwijzing.",
        "unknown_referral": "Wij kennen de verwijzing niet waar het bericht over gaat.",
        "unknown_client": "Wij kennen de inwoner niet waar het bericht over gaat.",
        "fetch_refused": "Hun systeem meldde een wijziging, maar wil die niet laten zien.",
        "fetch_unreachable": "Hun systeem meldde een wijziging, en was daarna niet bereikbaar.",
        "fetch_timeout": "Hun systeem meldde een wijziging, en gaf daarna geen antwoord.",
        "fetch_malformed": "Hun systeem meldde een wijziging die niet te lezen was.",
        "out_of_order": "Het bericht kwam te vroeg: er hoort iets voor te komen.",
        "given_up": "Wij hebben het lang genoeg geprobeerd. Een mens moet nu kijken.",
        "unknown": "Wij weten niet zeker of het bericht is aangekomen.",
    }
)
NEXT_STEPS = Words(
    {
        "unreachable": "Bel de beheerder van de ontvanger. Daarna opnieuw versturen.",
        "timeout": "Bel de beheerder van de ontvanger. Daarna opnieuw versturen.",
        "refused": "Vraag de afzender het veld te verbeteren. Daarna opnieuw versturen.",
        "fetch_refused": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_unreachable": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_timeout": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_malformed": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "malformed": "Vraag de afzender om een nieuw bericht. Handel dit bericht daarna af.",
        "unsupported_version": "Vraag de afzender om een versie die wij kennen. Daarna opnieuw proberen.",
        "cannot_express": "Vraag de verwijzer het veld aan te passen. Daarna opnieuw versturen.",
        "not_allowed": "Controleer bij de afzender of dit klopt. Handel het bericht daarna af.",
        "too_large": "Vraag de afzender het bericht te splitsen. Handel dit bericht daarna af.",
        "lines_refused": "Vraag de afzender een nieuw bestand met deze regels. Handel dit bestand daarna af.",
        "cannot_apply": "Zoek uit wat de afzender bedoelt. Daarna opnieuw proberen of afhandelen.",
        "unknown_referral": "Zoek uit bij welke verwijzing dit hoort. Daarna opnieuw proberen.",
        "unknown_client": "Vraag de afzender of de gegevens kloppen. Daarna opnieuw proberen.",
        "out_of_order": "Meestal lost dit zichzelf op. Anders opnieuw proberen.",
    }
)
DIFFERENCES = Words(
    {
        "unknown_there": "{who} kent deze verwijzing niet",
        "unknown_here": "Wij kennen deze verwijzing van {who} niet",
        "state": "De stand is bij {who} anders",
        "number": "{who} heeft een ander nummer",
    }
)
DIFFERENCE_STEPS = Words(
    {
        "send_again": "Stuur onze berichten opnieuw: wat er al was, herkent de ander.",
        "take_over": "Neem hun stand over.",
        "ask": "Vraag na wat klopt.",
    }
)
REPAIRS = Words(
    {
        "send_again": "Opnieuw sturen",
        "take_over": "Hun stand overnemen",
        "ask": "Nagevraagd",
        "close": "Sluiten",
    }
)
DIFFERENCE_SAID = Words(
    {
        "send_again": ("De berichten gaan opnieuw", "De ander herkent wat er al was: niets komt dubbel aan."),
        "take_over": (
            "De stand is overgenomen",
            "Het staat bij de verwijzing als iets dat de ander zelf heeft verteld.",
        ),
        "ask": (
            "U heeft het nagevraagd",
            "Dat staat er nu bij, met uw naam. Het verschil blijft staan tot het weg is.",
        ),
        "close": (
            "Het verschil is gesloten",
            "Het komt niet terug zolang er niets verandert. Uw reden blijft bewaard.",
        ),
    },
    at=(0, 1),
)
MESSAGE_KINDS = Words(
    {
        "sent": "Verwijzing",
        "asked": "Vraag",
        "processed": "Ontvangstbevestiging",
        "refused": "Weigering",
        "answered": "Antwoord",
    }
)
DANGERS = Words(
    {
        "life": "Er is gevaar voor iemands leven",
        "violence": "Er is geweld of een dreiging",
        "child": "Een kind is niet veilig",
        "crisis": "Iemand is in een psychische crisis",
    }
)
EMERGENCY_VERDICTS = Words({"justified": "Terecht", "not_justified": "Niet terecht"})
CATEGORIES = Words(
    {
        "contact": "Contactgegevens",
        "identifier": "BSN",
        "process_status": "Stand van verwijzingen",
        "appointment": "Afspraken in de agenda",
        "goal_plan": "Doelen en plan",
        "progress": "Voortgang",
        "financial": "Geldzaken",
        "work_ability": "Wat iemand kan op het werk",
        "care_need": "Zorgvraag",
        "health_content": "Gezondheid en behandeling",
        "private_note": "Eigen aantekeningen",
        "delivery_meta": "Berichtenverkeer",
        "audit_log": "Logregels",
        "aggregate": "Tellingen",
    }
)
ORGANISATION_KINDS = Words(
    {
        "work_and_income": "Werk & Inkomen",
        "access_team": "Toegangsteam",
        "social_work": "Maatschappelijk werk",
        "mental_health": "GGZ",
        "reintegration": "Re-integratiepartner",
        "municipality": "Gemeente",
        "client": "Inwoner",
    }
)
RELATIONS = Words(
    {
        "none": "Geen betrokkenheid",
        "self": "De inwoner zelf",
        "mandate": "Namens de inwoner",
        "regie": "Regie over deze inwoner",
        "referral_sender": "Verwijzer",
        "referral_receiver": "Ontvanger van de verwijzing",
        "team_item": "Deelnemer aan het overleg",
    }
)
RELATION_STATES = Words({"active": "lopend", "announced": "aangekondigd, nog niet geaccepteerd", "ended": "geëindigd"})
SHOWN = Words(
    {"full": "het gegeven zelf", "status_only": "alleen of het loopt", "announcement": "alleen dat er iets komt"}
)
ACTIONS = Words({"view": "inzien", "edit": "wijzigen", "export": "meenemen", "subscribe": "live volgen"})
CIRCUMSTANCES = Words(
    {
        "author": "wie het zelf schreef",
        "break_glass": "in een noodgeval",
        "reason_given": "met een reden",
        "wams_in_force": "als de Wams geldt",
        "other_owner": "van een andere organisatie van deze soort",
    }
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


def message_words(kind: str | None) -> str:
    """Give what a message is, in one word or two."""
    known = MESSAGE_KINDS.get((kind or "").rpartition(".")[2])
    return known or (gettext("Statusbericht") if kind else gettext("Bericht"))


def turn_words(what: str | None) -> str:
    """Give what must be done next."""
    return TURNS.get(what or "", what or "")


def shared_words(field: str, text: str) -> str:
    """Give a shared value in words where it is a code, and as it goes along where it is not."""
    return _GENDERS.get(text, text) if field == "gender" else content_text(field, text)


_GENDERS = Words({"male": "man", "female": "vrouw", "other": "anders", "unknown": "onbekend"})
