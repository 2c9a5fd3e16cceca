"""A FHIR element with the path to it: typed looks inside, and every complaint knows where it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss

# FHIR datatypes are words of letters; anything else in a path would be a value of the message.
# No referral needs more of anything; what each Task of a Bundle reads again must stay small.
MAX_REPEATS = 200
_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9\[\]]{0,63}", re.ASCII)
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def malformed(message: str, field_path: str | None, code: str = "structure") -> Refusal:
    """A refusal of what is not FHIR R4 as written."""
    return Refusal(RefusalCode.MALFORMED, message, field=field_path, dialect_code=code)


def not_allowed(message: str, field_path: str | None, code: str = "business-rule") -> Refusal:
    """A refusal of what is good FHIR and yet no referral of ours."""
    return Refusal(RefusalCode.NOT_ALLOWED, message, field=field_path, dialect_code=code)


def other_version(version: str, field_path: str | None) -> Refusal:
    """A refusal of another release of FHIR."""
    text = f"This is FHIR {version}; only R4 (4.0) is spoken here."
    return Refusal(RefusalCode.UNSUPPORTED_VERSION, text, field=field_path, dialect_code="not-supported")


@dataclass(kw_only=True)
class Losses:
    """What was left out while reading, each field once."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, field_path: str, why: str) -> None:
        """Note one field; a longer path than a person would read is cut."""
        self.found.setdefault(field_path[:200], why)

    def all(self) -> tuple[Loss, ...]:
        """Give them in the order found."""
        return tuple(Loss(field=name, why=why) for name, why in self.found.items())


@dataclass(frozen=True)
class Node:
    """An object of a FHIR document and its FHIRPath-like path."""

    value: Mapping[str, Any]
    path: str

    @property
    def type(self) -> str:
        """The type of a resource; empty where it names none."""
        name = self.value.get("resourceType")
        return name if isinstance(name, str) else ""

    def at(self, name: str) -> str:
        """The path of one of its elements."""
        return f"{self.path}.{name}" if _NAME.fullmatch(name) else self.path

    def has(self, name: str) -> bool:
        """Whether the element is there at all."""
        return self.value.get(name) is not None

    def many(self, name: str) -> Iterator["Node"]:
        """The objects of an element that may repeat. One alone counts as a list of one: XML can't tell them apart."""
        found = self.value.get(name)
        if found is None:
            return
        self._check_number(name, found)
        for index, item in enumerate(found if isinstance(found, list) else [found]):
            if item is None:
                continue
            if not isinstance(item, Mapping):
                raise malformed("An object is expected here.", self.at(name))
            yield Node(item, f"{self.at(name)}[{index}]" if isinstance(found, list) else self.at(name))

    def _check_number(self, name: str, found: object) -> None:
        if isinstance(found, list) and len(found) > MAX_REPEATS:
            raise malformed(f"This repeats more than {MAX_REPEATS} times.", self.at(name), "too-costly")

    def one(self, name: str) -> "Node | None":
        """The object of an element that may not repeat."""
        found = list(self.many(name))
        if len(found) > 1:
            raise malformed("This element may not repeat.", self.at(name))
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        """The text of a primitive element, trimmed; nothing where it is absent or empty."""
        found = self.value.get(name)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if found is None:
            return None
        if not isinstance(found, str):
            raise malformed("A text is expected here.", self.at(name), "value")
        return found.strip() or None

    def texts(self, name: str) -> list[tuple[str | None, "Node"]]:
        """The texts of a primitive that repeats, each with its extensions (``given`` and ``_given``)."""
        found = self.value.get(name)
        beside = self.value.get(f"_{name}")
        self._check_number(name, found)
        self._check_number(name, beside)
        values = found if isinstance(found, list) else [] if found is None else [found]
        extras = beside if isinstance(beside, list) else [] if beside is None else [beside]
        pairs: list[tuple[str | None, Node]] = []
        for index in range(max(len(values), len(extras))):
            value = values[index] if index < len(values) else None
            extra = extras[index] if index < len(extras) else None
            if not isinstance(value, str | None) or not isinstance(extra, Mapping | None):
                raise malformed("A text is expected here.", self.at(name), "value")
            pairs.append((value.strip() or None if value else None, Node(extra or {}, f"{self.at(name)}[{index}]")))
        return pairs

    def beside(self, name: str) -> "Node":
        """The extensions of a primitive that does not repeat."""
        pairs = self.texts(name)
        return pairs[0][1] if pairs else Node({}, self.at(name))

    def said(self, name: str, losses: Losses) -> str | None:
        """Free text. Characters that can't be seen are taken out, and that is told: copying from Word leaves them."""
        found = self.text(name)
        if found is None:
            return None
        clean = _UNSEEN.sub("", found).strip()
        if clean != found:
            losses.add(self.at(name), "characters that can't be seen were taken out")
        return clean or None

    def extension(self, url: str, value: str = "valueString") -> str | None:
        """The value of the first extension with this address."""
        for extension in self.many("extension"):
            if extension.text("url") == url:
                return extension.text(value)
        return None
