"""SOAP 1.1 round a message of StUF, and the stuurgegevens in it."""

from lxml import etree

from connectors.work_and_income.dialect import Address
from connectors.work_and_income.format import NAMESPACES, SOAP
from connectors.work_and_income.tree import maybe, part


def enveloped(message: etree._Element) -> bytes:
    """Give a message in its envelope, as bytes."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=dict(NAMESPACES))
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(message)
    etree.cleanup_namespaces(envelope, keep_ns_prefixes=["StUF", "ZKN", "BG", "xsi"])
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def fault(code: str, where: str, text: str, message: etree._Element | None) -> bytes:
    """Give a fault with an error message of StUF in it (SOAP 1.1, section 4.4; StUF protocolbindingen)."""
    made = etree.Element(f"{{{SOAP}}}Fault", nsmap=dict(NAMESPACES))
    etree.SubElement(made, "faultcode").text = f"soap:{where.capitalize()}"
    etree.SubElement(made, "faultstring").text = f"{code}: {text}"
    if message is not None:
        etree.SubElement(made, "detail").append(message)
    return enveloped(made)


def systems(
    code: str,
    sides: tuple[Address, Address],
    reference: str,
    moment: str,
    *,
    namespace: str = "StUF",
    answers: str | None = None,
    entity: str | None = None,
) -> etree._Element:
    """Write the stuurgegevens; ``sides`` are (from, to)."""
    return part(
        f"{namespace}:stuurgegevens",
        part("StUF:berichtcode", code),
        _system("StUF:zender", sides[0]),
        _system("StUF:ontvanger", sides[1]),
        part("StUF:referentienummer", reference),
        part("StUF:tijdstipBericht", moment),
        maybe("StUF:crossRefnummer", answers),
        maybe("StUF:entiteittype", entity),
    )


def _system(name: str, address: Address) -> etree._Element:
    return part(
        name,
        maybe("StUF:organisatie", address.organisatie),
        part("StUF:applicatie", address.applicatie),
        maybe("StUF:administratie", address.administratie),
        maybe("StUF:gebruiker", address.gebruiker),
    )
