"""The words of this dialect, in Dutch, and what each stands for. Closed lists, one table each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connectors.own_words import OwnWord
from schemas.vocabulary import (
    EVENT_OF_KIND,
    Basis,
    Event,
    Gender,
    LifeDomain,
    MessageKind,
    Outcome,
    Purpose,
    Status,
    Urgency,
)


class Sort(StrEnum):
    """Which message it is (``soort``)."""

    REFERRAL = "verwijzing"
    PROGRESS = "voortgang"
    RECEIPT = "ontvangstbevestiging"


class Word(StrEnum):
    """How it goes (``status`` of a ``voortgang``)."""

    RECEIVED = "ontvangen"
    QUESTION = "vraag"
    ANSWER = "antwoord"
    WAITLIST = "wachtlijst"
    REDIRECT_PROPOSED = "doorverwijzing_voorgesteld"
    REDIRECTED = "doorverwezen"
    ACCEPTED = "geaccepteerd"
    ACCEPT_UNDONE = "acceptatie_ongedaan"
    DECLINED = "afgewezen"
    PLANNED = "gepland"
    STARTED = "gestart"
    PAUSED = "onderbroken"
    RESUMED = "hervat"
    COMPLETED = "afgerond"
    WITHDRAWN = "ingetrokken"
    CLIENT_STOPPED = "gestopt_door_client"
    ENDED = "beeindigd"
    EXPIRED = "verlopen"
    REOPENED = "heropend"
    IN_ERROR = "ten_onrechte"
    CHANGE_REQUESTED = "wijziging_gevraagd"
    CONSENT_WITHDRAWN = "toestemming_ingetrokken"
    CORRECTED = "gecorrigeerd"
    ERASED = "gewist"


class Result(StrEnum):
    """What a system did with a message (``uitkomst`` of an ``ontvangstbevestiging``)."""

    TAKEN = "ontvangen"
    PROCESSED = "verwerkt"
    REFUSED = "geweigerd"


class Precision(StrEnum):
    """How far a date of birth is known (``geboortedatumPrecisie``)."""

    DAY = "dag"
    MONTH = "maand"
    YEAR = "jaar"


class Domain(StrEnum):
    """A life domain: the thirteen names of GGM "Domein van zelfredzaamheid"."""

    FINANCES = "financien"
    WORK_EDUCATION = "werk_en_opleiding"
    DAYTIME_ACTIVITIES = "tijdsbesteding"
    HOUSING = "huisvesting"
    DOMESTIC_RELATIONS = "huiselijke_relaties"
    MENTAL_HEALTH = "geestelijke_gezondheid"
    PHYSICAL_HEALTH = "lichamelijke_gezondheid"
    SUBSTANCE_USE = "middelengebruik"
    BASIC_ADL = "basale_adl"
    INSTRUMENTAL_ADL = "instrumentele_adl"
    SOCIAL_NETWORK = "sociaal_netwerk"
    COMMUNITY_PARTICIPATION = "maatschappelijke_participatie"
    JUSTICE = "justitie"


class Haste(StrEnum):
    """How soon an answer is needed (``urgentie``)."""

    ROUTINE = "gewoon"
    URGENT = "spoed"
    TODAY = "vandaag"


class Sex(StrEnum):
    """Administrative gender (``geslacht``)."""

    MALE = "man"
    FEMALE = "vrouw"
    OTHER = "anders"
    UNKNOWN = "onbekend"


class Achieved(StrEnum):
    """What the help led to (``resultaat``)."""

    REACHED = "bereikt"
    PARTLY = "deels_bereikt"
    NOT_REACHED = "niet_bereikt"
    UNDETERMINED = "onbepaald"


class LegalBasis(StrEnum):
    """The legal basis (AVG article 6, first paragraph: a, c, d, e)."""

    CONSENT = "toestemming"
    LEGAL_DUTY = "wettelijke_plicht"
    VITAL_INTEREST = "vitaal_belang"
    PUBLIC_TASK = "publieke_taak"


class Aim(StrEnum):
    """What the data is used for (``doel`` of the ``grondslag``)."""

    GUIDANCE = "begeleiding"
    TRIAGE = "toeleiding"
    TREATMENT = "behandeling"
    DEBT_HELP = "schuldhulp"
    PLACEMENT = "plaatsing"
    INCOME = "inkomen"
    ENFORCEMENT = "handhaving"
    OPERATIONS = "beheer"
    ACCOUNTABILITY = "verantwoording"
    OWN_DATA = "eigen_gegevens"
    STATISTICS = "statistiek"


OURS: dict[type[StrEnum], type[StrEnum]] = {
    Domain: LifeDomain,
    Haste: Urgency,
    Sex: Gender,
    Achieved: Outcome,
    LegalBasis: Basis,
    Aim: Purpose,
}
"""List of the dialect -> list of the field. The members bear the same names in both."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What one word says. ``implies`` are earlier steps that it proves; ``ends`` that the help is over."""

    word: Word
    kind: MessageKind
    status: Status | None = None
    implies: tuple[Event, ...] = ()
    ends: bool = False

    @property
    def event(self) -> Event | None:
        """What was done."""
        return EVENT_OF_KIND.get(self.kind)


_R, _A, _S = Event.RECEIVE, Event.ACCEPT, Event.START
_K, _W, _T = MessageKind, Word, Status
STATES = (
    State(word=_W.RECEIVED, kind=_K.RECEIVED, status=_T.RECEIVED),
    State(word=_W.QUESTION, kind=_K.ASKED, status=_T.QUESTION, implies=(_R,)),
    State(word=_W.ANSWER, kind=_K.ANSWERED, status=_T.RECEIVED),
    State(word=_W.WAITLIST, kind=_K.WAITLISTED, status=_T.WAITLISTED, implies=(_R,)),
    State(word=_W.REDIRECT_PROPOSED, kind=_K.REDIRECT_PROPOSED, status=_T.REDIRECT_PROPOSED, implies=(_R,)),
    State(word=_W.REDIRECTED, kind=_K.REDIRECT_CONFIRMED, status=_T.REDIRECTED, ends=True),
    State(word=_W.ACCEPTED, kind=_K.ACCEPTED, status=_T.ACCEPTED, implies=(_R,)),
    State(word=_W.ACCEPT_UNDONE, kind=_K.ACCEPT_UNDONE, status=_T.RECEIVED),
    State(word=_W.DECLINED, kind=_K.DECLINED, status=_T.DECLINED, implies=(_R,), ends=True),
    State(word=_W.PLANNED, kind=_K.PLANNED, status=_T.PLANNED, implies=(_R, _A)),
    State(word=_W.STARTED, kind=_K.STARTED, status=_T.STARTED, implies=(_R, _A)),
    State(word=_W.PAUSED, kind=_K.PAUSED, status=_T.PAUSED, implies=(_R, _A, _S)),
    State(word=_W.RESUMED, kind=_K.RESUMED, status=_T.STARTED),
    State(word=_W.COMPLETED, kind=_K.COMPLETED, status=_T.COMPLETED, implies=(_R, _A, _S), ends=True),
    State(word=_W.WITHDRAWN, kind=_K.WITHDRAWN, status=_T.WITHDRAWN, ends=True),
    State(word=_W.CLIENT_STOPPED, kind=_K.STOPPED_BY_CLIENT, status=_T.STOPPED_BY_CLIENT, ends=True),
    State(word=_W.ENDED, kind=_K.ENDED, status=_T.ENDED, implies=(_R,), ends=True),
    State(word=_W.EXPIRED, kind=_K.EXPIRED, status=_T.EXPIRED, ends=True),
    State(word=_W.REOPENED, kind=_K.REOPENED, status=_T.STARTED),
    State(word=_W.IN_ERROR, kind=_K.MARKED_IN_ERROR, status=_T.ENTERED_IN_ERROR, ends=True),
    State(word=_W.CHANGE_REQUESTED, kind=_K.CHANGE_REQUESTED),
    State(word=_W.CONSENT_WITHDRAWN, kind=_K.CONSENT_WITHDRAWN, status=_T.WITHDRAWN, ends=True),
    State(word=_W.CORRECTED, kind=_K.CORRECTED),
    State(word=_W.ERASED, kind=_K.ERASED),
)
STATE_OF_WORD = {state.word: state for state in STATES}
STATE_OF_KIND = {state.kind: state for state in STATES}


_OF_STATUS = {state.status: state.word for state in reversed(STATES) if state.status is not None}


def own_word(status: Status, _dialect: Mapping[str, Any], _system: str | None, /) -> OwnWord | None:
    """Give the word for a state, or nothing where there is none."""
    if status is Status.SENT:
        return OwnWord(word=str(Sort.REFERRAL), where="soort van het bericht")
    word = _OF_STATUS.get(status)
    return OwnWord(word=word.replace("_", " "), where="status van de voortgang") if word is not None else None


def ours(word: StrEnum) -> StrEnum:
    """Give the word of the field for a word of the dialect."""
    return OURS[type(word)][word.name]


def theirs(word: StrEnum) -> StrEnum:
    """Give the word of the dialect for a word of the field."""
    of = next(theirs for theirs, ours in OURS.items() if ours is type(word))
    return of[word.name]
