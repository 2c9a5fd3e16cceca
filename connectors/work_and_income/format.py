"""What StUF 03.01 and StUF-ZKN 3.10 fix: names, limits and error codes."""

import re
from types import MappingProxyType

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
STUF = "http://www.egem.nl/StUF/StUF0301"
ZKN = "http://www.egem.nl/StUF/sector/zkn/0310"
BG = "http://www.egem.nl/StUF/sector/bg/0310"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = MappingProxyType({"soap": SOAP, "StUF": STUF, "ZKN": ZKN, "BG": BG, "xsi": XSI})
CONTENT_TYPE = "text/xml; charset=utf-8"
ACTIONS = f"{ZKN}/"
"""The suites send with the SOAPAction of the service (ZDS), not with the name of the message (SoapActions.txt)."""

SYSTEM = "stuf-zkn"
"""The code system of a zaaktype in a canonical message."""
STATUS_SYSTEM, RESULT_SYSTEM, DECISION_SYSTEM = "stuf-zkn:status", "stuf-zkn:resultaat", "stuf-zkn:besluit"
PAUSE_SYSTEM, ERROR_SYSTEM = "stuf-zkn:opschorting", "stuf"
KEY = "stuf:identificatie"
"""The correlation under which a case's identificatie is kept: the only key that every message about it repeats."""
SOURCE = "Schakel"
"""The ``kenmerk/bron`` of our own key, and the hub's name as an applicatie where nothing else is configured."""

REFERENCE, IDENTIFICATION, TITLE, EXPLANATION, CODE, REASON, UNIT = 40, 40, 80, 1000, 10, 200, 50
IDENTIFICATION_SHORTEST = 5
ERROR_DETAILS = 1000

# The error codes of StUF 03.01 that this connector gives: (whose fault, what the standard calls it).
ERRORS = MappingProxyType(
    {
        "StUF001": ("server", "Versie StUF niet ondersteund"),
        "StUF007": ("server", "Versie sectormodel niet ondersteund"),
        "StUF010": ("client", "Combinatie van ontvangende organisatie, applicatie en administratie onbekend"),
        "StUF013": ("client", "Combinatie van zendende organisatie, applicatie en administratie onbekend"),
        "StUF016": ("client", "Combinatie zender en referentienummer niet uniek"),
        "StUF022": ("client", "Berichtcode onbekend"),
        "StUF025": ("server", "Berichtcode niet ondersteund"),
        "StUF031": ("server", "Entiteittype niet ondersteund"),
        "StUF037": ("server", "Functie niet ondersteund"),
        "StUF055": ("client", "Berichtbody is niet conform schema in sectormodel"),
        "StUF058": ("server", "Proces voor afhandelen bericht geeft fout"),
    }
)
BROKEN, NOT_SET, DUPLICATE = "StUF055", "StUF058", "StUF016"
WRONG_RECEIVER, WRONG_SENDER = "StUF010", "StUF013"

# A request that waits for its answer is refused with Fo02, all else with Fo03 (StUF 03.01, berichtcodes).
SYNCHRONOUS = re.compile(r"Di02|Lk0[34]|Lv(0[13579]|1[13])", re.ASCII)
# fmt: off
CASE = frozenset(
    (
        "identificatie", "omschrijving", "toelichting", "kenmerk", "anderZaakObject", "resultaat", "startdatum",
        "registratiedatum", "publicatiedatum", "einddatumGepland", "uiterlijkeEinddatum", "einddatum", "opschorting",
        "verlenging", "betalingsIndicatie", "laatsteBetaaldatum", "archiefnominatie", "datumVernietigingDossier",
        "zaakniveau", "deelzakenIndicatie", "tijdvakGeldigheid", "tijdstipRegistratie", "extraElementen", "isVan",
        "heeftBetrekkingOp", "heeftAlsBelanghebbende", "heeftAlsGemachtigde", "heeftAlsInitiator",
        "heeftAlsUitvoerende", "heeftAlsVerantwoordelijke", "heeftAlsOverigBetrokkene", "heeftAlsDeelzaak",
        "heeftBetrekkingOpAndere", "heeft", "leidtTot",
    )
)
# fmt: on
"""The elements of ZAK-kennisgeving (zkn0310_ent_mutatie.xsd). Another name may hold anything, so it is not repeated."""
PROCESSING = frozenset("TWVEIRSO")
"""verwerkingssoort: added, changed, removed, ended, only for identification, replaced, key changed, unknown."""
