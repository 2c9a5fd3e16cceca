"""StUF-Jeugdzorg 1.0.9: the generic report ("Generieke Melding") of care that is not acute (NAZ), inbound only."""

import datetime as dt
import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from lxml import etree

from connectors import safe_xml
from connectors.access_team import format as words
from connectors.access_team.checking import checked
from connectors.access_team.format import BG, JZ, NEAREST, SOAP, STUF, ZKN, K
from connectors.access_team.nodes import Losses, malformed, not_allowed
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import AddressBook, Payload, Reading, Verdict
from schemas.identifiers import bsn_is_valid, derived_id
from schemas.message import Client, Coded, Message, MessageData, source_of
from schemas.vocabulary import Event, LifeDomain, Status, Urgency

ROOT = "meldingGeneriekDi01"
_PREFIXES = {"stuf": STUF, "bg": BG, "zkn": ZKN, "jz": JZ}
_TIME = re.compile(r"([0-9]{8})([0-9]{2})?([0-9]{2})?([0-9]{2})?[0-9]{0,3}", re.ASCII)
_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_HERE = ZoneInfo("Europe/Amsterdam")
# What stands beside the client, the report and its domains, and has no place with us: (path, why).
_LEFT_OUT = (
    ("object/zkn:heeftAlsInitiator", "who reported is told by the access team that brought it"),
    ("object/zkn:heeftAlsUitvoerende", "who it is for is told by who brought it"),
    ("object/zkn:heeftAlsOverigBetrokkene", "only the client is taken over; other people are not needed"),
    ("object/zkn:betreft/zkn:gerelateerde/jz:kent", "incidents are not taken over"),
    ("object/zkn:betreft/zkn:gerelateerde/jz:vraagAntwoord", "questions and answers are not taken over"),
    ("object/zkn:betreft/zkn:gerelateerde/jz:indicatieInstantiesBetrokken", "not taken over"),
    ("object/jz:indicatieTerugkoppelingGewenst", "1.0.9 has no outcome for a report of care that is not acute"),
    ("object/jz:overigeInformatie/jz:url", "links of others are not followed or kept"),
)
_PERSON = frozenset(
    {
        "inp.bsn", "geslachtsnaam", "voorvoegselGeslachtsnaam", "voornamen", "geslachtsaanduiding", "geboortedatum",
    }
)  # fmt: skip


def is_xml(body: bytes) -> bool:
    """Whether a payload looks like XML."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def read_report(payload: Payload, book: AddressBook) -> Reading:
    """Read a generic report as a new referral of the access team that brought it."""
    report = _opened(payload.body)
    subject, losses = _element(report, "object"), Losses()
    soort = _needed(subject, "jz:soortmeldingCode")
    if soort != "NAZ":
        named = soort if soort in ("VT", "ZVH") else "of another kind"
        text = f"Only reports of care that is not acute (NAZ) are taken, not {named}."
        raise not_allowed(text, f"{ROOT}/object/soortmeldingCode", "soortmelding")
    number = _needed(report, "stuurgegevens/stuf:referentienummer")
    for path, why in _LEFT_OUT:
        if report.find(_tagged(path), _PREFIXES) is not None:
            losses.add(_plain(path), why)
    message = Message(
        id=derived_id("stuf-jz", book.partner.code, number),
        kind=K.SENT,
        source=source_of(book.partner.oin, "stuf-jz"),
        time=_moment(report, "stuurgegevens/stuf:tijdstipBericht"),
        sender=book.partner.code,
        receiver=book.municipality.code,
        data=_data(subject, losses),
    )
    checked(message, ROOT)
    return Reading(identification=f"stuf:{number}", messages=(message,), losses=losses.all())


def _opened(body: bytes) -> etree._Element:
    """Find the report, in a SOAP envelope or not; whatever else it is, is refused by its name."""
    root = safe_xml.loads(body)
    if root.tag == f"{{{SOAP}}}Envelope":
        inner = root.find(f"{{{SOAP}}}Body")
        found = [child for child in inner if isinstance(child.tag, str)] if inner is not None else []
        if len(found) != 1:
            raise malformed("The envelope must hold one message.", "Envelope/Body")
        root = found[0]
    name = etree.QName(root)
    if name.localname == ROOT and name.namespace != JZ:
        text = "Only StUF-Jeugdzorg 1.0 (jz0100) is spoken here."
        raise Refusal(RefusalCode.UNSUPPORTED_VERSION, text, field=ROOT, dialect_code="StUF058")
    if name.localname != ROOT:
        known = re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,60}", name.localname)
        shown = name.localname if known else "this message"
        raise not_allowed(f"Only a {ROOT} is taken, not {shown}.", shown if known else None, "StUF046")
    return root


def _data(subject: etree._Element, losses: Losses) -> MessageData:
    situation = _element(subject, "zkn:betreft/zkn:gerelateerde")
    identification = _text(subject, "zkn:identificatie")
    reason = _find(subject, "jz:redenMelding")
    code = _text(reason, "jz:code") if reason is not None else None
    words_of_it = (
        ("Zorgelijke situatie", _needed(situation, "jz:omschrijvingZorgelijkeSituatie")),
        ("Nadere omschrijving", _text(situation, "jz:nadereOmschrijving")),
        ("Reden van de melding", _text(reason, "jz:omschrijving") if reason is not None else None),
        ("Verzoek", _text(subject, "jz:verzoekOmschrijving")),
        ("Overige informatie", _text(subject, "jz:overigeInformatie/jz:omschrijving")),
        *_notes(situation),
    )
    return MessageData(
        correlation={"stuf-jz:identificatie": identification} if identification else {},
        event=Event.SEND,
        status=Status.SENT,
        occurred_at=_moment(subject, "jz:datumTijdMelding"),
        status_reason=Coded(code=code, system="stuf-jz:redenMelding") if code else None,
        client=_client(subject, losses),
        life_domains=_domains(situation, losses),
        reason="\n\n".join(f"{label}: {text}" for label, text in words_of_it if text),
        urgency=Urgency.ROUTINE,
    )


def _domains(situation: etree._Element, losses: Losses) -> tuple[LifeDomain, ...]:
    found = []
    for place, one in enumerate(situation.findall("jz:leefgebied", _PREFIXES)):
        path = f"{ROOT}/object/betreft/gerelateerde/leefgebied[{place}]/leefgebiedCode"
        code = _needed(one, "jz:leefgebiedCode")
        if code not in words.LEEFGEBIEDEN:
            raise malformed("This is none of the life domains of 1.0.9 (01 to 12).", path)
        if code in NEAREST:
            losses.add(path, f"{code} has no domain of its own here; the nearest is {words.LEEFGEBIEDEN[code]}")
        found.append(words.LEEFGEBIEDEN[code])
    return tuple(dict.fromkeys(found))


def _notes(situation: etree._Element) -> list[tuple[str, str | None]]:
    """Give what is told with each life domain."""
    notes = []
    for one in situation.findall("jz:leefgebied", _PREFIXES):
        domain = words.LEEFGEBIEDEN.get(_text(one, "jz:leefgebiedCode") or "")
        if domain is not None:
            notes.append((words.DOMAINS[domain], _text(one, "jz:toelichting")))
    return notes


def _client(subject: etree._Element, losses: Losses) -> Client:
    path = "object/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon"
    person = _find(subject, "zkn:heeftBetrekkingOp/zkn:gerelateerde/zkn:natuurlijkPersoon")
    if person is None:
        raise malformed("A report needs the person it is about.", f"{ROOT}/{path}", "StUF055")
    bsn, gender = _text(person, "bg:inp.bsn"), _text(person, "bg:geslachtsaanduiding")
    if bsn is not None and not bsn_is_valid(bsn):
        raise malformed("This is not a citizen service number: it fails the eleven test.", f"{ROOT}/{path}/inp.bsn")
    for child in person:
        name = etree.QName(child).localname
        if name not in _PERSON and (child.text or len(child)) and name.replace(".", "").isalpha():
            losses.add(f"{ROOT}/{path}/{name}", "not needed for a referral; not kept")
    return Client(
        bsn=bsn,
        family_name=_text(person, "bg:geslachtsnaam"),
        prefix=_text(person, "bg:voorvoegselGeslachtsnaam"),
        given_name=_text(person, "bg:voornamen"),
        birth_date=_birth_date(person),
        gender=words.STUF_GENDERS.get(gender or ""),
    )


def _birth_date(person: etree._Element) -> str | None:
    """Read ``JJJJMMDD`` with its mark for what of it is not known (V whole, D day, M month, J year)."""
    element = _find(person, "bg:geboortedatum")
    text = _words(element, "bg:geboortedatum") if element is not None else None
    if element is None or text is None:
        return None
    if not _DAY.fullmatch(text):
        raise malformed("This is not a date as JJJJMMDD.", f"{ROOT}/object/heeftBetrekkingOp//geboortedatum")
    kept = {"D": 7, "M": 4, "J": 0}.get(element.get(f"{{{STUF}}}indOnvolledigeDatum", "V"), 10)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"[:kept] or None


def _moment(node: etree._Element, path: str) -> dt.datetime:
    """Read a moment of 8 to 17 digits without a zone: the clock of the Netherlands."""
    found = _TIME.fullmatch(_needed(node, path))
    if found is None:
        raise malformed("This is not a moment as JJJJMMDDuummss.", _plain(path))
    day, *clock = found.groups(default="00")
    try:
        local = dt.datetime.strptime(day + "".join(clock), "%Y%m%d%H%M%S").replace(tzinfo=_HERE)
        return local.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise malformed("There is no such moment.", _plain(path)) from error


def _tagged(path: str) -> str:
    """Give a path in which each step names its namespace; the report's own where it names none."""
    return "/".join(step if ":" in step else f"jz:{step}" for step in path.split("/"))


def _find(node: etree._Element, path: str) -> etree._Element | None:
    """Give the one element at a path; which of two is meant, another reader would answer otherwise."""
    found = node.findall(_tagged(path), _PREFIXES)
    if len(found) > 1:
        raise malformed("An element stands twice where one is allowed.", _plain(path), "StUF055")
    return found[0] if found else None


def _element(node: etree._Element, path: str) -> etree._Element:
    found = _find(node, path)
    if found is None:
        raise malformed("This is missing.", _plain(path), "StUF055")
    return found


def _text(node: etree._Element, path: str) -> str | None:
    found = _find(node, path)
    return _words(found, path) if found is not None else None


def _words(element: etree._Element, path: str) -> str | None:
    """Give the text of an element; with elements in it, its text would be a part of what was said."""
    if len(element):
        raise malformed("There are elements where a plain value belongs.", _plain(path), "StUF055")
    return (element.text or "").strip() or None


def _needed(node: etree._Element, path: str) -> str:
    text = _text(node, path)
    if text is None:
        raise malformed("This is missing.", _plain(path), "StUF055")
    return text


def _plain(path: str) -> str:
    return f"{ROOT}/" + "/".join(step.rpartition(":")[2] for step in path.split("/"))


def acknowledge(payload: Payload, verdict: Verdict, refusal: Refusal | None, now: dt.datetime) -> Payload | None:
    """Answer with ``Bv03`` (taken) or ``Fo03`` (refused); nothing where no sender can be read."""
    try:
        heading = _find(_opened(payload.body), "stuurgegevens")
        number = _text(heading, "stuf:referentienummer") if heading is not None else None
        if heading is None or number is None or len(number) > 40:
            return None
        return _answer(heading, number, refusal if verdict is Verdict.REFUSED else None, now)
    except Refusal:
        return None  # what can't be read can't be answered by name


def _answer(heading: etree._Element, number: str, refusal: Refusal | None, now: dt.datetime) -> Payload:
    code = "Fo03" if refusal is not None else "Bv03"
    root = etree.Element(f"{{{STUF}}}{code}Bericht", nsmap={"StUF": STUF})
    parts = _add(root, "stuurgegevens")
    _add(parts, "berichtcode", code)
    for name, whose in (("zender", "ontvanger"), ("ontvanger", "zender")):
        _system(_add(parts, name), _find(heading, f"stuf:{whose}"))
    _add(parts, "referentienummer", derived_id("stuf-jz", code, number))
    _add(parts, "tijdstipBericht", now.astimezone(_HERE).strftime("%Y%m%d%H%M%S"))
    _add(parts, "crossRefnummer", number)
    if refusal is not None:
        body = _add(root, "body")
        _add(body, "code", refusal.dialect_code if _is_stuf_code(refusal.dialect_code) else "StUF046")
        _add(body, "plek", "client")
        _add(body, "omschrijving", refusal.message[:200])
    return Payload(body=etree.tostring(root, xml_declaration=True, encoding="utf-8"), content_type="text/xml")


def _is_stuf_code(code: str | None) -> bool:
    return code is not None and re.fullmatch(r"StUF[0-9]{3}", code) is not None


def _system(target: etree._Element, source: etree._Element | None) -> None:
    """Repeat who it was, without a user's name."""
    told: Mapping[str, str | None] = {
        name: _text(source, f"stuf:{name}") if source is not None else None
        for name in ("organisatie", "applicatie", "administratie")
    }
    for name, text in told.items():
        if text is not None or name == "applicatie":
            _add(target, name, (text or "onbekend")[:50])


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{STUF}}}{name}")
    child.text = text
    return child
