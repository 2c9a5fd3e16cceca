"""The words of the rights of clients: what is kept, what was asked, and how far it is."""

import datetime as dt
from typing import Any

RIGHTS_KINDS = {
    "person": "Naam en persoonsgegevens",
    "case": "Het dossier zelf",
    "referral": "Verwijzingen",
    "event": "Wat er gebeurde",
    "sent": "Verstuurde berichten",
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
}
RIGHTS_FIELDS = {
    "family_name": "Achternaam",
    "prefix": "Voorvoegsel",
    "initials": "Voorletters",
    "given_name": "Voornaam",
    "birth_date": "Geboortedatum",
    "gender": "Geslacht",
    "reason": "Welke hulp is nodig",
    "client_words": "In eigen woorden",
    "strengths": "Sterke kanten",
}
CORRECTION_STATES = {
    "asked": ("let-op", "hourglass", "Wacht op besluit"),
    "done": ("positief", "check", "Verbeterd"),
    "declined": ("neutraal", "x", "Niet verbeterd"),
}
NOTICE_STATES = {
    "confirmed": "weet het",
    "processed": "verwerkt in hun systeem",
    "delivered": "bericht bezorgd",
    "under_way": "bericht is onderweg",
    "phone": "kan dit niet per bericht krijgen: bel hen",
}
HANDOVER_STATES = {
    "asked": ("let-op", "hourglass", "Wacht op de code"),
    "coded": ("info", "download", "Het bestand staat klaar"),
    "taken": ("neutraal", "check", "Meegegeven"),
}
ERASURE_STATES = {
    "asked": ("let-op", "hourglass", "Wacht op besluit"),
    "refused": ("neutraal", "x", "Besloten"),
    "done": ("positief", "check", "Gewist"),
}
DUTIES = {
    "legal_hold": "er loopt een klacht, een onderzoek of een rechtszaak",
    "running": "er loopt hulp die de wet vraagt",
    "just_ended": "hulp die de wet vroeg, is net voorbij",
}
RETENTION_KINDS = {
    "content": "Inhoud van verwijzingen en berichten",
    "case": "Hele dossiers zonder vaste contactpersoon",
    "payload": "Ontvangen bestanden van partners",
    "messages": "Regels over berichten, zonder inhoud",
    "memory": "Kenmerken waarmee wij herhaling herkennen",
    "evidence": "Verzoeken van inwoners en wat ervan kwam",
}
RETENTION_SINCE = {
    "content": "na het einde van de verwijzing",
    "case": "na het einde van de laatste verwijzing",
    "payload": "nadat het is afgehandeld",
    "messages": "na het bericht",
    "memory": "na ontvangst",
    "evidence": "na het besluit",
}
_DATA = {
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
    "outcome": "Uitkomst",
    "purpose": "Doel",
    "reason": "Welke hulp is nodig",
    "receiver": "Ontvanger",
    "said": "Gezegd",
    "sender": "Verzender",
    "service": "Dienst",
    "state": "Stand",
    "status": "Stand",
    "story": "Verhaal",
    "to": "Aan",
    "until": "Tot",
    "urgency": "Hoe snel",
    **RIGHTS_FIELDS,
}


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
        return "ja" if value else "nee"
    return str(value)


def moment_of(text: str) -> dt.datetime:
    """Give the moment that stands in an export as text."""
    return dt.datetime.fromisoformat(text)
