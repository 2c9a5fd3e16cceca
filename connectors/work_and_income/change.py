"""A change of a case: the old object and the new one. The new is the truth, the difference is the news."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.work_and_income.format import BROKEN, CASE, CODE, NOT_SET, PROCESSING, STUF, TITLE, ZKN
from connectors.work_and_income.moments import day, moment
from connectors.work_and_income.tree import Node, broken, content_of

_ADDED, _REMOVED = "T", "V"
_NO_NEWS = frozenset({"I", "E"})  # given to find the object by; ended as a relation, which is no step of the case


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happened to a case: added (no old object), changed, or removed (``case`` is then what was)."""

    case: Node
    old: Node | None = None
    removed: bool = False

    @property
    def added(self) -> bool:
        """Whether the case is new."""
        return self.old is None and not self.removed


@dataclass(frozen=True, kw_only=True)
class Status:
    """A status that was set."""

    node: Node
    code: str
    number: str
    at: dt.datetime | None

    @property
    def same(self) -> tuple[str, str, dt.datetime | None]:
        """What makes it the same status in the old and the new object."""
        return (self.code.casefold(), self.number.lstrip("0"), self.at)


def change_of(message: Node) -> Change:
    """Pair the objects of a message by its mutatiesoort (StUF 03.01, kennisgevingen)."""
    parameters = message.one("parameters")
    sort = _stuf_text(parameters, "mutatiesoort") if parameters is not None else None
    told = message.all("object")
    objects = [one for one in told if not one.empty]
    for one in objects:
        if one.attribute("verwerkingssoort") not in PROCESSING:
            raise broken(f"{one.path}/@verwerkingssoort", "An object says what was done with it: T, W, V, ...")
        if one.attribute("entiteittype") != "ZAK":
            raise broken(f"{one.path}/@entiteittype", "The object of a zakLk01 is a case (ZAK).")
    if sort == _ADDED:
        return Change(case=_only(message, objects, "A new case is one object."))
    if sort == _REMOVED:
        return Change(case=_only(message, objects[:1], "A removal names what is removed."), removed=True)
    if sort not in ("W", "C"):
        code = RefusalCode.NOT_ALLOWED if sort == "F" else RefusalCode.MALFORMED
        path = message.at("parameters") + "/mutatiesoort"
        raise Refusal(code, "A mutatiesoort other than T, W, C and V is not taken.", field=path, dialect_code=BROKEN)
    if len(objects) != 2 or len(told) != 2:
        raise broken(message.at("object[2]"), "A change shows the case as it was, and then as it is: two objects.")
    old, new = objects
    before, after = (one.key("identificatie", 200) for one in objects)
    if before and after and before != after:
        raise broken(new.at("identificatie"), "The two objects are not of the same case.")
    return Change(case=new, old=old)


def _stuf_text(node: Node, name: str) -> str | None:
    return node.text(name, STUF)


def _only(message: Node, objects: list[Node], text: str) -> Node:
    if len(objects) != 1:
        raise broken(message.at("object"), text)
    return objects[0]


def new_statuses(change: Change) -> list[Status]:
    """Give the statuses that the new object has and the old had not, in the order in which they were set."""
    before = {status.same for status in _statuses(change.old)} if change.old is not None else set()
    news = [status for status in _statuses(change.case) if status.same not in before]
    late = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(news, key=lambda status: status.at or late)


def _statuses(case: Node) -> Iterator[Status]:
    for link in case.all("heeft"):
        sort = link.attribute("verwerkingssoort")
        if sort == _REMOVED:
            text = "A step that was told is not undone by a message; phone."
            raise Refusal(RefusalCode.NOT_ALLOWED, text, field=link.path, dialect_code=NOT_SET)
        if link.empty or sort in _NO_NEWS:
            continue
        status = link.inner("gerelateerde")
        code = status.key("code", CODE) if status is not None else None
        if status is None or not code:
            raise broken(link.at("gerelateerde/code"), "A status goes by its code.")
        set_at = link.text("datumStatusGezet")
        at = moment(set_at, link.at("datumStatusGezet")) if set_at else None
        yield Status(node=link, code=code, number=status.key("volgnummer", 4) or "", at=at)


def suspended(case: Node | None) -> bool | None:
    """Whether a case is suspended; nothing where an object says nothing of it."""
    group = case.one("opschorting") if case is not None else None
    if group is None or group.untold:
        return None
    told = "" if group.empty else group.text("indicatie")
    if told not in ("J", "N", "", None):
        raise broken(group.at("indicatie"), "This is J or N.")
    return None if told is None else told == "J"


def new_end(change: Change) -> str | None:
    """Give the day on which the case ended, where that is news."""
    after = day(change.case, "einddatum", ZKN)
    before = day(change.old, "einddatum", ZKN) if change.old is not None else None
    if before and after == "":
        text = "A case that had ended is not opened again by a message; phone."
        raise Refusal(RefusalCode.NOT_ALLOWED, text, field=change.case.at("einddatum"), dialect_code=NOT_SET)
    return after if after and after != before else None


def new_result(change: Change) -> Node | None:
    """Give the result of the case, where that is news."""
    after = change.case.inner("resultaat")
    text = after.key("omschrijving", TITLE) if after is not None else None
    before = change.old.inner("resultaat") if change.old is not None else None
    same = before is not None and before.key("omschrijving", TITLE) == text
    return after if text and not same else None


def new_decisions(change: Change) -> list[Node]:
    """Give the decisions that the new object has and the old had not."""
    before = {_decision_key(one) for one in _decisions(change.old)} if change.old is not None else set()
    return [one for one in _decisions(change.case) if _decision_key(one) not in before]


def _decisions(case: Node) -> Iterator[Node]:
    for link in case.all("leidtTot"):
        decision = None if link.empty or link.attribute("verwerkingssoort") == _REMOVED else link.inner("gerelateerde")
        if decision is not None:
            yield decision


def _decision_key(decision: Node) -> tuple[str | None, str | None]:
    return decision.key("identificatie", 40), decision.key("bst.omschrijving", TITLE)


_FOLLOWED = frozenset(
    {"heeft", "opschorting", "einddatum", "resultaat", "leidtTot", "identificatie", "isVan", "kenmerk"}
)


def other_differences(change: Change) -> list[str]:
    """Give the paths of what else differs between the old object and the new."""
    if change.old is None:
        return []
    before, after = _by_name(change.old), _by_name(change.case)
    names = [name for name in dict.fromkeys((*before, *after)) if name not in _FOLLOWED]
    return [change.case.at(name) for name in names if before.get(name) != after.get(name)]


def _by_name(case: Node) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for child in case.element:
        name = str(etree.QName(child).localname)
        found.setdefault(name if name in CASE else "*", []).append(content_of(child))
    return found
