"""What stands round every message: which one it is, its version, who sent it to whom, and when."""

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Party
from connectors.social_work.codes import FAMILIES, FUTURE_DATE, REFUSED, SUBVERSION, UNKNOWN_MUNICIPALITY, VERSION
from connectors.social_work.forms import Form
from connectors.social_work.trees import Node, Reader, broken

LOCAL = ZoneInfo("Europe/Amsterdam")
_NAMESPACE = re.compile(
    r"http://www\.istandaarden\.nl/(iwmo|ijw)/([0-9]{1,2})_([0-9]{1,2})/(wmo|jw)([0-9]{3})/schema", re.ASCII
)
_OTHERS = {
    "http://schemas.xmlsoap.org/soap/envelope/": "A SOAP message",
    "http://www.w3.org/2003/05/soap-envelope": "A SOAP message",
    "http://www.egem.nl/StUF/": "A StUF message",
    "http://hl7.org/fhir": "A FHIR message",
    "urn:hl7-org:v3": "An HL7 version 3 message",
    "http://www.istandaarden.nl/": "A message of another iStandaard",
}
_DECLARATIONS = {"303", "304", "321", "322", "323", "325"}


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message that could be told apart: its form, its header, and the content not yet read."""

    form: Form
    header: Node
    root: etree._Element

    @property
    def sender(self) -> str:
        """Who sent it: in a return message the one that stands as receiver, for the header is repeated unchanged."""
        return self.header.texts["Ontvanger" if self.form.is_retour else "Afzender"]

    @property
    def receiver(self) -> str:
        """Who it is for."""
        return self.header.texts["Afzender" if self.form.is_retour else "Ontvanger"]

    @property
    def sender_system(self) -> str:
        """The kind of identifier of the sender."""
        return "gemeentecode" if self.form.from_municipality != self.form.is_retour else "agb"

    @property
    def receiver_system(self) -> str:
        """The kind of identifier of the receiver."""
        return "agb" if self.sender_system == "gemeentecode" else "gemeentecode"

    @property
    def identification(self) -> str:
        """The sender's own number of this message; unique per sender and kind of message."""
        if self.form.is_retour:
            return self.header.texts["IdentificatieRetour"]
        return self.header.inner("BerichtIdentificatie").texts["Identificatie"]

    @property
    def dated(self) -> str:
        """The day on which it was sent."""
        if self.form.is_retour:
            return self.header.texts["DagtekeningRetour"]
        return self.header.inner("BerichtIdentificatie").texts["Dagtekening"]

    def content(self) -> etree._Element | None:
        """Give the element beside the header, if there is one."""
        return _only(self.root, self.form, self.form.content.name)


def opened(body: bytes) -> Incoming:
    """Take the envelope off; ``Refusal`` where this is no message of iWmo or iJw 3.2 that we speak."""
    root = safe_xml.loads(body)
    form = _form(root)
    family = form.family
    element = _only(root, form, "Header")
    if element is None:
        raise broken("Header", "A required element is missing.")
    header = Reader(family=family, number=form.number).read(element, form.header, "Header")
    texts = header.texts
    if texts["BerichtCode"] != family.codes[form.number]:
        raise broken("Header/BerichtCode", "The message code is not that of this message.")
    ours = (texts["BerichtVersie"], texts["BerichtSubversie"]) == (VERSION, SUBVERSION)
    if not ours or header.inner("XsdVersie").texts["BerichtXsdVersie"].split(".")[0] != "1":
        raise Refusal(
            RefusalCode.UNSUPPORTED_VERSION,
            f"Only {family.title} 3.2 is spoken here.",
            field="Header/BerichtVersie",
            dialect_code=REFUSED,
        )
    return Incoming(form=form, header=header, root=root)


def _only(root: etree._Element, form: Form, name: str) -> etree._Element | None:
    """Give the one element of this name: there is one header and one client in a message (iWmo 3.2, XSD, ``Root``)."""
    found = root.findall(f"{{{form.family.namespace(form.number)}}}{name}")
    if len(found) > 1:
        raise broken(name, "An element stands twice where one is allowed.")
    return found[0] if found else None


def _form(root: etree._Element) -> Form:
    name = etree.QName(root)
    found = _NAMESPACE.fullmatch(name.namespace or "")
    if not found or name.localname != "Bericht" or FAMILIES[found[1]].prefix != found[4]:
        raise _foreign(name.namespace or "")
    family, number = FAMILIES[found[1]], found[5]
    if (found[2], found[3]) != (VERSION, SUBVERSION):
        raise Refusal(
            RefusalCode.UNSUPPORTED_VERSION,
            f"{family.title} {int(found[2])}.{int(found[3])} is not spoken here, only 3.2.",
            field="Bericht",
            dialect_code=REFUSED,
        )
    if number not in family.codes:
        kind = "a declaration or its answer" if number in _DECLARATIONS else "not a message of this hub"
        raise Refusal(
            RefusalCode.NOT_ALLOWED, f"{family.prefix.upper()}{number} is {kind} and is not taken.", field="Bericht"
        )
    return Form(family=family, number=number)


def _foreign(namespace: str) -> Refusal:
    for start, name in _OTHERS.items():
        if namespace.startswith(start):
            return Refusal(RefusalCode.NOT_ALLOWED, f"{name} is not taken here, only iWmo and iJw.", field="Bericht")
    return Refusal(RefusalCode.MALFORMED, "This is XML, but no message of iWmo or iJw.", field="Bericht")


def check(incoming: Incoming, book: AddressBook, now: dt.datetime) -> None:
    """Refuse a message from the future (WJ001 8848, rule TR135) and one that is for somebody else (S300, TR378)."""
    dated = "Header/DagtekeningRetour" if incoming.form.is_retour else "Header/BerichtIdentificatie/Dagtekening"
    if dt.date.fromisoformat(incoming.dated) > now.astimezone(LOCAL).date():
        raise broken(dated, "The message is dated in the future.", code=FUTURE_DATE)
    system = incoming.receiver_system
    ours = book.municipality if system == "gemeentecode" else book.partner
    if ours.identifiers.get(system) and book.find(system, incoming.receiver) is None:
        raise Refusal(
            RefusalCode.NOT_ALLOWED,
            "The message is addressed to an organisation that is not known here.",
            field="Header/Afzender" if incoming.form.is_retour else "Header/Ontvanger",
            dialect_code=UNKNOWN_MUNICIPALITY if system == "gemeentecode" else REFUSED,
        )


def party(book: AddressBook, system: str, value: str) -> tuple[str, Party | None]:
    """Give the organisation code for an identifier; the identifier itself, by its system, where nobody has it."""
    found = book.find(system, value)
    return (found.code, found) if found else (f"{PREFIXES[system]}{value}", None)


PREFIXES = {"agb": "agb:", "gemeentecode": "gemeente:"}


def midnight(day: str) -> dt.datetime:
    """Give the begin of a day in the Netherlands: iWmo has dates without a time."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), LOCAL).astimezone(dt.UTC)


def local_day(moment: dt.datetime) -> str:
    """Give the day of a moment in the Netherlands."""
    return moment.astimezone(LOCAL).date().isoformat()
