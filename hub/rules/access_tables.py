"""The data of the access policy: its closed lists, roles and grounds, as a privacy officer may read them."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.vocabulary import Basis, OrganisationKind, Purpose


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
