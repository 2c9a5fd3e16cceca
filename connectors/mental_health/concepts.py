"""Codes, moments and keys: the datatypes CodeableConcept, dateTime and Identifier on both sides."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from connectors.mental_health import systems
from connectors.mental_health.node import Losses, Node, malformed
from schemas.message import Coded

Json = dict[str, Any]
_DATETIME = re.compile(
    r"([0-9]{4})(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)
_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_SPACES = re.compile(r"\s+")


def read_coded(concept: Node | None, losses: Losses, *, ignore: Sequence[str | None] = ()) -> Coded | None:
    """Read the first code that is not of our own lists, with its words."""
    if concept is None:
        return None
    words = concept.said("text", losses)
    codings = [coding for coding in concept.many("coding") if coding.text("system") not in ignore]
    for number, coding in enumerate(codings):
        code = coding.text("code")
        if code is None:
            continue
        if len(codings) > number + 1:
            losses.add(concept.at("coding"), "only the first code is kept")
        return Coded(code=code, system=_list_name(coding.text("system")), text=words or coding.said("display", losses))
    words = words or next((text for text in (coding.said("display", losses) for coding in codings) if text), None)
    return Coded(code=systems.WORDS_ONLY, text=words) if words else None


def _list_name(system: str | None) -> str | None:
    return unquote(system.removeprefix(systems.OUR_LIST)) if system and system.startswith(systems.OUR_LIST) else system


def write_coded(coded: Coded, extra: Sequence[Json] = ()) -> Json:
    """Write a CodeableConcept; ``extra`` are codings of our own lists that go before."""
    if coded.code == systems.WORDS_ONLY and coded.system is None and coded.text:
        return {**({"coding": list(extra)} if extra else {}), "text": coded.text}
    coding: Json = {"code": _SPACES.sub(" ", coded.code)}
    if coded.system:
        coding["system"] = as_uri(coded.system)
    return {"coding": [*extra, coding], **({"text": coded.text} if coded.text else {})}


def as_uri(system: str) -> str:
    """Give a list's name as a URI: R4 allows no spaces there."""
    if _SPACES.search(system) or system.startswith(systems.OUR_LIST):
        return systems.OUR_LIST + quote(system, safe="")
    return system


def coding(system: str, code: str) -> Json:
    """Write a CodeableConcept of one code."""
    return {"coding": [{"system": system, "code": code}]}


def codes(concepts: Iterable[Node | None], system: str) -> list[str]:
    """Give every code of one list."""
    found = (one for concept in concepts if concept for one in concept.many("coding"))
    return [one.text("code") or "" for one in found if one.text("system") == system]


def read_moment(node: Node, name: str, losses: Losses) -> dt.datetime | None:
    """Read a dateTime. A date alone is no moment; a time without a zone is against R4 (datatype dateTime)."""
    text = node.text(name)
    if text is None:
        return None
    found = _DATETIME.fullmatch(text)
    if not found:
        raise malformed("This is not a dateTime of FHIR.", node.at(name), "value")
    if not found[4]:
        losses.add(node.at(name), "a date alone tells no moment")
        return None
    if not found[6]:
        raise malformed("A time needs its zone.", node.at(name), "value")
    try:
        moment = dt.datetime.fromisoformat(_six_digits(text)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise malformed("There is no such moment.", node.at(name), "value") from error
    return moment


def _six_digits(text: str) -> str:
    return re.sub(r"\.([0-9]{1,9})", lambda match: "." + match[1][:6].ljust(6, "0"), text)


def read_day(node: Node | None, name: str) -> str | None:
    """Read the day of a dateTime as its writer saw it; a year or a month stays one."""
    text = node.text(name) if node else None
    if node is None or text is None:
        return None
    if not _DATETIME.fullmatch(text):
        raise malformed("This is not a dateTime of FHIR.", node.at(name), "value")
    return text[:10]


def read_key(resource: Node) -> str | None:
    """Give the partner's key of a Task or ServiceRequest, ``system|value`` as in a FHIR search, else its id."""
    for identifier in resource.many("identifier"):
        value = identifier.text("value")
        if value and identifier.text("system") not in systems.OUR_SYSTEMS:
            return f"{identifier.text('system') or ''}|{value}"
    return resource.text("id")


def write_key(key: str | None) -> tuple[str | None, list[Json]]:
    """Turn a key back into a resource id or an identifier."""
    if not key:
        return None, []
    system, bar, value = key.partition("|")
    if not bar or not value.strip():
        return (key, []) if _FHIR_ID.fullmatch(key) else (None, [{"value": key}])
    return None, [{**({"system": as_uri(system)} if system else {}), "value": value}]


def is_fhir_id(text: str) -> bool:
    """Whether a text may be a resource id (R4, datatype id)."""
    return bool(_FHIR_ID.fullmatch(text))
