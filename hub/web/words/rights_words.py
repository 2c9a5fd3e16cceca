"""The words of the rights of clients: what is kept, what was asked, and how far it is."""

import datetime as dt
import re
from typing import Any

from hub.web.translations import Words, gettext
from hub.web.words import labels, words
from hub.web.words.dates import moment, plain_day

RIGHTS_KINDS = Words(
    {
        "person": "Naam en persoonsgegevens",
        "case": "Het dossier zelf",
        "referral": "Verwijzingen",
        "event": "Wat er gebeurde",
        "sent": "Verstuurde berichten",
        "line": "Hoe berichten over de lijn gingen",
        "difference": "Waar een systeem iets anders telde",
        "received": "Ontvangen berichten",
        "correction": "Verzoeken om verbetering",
        "notice": "Wie hoorde van een verbetering",
        "disclosure": "Verzoeken om inzage",
        "erasure": "Verzoeken om wissen",
        "hold": "Redenen om te bewaren",
        "objection": "Bezwaren",
        "closed_file": "Gesloten voor een medewerker",
        "emergency": "Noodtoegang",
        "consent": "Toestemming",
        "release": "Wat is gedeeld",
        "memory": "Technische gegevens",
        "score": "Leefgebied",
        "goal": "Doel",
        "step": "Stap",
        "remark": "Bericht",
        "agreement": "Afspraak",
        "decision": "Besluit",
        "minute": "Verslag van het overleg",
        "agenda_item": "Vraag aan het team",
        "document": "Document",
        "note": "Eigen aantekening",
        "contact": "Contact",
        "appointment": "Afspraak in de agenda",
        "own_words": "In eigen woorden",
    }
)
RIGHTS_FIELDS = Words(
    {
        "family_name": "Achternaam",
        "prefix": "Tussenvoegsel",
        "initials": "Voorletters",
        "given_name": "Voornaam",
        "birth_date": "Geboortedatum",
        "gender": "Geslacht",
        "reason": "Welke hulp is nodig",
        "client_words": "In eigen woorden",
        "strengths": "Sterke kanten",
    }
)
CORRECTION_STATES = Words(
    {
        "asked": ("let-op", "hourglass", "Wacht op besluit"),
        "done": ("positief", "check", "Verbeterd"),
        "declined": ("neutraal", "x", "Niet verbeterd"),
    },
    at=(2,),
)
NOTICE_STATES = Words(
    {
        "confirmed": "weet het",
        "processed": "verwerkt in hun systeem",
        "delivered": "bericht bezorgd",
        "under_way": "bericht is onderweg",
        "phone": "kan dit niet per bericht krijgen: bel hen",
    }
)
HANDOVER_STATES = Words(
    {
        "asked": ("let-op", "hourglass", "Wacht op de code"),
        "coded": ("info", "download", "Het bestand staat klaar"),
        "taken": ("neutraal", "check", "Meegegeven"),
    },
    at=(2,),
)
ERASURE_STATES = Words(
    {
        "asked": ("let-op", "hourglass", "Wacht op besluit"),
        "refused": ("neutraal", "x", "Besloten"),
        "done": ("positief", "check", "Gewist"),
    },
    at=(2,),
)
DUTIES = Words(
    {
        "legal_hold": "er loopt een klacht, een onderzoek of een rechtszaak",
        "running": "er loopt hulp die de wet vraagt",
        "just_ended": "hulp die de wet vroeg, is net voorbij",
    }
)
RETENTION_KINDS = Words(
    {
        "content": "Inhoud van verwijzingen en berichten",
        "case": "Hele dossiers zonder vaste contactpersoon",
        "payload": "Ontvangen bestanden van partners",
        "messages": "Regels over berichten, zonder inhoud",
        "memory": "Kenmerken waarmee wij herhaling herkennen",
        "digests": "Lijsten van partners: wat er loopt, en wat verschilde",
        "evidence": "Verzoeken van inwoners en wat ervan kwam",
        "audit": "Wie keek en wat iemand deed",
    }
)
RETENTION_SINCE = Words(
    {
        "content": "na het einde van de verwijzing",
        "case": "na het einde van de laatste verwijzing",
        "payload": "nadat het is afgehandeld",
        "messages": "na het bericht",
        "memory": "na ontvangst",
        "digests": "nadat de lijst kwam, of het verschil weg was",
        "evidence": "na het besluit",
        "audit": "na de regel in het logboek",
    }
)
RETENTION_LAW = Words(
    {
        "content": "AVG art. 5 lid 1 onder e; Selectielijst 2020, 8.4.1",
        "case": "AVG art. 5 lid 1 onder e; Selectielijst 2020, 8.4.1",
        "payload": "AVG art. 5 lid 1 onder e",
        "messages": "AVG art. 5 lid 2; MedMij: 24 tot 36 maanden",
        "memory": "AVG art. 32 lid 1 onder b",
        "digests": "AVG art. 5 lid 1 onder e",
        "evidence": "AVG art. 5 lid 2",
        "audit": "NEN 7513; MedMij: vijf jaar",
    }
)
_HAPPENED = Words(
    {
        "case_opened": "dossier begonnen",
        "corrected": "verbeterd",
        "delivered": "bezorgd",
        "processed": "verwerkt door hun systeem",
        "send": "verzonden",
        "receive": "ontvangen",
        "ask": "vraag gesteld",
        "answer": "vraag beantwoord",
        "waitlist": "op de wachtlijst gezet",
        "propose_redirect": "ander voorstel gedaan",
        "confirm_redirect": "doorverwezen",
        "accept": "geaccepteerd",
        "undo_accept": "toch niet geaccepteerd",
        "decline": "afgewezen",
        "plan": "afspraak gepland",
        "start": "gestart",
        "pause": "even stilgezet",
        "resume": "weer verder gegaan",
        "complete": "afgerond",
        "withdraw": "ingetrokken",
        "client_stops": "inwoner stopte",
        "end": "beëindigd",
        "expire": "verlopen",
        "reopen": "weer geopend",
        "mark_error": "als fout gemerkt",
    }
)
_GENDERS = Words({"male": "man", "female": "vrouw", "other": "anders", "unknown": "onbekend"})
_CODES: Words[str, str] = Words(
    {
        **_GENDERS,
        **{str(code): text for code, text in words.DELIVERIES.items()},
        **{str(code): text for code, text in words.OUTCOMES.items()},
        **{str(code): text for code, text in words.URGENCIES.items()},
        **{str(code): text for code, text in words.BASES.items()},
        **{str(code): text for code, text in words.LAWS.items()},
        **{str(code): text for code, text in words.PURPOSES.items()},
        **{str(code): name for code, (name, _icon) in words.LIFE_DOMAINS.items()},
        **{str(code): text for code, (_tone, _icon, text) in words.MARKS.items()},
        **labels.FIELDS,
        **{code: text for code, (_tone, _icon, text) in CORRECTION_STATES.items()},
        **_HAPPENED,
    }
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)")
_DATA = Words(
    {
        "answer": "Antwoord",
        "bytes_answered": "Bytes teruggekregen",
        "bytes_sent": "Bytes verstuurd",
        "connector": "Langs welke weg",
        "danger": "Gevaar",
        "decide_by": "Besluit uiterlijk",
        "decided_at": "Besloten op",
        "duties": "Welke wet",
        "ended": "Hoe het eindigde",
        "ended_at": "Geëindigd op",
        "evidence": "Hoe is dit gezegd",
        "field": "Welk gegeven",
        "handled_at": "Opgelost op",
        "inferred": "Afgeleid",
        "lifted_at": "Opgeheven op",
        "message": "Bericht",
        "necessity": "Waarom het nodig was",
        "ours": "Volgens Schakel",
        "owner": "Wie beslist",
        "processed_at": "Verwerkt op",
        "reference": "Kenmerk",
        "referral": "Kenmerk van de verwijzing",
        "referrals": "Kenmerken van verwijzingen",
        "role": "Functie",
        "taken_at": "Meegegeven op",
        "theirs": "Volgens hun systeem",
        "value": "Moet zijn",
        "verdict": "Oordeel",
        "why": "Waarom",
        "wish": "Verzoek",
        "area": "Buurt",
        "bsn": "BSN",
        "changed_at": "Laatst veranderd",
        "client_words": "In eigen woorden",
        "confirmed_at": "Bevestigd op",
        "contact_since": "Vaste contactpersoon sinds",
        "content": "Inhoud",
        "delivered_at": "Bezorgd op",
        "event": "Wat",
        "fields": "Welke gegevens",
        "ground": "Waarom dit mocht",
        "law": "Wet",
        "life_domains": "Leefgebieden",
        "not_carried": "Niet meegekomen",
        "note": "Notitie",
        "number": "Nummer",
        "outcome": "Resultaat",
        "purpose": "Doel",
        "reason": "Welke hulp is nodig",
        "receiver": "Ontvanger",
        "said": "Gezegd",
        "sender": "Verwijzer",
        "service": "Dienst",
        "state": "Stand",
        "status": "Stand",
        "story": "Verhaal",
        "to": "Aan",
        "until": "Tot",
        "urgency": "Hoe snel",
        **RIGHTS_FIELDS,
    }
)


def data_label(name: str) -> str:
    """Give the words for a field of an export; a field without words keeps its own name."""
    return _DATA.get(name, name.replace("_", " "))


def data_text(value: Any) -> str:
    """Give a value of an export as a line of text."""
    if isinstance(value, dict):
        return "; ".join(f"{data_label(str(name)).lower()}: {data_text(one)}" for name, one in value.items() if one)
    if isinstance(value, list):
        return ", ".join(data_text(one) for one in value)
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nee")
    text = str(value)
    if _MOMENT.fullmatch(text):
        return moment(moment_of(text))
    if _DAY.fullmatch(text):
        return plain_day(dt.date.fromisoformat(text))
    return _CODES.get(text, text)


def moment_of(text: str) -> dt.datetime:
    """Give the moment that stands in an export as text."""
    return dt.datetime.fromisoformat(text)
