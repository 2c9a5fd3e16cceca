"""Elements of a StUF message: read with their path and with what their emptiness means, and written in order."""

from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree
from marshmallow import ValidationError

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from connectors.work_and_income.format import BROKEN, NAMESPACES, STUF, XSI, ZKN
from schemas.fields import visible_text

# "I have it not" and "I may not tell": then nothing was told (StUF 03.01, noValue).
_NOT_TOLD = frozenset({"nietOndersteund", "nietGeautoriseerd"})


def broken(path: str, message: str, *, code: str = BROKEN) -> Refusal:
    """Give the refusal of a message at one place, with the StUF code for the answer."""
    return Refusal(RefusalCode.MALFORMED, message, field=path, dialect_code=code)


def content_of(element: etree._Element) -> str:
    """Give all that an element says, the same however it was written (C14N would fail on a relative namespace)."""
    attributes = "".join(f" {name!s}={value!r}" for name, value in sorted(element.attrib.items()))
    inner = "".join(content_of(child) for child in element)
    name, text = str(element.tag), " ".join((element.text or "").split())
    return f"<{name}{attributes}>{text!r}{inner}</>"


@dataclass(frozen=True, kw_only=True)
class Node:
    """An element and its place in the message, as ``zakLk01/object[2]/heeft``."""

    element: etree._Element
    path: str

    @property
    def name(self) -> str:
        """Its name without the namespace."""
        return str(etree.QName(self.element).localname)

    @property
    def empty(self) -> bool:
        """Whether it says that there is no value (``xsi:nil``); an element that is left out says nothing."""
        return self.element.get(f"{{{XSI}}}nil") in ("true", "1")

    @property
    def untold(self) -> bool:
        """Whether it says that its sender can't tell."""
        return self.attribute("noValue") in _NOT_TOLD

    def attribute(self, name: str) -> str | None:
        """Give an attribute of StUF."""
        return self.element.get(f"{{{STUF}}}{name}")

    def all(self, name: str, namespace: str = ZKN) -> list["Node"]:
        """Give every element of this name, those with no value too."""
        found = self.element.findall(f"{{{namespace}}}{name}")
        many = len(found) > 1 or name == "object"
        return [
            Node(element=one, path=f"{self.at(name)}[{place}]" if many else self.at(name))
            for place, one in enumerate(found, start=1)
        ]

    def one(self, name: str, namespace: str = ZKN) -> "Node | None":
        """Give the one element of this name, or nothing where it is not there; ``Refusal`` where it stands twice."""
        found = self.all(name, namespace)
        if len(found) > 1:
            raise broken(self.at(name), "An element stands twice where one is allowed.")
        return found[0] if found else None

    def inner(self, *names: str) -> "Node | None":
        """Follow names inward; nothing where one of them is not there or has no value."""
        here: Node | None = self
        for name in names:
            here = here.one(name) if here is not None else None
            if here is None or here.empty:
                return None
        return here

    def text(self, name: str, namespace: str = ZKN) -> str | None:
        """Give a value; ``""`` where the message says that there is none, ``None`` where it says nothing of it."""
        found = self.one(name, namespace)
        if found is None or found.untold:
            return None
        return "" if found.empty else (found.value() or None)

    def value(self) -> str:
        """Give the text of this element; ``Refusal`` where elements stand in it."""
        if len(self.element):
            raise broken(self.path, "There are elements where a plain value belongs.")
        return (self.element.text or "").strip()

    def key(self, name: str, longest: int, namespace: str = ZKN) -> str | None:
        """Give a value that is a name or a key: too long, or with characters that can't be seen, is refused."""
        text = self.text(name, namespace)
        if text is None:
            return None
        if len(text) > longest:
            raise broken(self.at(name), f"This has {longest} characters at most.")
        if not _can_be_seen(text) or "\n" in text or "\r" in text:
            raise broken(self.at(name), "The text holds characters that can't be seen.")
        return text

    def words(self, name: str, losses: list[Loss], namespace: str = ZKN) -> str | None:
        """Give free text; characters that can't be seen are left out, and that is told."""
        text = self.text(name, namespace)
        if not text or _can_be_seen(text):
            return text
        losses.append(Loss(field=self.at(name), why="characters that can't be seen were left out"))
        return "".join(letter for letter in text if _can_be_seen(letter)).strip() or None

    def names(self, known: frozenset[str]) -> list[str]:
        """Give the names of the elements in this one, each once; one that the standard doesn't know is ``*``."""
        found = (str(etree.QName(child).localname) for child in self.element)
        return list(dict.fromkeys(name if name in known else "*" for name in found))

    def at(self, name: str) -> str:
        """Give the path of an element inside this one."""
        return f"{self.path}/{name}"


def _can_be_seen(text: str) -> bool:
    try:
        visible_text(text)
    except ValidationError:
        return False
    return True


Content: TypeAlias = etree._Element | str | None


def qualified(name: str) -> str:
    """Give the full name of ``ZKN:object``."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def part(name: str, *content: Content, **attributes: str | None) -> etree._Element:
    """Make an element with its text or its elements in this order; what is ``None`` is left out."""
    made = etree.Element(qualified(name), nsmap={prefix: uri for prefix, uri in NAMESPACES.items() if prefix != "soap"})
    for attribute, value in attributes.items():
        if value is not None:
            made.set(f"{{{STUF}}}{attribute}", value)
    for one in content:
        if isinstance(one, str):
            made.text = one
        elif one is not None:
            made.append(one)
    return made


def maybe(name: str, text: str | None, **attributes: str | None) -> etree._Element | None:
    """Make an element for a value, or none where there is no value."""
    return part(name, text, **attributes) if text else None


def nothing(name: str, **attributes: str | None) -> etree._Element:
    """Make an element that says that there is no value: not the same as leaving it out."""
    made = part(name, **attributes, noValue="geenWaarde")
    made.set(f"{{{XSI}}}nil", "true")
    return made
