"""What may be seen by a viewer's ties of what people wrote down about a client."""

from collections.abc import Sequence
from typing import Any, Protocol

from hub.rules.access import Action, BasisState, Category, Flag, Law, Mask, Question, Relation, RelationState, decide
from hub.rules.items import category_of, domains_asked
from hub.services.access.access import Why
from hub.services.access.ties import Involved, Tie
from hub.services.record.sights import sight_of
from schemas.vocabulary import Basis, ItemKind, LifeDomain, Purpose

_RECORD = (ItemKind.CONTACT, ItemKind.APPOINTMENT, ItemKind.DOCUMENT, ItemKind.NOTE)


class ItemHead(Protocol):
    """What decides whether an item is seen: its row, with its words or without."""

    @property
    def kind(self) -> str:
        """Give what it is."""

    @property
    def category(self) -> str:
        """Give how it counts for the policy."""

    @property
    def owner(self) -> str:
        """Give the organisation that wrote it down."""

    @property
    def purpose(self) -> str:
        """Give what for it was written down."""

    @property
    def author_id(self) -> str:
        """Give who wrote it."""

    @property
    def life_domains(self) -> list[str]:
        """Give the life domains that it is about."""

    @property
    def audience(self) -> list[str] | None:
        """Give the organisations that it was meant for, or nothing for all."""


def why_item(
    who: Involved,
    *,
    category: str,
    owner: str,
    purpose: str,
    domains: Sequence[str],
    author: bool = False,
    action: Action = Action.VIEW,
) -> Why:
    """Decide about one thing that was written down, and keep the question that counted.

    Of several ties and grounds the widest answer counts; of several life domains the narrowest.
    """
    asked = (category, owner, purpose, tuple(domains), author, action)
    found = who.known.get(asked)
    if found is None:
        found = _decided(who, Category(category), owner, purpose, domains, author=author, action=action)
        who.known[asked] = found
        who.look.sights.append(sight_of(None, found.question, found.decision))
    return found


def _decided(
    who: Involved, category: Category, owner: str, purpose: str, domains: Sequence[str], *, author: bool, action: Action
) -> Why:
    look = who.look
    organisation = look.config.organisation(owner)
    owner_kind = organisation.kind if organisation is not None else ""
    about = domains_asked(domains, owner_kind)
    flags = set(look.facts.flags)
    if owner_kind == look.kind and owner != look.viewer.organisation:
        flags.add(Flag.OTHER_OWNER)
    if author:
        flags.add(Flag.AUTHOR)
    best: Why | None = None
    for tie in who.ties or (_STRANGER,):
        for basis, law, state in tie.grounds:
            narrowest = min(
                (
                    _asked(
                        Question(
                            actor_org=look.kind,
                            actor_role=look.viewer.role,
                            actor_purpose=look.viewer.purpose,
                            relation=tie.relation,
                            relation_state=tie.state,
                            legal_basis=basis,
                            law=law,
                            basis_state=state,
                            owner_org=owner_kind,
                            origin_purpose=purpose,
                            life_domain=domain or LifeDomain.SOCIAL_NETWORK,
                            data_category=category,
                            action=action,
                            in_scope=domain is None or tie.domains is None or domain in tie.domains,
                            flags=frozenset(flags) | tie.flags,
                        )
                    )
                    for domain in (about or (None,))
                ),
                key=_width,
            )
            if best is None or _width(narrowest) > _width(best):
                best = narrowest
            if _width(best):  # nothing is wider
                return best
    assert best is not None  # a stranger's tie has a ground too
    return best


_STRANGER = Tie(
    relation=Relation.NONE,
    state=RelationState.ACTIVE,
    domains=None,
    grounds=((Basis.PUBLIC_TASK, Law.WMO_2015, BasisState.VALID),),
)


def _asked(question: Question) -> Why:
    return Why(decision=decide(question), question=question)


def _width(why: Why) -> int:
    return int(why.decision.allow and why.decision.mask is Mask.FULL)


def decision_on(who: Involved, item: ItemHead | Any, action: Action = Action.VIEW) -> Why:
    """Decide about an item by the policy alone; whom it was meant for comes on top (``meant_for``).

    A seat at a table opens the life domains that were brought in: what is about none of them is for who helps.
    """
    own = item.owner == who.look.viewer.organisation
    return why_item(
        who if own or item.life_domains else who.as_helper,
        category=item.category,
        owner=item.owner,
        purpose=item.purpose,
        domains=item.life_domains,
        author=item.author_id == who.look.viewer.id,
        action=action,
    )


def meant_for(who: Involved, item: ItemHead | Any) -> bool:
    """Whether an item was meant for this viewer: its writer chose all, or the viewer's organisation among others."""
    viewer = who.look.viewer
    return item.audience is None or viewer.organisation in (item.owner, *item.audience)


def sees(who: Involved, item: ItemHead | Any) -> bool:
    """Whether this viewer sees an item: the policy lets it be seen, and it was meant for this viewer."""
    if item.kind == ItemKind.NOTE and item.author_id != who.look.viewer.id:
        return False
    return meant_for(who, item) and decision_on(who, item).decision.mask is Mask.FULL


def open_domains(who: Involved, owner: str) -> tuple[LifeDomain, ...]:
    """Give the life domains of which this viewer sees what an organisation writes in the plan, if it does.

    Decided from the viewer's ties alone: it tells nothing about what stands there.
    """
    return tuple(
        domain
        for domain in LifeDomain
        if _decided(
            who, Category.GOAL_PLAN, owner, Purpose.GUIDANCE, (domain,), author=False, action=Action.VIEW
        ).decision.mask
        is Mask.FULL
    )


def open_kinds(who: Involved) -> frozenset[ItemKind]:
    """Give the kinds of things that this viewer may write down about the case as a whole."""
    viewer = who.look.viewer
    asked = {
        kind: _decided(
            who,
            Category(category_of(kind, (), who.look.kind)),
            viewer.organisation,
            viewer.purpose,
            (),
            author=True,
            action=Action.EDIT,
        )
        for kind in (*_RECORD, *((ItemKind.OWN_WORDS,) if viewer.id == who.look.regisseur_id else ()))
    }
    return frozenset(kind for kind, why in asked.items() if why.decision.mask is Mask.FULL)
