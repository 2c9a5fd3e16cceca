"""The words of an ``aanmelding`` for what the canonical message says: closed lists, one table each.

After the municipal data model (GGM, Sociale Teams: Caseaanmelding, SociaalTeamDossier) and the life cycle of debt help
(DDAS v0.10: aanmelding, oplossing, uitstroom).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from schemas.vocabulary import Basis, Event, Gender, LifeDomain, MessageKind, Outcome, Purpose, Status, Urgency

K = MessageKind
BERICHTEN = {
    K.SENT: "aanmelding",
    K.RECEIVED: "ontvangen",
    K.ASKED: "vraag",
    K.ANSWERED: "antwoord",
    K.WAITLISTED: "wachtlijst",
    K.REDIRECT_PROPOSED: "doorverwijzing-voorgesteld",
    K.REDIRECT_CONFIRMED: "doorverwijzing-bevestigd",
    K.ACCEPTED: "geaccepteerd",
    K.ACCEPT_UNDONE: "acceptatie-teruggenomen",
    K.DECLINED: "afgewezen",
    K.PLANNED: "gepland",
    K.STARTED: "gestart",
    K.PAUSED: "gepauzeerd",
    K.RESUMED: "hervat",
    K.COMPLETED: "afgerond",
    K.WITHDRAWN: "ingetrokken",
    K.STOPPED_BY_CLIENT: "gestopt-door-client",
    K.ENDED: "beeindigd",
    K.EXPIRED: "verlopen",
    K.REOPENED: "heropend",
    K.MARKED_IN_ERROR: "foutief-ingevoerd",
    K.CHANGE_REQUESTED: "wijziging-gevraagd",
    K.CONSENT_WITHDRAWN: "toestemming-ingetrokken",
    K.CORRECTED: "gecorrigeerd",
    K.ERASED: "gewist",
    K.STEP_RETRACTED: "stap-teruggenomen",
    K.PROCESSED: "ontvangstbevestiging",
    K.REFUSED: "afkeuring",
}
STAPPEN = {
    Event.SEND: "aanmelden",
    Event.RECEIVE: "ontvangen",
    Event.ASK: "vragen",
    Event.ANSWER: "antwoorden",
    Event.WAITLIST: "op-wachtlijst-zetten",
    Event.PROPOSE_REDIRECT: "doorverwijzing-voorstellen",
    Event.CONFIRM_REDIRECT: "doorverwijzing-bevestigen",
    Event.ACCEPT: "accepteren",
    Event.UNDO_ACCEPT: "acceptatie-terugnemen",
    Event.DECLINE: "afwijzen",
    Event.PLAN: "plannen",
    Event.START: "starten",
    Event.PAUSE: "pauzeren",
    Event.RESUME: "hervatten",
    Event.COMPLETE: "afronden",
    Event.WITHDRAW: "intrekken",
    Event.CLIENT_STOPS: "stoppen-door-client",
    Event.END: "beeindigen",
    Event.EXPIRE: "verlopen",
    Event.REOPEN: "heropenen",
    Event.MARK_ERROR: "foutief-noemen",
}
STATUSSEN = {
    Status.DRAFT: "concept",
    Status.SENT: "aangemeld",
    Status.RECEIVED: "ontvangen",
    Status.QUESTION: "vraag-gesteld",
    Status.WAITLISTED: "wachtlijst",
    Status.REDIRECT_PROPOSED: "doorverwijzing-voorgesteld",
    Status.ACCEPTED: "geaccepteerd",
    Status.PLANNED: "gepland",
    Status.STARTED: "gestart",
    Status.PAUSED: "gepauzeerd",
    Status.COMPLETED: "afgerond",
    Status.DECLINED: "afgewezen",
    Status.WITHDRAWN: "ingetrokken",
    Status.STOPPED_BY_CLIENT: "gestopt-door-client",
    Status.ENDED: "beeindigd",
    Status.EXPIRED: "verlopen",
    Status.REDIRECTED: "doorverwezen",
    Status.ENTERED_IN_ERROR: "foutief-ingevoerd",
}
LEEFGEBIEDEN = {
    LifeDomain.FINANCES: "financien",
    LifeDomain.WORK_EDUCATION: "werk-en-opleiding",
    LifeDomain.DAYTIME_ACTIVITIES: "tijdsbesteding",
    LifeDomain.HOUSING: "huisvesting",
    LifeDomain.DOMESTIC_RELATIONS: "huiselijke-relaties",
    LifeDomain.MENTAL_HEALTH: "geestelijke-gezondheid",
    LifeDomain.PHYSICAL_HEALTH: "lichamelijke-gezondheid",
    LifeDomain.SUBSTANCE_USE: "middelengebruik",
    LifeDomain.BASIC_ADL: "basale-adl",
    LifeDomain.INSTRUMENTAL_ADL: "instrumentele-adl",
    LifeDomain.SOCIAL_NETWORK: "sociaal-netwerk",
    LifeDomain.COMMUNITY_PARTICIPATION: "maatschappelijke-participatie",
    LifeDomain.JUSTICE: "justitie",
}
URGENTIES = {Urgency.ROUTINE: "gewoon", Urgency.URGENT: "spoed", Urgency.TODAY: "vandaag"}
GESLACHTEN = {Gender.MALE: "man", Gender.FEMALE: "vrouw", Gender.OTHER: "anders", Gender.UNKNOWN: "onbekend"}
RESULTATEN = {
    Outcome.REACHED: "bereikt",
    Outcome.PARTLY: "deels-bereikt",
    Outcome.NOT_REACHED: "niet-bereikt",
    Outcome.UNDETERMINED: "niet-vastgesteld",
}
GRONDSLAGEN = {
    Basis.CONSENT: "toestemming",
    Basis.LEGAL_DUTY: "wettelijke-plicht",
    Basis.VITAL_INTEREST: "vitaal-belang",
    Basis.PUBLIC_TASK: "publieke-taak",
}
DOELEN = {
    Purpose.GUIDANCE: "begeleiding",
    Purpose.TRIAGE: "toegang",
    Purpose.TREATMENT: "behandeling",
    Purpose.DEBT_HELP: "schuldhulp",
    Purpose.PLACEMENT: "plaatsing",
    Purpose.INCOME: "inkomen",
    Purpose.ENFORCEMENT: "handhaving",
    Purpose.OPERATIONS: "beheer",
    Purpose.ACCOUNTABILITY: "verantwoording",
    Purpose.OWN_DATA: "eigen-gegevens",
    Purpose.STATISTICS: "statistiek",
}

W = TypeVar("W", bound=StrEnum)


def meant_by(table: Mapping[W, str], word: str | None) -> W | None:
    """Give the canonical code for a word; nothing where there is no word."""
    return next((code for code, known in table.items() if known == word), None)
