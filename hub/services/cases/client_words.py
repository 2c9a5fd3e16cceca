"""Write down what a client says: own words, wishes and strengths, with who changed them and what they were."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from hub.models import Case, CaseItem
from hub.services.cases.items import change, write_down
from hub.services.errors import Forbidden, NotFound, Outdated
from hub.services.record.own_story import keep_story
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.items import ItemChange, NewItem
from schemas.vocabulary import ItemKind


def record(
    work: UnitOfWork,
    config: Configuration,
    actor: Viewer,
    case_id: str,
    *,
    version: int,
    words: Mapping[str, Any],
    at: dt.datetime | None = None,
) -> CaseItem:
    """Write down the client's own words, or change them: the regisseur does. ``version`` is 0 where none were read.

    ``Outdated`` where somebody wrote them down, or changed them, after that version was read.
    """
    known = _known(work, case_id)
    if known is not None and version:
        return change(work, config, actor, known, ItemChange(version=version, changes={"content": words, "at": at}))
    regisseur = work.session.execute(
        select(Case.id, Case.regisseur_id).where(Case.id == case_id).with_for_update()
    ).one_or_none()
    if regisseur is None:
        raise NotFound("There is no such case.")
    given = {name: value for name, value in words.items() if value}
    if regisseur.regisseur_id != actor.id:
        raise Forbidden("The regisseur writes down the client's own words.")
    if _known(work, case_id) is not None:  # two at once: the row of the case let one in first
        raise Outdated("Someone wrote this down just before you.", version=1)
    item = write_down(work, config, actor, case_id, NewItem(kind=ItemKind.OWN_WORDS, content=given, at=at))
    keep_story(work, item)
    return item


def _known(work: UnitOfWork, case_id: str) -> str | None:
    return work.session.scalars(
        select(CaseItem.id).where(CaseItem.case_id == case_id, CaseItem.kind == ItemKind.OWN_WORDS)
    ).first()
