"""Read what someone wrote down from a form: the same fields for every kind, the words of its kind as ``c_...``."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from hub.services.errors import Invalid
from hub.services.views.case import Colleague
from hub.web.words.dates import AMSTERDAM
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, LifeDomain

Form = MultiDict[str, str]
_WORDS = "c_"
_NUMBERS = frozenset({"score", "minutes", "size"})
_CHECKS = frozenset({"reached", "nameless"})
_LISTS = frozenset({"after", "mentions"})


def new_item(form: Form, colleagues: Iterable[Colleague]) -> NewItem:
    """Give what a form asks to write down; ``Invalid`` with the field that can't be read.

    ``kind``; ``life_domains`` (many); ``audience_of`` (``parent``, or ``some`` and then ``audience``, many); ``who``
    (``client``, an organisation, or ``organisation|person``); ``due_on``; ``at_day`` and ``at_time`` and
    ``until_time``, on Dutch clocks.
    """
    try:
        kind = ItemKind(form.get("kind", ""))
    except ValueError as error:
        raise Invalid("There is no such kind.", field="kind") from error
    words = _content(form) | _length(form)
    if kind is ItemKind.REMARK:
        words["mentions"] = mentioned(words.get("text", ""), colleagues)
    return NewItem(
        kind=kind,
        content=words,
        parent_id=form.get("parent_id") or None,
        like_parent=form.get("audience_of") == "parent",
        about=form.get("about") or None,
        **_heads(form, every=True),
    )


def changes(form: Form, kind: ItemKind, colleagues: Iterable[Colleague]) -> dict[str, Any]:
    """Give what a form asks to change: what it has no field for, stays."""
    words: dict[str, Any] = _content(form, emptied=True) | _length(form, emptied=True)
    if kind is ItemKind.REMARK and "text" in words:
        words["mentions"] = mentioned(words["text"] or "", colleagues)
    return {**_heads(form, every=False), **({"content": words} if words else {})}


def version(form: Form) -> int:
    """Give the version that was read; ``Invalid`` where the form lost it."""
    try:
        return int(form.get("version", ""))
    except ValueError as error:
        raise Invalid("The version is lost.", field="version") from error


def way_back(form: Form, otherwise: str) -> str:
    """Give the page to go back to: one of our own, whatever the form says."""
    wanted = form.get("verder", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if ours else otherwise


def mentioned(text: str, colleagues: Iterable[Colleague]) -> list[str]:
    """Give who is named in a text with an @ before the whole name; the longest name counts."""
    found, rest = [], text
    for one in sorted(colleagues, key=lambda colleague: -len(colleague.name)):
        if f"@{one.name}" in rest:
            found.append(one.id)
            rest = rest.replace(f"@{one.name}", "")
    return found[:20]


def _content(form: Form, *, emptied: bool = False) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for field in dict.fromkeys(form):
        name = field.removeprefix(_WORDS)
        if name == field:
            continue
        value = _word(name, form, field)
        if value is not None or emptied:
            words[name] = value
    return words


def _word(name: str, form: Form, field: str) -> Any:
    if name in _LISTS:
        return [one for one in form.getlist(field) if one]
    if name in _CHECKS:
        return form.get(field) in ("1", "on", "ja")
    text = form.get(field, "").strip()
    if not text:
        return None
    if name in _NUMBERS:
        try:
            return int(text)
        except ValueError as error:
            raise Invalid("This is not a number.", field=name) from error
    return text


def _heads(form: Form, *, every: bool) -> dict[str, Any]:
    heads: dict[str, Any] = {}
    if every or "life_domains" in form:
        heads["life_domains"] = domains_of(form)
    if every or "audience_of" in form:
        heads["audience"] = audience_of(form)
    if every or "who" in form:
        organisation, _, person = form.get("who", "").partition("|")
        heads |= {"holder": organisation or None, "holder_id": person or None}
    if every or "due_on" in form:
        heads["due_on"] = _day(form.get("due_on", ""), "due_on")
    if every or "at_day" in form:
        heads["at"] = moment_of(form)
    return heads


def audience_of(form: Form) -> tuple[str, ...] | None:
    """Give for whom something is meant beside the own organisation; nothing for all that the rules let in."""
    some = form.get("audience_of") == "some"
    return tuple(one for one in form.getlist("audience") if one) if some else None


def domains_of(form: Form) -> tuple[LifeDomain, ...]:
    """Give the life domains that something is about; ``Invalid`` where there is no such domain."""
    try:
        return tuple(dict.fromkeys(LifeDomain(code) for code in form.getlist("life_domains") if code))
    except ValueError as error:
        raise Invalid("There is no such life domain.", field="life_domains") from error


def _day(text: str, field: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid("This is not a day.", field=field) from error


def _length(form: Form, *, emptied: bool = False) -> dict[str, Any]:
    """Give how long something takes, from when it begins and when it ends on the same day."""
    if not form.get("until_time", "").strip():
        return {"minutes": None} if emptied and "until_time" in form else {}
    begins, ends = (_clock(form, field) for field in ("at_time", "until_time"))
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    if minutes <= 0:
        raise Invalid("This ends before it begins.", field="until_time")
    return {"minutes": minutes}


def _clock(form: Mapping[str, str], field: str) -> dt.time:
    try:
        return dt.time.fromisoformat(form.get(field, "").strip() or "09:00").replace(tzinfo=None)
    except ValueError as error:
        raise Invalid("This is not a time.", field=field) from error


def moment_of(form: Mapping[str, str]) -> dt.datetime | None:
    """Give the moment of ``at_day`` and ``at_time``, on Dutch clocks; nothing where no day is given."""
    day = _day(form.get("at_day", ""), "at_day")
    if day is None:
        return None
    return dt.datetime.combine(day, _clock(form, "at_time"), AMSTERDAM).astimezone(dt.UTC)
