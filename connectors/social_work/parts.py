"""Writing of what the messages share: the client, the product, dates, reasons and texts that must fit."""

import calendar
import re
from collections.abc import Collection

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from connectors.social_work import codes
from connectors.social_work.codes import Family
from connectors.social_work.envelope import local_day
from connectors.social_work.trees import Node, node
from schemas.message import Client, Coded, Message
from schemas.vocabulary import Gender

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_INITIAL = re.compile("[^a-zA-ZÀ-ỳ]")
_BREAKS = re.compile(r"\s+")


def impossible(field: str, message: str) -> Refusal:
    """Give the refusal of what iWmo has no word for; ``field`` is the canonical one."""
    return Refusal(RefusalCode.CANNOT_EXPRESS, message, field=field)


def fitted(text: str | None, longest: int, field: str, losses: list[Loss]) -> str | None:
    """Make a text fit on one line of so many characters, and note what that cost."""
    if text is None:
        return None
    line = _BREAKS.sub(" ", comment(text, field, losses) or "").strip()
    if len(line) > longest:
        losses.append(Loss(field=field, why=f"cut to {longest} characters"))
    elif _BREAKS.sub(" ", text) != text:
        losses.append(Loss(field=field, why="line breaks became spaces"))
    return line[:longest].strip() or None


def comment(text: str | None, field: str, losses: list[Loss]) -> str | None:
    """Make a text fit for XML, and note the characters that it can't hold."""
    if text is None:
        return None
    if _NOT_XML.search(text):
        losses.append(Loss(field=field, why="characters that XML can't hold were replaced"))
    return _NOT_XML.sub("\ufffd", text).strip() or None


def person(message: Message, losses: list[Loss], *, full: bool) -> dict[str, str | Node | None]:
    """Write the client; a full name says that it is the client's own (COD700), for we know of no other."""
    client = message.data.client or Client()
    surname = fitted(client.family_name, 200, "data.client.family_name", losses)
    if surname is None:
        raise impossible("data.client.family_name", "iWmo can't name a client without a family name.")
    prefix = fitted(client.prefix, 10, "data.client.prefix", losses)
    name = node(
        Geslachtsnaam=node(Achternaam=surname, Voorvoegsel=prefix),
        Voornamen=fitted(client.given_name, 200, "data.client.given_name", losses),
        Voorletters=_initials(client.initials, losses),
        NaamGebruik=codes.OWN_NAME if full else None,
    )
    if client.gender is Gender.OTHER:
        losses.append(Loss(field="data.client.gender", why="iWmo knows male, female and unknown"))
    return {
        "Bsn": bsn(message),
        "Geboortedatum": _birth(client.birth_date),
        "Geslacht": codes.OF_GENDER[client.gender or Gender.UNKNOWN],
        "Naam": name,
    }


def bsn(message: Message) -> str:
    """Give the citizen service number: no message about a client goes without."""
    number = message.data.client.bsn if message.data.client else None
    if number is None:
        raise impossible("data.client.bsn", "iWmo can't tell of a client without a citizen service number.")
    return number


def _initials(initials: str | None, losses: list[Loss]) -> str | None:
    letters = _NOT_INITIAL.sub("", initials or "")
    if letters[:6] != re.sub(r"[.\s]", "", initials or ""):
        losses.append(Loss(field="data.client.initials", why="only letters, and six at most"))
    return letters[:6] or None


def _birth(birth_date: str | None) -> Node:
    """Write a birth date that may be incomplete (COD170)."""
    if birth_date is None:
        return node(Datum=codes.UNKNOWN_BIRTH_DATE, DatumGebruik=codes.ALL_UNKNOWN)
    use = {4: codes.MONTH_UNKNOWN, 7: codes.DAY_UNKNOWN}.get(len(birth_date))
    return node(Datum=(birth_date + "-01-01")[:10], DatumGebruik=use)


def product(service: Coded | None, family: Family, losses: list[Loss]) -> Node:
    """Write the product; a service that is no product of this family goes as the default category."""
    code = service.code if service and service.system == family.name else ""
    category, rest = code[:2], code[3:] if code[2:3] == "/" else code
    known = category in family.categories and len(rest) <= 5 and (len(code) == 2 or bool(rest.strip()))
    if service and service.text:
        losses.append(Loss(field="data.service.text", why="a product goes by its code alone"))
    if not known or re.search(r"[\n\r]", rest) or _NOT_XML.search(rest):
        if service:
            why = f"not a product code of {family.title}; sent as category {family.default_category}"
            losses.append(Loss(field="data.service.code", why=why))
        return node(Categorie=family.default_category)
    return node(Categorie=category, Code=rest if len(code) > 2 else None)


def first_day(partial: str | None, field: str, losses: list[Loss], *, default: str) -> str:
    """Give a full date; one known to the month or year becomes its first day."""
    if partial is None:
        return default
    if len(partial) < 10:
        losses.append(Loss(field=field, why="iWmo wants a full date; sent as the first day"))
    return (partial + "-01-01")[:10]


def last_day(partial: str | None, field: str, losses: list[Loss]) -> str | None:
    """Give a full date; one known to the month or year becomes its last day."""
    if partial is None or len(partial) == 10:
        return partial
    losses.append(Loss(field=field, why="iWmo wants a full date; sent as the last day"))
    year, month = int(partial[:4]), int(partial[5:7] or 12)
    return f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}"


def happened_on(message: Message) -> str:
    """Give the day on which it happened, in the Netherlands."""
    return local_day(message.data.occurred_at or message.time)


def in_order(begin: str, end: str | None) -> None:
    """Refuse an end before the begin: the partner would send it back."""
    if end is not None and end < begin:
        raise impossible("data.ends_on", "The end lies before the begin.")


def reason(
    message: Message, system: str, known: Collection[str], default: str | None, losses: list[Loss]
) -> str | None:
    """Give the code of the status reason where it is of this list; else the default, and a note of it."""
    given = message.data.status_reason
    if given is None:
        return default
    if given.text:
        losses.append(Loss(field="data.status_reason.text", why="a reason goes by its code alone"))
    if given.system == system and given.code in known:
        return given.code
    sent = f"; sent as {default}" if default else ""
    losses.append(Loss(field="data.status_reason.code", why=f"not a reason of list {system} for this step{sent}"))
    return default
