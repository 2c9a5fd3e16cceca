"""What a case register calls the state of a referral: the name of a status or a result of the zaak."""

from collections.abc import Mapping
from typing import Any

from connectors.access_team.format import RESULTS, STATUSES
from connectors.own_words import EVENT_OF_STATUS, OwnWord
from schemas.vocabulary import Status


def own_word(status: Status, dialect: Mapping[str, Any], _system: str | None, /) -> OwnWord | None:
    """Give the word for a state, the partner's own before ours; nothing where there is none."""
    event = EVENT_OF_STATUS.get(status)
    if event is None:
        return None
    names = {**STATUSES, **dialect.get("statuses", {})}
    said = next((name for name, means in reversed(list(names.items())) if means == event), None)
    if said is not None:
        return OwnWord(word=said, where="ZGW, status van de zaak")
    ended = next((name for name, end in RESULTS.items() if end.event is event), None)
    return OwnWord(word=ended, where="ZGW, resultaat van de zaak") if ended is not None else None
