"""The tables that hold where a municipality configured nothing: the suite's own codes first, then words of ours.

Of the suite's codes only these are known (real messages of Centric Suites voor het Sociaal Domein): zaaktype B1026,
statuses ontv, Inbeh and Afgeh. All other codes here are a proposal: each municipality sets its own.
"""

from types import MappingProxyType
from typing import Any

ZAAKTYPEN = MappingProxyType(
    {
        "B1026": {
            "name": "Aanvraag minima",
            "life_domains": ["finances"],
            "purpose": "income",
            "law": "participatiewet",
        }
    }
)
STATUSSEN: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        "ontv": {"name": "Ontvangen", "event": "receive", "volgnummer": 1},
        "Inbeh": {"name": "In behandeling", "event": "start", "volgnummer": 2},
        "Afgeh": {"name": "Afgehandeld", "event": "complete", "volgnummer": 3},
        "Vraag": {"name": "Vraag gesteld", "event": "ask", "volgnummer": 4},
        "Antw": {"name": "Vraag beantwoord", "event": "answer", "volgnummer": 5},
        "Wacht": {"name": "Op de wachtlijst", "event": "waitlist", "volgnummer": 6},
        "Accept": {"name": "Geaccepteerd", "event": "accept", "volgnummer": 7},
        "Heroverw": {"name": "Wordt heroverwogen", "event": "undo_accept", "volgnummer": 8},
        "Gepland": {"name": "Eerste afspraak gepland", "event": "plan", "volgnummer": 9},
        "Doorvoor": {"name": "Doorverwijzing voorgesteld", "event": "propose_redirect", "volgnummer": 10},
    }
)
RESULTATEN: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        "Afgerond": {"event": "complete"},
        "Doel bereikt": {"event": "complete", "outcome": "reached"},
        "Doel deels bereikt": {"event": "complete", "outcome": "partly"},
        "Doel niet bereikt": {"event": "complete", "outcome": "not_reached"},
        "Uitkomst onbepaald": {"event": "complete", "outcome": "undetermined"},
        "Niet aangenomen": {"event": "decline"},
        "Gestopt door inwoner": {"event": "client_stops"},
        "Voortijdig beëindigd": {"event": "end"},
        "Verlopen": {"event": "expire"},
        "Doorverwezen": {"event": "confirm_redirect"},
        "Toegekend": {"event": "complete", "outcome": "reached"},
        "Deels toegekend": {"event": "complete", "outcome": "partly"},
        "Afgewezen": {"event": "complete", "outcome": "not_reached"},
        "Ingetrokken": {"event": "client_stops"},
        "Buiten behandeling gesteld": {"event": "end"},
    }
)
BESLUITEN: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        "Toekenning": {"event": "complete", "outcome": "reached"},
        "Afwijzing": {"event": "complete", "outcome": "not_reached"},
    }
)
