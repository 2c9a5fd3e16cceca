"""Documents of a case: one that is brought is judged and kept sealed, one that is asked for is decided about."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import CaseItem, CaseKey, DocumentBody
from hub.rules.audit import Deed
from hub.services.access.gaze import gaze_at
from hub.services.cases.case_entrance import check_entrance
from hub.services.cases.case_entries import found_in
from hub.services.cases.case_view import REGISSEUR
from hub.services.cases.document_checks import judged
from hub.services.cases.items import write_down
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, seen, telling
from hub.services.record.case_keys import check_owner, in_case
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain

_MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A file that somebody brings: its name as it came, what it is about, and for whom it is meant beside the own."""

    name: str
    body: bytes
    audience: tuple[str, ...] | None = None
    life_domains: tuple[LifeDomain, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A document as it was kept."""

    name: str
    media_type: str
    body: bytes


def most_bytes(config: Configuration) -> int:
    """Give how large a document may be."""
    return config.document_megabytes * _MEGABYTE


def add(work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, brought: Brought) -> CaseItem:
    """Keep a document in a case; ``Invalid`` names why it is not taken, and is otherwise as in ``items.add``."""
    sound = judged(brought.name, brought.body, most_bytes(config))
    words = {"name": sound.name, "media_type": sound.media_type, "size": len(brought.body)}
    new = NewItem(kind=ItemKind.DOCUMENT, content=words, audience=brought.audience, life_domains=brought.life_domains)
    item = write_down(work, config, actor, case_id, new)
    work.session.add(DocumentBody(item_id=item.id, case_id=case_id, body=in_case(work, case_id, brought.body)))
    work.session.flush()
    return item


def fetch(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, item_id: str, now: dt.datetime
) -> Kept:
    """Give a document to who may see it; ``NotFound`` where it is not there for this viewer."""
    with telling(session, viewer, Deed.DOCUMENT_TAKE, case_id, item_id):
        case = session.execute(REGISSEUR, {"case_id": case_id}).one_or_none()
        if case is None:
            raise NotFound("There is no such case.")
        look = gaze_at(session, config, viewer, case_id, case.regisseur_id, now)
        found = found_in(session, look, case_id)
        check_entrance(session, look, case_id, found)
        if item_id not in found.items:
            raise NotFound("There is no such document.")
        kept = _kept(session, case_id, item_id)
    seen(
        session,
        Entry(viewer=viewer, deed=Deed.DOCUMENT_TAKE, case_id=case_id, objects=(item_id,), sights=tuple(look.sights)),
    )
    return kept


def _kept(session: Session, case_id: str, item_id: str) -> Kept:
    row = session.execute(
        select(CaseKey.key, CaseItem, DocumentBody)  # the key before what it opens
        .select_from(CaseItem)
        .join(DocumentBody, DocumentBody.item_id == CaseItem.id)
        .join(CaseKey, CaseKey.owner == CaseItem.case_id)
        .where(CaseItem.id == item_id, CaseItem.case_id == case_id, CaseItem.state != ItemState.REMOVED)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such document.")
    _key, item, document = row
    for content in (item.content, document.body):
        check_owner(content, case_id)
    return Kept(name=item.content["name"], media_type=item.content["media_type"], body=bytes(document.body))
