"""The closed lists in the words of the screen: Dutch, level B1. A second language is a second set of these tables."""

from hub.web.translations import Words
from schemas.vocabulary import (
    Basis,
    ConsentKind,
    Delivery,
    Event,
    LifeDomain,
    MaskedStatus,
    Outcome,
    Purpose,
    SharedField,
    Status,
    Urgency,
)

LIFE_DOMAINS = Words(
    {
        LifeDomain.FINANCES: ("Financiën", "coin"),
        LifeDomain.WORK_EDUCATION: ("Werk en opleiding", "briefcase"),
        LifeDomain.DAYTIME_ACTIVITIES: ("Tijdsbesteding", "sun"),
        LifeDomain.HOUSING: ("Huisvesting", "home"),
        LifeDomain.DOMESTIC_RELATIONS: ("Huiselijke relaties", "armchair"),
        LifeDomain.MENTAL_HEALTH: ("Geestelijke gezondheid", "heart"),
        LifeDomain.PHYSICAL_HEALTH: ("Lichamelijke gezondheid", "activity-heartbeat"),
        LifeDomain.SUBSTANCE_USE: ("Middelengebruik", "bottle"),
        LifeDomain.BASIC_ADL: ("Dagelijkse verzorging", "wash"),
        LifeDomain.INSTRUMENTAL_ADL: ("Huishouden en regelen", "tools-kitchen-2"),
        LifeDomain.SOCIAL_NETWORK: ("Sociaal netwerk", "friends"),
        LifeDomain.COMMUNITY_PARTICIPATION: ("Meedoen in de buurt", "building-community"),
        LifeDomain.JUSTICE: ("Justitie", "scale"),
    },
    at=(0,),
)

# How a state is drawn: tone, icon, words.
MARKS = Words(
    {
        Status.DRAFT: ("neutraal", "pencil", "Concept"),
        Status.SENT: ("info", "send", "Verzonden"),
        Status.RECEIVED: ("info", "hourglass", "Wacht op antwoord"),
        Status.QUESTION: ("let-op", "message-question", "Vraag gesteld"),
        Status.WAITLISTED: ("info", "hourglass", "Op de wachtlijst"),
        Status.REDIRECT_PROPOSED: ("let-op", "arrow-right", "Ander voorstel"),
        Status.ACCEPTED: ("info", "circle-check", "Geaccepteerd"),
        Status.PLANNED: ("info", "calendar-event", "Afspraak gepland"),
        Status.STARTED: ("positief", "player-play", "Gestart"),
        Status.PAUSED: ("let-op", "player-pause", "Staat even stil"),
        Status.COMPLETED: ("neutraal", "check", "Afgerond"),
        Status.DECLINED: ("neutraal", "x", "Afgewezen"),
        Status.WITHDRAWN: ("neutraal", "circle-x", "Ingetrokken"),
        Status.STOPPED_BY_CLIENT: ("neutraal", "circle-x", "Inwoner stopt"),
        Status.ENDED: ("neutraal", "circle-x", "Beëindigd"),
        Status.EXPIRED: ("fout", "clock-exclamation", "Verlopen"),
        Status.REDIRECTED: ("neutraal", "arrow-right", "Doorverwezen"),
        Status.ENTERED_IN_ERROR: ("neutraal", "trash", "Foutief, vervallen"),
        MaskedStatus.RUNNING: ("neutraal", "player-play", "Loopt"),
        MaskedStatus.NOT_RUNNING: ("neutraal", "circle-dashed", "Loopt niet"),
        MaskedStatus.FINISHED: ("neutraal", "check", "Voorbij"),
        "undelivered": ("fout", "alert-triangle", "Niet bezorgd"),
    },
    at=(2,),
)

# What one does: words on the button, icon, words on the button that sends a form, and what the note is asked with.
EVENTS = Words(
    {
        Event.SEND: ("Versturen", "send", "Versturen", ""),
        Event.RECEIVE: ("Gezien, wij kijken ernaar", "eye", "Gezien", ""),
        Event.ASK: ("Meer informatie vragen", "message-question", "Vraag versturen", "Wat wilt u weten?"),
        Event.ANSWER: ("Vraag beantwoorden", "message-circle", "Antwoord versturen", "Uw antwoord"),
        Event.WAITLIST: (
            "Op de wachtlijst zetten",
            "hourglass",
            "Op de wachtlijst zetten",
            "",
        ),
        Event.PROPOSE_REDIRECT: (
            "Andere organisatie voorstellen",
            "arrow-right",
            "Voorstel versturen",
            "Waarom past dat beter?",
        ),
        Event.CONFIRM_REDIRECT: ("Voorstel overnemen", "check", "Voorstel overnemen", "Toelichting"),
        Event.ACCEPT: ("Accepteren", "check", "Accepteren", ""),
        Event.UNDO_ACCEPT: ("Toch niet accepteren", "x", "Acceptatie terugnemen", "Wat is er veranderd?"),
        Event.DECLINE: ("Afwijzen", "x", "Afwijzing versturen", "Toelichting"),
        Event.PLAN: ("Afspraak plannen", "calendar-event", "Afspraak vastleggen", "Waar, en met wie?"),
        Event.START: ("Starten", "player-play", "Starten", "Hoe is er begonnen?"),
        Event.PAUSE: ("Even stilzetten", "player-pause", "Stilzetten", "Wat is er nodig om verder te gaan?"),
        Event.RESUME: ("Weer verdergaan", "player-play", "Weer verdergaan", ""),
        Event.COMPLETE: ("Afronden", "check", "Afronden", "Wat heeft de hulp opgeleverd?"),
        Event.WITHDRAW: ("Intrekken", "x", "Verwijzing intrekken", "Waarom trekt u de verwijzing in?"),
        Event.CLIENT_STOPS: ("Inwoner wil stoppen", "circle-x", "Vastleggen dat de inwoner stopt", "Toelichting"),
        Event.END: ("Beëindigen", "circle-x", "Beëindigen", "Waarom stopt de hulp?"),
        Event.EXPIRE: ("Laten verlopen", "clock-exclamation", "Laten verlopen", "Toelichting"),
        Event.REOPEN: ("Opnieuw openen", "refresh", "Opnieuw openen", "Waarom is er weer hulp nodig?"),
        Event.MARK_ERROR: ("Foutief ingevoerd", "trash", "Als foutief markeren", "Wat ging er fout?"),
    },
    at=(0, 2, 3),
)
# What may be said to have been looked at together: in the same places as the words of an event.
REVIEWS = Words(
    {
        "plan_reviewed": ("Plan samen bekeken", "target", "Vastleggen", "Wie waren erbij, en wat blijft of verandert?"),
        "pause_reviewed": (
            "Samen bekeken, blijft stil",
            "player-pause",
            "Vastleggen",
            "Wat is er nodig om weer verder te gaan?",
        ),
    },
    at=(0, 2, 3),
)
# In this order: the first one that is allowed is the main button; the last group stands apart, below.
ANSWERS = (
    Event.ANSWER,
    Event.ACCEPT,
    Event.RECEIVE,
    Event.RESUME,
    Event.PLAN,
    Event.START,
    Event.COMPLETE,
    Event.ASK,
    Event.DECLINE,
)
ASIDE = (
    Event.WITHDRAW,
    Event.CLIENT_STOPS,
    Event.UNDO_ACCEPT,
    Event.END,
    Event.EXPIRE,
    Event.MARK_ERROR,
)
NEED_NOTE = frozenset({Event.ASK, Event.ANSWER})
TAKE_DATE = frozenset({Event.PLAN, Event.START, Event.WAITLIST})
AT_ONCE = frozenset({Event.SEND, Event.RECEIVE, Event.ACCEPT, Event.RESUME})
TAKE_OUTCOME = frozenset({Event.COMPLETE})
TAKE_PROPOSAL = frozenset({Event.PROPOSE_REDIRECT})
MAY_PROPOSE = TAKE_PROPOSAL | {Event.DECLINE}
"""A decline may name who fits better; a proposal must."""

TURNS = Words(
    {
        "send": "versturen",
        "open": "verwijzing openen",
        "decide": "antwoord geven",
        "answer": "vraag beantwoorden",
        "ask_still_wanted": "vragen of dit nog gewenst is",
        "confirm_redirect": "reageren op het voorstel",
        "plan_first_contact": "eerste afspraak maken",
        "start": "starten",
        "review_plan": "plan samen bekijken",
        "review_pause": "bekijken of het weer kan",
        "find_alternative": "iets anders zoeken",
        "ground_ended": "kiezen hoe het verder gaat zonder toestemming",
    }
)

REASONS = Words(
    {
        "no_capacity": "Geen plek",
        "not_suitable": "Past niet bij wat wij doen",
        "wrong_area": "Woont buiten ons gebied",
        "missing_information": "Wij missen informatie",
        "client_not_reached": "Wij kregen geen contact",
        "other_fits_better": "Een andere organisatie past beter",
        "client_declines": "De inwoner wil dit niet",
        "elsewhere": "Een andere organisatie helpt nu",
        "other": "Anders",
    }
)
OUTCOMES = Words(
    {
        Outcome.REACHED: "Doel gehaald",
        Outcome.PARTLY: "Deels gehaald",
        Outcome.NOT_REACHED: "Niet gehaald",
        Outcome.UNDETERMINED: "Nog niet te zeggen",
    }
)
URGENCIES = Words(
    {
        Urgency.ROUTINE: "Gewoon",
        Urgency.URGENT: "Snel, 1 werkdag",
        Urgency.TODAY: "Vandaag, ik bel ook",
    }
)
BASES = Words(
    {
        Basis.CONSENT: "De inwoner vindt dit goed",
        Basis.PUBLIC_TASK: "Het hoort bij een taak van de gemeente",
        Basis.LEGAL_DUTY: "Een wet verplicht dit",
        Basis.VITAL_INTEREST: "Er is direct gevaar",
    }
)
LAWS = Words(
    {
        "participatiewet": "Participatiewet",
        "wmo_2015": "Wmo 2015",
        "wgs": "Wet gemeentelijke schuldhulpverlening",
        "wgbo": "WGBO (behandeling)",
        "avg": "AVG",
    }
)
LEGAL_TERMS = Words(
    {
        Basis.CONSENT: "toestemming",
        Basis.PUBLIC_TASK: "taak van algemeen belang",
        Basis.LEGAL_DUTY: "wettelijke verplichting",
        Basis.VITAL_INTEREST: "vitaal belang",
    }
)
PURPOSES = Words(
    {
        Purpose.GUIDANCE: "Begeleiden, vrijwillig",
        Purpose.TRIAGE: "Samen bespreken welke hulp past",
        Purpose.TREATMENT: "Behandelen",
        Purpose.DEBT_HELP: "Helpen bij schulden",
        Purpose.PLACEMENT: "Begeleiden naar werk",
        Purpose.INCOME: "Recht op uitkering",
        Purpose.ENFORCEMENT: "Handhaven",
        Purpose.OPERATIONS: "Schakel laten werken",
        Purpose.ACCOUNTABILITY: "Toezicht op privacy",
        Purpose.OWN_DATA: "Eigen gegevens bekijken",
        Purpose.STATISTICS: "Cijfers zonder namen",
    }
)
MESSAGE_STATES = Words(
    {
        Delivery.WAITING: "wacht op verzenden naar {who}",
        Delivery.UNDER_WAY: "onderweg naar {who}",
        Delivery.DELIVERED: "bezorgd bij {who}",
        Delivery.PROCESSED: "gelezen door het systeem van {who}",
        Delivery.REFUSED: "geweigerd door het systeem van {who}",
        Delivery.UNKNOWN: "nog niet bevestigd door {who}",
        Delivery.QUARANTINED: "niet bezorgd bij {who}",
    }
)
DELIVERIES = Words(
    {
        Delivery.WAITING: "Wacht op verzenden",
        Delivery.UNDER_WAY: "Onderweg",
        Delivery.DELIVERED: "Bezorgd",
        Delivery.PROCESSED: "Gelezen door hun systeem",
        Delivery.REFUSED: "Geweigerd door hun systeem",
        Delivery.UNKNOWN: "Aankomst nog niet bevestigd",
        Delivery.QUARANTINED: "Apart gezet, wordt nagekeken",
    }
)
# What a client said about sharing: as it stands now, and as something that happened.
CONSENTS = Words(
    {
        ConsentKind.ASKED: "Gevraagd, nog geen antwoord",
        ConsentKind.GIVEN: "Vindt het goed",
        ConsentKind.REFUSED: "Wil het niet",
        ConsentKind.WITHDRAWN: "Ingetrokken",
        ConsentKind.LAPSED: "Verlopen",
    }
)
CONSENT_DEEDS = Words(
    {
        ConsentKind.ASKED: "Toestemming gevraagd",
        ConsentKind.GIVEN: "De inwoner vindt het goed",
        ConsentKind.REFUSED: "De inwoner wil het niet",
        ConsentKind.WITHDRAWN: "De inwoner trekt de toestemming in",
    }
)
STOPS = Words(
    {
        Delivery.WAITING: "dat bericht gaat zo weg",
        Delivery.UNDER_WAY: "dat bericht is onderweg",
        Delivery.DELIVERED: "dat bericht is aangekomen, nog niet bevestigd",
        Delivery.PROCESSED: "hun systeem heeft het bevestigd",
        Delivery.REFUSED: "hun systeem weigerde het bericht, bel ze",
        Delivery.UNKNOWN: "niet zeker of het aankwam, bel ze",
        Delivery.QUARANTINED: "het kon niet bezorgd worden, bel ze",
    }
)
SHARED_FIELDS = tuple(SharedField)
