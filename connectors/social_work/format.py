"""The messages of iWmo 3.2 and iJw 3.2, element by element (iStandaarden 3.2, the XSD of each message).

The two families differ in namespaces, code lists and two elements; one table serves both.
"""

from connectors.social_work.codes import COUNTRIES, FAMILIES
from connectors.social_work.shapes import Part, Shape, Value, base, judged, maybe, one, plain, some


def _text(longest: int) -> Value:
    return Value(what="text", pattern=rf"(?=.*\S)[^\n\r]{{1,{longest}}}", tolerated=rf"(?s:(?=.*\S).{{1,{longest}}})")


def _words(*words: str) -> Value:
    return Value(what="code of the list", pattern="|".join(words))


def code(pattern: str) -> Value:
    """Give a value that is a code of a fixed form."""
    return Value(what="code", pattern=pattern)


# no key of a message holds what can't be seen: line ends, controls, direction characters, halves of characters
UNSEEN = r"\x00-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff"
BSN = Value(what="citizen service number", pattern="[0-9]{9}")
AGB = Value(what="AGB code", pattern="[0-9]{8}")
MUNICIPALITY = Value(what="municipality code", pattern="[0-9]{4}")
DAY = Value(what="date", pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}", day=True)
TIME = Value(what="time", pattern=r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?")
REFERENCE = Value(what="reference", pattern=rf"(?=.*\S)[^{UNSEEN}]{{1,36}}")
NUMBER = Value(what="number", pattern="[0-9]{1,9}")
AMOUNT = Value(what="number", pattern="[0-9]{1,8}")
COMMENT = Value(what="text", pattern=r"(?s:(?=.*\S).+)")
INITIALS = Value(what="initials", pattern="[a-zA-ZÀ-ỳ]{1,6}", tolerated=r"(?=.*\S).{1,20}")
CATEGORY = Value(
    what="product category", pattern="[0-9]{2}", words={name: family.categories for name, family in FAMILIES.items()}
)
ENDING = Value(
    what="reason for the end",
    pattern="[0-9]{2}",
    words={name: family.ending_reasons for name, family in FAMILIES.items()},
)
COUNTRY = Value(what="country", pattern="[A-Z]{2}", words=dict.fromkeys(FAMILIES, COUNTRIES))

_NO_PLACE = "the canonical message has no place for it"
_ECHO = "a key of the partner's own, not needed to find the referral"
_HOUSEHOLD = "data of other people is left to the partner's own system"
_SCALE = "the scale and money of the help stay in the partner's own system"

SURNAME = base(
    one("Achternaam", _text(200)),
    maybe("Voorvoegsel", Value(what="text", pattern=r"(?=.*\S).{1,10}", tolerated=r"(?=.*\S).{1,20}")),
)
SHORT_NAME = base(one("Geslachtsnaam", SURNAME), maybe("Voornamen", _text(200)), maybe("Voorletters", INITIALS))
FULL_NAME = base(
    one("Geslachtsnaam", SURNAME),
    maybe("Partnernaam", SURNAME, _NO_PLACE),
    maybe("Voornamen", _text(200)),
    maybe("Voorletters", INITIALS),
    one("NaamGebruik", _words("1", "2", "3", "4", "5", "6")),
)
BIRTH = base(one("Datum", DAY), maybe("DatumGebruik", _words("1", "2", "3")))
PERIOD = base(maybe("Begindatum", DAY), maybe("Einddatum", DAY))
PHONE = base(one("Telefoonnummer", code("[0-9]{1,15}")), one("Landnummer", _text(4)))
PHONES = base(one("Telefoon01", PHONE), maybe("Telefoon02", PHONE))
HOUSE = base(
    one("Huisnummer", code("[0-9]{1,5}")),
    maybe("Huisletter", _text(1)),
    maybe("HuisnummerToevoeging", _text(4)),
    maybe("AanduidingWoonadres", _words("AB", "BY", "TO", "WW")),
)
ADDRESS = base(
    maybe("Huis", HOUSE),
    maybe("Postcode", _text(8)),
    maybe("Straatnaam", _text(24)),
    maybe("Plaatsnaam", _text(80)),
    maybe("LandCode", COUNTRY),
)
CONTACT = judged(
    one("Soort", _words("01", "02", "03", "04")),
    maybe("Adres", ADDRESS),
    maybe("Organisatie", _text(35)),
    maybe("Telefoon", PHONES),
    maybe("Emailadres", _text(80)),
    maybe("Periode", PERIOD),
)
RELATION = judged(
    one("Nummer", _text(20)),
    maybe("Volgorde", code("[0-9]{1,2}")),
    one("Soort", code("0[3-9]|1[0-9]|2[0-5]")),
    maybe("Geboortedatum", BIRTH),
    maybe("Geslacht", _words("0", "1", "2")),
    one("Naam", FULL_NAME),
    one("Contact", CONTACT),
)
PRODUCT = base(one("Categorie", CATEGORY), maybe("Code", _text(5)))
SCALE = base(
    one("Volume", AMOUNT),
    one("Eenheid", _words("01", "04", "14", "16", "82", "83", "84")),
    one("Frequentie", _words("1", "2", "4", "6")),
)
REFERRER = base(
    one("Type", _words("01", "02", "03", "04", "05", "06", "08")),
    maybe("Naam", _text(64)),
    maybe("ZorgverlenerCode", AGB),
)
SIZE = (maybe("Omvang", SCALE, _SCALE), maybe("Budget", AMOUNT, _SCALE))
STATUS = one("StatusAanlevering", _words("1", "2", "3", "9"))


def _person(name: Shape) -> tuple[Part, ...]:
    return (
        one("Bsn", BSN),
        one("Geboortedatum", BIRTH),
        one("Geslacht", _words("0", "1", "2")),
        one("Naam", name),
    )


_ALLOCATION = judged(
    one("ToewijzingNummer", NUMBER),
    maybe("ReferentieAanbieder", REFERENCE),
    maybe("Product", PRODUCT),
    one("Toewijzingsdatum", DAY),
    one("Toewijzingstijd", TIME),
    one("Ingangsdatum", DAY),
    maybe("Einddatum", DAY),
    maybe("RedenWijziging", code("0[1-9]|1[0-4]")),
    *SIZE,
    maybe("Commentaar", COMMENT),
)
_START = judged(
    maybe("ToewijzingNummer", NUMBER),
    maybe("Product", PRODUCT),
    maybe("ToewijzingIngangsdatum", DAY, _ECHO),
    one("Begindatum", DAY),
    STATUS,
)
_STOP = judged(
    maybe("ToewijzingNummer", NUMBER),
    maybe("Product", PRODUCT),
    maybe("ToewijzingIngangsdatum", DAY, _ECHO),
    one("Begindatum", DAY),
    one("RedenBeeindiging", ENDING),
    one("Einddatum", DAY),
    STATUS,
)
_REQUESTED = judged(
    one("ReferentieAanbieder", REFERENCE),
    maybe("BeschikkingNummer", NUMBER, _ECHO),
    maybe("Product", PRODUCT),
    maybe("BeschikkingIngangsdatum", DAY, _ECHO),
    one("ToewijzingIngangsdatum", DAY),
    maybe("ToewijzingEinddatum", DAY),
    *SIZE,
    one("Verwijzer", REFERRER, _NO_PLACE),
    maybe("Raamcontract", _words("1", "2"), _NO_PLACE),
    maybe("Commentaar", COMMENT),
)
_PERIOD_ASKED = (one("GewensteIngangsdatum", DAY), maybe("Einddatum", DAY), *SIZE)
_CHANGE = judged(
    one("ReferentieAanbieder", REFERENCE),
    one("RedenVerzoek", _words("1", "2")),
    maybe("OngewijzigdeProducten", plain(some("OngewijzigdProduct", judged(one("ToewijzingNummer", NUMBER))))),
    maybe(
        "TeWijzigenProducten",
        plain(some("TeWijzigenProduct", judged(one("ToewijzingNummer", NUMBER), *_PERIOD_ASKED))),
    ),
    maybe("NieuweProducten", plain(some("NieuwProduct", judged(maybe("Product", PRODUCT), *_PERIOD_ASKED)))),
)
_ANSWER = judged(
    one("ReferentieAanbieder", REFERENCE),
    one("VerzoekAntwoord", _words("1", "2")),
    maybe("RedenAfwijzingVerzoek", _words(*"123456789")),
)
_ANSWER_YOUTH = judged(*_ANSWER.parts, maybe("Woonplaatsbeginsel", judged(one("Gemeente", MUNICIPALITY)), _NO_PLACE))
_ASKED_PRODUCTS = one("AangevraagdeProducten", plain(some("AangevraagdProduct", _REQUESTED)))
_REQUEST = judged(*_person(SHORT_NAME), maybe("Commentaar", COMMENT), _ASKED_PRODUCTS)
_REQUEST_YOUTH = judged(
    *_person(SHORT_NAME),
    maybe("GezagsdragerBekend", _words("1", "2"), _HOUSEHOLD),
    maybe("Commentaar", COMMENT),
    _ASKED_PRODUCTS,
)
_ALLOCATIONS = judged(
    *_person(FULL_NAME),
    maybe("Communicatie", base(one("Vorm", _words("1", "2", "3")), maybe("Taal", _text(25))), _NO_PLACE),
    maybe("JuridischeStatus", _words("01", "02", "03", "04", "05", "11", "12"), _NO_PLACE),
    maybe("WettelijkeVertegenwoordiging", _words("06", "07", "08", "09", "10"), _NO_PLACE),
    maybe("Commentaar", COMMENT),
    maybe("Relaties", plain(some("Relatie", RELATION)), _HOUSEHOLD),
    one("Contactgegevens", plain(some("Contact", CONTACT)), _NO_PLACE),
    one("ToegewezenProducten", plain(some("ToegewezenProduct", _ALLOCATION))),
)

CONTENTS = {
    ("iwmo", "301"): one("Client", _ALLOCATIONS),
    ("iwmo", "305"): one(
        "Client", judged(*_person(SHORT_NAME), one("StartProducten", plain(some("StartProduct", _START))))
    ),
    ("iwmo", "307"): one(
        "Client", judged(*_person(SHORT_NAME), one("StopProducten", plain(some("StopProduct", _STOP))))
    ),
    ("iwmo", "315"): one("Client", _REQUEST),
    ("iwmo", "317"): one("Client", judged(one("Bsn", BSN), one("Verzoek", _CHANGE))),
    ("iwmo", "319"): one("Antwoord", _ANSWER),
}
CONTENTS |= {("ijw", number): content for (_family, number), content in CONTENTS.items()}
CONTENTS |= {("ijw", "315"): one("Client", _REQUEST_YOUTH), ("ijw", "319"): one("Antwoord", _ANSWER_YOUTH)}
