"""Words for the access rules: kinds of data, ties, circumstances, and what an emergency asks."""

from hub.web.translations import Words

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
