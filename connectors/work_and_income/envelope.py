"""What stands round a message: SOAP, and the stuurgegevens that say which message it is, from whom and for whom."""

import datetime as dt
from dataclasses import dataclass

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal, RefusalCode
from connectors.work_and_income.dialect import Address, Dialect
from connectors.work_and_income.format import (
    BROKEN,
    REFERENCE,
    SOAP,
    SOAP_12,
    SOURCE,
    STUF,
    WRONG_RECEIVER,
    WRONG_SENDER,
    ZKN,
)
from connectors.work_and_income.moments import moment
from connectors.work_and_income.tree import Node, broken

_OTHERS = {
    "http://www.egem.nl/StUF/StUF0": ("Another release of StUF than 03.01", "StUF001"),
    "http://www.egem.nl/StUF/sector/zkn/": ("Another release of StUF-ZKN than 3.10", "StUF007"),
    "http://www.egem.nl/StUF/koppelvlak/": ("A message of Zaak- en Documentservices 1.2", "StUF007"),
    "http://www.stufstandaarden.nl/koppelvlak/": ("A message of Zaak- en Documentservices 1.2", "StUF007"),
}
_LEAD = ("berichtcode", "zender", "ontvanger", "referentienummer", "tijdstipBericht")


@dataclass(frozen=True, kw_only=True)
class Lead:
    """The stuurgegevens of a message."""

    code: str
    sender: Address
    receiver: Address
    reference: str
    sent_at: dt.datetime
    answers: str | None = None

    @property
    def identification(self) -> str:
        """What is unique by the standard: the reference of one sender (StUF 03.01, referentienummer)."""
        who = (self.sender.organisatie, self.sender.applicatie, self.sender.administratie)
        return ":".join((*(part or "" for part in who), self.code, self.reference))


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message that could be told apart; its content is not read yet."""

    root: Node
    lead: Lead
    by_hub: bool


def message_of(body: bytes) -> Node:
    """Take SOAP off; ``Refusal`` where no message of StUF is in it."""
    root = safe_xml.loads(body)
    name = etree.QName(root)
    if name.namespace == SOAP_12:
        raise Refusal(
            RefusalCode.UNSUPPORTED_VERSION, "StUF goes over SOAP 1.1 here.", field="Envelope", dialect_code=BROKEN
        )
    if (name.namespace, name.localname) != (SOAP, "Envelope"):
        return _known(root)
    content = root.findall(f"{{{SOAP}}}Body/*")
    if len(content) != 1:
        raise broken("Envelope/Body", "There is one message in an envelope.")
    fault = etree.QName(content[0])
    if (fault.namespace, fault.localname) != (SOAP, "Fault"):
        return _known(content[0])
    details = content[0].findall("detail/*")
    if len(details) != 1:
        raise broken("Envelope/Body/Fault/detail", "A fault without a message of StUF says nothing that is known.")
    return _known(details[0])


def _known(element: etree._Element) -> Node:
    name = etree.QName(element)
    namespace = name.namespace or ""
    if namespace in (ZKN, STUF):
        return Node(element=element, path=name.localname)
    for start, (what, code) in _OTHERS.items():
        if namespace.startswith(start):
            raise Refusal(
                RefusalCode.UNSUPPORTED_VERSION,
                f"{what} is not spoken here, only zakLk01 of StUF-ZKN 3.10.",
                field="Envelope/Body",
                dialect_code=code,
            )
    raise Refusal(RefusalCode.MALFORMED, "This is XML, but no message of StUF-ZKN.", field="Envelope/Body")


def lead_of(message: Node) -> Lead:
    """Read the stuurgegevens."""
    found = message.element.findall(f"{{{ZKN}}}stuurgegevens") + message.element.findall(f"{{{STUF}}}stuurgegevens")
    if len(found) != 1:
        raise broken(message.at("stuurgegevens"), "Every message has one set of stuurgegevens.")
    lead = Node(element=found[0], path=message.at("stuurgegevens"))
    told = {name: lead.key(name, REFERENCE, STUF) for name in _LEAD if name not in ("zender", "ontvanger")}
    for name, text in told.items():
        if not text:
            raise broken(lead.at(name), "A required element is missing.")
    return Lead(
        code=told["berichtcode"] or "",
        sender=_address(lead, "zender"),
        receiver=_address(lead, "ontvanger"),
        reference=told["referentienummer"] or "",
        sent_at=moment(told["tijdstipBericht"] or "", lead.at("tijdstipBericht")),
        answers=lead.key("crossRefnummer", REFERENCE, STUF) or None,
    )


def _address(lead: Node, name: str) -> Address:
    system = lead.one(name, STUF)
    if system is None:
        raise broken(lead.at(name), "A required element is missing.")
    applicatie = system.key("applicatie", 50, STUF)
    if not applicatie:
        raise broken(system.at("applicatie"), "A required element is missing.")
    return Address(
        applicatie=applicatie,
        organisatie=system.key("organisatie", 200, STUF) or None,
        administratie=system.key("administratie", 50, STUF) or None,
        gebruiker=system.key("gebruiker", 100, STUF) or None,
    )


def incoming(message: Node, dialect: Dialect) -> Incoming:
    """Tell who speaks; ``Refusal`` where it is for another system, or from one that is not known."""
    lead = lead_of(message)
    if _is_hub(lead.sender, dialect) and _is_suite(lead.receiver, dialect):
        return Incoming(root=message, lead=lead, by_hub=True)
    path = message.at("stuurgegevens")
    if dialect.hub and not _is_hub(lead.receiver, dialect):
        text = "The message is addressed to another system."
        raise Refusal(RefusalCode.NOT_ALLOWED, text, field=f"{path}/ontvanger", dialect_code=WRONG_RECEIVER)
    if not _is_suite(lead.sender, dialect):
        text = "The message comes from a system that is not known here."
        raise Refusal(RefusalCode.NOT_ALLOWED, text, field=f"{path}/zender", dialect_code=WRONG_SENDER)
    return Incoming(root=message, lead=lead, by_hub=False)


def hub_address(dialect: Dialect, municipality: str | None) -> Address:
    """Give the hub as it is addressed: as configured, else by its name and the municipality's code."""
    return dialect.hub[0] if dialect.hub else Address(applicatie=SOURCE, organisatie=municipality)


def _is_hub(found: Address, dialect: Dialect) -> bool:
    return any(known.fits(found) for known in dialect.hub or (Address(applicatie=SOURCE),))


def _is_suite(found: Address, dialect: Dialect) -> bool:
    """Whether a system is the suite; where none is configured, any other than the hub."""
    return any(known.fits(found) for known in dialect.suite) if dialect.suite else not _is_hub(found, dialect)
