"""The data of the access policy: its closed lists, roles, grounds and reasons, as a privacy officer may read them."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.vocabulary import HEALTH_DOMAINS, Basis, LifeDomain, OrganisationKind, Purpose

__all__ = [
    "ACTOR_KINDS",
    "CARE",
    "GROUNDS",
    "HEALTH_DOMAINS",
    "REASONS",
    "ROLES",
    "WORK_SIDE",
    "Action",
    "BasisState",
    "Category",
    "Flag",
    "Law",
    "LifeDomain",
    "Mask",
    "OrganisationKind",
    "Purpose",
    "Reason",
    "Relation",
    "RelationState",
    "Role",
    "RoleRow",
]


class Role(StrEnum):
    """In what capacity somebody, or a system, asks."""

    CASE_DIRECTOR = "case_director"
    INCOME_CONSULTANT = "income_consultant"
    JOB_MATCHER = "job_matcher"
    ENFORCER = "enforcer"
    TEAM_MEMBER = "team_member"
    TEAM_COORDINATOR = "team_coordinator"
    SOCIAL_WORKER = "social_worker"
    DEBT_COUNSELLOR = "debt_counsellor"
    PRACTITIONER = "practitioner"
    INTAKE_WORKER = "intake_worker"
    JOB_COACH = "job_coach"
    PLANNER = "planner"
    FUNCTIONAL_ADMIN = "functional_admin"
    PRIVACY_OFFICER = "privacy_officer"
    POLICY_ADVISER = "policy_adviser"
    MACHINE = "machine"
    CLIENT = "client"
    REPRESENTATIVE = "representative"


class Relation(StrEnum):
    """What ties the one who asks to the client."""

    NONE = "none"
    SELF = "self"
    MANDATE = "mandate"
    REGIE = "regie"
    REFERRAL_SENDER = "referral_sender"
    REFERRAL_RECEIVER = "referral_receiver"
    TEAM_ITEM = "team_item"


class RelationState(StrEnum):
    """How far that tie is: announced before acceptance, ended after the last view term."""

    ANNOUNCED = "announced"
    ACTIVE = "active"
    ENDED = "ended"


class BasisState(StrEnum):
    """Whether the ground named is there and holds; anything but valid opens nothing."""

    VALID = "valid"
    MISSING = "missing"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Law(StrEnum):
    """The law under a public task or a legal duty."""

    PARTICIPATIEWET = "participatiewet"
    WMO_2015 = "wmo_2015"
    WGS = "wgs"
    WAMS = "wams"
    WGBO = "wgbo"
    AVG = "avg"


class Category(StrEnum):
    """What kind of data an item holds; free text takes the highest category of its form."""

    CONTACT = "contact"
    IDENTIFIER = "identifier"
    PROCESS_STATUS = "process_status"
    APPOINTMENT = "appointment"
    GOAL_PLAN = "goal_plan"
    PROGRESS = "progress"
    FINANCIAL = "financial"
    WORK_ABILITY = "work_ability"
    CARE_NEED = "care_need"
    HEALTH_CONTENT = "health_content"
    PRIVATE_NOTE = "private_note"
    DELIVERY_META = "delivery_meta"
    AUDIT_LOG = "audit_log"
    AGGREGATE = "aggregate"


class Action(StrEnum):
    """What is asked; a search counts as a view of ``contact`` for each hit."""

    VIEW = "view"
    EDIT = "edit"
    SHARE = "share"
    EXPORT = "export"
    SUBSCRIBE = "subscribe"


class Mask(StrEnum):
    """How much of an allowed item is shown."""

    FULL = "full"
    STATUS_ONLY = "status_only"
    ANNOUNCEMENT = "announcement"


class Flag(StrEnum):
    """A circumstance of the question that a rule may turn on."""

    OTHER_MUNICIPALITY = "other_municipality"
    OWN_OR_RELATIVE_FILE = "own_or_relative_file"
    OBJECTION = "objection"
    SECOND_HAT = "second_hat"
    AUTHOR = "author"
    BREAK_GLASS = "break_glass"
    REASON_GIVEN = "reason_given"
    N_BELOW_10 = "n_below_10"
    WAMS_IN_FORCE = "wams_in_force"
    CARE_STATUS_BY_CONSENT = "care_status_by_consent"
    """The municipality chose that a regisseur gets nothing of care, not even masked, without the client's consent."""
    OTHER_OWNER = "other_owner"
    """The owner is another organisation than the actor's, though of the same kind (a second access team)."""
    RECIPIENT_NOT_OWNER = "recipient_not_owner"
    """The recipient is another organisation than the owner, though of the same kind."""


CLIENT_SIDE = "client"
"""The organisation of the client and of whoever acts for the client."""
ACTOR_KINDS = frozenset({*OrganisationKind, CLIENT_SIDE})
WORK_SIDE = frozenset({OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION})
"""Who never gets health data, whatever the ground."""
CARE = frozenset({Category.CARE_NEED, Category.HEALTH_CONTENT})
"""What leaves its own organisation by explicit consent alone (professional secrecy)."""

_NO_CATEGORIES: frozenset[Category] = frozenset()
_CONTACT = frozenset({Category.CONTACT, Category.PROCESS_STATUS})
_DESK = _CONTACT | {Category.APPOINTMENT}
_PLAN = _CONTACT | {Category.GOAL_PLAN}
_GUIDANCE = _DESK | {Category.GOAL_PLAN, Category.PROGRESS, Category.IDENTIFIER}
_WORK = _PLAN | {Category.PROGRESS, Category.WORK_ABILITY}
_INCOME = _CONTACT | {Category.IDENTIFIER, Category.FINANCIAL}
_TEAM = _PLAN | {Category.APPOINTMENT, Category.CARE_NEED, Category.FINANCIAL, Category.WORK_ABILITY}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """A role: where it exists, what for, and which categories it needs of its own and of others' data."""

    dutch: str
    organisations: frozenset[str]
    purposes: frozenset[Purpose]
    own: frozenset[Category] = _NO_CATEGORIES
    received: frozenset[Category] = _NO_CATEGORIES


_W_AND_I = frozenset({OrganisationKind.WORK_AND_INCOME})
_ACCESS = frozenset({OrganisationKind.ACCESS_TEAM})
_SOCIAL = frozenset({OrganisationKind.SOCIAL_WORK})
_MENTAL = frozenset({OrganisationKind.MENTAL_HEALTH})
_REINTEGRATION = frozenset({OrganisationKind.REINTEGRATION})
_MUNICIPALITY = frozenset({OrganisationKind.MUNICIPALITY})
_CLIENT = frozenset({CLIENT_SIDE})

ROLES: dict[str, RoleRow] = {
    Role.CASE_DIRECTOR: RoleRow(
        dutch="klantregisseur",
        organisations=_W_AND_I,
        purposes=frozenset({Purpose.GUIDANCE, Purpose.TRIAGE}),
        own=_GUIDANCE | {Category.WORK_ABILITY},
        received=_GUIDANCE | {Category.WORK_ABILITY, Category.FINANCIAL},
    ),
    Role.INCOME_CONSULTANT: RoleRow(
        dutch="inkomensconsulent",
        organisations=_W_AND_I,
        purposes=frozenset({Purpose.INCOME}),
        own=_INCOME,
        received=_INCOME,
    ),
    Role.JOB_MATCHER: RoleRow(
        dutch="werkmakelaar",
        organisations=_W_AND_I,
        purposes=frozenset({Purpose.PLACEMENT}),
        own=_WORK,
        received=_WORK,
    ),
    Role.ENFORCER: RoleRow(dutch="handhaver", organisations=_W_AND_I, purposes=frozenset({Purpose.ENFORCEMENT})),
    Role.TEAM_MEMBER: RoleRow(
        dutch="lid Toegangsteam",
        organisations=_ACCESS,
        purposes=frozenset({Purpose.TRIAGE}),
        own=_PLAN,
        received=_TEAM,
    ),
    Role.TEAM_COORDINATOR: RoleRow(
        dutch="coördinator Toegangsteam",
        organisations=_ACCESS,
        purposes=frozenset({Purpose.TRIAGE}),
        own=_PLAN | {Category.APPOINTMENT},
        received=_TEAM,
    ),
    Role.SOCIAL_WORKER: RoleRow(
        dutch="maatschappelijk werker",
        organisations=_SOCIAL,
        purposes=frozenset({Purpose.GUIDANCE, Purpose.TRIAGE}),
        own=_GUIDANCE | {Category.CARE_NEED},
        received=_GUIDANCE | {Category.CARE_NEED},
    ),
    Role.DEBT_COUNSELLOR: RoleRow(
        dutch="schuldhulpverlener",
        organisations=_SOCIAL,
        purposes=frozenset({Purpose.DEBT_HELP}),
        own=_GUIDANCE | {Category.FINANCIAL},
        received=_GUIDANCE | {Category.FINANCIAL},
    ),
    Role.PRACTITIONER: RoleRow(
        dutch="behandelaar",
        organisations=_MENTAL,
        purposes=frozenset({Purpose.TREATMENT, Purpose.TRIAGE}),
        own=_GUIDANCE | CARE,
        received=_GUIDANCE | CARE,
    ),
    Role.INTAKE_WORKER: RoleRow(
        dutch="aanmeldbureau GGZ",
        organisations=_MENTAL,
        purposes=frozenset({Purpose.TREATMENT}),
        own=_DESK | {Category.IDENTIFIER},
        received=_DESK | {Category.IDENTIFIER},
    ),
    Role.JOB_COACH: RoleRow(
        dutch="jobcoach",
        organisations=_REINTEGRATION,
        purposes=frozenset({Purpose.PLACEMENT}),
        own=_WORK | {Category.APPOINTMENT},
        received=_WORK | {Category.APPOINTMENT},
    ),
    Role.PLANNER: RoleRow(
        dutch="planner partner",
        organisations=_REINTEGRATION,
        purposes=frozenset({Purpose.PLACEMENT}),
        own=_DESK,
        received=_DESK,
    ),
    Role.FUNCTIONAL_ADMIN: RoleRow(
        dutch="functioneel beheerder", organisations=_MUNICIPALITY, purposes=frozenset({Purpose.OPERATIONS})
    ),
    Role.PRIVACY_OFFICER: RoleRow(
        dutch="functionaris gegevensbescherming",
        organisations=_MUNICIPALITY,
        purposes=frozenset({Purpose.ACCOUNTABILITY}),
    ),
    Role.POLICY_ADVISER: RoleRow(
        dutch="beleidsadviseur", organisations=_W_AND_I, purposes=frozenset({Purpose.STATISTICS})
    ),
    Role.MACHINE: RoleRow(
        dutch="koppeling",
        organisations=_W_AND_I | _ACCESS | _SOCIAL | _MENTAL | _REINTEGRATION,
        purposes=frozenset(
            {
                Purpose.GUIDANCE,
                Purpose.TRIAGE,
                Purpose.TREATMENT,
                Purpose.DEBT_HELP,
                Purpose.PLACEMENT,
                Purpose.INCOME,
            }
        ),
    ),
    Role.CLIENT: RoleRow(dutch="inwoner", organisations=_CLIENT, purposes=frozenset({Purpose.OWN_DATA})),
    Role.REPRESENTATIVE: RoleRow(
        dutch="bewindvoerder of mentor", organisations=_CLIENT, purposes=frozenset({Purpose.OWN_DATA})
    ),
}


_CONSENT = (Basis.CONSENT, "")
_VITAL = (Basis.VITAL_INTEREST, "")

GROUNDS: dict[str, frozenset[tuple[str, str]]] = {
    Purpose.GUIDANCE: frozenset(
        {_CONSENT, _VITAL, (Basis.PUBLIC_TASK, Law.PARTICIPATIEWET), (Basis.PUBLIC_TASK, Law.WMO_2015)}
    ),
    Purpose.TRIAGE: frozenset({_CONSENT, _VITAL, (Basis.PUBLIC_TASK, Law.WMO_2015), (Basis.PUBLIC_TASK, Law.WAMS)}),
    Purpose.TREATMENT: frozenset({_CONSENT, _VITAL, (Basis.LEGAL_DUTY, Law.WGBO)}),
    Purpose.DEBT_HELP: frozenset({_CONSENT, (Basis.PUBLIC_TASK, Law.WGS)}),
    Purpose.PLACEMENT: frozenset({_CONSENT, (Basis.PUBLIC_TASK, Law.PARTICIPATIEWET)}),
    Purpose.INCOME: frozenset({(Basis.PUBLIC_TASK, Law.PARTICIPATIEWET)}),
    Purpose.ENFORCEMENT: frozenset(),
    Purpose.OPERATIONS: frozenset({(Basis.LEGAL_DUTY, Law.AVG)}),
    Purpose.ACCOUNTABILITY: frozenset({(Basis.LEGAL_DUTY, Law.AVG)}),
    Purpose.OWN_DATA: frozenset({(Basis.LEGAL_DUTY, Law.AVG)}),
    Purpose.STATISTICS: frozenset({(Basis.PUBLIC_TASK, Law.PARTICIPATIEWET), (Basis.PUBLIC_TASK, Law.WMO_2015)}),
}
"""The pairs of basis and law that carry a purpose; a pair that is not here carries nothing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule decides as it does, in a sentence for the screen and one for the log."""

    nl: str
    en: str


REASONS: dict[str, Reason] = {
    "A01": Reason(
        "Eigen gegevens van de eigen organisatie, binnen de betrokkenheid.",
        "Data of the own organisation, within the involvement.",
    ),
    "A02": Reason(
        "Klantregisseur: regie over deze inwoner.",
        "Case director: in charge of the help to this client.",
    ),
    "A03": Reason(
        "Recht op uitkering: eigen gegevens van Werk & Inkomen.",
        "Entitlement to benefit: own data of Werk & Inkomen.",
    ),
    "A04": Reason(
        "Nodig voor deze geaccepteerde verwijzing.",
        "Needed for this accepted referral.",
    ),
    "A05": Reason(
        "Afzender ziet hoe het met de eigen verwijzing staat.",
        "The sender sees how its own referral is doing.",
    ),
    "A06": Reason(
        "Deelnemer aan deze casusbespreking, binnen de ingebrachte leefgebieden.",
        "Takes part in this case discussion, within the life domains brought in.",
    ),
    "A07": Reason(
        "Inzage in de eigen gegevens.",
        "Access to one's own data.",
    ),
    "A08": Reason(
        "Beheer van het berichtenverkeer, zonder inhoud.",
        "Operation of the message traffic, without content.",
    ),
    "A09": Reason(
        "Toezicht op wie wat heeft gezien.",
        "Oversight of who has seen what.",
    ),
    "A10": Reason(
        "Koppeling van de eigen organisatie, voor berichten aan of van die organisatie.",
        "The organisation's own system, for messages to or from that organisation.",
    ),
    "A11": Reason(
        "Noodtoegang: kort, met reden, gemeld aan de privacyfunctionaris en de inwoner.",
        "Emergency access: short, with a reason, told to the privacy officer and the client.",
    ),
    "A12": Reason(
        "Aankondiging: er is een verwijzing, zonder naam en inhoud.",
        "Announcement: there is a referral, without name and content.",
    ),
    "A13": Reason(
        "Geanonimiseerde telling, minstens 10 inwoners.",
        "Anonymised count of at least 10 clients.",
    ),
    "A14": Reason(
        "Delen: u mag het zien en de ontvanger mag het voor dit doel zien.",
        "Sharing: you may see it and the recipient may see it for this purpose.",
    ),
    "D00": Reason(
        "Er is geen regel die dit toestaat.",
        "No rule allows this.",
    ),
    "D01": Reason(
        "Handhaving krijgt uit Schakel nooit gegevens; toestemming of nood verandert dat niet.",
        "Enforcement never gets data from Schakel; consent or emergency does not change that.",
    ),
    "D02": Reason(
        "Voor inkomen mag alleen contact, BSN, processtatus en financiën van Werk & Inkomen zelf; "
        "niets uit vrijwillige begeleiding of zorg.",
        "For income only contact, BSN, process status and finances of Werk & Inkomen itself are allowed; "
        "nothing from voluntary guidance or care.",
    ),
    "D03": Reason(
        "Deze rol mag niet onder dit doel werken.",
        "This role may not work for this purpose.",
    ),
    "D04": Reason(
        "U heeft voor deze inwoner ook een pet inkomen of handhaving; begeleidings- en zorggegevens blijven dan dicht.",
        "You also hold an income or enforcement role for this client; data of guidance and care then stays closed.",
    ),
    "D05": Reason(
        "Er is geen lopende betrokkenheid bij deze inwoner.",
        "There is no current involvement with this client.",
    ),
    "D06": Reason(
        "Er is geen geldige grondslag (ontbreekt, verlopen, ingetrokken of past niet bij dit doel).",
        "There is no valid legal ground (missing, expired, withdrawn or not fit for this purpose).",
    ),
    "D07": Reason(
        "Een werkaantekening is alleen voor wie haar schreef.",
        "A working note is only for whoever wrote it.",
    ),
    "D08": Reason(
        "Gezondheidsgegevens gaan nooit naar Werk & Inkomen of een re-integratiepartner.",
        "Health data never goes to Werk & Inkomen or a re-integration partner.",
    ),
    "D09": Reason(
        "Beroepsgeheim: dit verlaat de eigen organisatie alleen met uitdrukkelijke toestemming "
        "voor deze ontvanger en dit soort gegeven.",
        "Professional secrecy: this leaves its own organisation only with explicit consent "
        "for this recipient and this kind of data.",
    ),
    "D10": Reason(
        "Dit hoort niet bij wat voor deze verwijzing en rol nodig is.",
        "This is not part of what this referral and role need.",
    ),
    "D11": Reason(
        "De verwijzing is aangekondigd, nog niet geaccepteerd: alleen de aankondiging is te zien.",
        "The referral is announced, not yet accepted: only the announcement can be seen.",
    ),
    "D12": Reason(
        "De betrokkenheid is geëindigd; de inzagetermijn is voorbij.",
        "The involvement has ended; the term for viewing is over.",
    ),
    "D13": Reason(
        "Beheer ziet berichtgegevens, nooit de inhoud.",
        "An operator sees message data, never the content.",
    ),
    "D14": Reason(
        "De ontvanger mag dit zelf niet inzien; delen via een omweg kan niet.",
        "The recipient may not see this; sharing by a detour is not possible.",
    ),
    "D15": Reason(
        "Deze inwoner hoort bij een andere gemeente.",
        "This client belongs to another municipality.",
    ),
    "D16": Reason(
        "Alleen de organisatie die het gegeven vastlegde mag het wijzigen of verder delen.",
        "Only the organisation that recorded the data may change it or pass it on.",
    ),
    "D17": Reason(
        "De inwoner heeft bezwaar gemaakt; verwerking is beperkt tot het besluit.",
        "The client has objected; processing is restricted until the decision.",
    ),
    "D18": Reason(
        "Noodtoegang geldt niet voor dit doel, deze rol of dit soort gegeven.",
        "Emergency access does not hold for this purpose, this role or this kind of data.",
    ),
    "D19": Reason(
        "Eigen dossier of dat van een naaste: alleen via een collega.",
        "Your own file or that of somebody close to you: only through a colleague.",
    ),
    "D20": Reason(
        "Voor toezicht zijn logregels genoeg; inhoud niet.",
        "For oversight log records are enough; content is not needed.",
    ),
}
