"""Search what people wrote down in cases: remarks, goals, steps, agreements and the like, by their whole words."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from hub.models import Case, CaseItem, SearchWord
from hub.rules.audit import Deed
from hub.rules.searching import SMALL_WORDS, Asked, text_marks
from hub.services.access.item_access import sees
from hub.services.access.ties import Involved, involved
from hub.services.cases.case_view import full_name
from hub.services.cases.item_views import view_of
from hub.services.overview.search_known import Known, batches, fits_one, known_cases, name_words
from hub.services.overview.search_reach import items_in_reach, named
from hub.services.record.audit import Entry, seen
from hub.services.record.search_words import TEXT, hashes, text_of
from hub.services.views.case import ItemView
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from schemas.vocabulary import ItemState


@dataclass(frozen=True, kw_only=True)
class ItemHit:
    """Something that was found among what people wrote down; ``text`` is all its words."""

    item: ItemView
    case_id: str
    client_name: str
    text: str


def item_hits(
    session: Session, config: Configuration, viewer: Viewer, asked: Asked, now: dt.datetime
) -> Iterator[ItemHit]:
    """Give what was written down that this viewer finds, newest first. At least one word must stand in it."""
    terms = tuple(term for term in asked.terms if term not in SMALL_WORDS)
    if not terms or asked.bsn is not None or asked.number is not None or asked.born is not None:
        return
    conditions = [or_(_written(session, term), named(session, term, CaseItem.case_id)) for term in terms]
    query = (
        select(CaseItem.id, CaseItem.case_id)
        .join(Case, CaseItem.case_id == Case.id)
        .where(items_in_reach(viewer), CaseItem.state != ItemState.REMOVED, *conditions)
        .where(or_(*(_written(session, term) for term in terms)))
        .order_by(CaseItem.created_at.desc(), CaseItem.id)
    )
    for batch in batches(session.execute(query).all()):
        yield from _shown(session, config, viewer, terms, {row.id: row.case_id for row in batch}, now)


def _written(session: Session, term: str) -> ColumnElement[bool]:
    return exists().where(SearchWord.subject == CaseItem.id, SearchWord.word.in_(hashes(session, TEXT, [term])))


def _shown(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    terms: Sequence[str],
    found: dict[str, str],
    now: dt.datetime,
) -> Iterator[ItemHit]:
    """Give those of these items that the viewer sees, in their order: by the ties to each case."""
    ties: dict[str, tuple[Known, Involved]] = {}
    for known in known_cases(session, config, viewer, list(dict.fromkeys(found.values())), now):
        ties[known.case.id] = (known, involved(session, known.look, known.case.id, known.referrals))
    items = {one.id: one for one in session.scalars(select(CaseItem).where(CaseItem.id.in_(found)))}
    for item_id, case_id in found.items():
        if case_id not in ties or item_id not in items:
            continue
        known, who = ties[case_id]
        hit = _hit(known, who, items[item_id], terms)
        if hit is not None:
            sights = tuple(known.look.sights)
            seen(session, Entry(viewer=viewer, deed=Deed.SEARCH, case_id=case_id, objects=(item_id,), sights=sights))
            yield hit


def _hit(known: Known, who: Involved, item: CaseItem, terms: Sequence[str]) -> ItemHit | None:
    """Give an item as this viewer sees it, if its words and the client's name are what was asked for."""
    if not sees(who, item):
        return None
    view = view_of(who, item)
    text = text_of(view.content)
    written, name = set(text_marks(text)), name_words(known.person)
    if not written & set(terms) or not all(term in written or fits_one(term, name) for term in terms):
        return None
    return ItemHit(item=view, case_id=known.case.id, client_name=full_name(known.person), text=text)
