"""What a provider's system calls the state of a referral: messages of iWmo for what is assigned, else words of GGM."""

from collections.abc import Mapping
from typing import Any

from connectors.own_words import OwnWord
from connectors.social_work.aanmelding_words import STATUSSEN
from schemas.vocabulary import Status

_START, _STOP = OwnWord(word="start zorg", where="iWmo 305"), OwnWord(word="stop zorg", where="iWmo 307")
ASSIGNED: Mapping[Status, OwnWord] = {
    Status.SENT: OwnWord(word="toewijzing", where="iWmo 301"),
    Status.RECEIVED: OwnWord(word="toewijzing ontvangen", where="iWmo 302"),
    Status.STARTED: _START,
    Status.PAUSED: _STOP,
    Status.COMPLETED: _STOP,
    Status.STOPPED_BY_CLIENT: _STOP,
    Status.ENDED: _STOP,
    Status.WITHDRAWN: OwnWord(word="toewijzing ingetrokken", where="iWmo 301"),
}
"""iWmo tells an assignment, its start and its end; what people agree in between it has no word for."""


def own_word(status: Status, _dialect: Mapping[str, Any], system: str | None, /) -> OwnWord | None:
    """Give the word for a state, or nothing where there is none."""
    if system in ("iwmo", "ijw"):
        return ASSIGNED.get(status)
    word = STATUSSEN.get(status)
    return OwnWord(word=word.replace("-", " "), where="status van de aanmelding") if word else None
