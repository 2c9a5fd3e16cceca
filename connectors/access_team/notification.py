"""Notifications: they say that something changed, never what; the zaak itself must be fetched.

Two forms: the ZGW notification (Notificaties API 1.0) and the CloudEvent (NL GOV profile 1.1, structured JSON).
"""

import json
import re

from connectors.access_team.dialect import dialect_of
from connectors.access_team.nodes import Node, check_url, malformed, not_allowed
from connectors.errors import NOT_THE_SENDER, Refusal, RefusalCode
from connectors.protocol import AddressBook, Reading
from schemas.identifiers import bsn_is_valid, derived_id
from schemas.message import UNKNOWN_OIN

_ZAAK = re.compile(r".*/zaken/[0-9a-fA-F-]{32,36}", re.ASCII)
_NAME = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
_SOURCE = re.compile(r"urn:nld:oin:([0-9]{20}):systeem:[A-Za-z0-9._-]{1,80}", re.ASCII)
_NINE = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])", re.ASCII)
# Profile 1.1, and how VNG maps its older notification to an event (mapping_zgw_nrc.md): the main object first.
_IN_DATA = ("hoofdObject", "deprecated_hoofdObject", "resourceUrl", "zaak")
MAX_EVENT = 65_536


def read_notification(document: Node, book: AddressBook) -> Reading:
    """Read a ZGW notification: which zaak must be fetched."""
    channel, action = document.needed("kanaal"), document.needed("actie")
    moment = document.moment("aanmaakdatum")
    said = [channel, document.needed("hoofdObject"), document.needed("resourceUrl"), action, str(moment)]
    identification = f"notificatie:{derived_id('zgw', *said)}"
    if moment is None:
        raise malformed("This is missing.", "aanmaakdatum", "required")
    if channel == "test":  # how a notification component tries the address of a new subscription
        return Reading(identification=identification, messages=())
    if channel != "zaken":
        raise not_allowed("Only notifications about zaken are taken.", "kanaal", "channel")
    if document.text("resource") == "zaak" and action == "destroy":
        raise not_allowed("A zaak that was removed can't be fetched; a person tells what it means.", "actie", "destroy")
    return Reading(identification=identification, messages=(), wanted=(_zaak(document, "hoofdObject", book),))


def read_event(document: Node, book: AddressBook, size: int) -> Reading:
    """Read a CloudEvent: from the partner itself, without a person's number outside its data."""
    if document.needed("specversion") != "1.0":
        text = "Only CloudEvents 1.0 are taken."
        raise Refusal(RefusalCode.UNSUPPORTED_VERSION, text, field="specversion", dialect_code="specversion")
    if size > MAX_EVENT:
        raise Refusal(RefusalCode.TOO_LARGE, "An event holds 64 kB at most.", field=None, dialect_code="size")
    _check_source(document, book)
    _check_attributes(document)
    kind = document.needed("type")
    if "zaak" not in kind and "zaken" not in kind:
        raise not_allowed("Only events about zaken are taken.", "type", "type")
    source, own_id = document.needed("source"), document.needed("id")
    identification = f"event:{derived_id('cloudevent', source, own_id)}"
    inside = document.one("data") or Node({}, "data")
    for holder, name in (*((inside, name) for name in _IN_DATA), (document, "dataref")):
        value = holder.value.get(name)
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            return Reading(identification=identification, messages=(), wanted=(_zaak(holder, name, book),))
    raise malformed("The event names no zaak that can be fetched.", "data.hoofdObject", "required")


def _check_source(document: Node, book: AddressBook) -> None:
    """Refuse an event of another source than who brought it: the credential decides who speaks."""
    found = _SOURCE.fullmatch(document.needed("source"))
    own = {book.partner.oin, *book.partner.identifiers.get("oin", ())} - {UNKNOWN_OIN}
    if found is None or found[1] not in own:
        raise not_allowed("The source of the event is not the organisation that brought it.", "source", NOT_THE_SENDER)


def _check_attributes(document: Node) -> None:
    """Hold the profile's rules for context attributes: names of small letters and digits, and no person's number."""
    for name, value in document.value.items():
        if name in ("data", "data_base64"):
            continue
        if not _NAME.fullmatch(name):
            raise malformed("An attribute has a name that CloudEvents does not allow.", document.at(name))
        text = value if isinstance(value, str) else json.dumps(value)
        personal = (number for number in _NINE.findall(text) if bsn_is_valid(number))
        if name != "source" and next(personal, None) is not None:
            raise not_allowed("A context attribute may hold no citizen service number.", document.at(name), "privacy")


def _zaak(holder: Node, name: str, book: AddressBook) -> str:
    url = check_url(holder.needed(name), holder.at(name), dialect_of(book).hosts)
    if not _ZAAK.fullmatch(url):
        raise not_allowed("Only a zaak is fetched.", holder.at(name), "resource")
    return url
