"""Texts that must fit: on one line or not, so many characters, and only what XML can hold."""

import re

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAKS = re.compile(r"\s+")


def impossible(field: str, message: str) -> Refusal:
    """Give the refusal of what StUF-ZKN has no word for; ``field`` is the canonical one."""
    return Refusal(RefusalCode.CANNOT_EXPRESS, message, field=field)


def fitted(text: str | None, longest: int, field: str, losses: list[Loss]) -> str | None:
    """Make a text fit on one line, and note what that cost."""
    return _cut(_BREAKS.sub(" ", text).strip() if text else None, longest, field, losses)


def explained(text: str | None, longest: int, field: str, losses: list[Loss]) -> str | None:
    """Make a text of several lines fit, and note what that cost."""
    return _cut(text.replace("\r\n", "\n").replace("\r", "\n").strip() if text else None, longest, field, losses)


def _cut(text: str | None, longest: int, field: str, losses: list[Loss]) -> str | None:
    if not text:
        return None
    if _NOT_XML.search(text):
        losses.append(Loss(field=field, why="characters that XML can't hold were replaced"))
        text = _NOT_XML.sub("\ufffd", text)
    if len(text) > longest:
        losses.append(Loss(field=field, why=f"cut to {longest} characters"))
        text = text[:longest].strip()
    return text or None
