"""What people wrote down in a case, as one viewer may see it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.models import CaseItem
from hub.rules.access import Action
from hub.rules.items import ITEMS
from hub.services.access.explaining import explained
from hub.services.access.item_access import decision_on, sees
from hub.services.access.ties import Involved
from hub.services.record.case_keys import check_owner
from hub.services.views.case import ItemView
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.items import CLIENT
from schemas.vocabulary import ItemKind, ItemState

_OF_CASE = select(CaseItem).where(CaseItem.case_id == bindparam("case_id")).order_by(CaseItem.created_at, CaseItem.id)


_COLUMNS = table_of(CaseItem).c
# What decides whether an item is seen, and nothing that must be decrypted.
_HEADS = select(*(column for column in _COLUMNS if column.name != "content")).where(
    _COLUMNS.case_id == bindparam("case_id")
)


def visible_items(session: Session, who: Involved, case_id: str) -> frozenset[str]:
    """Give the ids of what this viewer sees of what people wrote down in a case."""
    return seen_among(who, heads_of(session, case_id)) if who.ties else frozenset()


def heads_of(session: Session, case_id: str) -> Sequence[Any]:
    """Give of all that was written down in a case what decides whether it is seen."""
    return session.execute(_HEADS, {"case_id": case_id}).all()


def seen_among(who: Involved, heads: Iterable[Any]) -> frozenset[str]:
    """Give the ids of what this viewer sees among these."""
    return frozenset(row.id for row in heads if sees(who, row)) if who.ties else frozenset()


def items_of(session: Session, who: Involved, case_id: str) -> dict[str, ItemView]:
    """Give what this viewer sees of what people wrote down in a case, by id, oldest first."""
    if not who.ties:
        return {}
    rows = session.scalars(_OF_CASE, {"case_id": case_id}).all()
    return {row.id: view_of(who, row) for row in rows if sees(who, row)}


def view_of(who: Involved, item: CaseItem) -> ItemView:
    """Give one item as its viewer sees it; that he sees it was decided before."""
    check_owner(item.content, item.case_id)
    look = who.look
    return ItemView(
        id=item.id,
        kind=ItemKind(item.kind),
        parent_id=item.parent_id,
        about=item.about,
        owner=item.owner,
        owner_name=_name(look.config, item.owner),
        author_id=item.author_id,
        author_name=item.author_name,
        mine=item.author_id == look.viewer.id,
        life_domains=tuple(item.life_domains),
        audience=tuple(item.audience) if item.audience is not None else None,
        audience_names=tuple(_name(look.config, code) for code in item.audience or ()),
        state=ItemState(item.state),
        holder=item.holder,
        holder_id=item.holder_id,
        holder_name=item.content.get("holder_name") or (_name(look.config, item.holder) if item.holder else None),
        due_on=item.due_on,
        at=item.at,
        meeting_id=item.meeting_id,
        version=item.version,
        created_at=item.created_at,
        changed_at=item.changed_at,
        changed_by=item.changed_by,
        content={name: value for name, value in item.content.items() if name != "holder_name"},
        may_change=may_change(who, item),
        may_settle=may_settle(who, item),
        why=explained(look, decision_on(who, item)),
    )


def naming(item: ItemView, known: Collection[str]) -> ItemView:
    """Name, of whom an item was meant for, those whom its viewer knows of: another name would tell of other help."""
    if item.audience is None or all(code in known for code in item.audience):
        return item
    pairs = [pair for pair in zip(item.audience, item.audience_names, strict=True) if pair[0] in known]
    return replace(item, audience=tuple(code for code, _ in pairs), audience_names=tuple(name for _, name in pairs))


def may_change(who: Involved, item: CaseItem) -> bool:
    """Whether this viewer may rewrite an item: what the own organisation wrote.

    A remark only its author, the client's own words only the regisseur.
    """
    viewer = who.look.viewer
    if item.state == ItemState.REMOVED or viewer.organisation != item.owner:
        return False
    if item.kind in (ItemKind.REMARK, ItemKind.MINUTE, ItemKind.NOTE) and item.author_id != viewer.id:
        return False
    if item.kind == ItemKind.OWN_WORDS and viewer.id != who.look.regisseur_id:
        return False
    return decision_on(who, item, Action.EDIT).decision.allow


def may_settle(who: Involved, item: CaseItem) -> bool:
    """Whether this viewer may say how far an item is: who may rewrite it, and the organisation that must do it."""
    if may_change(who, item):
        return True
    settles = ITEMS[ItemKind(item.kind)].settles
    return bool(settles) and item.holder == who.look.viewer.organisation and item.state != ItemState.REMOVED


def _name(config: Configuration, code: str) -> str:
    organisation = config.organisation(code)
    return organisation.name if organisation is not None else code


def of_kind(views: Iterable[ItemView], *kinds: ItemKind) -> Sequence[ItemView]:
    """Give those of some kinds that still count."""
    return [one for one in views if one.kind in kinds and one.state is not ItemState.REMOVED]


def is_clients(item: ItemView) -> bool:
    """Whether the client does it."""
    return item.holder == CLIENT
