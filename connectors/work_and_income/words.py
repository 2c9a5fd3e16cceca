"""What a suite calls the state of a referral: the name of a status or a result of the case, as configured there."""

from collections.abc import Mapping
from typing import Any

from connectors.own_words import EVENT_OF_STATUS, OwnWord
from connectors.work_and_income.settings import understand
from schemas.vocabulary import Status


def own_word(status: Status, dialect: Mapping[str, Any], _system: str | None, /) -> OwnWord | None:
    """Give the word for a state, or nothing where there is none."""
    settings, _mistakes = understand(dialect)
    event = EVENT_OF_STATUS.get(status)
    if event is None:
        return None
    result = settings.result_for(event, None)  # every end has one status; its result tells them apart
    if result is not None:
        return OwnWord(word=result.name, where="StUF-ZKN, resultaat van de zaak")
    rule = settings.status_for(event)
    return OwnWord(word=rule.name, where="StUF-ZKN, status van de zaak") if rule is not None else None
