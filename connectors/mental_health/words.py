"""What a system that speaks FHIR calls the state of a referral: the status of the Task that goes with it."""

from collections.abc import Mapping
from typing import Any

from connectors.mental_health.format import STATES
from connectors.own_words import OwnWord
from schemas.vocabulary import Status

TASKS: Mapping[Status, str] = {state.status: state.task for state in reversed(STATES)}
"""Of several messages that lead to one state the first counts."""


def own_word(status: Status, _dialect: Mapping[str, Any], _system: str | None, /) -> OwnWord | None:
    """Give the word for a state, or nothing where there is none."""
    task = TASKS.get(status)
    return OwnWord(word=task, where="FHIR, Task.status") if task else None
