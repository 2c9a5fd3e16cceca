"""Writing of the envelope of the chain: round a message, and the chain's own answers to an envelope."""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Mistake, Payload
from connectors.social_work.envelope import LOCAL, opened
from connectors.social_work.ggk import (
    BAD_INSIDE,
    FAULTS,
    GGK,
    NAMES,
    NOT_BY_XSD,
    SOAP,
    STUF,
    TOO_LARGE,
    Envelope,
    System,
    number_of,
)
from schemas.identifiers import derived_id, short_reference

PLAIN, BARE, IN_SOAP = "plain", "ggk", "ggk-soap"
_KINDS = (PLAIN, BARE, IN_SOAP)
_APPLICATIONS = {"application": "Schakel", "partner_application": "GGk"}
_OWN_VERSION, _FUNCTION_VERSION = ("0001", "0000"), ("0003", "0002")
_CONTENT_TYPE, _SOAP_TYPE = "application/xml", "text/xml; charset=utf-8"
_ACTIONS = {"Di01": f"{GGK}/ggk_Di01", "Du01": f"{GGK}/ggk_Du01", "Fo01": f"{STUF}/Fo01"}
_OTHER = {RefusalCode.TOO_LARGE: TOO_LARGE}


def check(dialect: Mapping[str, Any]) -> Sequence[Mistake]:
    """Give what is wrong in an organisation's settings: whether and how its messages go in an envelope."""
    mistakes = [Mistake(key=key, message="is not known in this dialect") for key in dialect if key not in _SETTINGS]
    if dialect.get("envelope", PLAIN) not in _KINDS:
        mistakes.append(Mistake(key="envelope", message=f"must be one of {', '.join(_KINDS)}"))
    for key in _APPLICATIONS:
        name = dialect.get(key, "Schakel")
        if not isinstance(name, str) or not (3 <= len(name) <= 50) or not name.isprintable():
            mistakes.append(Mistake(key=key, message="must be a name of 3 to 50 characters (StUF 3.01, Applicatie)"))
    return mistakes


_SETTINGS = {"envelope", *_APPLICATIONS}


def put_in(payload: Payload, dialect: Mapping[str, Any], now: dt.datetime, *, cross: str | None = None) -> Payload:
    """Put a message in the envelope that the organisation's settings name; nothing round it where they name none.

    ``cross`` is the number of the envelope that a return message answers; without it the one we would have given.
    """
    kind = dialect.get("envelope", PLAIN)
    if kind == PLAIN:
        return payload
    names = {key: str(dialect.get(key, default)) for key, default in _APPLICATIONS.items()}
    return _wrapped(payload, names["application"], names["partner_application"], now, cross=cross, soap=kind == IN_SOAP)


def _wrapped(payload: Payload, ours: str, theirs: str, now: dt.datetime, *, cross: str | None, soap: bool) -> Payload:
    incoming = opened(payload.body)
    code = "Du01" if incoming.form.is_retour else "Di01"
    number = number_of(incoming.identification)
    if code == "Du01" and cross is None:
        cross = number_of(incoming.header.inner("BerichtIdentificatie").texts["Identificatie"])
    ends = (
        System(organisation=incoming.sender, application=ours),
        System(organisation=incoming.receiver, application=theirs),
    )
    root = etree.Element(f"{{{GGK}}}{NAMES[code]}", nsmap={"GGK": GGK, "StUF": STUF})
    control = etree.SubElement(root, f"{{{GGK}}}stuurgegevens")
    _fill_control(control, code, ends, number, cross, now, function=incoming.form.name)
    parameters = etree.SubElement(root, f"{{{GGK}}}parameters")
    names = ("applicatieVersie", "applicatieSubversie", "functieVersie", "functieSubversie")
    for name, version in zip(names, (*_OWN_VERSION, *_FUNCTION_VERSION), strict=True):
        etree.SubElement(parameters, f"{{{GGK}}}{name}").text = version
    held = etree.SubElement(etree.SubElement(parameters, f"{{{GGK}}}bericht"), f"{{{GGK}}}xmlBestand")
    held.text = base64.b64encode(payload.body).decode()
    return _finished(root, code, f"{code}_{number}.xml", soap=soap)


def _fill_control(
    control: etree._Element,
    code: str,
    ends: tuple[System, System],
    number: str,
    cross: str | None,
    now: dt.datetime,
    *,
    function: str | None = None,
) -> None:
    def say(parent: etree._Element, name: str, text: str) -> None:
        etree.SubElement(parent, f"{{{STUF}}}{name}").text = text

    say(control, "berichtcode", code)
    for name, end in zip(("zender", "ontvanger"), ends, strict=True):
        side = etree.SubElement(control, f"{{{STUF}}}{name}")
        say(side, "organisatie", end.organisation)
        say(side, "applicatie", end.application)
    say(control, "referentienummer", number)
    say(control, "tijdstipBericht", now.astimezone(LOCAL).strftime("%Y%m%d%H%M%S"))
    if cross is not None and code != "Di01":
        say(control, "crossRefnummer", cross)
    if function is not None:
        say(control, "functie", function)


def _finished(root: etree._Element, code: str, name: str, *, soap: bool) -> Payload:
    if soap:
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
        etree.SubElement(envelope, f"{{{SOAP}}}Body").append(root)
        root = envelope
    headers = {"SOAPAction": f'"{_ACTIONS[code]}"'} if soap and code in _ACTIONS else {}
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Payload(body=body, content_type=_SOAP_TYPE if soap else _CONTENT_TYPE, name=name, headers=headers)


def returned(retour: Payload, envelope: Envelope, now: dt.datetime) -> Payload:
    """Put a return message in the envelope that answers this one."""
    ours, theirs = envelope.receiver.application, envelope.sender.application
    return _wrapped(retour, ours, theirs, now, cross=envelope.number, soap=envelope.soap)


def fault(envelope: Envelope, refusal: Refusal | None, now: dt.datetime) -> Payload:
    """Say that an envelope, or what is in it, can't be taken. The text names places, never a value."""
    root, number = _note("Fo01", envelope, now)
    body = etree.SubElement(root, f"{{{STUF}}}body")
    code = refusal.dialect_code if refusal else None
    if not (code or "").startswith("IB"):
        code = _OTHER.get(refusal.code, BAD_INSIDE) if refusal else NOT_BY_XSD
    message = refusal.message if refusal else "The envelope can't be taken."
    for name, text in (("code", code), ("plek", "client"), ("omschrijving", message[:200])):
        etree.SubElement(body, f"{{{STUF}}}{name}").text = text
    if refusal and refusal.field:
        etree.SubElement(body, f"{{{STUF}}}details").text = refusal.field[:1000]
    return _finished(root, "Fo01", f"Fo01_{number}.xml", soap=envelope.soap)


def confirmed(envelope: Envelope, now: dt.datetime) -> Payload | None:
    """Say that an envelope was taken (Bv03); nothing for what confirms itself."""
    if envelope.code not in NAMES and envelope.code not in FAULTS:
        return None
    root, number = _note("Bv03", envelope, now)
    return _finished(root, "Bv03", f"Bv03_{number}.xml", soap=envelope.soap)


def _note(code: str, envelope: Envelope, now: dt.datetime) -> tuple[etree._Element, str]:
    root = etree.Element(f"{{{STUF}}}{code}Bericht", nsmap={"StUF": STUF})
    number = number_of(short_reference(derived_id("ggk", code, envelope.sender.organisation, envelope.number)))
    control = etree.SubElement(root, f"{{{STUF}}}stuurgegevens")
    _fill_control(control, code, (envelope.receiver, envelope.sender), number, envelope.number, now)
    return root, number
