"""A JSON object of a partner with the path to it: typed looks inside, and every complaint knows where it is."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.access_team.format import MAX_URL
from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from schemas.fields import EARLIEST, LATEST

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MAX_ITEMS = 200


def malformed(message: str, path: str | None, code: str = "invalid") -> Refusal:
    """A refusal of what is not as the API gives it."""
    return Refusal(RefusalCode.MALFORMED, message, field=path, dialect_code=code)


def not_allowed(message: str, path: str | None, code: str = "not-allowed") -> Refusal:
    """A refusal of what is well formed and yet not for us, or not from this partner."""
    return Refusal(RefusalCode.NOT_ALLOWED, message, field=path, dialect_code=code)


@dataclass(kw_only=True)
class Losses:
    """What was left out, each field once."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, why: str) -> None:
        """Note one field."""
        self.found.setdefault(path[:200], why)

    def all(self) -> tuple[Loss, ...]:
        """Give them in the order found."""
        return tuple(Loss(field=name, why=why) for name, why in self.found.items())


@dataclass(frozen=True)
class Node:
    """An object and its path, for instance ``_expand.status``."""

    value: Mapping[str, Any]
    path: str = ""

    def at(self, name: str) -> str:
        """Give the path of what is inside; a name that no API has is not repeated."""
        safe = name if _NAME.fullmatch(name) else "(unknown)"
        return f"{self.path}.{safe}" if self.path else safe

    def text(self, name: str) -> str | None:
        """Give a text, or nothing where it is absent, null or empty."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise malformed("This must be a text.", self.at(name))
        return value.strip() or None

    def needed(self, name: str) -> str:
        """Give a text that must be there."""
        value = self.text(name)
        if value is None:
            raise malformed("This is missing.", self.at(name), "required")
        return value

    def flag(self, name: str) -> bool:
        """Give a boolean; false where it is absent."""
        value = self.value.get(name)
        if not isinstance(value, bool | None):
            raise malformed("This must be true or false.", self.at(name))
        return bool(value)

    def one(self, name: str) -> "Node | None":
        """Give an inner object; nothing where it is absent, null or empty."""
        value = self.value.get(name)
        if not isinstance(value, Mapping | None):
            raise malformed("This must be an object.", self.at(name))
        return Node(value, self.at(name)) if value else None

    def many(self, name: str) -> list["Node"]:
        """Give the objects of a list."""
        value = self.value.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise malformed("This must be a list of objects.", self.at(name))
        if len(value) > MAX_ITEMS:
            raise Refusal(RefusalCode.TOO_LARGE, "There are too many of these.", field=self.at(name))
        return [Node(item, f"{self.at(name)}[{place}]") for place, item in enumerate(value)]

    def day(self, name: str) -> str | None:
        """Give a date without time."""
        value = self.text(name)
        if value is None:
            return None
        try:
            day = dt.date.fromisoformat(value) if _DAY.fullmatch(value) else None
        except ValueError:
            day = None  # the line below says so, in the partner's terms
        if day is None or not EARLIEST <= day <= LATEST:
            raise malformed("This is not a date as 2026-11-24.", self.at(name))
        return value

    def moment(self, name: str) -> dt.datetime | None:
        """Give a moment with its zone; a time without one may not exist, or exist twice."""
        value = self.text(name)
        if value is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(value)
            moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment
        except (ValueError, OverflowError) as error:
            raise malformed("This is not a moment as 2026-11-24T10:42:00Z.", self.at(name)) from error
        if moment.tzinfo is None or not EARLIEST <= moment.date() <= LATEST:
            raise malformed("This is not a moment of this time with its zone.", self.at(name))
        return moment


def check_url(text: str, path: str, hosts: frozenset[str]) -> str:
    """Give a URL that stands at a host of this partner; nothing is looked up."""
    try:
        parts = urlsplit(text)
        place = parts.netloc.lower()
    except ValueError as error:
        raise malformed("This is not a URL.", path) from error
    odd = not text.isascii() or not text.isprintable() or any(mark in text for mark in " \\#@")
    if parts.scheme not in ("http", "https") or not place or odd or len(text) > MAX_URL:
        raise malformed("This is not a URL as a register gives it.", path)
    if place not in hosts:
        raise not_allowed("This names a host that is not on the list of this partner.", path, "host")
    return text
