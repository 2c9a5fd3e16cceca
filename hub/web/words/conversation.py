"""The conversation about a client: threads, who is named in them, and what is agreed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from hub.services.cases.item_views import is_clients, of_kind
from hub.services.views.case import CaseView, Colleague, ItemView
from hub.web.words import dates
from hub.web.words.words import LIFE_DOMAINS
from schemas.vocabulary import ItemKind, ItemState, LifeDomain

TALKS = 8
"""How many threads stand open on the page, the newest."""


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A remark with the answers to it, oldest first, and what was agreed there."""

    first: ItemView
    answers: tuple[ItemView, ...]


def threads(view: CaseView) -> tuple[Thread, ...]:
    """Give the conversation by thread, the newest word last; an answer to what is not seen begins a thread."""
    remarks = of_kind(view.items, ItemKind.REMARK)
    seen = {remark.id for remark in remarks}
    starts = [remark for remark in remarks if remark.parent_id not in seen]
    found = [
        Thread(first=start, answers=tuple(one for one in remarks if one.parent_id == start.id)) for start in starts
    ]
    return tuple(sorted(found, key=lambda thread: (thread.first, *thread.answers)[-1].created_at))


def agreements(view: CaseView) -> tuple[ItemView, ...]:
    """Give what was agreed: what is still to do first, by its day; then what is done, the newest first."""
    found = of_kind(view.items, ItemKind.AGREEMENT)
    todo = [one for one in found if one.state in (ItemState.OPEN, ItemState.BUSY)]
    done = [one for one in found if one.state is ItemState.DONE]
    todo.sort(key=lambda one: (one.due_on is None, str(one.due_on), one.created_at))
    return (*todo, *sorted(done, key=lambda one: one.changed_at, reverse=True))


def decisions(view: CaseView) -> Sequence[ItemView]:
    """Give what was decided, oldest first."""
    return of_kind(view.items, ItemKind.DECISION)


def with_names(text: str, colleagues: Sequence[Colleague]) -> list[tuple[str, bool]]:
    """Give a text in pieces, each with whether it names somebody (an @ before the whole name)."""
    pieces = [(text, False)]
    if "@" not in text:
        return pieces
    for name in sorted((f"@{one.name}" for one in colleagues), key=len, reverse=True):
        pieces = [part for piece, named in pieces for part in ([(piece, True)] if named else _parted(piece, name))]
    return pieces


def _parted(text: str, name: str) -> list[tuple[str, bool]]:
    parts = [part for piece in text.split(name) for part in ((piece, False), (name, True))][:-1]
    return [(piece, named) for piece, named in parts if piece]


def talks_about(item: ItemView, view: CaseView) -> tuple[str, str] | None:
    """Give what a remark is about, in words, with the address of it; nothing where it is the case as a whole."""
    kind, _, which = (item.about or "").partition(":")
    if kind == "referral":
        line = next((line for line in view.referrals if line.id == which and line.title), None)
        return (line.title, f"/verwijzingen/{which}") if line is not None else None
    if kind == "domain":
        return (LIFE_DOMAINS[LifeDomain(which)][0], "#leefgebieden")
    return None


def who_does(item: ItemView, view: CaseView) -> str:
    """Give who does it: a person, an organisation, or the client by name."""
    if is_clients(item):
        return view.client_name or "Inwoner"
    return item.holder_name or ""


def day_term(day: dt.date | None) -> tuple[str, str]:
    """Give how long there is until the end of a day, and how pressing that is; nothing where there is no day."""
    if day is None:
        return "", ""
    end = dt.datetime.combine(day, dt.time(23, 59), dates.AMSTERDAM)
    return dates.term(end, overdue=end < dates.clock())
