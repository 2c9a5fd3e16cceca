"""Words for people and systems that sign in: their roles, and what was done to their account."""

from hub.web.translations import Words

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
