"""Write something down in a case, change it, say how far it is: each a unit of work with its line in the timeline."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from hub.models import Case, CaseItem, Person, Referral
from hub.rules.access import Action, Mask
from hub.rules.document_names import renamed
from hub.rules.items import ITEMS, category_of, wrong_moment
from hub.rules.working_days import local_day
from hub.services.access.access import status_decision
from hub.services.access.client_access import may_see_person
from hub.services.access.gaze import gaze_at
from hub.services.access.item_access import sees, why_item
from hub.services.access.ties import NAMELESS, Involved, involved
from hub.services.cases.item_views import may_change, may_settle
from hub.services.errors import Forbidden, Invalid, NotFound, Outdated
from hub.services.record.alerts import put_of_item
from hub.services.record.case_keys import in_case
from hub.services.record.own_story import keep_story
from hub.services.record.search_words import index_words, text_of
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.items import CLIENT, CONTENT, ItemChange, NewItem
from schemas.vocabulary import ItemKind, ItemState

_HEADS = ("life_domains", "audience", "holder", "holder_id", "due_on", "at")
# What the timeline repeats of an item: its own words at that moment, for an entry never changes.
_TOLD = ("text", "title", "question", "what", "name", "score", "how", "reached", "agreed", "client_words")


def add(work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, new: NewItem) -> CaseItem:
    """Write something down in a case.

    ``NotFound`` where the case is not there for the actor, ``Forbidden`` where the policy does not let the actor write
    this, ``Invalid`` with the field that can't be used. A document comes with its file (``documents.add``), a client
    comes to a meeting by ``meetings.bring_in``, and own words are written once (``client_words.record``).
    """
    if new.kind in (ItemKind.DOCUMENT, ItemKind.OWN_WORDS, ItemKind.AGENDA_ITEM):
        raise Invalid("This is written down in another way.", field="kind")
    return write_down(work, config, actor, case_id, new)


def write_down(work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, new: NewItem) -> CaseItem:
    """Write something down as ``add`` does, of any kind: for the service that keeps what belongs to it."""
    who = involved_in(work, config, actor, case_id, at_table=new.meeting_id is not None)
    words = _content(new.kind, new.content) | _holder(work, config, new.holder, new.holder_id)
    parent = _parent(work, who, case_id, new)
    item = CaseItem(
        id=new_id(),
        case_id=case_id,
        kind=new.kind,
        parent_id=parent.id if parent is not None else None,
        about=_about(work, who, case_id, new),
        owner=actor.organisation,
        author_id=actor.id,
        author_name=actor.name,
        purpose=actor.purpose,
        category=category_of(new.kind, new.life_domains, who.look.kind),
        life_domains=[str(domain) for domain in new.life_domains],
        audience=_reach(config, actor, new, parent),
        state=ITEMS[new.kind].states[0],
        holder=new.holder,
        holder_id=new.holder_id,
        due_on=new.due_on,
        at=new.at,
        meeting_id=new.meeting_id,
        version=1,
        created_at=work.now,
        changed_at=work.now,
        changed_by=actor.name,
        content=in_case(work, case_id, words),
    )
    _may_write(work, who, item)
    work.session.add(item)
    work.session.flush()
    _tell(work, actor, item, "added")
    put_of_item(work, actor, item)
    index_words(work, case_id, item.id, text_of(item.content))
    return item


def change(work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, asked: ItemChange) -> CaseItem:
    """Change what was written down. ``Outdated`` where somebody changed it after ``asked.version`` was read."""
    item, who = load(work, config, actor, item_id)
    if not may_change(who, item):
        raise Forbidden("Only the organisation that wrote this down may change it.")
    _check_version(item, asked.version)
    heads = {name: value for name, value in asked.changes.items() if name in _HEADS}
    if item.kind == ItemKind.AGENDA_ITEM and "life_domains" in heads:  # the seats at its table open these
        raise Invalid("What a meeting may know of stays as it was brought in.", field="life_domains")
    for name, value in heads.items():
        setattr(item, name, list(value) if isinstance(value, tuple) else value)
    if "audience" in heads:
        item.audience = _audience(config, actor, heads["audience"])
    words = _with(item, asked.changes.get("content", {}))
    holder = _holder(work, config, item.holder, item.holder_id)
    kept = {name: value for name, value in words.items() if value is not None}
    item.content = in_case(work, item.case_id, _content(ItemKind(item.kind), kept) | holder)
    item.category = category_of(ItemKind(item.kind), item.life_domains, who.look.kind)
    _may_write(work, who, item)
    _changed(work, actor, item)
    keep_story(work, item)
    _tell(work, actor, item, "changed")
    put_of_item(work, actor, item)
    index_words(work, item.case_id, item.id, text_of(item.content))
    return item


def settle(
    work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, state: ItemState, version: int
) -> CaseItem:
    """Say how far something is. Who must do it may, though another organisation wrote it down."""
    item, who = load(work, config, actor, item_id)
    rule = ITEMS[ItemKind(item.kind)]
    if not may_settle(who, item) or (state not in rule.settles and not may_change(who, item)):
        raise Forbidden("Only who wrote this down, or must do it, may say how far it is.")
    if state not in rule.states:
        raise Invalid("This can't be said of it.", field="state")
    _check_version(item, version)
    item.state = state
    _changed(work, actor, item)
    _tell(work, actor, item, str(state))
    index_words(work, item.case_id, item.id, "" if state is ItemState.REMOVED else text_of(item.content))
    return item


def name_client(
    work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str, version: int, *, named: bool
) -> None:
    """Say whether a client on an agenda is discussed by name; who brought the client in, or directs the case, may."""
    item, who = load(work, config, actor, item_id)
    if item.kind != ItemKind.AGENDA_ITEM or actor.id not in (item.author_id, who.look.regisseur_id):
        raise Forbidden("Only who spoke with the client says whether the name may be told.")
    _check_version(item, version)
    item.about = None if named else NAMELESS
    _changed(work, actor, item)
    _tell(work, actor, item, "changed")


def load(work: UnitOfWork, config: Configuration, actor: Viewer, item_id: str) -> tuple[CaseItem, Involved]:
    """Find an item for a change, under its row lock; ``NotFound`` where it is not there for the actor."""
    found = work.session.scalars(select(CaseItem).where(CaseItem.id == item_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound("There is no such item.")
    who = involved_in(work, config, actor, found.case_id, at_table=True)
    if not sees(who, found):
        raise NotFound("There is no such item.")
    return found, who


def involved_in(
    work: UnitOfWork, config: Configuration, actor: Viewer, case_id: str, *, at_table: bool = False
) -> Involved:
    """Give the ties of who writes to a case, ``at_table`` as in ``ties_of``; ``NotFound`` for who has none."""
    row = work.session.execute(select(Case.id, Case.regisseur_id).where(Case.id == case_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    look = gaze_at(work.session, config, actor, case_id, row.regisseur_id, work.now)
    referrals = list(work.session.scalars(select(Referral).where(Referral.case_id == case_id)))
    seen = [one for one in referrals if status_decision(look, one).allow]
    who = involved(work, look, case_id, seen, at_table=at_table)
    known = bool(seen) or may_see_person(look, referrals).allow
    if not who.ties or not (known or any(tie.relation == "team_item" for tie in who.ties)):
        raise NotFound("There is no such case.")
    return who


def _may_write(work: UnitOfWork, who: Involved, item: CaseItem) -> None:
    day = local_day(item.at) if item.at is not None else None
    wrong = wrong_moment(ItemKind(item.kind), day, local_day(work.now))
    if wrong is not None:
        raise Invalid("This can't be when it is.", field=wrong)
    decision = why_item(
        who,
        category=item.category,
        owner=item.owner,
        purpose=item.purpose,
        domains=item.life_domains,
        author=True,
        action=Action.EDIT,
    ).decision
    if decision.mask is not Mask.FULL:
        raise Forbidden(decision.reason_nl)


def _content(kind: ItemKind, words: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = CONTENT[kind].load(dict(words))
    except ValidationError as error:
        first = next(iter(error.messages_dict))
        raise Invalid("This field can't be used.", field=str(first)) from error
    return found


def _with(item: CaseItem, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Give the words of an item with these in their place; a document keeps what it is and may get another name."""
    words = {**_words(item.content), **asked}
    if item.kind == ItemKind.DOCUMENT:
        old = str(item.content["name"])
        return {**_words(item.content), "name": renamed(old, str(words["name"] or old))}
    return words


def _words(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "holder_name"}


def _holder(work: UnitOfWork, config: Configuration, holder: str | None, holder_id: str | None) -> dict[str, Any]:
    """Check who must do it, and keep the name of the person: who leaves keeps it."""
    if holder not in (None, CLIENT) and config.organisation(str(holder)) is None:
        raise Invalid("There is no such organisation.", field="holder")
    if holder_id is None:
        return {}
    found = work.session.get(Person, holder_id)
    if found is None or found.organisation != holder:
        raise Invalid("There is no such person at that organisation.", field="holder_id")
    return {"holder_name": found.name}


def _audience(config: Configuration, actor: Viewer, codes: Any) -> list[str] | None:
    if codes is None:
        return None
    if any(config.organisation(code) is None for code in codes):
        raise Invalid("There is no such organisation.", field="audience")
    return sorted({*codes} - {actor.organisation})


def _reach(config: Configuration, actor: Viewer, new: NewItem, parent: CaseItem | None) -> list[str] | None:
    if parent is None or not new.like_parent:
        return _audience(config, actor, new.audience)
    return None if parent.audience is None else sorted({parent.owner, *parent.audience} - {actor.organisation})


def _parent(work: UnitOfWork, who: Involved, case_id: str, new: NewItem) -> CaseItem | None:
    """Check what an item belongs to: there for the actor, of the same case, and of a kind that takes it."""
    wanted = ITEMS[new.kind].parents
    if new.parent_id is None:
        if new.kind in (ItemKind.STEP, ItemKind.MINUTE):
            raise Invalid("Say what this belongs to.", field="parent_id")
        return None
    found = work.session.get(CaseItem, new.parent_id)
    if found is None or found.case_id != case_id or ItemKind(found.kind) not in wanted or not sees(who, found):
        raise Invalid("What this belongs to is not there.", field="parent_id")
    return found


def _about(work: UnitOfWork, who: Involved, case_id: str, new: NewItem) -> str | None:
    """Check what is talked about: the case, a life domain, or a referral or item of it that the actor sees."""
    if new.about is None or (new.about == NAMELESS and new.kind is ItemKind.AGENDA_ITEM):
        return new.about
    kind, _, which = new.about.partition(":")
    if kind == "referral":
        found = work.session.scalars(
            select(Referral).where(Referral.id == which, Referral.case_id == case_id)
        ).one_or_none()
        if found is None or status_decision(who.look, found).mask is not Mask.FULL:
            raise Invalid("There is no such referral.", field="about")
    elif kind == "item":
        item = work.session.get(CaseItem, which)
        if item is None or item.case_id != case_id or not sees(who, item):
            raise Invalid("There is no such item.", field="about")
    elif kind == "domain":
        if which not in {str(one) for one in new.life_domains}:
            raise Invalid("What is said about a life domain belongs to it.", field="about")
    elif new.about != "case":
        raise Invalid("This is not something to talk about.", field="about")
    return new.about


def _check_version(item: CaseItem, version: int) -> None:
    if item.version != version:
        raise Outdated("Someone changed this just before you.", version=item.version)


def _changed(work: UnitOfWork, actor: Viewer, item: CaseItem) -> None:
    item.version += 1
    item.changed_at, item.changed_by = work.now, actor.name
    work.session.flush()


def _tell(work: UnitOfWork, actor: Viewer, item: CaseItem, what: str) -> None:
    """Tell the case, and whoever looks at it; of private notes nobody is told."""
    if item.kind == ItemKind.NOTE:
        return
    told = {name: item.content[name] for name in _TOLD if name in item.content}
    entry = NewEntry(
        kind=f"{item.kind}_{what}",
        actor=actor.name,
        organisation=actor.organisation,
        item_id=item.id,
        data=told or None,
    )
    nudge(work, item.case_id, write_entries(work, item.case_id, [entry]))
