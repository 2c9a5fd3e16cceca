"""The envelope of the chain: StUF GGk 2.1 (ggk0210), a message of iWmo or iJw in base64 between control data.

``Di01`` carries a message, ``Du01`` its return message, ``Fo01`` says that the chain could not deliver (iStandaarden,
list of faults of the message traffic), ``Bv03`` that an envelope was taken. Each may stand in SOAP or by itself.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal, RefusalCode
from connectors.social_work.format import UNSEEN

STUF = "http://www.egem.nl/StUF/StUF0301"
GGK = "http://www.stufstandaarden.nl/koppelvlak/ggk0210"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAPS = (SOAP, "http://www.w3.org/2003/05/soap-envelope")
NAMES = {"Di01": "envelopHeenbericht-ggk_Di01", "Du01": "envelopRetourbericht-ggk_Du01"}
_ENVELOPES = {f"{{{GGK}}}{name}": code for code, name in NAMES.items()}
_NOTES = {f"{{{STUF}}}{code}Bericht": code for code in ("Fo01", "Fo03", "Bv01", "Bv03")}
FAULTS = frozenset({"Fo01", "Fo03"})

# Faults of the chain (iStandaarden, Fo01_Foutcodelijst; IB210 stands in the published Fo01).
NOT_BY_XSD, TOO_LARGE, NO_SUCH_FUNCTION, BAD_PAIR, BAD_INSIDE = "IB001", "IB003", "IB004", "IB007", "IB014"
UNKNOWN_RECEIVER = "IB210"
FAULT_LIST = "ggk:Fo01"

# base64 is a third longer than what it holds, and line ends, control data and SOAP stand round it
MAX_BYTES = safe_xml.MAX_BYTES * 4 // 3 + safe_xml.MAX_BYTES // 10
_PIECE = re.compile(rf"(?=.*\S)[^{UNSEEN}]+")
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_REFERENCE = re.compile(r"[A-Z2-7]{12}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class System:
    """An end of the line: the organisation and its application."""

    organisation: str
    application: str


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What stands round a message. ``code`` is the StUF code; ``inside`` the element that carries the content."""

    code: str
    sender: System
    receiver: System
    number: str
    cross: str | None
    function: str | None
    soap: bool
    element: etree._Element

    def inside(self) -> bytes:
        """Give the message of iWmo or iJw, byte for byte."""
        place = "parameters/bericht/xmlBestand"
        found = self.element.findall(f"{{{GGK}}}parameters/{{{GGK}}}bericht/*")
        if len(found) != 1 or found[0].tag != f"{{{GGK}}}xmlBestand" or len(found[0]):
            raise wrong("parameters/bericht", "An envelope holds one XML file, and nothing else.", NOT_BY_XSD)
        text = "".join((found[0].text or "").split())
        if len(text) > safe_xml.MAX_BYTES * 4 // 3 + 4:
            raise Refusal(
                RefusalCode.TOO_LARGE,
                f"The message is larger than {safe_xml.MAX_BYTES} bytes.",
                field=place,
                dialect_code=TOO_LARGE,
            )
        try:
            plain = base64.b64decode(text.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise wrong(place, "This is not base64.", NOT_BY_XSD) from error
        if base64.b64encode(plain).decode() != text:  # signs too many at the end, which not every reader sees
            raise wrong(place, "This is not base64.", NOT_BY_XSD)
        return plain


def wrong(field: str, message: str, code: str) -> Refusal:
    """Give the refusal of an envelope, with the chain's own code."""
    return Refusal(RefusalCode.MALFORMED, message, field=field, dialect_code=code)


def taken_off(body: bytes) -> Envelope | None:
    """Give the envelope; nothing where this is none. ``Refusal`` where it is one, and not as the standard wants it."""
    if STUF.encode() not in body:
        return None
    root = safe_xml.loads(body, max_bytes=MAX_BYTES)
    soap = etree.QName(root).namespace in _SOAPS
    element = _carried(root) if soap else root
    code = _ENVELOPES.get(element.tag) or _NOTES.get(element.tag)
    if code is None:
        return None
    own = GGK if code in NAMES else STUF
    control = _one(element, own, "stuurgegevens")
    if _text(control, "berichtcode", 4) != code:
        raise wrong("stuurgegevens/berichtcode", "The code is not that of this envelope.", NOT_BY_XSD)
    function = _text(control, "functie", 30) if code in NAMES else None
    return Envelope(
        code=code,
        sender=_system(control, "zender"),
        receiver=_system(control, "ontvanger"),
        number=_text(control, "referentienummer", 40),
        cross=_text(control, "crossRefnummer", 40) if code != "Di01" else None,
        function=function,
        soap=soap,
        element=element,
    )


def _carried(root: etree._Element) -> etree._Element:
    """Give the one element in the body of a SOAP message; of a fault the message in its detail."""
    namespace = etree.QName(root).namespace
    bodies = root.findall(f"{{{namespace}}}Body")
    if root.tag != f"{{{namespace}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise wrong("Body", "A SOAP message carries one message.", NOT_BY_XSD)
    element = bodies[0][0]
    if element.tag == f"{{{SOAP}}}Fault":
        inner = element.findall("detail/*")
        return inner[0] if len(inner) == 1 else element
    return element


def _one(parent: etree._Element, namespace: str, name: str) -> etree._Element:
    found = parent.findall(f"{{{namespace}}}{name}")
    if len(found) != 1:
        raise wrong(name, "This element stands there once.", NOT_BY_XSD)
    return found[0]


def _system(control: etree._Element, name: str) -> System:
    found = _one(control, STUF, name)
    return System(organisation=_text(found, "organisatie", 200), application=_text(found, "applicatie", 50))


def _text(parent: etree._Element, name: str, longest: int) -> str:
    place = f"{etree.QName(parent).localname}/{name}"
    found = parent.findall(f"{{{STUF}}}{name}")
    text = (found[0].text or "").strip() if len(found) == 1 and not len(found[0]) else ""
    if not _PIECE.fullmatch(text) or len(text) > longest:
        raise wrong(place, f"This stands there once, with {longest} characters at most.", NOT_BY_XSD)
    return text


def number_of(reference: str) -> str:
    """Give the number of the envelope (a UUID of version 4, by the XSD) for the reference of the message inside.

    The reference can be read back from it: a fault of the chain names the envelope alone, and we keep nothing.
    """
    check = hashlib.sha256(f"ggk\x1f{reference}".encode()).hexdigest()
    digits = check[:30]
    if _REFERENCE.fullmatch(reference):
        value = 0
        for letter in reference:
            value = value * 32 + _LETTERS.index(letter)
        digits = f"{value:015x}{check[:15]}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-8{digits[15:18]}-{digits[18:]}"


def reference_of(number: str) -> str | None:
    """Give the reference of the message inside an envelope of ours; nothing where the number is not ours."""
    if not NUMBER.fullmatch(number):
        return None
    plain = number.replace("-", "")
    value = int(plain[:12] + plain[13:16], 16)
    letters = ""
    for _ in range(12):
        value, place = divmod(value, 32)
        letters = _LETTERS[place] + letters
    return letters if number_of(letters) == number else None
