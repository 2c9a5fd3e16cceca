"""The states: one table between what a Task says and what happened, and what we take or leave of R4."""

from dataclasses import dataclass

from schemas.vocabulary import EVENT_OF_KIND, Event, MessageKind, Status

RECEIVE, ACCEPT, START = Event.RECEIVE, Event.ACCEPT, Event.START


@dataclass(frozen=True, kw_only=True)
class State:
    """One kind of message as FHIR tells it.

    ``word`` is our ``Task.businessStatus``; ``also`` are other Task states that may stand beside that word (Gravity's
    value set has no ``received``). ``plain`` says that the Task state alone means this.
    """

    kind: MessageKind
    word: str
    task: str
    request: str = "active"
    status: Status
    by_performer: bool = True
    implies: tuple[Event, ...] = ()
    also: tuple[str, ...] = ()
    plain: bool = False

    @property
    def event(self) -> Event | None:
        """What someone did; nothing for a request for change."""
        return EVENT_OF_KIND.get(self.kind)


K = MessageKind
# HL7 FHIR R4, value set task-status: "on-hold" is defined as started, then paused; hence what PAUSED implies.
STATES = (
    State(kind=K.SENT, word="sent", task="requested", status=Status.SENT, by_performer=False, plain=True),
    State(kind=K.RECEIVED, word="received", task="received", status=Status.RECEIVED, also=("requested",), plain=True),
    State(
        kind=K.ASKED,
        word="question",
        task="on-hold",
        status=Status.QUESTION,
        implies=(RECEIVE,),
        also=("received", "requested"),
    ),
    State(kind=K.ANSWERED, word="answered", task="received", status=Status.RECEIVED, by_performer=False),
    State(
        kind=K.WAITLISTED,
        word="waitlisted",
        task="on-hold",
        status=Status.WAITLISTED,
        implies=(RECEIVE,),
        also=("received", "requested"),
    ),
    State(
        kind=K.REDIRECT_PROPOSED,
        word="redirect_proposed",
        task="rejected",
        status=Status.REDIRECT_PROPOSED,
        implies=(RECEIVE,),
        also=("on-hold", "received"),
    ),
    State(
        kind=K.REDIRECT_CONFIRMED,
        word="redirected",
        task="rejected",
        request="revoked",
        status=Status.REDIRECTED,
        by_performer=False,
    ),
    State(kind=K.ACCEPTED, word="accepted", task="accepted", status=Status.ACCEPTED, implies=(RECEIVE,), plain=True),
    State(kind=K.ACCEPT_UNDONE, word="accept_undone", task="received", status=Status.RECEIVED),
    State(kind=K.DECLINED, word="declined", task="rejected", status=Status.DECLINED, implies=(RECEIVE,), plain=True),
    State(kind=K.PLANNED, word="planned", task="accepted", status=Status.PLANNED, implies=(RECEIVE, ACCEPT)),
    State(
        kind=K.STARTED,
        word="started",
        task="in-progress",
        status=Status.STARTED,
        implies=(RECEIVE, ACCEPT),
        plain=True,
    ),
    State(
        kind=K.PAUSED,
        word="paused",
        task="on-hold",
        request="on-hold",
        status=Status.PAUSED,
        implies=(RECEIVE, ACCEPT, START),
        plain=True,
    ),
    State(kind=K.RESUMED, word="resumed", task="in-progress", status=Status.STARTED),
    State(
        kind=K.COMPLETED,
        word="completed",
        task="completed",
        request="completed",
        status=Status.COMPLETED,
        implies=(RECEIVE, ACCEPT, START),
        plain=True,
    ),
    State(
        kind=K.WITHDRAWN,
        word="withdrawn",
        task="cancelled",
        request="revoked",
        status=Status.WITHDRAWN,
        by_performer=False,
        plain=True,
    ),
    State(
        kind=K.CONSENT_WITHDRAWN,
        word="consent_withdrawn",
        task="cancelled",
        request="revoked",
        status=Status.WITHDRAWN,
        by_performer=False,
    ),
    State(
        kind=K.STOPPED_BY_CLIENT,
        word="stopped_by_client",
        task="cancelled",
        request="revoked",
        status=Status.STOPPED_BY_CLIENT,
        also=("failed",),
    ),
    State(
        kind=K.ENDED,
        word="ended",
        task="failed",
        request="revoked",
        status=Status.ENDED,
        also=("cancelled",),
        plain=True,
    ),
    State(
        kind=K.EXPIRED,
        word="expired",
        task="cancelled",
        status=Status.EXPIRED,
        by_performer=False,
        also=("failed",),
    ),
    State(kind=K.REOPENED, word="reopened", task="in-progress", status=Status.STARTED, by_performer=False),
    State(
        kind=K.MARKED_IN_ERROR,
        word="entered_in_error",
        task="entered-in-error",
        request="entered-in-error",
        status=Status.ENTERED_IN_ERROR,
        by_performer=False,
        plain=True,
    ),
    State(
        kind=K.CHANGE_REQUESTED,
        word="change_requested",
        task="requested",
        status=Status.SENT,
        also=("accepted", "in-progress", "on-hold"),
    ),
    State(kind=K.CORRECTED, word="corrected", task="requested", status=Status.SENT, by_performer=False),
)
STATE_OF_KIND = {state.kind: state for state in STATES}
STATE_OF_WORD = {state.word: state for state in STATES}
PLAIN = {state.task: state for state in STATES if state.plain}

# A ServiceRequest that comes without a Task speaks for itself (R4, value set request-status).
REQUEST_STATES = {
    "active": K.SENT,
    "on-hold": K.PAUSED,
    "revoked": K.WITHDRAWN,
    "completed": K.COMPLETED,
    "entered-in-error": K.MARKED_IN_ERROR,
}

INTENTS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order", "plan"})
# Task.code of the value set task-code: what we do, and what a request for change is called there.
FULFILL, CHANGE = "fulfill", "change"

BUNDLES = frozenset({"message", "transaction", "batch", "collection"})
CARRIERS = ("Task", "ServiceRequest")

# What only exists before or after R4 gives the version away. (resource, element, version)
VERSION_MARKS = (
    ("Task", "context", "STU3"),
    ("Task", "reason", "STU3 or R5"),
    ("Task", "definitionReference", "STU3"),
    ("Task", "requestedPerformer", "R5"),
    ("Task", "requestedPeriod", "R5"),
    ("Task", "performer", "R5"),
    ("Task", "doNotPerform", "R5"),
    ("ServiceRequest", "context", "STU3"),
    ("ServiceRequest", "reason", "R5"),
    ("ServiceRequest", "bodyStructure", "R5"),
    ("ServiceRequest", "focus", "R5"),
    ("MessageHeader", "timestamp", "STU3"),
    ("MessageHeader", "receiver", "STU3"),
    ("Patient", "animal", "STU3"),
)
OTHER_VERSION_TYPES = {
    "ReferralRequest": "STU3",
    "ProcedureRequest": "STU3",
    "ActorDefinition": "R5",
    "Transport": "R5",
}
# Profiles whose messages look like ours and are not. (beginning of meta.profile, refusal is about the version)
FOREIGN_PROFILES = (
    ("http://nictiz.nl/fhir/StructureDefinition/eOverdracht-", True),
    ("http://koppeltaal.nl/fhir/", False),
)
_SAID = {*(state.kind for state in STATES), K.PROCESSED, K.REFUSED}
UNSAID = {kind: "FHIR has no message that says it" for kind in MessageKind if kind not in _SAID}
