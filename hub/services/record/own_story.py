"""The client's own words as the page of the case shows them: kept with the case, as they were last written down."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from hub.models import Case, CaseItem
from hub.rules.working_days import local_day
from hub.services.record.case_keys import in_case
from hub.store.database import UnitOfWork
from schemas.vocabulary import ItemKind

_MOST_LINES = 12


def keep_story(work: UnitOfWork, item: CaseItem) -> None:
    """Let the page of the case say what was just written down of the client's own words; of all else nothing."""
    if item.kind != ItemKind.OWN_WORDS:
        return
    story = {
        "client_words": item.content.get("client_words"),
        "wishes": _lines(item.content.get("wishes")),
        "strengths": _lines(item.content.get("strengths")),
        "said_on": local_day(item.at).isoformat() if item.at is not None else None,
    }
    kept = {name: value for name, value in story.items() if value}
    work.session.execute(
        update(Case)
        .where(Case.id == item.case_id)
        .values(story=in_case(work, item.case_id, kept))
        .execution_options(synchronize_session=False)
    )


def said_on(story: Mapping[str, Any]) -> dt.date | None:
    """Give the day on which the client said it, where that was kept."""
    day = story.get("said_on")
    return dt.date.fromisoformat(day) if day else None


def _lines(text: str | None) -> list[str]:
    lines = [line.strip(" -•\t") for line in (text or "").splitlines()]
    return [line for line in lines if line][:_MOST_LINES]
