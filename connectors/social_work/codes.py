"""The numbers and code lists of iWmo 3.2 and iJw 3.2 as tables (iStandaarden: COD002, WJ001 and others by name)."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.vocabulary import Gender, MessageKind

VERSION, SUBVERSION, XSD_VERSION = "3", "2", "1.0.0"

# What is written where the canonical message is silent and the standard wants a word (README, "Defaults").
DEFAULT_CHANGE_REASON = "1"
DEFAULT_DECLINE_REASON = "7"
DEFAULT_REFERRER = "06"
UNKNOWN_BIRTH_DATE = "1900-01-01"

# Return codes with a meaning of their own here (WJ001).
ACCEPTED, REFUSED, NOT_JUDGED = "0200", "0001", "0233"
FUTURE_DATE, NUMBER_TWICE, REFERENCE_TWICE, KEY_TWICE = "8848", "9332", "9347", "9074"
UNKNOWN_MUNICIPALITY = "S300"
RETURN_CODES = frozenset(
    """0001 0200 0233 0611 8001 8017 8021 8187 8214 8848 9019 9056 9063 9069 9071 9074 9307 9308 9319 9321 9322 9326
    9332 9333 9338 9339 9340 9341 9346 9347 9349 9350 9351 9355 9357 9359 9360 9361 9365 9366 9367 9369 9373 9374 9375
    9379 9384 9385 9387 9388 9389 9390 9411 9412 9413 9414 9415 S300 S329""".split()  # noqa: SIM905 - sixty quoted words would hide the list
)
HEADER_CODES = frozenset({FUTURE_DATE, "9056", UNKNOWN_MUNICIPALITY})

COUNTRIES = frozenset(  # ISO 3166-1, as far as the standard takes them
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()  # noqa: SIM905 - likewise
)

OF_GENDER = {Gender.UNKNOWN: "0", Gender.MALE: "1", Gender.FEMALE: "2", Gender.OTHER: "0"}
GENDER_OF = {"0": Gender.UNKNOWN, "1": Gender.MALE, "2": Gender.FEMALE}
DAY_UNKNOWN, MONTH_UNKNOWN, ALL_UNKNOWN = "1", "2", "3"  # COD170

OWN_NAME = "1"  # COD700

FIRST, CHANGED, REMOVED = "1", "2", "3"  # COD467; 9 says nothing and is not to be sent (CS058, as 2)
DECLINED, UNDER_EXAMINATION = "1", "2"  # WJ760
DELETED = "13"  # WMO002 and JZ002: as if never sent
CORRECTED = "14"  # the same lists: an error of input was mended

CHANGE_REASONS = {"1": "situatie van de cliënt veranderd", "2": "plan van aanpak gewijzigd"}  # WJ758
DECLINE_REASONS = {  # WJ759
    "1": "nieuwe aanvraag nodig",
    "2": "buiten het budget",
    "3": "geen contract",
    "4": "buiten het contract",
    "5": "andere gemeente verantwoordelijk",
    "6": "stapeling van hulp",
    "7": "inhoudelijk afgewezen",
    "8": "woonplaatsbeginsel",
    "9": "leeftijdsgrens",
}
AMENDMENT_REASONS = {  # WMO002 and JZ002; 01 has lapsed
    "02": "overleden",
    "03": "contract gewijzigd",
    "04": "na herbeoordeling verlengd",
    "05": "na herbeoordeling verkort",
    "06": "naar een ander domein",
    "07": "verhuisd naar een andere gemeente",
    "08": "andere leveringsvorm",
    "09": "naar een andere aanbieder",
    "10": "andere bekostiging",
    "11": "gemeentelijke herindeling",
    "12": "op verzoek van de aanbieder",
    "13": "verwijderd",
    "14": "invoerfout hersteld",
}


@dataclass(frozen=True, kw_only=True)
class Family:
    """One of the two standards: iWmo (adults, Wmo 2015) or iJw (youth, Jeugdwet)."""

    name: str
    title: str
    prefix: str
    codes: Mapping[str, str]
    categories: frozenset[str]
    default_category: str
    ending_list: str
    ending_reasons: Mapping[str, str]
    ending_kinds: Mapping[str, MessageKind]
    default_ending: str
    amendment_list: str

    @property
    def base_namespace(self) -> str:
        """The namespace of the parts that all messages share."""
        return f"http://www.istandaarden.nl/{self.name}/3_2/basisschema/schema"

    def namespace(self, number: str) -> str:
        """Give the namespace of one message."""
        return f"http://www.istandaarden.nl/{self.name}/3_2/{self.prefix}{number}/schema"

    def key(self, name: str) -> str:
        """Give the name of a correlation key, as ``iwmo:ToewijzingNummer``."""
        return f"{self.name}:{name}"

    def ending_kind(self, reason: str) -> MessageKind:
        """Give what an end with this reason is to us."""
        return self.ending_kinds.get(reason, MessageKind.ENDED)


IWMO = Family(
    name="iwmo",
    title="iWmo",
    prefix="wmo",
    codes={
        "301": "414", "302": "415", "305": "418", "306": "419", "307": "420", "308": "421",
        "315": "444", "316": "445", "317": "480", "318": "481", "319": "482", "320": "483",
    },
    categories=frozenset(f"{number:02}" for number in range(1, 19)),
    default_category="06",
    ending_list="WMO588",
    ending_reasons={
        "02": "overleden",
        "19": "volgens plan afgerond",
        "20": "tijdelijk gestopt",
        "21": "gestopt door de cliënt",
        "22": "gestopt door de aanbieder",
        "23": "in overleg voortijdig gestopt",
        "31": "verhuisd naar een andere gemeente",
        "36": "gestopt door de gemeente",
        "37": "vanwege een verzoek om wijziging",
        "38": "naar een andere aanbieder",
        "39": "naar een ander domein",
    },
    ending_kinds={"19": MessageKind.COMPLETED, "20": MessageKind.PAUSED, "21": MessageKind.STOPPED_BY_CLIENT},
    default_ending="22",
    amendment_list="WMO002",
)  # fmt: skip

IJW = Family(
    name="ijw",
    title="iJw",
    prefix="jw",
    codes={
        "301": "436", "302": "437", "305": "438", "306": "439", "307": "440", "308": "441",
        "315": "446", "316": "447", "317": "486", "318": "487", "319": "488", "320": "489",
    },
    categories=frozenset({*(str(number) for number in range(31, 39)), *(str(number) for number in range(40, 56))}),
    default_category="45",
    ending_list="JZ588",
    # 31 is "moved away" in iWmo and "as planned" in iJw: the lists look alike and are not
    ending_reasons={
        "02": "overleden",
        "20": "tijdelijk gestopt",
        "31": "volgens plan afgerond",
        "32": "gestopt door de cliënt",
        "33": "gestopt door de aanbieder",
        "34": "in overleg voortijdig gestopt",
        "35": "gestopt door een oorzaak van buiten",
        "36": "gestopt door de gemeente",
        "37": "vanwege een verzoek om wijziging",
        "38": "naar een andere aanbieder",
        "39": "naar een ander domein",
    },
    ending_kinds={"31": MessageKind.COMPLETED, "20": MessageKind.PAUSED, "32": MessageKind.STOPPED_BY_CLIENT},
    default_ending="33",
    amendment_list="JZ002",
)  # fmt: skip

FAMILIES = {family.name: family for family in (IWMO, IJW)}
