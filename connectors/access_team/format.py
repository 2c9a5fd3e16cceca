"""The words and limits of the ZGW Zaken API 1.6 (1.5.1 has the same) and of StUF-Jeugdzorg 1.0.9, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.vocabulary import Event, Gender, LifeDomain, MessageKind, Outcome, Urgency

PLAN_TYPE = "application/vnd.schakel.zgw-plan+json"
JSON_TYPE = "application/json"

# Zaken API 1.6.0, schemas Zaak, Status, Resultaat, Rol, Opschorting: maxLength.
TITLE, TEXT, NUMBER, KEY, SUSPENSION = 80, 1000, 40, 40, 200
UNIT_ID, UNIT_NAME, OTHER_ID = 24, 50, 17
FAMILY_NAME, PREFIX, INITIALS, GIVEN_NAME, PROPERTY_NAME, RESULT_NAME = 200, 80, 20, 200, 20, 30
MAX_URL = 1000

HEADINGS = {"note": "Bericht: ", "client_words": "In eigen woorden: ", "strengths": "Wat goed gaat: "}
"""What stands before each part of a ``toelichting`` but the first, the reason."""
OURS = "schakel"
"""The ``bron`` of our own ``kenmerk``."""
NUMBER_MARK = "SCHAKEL-"

CONFIDENTIALITY = (
    "openbaar", "beperkt_openbaar", "intern", "zaakvertrouwelijk", "vertrouwelijk", "confidentieel", "geheim",
    "zeer_geheim",
)  # fmt: skip
ROLES = (
    "adviseur", "behandelaar", "belanghebbende", "beslisser", "initiator", "klantcontacter", "zaakcoordinator",
    "mede_initiator",
)  # fmt: skip

# Local to each catalogue; a partner's own words are added in its dialect settings.
STATUSES: Mapping[str, Event] = {
    "Aangemeld": Event.SEND,
    "Ontvangen": Event.RECEIVE,
    "Vraag gesteld": Event.ASK,
    "Vraag beantwoord": Event.ANSWER,
    "Wachtlijst": Event.WAITLIST,
    "Doorverwijzing voorgesteld": Event.PROPOSE_REDIRECT,
    "Geaccepteerd": Event.ACCEPT,
    "Acceptatie ingetrokken": Event.UNDO_ACCEPT,
    "Gepland": Event.PLAN,
    "In behandeling": Event.START,
    "Heropend": Event.REOPEN,
}


@dataclass(frozen=True, kw_only=True)
class End:
    """What a result means: how the referral ended, and what the help led to."""

    event: Event
    outcome: Outcome | None = None


RESULTS: Mapping[str, End] = {
    "Afgerond": End(event=Event.COMPLETE),
    "Doel bereikt": End(event=Event.COMPLETE, outcome=Outcome.REACHED),
    "Doel deels bereikt": End(event=Event.COMPLETE, outcome=Outcome.PARTLY),
    "Doel niet bereikt": End(event=Event.COMPLETE, outcome=Outcome.NOT_REACHED),
    "Uitkomst niet te bepalen": End(event=Event.COMPLETE, outcome=Outcome.UNDETERMINED),
    "Afgewezen": End(event=Event.DECLINE),
    "Voortijdig beëindigd": End(event=Event.END),
    "Gestopt door cliënt": End(event=Event.CLIENT_STOPS),
    "Ingetrokken": End(event=Event.WITHDRAW),
    "Verlopen": End(event=Event.EXPIRE),
    "Doorverwezen": End(event=Event.CONFIRM_REDIRECT),
    "Foutief ingevoerd": End(event=Event.MARK_ERROR),
}
# Where the own name of a result says nothing: the generic one (Catalogi API, resultaattype.omschrijvingGeneriek).
GENERIC_RESULTS: Mapping[str, Event] = {
    "Afgehandeld": Event.COMPLETE,
    "Afgesloten": Event.COMPLETE,
    "Uitgevoerd": Event.COMPLETE,
    "Verleend": Event.COMPLETE,
    "Verstrekt": Event.COMPLETE,
    "Geweigerd": Event.DECLINE,
    "Niet verleend": Event.DECLINE,
    "Niet ontvankelijk": Event.DECLINE,
    "Afgebroken": Event.END,
    "Niet doorgegaan": Event.END,
    "Opgeheven": Event.END,
    "Ingetrokken": Event.WITHDRAW,
}
# A result is a word of the register, not of who set it: what the other part alone may do is read as what this part may.
BY_RECEIVER = {
    Event.WITHDRAW: Event.END,
    Event.EXPIRE: Event.END,
    Event.MARK_ERROR: Event.END,
    Event.CONFIRM_REDIRECT: Event.PROPOSE_REDIRECT,
}
BY_SENDER = dict.fromkeys((Event.COMPLETE, Event.DECLINE, Event.END, Event.EXPIRE), Event.WITHDRAW)

# What a status proves without saying so: a register tells its present state only, never each step to it.
IMPLIED: Mapping[Event, tuple[Event, ...]] = {
    **dict.fromkeys(
        (Event.ASK, Event.WAITLIST, Event.PROPOSE_REDIRECT, Event.ACCEPT, Event.DECLINE, Event.END), (Event.RECEIVE,)
    ),
    **dict.fromkeys((Event.PLAN, Event.START), (Event.RECEIVE, Event.ACCEPT)),
    **dict.fromkeys((Event.PAUSE, Event.COMPLETE), (Event.RECEIVE, Event.ACCEPT, Event.START)),
}

PROPERTIES: Mapping[str, str] = {"life_domains": "leefgebieden", "urgency": "urgentie"}
"""Fields that travel as ``ZaakEigenschap``, each with the name of that property in the catalogue."""

DOMAINS: Mapping[LifeDomain, str] = {  # GGM, "Domein van zelfredzaamheid"
    LifeDomain.FINANCES: "Financiën",
    LifeDomain.WORK_EDUCATION: "Werk & Opleiding",
    LifeDomain.DAYTIME_ACTIVITIES: "Tijdsbesteding",
    LifeDomain.HOUSING: "Huisvesting",
    LifeDomain.DOMESTIC_RELATIONS: "Huiselijke relaties",
    LifeDomain.MENTAL_HEALTH: "Geestelijke gezondheid",
    LifeDomain.PHYSICAL_HEALTH: "Lichamelijke gezondheid",
    LifeDomain.SUBSTANCE_USE: "Middelengebruik",
    LifeDomain.BASIC_ADL: "Basale ADL",
    LifeDomain.INSTRUMENTAL_ADL: "Instrumentele ADL",
    LifeDomain.SOCIAL_NETWORK: "Sociaal netwerk",
    LifeDomain.COMMUNITY_PARTICIPATION: "Maatschappelijke participatie",
    LifeDomain.JUSTICE: "Justitie",
}
URGENCIES: Mapping[Urgency, str] = {
    Urgency.ROUTINE: "gewoon",
    Urgency.URGENT: "spoed",
    Urgency.TODAY: "vandaag",
}
GENDERS = {Gender.MALE: "m", Gender.FEMALE: "v", Gender.OTHER: "o"}
GENDER_OF = {"m": Gender.MALE, "v": Gender.FEMALE, "o": Gender.OTHER, "": None}

STUF = "http://www.egem.nl/StUF/StUF0301"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
JZ = "http://www.stufstandaarden.nl/koppelvlak/jz0100"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
# StUF-JZ 1.0.9, LeefgebiedType. 02 (identity) and 03 (attitude, behaviour, skills) have no domain of their own here:
# they get the nearest, and never one of health, which nobody said.
LEEFGEBIEDEN: Mapping[str, LifeDomain] = {
    "01": LifeDomain.FINANCES,
    "02": LifeDomain.INSTRUMENTAL_ADL,
    "03": LifeDomain.COMMUNITY_PARTICIPATION,
    "04": LifeDomain.WORK_EDUCATION,
    "05": LifeDomain.DAYTIME_ACTIVITIES,
    "06": LifeDomain.HOUSING,
    "07": LifeDomain.DOMESTIC_RELATIONS,
    "08": LifeDomain.MENTAL_HEALTH,
    "09": LifeDomain.PHYSICAL_HEALTH,
    "10": LifeDomain.SUBSTANCE_USE,
    "11": LifeDomain.SOCIAL_NETWORK,
    "12": LifeDomain.JUSTICE,
}
NEAREST = frozenset({"02", "03"})
STUF_GENDERS = {"M": Gender.MALE, "V": Gender.FEMALE, "O": Gender.UNKNOWN}

K = MessageKind
UNSAID: Mapping[MessageKind, str] = {
    K.ERASED: "a register removes its own cases; nobody else may",
    K.STEP_RETRACTED: "a register adds a status; one that was set is not taken away",
    K.CHANGE_REQUESTED: "the Zaken API knows no request for change",
    K.PROCESSED: "the HTTP answer says it",
    K.REFUSED: "the HTTP answer says it",
}
