"""What people write down in a case, kind by kind: how it counts for the policy, its states, and what is told of it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from hub.rules.access import Category
from schemas.vocabulary import HEALTH_DOMAINS, ItemKind, ItemState, LifeDomain, OrganisationKind

_FREE_WORDS = {
    OrganisationKind.MENTAL_HEALTH: Category.HEALTH_CONTENT,
    OrganisationKind.SOCIAL_WORK: Category.CARE_NEED,
}
"""What free words about health count as, by who wrote them; of the others they are part of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRule:
    """One kind: its category, whether its words are free, its states (the first is where it begins), its parents.

    ``told`` says that the timeline of the case tells of it; ``settles`` names the states that whoever must do it may
    set, though another organisation wrote it down.
    """

    category: Category
    free_words: bool = False
    states: tuple[ItemState, ...] = (ItemState.OPEN, ItemState.REMOVED)
    parents: frozenset[ItemKind] = frozenset()
    told: bool = True
    settles: frozenset[ItemState] = frozenset()


_DOING = (ItemState.OPEN, ItemState.BUSY, ItemState.DONE, ItemState.REMOVED)
_DONE_OR_NOT = frozenset({ItemState.OPEN, ItemState.BUSY, ItemState.DONE})
_TALK = frozenset({ItemKind.REMARK, ItemKind.MINUTE, ItemKind.AGENDA_ITEM})

ITEMS: dict[ItemKind, ItemRule] = {
    ItemKind.SCORE: ItemRule(category=Category.GOAL_PLAN),
    ItemKind.GOAL: ItemRule(
        category=Category.GOAL_PLAN,
        states=(ItemState.OPEN, ItemState.DONE, ItemState.STOPPED, ItemState.REMOVED),
    ),
    ItemKind.STEP: ItemRule(
        category=Category.GOAL_PLAN, states=_DOING, parents=frozenset({ItemKind.GOAL}), settles=_DONE_OR_NOT
    ),
    ItemKind.REMARK: ItemRule(
        category=Category.GOAL_PLAN, free_words=True, parents=frozenset({ItemKind.REMARK}) | _TALK
    ),
    ItemKind.AGREEMENT: ItemRule(category=Category.GOAL_PLAN, states=_DOING, parents=_TALK, settles=_DONE_OR_NOT),
    ItemKind.DECISION: ItemRule(category=Category.GOAL_PLAN, parents=_TALK),
    ItemKind.MINUTE: ItemRule(
        category=Category.GOAL_PLAN, free_words=True, parents=frozenset({ItemKind.AGENDA_ITEM}), told=False
    ),
    ItemKind.AGENDA_ITEM: ItemRule(category=Category.GOAL_PLAN, states=_DOING, settles=_DONE_OR_NOT),
    ItemKind.DOCUMENT: ItemRule(category=Category.PROGRESS, free_words=True),
    ItemKind.NOTE: ItemRule(category=Category.PRIVATE_NOTE, told=False),
    ItemKind.CONTACT: ItemRule(category=Category.PROGRESS),
    ItemKind.APPOINTMENT: ItemRule(
        category=Category.APPOINTMENT, states=(ItemState.OPEN, ItemState.DONE, ItemState.STOPPED, ItemState.REMOVED)
    ),
    ItemKind.OWN_WORDS: ItemRule(category=Category.GOAL_PLAN, states=(ItemState.OPEN,)),
}


def category_of(kind: ItemKind, domains: Iterable[str], owner_kind: str) -> Category:
    """Give how an item counts for the policy: free words about health take the highest category of their writer."""
    rule = ITEMS[kind]
    about_health = owner_kind == OrganisationKind.MENTAL_HEALTH or not HEALTH_DOMAINS.isdisjoint(domains)
    if rule.free_words and about_health:
        return _FREE_WORDS.get(OrganisationKind(owner_kind), rule.category)
    return rule.category


def wrong_moment(kind: ItemKind, day: dt.date | None, today: dt.date) -> str | None:
    """Give the field that is wrong about when something is: an appointment has a day, and what was said was not said
    tomorrow.
    """
    if kind is ItemKind.APPOINTMENT and day is None:
        return "at_day"
    if kind is ItemKind.CONTACT and day is not None and day > today:
        return "at_future"
    return None


def domains_asked(domains: Iterable[str], owner_kind: str) -> tuple[str, ...]:
    """Give the life domains that the policy is asked about: what mental health care writes is always about health.

    Nothing where an item is about the case as a whole.
    """
    asked = tuple(domains)
    if owner_kind == OrganisationKind.MENTAL_HEALTH and HEALTH_DOMAINS.isdisjoint(asked):
        return (*asked, LifeDomain.MENTAL_HEALTH)
    return asked
