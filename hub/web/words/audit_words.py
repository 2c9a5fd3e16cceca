"""The words of the log of who looked."""

from hub.rules import access_reasons
from hub.rules.access import reason
from hub.web.translations import Words, language

DEEDS = Words(
    {
        "case.view": "Dossier bekeken",
        "case.entries": "Tijdlijn opgehaald",
        "case.push": "Live meegekeken",
        "worklist.view": "In de werkvoorraad gezien",
        "search.view": "Gevonden met zoeken",
        "referral.view": "Verwijzing bekeken",
        "referral.list": "Verwijzingen opgehaald",
        "referral.trail": "Stappen bekeken",
        "referral.send": "Verwijzing verstuurd",
        "referral.event": "Stap vastgelegd",
        "feed.read": "Berichten opgehaald",
        "item.write": "In het dossier geschreven",
        "item.change": "In het dossier gewijzigd",
        "meeting.view": "Op de agenda van een overleg gezien",
        "meeting.plan": "Overleg gepland",
        "meeting.seat": "Plaats aan tafel gewijzigd",
        "document.take": "Document opgehaald",
        "intake.take": "Bericht gebracht",
        "intake.read": "Stand van een bericht opgevraagd",
        "message.apply": "Bericht verwerkt",
        "message.deliver": "Bericht bezorgd",
        "message.view": "Bericht bekeken",
        "message.rehearse": "Bericht getoond bij een proef",
        "audit.view": "Gezien wie keek",
        "audit.names": "Namen gezien van wie keek",
        "client.export": "Gegevens uitgegeven",
        "client.correct": "Gegevens verbeterd",
        "client.erase": "Verzoek om wissen",
        "emergency.open": "Noodtoegang geopend",
        "consent.change": "Toestemming gewijzigd",
        "oversight.view": "In het overzicht van toegang gezien",
        "configuration.change": "Toegang gewijzigd",
        "capacity.change": "Plek van een dienst gewijzigd",
        "client.hold": "Langer bewaren vastgelegd",
        "report.view": "Cijfers bekeken",
        "report.export": "Cijfers opgehaald",
    }
)
KINDS = Words(
    {
        "contact": "naam en contact",
        "identifier": "BSN",
        "process_status": "hoe ver het is",
        "appointment": "afspraken",
        "goal_plan": "doelen en plan",
        "progress": "voortgang",
        "financial": "geldzaken",
        "work_ability": "wat iemand kan op het werk",
        "care_need": "zorgvraag",
        "health_content": "zorginhoud",
    }
)
MASKS = Words({"status_only": "alleen of het loopt", "announcement": "aankondiging"})
INTERESTS = Words(
    {
        "client_asks": "De inwoner vraagt erom",
        "doubt": "Ik twijfel of dit hoort",
        "complaint": "Er is een klacht",
        "review": "Voor de controle",
    }
)
VERDICTS = Words(
    {
        "in_order": "Hoort bij het werk",
        "talked": "Niet nodig, besproken",
        "breach": "Niet in orde: melden",
    }
)
DOUBTS = Words(
    {
        "emergency": "Noodtoegang.",
        "same_name": "Dezelfde achternaam als de inwoner.",
        "after_end": "Probeerde te kijken nadat de taak was beëindigd.",
        "denied_run": "Werd kort na elkaar bij verschillende inwoners geweigerd.",
        "denied_often": "Werd deze week bij verschillende inwoners geweigerd.",
        "many_clients": "Keek bij meer dan vijftig inwoners op één dag.",
        "at_night": "Keek ’s nachts, en werkt zelden ’s nachts.",
        "sample": "Steekproef.",
    }
)


def reason_of(rule: str) -> str:
    """Give the reason of a rule in the viewer's language; nothing where it is no rule of the policy."""
    return getattr(reason(rule), language()) if rule in access_reasons.REASONS else ""
