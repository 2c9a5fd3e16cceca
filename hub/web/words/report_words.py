"""The words of the figures: what is counted, and how it is called."""

from hub.rules.reporting import Phase, Stand
from hub.services.overview.reporting import UNKNOWN
from hub.web.translations import Words
from schemas.vocabulary import Outcome

STANDS: Words[str, str] = Words(
    {
        Stand.SENT: "Nog niet gelezen",
        Stand.READ: "Nog geen antwoord",
        Stand.ACCEPTED: "Geaccepteerd, start nog",
        Stand.STARTED: "Gestart",
        Stand.FINISHED: "Afgerond",
        Stand.DECLINED: "Afgewezen",
        Stand.STOPPED: "Ingetrokken of gestopt",
    }
)
REACHED: Words[str, str] = Words(
    {
        Stand.SENT: "Verstuurd",
        Stand.READ: "Gelezen of verder",
        Stand.ACCEPTED: "Geaccepteerd",
        Stand.STARTED: "Gestart",
        Stand.FINISHED: "Afgerond",
    }
)
PHASES: Words[str, tuple[str, str]] = Words(
    {
        Phase.WAITS: ("v-wacht", "wacht"),
        Phase.RUNS: ("v1", "loopt"),
        Phase.FINISHED: ("v3", "afgerond"),
        Phase.DECLINED: ("v-rust", "afgewezen"),
        Phase.STOPPED: ("v-gestopt", "ingetrokken of gestopt"),
        f"{Phase.WAITS}+{Phase.RUNS}": ("v1", "wacht of loopt"),
        f"{Phase.DECLINED}+{Phase.STOPPED}": ("v-rust", "ging niet door"),
        f"{Phase.FINISHED}+{Phase.DECLINED}+{Phase.STOPPED}": ("v3", "geëindigd"),
    },
    at=(1,),
)
OUTCOMES: Words[str, tuple[str, str]] = Words(
    {
        Outcome.REACHED: ("v-goed", "gehaald"),
        Outcome.PARTLY: ("v-deels", "deels gehaald"),
        Outcome.NOT_REACHED: ("v3", "niet gehaald"),
        Outcome.UNDETERMINED: ("v-rust", "nog niet te zeggen"),
        UNKNOWN: ("v-gestopt", "geen resultaat gemeld"),
    },
    at=(1,),
)
