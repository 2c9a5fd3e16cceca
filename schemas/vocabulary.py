"""The closed lists of the field, in English as the contract names them."""

from enum import StrEnum


class LifeDomain(StrEnum):
    """A life domain (leefgebied): the thirteen of the self-sufficiency matrix (ZRM), names only."""

    FINANCES = "finances"
    WORK_EDUCATION = "work_education"
    DAYTIME_ACTIVITIES = "daytime_activities"
    HOUSING = "housing"
    DOMESTIC_RELATIONS = "domestic_relations"
    MENTAL_HEALTH = "mental_health"
    PHYSICAL_HEALTH = "physical_health"
    SUBSTANCE_USE = "substance_use"
    BASIC_ADL = "basic_adl"
    INSTRUMENTAL_ADL = "instrumental_adl"
    SOCIAL_NETWORK = "social_network"
    COMMUNITY_PARTICIPATION = "community_participation"
    JUSTICE = "justice"


HEALTH_DOMAINS = frozenset({LifeDomain.MENTAL_HEALTH, LifeDomain.PHYSICAL_HEALTH, LifeDomain.SUBSTANCE_USE})


class Status(StrEnum):
    """The business state of a referral: what people decided. Never what a network did."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    QUESTION = "question"
    WAITLISTED = "waitlisted"
    REDIRECT_PROPOSED = "redirect_proposed"
    ACCEPTED = "accepted"
    PLANNED = "planned"
    STARTED = "started"
    PAUSED = "paused"
    COMPLETED = "completed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    STOPPED_BY_CLIENT = "stopped_by_client"
    ENDED = "ended"
    EXPIRED = "expired"
    REDIRECTED = "redirected"
    ENTERED_IN_ERROR = "entered_in_error"


class Event(StrEnum):
    """What someone does to a referral."""

    SEND = "send"
    RECEIVE = "receive"
    ASK = "ask"
    ANSWER = "answer"
    WAITLIST = "waitlist"
    PROPOSE_REDIRECT = "propose_redirect"
    CONFIRM_REDIRECT = "confirm_redirect"
    ACCEPT = "accept"
    UNDO_ACCEPT = "undo_accept"
    DECLINE = "decline"
    PLAN = "plan"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    CLIENT_STOPS = "client_stops"
    END = "end"
    EXPIRE = "expire"
    REOPEN = "reopen"
    MARK_ERROR = "mark_error"


class Delivery(StrEnum):
    """The delivery state of a message: what systems did with it."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    PROCESSED = "processed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    QUARANTINED = "quarantined"


class Outcome(StrEnum):
    """What the help led to, told after an end."""

    REACHED = "reached"
    PARTLY = "partly"
    NOT_REACHED = "not_reached"
    UNDETERMINED = "undetermined"


class MaskedStatus(StrEnum):
    """What is left of a status for whoever may see only that something runs."""

    RUNNING = "running"
    NOT_RUNNING = "not_running"
    FINISHED = "finished"


class Urgency(StrEnum):
    """How soon an answer is needed."""

    ROUTINE = "routine"
    URGENT = "urgent"
    TODAY = "today"


class Basis(StrEnum):
    """The legal basis for sharing (AVG article 6, first paragraph: a, c, d, e)."""

    CONSENT = "consent"
    LEGAL_DUTY = "legal_duty"
    VITAL_INTEREST = "vital_interest"
    PUBLIC_TASK = "public_task"


class SharedField(StrEnum):
    """What a sender chooses to share or not, in the order in which a receiver reads it.

    What is asked (service, life domains, urgency), by whom and on which ground always goes along: without it there is
    no referral.
    """

    FAMILY_NAME = "family_name"
    PREFIX = "prefix"
    INITIALS = "initials"
    GIVEN_NAME = "given_name"
    BIRTH_DATE = "birth_date"
    GENDER = "gender"
    BSN = "bsn"
    CLIENT_WORDS = "client_words"
    REASON = "reason"
    STRENGTHS = "strengths"
    EVIDENCE = "evidence"


class ConsentKind(StrEnum):
    """What happens to a consent. Each is one more piece of evidence; none replaces another."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Purpose(StrEnum):
    """What data is used for. Enforcement exists only to be refused."""

    GUIDANCE = "guidance"
    TRIAGE = "triage"
    TREATMENT = "treatment"
    DEBT_HELP = "debt_help"
    PLACEMENT = "placement"
    INCOME = "income"
    ENFORCEMENT = "enforcement"
    OPERATIONS = "operations"
    ACCOUNTABILITY = "accountability"
    OWN_DATA = "own_data"
    STATISTICS = "statistics"


# What a referral may be for: help, or one's own task. The rest are purposes of looking, and enforcement is refused.
PURPOSES_OF_REFERRALS = frozenset(
    {
        Purpose.GUIDANCE,
        Purpose.TRIAGE,
        Purpose.TREATMENT,
        Purpose.DEBT_HELP,
        Purpose.PLACEMENT,
        Purpose.INCOME,
    }
)


class Gender(StrEnum):
    """Administrative gender, the values of FHIR R4."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class OrganisationKind(StrEnum):
    """The kinds of organisation round the table."""

    WORK_AND_INCOME = "work_and_income"
    ACCESS_TEAM = "access_team"
    SOCIAL_WORK = "social_work"
    MENTAL_HEALTH = "mental_health"
    REINTEGRATION = "reintegration"
    MUNICIPALITY = "municipality"


class MessageKind(StrEnum):
    """The kinds of canonical message; the value is the CloudEvents ``type``."""

    SENT = "nl.schakel.referrals.sent"
    RECEIVED = "nl.schakel.referrals.received"
    ASKED = "nl.schakel.referrals.asked"
    ANSWERED = "nl.schakel.referrals.answered"
    WAITLISTED = "nl.schakel.referrals.waitlisted"
    REDIRECT_PROPOSED = "nl.schakel.referrals.redirect-proposed"
    REDIRECT_CONFIRMED = "nl.schakel.referrals.redirect-confirmed"
    ACCEPTED = "nl.schakel.referrals.accepted"
    ACCEPT_UNDONE = "nl.schakel.referrals.accept-undone"
    DECLINED = "nl.schakel.referrals.declined"
    PLANNED = "nl.schakel.referrals.planned"
    STARTED = "nl.schakel.referrals.started"
    PAUSED = "nl.schakel.referrals.paused"
    RESUMED = "nl.schakel.referrals.resumed"
    COMPLETED = "nl.schakel.referrals.completed"
    WITHDRAWN = "nl.schakel.referrals.withdrawn"
    STOPPED_BY_CLIENT = "nl.schakel.referrals.stopped-by-client"
    ENDED = "nl.schakel.referrals.ended"
    EXPIRED = "nl.schakel.referrals.expired"
    REOPENED = "nl.schakel.referrals.reopened"
    MARKED_IN_ERROR = "nl.schakel.referrals.marked-in-error"
    CHANGE_REQUESTED = "nl.schakel.referrals.change-requested"
    CONSENT_WITHDRAWN = "nl.schakel.referrals.consent-withdrawn"
    CORRECTED = "nl.schakel.referrals.corrected"
    ERASED = "nl.schakel.referrals.erased"
    STEP_RETRACTED = "nl.schakel.referrals.step-retracted"
    PROCESSED = "nl.schakel.receipts.processed"
    REFUSED = "nl.schakel.receipts.refused"

    @property
    def is_receipt(self) -> bool:
        """Whether this tells what a system did with a message, not what a person decided."""
        return self in (MessageKind.PROCESSED, MessageKind.REFUSED)


KIND_OF_EVENT = {
    Event.SEND: MessageKind.SENT,
    Event.RECEIVE: MessageKind.RECEIVED,
    Event.ASK: MessageKind.ASKED,
    Event.ANSWER: MessageKind.ANSWERED,
    Event.WAITLIST: MessageKind.WAITLISTED,
    Event.PROPOSE_REDIRECT: MessageKind.REDIRECT_PROPOSED,
    Event.CONFIRM_REDIRECT: MessageKind.REDIRECT_CONFIRMED,
    Event.ACCEPT: MessageKind.ACCEPTED,
    Event.UNDO_ACCEPT: MessageKind.ACCEPT_UNDONE,
    Event.DECLINE: MessageKind.DECLINED,
    Event.PLAN: MessageKind.PLANNED,
    Event.START: MessageKind.STARTED,
    Event.PAUSE: MessageKind.PAUSED,
    Event.RESUME: MessageKind.RESUMED,
    Event.COMPLETE: MessageKind.COMPLETED,
    Event.WITHDRAW: MessageKind.WITHDRAWN,
    Event.CLIENT_STOPS: MessageKind.STOPPED_BY_CLIENT,
    Event.END: MessageKind.ENDED,
    Event.EXPIRE: MessageKind.EXPIRED,
    Event.REOPEN: MessageKind.REOPENED,
    Event.MARK_ERROR: MessageKind.MARKED_IN_ERROR,
}
EVENT_OF_KIND = {kind: event for event, kind in KIND_OF_EVENT.items()}


class ItemKind(StrEnum):
    """What people write down in a case."""

    SCORE = "score"
    GOAL = "goal"
    STEP = "step"
    REMARK = "remark"
    AGREEMENT = "agreement"
    DECISION = "decision"
    MINUTE = "minute"
    AGENDA_ITEM = "agenda_item"
    DOCUMENT = "document"
    NOTE = "note"
    CONTACT = "contact"
    APPOINTMENT = "appointment"
    OWN_WORDS = "own_words"


class ItemState(StrEnum):
    """How far it is with something that was written down; nothing is ever thrown away, at most ``removed``."""

    OPEN = "open"
    BUSY = "busy"
    DONE = "done"
    STOPPED = "stopped"
    REMOVED = "removed"
